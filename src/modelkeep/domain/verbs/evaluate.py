"""`evaluate`: metrics that came later than their version."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote
from typing import Protocol

from modelkeep.domain.metrics_document import MetricsDocument
from modelkeep.domain.record import LogValue, Ordinal, Sha256
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Proposal, check_once
from modelkeep.domain.verbs.rows import Changes, Insert, Recorded, Row
from modelkeep.domain.verbs.words import EntryWords, join_words, shortened
from modelkeep.errors import UsageError

_MOST_METRICS = 4


class Data(LogValue, frozen=True):
    """A dataset by what identifies it; where it lies is in the details."""

    name: str
    version: str | None = None
    digest: str | None = None
    role: str | None = None


class Evaluate(Command, frozen=True):
    """Record metrics, pairs of name and exact text, measured on some data; and runs.

    Metrics that do not fit into an entry stand in a document.
    """

    PERMISSION = "evaluate"

    metrics: tuple[tuple[str, str], ...] = ()
    metrics_on: Data | None = None
    runs: tuple[str, ...] = ()
    metrics_document: Sha256 | None = None

    def documents(self) -> Mapping[str, str]:
        return metrics_documents(self.metrics_document)

    def decide(self, proposal: Proposal) -> Decision:
        model, version = proposal.model_and_version()
        state, name = proposal.state, model.ref(version.number)
        check_metrics(self.metrics, self.metrics_document)
        if not self.metrics and not self.metrics_document and not self.runs:
            message = "evaluate needs a metric"
            raise UsageError(message, f"modelkeep evaluate {quote(name)} -M auc=0.9")
        check_once("run", self.runs)
        if (
            self.metrics_document is None
            and all(
                state.newest_metric(model.seq, version.number, metric, self.metrics_on) == value
                for metric, value in self.metrics
            )
            and all(state.has_run(model.seq, version.number, run) for run in self.runs)
        ):
            return AlreadySo(f"{name} has these metrics")
        return (MetricsRecorded(model.seq, version.number),)

    def sentence(self, words: EntryWords) -> str:
        what = [f"{name} {shortened(value)}" for name, value in self.metrics[:_MOST_METRICS]]
        if len(self.metrics) > _MOST_METRICS:
            more = len(self.metrics) - _MOST_METRICS
            what.append(f"{more} more metric{'' if more == 1 else 's'}")
        what += ["metrics"] if self.metrics_document else []
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
        yield from metric_rows(recorded, self.model, self.version, command)
        yield from run_rows(recorded, self.model, self.version, command.runs)


def metrics_documents(digest: str | None) -> Mapping[str, str]:
    """Return the document of metrics that a command names, by digest, with its kind."""
    return {} if digest is None else {digest: "metrics"}


class Measures(Protocol):
    """A command that records metrics."""

    @property
    def metrics(self) -> tuple[tuple[str, str], ...]:
        """Name and exact text of each metric."""

    @property
    def metrics_document(self) -> str | None:
        """The digest of the document in which they stand instead."""

    @property
    def metrics_on(self) -> Data | None:
        """The data that they were measured on."""


def check_metrics(metrics: tuple[tuple[str, str], ...], document: str | None) -> None:
    """Refuse a metric that is given twice, and metrics beside a document of metrics."""
    check_once("metric", [metric for metric, _ in metrics])
    if metrics and document is not None:
        message = "metrics stand in the entry or in a document, not in both"
        raise UsageError(message)


def metric_rows(recorded: Recorded, model: int, version: int, command: Measures) -> Changes:
    """Yield a row for each metric, with the data it was measured on."""
    metrics, on = command.metrics, command.metrics_on
    if command.metrics_document is not None:
        document = recorded.document(command.metrics_document, "document of metrics")
        metrics = MetricsDocument.from_bytes(document).metrics
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
