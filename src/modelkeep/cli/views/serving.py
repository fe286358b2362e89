"""What `pick`, `deployments`, `signal` and `signals` print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelkeep.cli.views.changes import ChangeView
from modelkeep.cli.views.interface import View, line, to_seconds
from modelkeep.cli.views.layout import table, text
from modelkeep.domain.answers.changes import Change
from modelkeep.domain.answers.serving import DeploymentRow, Picks, SignalRow
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.json_values import to_text
from modelkeep.rendering import Clock, six_digits

if TYPE_CHECKING:
    from rich.console import RenderableType


class PicksView(View, frozen=True):
    """Which version serves each key."""

    as_of: AsOf | None
    answer: Picks

    def lines(self) -> list[str]:
        return [line(each.ref, each.key, each.slot) for each in self.answer.picks]

    def identifiers(self) -> list[str]:
        return [each.ref for each in self.answer.picks]

    def table(self, clock: Clock) -> RenderableType:
        rows = ((text(each.ref, "bold"), each.key, each.slot) for each in self.answer.picks)
        return table(("version", "key", "slot"), rows, fold=("key",), right=("slot",))


class DeploymentsView(View, frozen=True):
    """What runs where, and whether that is what should run."""

    as_of: AsOf | None
    deployments: Sequence[DeploymentRow]

    def lines(self) -> list[str]:
        return [
            line(
                each.target,
                each.ref,
                each.status,
                None if each.share is None else f"{each.share:g}",
                each.stage,
                to_seconds(each.since),
                each.actor,
                each.drift,
                each.endpoint,
            )
            for each in self.deployments
        ]

    def identifiers(self) -> list[str]:
        return [each.target for each in self.deployments]

    def table(self, clock: Clock) -> RenderableType:
        rows = (
            (
                text(each.target, "bold"),
                each.ref,
                each.status if each.share is None else f"{each.status} {each.share:g}%",
                each.stage,
                f"{clock.ago(each.since)} by {each.actor}",
                text(each.drift, "bold red") if each.drift else "no" if each.stage else "unknown",
                each.endpoint,
            )
            for each in self.deployments
        )
        columns = ("target", "version", "status", "for", "since", "drift", "endpoint")
        return table(columns, rows, fold=("drift", "endpoint"), drop=("endpoint", "since"))


class SignalledView(View, frozen=True):
    """What became of the signals that were recorded."""

    changes: Sequence[Change]

    def lines(self) -> list[str]:
        return [each for change in self.changes for each in ChangeView(change).lines()]

    def identifiers(self) -> list[str]:
        return [change.ref or change.name for change in self.changes]

    def notes(self) -> list[str]:
        return [each for change in self.changes for each in ChangeView(change).notes()]

    @property
    def wrote(self) -> bool:
        return any(change.changed and not change.dry_run for change in self.changes)


class SignalsView(View, frozen=True):
    """What monitoring measured, newest first."""

    as_of: AsOf | None
    signals: Sequence[SignalRow]

    def lines(self) -> list[str]:
        return [
            line(
                each.seq,
                each.ref,
                each.signal,
                to_text(each.value),
                to_seconds(each.time),
                each.actor,
                each.count,
                each.window_seconds,
                each.source,
                each.item,
                each.closed,
                each.left,
                each.marked_bad,
            )
            for each in self.signals
        ]

    def identifiers(self) -> list[str]:
        return [str(each.seq) for each in self.signals]

    def table(self, clock: Clock) -> RenderableType:
        rows = (
            (
                text(each.seq, "bold"),
                each.ref,
                each.signal,
                six_digits(to_text(each.value)),
                f"{clock.ago(each.time)} by {each.actor}",
                each.source,
                text(_then(each), "bold red" if each.is_open else None),
            )
            for each in self.signals
        )
        columns = ("entry", "version", "signal", "value", "seen", "source", "then")
        return table(columns, rows, fold=("then", "signal"), drop=("source", "seen"))


def _then(row: SignalRow) -> str:
    """Return what came of a signal: ``left production, marked bad, open``."""
    parts = [f"left {stage}" for stage in row.left]
    parts += ["marked bad"] if row.marked_bad else []
    if row.item is not None:
        parts.append("open" if row.closed is None else f"acknowledged in {row.closed}")
    return ", ".join(parts)
