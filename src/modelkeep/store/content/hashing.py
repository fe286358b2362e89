"""What bytes are: read a chunk at a time, and their SHA-256."""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from msgspec import Struct

from modelkeep.store.content.workers import begun, wait_for

#: Bytes read at a time. More is slower: it does not stay in the processor's cache.
CHUNK = 256 * 1024

# What is read ahead, by a thread, and from which size on that is worth one.
_AHEAD_BYTES, _BUFFERS = 512 * 1024, 4
_WORTH_A_THREAD = 8 * 1024 * 1024

#: Told how many more bytes are done.
Count = Callable[[int], object]


class Content(Struct, frozen=True):
    """What some bytes are: their digest and how many there are."""

    digest: str
    size: int


def content_of(stream: BinaryIO, look: Callable[[memoryview], object] | None = None) -> Content:
    """Return what a stream yields up to its end; ``look`` sees the bytes as they pass."""
    return hashed(chunks_of(stream), look)


def content_of_bytes(data: bytes | memoryview) -> Content:
    """Return what some bytes in memory are."""
    import hashlib

    return Content("sha256:" + hashlib.sha256(data).hexdigest(), len(data))


def content_of_file(descriptor: int, size: int, count: Count) -> Content:
    """Return what the first ``size`` bytes of an open file are, or all there are where it is shorter.

    Of a large file one thread reads while another hashes.
    """
    found = _read_ahead(descriptor, size, count) if size >= _WORTH_A_THREAD else None
    if found is not None:
        return found
    seen = Hashing(descriptor, count)
    seen.read_to(size)
    return seen.content


def _read_ahead(descriptor: int, size: int, count: Count) -> Content | None:
    """Hash what another thread reads; None, and nothing done, where there is no other thread to be had."""
    reader = _Reader(descriptor, size)
    thread = threading.Thread(target=reader.run, daemon=True)
    try:
        if not begun(thread):
            return None

        def look(data: memoryview) -> None:
            count(len(data))

        content = hashed(reader.chunks(), look)
    finally:
        reader.stop()
        wait_for(thread)
    if reader.error is not None:
        raise reader.error
    return content


class _Reader:
    """A file that is read some buffers ahead of whoever takes them."""

    def __init__(self, descriptor: int, size: int) -> None:
        self.error: OSError | None = None
        self._descriptor = descriptor
        self._size = size
        self._stopped = False
        self._buffers = [memoryview(bytearray(_AHEAD_BYTES)) for _ in range(_BUFFERS)]
        self._filled: deque[memoryview] = deque()
        self._free = threading.Semaphore(_BUFFERS)
        self._full = threading.Semaphore(0)

    def run(self) -> None:
        """Read to the end; never raises, ``error`` says what went wrong. An empty chunk is the end."""
        done = number = 0
        try:
            while done < self._size:
                self._free.acquire()
                if self._stopped:
                    break
                buffer = self._buffers[number % _BUFFERS][: self._size - done]
                got = os.preadv(self._descriptor, [buffer], done)
                if got == 0:
                    break
                self._filled.append(buffer[:got])
                self._full.release()
                done, number = done + got, number + 1
        except OSError as error:
            self.error = error
        finally:
            self._filled.append(memoryview(b""))
            self._full.release()

    def chunks(self) -> Iterator[memoryview]:
        """Yield what was read; a view is valid until the next one is asked for."""
        while True:
            self._full.acquire()
            chunk = self._filled.popleft()
            if not chunk:
                return
            yield chunk
            self._free.release()

    def stop(self) -> None:
        """Have nothing more read."""
        self._stopped = True
        self._free.release()


class Hashing:
    """The digest of an open file, as far as it was read; its own position in the file, so it may be written meanwhile."""

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
    read = getattr(stream, "readinto", None)
    while True:
        filled = 0
        while filled < CHUNK:
            got = read(buffer[filled:]) if read is not None else _read_into(stream, buffer[filled:])
            if got is None:  # a pipe that somebody made non-blocking has nothing yet; it has not ended
                select.select([stream], [], [])
                continue
            if got == 0:
                break
            filled += got
        if filled:
            yield buffer[:filled]
        if filled < CHUNK:
            return


def _read_into(stream: BinaryIO, view: memoryview) -> int | None:
    data: bytes | None = stream.read(len(view))
    if data is None:
        return None
    view[: len(data)] = data
    return len(data)


def hashed(chunks: Iterable[memoryview], look: Callable[[memoryview], object] | None) -> Content:
    """Return what some chunks are together; ``look`` sees each."""
    import hashlib

    seen, size = hashlib.sha256(), 0
    for chunk in chunks:
        seen.update(chunk)
        size += len(chunk)
        if look is not None:
            look(chunk)
    return Content("sha256:" + seen.hexdigest(), size)
