"""What `list` prints: models, and versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from shlex import quote
from typing import TYPE_CHECKING

from modelkeep.cli.views.columns import column, column_cell, exact
from modelkeep.cli.views.interface import View, line, to_seconds
from modelkeep.cli.views.layout import stack, stages, table, text
from modelkeep.cli.views.trends import CHANGE, VALUE, change_cell, trend_block, value_cell
from modelkeep.domain.answers.trends import Trend
from modelkeep.domain.answers.versions import AsOf, Holder, InDevelopment, ModelRow, VersionRow
from modelkeep.domain.stages import DEVELOPMENT
from modelkeep.rendering import Clock, broken_glass, glass_warning, human_size

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_VERSION_LINE = ("name", "version", "label", "stage", "state", "created", "author")
_KEYED = frozenset({"metric", "param", "tag"})
_FREE_TEXT = frozenset({"author", "description", "aliases", "stages", "stage", "param", "tag"})


class ModelsView(View, frozen=True):
    """Models, by name, as they are or were at a moment.

    On a terminal the busiest come first, with a column for each of the ``stages``; ``~`` is before a version that has a
    share of a stage, ``?`` before one that a request asks for. Where not all models are
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
        """Return a warning for each stage that is held because the glass was broken, and the line that lists requests."""
        warnings = [each for row in self.models for each in glass_warnings(row.name, row.holders)]
        asked = [f"{row.name}@{each.version}" for row in self.models for each in row.requests]
        return [*warnings, *([f"? is asked for: modelkeep requests {quote(asked[0])}"] if asked else [])]

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
    lines the last one. On a terminal ``trend`` is the main metric of the versions of one model.
    """

    undocumented = ("columns", "sorted_by", "trend")
    as_of: AsOf | None
    versions: Sequence[VersionRow]
    columns: Sequence[str] = ()
    sorted_by: str | None = None
    trend: Trend | None = None

    def lines(self) -> list[str]:
        columns = [column(key, self.versions) for key in self.columns or (*_VERSION_LINE, *keyed(self.sorted_by))]
        return [line(*(value(row) for value in columns)) for row in self.versions]

    def identifiers(self) -> list[str]:
        return [row.ref for row in self.versions]

    def columns_of_csv(self) -> tuple[Sequence[str], Iterable[Sequence[object]]] | None:
        cells = [exact(key, self.versions) for key in self.columns]
        return (self.columns, ([cell(row) for cell in cells] for row in self.versions)) if cells else None

    def notes(self) -> list[str]:
        """Return a warning for each stage that is held because the glass was broken."""
        return [glass_warning(row.ref, stage) for row in self.versions for stage in row.break_glass]

    def table(self, clock: Clock) -> RenderableType:
        if not self.columns:
            keys = keyed(self.sorted_by)
            return stack(*trend_block(self.trend), version_table(self.versions, clock, *keys, trend=self.trend))
        cells = [column_cell(key, self.versions, clock) for key in self.columns]
        rows = ([cell(row) for cell in cells] for row in self.versions)
        return table(self.columns, rows, fold=[key for key in self.columns if key.partition(".")[0] in _FREE_TEXT])


def keyed(key: str | None) -> tuple[str, ...]:
    """Return a key where it is that of a metric, param or tag, else nothing."""
    return (key,) if key is not None and key.partition(".")[0] in _KEYED else ()


def version_table(rows: Sequence[VersionRow], clock: Clock, *keys: str, trend: Trend | None = None) -> RenderableType:
    """Return a table of versions, with the metrics, params and tags of ``keys`` and the main metric of ``trend``.

    Labels and aliases have a column only where a version has one.
    """
    has_metric = trend is not None and trend.metric is not None
    points = {each.ref: each for each in trend.points} if trend is not None and has_metric else {}
    cells: dict[str, Callable[[VersionRow], object]] = {
        "version": lambda row: text(row.ref, "dim" if row.archived or row.deleted else "bold"),
        "label": lambda row: row.label,
        "stage": lambda row: stages([*row.stages, *(f"{each.stage} {each.share:g}%" for each in row.shares)]),
        "state": lambda row: row.state,
        **{key: column_cell(key, rows, clock) for key in keys if not (has_metric and key.startswith("metric."))},
        VALUE: lambda row: value_cell(points.get(row.ref)),
        CHANGE: lambda row: change_cell(points.get(row.ref)),
        "created": lambda row: clock.ago(row.created),
        "author": lambda row: row.author,
        "alias": lambda row: ", ".join(row.aliases),
        "size": lambda row: human_size(row.size_bytes),
    }
    if not any(row.label for row in rows):
        del cells["label"]
    if not any(row.aliases for row in rows):
        del cells["alias"]
    if not has_metric:
        del cells[VALUE]
    if not any(each.difference is not None for each in points.values()):
        del cells[CHANGE]
    return table(
        tuple(cells),
        ([cell(row) for cell in cells.values()] for row in rows),
        right=("size",),
        fold=("author", "alias"),
        drop=("size", "author", "created", "alias", CHANGE, "label", *([] if keys and has_metric else [VALUE])),
        headings={} if trend is None or trend.metric is None else {VALUE: trend.metric},
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
    """Return who holds a stage and since when, who has a share of it, and who is asked for: ``3  12d  ~ 4 at 10%  ? 5``."""
    held = next((each for each in row.holders if each.stage == stage), None)
    asked = "".join(f"  ? {each.version}" for each in row.requests if each.stage == stage)
    if held is None:
        return text(f"-{asked}", "yellow") if asked else None
    number = text(held.version, "bold green" if stage == "production" else "bold")
    line = _with_glass(number + text(f"  {clock.ago(held.since)}{_shares(held)}", ""), held)
    return line + text(asked, "yellow") if asked else line


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
