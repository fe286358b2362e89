"""The tables of views as text, drawn by Rich in the width, the colours and the characters of a terminal."""

from __future__ import annotations

import io
from typing import Any, NamedTuple

from rich.console import Console, RenderableType

from modelkeep.cli import streams
from modelkeep.cli.views.layout import NO_BREAK


class Drawing(NamedTuple):
    """Lines of text, and the columns of tables that were left out because there was no room."""

    text: str
    left_out: tuple[str, ...]


class _Page(Console):
    """A console that tables tell which columns they left out."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.left_out: list[str] = []


def draw(block: RenderableType, *, width: int, color: bool, encoding: str) -> Drawing:
    """Return a block as lines of text without trailing blanks; ``encoding`` decides which characters there are."""
    file = io.StringIO()
    console = _Page(
        file=file,
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
    console.print(block, crop=False)
    # The text went through no encoding yet: a blank that is no place to break may be none of its characters.
    drawn = file.getvalue().replace(NO_BREAK, " ").encode(encoding, streams.STAND_IN).decode(encoding)
    lines = "".join(f"{line.rstrip()}\n" for line in drawn.split("\n")[:-1])
    return Drawing(lines, tuple(dict.fromkeys(console.left_out)))
