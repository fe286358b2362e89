"""Content: the SHA-256 and the size of bytes, read a chunk at a time.

`read_once` reads a large file without leaving it in the page cache: a machine that checks its blobs may serve models
out of the same memory. What was in the cache before stays; what the reading itself brought in goes again.
"""

from __future__ import annotations

import io
import os
import select
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from msgspec import Struct

#: Bytes read at a time. More is slower: it does not stay in the processor's cache.
CHUNK = 256 * 1024

#: Called with the number of bytes that were read since the last call.
Count = Callable[[int], object]
#: So many bytes are read before they are dropped from the cache.
_WINDOW = 8 * 1024 * 1024


class Content(Struct, frozen=True):
    """What some bytes are: their digest and how many there are."""

    digest: str
    size: int


def content_of(stream: BinaryIO, look: Callable[[memoryview], object] | None = None) -> Content:
    """Return the content of a stream up to its end; ``look`` sees the bytes as they pass."""
    import hashlib

    seen, size = hashlib.sha256(), 0
    for chunk in chunks_of(stream):
        seen.update(chunk)
        size += len(chunk)
        if look is not None:
            look(chunk)
    return Content("sha256:" + seen.hexdigest(), size)


def content_of_bytes(data: bytes | memoryview) -> Content:
    """Return the content of bytes in memory."""
    import hashlib

    return Content("sha256:" + hashlib.sha256(data).hexdigest(), len(data))


def content_of_file(descriptor: int, size: int, count: Count) -> Content:
    """Return the content of the first ``size`` bytes of an open file, or of all there are where it is shorter."""
    seen = FileHash(descriptor, count)
    seen.read_to(size)
    return seen.content


class FileHash:
    """The hash of an open file as far as it was read. It has a position of its own, so the file may grow meanwhile."""

    def __init__(self, descriptor: int, count: Count) -> None:
        import hashlib

        self.done = 0
        self._descriptor = descriptor
        self._count = count
        self._seen = hashlib.sha256()
        self._buffer = memoryview(bytearray(CHUNK))

    def read_to(self, end: int) -> None:
        """Go on up to a position, or to the end of the file."""
        while self.done < end:
            got = self._read(self._buffer[: end - self.done])
            if got == 0:
                return
            self._seen.update(self._buffer[:got])
            self.done += got
            self._count(got)

    def _read(self, view: memoryview) -> int:
        return os.preadv(self._descriptor, [view], self.done)

    @property
    def content(self) -> Content:
        """What was read."""
        return Content("sha256:" + self._seen.hexdigest(), self.done)


def chunks_of(stream: BinaryIO) -> Iterator[memoryview]:
    """Yield the bytes of a stream, ``CHUNK`` at a time; a view is valid until the next one is asked for."""
    buffer = memoryview(bytearray(CHUNK))
    while filled := read_fully(stream, buffer):
        yield buffer[:filled]
        if filled < CHUNK:
            return


def read_fully(stream: BinaryIO, view: memoryview) -> int:
    """Fill a buffer from a stream; return how many bytes that are, fewer at the end of the stream alone."""
    read = getattr(stream, "readinto", None)
    filled = 0
    while filled < len(view):
        got = read(view[filled:]) if read is not None else _read_into(stream, view[filled:])
        if got is None:  # a non-blocking pipe has nothing yet; it has not ended
            select.select([stream], [], [])
            continue
        if got == 0:
            break
        filled += got
    return filled


def _read_into(stream: BinaryIO, view: memoryview) -> int | None:
    data: bytes | None = stream.read(len(view))
    if data is None:
        return None
    view[: len(data)] = data
    return len(data)


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
