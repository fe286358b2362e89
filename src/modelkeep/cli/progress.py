"""The progress of long work on stderr: bytes, rate and remaining time."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import Self

from modelkeep.cli import streams
from modelkeep.cli.call import Call
from modelkeep.rendering import human_size

_FIRST_SECONDS, _REDRAW_SECONDS, _PLAIN_SECONDS = 0.5, 0.1, 5.0
_LONG_SECONDS = 120


class Progress:
    """A context in which ``update(done, total)`` redraws one line, or with ``--progress plain`` adds lines.

    Work that is over within half a second shows nothing.
    """

    def __init__(self, call: Call, doing: str) -> None:
        mode = call.settings.progress
        if mode == "auto":
            redrawable = streams.is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"
            is_shown = redrawable and not call.flags.quiet and call.format != "json"
            mode = "line" if is_shown else "none"
        self._mode = mode
        self._doing = doing
        self._begun = time.monotonic()
        self._next = self._begun + _FIRST_SECONDS
        self._drawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn:
            streams.err("\r\x1b[K")

    def update(self, done: int, total: int) -> None:
        """Show that ``done`` bytes of ``total`` are done; the total is 0 where it is not known."""
        now = time.monotonic()
        if self._mode == "none" or now < self._next:
            return
        text = line(self._doing, done, total, now - self._begun)
        if self._mode == "plain":
            self._next = now + _PLAIN_SECONDS
            streams.err(f"{text}\n")
        else:
            self._next = now + _REDRAW_SECONDS
            self._drawn = True
            streams.err(f"\r{text[: streams.width(sys.stderr) - 1]}\x1b[K")


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
