"""Reading a large file once, to a known length, without leaving it in the page cache.

A machine that checks its blobs may serve models out of the same memory. What was in the cache before stays;
what the reading itself brought in goes again.
"""

from __future__ import annotations

import io
import os
from typing import BinaryIO, cast

#: So many bytes are read before they are dropped from the cache.
_WINDOW = 8 * 1024 * 1024


def read_once(stream: BinaryIO, size: int, *, window: int = _WINDOW) -> BinaryIO:
    """Return a stream of the bytes of an unbuffered one: ``size`` of them, and one more if it has grown.

    A file that another process writes to might otherwise never end.
    """
    return cast("BinaryIO", _ReadOnce(stream, size, window))


class _ReadOnce:
    def __init__(self, stream: BinaryIO, size: int, window: int) -> None:
        self._stream = stream
        self._window = window
        self._left = size + 1
        self._position = self._dropped = 0
        self._keep = _is_cached(stream)

    def readinto(self, view: memoryview) -> int:
        """Read into a buffer; 0 at the end."""
        got: int = self._stream.readinto(view[: min(len(view), self._left)])  # type: ignore[attr-defined]
        self._position += got
        self._left -= got
        if not got or self._position - self._dropped >= self._window:
            self._drop()
        return got

    def _drop(self) -> None:
        if not self._keep:
            length = self._position - self._dropped
            os.posix_fadvise(self._stream.fileno(), self._dropped, length, os.POSIX_FADV_DONTNEED)
        self._dropped = self._position


def _is_cached(stream: BinaryIO) -> bool:
    """Tell whether the beginning of a file is in the page cache, or True where the system cannot tell.

    A read that never waits answers. Later positions cannot be asked, for the system reads ahead.
    """
    if not hasattr(os, "RWF_NOWAIT") or not hasattr(os, "posix_fadvise"):
        return True
    try:
        os.preadv(stream.fileno(), [bytearray(1)], 0, os.RWF_NOWAIT)
    except io.UnsupportedOperation:  # not a file
        return True
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
