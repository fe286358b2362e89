"""The pieces of what a terminal shows: styled lines, tables, facts, sections and trees, made of Rich's.

Rich takes long to load. So it is imported where a piece is made, and never for an answer in a pipe.
What users wrote is never markup, and its control characters are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from modelkeep.domain.text import pattern, printable

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text
    from rich.tree import Tree

_DIGEST = pattern(r"sha256:[0-9a-f]{64}")
_SHORT_DIGEST = len("sha256:") + 8
_STYLES = {
    "production": "bold green",
    "live": "bold green",
    "staging": "yellow",
    "development": "cyan",
    "superseded": "dim",
    "archived": "dim",
    "deleted": "dim",
    "bad": "bold red",
    "error": "bold red",
    "warning": "yellow",
    "ok": "green",
}


def text(value: object, style: str | None = None) -> Text:
    """Return a value as a line, which wraps where the terminal is too narrow; None and the empty text are ``-``.

    Unless a style is given, names of stages, states and severities have theirs.
    """
    from rich.text import Text

    shown = "-" if value is None or value == "" else printable(str(value))
    return Text.assemble((shown, _STYLES.get(shown, "") if style is None else style))


def heading(title: str) -> Text:
    """Return the title of a section."""
    return text(title, "bold")


def stages(names: Sequence[str]) -> Text:
    """Return stages in their colours, separated by commas."""
    line = text(names[0] if names else None)
    for name in names[1:]:
        line += text(", ", "") + text(name)
    return line


def stack(*blocks: RenderableType) -> Group:
    """Return blocks below each other."""
    from rich.console import Group

    return Group(*blocks)


def indented(block: RenderableType) -> Padding:
    """Return a block that stands two columns to the right."""
    from rich.padding import Padding

    return Padding(block, (0, 0, 0, 2))


def facts(rows: Iterable[tuple[str | Text, str | Text | None]]) -> Table:
    """Return names with their values, below each other; a fact without a value is left out."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in rows:
        if value:
            grid.add_row(*(text(each) if isinstance(each, str) else each for each in (name, value)))
    return grid


def section(title: str, rows: Iterable[tuple[str, str]]) -> list[RenderableType]:
    """Return a title with names and values below it; without rows nothing."""
    listed = facts((name, text(value or " ", "")) for name, value in rows)
    return [heading(title), indented(listed)] if listed.row_count else []


def table(
    columns: Sequence[str], rows: Iterable[Iterable[object]], *, right: Sequence[str] = (), fold: Sequence[str] = ()
) -> RenderableType:
    """Return rows in columns, of which ``right`` are set to the right and only ``fold`` may be broken.

    A cell is a line or a value. Without rows there are no headings either.
    """
    from rich.text import Text

    from modelkeep.cli.views.fitting_table import FittingTable

    cells = [[each if isinstance(each, Text) else text(each) for each in row] for row in rows]
    return FittingTable([printable(name) for name in columns], cells, right, fold) if cells else stack()


def tree(label: Text) -> Tree:
    """Return a tree of one line, to which branches are added."""
    from rich.tree import Tree

    return Tree(label, guide_style="dim")


def short(value: str | None) -> str | None:
    """Return a digest cut to eight digits, which still is a reference; other values as they are."""
    return value[:_SHORT_DIGEST] if value is not None and _DIGEST.fullmatch(value) else value
