"""What `list --search` prints: models and versions, and the texts that have the words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from modelkeep.cli.views.columns import column, column_cell, exact
from modelkeep.cli.views.interface import View, line
from modelkeep.cli.views.layout import table, text
from modelkeep.cli.views.lists import glass_warnings
from modelkeep.domain.answers.found import Found
from modelkeep.domain.answers.versions import AsOf, VersionRow
from modelkeep.domain.search.query import Query
from modelkeep.rendering import Clock, glass_warning

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

#: How much of a text is shown: before the first word that was found, and in all.
_BEFORE, _SHOWN = 24, 80


class FoundView(View, frozen=True):
    """Models and versions, the best match first or in the order that was asked for, as they are or were at a moment.

    ``query`` are the words that were searched for. ``columns`` of versions stand behind the reference, in the place of the match.
    """

    undocumented = ("query", "columns")
    as_of: AsOf | None
    found: Sequence[Found]
    query: str
    columns: Sequence[str] = ()

    def lines(self) -> list[str]:
        """Return a line each: the reference, the field of the first text and that text, then the columns."""
        cells = [column(key, self._versions) for key in self.columns]
        return [
            line(each.ref, each.matches[0].field, each.matches[0].text, *(_of_version(cell, each) for cell in cells))
            for each in self.found
        ]

    def identifiers(self) -> list[str]:
        return [each.ref for each in self.found]

    def columns_of_csv(self) -> tuple[Sequence[str], Iterable[Sequence[object]]] | None:
        cells = [exact(key, self._versions) for key in self.columns]
        rows = (
            [each.ref, each.matches[0].field, each.matches[0].text, *(_of_version(cell, each) for cell in cells)]
            for each in self.found
        )
        return (("ref", "field", "text", *self.columns), rows) if cells else None

    def notes(self) -> list[str]:
        """Return a warning for each stage that is held because the glass was broken."""
        of_models = [(each.model.name, each.model.holders) for each in self.found if each.model is not None]
        return [
            *(warning for name, holders in of_models for warning in glass_warnings(name, holders)),
            *(glass_warning(row.ref, stage) for row in self._versions for stage in row.break_glass),
        ]

    def table(self, clock: Clock) -> RenderableType:
        query = Query(self.query)
        chosen = [key for key in self.columns or ("stage", "created") if key != "ref"]  # every row begins with it
        columns = {key: column_cell(key, self._versions, clock) for key in chosen}
        rows = (
            (
                text(each.ref, "bold"),
                *(" " if each.version is None else cell(each.version) for cell in columns.values()),
                text(each.matches[0].field, "dim"),
                _excerpt(query, each.matches[0].text),
            )
            for each in self.found
        )
        return table(
            ("ref", *columns, "in", "text"),
            rows,
            fold=("text", *columns),
            drop=("in", *columns) if self.columns else ("created", "stage", "in"),
        )

    @property
    def _versions(self) -> list[VersionRow]:
        return [each.version for each in self.found if each.version is not None]


def _of_version(cell: Callable[[VersionRow], object], found: Found) -> object:
    return None if found.version is None else cell(found.version)


def _excerpt(query: Query, whole: str) -> Text:
    """Return the part of a text in which the first of the words stands, with all that was searched for in bold."""
    flat = " ".join(whole.split())
    hits = query.hits(flat)
    first = hits[0][0] if hits else 0
    begin = 0 if first <= _BEFORE else flat.find(" ", first - _BEFORE, first) + 1 or first
    end = len(flat) if len(flat) <= begin + _SHOWN else flat.rfind(" ", first, begin + _SHOWN) + 1 or begin + _SHOWN
    parts, at = [("…" if begin else "", "")], begin
    for low, high in [hit for hit in hits if begin <= hit[0] and hit[1] <= end]:
        parts += [(flat[at:low], ""), (flat[low:high], "bold")]
        at = high
    parts += [(flat[at:end], ""), ("…" if end < len(flat) else "", "")]
    first_part, *more = [text(part, style) for part, style in parts if part] or [text(None)]
    return sum(more, first_part)
