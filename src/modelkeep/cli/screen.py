"""What a terminal is: how wide, with which characters and colours, at what time and in which zone.

It draws what Rich lays out. Text of users is never markup, and its control characters are shown.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TextIO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from modelkeep.cli import streams
from modelkeep.domain.text import printable
from modelkeep.domain.times import age, parse_stored

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_UNLIMITED = 10_000
_STYLES = {
    "production": "bold green",
    "live": "bold green",
    "staging": "yellow",
    "development": "cyan",
    "superseded": "dim",
    "archived": "dim",
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
        console.print(what)
        return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())

    def ago(self, time: str | None) -> str:
        """Return how long ago a time of the log was."""
        return "-" if time is None else age(self.now - parse_stored(time))

    def local(self, time: str | None, otherwise: str = "-") -> str:
        """Return a time of the log in the zone of who looks."""
        if time is None:
            return otherwise
        return parse_stored(time).astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def minute(self, time: str | None, otherwise: str = "-") -> str:
        """Return a time of the log in the zone of who looks, to the minute."""
        return self.local(time, otherwise)[:16]

    def lasted(self, since: str, until: str | None) -> str:
        """Return how long something lasted, or has lasted until now."""
        return age((self.now if until is None else parse_stored(until)) - parse_stored(since))


class _Encoded(io.StringIO):
    """Text whose encoding Rich asks for, to draw branches of trees in ASCII where it must."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding


def text(value: object, style: str = "") -> Text:
    """Return a value of a user as text: no markup, control characters shown; None and empty are ``-``."""
    said = "-" if value is None or value == "" else printable(str(value))
    return Text(said, style=style or _STYLES.get(said, ""))


def short(value: str | None) -> str | None:
    """Return a value with a digest in it cut to twelve digits, as people compare them."""
    return value[:19] if value is not None and _DIGEST.fullmatch(value) else value


def stages(names: tuple[str, ...]) -> Text:
    """Return stages in their colours."""
    return Text(", ").join([text(name) for name in names]) if names else Text("-")


def table(*columns: str, right: tuple[str, ...] = (), fold: tuple[str, ...] = ()) -> Table:
    """Return a table without lines; only columns named in ``fold`` may be broken."""
    made = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim", show_edge=False)
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left", no_wrap=name not in fold, overflow="fold")
    return made


def pairs() -> Table:
    """Return a table of names and values below a heading."""
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    return made
