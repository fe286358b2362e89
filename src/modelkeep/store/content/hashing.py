"""Content: the SHA-256 and the size of bytes, read a chunk at a time."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from typing import BinaryIO

from msgspec import Struct

#: Bytes read at a time. More is slower: it does not stay in the processor's cache.
CHUNK = 256 * 1024

#: Called with the number of bytes that were read since the last call; it is negative for bytes that are read again.
Count = Callable[[int], object]
#: Called with bytes as they pass.
Look = Callable[[memoryview], object]


class Content(Struct, frozen=True):
    """What some bytes are: their digest and how many there are."""

    digest: str
    size: int


def content_of(stream: BinaryIO, look: Look | None = None, *, expected: int | None = None) -> Content:
    """Return the content of a stream up to its end.

    One byte more than the ``expected`` bytes is read and no further: a file that grows might never end.
    """
    import hashlib

    seen, size = hashlib.sha256(), 0
    for chunk in chunks_of(stream, sys.maxsize if expected is None else expected + 1):
        seen.update(chunk)
        size += len(chunk)
        if look is not None:
            look(chunk)
    return Content("sha256:" + seen.hexdigest(), size)


def content_of_bytes(data: bytes | memoryview) -> Content:
    """Return the content of bytes in memory."""
    import hashlib

    return Content("sha256:" + hashlib.sha256(data).hexdigest(), len(data))


def content_of_file(descriptor: int, size: int, count: Count, look: Look | None = None) -> Content:
    """Return the content of the first ``size`` bytes of an open file, or of all there are where it is shorter."""
    seen = FileHash(descriptor, count, look)
    seen.read_to(size)
    return seen.content


class FileHash:
    """The hash of an open file as far as it was read. It has a position of its own, so the file may grow meanwhile."""

    def __init__(self, descriptor: int, count: Count, look: Look | None = None) -> None:
        import hashlib

        self.done = 0
        self._descriptor = descriptor
        self._count = count
        self._look = look
        self._seen = hashlib.sha256()
        self._buffer = memoryview(bytearray(CHUNK))

    def read_to(self, end: int) -> None:
        """Go on up to a position, or to the end of the file."""
        while self.done < end:
            got = self._read(self._buffer[: end - self.done])
            if got == 0:
                return
            self._seen.update(self._buffer[:got])
            if self._look is not None:
                self._look(self._buffer[:got])
            self.done += got
            self._count(got)

    def _read(self, view: memoryview) -> int:
        return os.preadv(self._descriptor, [view], self.done)

    @property
    def content(self) -> Content:
        """What was read."""
        return Content("sha256:" + self._seen.hexdigest(), self.done)


def chunks_of(stream: BinaryIO, most: int = sys.maxsize) -> Iterator[memoryview]:
    """Yield the first ``most`` bytes of a stream, ``CHUNK`` at a time; a view is valid until the next one is asked for."""
    buffer = memoryview(bytearray(CHUNK))
    while filled := read_fully(stream, buffer[:most]):
        yield buffer[:filled]
        most -= filled
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
