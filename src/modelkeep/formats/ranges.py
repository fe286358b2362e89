"""Exact reads of a file by ranges, through one block that is kept: formats ask for many small numbers side by side."""

from __future__ import annotations

import struct

from modelkeep.formats.interface import LARGEST_READ, Budget, Malformed, ModelFile

_BLOCK = 64 << 10


class Ranges:
    """A file whose bytes must be there: what lies behind its end is `Malformed`."""

    def __init__(self, file: ModelFile, budget: Budget) -> None:
        self._file = file
        self._budget = budget
        self._start, self._block = 0, b""
        self.size = file.size

    def read(self, start: int, length: int) -> bytes:
        """Return all bytes of a range. Raises `Malformed` where the file ends before, `OverBudget` where the time is over."""
        self._budget.check()
        if start < 0 or length < 0 or start + length > self.size:
            message = f"ends at byte {self.size}, and bytes {start} to {start + length} are expected"
            raise Malformed(message)
        if length > LARGEST_READ:
            message = f"asks for {length} bytes at once"
            raise Malformed(message)
        begin = start - self._start
        if begin < 0 or begin + length > len(self._block):
            self._start, self._block = start, self._file.read(start, max(length, _BLOCK))
            begin = 0
            if len(self._block) < length:
                message = f"ends before byte {start + length}"
                raise Malformed(message)
        return self._block[begin : begin + length]

    def window(self, start: int) -> tuple[bytes, int]:
        """Return the block that holds a byte, and where in it the byte is; at least ten bytes follow unless the file ends."""
        begin = start - self._start
        if begin < 0 or begin + 10 > len(self._block):
            self._budget.check()
            self._start, self._block = start, self._file.read(start, _BLOCK)
            begin = 0
        return self._block, begin

    def unpack(self, form: str, start: int) -> tuple[int, ...]:
        """Return numbers as `struct` reads them."""
        return struct.unpack(form, self.read(start, struct.calcsize(form)))

    def number(self, form: str, start: int) -> int:
        """Return one number."""
        return self.unpack(form, start)[0]
