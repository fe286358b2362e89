"""What `check` prints: a result that was recorded, the checks of a version, and one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelkeep.cli.views.changes import ChangeView
from modelkeep.cli.views.interface import View, field_lines, line, to_seconds
from modelkeep.cli.views.layout import facts, heading, indented, stack, table, text
from modelkeep.domain.answers.checks import Checked, CheckRow
from modelkeep.domain.answers.versions import AsOf
from modelkeep.rendering import Clock, human_size

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_STYLES = {"pass": "green", "fail": "bold red", "warn": "yellow"}
_SHORT_DIGEST = len("sha256:") + 12


class CheckedView(ChangeView, frozen=True):
    """A result that was recorded."""

    answer: Checked

    def identifiers(self) -> list[str]:
        return [self.answer.result]


class ChecksView(View, frozen=True):
    """The checks of a version, by name."""

    as_of: AsOf | None
    checks: Sequence[CheckRow]

    def lines(self) -> list[str]:
        return [
            line(
                each.name,
                each.result,
                each.state,
                to_seconds(each.time),
                each.actor,
                to_seconds(each.expires),
                each.evidence,
                each.stages,
                each.outcome,
            )
            for each in self.checks
        ]

    def identifiers(self) -> list[str]:
        return list(dict.fromkeys(each.name for each in self.checks))

    def table(self, clock: Clock) -> RenderableType:
        return check_table(self.checks, clock)


class CheckView(View, frozen=True):
    """One check of a version: its newest result, what was run, and its evidence."""

    answer: CheckRow
    as_of: AsOf | None

    def lines(self) -> list[str]:
        return [*field_lines({name: value for name, value in self.document().items() if name != "as_of"})]

    def identifiers(self) -> list[str]:
        return [self.answer.result or self.answer.state]

    def table(self, clock: Clock) -> RenderableType:
        row = self.answer
        title = text(f"{row.ref}  ", "dim") + text(f"{row.name}  ", "bold") + (_result(row) or text(row.state))
        when = None if row.time is None else f"{clock.second(row.time)} by {row.actor}, {clock.ago(row.time)} ago"
        return stack(
            title,
            facts(
                [
                    ("recorded", when),
                    ("state", _state(row)),
                    ("counts until", None if row.expires is None else clock.second(row.expires)),
                    ("reason", row.reason),
                    ("command", row.command),
                    ("outcome", row.outcome),
                    (
                        "evidence",
                        None if row.evidence is None else f"{row.evidence}  {human_size(row.evidence_bytes or 0)}",
                    ),
                    ("asked for by", ", ".join(row.stages)),
                ]
            ),
        )

    def notes(self) -> list[str]:
        """Return how the evidence is read."""
        row = self.answer
        return [] if row.evidence is None else [f"modelkeep check show {row.ref} {row.name} -o - prints the evidence"]


def check_table(checks: Sequence[CheckRow], clock: Clock) -> RenderableType:
    """Return the results of checks, a row each."""
    rows = (
        (
            text(each.name, "bold"),
            _result(each),
            _state(each),
            None if each.time is None else f"{clock.ago(each.time)} ago",
            each.actor,
            None if each.expires is None else clock.minute(each.expires),
            None if each.evidence is None else each.evidence[:_SHORT_DIGEST],
            ", ".join(each.stages),
            each.outcome,
        )
        for each in checks
    )
    columns = ("check", "result", "state", "recorded", "by", "counts until", "evidence", "asked for by", "outcome")
    return table(columns, rows, fold=("outcome",), drop=("evidence", "outcome", "by", "counts until", "asked for by"))


def checks_section(checks: Sequence[CheckRow], clock: Clock) -> list[RenderableType]:
    """Return the checks of a version as its page shows them."""
    return [heading("checks"), indented(check_table(checks, clock))] if checks else []


def _result(row: CheckRow) -> Text | None:
    return None if row.result is None else text(row.result, _STYLES.get(row.result, ""))


def _state(row: CheckRow) -> Text:
    """Return whether a result counts: ``stale for production``."""
    if row.state == "stale":
        return text(f"stale for {', '.join(row.stale_for)}", "yellow")
    return text(row.state, {"current": "", "superseded": "dim"}.get(row.state, "bold red"))
