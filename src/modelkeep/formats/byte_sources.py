"""Bytes read from front to back: ranges of a file, or pieces as they are unpacked. Never more in memory than is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from modelkeep.formats.interface import Budget, ModelFile

_BLOCK = 128 << 10


class EndOfBytes(Exception):
    """The bytes end before the range that was asked for."""


class ByteSource:
    """Pieces of bytes, one after the other; ``tell`` counts from the first."""

    def __init__(self, pieces: Iterator[bytes], budget: Budget) -> None:
        self._pieces = pieces
        self._budget = budget
        self._buffer = b""
        self._at = 0
        self._before = 0

    def tell(self) -> int:
        """Return how many bytes were read or skipped."""
        return self._before + self._at

    def byte(self) -> int:
        """Return the next byte. Raises `EndOfBytes` where there is none."""
        if self._at >= len(self._buffer) and not self._fill(1):
            raise EndOfBytes
        self._at += 1
        return self._buffer[self._at - 1]

    def read(self, length: int) -> bytes:
        """Return the next bytes, exactly so many, which the caller has bounded."""
        if not self._fill(length):
            raise EndOfBytes
        self._at += length
        return self._buffer[self._at - length : self._at]

    def peek(self, length: int) -> bytes:
        """Return the next bytes without reading them; fewer where the source ends."""
        self._fill(length)
        return self._buffer[self._at : self._at + length]

    def line(self, most: int) -> bytes:
        """Return the bytes up to the next line feed, without it; of a line longer than ``most`` only its beginning."""
        found = b""
        while True:
            end = self._buffer.find(b"\n", self._at)
            piece = self._buffer[self._at : None if end < 0 else end]
            found += piece[: most - len(found)]
            self._at += len(piece)
            if end >= 0:
                self._at += 1
                return found
            if not self._fill(1):
                raise EndOfBytes

    def skip(self, length: int) -> None:
        """Pass over bytes. Raises `EndOfBytes` where there are fewer."""
        while length > 0:
            if self._at >= len(self._buffer) and not self._fill(1):
                raise EndOfBytes
            here = min(length, len(self._buffer) - self._at)
            self._at += here
            length -= here

    def at_end(self) -> bool:
        """Tell whether nothing follows."""
        return not self._fill(1)

    def _fill(self, length: int) -> bool:
        """Have at least so many bytes in the buffer; False where the source ends before."""
        if len(self._buffer) - self._at >= length:
            return True
        pieces = [self._buffer[self._at :]]
        have = len(pieces[0])
        while have < length:
            self._budget.check()
            piece = self._next_piece(length - have)
            if not piece:
                break
            pieces.append(piece)
            have += len(piece)
        self._before += self._at
        self._at = 0
        self._buffer = b"".join(pieces)
        return have >= length

    def _next_piece(self, _wanted: int) -> bytes:
        return next(self._pieces, b"")


class FileSource(ByteSource):
    """A range of a file. What is skipped is not read."""

    def __init__(self, file: ModelFile, budget: Budget, start: int = 0, end: int | None = None) -> None:
        super().__init__(iter(()), budget)
        self._file = file
        self._next = start
        self._end = file.size if end is None else min(end, file.size)

    def skip(self, length: int) -> None:
        """Pass over bytes."""
        buffered = len(self._buffer) - self._at
        if length <= buffered:
            self._at += length
            return
        beyond = length - buffered
        if self._next + beyond > self._end:
            raise EndOfBytes
        self._before += len(self._buffer) + beyond
        self._buffer, self._at = b"", 0
        self._next += beyond

    def _next_piece(self, wanted: int) -> bytes:
        piece = self._file.read(self._next, min(max(wanted, _BLOCK), self._end - self._next))
        self._next += len(piece)
        return piece


def pieces_of(file: ModelFile) -> Iterator[bytes]:
    """Yield a file block by block."""
    at = 0
    while at < file.size and (piece := file.read(at, _BLOCK)):
        yield piece
        at += len(piece)
