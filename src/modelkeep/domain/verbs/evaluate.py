"""`evaluate`: metrics that came later than their version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.domain.record import LogValue, Ordinal
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Question, check_once
from modelkeep.domain.verbs.rows import Changes, Insert, Recorded, Row
from modelkeep.domain.verbs.wording import Texts, join_words, subject_name
from modelkeep.errors import UsageError

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry

_MOST_METRICS = 4


class Data(LogValue, frozen=True):
    """A dataset by what identifies it; where it lies is in the details."""

    name: str
    version: str | None = None
    digest: str | None = None
    role: str | None = None


class Evaluate(Command, frozen=True):
    """Record metrics, pairs of name and exact text, measured on some data; and runs."""

    metrics: tuple[tuple[str, str], ...] = ()
    metrics_on: Data | None = None
    runs: tuple[str, ...] = ()


class MetricsRecorded(Event, frozen=True):
    """Metrics were added to a version."""

    model: Ordinal
    version: Ordinal


def decide(question: Question, command: Evaluate) -> Decision:
    """Add metrics and runs; the same value on the same data again is no change."""
    model = question.model()
    version = question.version(model)
    if not command.metrics and not command.runs:
        message = "evaluate needs a metric"
        raise UsageError(message, f"modelkeep evaluate {model.name}@{version.number} -M auc=0.9")
    check_once("metric", [name for name, _ in command.metrics])
    check_once("run", command.runs)
    known = all(
        question.state.newest_metric(model.seq, version.number, name, command.metrics_on) == value
        for name, value in command.metrics
    )
    if known and all(question.state.has_run(model.seq, version.number, run) for run in command.runs):
        return AlreadySo(f"{model.name}@{version.number} has these metrics", version=version.number)
    return (MetricsRecorded(model.seq, version.number),)


def recorded_rows(recorded: Recorded, event: MetricsRecorded) -> Changes:
    """Yield the rows of the metrics and runs."""
    command = recorded.command(Evaluate)
    yield from metric_rows(recorded.seq, event.model, event.version, command.metrics, command.metrics_on)
    yield from run_rows(recorded.seq, event.model, event.version, command.runs)


def metric_rows(seq: int, model: int, version: int, metrics: tuple[tuple[str, str], ...], on: Data | None) -> Changes:
    """Yield a row for each metric, with the data it was measured on."""
    where: Row = {
        "on_name": None if on is None else on.name,
        "on_version": None if on is None else on.version,
        "on_digest": None if on is None else on.digest,
    }
    for name, value in metrics:
        yield Insert("metric", {"model": model, "version": version, "name": name, "seq": seq, "value": value, **where})


def run_rows(seq: int, model: int, version: int, runs: tuple[str, ...]) -> Changes:
    """Yield a row for each run."""
    for position, run in enumerate(runs):
        yield Insert("run", {"model": model, "version": version, "seq": seq, "position": position, "id": run})


def sentence(entry: Entry, command: Evaluate, _texts: Texts) -> str:
    """Return what the entry did."""
    what = [f"{name} {value}" for name, value in command.metrics[:_MOST_METRICS]]
    more = len(command.metrics) - len(what)
    if more > 0:
        what.append(f"{more} more")
    what += [f"run {run}" for run in command.runs]
    on = command.metrics_on
    data = "" if on is None else f" on {on.name}" + (f"@{on.version}" if on.version else "")
    return f"recorded {join_words(what)} for {subject_name(entry)}{data}"
