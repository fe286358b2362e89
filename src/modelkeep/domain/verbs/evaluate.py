"""`evaluate`: metrics that came later than their version."""

from __future__ import annotations

from shlex import quote

from modelkeep.domain.record import LogValue, Ordinal
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Proposal, check_once
from modelkeep.domain.verbs.rows import Changes, Insert, Recorded, Row
from modelkeep.domain.verbs.words import EntryWords, join_words
from modelkeep.errors import UsageError

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

    def decide(self, proposal: Proposal) -> Decision:
        model, version = proposal.model_and_version()
        state, name = proposal.state, model.ref(version.number)
        if not self.metrics and not self.runs:
            message = "evaluate needs a metric"
            raise UsageError(message, f"modelkeep evaluate {quote(name)} -M auc=0.9")
        check_once("metric", [metric for metric, _ in self.metrics])
        check_once("run", self.runs)
        if all(
            state.newest_metric(model.seq, version.number, metric, self.metrics_on) == value
            for metric, value in self.metrics
        ) and all(state.has_run(model.seq, version.number, run) for run in self.runs):
            return AlreadySo(f"{name} has these metrics")
        return (MetricsRecorded(model.seq, version.number),)

    def sentence(self, words: EntryWords) -> str:
        what = [f"{name} {value}" for name, value in self.metrics[:_MOST_METRICS]]
        if len(self.metrics) > _MOST_METRICS:
            what.append(f"{len(self.metrics) - _MOST_METRICS} more")
        what += [f"run {run}" for run in self.runs]
        on = self.metrics_on
        data = "" if on is None else f" on {on.name}" + (f"@{on.version}" if on.version else "")
        return f"recorded {join_words(what)} for {words.subject}{data}"


class MetricsRecorded(Event, frozen=True):
    """Metrics were added to a version."""

    model: Ordinal
    version: Ordinal

    def project(self, recorded: Recorded) -> Changes:
        command = recorded.command(Evaluate)
        yield from metric_rows(recorded, self.model, self.version, command.metrics, command.metrics_on)
        yield from run_rows(recorded, self.model, self.version, command.runs)


def metric_rows(
    recorded: Recorded, model: int, version: int, metrics: tuple[tuple[str, str], ...], on: Data | None
) -> Changes:
    """Yield a row for each metric, with the data it was measured on."""
    where: Row = {
        "on_name": None if on is None else on.name,
        "on_version": None if on is None else on.version,
        "on_digest": None if on is None else on.digest,
    }
    key: Row = {"model": model, "version": version, "seq": recorded.seq}
    for name, value in metrics:
        yield Insert("metric", {**key, "name": name, "value": value, **where})


def run_rows(recorded: Recorded, model: int, version: int, runs: tuple[str, ...]) -> Changes:
    """Yield a row for each run."""
    for position, run in enumerate(runs):
        yield Insert("run", {"model": model, "version": version, "seq": recorded.seq, "position": position, "id": run})
