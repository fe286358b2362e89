"""The progress of long work on stderr: bytes, rate and remaining time."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from modelkeep.cli import streams
from modelkeep.cli.call import Call
from modelkeep.rendering import human_size

_FIRST_SECONDS, _REDRAW_SECONDS, _PLAIN_SECONDS = 0.5, 0.1, 5.0
_LONG_SECONDS = 120


@contextmanager
def progress(call: Call, doing: str) -> Iterator[Callable[[int, int], None] | None]:
    """Yield a function that shows that bytes of a total are done, None where nothing is shown.

    It redraws one line, or with ``--progress plain`` adds lines. Work of less than half a second shows nothing. A total
    of 0 is unknown.
    """
    mode = call.settings.progress
    if mode == "auto":
        redrawable = streams.is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"
        mode = "line" if redrawable and not call.flags.quiet and call.format != "json" else "none"
    begun = time.monotonic()
    due = begun + _FIRST_SECONDS
    drawn = False

    def update(done: int, total: int) -> None:
        nonlocal due, drawn
        now = time.monotonic()
        if now < due:
            return
        text = line(doing, done, total, now - begun)
        if mode == "plain":
            due = now + _PLAIN_SECONDS
            streams.err(f"{text}\n")
        else:
            due, drawn = now + _REDRAW_SECONDS, True
            streams.err(f"\r{text[: streams.width(sys.stderr) - 1]}\x1b[K")

    try:
        yield None if mode == "none" else update
    finally:
        if drawn:
            streams.err("\r\x1b[K")


def line(doing: str, done: int, total: int, seconds: float) -> str:
    """Return one line of progress: ``registering 312.0 MB of 1.1 GB, 420.0 MB/s, 2 s left``."""
    rate = done / seconds if seconds > 0 else 0.0
    text = f"{doing} {human_size(done)}" + (f" of {human_size(total)}" if total else "")
    if rate < 1:
        return text
    text += f", {human_size(int(rate))}/s"
    if total <= done:
        return text
    left = round((total - done) / rate)
    return f"{text}, {left} s left" if left < _LONG_SECONDS else f"{text}, {left // 60} min left"
