"""The objects of an HDF5 file: the messages that one consists of, and what some of them say.

https://docs.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html, chapter IV. Objects are of an old kind or a new one; each
is a list of messages, which may go on elsewhere in the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from modelkeep.formats.interface import Malformed, OverBudget
from modelkeep.formats.ranges import Ranges

#: Kinds of messages.
DATASPACE, LINK_INFO, DATATYPE, LINK, EXTERNAL_FILES, ATTRIBUTE = 0x01, 0x02, 0x03, 0x06, 0x07, 0x0C
CONTINUATION, SYMBOL_TABLE, ATTRIBUTE_INFO = 0x10, 0x11, 0x15
#: The flag of a message that stands elsewhere.
SHARED = 0x02
NOWHERE = 0xFFFF_FFFF_FFFF_FFFF
LONGEST_NAME = 1000
_MOST_STEPS, _MOST_DIMENSIONS, _LONGEST_TEXT = 500_000, 32, 4 << 20
_INTEGER, _FLOAT, _STRING, _ENUMERATION, _VARIABLE = 0, 1, 3, 8, 9
_OTHER_TYPES = {_STRING: "text", 4: "bits", 5: "bytes", 6: "record", 7: "reference", _VARIABLE: "object", 10: "array"}


class Message(NamedTuple):
    """A message by its kind, and the range of its bytes."""

    kind: int
    flags: int
    at: int
    end: int


class Type(NamedTuple):
    """The type of numbers; ``size`` is in bytes."""

    name: str
    kind: int
    size: int


class Objects:
    """A file whose addresses count from the byte ``base``."""

    def __init__(self, source: Ranges, base: int) -> None:
        self.source = source
        self._base = base
        self._steps = 0

    def step(self) -> None:
        """Count a message or a name. Raises `OverBudget` where there are very many."""
        self._steps += 1
        if self._steps > _MOST_STEPS:
            message = "was not read to its end: it has very many parts"
            raise OverBudget(message)

    def address(self, at: int) -> int:
        """Return the place of what an address in the file leads to."""
        address = self.source.number("<Q", at)
        return NOWHERE if address == NOWHERE else self._base + address

    def messages(self, at: int) -> Iterator[Message]:
        """Yield the messages of an object header, of the old kind or the new."""
        new = self.source.read(at, 4) == b"OHDR"
        if new:
            flags = self.source.read(at + 5, 1)[0]
            begin = at + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
            width = 1 << (flags & 3)
            blocks = [(begin + width, int.from_bytes(self.source.read(begin, width), "little"))]
            head = 6 if flags & 0x04 else 4
        elif self.source.read(at, 1) == b"\x01":
            blocks = [(at + 16, self.source.number("<I", at + 8))]
            head = 8
        else:
            message = f"has no object at byte {at}"
            raise Malformed(message)
        while blocks:
            at, length = blocks.pop(0)
            end = at + length
            while at + head <= end:
                self.step()
                kind, size, flags = self.source.unpack("<BHB" if new else "<HHB", at)
                begin, at = at + head, at + head + size
                if at > end:
                    message = f"has a message at byte {begin} that is longer than its object"
                    raise Malformed(message)
                if kind == CONTINUATION:
                    place, size = self.address(begin), self.source.number("<Q", begin + 8)
                    blocks.append((place + 4, size - 8) if new else (place, size))
                else:
                    yield Message(kind, flags, begin, at)

    def name(self, at: int) -> str:
        """Return a text that a zero byte ends."""
        block, begin = self.source.window(at)
        end = block.find(b"\0", begin, begin + LONGEST_NAME)
        if end < 0:
            message = f"has a name at byte {at} that does not end"
            raise Malformed(message)
        return block[begin:end].decode("utf-8", "replace")

    def shape(self, at: int) -> tuple[int, ...]:
        """Return the shape that a message says."""
        version, rank = self.source.read(at, 2)
        if rank > _MOST_DIMENSIONS:
            message = f"has a dataset of {rank} dimensions"
            raise Malformed(message)
        return self.source.unpack(f"<{rank}Q", at + (8 if version == 1 else 4))

    def dtype(self, at: int) -> Type:
        """Return the type that a message says, as NumPy calls it."""
        head = self.source.read(at, 8)
        kind, flags, size = head[0] & 0x0F, head[1], int.from_bytes(head[4:], "little")
        if kind == _INTEGER:
            name = f"{'int' if flags & 8 else 'uint'}{8 * size}"
        elif kind == _FLOAT:
            brain = size == 2 and self.source.read(at + 13, 1) == b"\x08"  # the bits of the exponent
            name = "bfloat16" if brain else f"float{8 * size}"
        elif kind == _ENUMERATION:
            name = "bool" if size == 1 else f"int{8 * size}"
        else:
            name = "text" if kind == _VARIABLE and flags & 0x0F == 1 else _OTHER_TYPES.get(kind, "?")
        return Type(name, kind, size)

    def attribute(self, at: int) -> tuple[str, str | None, bool]:
        """Return an attribute by name: the text that it is, None where it is none; and whether it was read."""
        version, flags = self.source.read(at, 2)
        sizes = self.source.unpack("<HHH", at + 2)
        at += 9 if version == 3 else 8
        name_at, type_at, shape_at, data_at = (
            at + sum((size + 7) // 8 * 8 if version == 1 else size for size in sizes[:i]) for i in range(4)
        )
        name = self.source.read(name_at, min(sizes[0], LONGEST_NAME)).split(b"\0")[0].decode("utf-8", "replace")
        if flags & 3:
            return name, None, False
        dtype = self.dtype(type_at)
        if dtype.name != "text" or self.shape(shape_at) not in {(), (1,)}:
            return name, None, True
        data = self._heap(data_at) if dtype.kind == _VARIABLE else self._bytes(data_at, dtype.size)
        return name, data.split(b"\0")[0].decode("utf-8", "replace"), True

    def _heap(self, at: int) -> bytes:
        """Return a text of any length: its place is a collection of such, and its number there."""
        length, collection, number = (
            self.source.number("<I", at), self.address(at + 4), self.source.number("<I", at + 12),
        )  # fmt: skip
        if not length or collection == NOWHERE:
            return b""
        if self.source.read(collection, 4) != b"GCOL":
            message = f"has no texts at byte {collection}"
            raise Malformed(message)
        end = collection + self.source.number("<Q", collection + 8)
        at = collection + 16
        while at + 16 <= end:
            each, _, _, size = self.source.unpack("<HHIQ", at)
            if each == number:
                return self._bytes(at + 16, min(length, size))
            if each == 0:
                break
            at += 16 + (size + 7) // 8 * 8
        message = f"has no text {number} at byte {collection}"
        raise Malformed(message)

    def _bytes(self, at: int, length: int) -> bytes:
        if length > _LONGEST_TEXT:
            message = f"was not read: it has a text of {length} bytes"
            raise OverBudget(message)
        return self.source.read(at, length)
