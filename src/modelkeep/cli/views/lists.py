"""What `list`, `history` and `audit` print: models, versions, tenures, and entries of the log."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from modelkeep.cli.views.columns import column, column_cell
from modelkeep.cli.views.interface import View, line, to_seconds
from modelkeep.cli.views.layout import stack, stages, table, text
from modelkeep.domain.answers.reports import AuditEntry
from modelkeep.domain.answers.versions import AsOf, Holder, InDevelopment, ModelRow, Tenure, VersionRow
from modelkeep.domain.stages import DEVELOPMENT
from modelkeep.rendering import Clock, beginning, broken_glass, ending, glass_warning, human_size

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_VERSION_LINE = ("name", "version", "label", "stage", "state", "created", "author")
_KEYED = frozenset({"metric", "param", "tag"})
_FREE_TEXT = frozenset({"author", "aliases", "stages", "stage", "param", "tag"})


class ModelsView(View, frozen=True):
    """Models, by name, as they are or were at a moment.

    On a terminal the busiest come first, with a column for each of the ``stages``. Where not all models are
    shown (``more``) they keep the order of their names.
    """

    undocumented = ("stages", "more")
    as_of: AsOf | None
    models: Sequence[ModelRow]
    stages: Sequence[str] = ()
    more: bool = False

    def lines(self) -> list[str]:
        """Return a line a model and stage held, and one with ``-`` for a model that holds none."""
        return [each for row in self.models for each in _stage_lines(row)]

    def identifiers(self) -> list[str]:
        return [row.name for row in self.models]

    def notes(self) -> list[str]:
        """Return a warning for each stage that is held because the glass was broken."""
        return [each for row in self.models for each in glass_warnings(row.name, row.holders)]

    def table(self, clock: Clock) -> RenderableType:
        rows = self.models if self.more else sorted(self.models, key=_last_change, reverse=True)
        cells = (
            (
                text(row.name, "dim" if row.archived else "bold"),
                _development_cell(row.development, clock),
                *(_holder_cell(row, stage, clock) for stage in self.stages),
            )
            for row in rows
        )
        return table(("model", DEVELOPMENT, *self.stages), cells, drop=(DEVELOPMENT, *self.stages[:-1]))


class VersionsView(View, frozen=True):
    """Versions in the order that was asked for, as they are or were at a moment.

    ``columns`` replace the usual ones. A metric, param or tag that they are ``sorted_by`` has a column of its own, in
    lines the last one.
    """

    undocumented = ("columns", "sorted_by")
    as_of: AsOf | None
    versions: Sequence[VersionRow]
    columns: Sequence[str] = ()
    sorted_by: str | None = None

    def lines(self) -> list[str]:
        columns = [column(key, self.versions) for key in self.columns or (*_VERSION_LINE, *keyed(self.sorted_by))]
        return [line(*(value(row) for value in columns)) for row in self.versions]

    def identifiers(self) -> list[str]:
        return [row.ref for row in self.versions]

    def notes(self) -> list[str]:
        """Return a warning for each stage that is held because the glass was broken."""
        return [glass_warning(row.ref, stage) for row in self.versions for stage in row.break_glass]

    def table(self, clock: Clock) -> RenderableType:
        if not self.columns:
            return version_table(self.versions, clock, *keyed(self.sorted_by))
        cells = [column_cell(key, self.versions, clock) for key in self.columns]
        rows = ([cell(row) for cell in cells] for row in self.versions)
        return table(self.columns, rows, fold=[key for key in self.columns if key.partition(".")[0] in _FREE_TEXT])


def keyed(key: str | None) -> tuple[str, ...]:
    """Return a key where it is that of a metric, param or tag, else nothing."""
    return (key,) if key is not None and key.partition(".")[0] in _KEYED else ()


def version_table(rows: Sequence[VersionRow], clock: Clock, *keys: str) -> RenderableType:
    """Return a table of versions, with the metrics, params and tags of ``keys``.

    Labels and aliases have a column only where a version has one.
    """
    cells: dict[str, Callable[[VersionRow], object]] = {
        "version": lambda row: text(row.ref, "dim" if row.archived or row.deleted else "bold"),
        "label": lambda row: row.label,
        "stage": lambda row: stages([*row.stages, *(f"{each.stage} {each.share:g}%" for each in row.shares)]),
        "state": lambda row: row.state,
        **{key: column_cell(key, rows, clock) for key in keys},
        "alias": lambda row: ", ".join(row.aliases),
        "created": lambda row: clock.ago(row.created),
        "author": lambda row: row.author,
        "size": lambda row: human_size(row.size_bytes),
    }
    if not any(row.label for row in rows):
        del cells["label"]
    if not any(row.aliases for row in rows):
        del cells["alias"]
    listed = ([cell(row) for cell in cells.values()] for row in rows)
    return table(
        tuple(cells), listed, right=("size",), fold=("author", "alias"), drop=("size", "author", "created", "alias")
    )


def _stage_lines(row: ModelRow) -> list[str]:
    if not row.holders:
        return [line(row.name, None, row.newest, row.newest_label, None, None)]
    return [
        line(
            row.name,
            held.stage,
            held.version,
            held.label,
            to_seconds(held.since),
            shares_cell(held),
        )
        for held in row.holders
    ]


def shares_cell(held: Holder) -> list[str]:
    """Return the versions beside the holder of a stage as lines have them: ``4=10``."""
    return [f"{each.version}={each.share:g}" for each in held.shares]


def _last_change(row: ModelRow) -> tuple[str, str]:
    """Return what the busiest models are sorted by: when a stage last changed, or the newest version was made."""
    times = [held.since for held in row.holders]
    if row.development is not None:
        times.append(row.development.since)
    return max(times, default=row.created), row.name


def _development_cell(found: InDevelopment | None, clock: Clock) -> Text | None:
    if found is None:
        return None
    more = f" (+{found.more})" if found.more else ""
    return text(f"{found.version}  {clock.ago(found.since)}{more}", "cyan")


def _holder_cell(row: ModelRow, stage: str, clock: Clock) -> Text | None:
    held = next((each for each in row.holders if each.stage == stage), None)
    if held is None:
        return None
    number = text(held.version, "bold green" if stage == "production" else "bold")
    return _with_glass(number + text(f"  {clock.ago(held.since)}{_shares(held)}", ""), held)


def holder_line(name: str, held: Holder, clock: Clock) -> Text:
    """Return who holds a stage, since when and who put it there: ``fraud@3 2.0 12d, by ana``."""
    label = f" {held.label}" if held.label else ""
    version = text(f"{name}@{held.version}", "bold green" if held.stage == "production" else "bold")
    return _with_glass(version + text(f"{label}  {clock.ago(held.since)}, by {held.actor}{_shares(held)}", ""), held)


def _with_glass(line: Text, held: Holder) -> Text:
    """Return a line about a holder, and loudly that the glass was broken, where it was."""
    return line + text(f"  {broken_glass(held.waived)}", "bold red") if held.waived else line


def glass_warnings(name: str, holders: Iterable[Holder]) -> list[str]:
    """Return a warning for each stage that a version holds because the glass was broken."""
    return [
        glass_warning(f"{name}@{each.version}", held.stage) for held in holders for each in held.versions if each.waived
    ]


def _shares(held: Holder) -> str:
    """Return the versions beside the holder of a stage: ``  ~ 4 at 10%``."""
    return "".join(f"  ~ {each.version} at {each.share:g}%" for each in held.shares)


class TenuresView(View, frozen=True):
    """Which version held which stage when, as known now or at a moment.

    On a terminal there is no column for the one ``stage`` that was asked for.
    """

    undocumented = ("stage",)
    as_of: AsOf | None
    tenures: Sequence[Tenure]
    stage: str | None = None

    def lines(self) -> list[str]:
        return [
            line(
                row.ref,
                row.stage,
                to_seconds(row.since),
                to_seconds(row.until),
                row.began.actor,
                beginning(row),
                ending(row),
                None if row.share is None else f"{row.share:g}",
            )
            for row in self.tenures
        ]

    def identifiers(self) -> list[str]:
        return [row.ref for row in self.tenures]

    def table(self, clock: Clock) -> RenderableType:
        return tenure_table(self.tenures, clock, without={"stage"} if self.stage else set())


def tenure_table(tenures: Sequence[Tenure], clock: Clock, *, without: Collection[str]) -> RenderableType:
    """Return tenures, a row each: by whom and why each began, how and why it ended; ``without`` some columns."""
    cells: dict[str, Callable[[Tenure], object]] = {
        "version": lambda row: text(row.ref, "bold" if row.until is None else None),
        "stage": lambda row: row.stage,
        "share": lambda row: "" if row.share is None else f"{row.share:g}%",
        "since": lambda row: clock.minute(row.since),
        "until": lambda row: "now" if row.until is None else clock.minute(row.until),
        "for": lambda row: clock.lasted(row.since, row.until),
        "by": lambda row: row.began.actor,
        "began": beginning,
        "ended": lambda row: ending(row) or " ",
    }
    if all(row.share is None for row in tenures):
        without = {*without, "share"}
    shown = {name: cell for name, cell in cells.items() if name not in without}
    listed = ([cell(row) for cell in shown.values()] for row in tenures)
    return table(tuple(shown), listed, fold=("began", "ended"), drop=("for", "by"))


class EntriesView(View, frozen=True):
    """Entries of the log."""

    entries: Sequence[AuditEntry]

    def lines(self) -> list[str]:
        return [
            line(row.seq, to_seconds(row.time), row.actor, row.action, row.subject, row.sentence)
            for row in self.entries
        ]

    def identifiers(self) -> list[str]:
        return [str(row.seq) for row in self.entries]

    def table(self, clock: Clock) -> RenderableType:
        return stack(*(entry_line(row, clock) for row in self.entries))


def entry_line(row: AuditEntry, clock: Clock) -> Text:
    """Return an entry of the log as a sentence with its time, actor and number."""
    who = text(clock.second(row.time), "dim") + text("  ", "") + text(row.actor, "bold")
    if row.login is not None:
        who += text(f" (logged in as {row.login})", "")
    return who + text(f"  {row.sentence}", "") + text(f"  #{row.seq}", "dim")
