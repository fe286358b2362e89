"""How far long work is: bytes, rate and what remains, on stderr while somebody looks."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import Self

from modelkeep.cli import streams
from modelkeep.cli.context import Call
from modelkeep.rendering.sizes import human_size

_FIRST_SECONDS, _REDRAW_SECONDS, _PLAIN_SECONDS = 0.5, 0.1, 5.0
_LONG_SECONDS = 120


class Progress:
    """A context in which ``tell(done, total)`` keeps one line up to date, or with ``plain`` adds lines.

    Nothing is shown of work that is over within half a second.
    """

    def __init__(self, call: Call, doing: str) -> None:
        mode = call.settings.progress
        if mode == "auto":
            looked_at = streams.is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"
            mode = "line" if looked_at and call.chatty else "none"
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

    def tell(self, done: int, total: int) -> None:
        """Take note that so many bytes of so many are done."""
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
    """Return one line of progress: ``registering 312 MB of 1.1 GB, 420 MB/s, 2 s left``."""
    rate = done / seconds if seconds > 0 else 0.0
    told = f"{doing} {human_size(done)} of {human_size(total)}" if total else f"{doing} {human_size(done)}"
    if rate >= 1:
        told += f", {human_size(int(rate))}/s"
        if total > done:
            left = round((total - done) / rate)
            told += f", {left} s left" if left < _LONG_SECONDS else f", {left // 60} min left"
    return told
