"""The tables of views as text, drawn by Rich in the width, the colours and the characters of a terminal."""

from __future__ import annotations

import io

from rich.console import Console, RenderableType

from modelkeep.cli import streams


def draw(block: RenderableType, *, width: int, color: bool, encoding: str) -> str:
    """Return a block as lines of text without trailing blanks; ``encoding`` decides how branches of trees are drawn."""
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=streams.STAND_IN)
    console = Console(
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
    console.print(block)
    file.seek(0)
    return "".join(f"{line.rstrip()}\n" for line in file.read().splitlines())
