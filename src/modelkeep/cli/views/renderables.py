"""What `layout` is made of, as Rich draws it: lines, facts, tables and trees in which no word is ever broken.

Rich's own grid, padding and tree crop what is too wide. These leave it to the terminal, which wraps it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from modelkeep.domain.text import pattern
from modelkeep.rendering.series import Interval, TimeAxis, sparkline

#: Blanks between columns: three, or two where the table fits only so.
_GAPS = (3, 2)
#: The least width of a column whose texts may be folded.
_LEAST_FOLDED = 12
_INDENT = 2
#: At most one of so many rows has its first cell on a line of its own, and only a cell of more columns than these.
_FEW, _LONG = 3, 24
#: How many columns a lane has at least beside its name, and at most.
_LEAST_LANE, _WIDEST_LANE = 24, 100
_WIDE = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60\U00020000-\U0003fffd"
)
#: What is never broken: a word, or a Chinese, Japanese or Korean character, with the blanks after it.
_PIECES = pattern(rf"[{_WIDE}]\s*|[^\s{_WIDE}]+\s*|\s+")
#: What stands before a branch, and before the further lines of a branch.
_TEE, _CORNER, _MORE, _LAST = "├── ", "└── ", "│   ", "    "


class Lines(NamedTuple):
    """A text, broken into lines where there is no room."""

    text: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from _wrapped(self.text, options.max_width)


class Indented(NamedTuple):
    """A block that stands two columns to the right; unlike Rich's padding it crops nothing."""

    block: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        inside = console.render(self.block, options.update_width(max(options.max_width - _INDENT, 1)))
        for line in Segment.split_lines(inside):
            yield Segment(" " * _INDENT)
            yield from line
            yield Segment.line()


class Facts(NamedTuple):
    """Names and values in two columns; unlike Rich's grid it crops nothing.

    Where the name takes more than a third of the room, or the value has a word that is too wide beside it, the value
    stands on the next line.
    """

    rows: Sequence[tuple[Text, ...]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        limit = max(options.max_width // 3, _LEAST_FOLDED)
        column = max((name.cell_len for name, _ in self.rows if name.cell_len <= limit), default=0) + 2
        for name, value in self.rows:
            dimmed = Text(name.plain, "dim") if not name.style and not name.spans else name
            beside = name.cell_len <= limit and column + _longest_piece(value.plain) <= options.max_width
            indent = column if beside else _INDENT
            if not beside:
                yield from _wrapped(dimmed, options.max_width)
            for number, line in enumerate(_wrapped(value, max(options.max_width - indent, 1))):
                first = beside and number == 0
                yield _joined(dimmed if first else "", " " * (indent - name.cell_len * first), line)


class FittingTable(NamedTuple):
    """A table as wide as there is room; where it does not fit, each row becomes a block of lines.

    Few first cells that are much longer than the others do not make the table too wide: they have a line for themselves.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Text]]
    right: Sequence[str]
    fold: Sequence[str]
    drop: Sequence[str]
    title: int
    #: What stands above each column.
    headings: Sequence[str]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        dropped: list[str] = []
        for column in (None, *(each for each in self.drop if each in self.columns)):
            dropped += [] if column is None else [column]
            shown = [at for at, name in enumerate(self.columns) if name not in dropped]
            for gap in _GAPS:
                widths = self._widths(shown, options.max_width - gap * (len(shown) - 1))
                if widths is not None:
                    getattr(console, "left_out", []).extend(self.headings[self.columns.index(each)] for each in dropped)
                    yield from self._as_tables(dict(zip(shown, widths, strict=True)), gap)
                    return
        yield from self._as_blocks()

    def _widths(self, shown: Sequence[int], room: int) -> list[int] | None:
        """Return the widths of columns that have room together, None where they have not."""
        wanted, least = [], []
        for at in shown:
            cells = [self.headings[at], *(line for row in self.rows for line in row[at].plain.split("\n"))]
            wanted.append(max(map(cell_len, cells)))
            folds = self.columns[at] in self.fold
            least.append(min(wanted[-1], max(_LEAST_FOLDED, *map(_longest_piece, cells))) if folds else wanted[-1])
        if sum(least) > room and shown[0] == 0 and self.title == 1 and self.columns[0] not in self.fold:
            wanted[0] = least[0] = self._without_longest(room - sum(least[1:]))
        if sum(least) > room:
            return None
        widths = [min(width, max(room, 1)) for width in wanted]
        while sum(widths) > room:
            widest = max(
                (at for at in range(len(widths)) if widths[at] > least[at]), key=lambda at: widths[at] - least[at]
            )
            widths[widest] -= 1
        return widths

    def _without_longest(self, room: int) -> int:
        """Return the width of the first cells without those that have no room; of all where too many have none."""
        lengths = [row[0].cell_len for row in self.rows]
        fitting = [length for length in lengths if length <= max(room, _LONG)]
        few = (len(lengths) - len(fitting)) * _FEW <= len(lengths)
        return max(cell_len(self.headings[0]), *(fitting if fitting and few else lengths))

    def _as_tables(self, widths: dict[int, int], gap: int) -> Iterator[RenderableType]:
        """Yield the table, cut before each row whose first cell has a line for itself."""
        begin = 0
        for at, row in enumerate(self.rows):
            if (
                self.title == 1
                and row[0].cell_len > widths.get(0, row[0].cell_len)
                and self.columns[0] not in self.fold
            ):
                if at > begin or at == 0:
                    yield self._as_table(self.rows[begin:at], widths, gap, header=begin == 0)
                yield Lines(row[0])
                yield self._as_table([(Text(), *row[1:])], widths, gap, header=False)
                begin = at + 1
        if begin < len(self.rows):
            yield self._as_table(self.rows[begin:], widths, gap, header=begin == 0)

    def _as_table(self, rows: Sequence[Sequence[Text]], widths: dict[int, int], gap: int, *, header: bool) -> Table:
        table = Table(
            box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="dim", show_edge=False, show_header=header
        )
        for at, width in widths.items():
            table.add_column(
                self.headings[at],
                justify="right" if self.columns[at] in self.right else "left",
                no_wrap=True,
                overflow="fold",
                width=width,
            )
        group = None
        for row in rows:
            again = self.title > 1 and row[0].plain == group
            group = row[0].plain
            cells = (Text() if again and at == 0 else row[at] for at in widths)
            folded = zip(cells, widths.values(), strict=True)
            table.add_row(*(Text("\n").join(_wrapped(cell, width)) for cell, width in folded))
        return table

    def _as_blocks(self) -> Iterator[RenderableType]:
        for row in self.rows:
            yield Lines(Text("  ").join(row[: self.title]))
            named = zip(self.headings[self.title :], row[self.title :], strict=True)
            yield Indented(Facts([(Text(name), cell) for name, cell in named if cell.plain.strip() not in {"", "-"}]))


class Sparkline(NamedTuple):
    """A name, values as columns, and words. Where there is no room for all values, ``…`` stands before the last ones."""

    name: Text
    values: Sequence[float | None]
    words: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = max(options.max_width - self.name.cell_len - _INDENT, _LEAST_FOLDED)
        drawn = sparkline(self.values) if len(self.values) <= room else f"…{sparkline(self.values[1 - room :])}"
        line = Text.assemble(self.name, "  ", drawn, "  ", self.words)
        yield from _wrapped(line, options.max_width)


class Lanes(NamedTuple):
    """What followed each other in several places, as a line for each on a common time axis, and the axis."""

    rows: Sequence[tuple[Text, Sequence[Interval]]]
    begin: datetime
    end: datetime
    #: The words for the two ends.
    ends: tuple[str, str]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        indent = max((name.cell_len for name, _ in self.rows), default=0) + _INDENT
        beside = options.max_width - indent >= _LEAST_LANE
        indent = indent if beside else _INDENT
        width = min(max(options.max_width - indent, _LEAST_FOLDED), _WIDEST_LANE)
        axis = TimeAxis(self.begin, self.end, width)
        for name, segments in self.rows:
            if not beside:
                yield from _wrapped(name, options.max_width)
            last = segments[-1] if segments else None
            parts = [
                (part, "" if of is None else "bold green" if of is last and of.until == self.end else "cyan")
                for part, of in axis.lane(segments)
            ]
            yield _joined(name if beside else "", " " * (indent - name.cell_len * beside), *parts)
        begin, end = self.ends
        gap = max(width - cell_len(begin) - cell_len(end), 1)
        yield _joined(" " * indent, (f"{begin}{' ' * gap}{end}", "dim"))
        if hidden := sum(max(len(segments) - width, 0) for _, segments in self.rows):
            yield from _wrapped(
                Text(f"no room for the {hidden} oldest: a wider window shows more", "dim"), options.max_width
            )


def _wrapped(text: Text, width: int) -> Iterator[Text]:
    """Yield the lines of a text, which begin between two pieces; a piece that is too wide has a line for itself."""
    for paragraph in text.split("\n", allow_blank=True):
        begins, column = [], 0
        for piece in _PIECES.finditer(paragraph.plain):
            if column and column + cell_len(piece[0].rstrip()) > width:
                begins.append(piece.start())
                column = 0
            column += cell_len(piece[0])
        for line in paragraph.divide(begins):
            line.rstrip()
            yield _joined(line)


def _joined(*parts: str | Text | tuple[str, str]) -> Text:
    """Return a line that is drawn as it is, however long it is."""
    return Text.assemble(*parts, no_wrap=True, overflow="ignore")


def _longest_piece(plain: str) -> int:
    return max((cell_len(piece[0].rstrip()) for piece in _PIECES.finditer(plain)), default=0)


class Tree:
    """A line, and the branches below it; unlike Rich's tree it crops nothing."""

    def __init__(self, label: Text) -> None:
        self.label = label
        self.branches: list[Tree] = []

    def add(self, label: Text) -> Tree:
        """Add a branch below the others, and return it."""
        self.branches.append(Tree(label))
        return self.branches[-1]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from _wrapped(self.label, options.max_width)
        waiting = [("", self)]
        while waiting:
            indent, tree = waiting.pop()
            if tree is not self:
                last = indent.endswith(_LAST)
                guides = indent[: -len(_LAST)]
                room = max(options.max_width - len(indent), 1)
                for number, line in enumerate(_wrapped(tree.label, room)):
                    guide = (_CORNER if last else _TEE) if number == 0 else (_LAST if last else _MORE)
                    yield _joined((guides + guide, "dim"), line)
            below = [(indent + (_LAST if each is tree.branches[-1] else _MORE), each) for each in tree.branches]
            waiting += reversed(below)
