"""What a terminal is: how wide, with which characters and colours, at what time and in which zone.

It draws what Rich lays out. Text of users is never markup, and its control characters are shown.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from modelkeep.cli import streams
from modelkeep.domain.text import printable, printable_lines
from modelkeep.rendering.ages import Clock

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_UNLIMITED = 10_000
_GAPS, _LEAST_FOLDED = (3, 2), 14
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
}


@dataclass(frozen=True, slots=True)
class Screen:
    """A place to draw on; pure but for its clock, which was read once."""

    width: int
    color: bool
    encoding: str
    now: datetime
    zone: tzinfo | None = None

    @classmethod
    def of(cls, stream: TextIO, *, color: bool) -> Screen:
        """Return the terminal behind a stream; a pipe is as wide as it takes."""
        width = streams.width(stream) if streams.is_terminal(stream) else _UNLIMITED
        return cls(width, color, streams.encoding(stream), datetime.now(UTC))

    def drawn(self, what: RenderableType) -> str:
        """Return something drawn: lines of text without trailing blanks, with colours if it has them."""
        file = _Encoded(self.encoding)
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
        console.print(_Harmless(what))
        return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())

    @property
    def clock(self) -> Clock:
        """The moment and the zone of whoever looks."""
        return Clock(self.now, self.zone)

    def ago(self, time: str | None) -> str:
        """Return how long ago a time of the log was."""
        return "-" if time is None else self.clock.ago(time)

    def local(self, time: str | None, otherwise: str = "-") -> str:
        """Return a time of the log in the zone of who looks."""
        return otherwise if time is None else self.clock.second(time)

    def minute(self, time: str | None, otherwise: str = "-") -> str:
        """Return a time of the log in the zone of who looks, to the minute."""
        return otherwise if time is None else self.clock.minute(time)

    def lasted(self, since: str, until: str | None) -> str:
        """Return how long something lasted, or has lasted until now."""
        return self.clock.lasted(since, until)


class _Encoded(io.StringIO):
    """Text whose encoding Rich asks for, to draw branches of trees in ASCII where it must."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding


class _Harmless:
    """Something drawn in which no text holds a control character: Rich lets them pass, a forged row may have them."""

    def __init__(self, what: RenderableType) -> None:
        self._what = what

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it, piece by piece."""
        for piece in console.render(self._what, options):
            yield piece if piece.text == "\n" else Segment(printable_lines(piece.text), piece.style, piece.control)


def text(value: object, style: str = "") -> Text:
    """Return a value of a user as text: no markup, control characters shown; None and empty are ``-``."""
    said = "-" if value is None or value == "" else printable(str(value))
    return Text(said, style=style or _STYLES.get(said, ""))


def short(value: str | None) -> str | None:
    """Return a digest cut to eight digits, which still is a reference; other values as they are."""
    return value[:15] if value is not None and _DIGEST.fullmatch(value) else value


def stages(names: tuple[str, ...]) -> Text:
    """Return stages in their colours."""
    return Text(", ").join([text(name) for name in names]) if names else Text("-")


class Rows:
    """Rows in columns that fit where they are drawn; where they cannot, each row is a block of lines.

    Columns in ``fold`` may be broken, the others never are: nothing is cropped.
    """

    def __init__(self, columns: Sequence[str], right: Sequence[str], fold: Sequence[str]) -> None:
        self._columns, self._right, self._fold = columns, right, fold
        self._rows: list[tuple[Text, ...]] = []

    def add_row(self, *cells: Text) -> None:
        """Add a row with a cell for each column."""
        self._rows.append(cells)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the rows as a table or as blocks, as wide as there is room."""
        del console
        least = self._least()
        fits = (gap for gap in _GAPS if sum(least) + gap * (len(least) - 1) <= options.max_width)
        gap = next(fits, None)
        yield self._blocks() if gap is None else self._table(gap)

    def _least(self) -> list[int]:
        """Return the width that each column needs at least."""
        widths = [
            max(cell_len(name), *(cell_len(row[at].plain) for row in self._rows), 0)
            for at, name in enumerate(self._columns)
        ]
        return [
            min(width, _LEAST_FOLDED) if name in self._fold else width
            for name, width in zip(self._columns, widths, strict=True)
        ]

    def _table(self, gap: int) -> Table:
        made = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="dim", show_edge=False)
        for name in self._columns:
            made.add_column(
                name,
                justify="right" if name in self._right else "left",
                no_wrap=name not in self._fold,
                overflow="fold",
                min_width=None if name not in self._fold else 1,
            )
        for row in self._rows:
            made.add_row(*row)
        return made

    def _blocks(self) -> Group:
        blocks: list[RenderableType] = []
        for row in self._rows:
            facts = pairs()
            for name, cell in zip(self._columns[1:], row[1:], strict=True):
                if cell.plain not in {"", "-"}:
                    facts.add_row(name, cell)
            blocks += [row[0], Padding(facts, (0, 0, 0, 2))]
        return Group(*blocks)


def table(*columns: str, right: tuple[str, ...] = (), fold: tuple[str, ...] = ()) -> Rows:
    """Return a table without lines; only columns named in ``fold`` may be broken."""
    return Rows(columns, right, fold)


def pairs() -> Table:
    """Return a table of names and values below a heading."""
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    return made
