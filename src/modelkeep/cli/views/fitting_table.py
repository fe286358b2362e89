"""A table as wide as there is room; where it does not fit, each row becomes a block of lines.

Nothing is cropped, and only the columns that may be folded are broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from modelkeep.cli.views.layout import facts, indented, stack

#: Blanks between columns: three, or two where the table fits only so.
_GAPS = (3, 2)
#: The least width of a column that may be broken.
_LEAST_FOLDED = 14


class FittingTable(NamedTuple):
    """Rows in columns; ``right`` are the columns that are set to the right, ``fold`` those that may be broken."""

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
        widths = [max(cell_len(name), *(_width(row[at]) for row in self.rows)) for at, name in enumerate(self.columns)]
        return [
            min(width, _LEAST_FOLDED) if name in self.fold else width
            for name, width in zip(self.columns, widths, strict=True)
        ]

    def _as_table(self, gap: int) -> Table:
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
        blocks: list[RenderableType] = []
        for first, *others in self.rows:
            named = zip(self.columns[1:], others, strict=True)
            blocks += [
                first,
                indented(facts((Text(name), cell) for name, cell in named if cell.plain.strip() not in {"", "-"})),
            ]
        return stack(*blocks)


def _width(cell: Text) -> int:
    return max(map(cell_len, cell.plain.split("\n")))
