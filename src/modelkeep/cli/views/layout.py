"""The parts of what a terminal shows: styled lines, tables, facts, sections and trees, made with Rich.

Rich takes long to load. So it is imported where a piece is made, and never for an answer in a pipe.
What users wrote is never markup, and its control characters are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from modelkeep.domain.text import pattern, printable

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text
    from rich.tree import Tree

_DIGEST = pattern(r"sha256:[0-9a-f]{64}")
_SHORT_DIGEST = len("sha256:") + 8
_STYLES = {
    "production": "bold green",
    "active": "bold green",
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
#: Blanks between columns: three, or two where the table fits only so.
_GAPS = (3, 2)
#: The least width of a column that may be broken.
_LEAST_FOLDED = 12


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

    cells = [[each if isinstance(each, Text) else text(each) for each in row] for row in rows]
    return _FittingTable([printable(name) for name in columns], cells, right, fold) if cells else stack()


class _FittingTable(NamedTuple):
    """A table as wide as there is room; where it does not fit, each row becomes a block of lines.

    Nothing is cropped, and only the columns in ``fold`` are broken.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Text]]
    right: Sequence[str]
    fold: Sequence[str]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        del console
        least = self._least_widths()
        fitting = (gap for gap in _GAPS if sum(least) + gap * (len(least) - 1) <= options.max_width)
        gap = next(fitting, None)
        yield self._as_blocks() if gap is None else self._as_table(gap)

    def _least_widths(self) -> list[int]:
        from rich.cells import cell_len

        widths = [
            max(cell_len(name), *(cell_len(line) for row in self.rows for line in row[at].plain.split("\n")))
            for at, name in enumerate(self.columns)
        ]
        return [
            min(width, _LEAST_FOLDED) if name in self.fold else width
            for name, width in zip(self.columns, widths, strict=True)
        ]

    def _as_table(self, gap: int) -> Table:
        from rich.table import Table

        table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="dim", show_edge=False)
        for name in self.columns:
            table.add_column(
                name,
                justify="right" if name in self.right else "left",
                no_wrap=name not in self.fold,
                overflow="fold",
                min_width=None if name not in self.fold else 1,
            )
        for row in self.rows:
            table.add_row(*row)
        return table

    def _as_blocks(self) -> RenderableType:
        from rich.text import Text

        blocks: list[RenderableType] = []
        for first, *others in self.rows:
            named = zip(self.columns[1:], others, strict=True)
            blocks += [
                first,
                indented(facts((Text(name), cell) for name, cell in named if cell.plain.strip() not in {"", "-"})),
            ]
        return stack(*blocks)


def tree(label: Text) -> Tree:
    """Return a tree of one line, to which branches are added."""
    from rich.tree import Tree

    return Tree(label, guide_style="dim")


def short(value: str | None) -> str | None:
    """Return a digest cut to eight digits, which still is a reference; other values as they are."""
    return value[:_SHORT_DIGEST] if value is not None and _DIGEST.fullmatch(value) else value
