"""The terminal: how wide it is, with which colours and characters, and what Rich draws on it.

A view describes its table in the words of `cli/views/layout.py`; here it is drawn. Text of users is
never markup, and its control characters are shown.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import NamedTuple, TextIO

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table as RichTable
from rich.text import Text
from rich.tree import Tree as RichTree

from modelkeep.cli import streams
from modelkeep.cli.views.layout import Block, Facts, Indented, Line, Stack, Table, Tree
from modelkeep.domain.text import printable_lines

#: The width of a pipe, which takes lines of any length.
_UNLIMITED = 10_000
#: Blanks between columns: three, or two where the table fits only so.
_GAPS = (3, 2)
#: The least width of a column that may be broken.
_LEAST_FOLDED = 14
_INDENT = (0, 0, 0, 2)


class Terminal(NamedTuple):
    """A place to draw on: its width in columns, whether it has colours, and its encoding."""

    width: int
    color: bool
    encoding: str

    @classmethod
    def behind(cls, stream: TextIO, *, color: bool) -> Terminal:
        """Return the terminal behind a stream; a pipe is as wide as it takes."""
        width = streams.width(stream) if streams.is_terminal(stream) else _UNLIMITED
        return cls(width, color, streams.encoding(stream))

    def draw(self, block: Block) -> str:
        """Return a block as lines of text without trailing blanks, with colours if the terminal has them."""
        file = _EncodedText(self.encoding)
        console = Console(
            file=file,
            width=self.width,
            force_terminal=self.color,
            color_system="standard" if self.color else None,
            no_color=not self.color,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
            _environ={},
        )
        console.print(_WithoutControls(_drawn(block)))
        return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())


class _EncodedText(io.StringIO):
    """Text with an encoding: Rich asks for it, to draw the branches of trees in ASCII where it must."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding


class _WithoutControls:
    """A drawing whose control characters are shown: Rich lets them pass, and a forged row may hold some."""

    def __init__(self, drawn: RenderableType) -> None:
        self._drawn = drawn

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for piece in console.render(self._drawn, options):
            yield piece if piece.text == "\n" else Segment(printable_lines(piece.text), piece.style, piece.control)


class _FittingTable:
    """A table as wide as there is room; where it does not fit, each row becomes a block of lines.

    Nothing is cropped, and only the columns that may be folded are broken.
    """

    def __init__(self, table: Table) -> None:
        self._columns, self._right, self._fold = table.columns, table.right, table.fold
        self._rows = [[_text(cell) for cell in row] for row in table.rows]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        del console
        least = self._least_widths()
        fitting = (gap for gap in _GAPS if sum(least) + gap * (len(least) - 1) <= options.max_width)
        gap = next(fitting, None)
        yield self._as_blocks() if gap is None else self._as_table(gap)

    def _least_widths(self) -> list[int]:
        widths = [
            max(cell_len(name), *(_width(row[at]) for row in self._rows), 0) for at, name in enumerate(self._columns)
        ]
        return [
            min(width, _LEAST_FOLDED) if name in self._fold else width
            for name, width in zip(self._columns, widths, strict=True)
        ]

    def _as_table(self, gap: int) -> RichTable:
        table = RichTable(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="dim", show_edge=False)
        for name in self._columns:
            table.add_column(
                name,
                justify="right" if name in self._right else "left",
                no_wrap=name not in self._fold,
                overflow="fold",
                min_width=None if name not in self._fold else 1,
            )
        for row in self._rows:
            table.add_row(*row)
        return table

    def _as_blocks(self) -> Group:
        blocks: list[RenderableType] = []
        for first, *others in self._rows:
            facts = [(Text(name), cell) for name, cell in zip(self._columns[1:], others, strict=True)]
            shown = [(name, cell) for name, cell in facts if cell.plain not in {"", "-"}]
            blocks += [first, Padding(_pairs(shown), _INDENT)]
        return Group(*blocks)


def _drawn(block: Block) -> RenderableType:
    match block:
        case Line():
            return _text(block)
        case Table():
            return _FittingTable(block) if block.rows else Group()
        case Facts():
            return _pairs([(_text(name), _text(value)) for name, value in block.rows])
        case Indented():
            return Padding(_drawn(block.block), _INDENT)
        case Stack():
            return Group(*map(_drawn, block.blocks))
        case Tree():
            return _tree(block)


def _text(line: Line) -> Text:
    return Text.assemble(*line.spans)


def _width(cell: Text) -> int:
    return max(map(cell_len, cell.plain.split("\n")))


def _pairs(rows: Sequence[tuple[Text, Text]]) -> RichTable:
    table = RichTable.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _tree(tree: Tree) -> RichTree:
    root = RichTree(_text(tree.label), guide_style="dim")
    waiting = [(root, tree)]
    while waiting:
        drawn, described = waiting.pop()
        waiting += [(drawn.add(_text(branch.label)), branch) for branch in described.branches]
    return root
