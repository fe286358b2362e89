"""What a terminal shows, described: styled lines, tables, facts, sections and trees. Pure.

Views describe their tables in these words, and `cli/terminal.py` draws them with Rich. So Rich is
loaded for tables alone, and views are tested without a terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from msgspec import Struct, field

from modelkeep.domain.text import pattern, printable

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


class Span(NamedTuple):
    """Text in one style: words such as ``bold`` and ``green``, empty for none."""

    text: str
    style: str = ""


class Line(Struct, frozen=True):
    """One line of styled text. It wraps where the terminal is too narrow."""

    spans: tuple[Span, ...] = ()

    def __add__(self, other: Line) -> Line:
        return Line(self.spans + other.spans)


class Table(Struct, frozen=True):
    """Rows in columns. Only the columns in ``fold`` may be broken, those in ``right`` are set to the right."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Line]]
    right: Sequence[str] = ()
    fold: Sequence[str] = ()


class Facts(Struct, frozen=True):
    """Names with their values, below each other."""

    rows: list[tuple[Line, Line]] = field(default_factory=list)

    def add(self, name: str, value: Line | str | None) -> None:
        """Add a fact; one without a value is left out."""
        if value:
            self.rows.append((text(name), value if isinstance(value, Line) else text(value)))


class Indented(Struct, frozen=True):
    """A block that stands two columns to the right."""

    block: Block


class Stack(Struct, frozen=True):
    """Blocks below each other."""

    blocks: Sequence[Block]


class Tree(Struct, frozen=True):
    """A line with branches below it."""

    label: Line
    branches: list[Tree] = field(default_factory=list)


Block: TypeAlias = Line | Table | Facts | Indented | Stack | Tree

BLANK = Line()
LINE_BREAK = Line((Span("\n"),))
NOTHING = Stack(())


def text(value: object, style: str | None = None) -> Line:
    """Return a value as a line, control characters shown; None and the empty text are ``-``.

    Unless a style is given, names of stages, states and severities have theirs.
    """
    shown = "-" if value is None or value == "" else printable(str(value))
    return Line((Span(shown, _STYLES.get(shown, "") if style is None else style),))


def heading(title: str) -> Line:
    """Return the title of a section."""
    return text(title, "bold")


def section(title: str, rows: Iterable[tuple[str, str]]) -> list[Block]:
    """Return a title with names and values below it; without rows nothing."""
    facts = Facts([(text(name), text(value, "") if value else BLANK) for name, value in rows])
    return [heading(title), Indented(facts)] if facts.rows else []


def stages(names: Sequence[str]) -> Line:
    """Return stages in their colours, separated by commas."""
    line = text(names[0] if names else None)
    for name in names[1:]:
        line = line + Line((Span(", "),)) + text(name)
    return line


def short(value: str | None) -> str | None:
    """Return a digest cut to eight digits, which still is a reference; other values as they are."""
    return value[:_SHORT_DIGEST] if value is not None and _DIGEST.fullmatch(value) else value
