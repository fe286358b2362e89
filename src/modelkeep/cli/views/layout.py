"""The parts of what a terminal shows: styled lines, tables, facts, sections and trees, made with Rich.

Rich takes long to load. So it is imported where a piece is made, and never for an answer in a pipe.
What users wrote is never markup, and its control characters are shown.

**No word is ever broken**: a reference, a digest, a path can be copied as a whole. Lines break at blanks and inside of
Chinese, Japanese and Korean text. The blanks in a time (``Nov 11 13:00``) and a size (``10.0 kB``) are no such places:
`text` writes `NO_BREAK` there. A word that is wider than the window is left to the terminal, which wraps it.
A table that is too wide folds its texts, then leaves out columns, then becomes a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from modelkeep.domain.text import pattern, printable

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.text import Text

    from modelkeep.cli.views.renderables import Facts, Tree

#: A blank at which no line breaks. It is no character, and drawn as a blank.
NO_BREAK = "\ufdd0"
_VALUES_WITH_BLANKS = pattern(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|[A-Z][a-z]{2} \d\d \d\d:\d\d|\d(?:\.\d)? [kMGTP]?B(?![^\s,;:)])"
)
_DIGEST = pattern(r"sha256:[0-9a-f]{64}")
_SHORT_DIGEST = len("sha256:") + 8
_NO_HEADINGS: Mapping[str, str] = MappingProxyType({})
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


def text(value: object, style: str | None = None) -> Text:
    """Return a value as a line, which wraps where the terminal is too narrow; None and the empty text are ``-``.

    Unless a style is given, names of stages, states and severities have theirs.
    """
    from rich.text import Text

    shown = "-" if value is None or value == "" else printable(str(value))
    style = _STYLES.get(shown, "") if style is None else style
    return Text.assemble((_VALUES_WITH_BLANKS.sub(lambda found: found[0].replace(" ", NO_BREAK), shown), style))


def heading(title: str) -> Text:
    """Return the title of a section."""
    return text(title, "bold")


def stages(names: Sequence[str]) -> Text:
    """Return stages in their colours, separated by commas."""
    line = text(names[0] if names else None)
    for name in names[1:]:
        line += text(", ", "") + text(name)
    return line


def text_lines(values: Iterable[str]) -> Text:
    """Return a line for each value, for one cell of a table."""
    from rich.text import Text

    return Text("\n").join(text(each, "") for each in values)


def stack(*blocks: RenderableType) -> Group:
    """Return blocks below each other."""
    from rich.console import Group

    return Group(*map(_block, blocks))


def indented(block: RenderableType) -> RenderableType:
    """Return a block that stands two columns to the right."""
    from modelkeep.cli.views.renderables import Indented

    return Indented(_block(block))


def _block(block: RenderableType) -> RenderableType:
    """Return a block; a line of text as one whose words are not broken."""
    from rich.text import Text

    from modelkeep.cli.views.renderables import Lines

    line = Text(block) if isinstance(block, str) else block
    return Lines(line) if isinstance(line, Text) else line


def facts(rows: Iterable[tuple[str | Text, str | Text | None]]) -> Facts:
    """Return names with their values, below each other; a fact without a value is left out."""
    from modelkeep.cli.views.renderables import Facts

    return Facts([(_as_text(name), _as_text(value)) for name, value in rows if value])


def _as_text(value: str | Text) -> Text:
    return text(value) if isinstance(value, str) else value


def section(title: str, rows: Iterable[tuple[str, str]]) -> list[RenderableType]:
    """Return a title with names and values below it; without rows nothing."""
    listed = facts((name, text(value or " ", "")) for name, value in rows)
    return [heading(title), indented(listed)] if listed.rows else []


def table(
    columns: Sequence[str],
    rows: Iterable[Iterable[object]],
    *,
    right: Sequence[str] = (),
    fold: Sequence[str] = (),
    drop: Sequence[str] = (),
    title: int = 1,
    headings: Mapping[str, str] = _NO_HEADINGS,
) -> RenderableType:
    """Return rows in columns, of which ``right`` are set to the right, and only the texts of ``fold`` may be folded.

    The columns of ``drop`` may be left out where there is no room, the first of them first. Where even that does not
    help, each row becomes a block of lines, whose title is made of the first ``title`` cells; two title cells are a
    group and a name in it, and the table shows the group once. A cell is a line or a value. ``headings`` are those of
    columns that do not bear their names.
    Without rows there are no headings either.
    """
    from rich.text import Text

    from modelkeep.cli.views.renderables import FittingTable

    cells = [[each if isinstance(each, Text) else text(each) for each in row] for row in rows]
    if not cells:
        return stack()
    shown = [printable(headings.get(name, name)) for name in columns]
    return FittingTable([printable(name) for name in columns], cells, right, fold, drop, title, shown)


def tree(label: Text) -> Tree:
    """Return a tree of one line, to which branches are added."""
    from modelkeep.cli.views.renderables import Tree

    return Tree(label)


def short(value: str | None) -> str | None:
    """Return a digest cut to eight digits, which still is a reference; other values as they are."""
    return value[:_SHORT_DIGEST] if value is not None and _DIGEST.fullmatch(value) else value
