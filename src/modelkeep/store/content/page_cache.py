"""Reading a large file once without pushing out of memory what others are using.

A machine that checks its blobs may be serving models out of the same memory. What was there before
stays; what the reading itself brought in goes again.
"""

from __future__ import annotations

import os
from typing import BinaryIO, cast

#: So many bytes are read before what was brought in is let go of.
_WINDOW = 8 * 1024 * 1024


def passing(stream: BinaryIO, size: int) -> BinaryIO:
    """Return an unbuffered file as something to be read to its end once, of ``size`` bytes and one more at most.

    The one more tells that it has grown; who writes it may be quicker than who reads it.
    """
    return cast("BinaryIO", _Passing(stream, size))


class _Passing:
    """A stream of which no more is read than there should be, and which leaves memory as it was."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._left = size + 1  # one byte more tells that it grows
        self._place = self._window = 0
        self._was_there = _is_in_memory(stream.fileno())

    def readinto(self, view: memoryview) -> int:
        """Read into a buffer; 0 at the end."""
        got: int = self._stream.readinto(view[: min(len(view), self._left)])  # type: ignore[attr-defined]
        self._place += got
        self._left -= got
        if not got or self._place - self._window >= _WINDOW:
            self._let_go()
        return got

    def _let_go(self) -> None:
        if not self._was_there:
            os.posix_fadvise(self._stream.fileno(), self._window, self._place - self._window, os.POSIX_FADV_DONTNEED)
        self._window = self._place


def _is_in_memory(descriptor: int) -> bool:
    """Tell whether the beginning of a file is in memory already; where nobody can tell, it is taken to be.

    A read that never waits answers. Later places cannot be asked: the system reads ahead of us.
    """
    if not hasattr(os, "RWF_NOWAIT") or not hasattr(os, "posix_fadvise"):
        return True
    try:
        os.preadv(descriptor, [bytearray(1)], 0, os.RWF_NOWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
