"""What `history` and `audit` print: tenures, and entries of the log as sentences."""

from __future__ import annotations

from collections.abc import Sequence

from modelkeep.cli.views.interface import Document, View
from modelkeep.cli.views.layout import Block, Line, Stack, Table, text
from modelkeep.cli.views.lists import more_note
from modelkeep.cli.views.text_lines import line, seconds
from modelkeep.domain.answers.reports import AuditEntry
from modelkeep.domain.answers.versions import AsOf, Tenure
from modelkeep.rendering import Clock, tenure_reasons


class TenuresDocument(Document, frozen=True):
    """Which version held which stage when, as known now or at a moment."""

    as_of: AsOf | None
    tenures: tuple[Tenure, ...]


class TenuresView(View, frozen=True):
    """Tenures, a row each."""

    tenures: Sequence[Tenure]
    as_of: AsOf | None

    def document(self) -> TenuresDocument:
        return TenuresDocument(self.as_of, tuple(self.tenures))

    def lines(self) -> list[str]:
        return [
            line(row.ref, row.stage, seconds(row.since), seconds(row.until), row.actor, tenure_reasons(row))
            for row in self.tenures
        ]

    def identifiers(self) -> list[str]:
        return [row.ref for row in self.tenures]

    def table(self, clock: Clock) -> Block:
        return tenure_table(self.tenures, clock)


def tenure_table(tenures: Sequence[Tenure], clock: Clock, *, with_ref: bool = True) -> Table:
    """Return tenures, a row each: by whom and why each began, how and why it ended."""
    rows = []
    for row in tenures:
        ref = [text(row.ref, "bold" if row.until is None else None)] if with_ref else []
        until = "now" if row.until is None else clock.minute(row.until)
        facts = (
            row.stage,
            clock.minute(row.since),
            until,
            clock.lasted(row.since, row.until),
            row.actor,
            tenure_reasons(row),
        )
        rows.append([*ref, *map(text, facts)])
    columns = ("stage", "since", "until", "for", "by", "why")
    return Table(("ref", *columns) if with_ref else columns, rows, fold=("ref", "why", "by"))


class EntriesDocument(Document, frozen=True):
    """Entries of the log."""

    entries: tuple[AuditEntry, ...]


class EntriesView(View, frozen=True):
    """Entries of the log as sentences; ``more`` says that there are older ones that are not shown."""

    entries: Sequence[AuditEntry]
    more: bool = False

    def document(self) -> EntriesDocument:
        return EntriesDocument(tuple(self.entries))

    def lines(self) -> list[str]:
        return [
            line(row.seq, seconds(row.time), row.actor, row.action, row.subject, row.sentence) for row in self.entries
        ]

    def identifiers(self) -> list[str]:
        return [str(row.seq) for row in self.entries]

    def table(self, clock: Clock) -> Block:
        return Stack([entry_line(row, clock) for row in self.entries])

    def notes(self) -> list[str]:
        return more_note(len(self.entries), "newest", more=self.more)


def entry_line(row: AuditEntry, clock: Clock) -> Line:
    """Return an entry of the log as a sentence with its time, actor and number."""
    who = text(clock.second(row.time), "dim") + text("  ", "") + text(row.actor, "bold")
    return who + text(f"  {row.sentence}", "") + text(f"  #{row.seq}", "dim")
