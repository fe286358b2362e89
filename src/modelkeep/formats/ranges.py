"""Exact reads of a file by ranges: formats ask for many small numbers in different places, so a few blocks are kept."""

from __future__ import annotations

import struct
from collections import OrderedDict

from modelkeep.formats.interface import LARGEST_READ, Budget, Malformed, ModelFile

#: Each block goes on into the next, so that a small range is in one of them as a whole.
_BLOCK, _FURTHER = 64 << 10, 4096
_MOST_BLOCKS = 32
_WINDOWS_A_CHECK = 1000


class Ranges:
    """A file whose bytes must be there: what lies behind its end is `Malformed`."""

    def __init__(self, file: ModelFile, budget: Budget) -> None:
        self._file = file
        self._budget = budget
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._number, self._block = -1, b""
        self._windows = 0
        self.size = file.size

    def read(self, start: int, length: int) -> bytes:
        """Return all bytes of a range. Raises `Malformed` where the file ends before, `OverBudget` where the time is over."""
        if start < 0 or length < 0 or start + length > self.size:
            message = f"ends at byte {self.size}, and bytes {start} to {start + length} are expected"
            raise Malformed(message)
        if length <= _FURTHER:
            block, begin = self.window(start)
            found = block[begin : begin + length]
        elif length <= LARGEST_READ:
            self._budget.check()
            found = self._file.read(start, length)
        else:
            message = f"asks for {length} bytes at once"
            raise Malformed(message)
        if len(found) < length:
            message = f"ends before byte {start + length}"
            raise Malformed(message)
        return found

    def window(self, start: int) -> tuple[bytes, int]:
        """Return a block that holds a byte, and where in it the byte is; 4 KiB follow unless the file ends."""
        self._windows += 1
        if not self._windows % _WINDOWS_A_CHECK:
            self._budget.check()
        number, begin = divmod(start, _BLOCK)
        if number != self._number:
            if number not in self._blocks:
                self._blocks[number] = self._file.read(number * _BLOCK, _BLOCK + _FURTHER)
                if len(self._blocks) > _MOST_BLOCKS:
                    self._blocks.popitem(last=False)
            self._blocks.move_to_end(number)
            self._number, self._block = number, self._blocks[number]
        return self._block, begin

    def end_of(self, start: int, length: int) -> int:
        """Return where a value ends. Raises `Malformed` where the file ends before."""
        if length > self.size - start:
            message = f"ends at byte {self.size}, and a value of {length} bytes begins at byte {start}"
            raise Malformed(message)
        return start + length

    def unpack(self, form: str, start: int) -> tuple[int, ...]:
        """Return numbers as `struct` reads them."""
        return struct.unpack(form, self.read(start, struct.calcsize(form)))

    def number(self, form: str, start: int) -> int:
        """Return one number."""
        return self.unpack(form, start)[0]
