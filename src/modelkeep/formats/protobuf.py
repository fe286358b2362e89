"""Protocol buffers without their schema: the fields of a message one after the other, read by ranges.

https://protobuf.dev/programming-guides/encoding/. A field is a number, and a varint, four or eight bytes, or a range of
bytes. The reader of a format knows which ranges are messages, and reads no others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from modelkeep.formats.interface import Budget, Malformed, ModelFile, OverBudget
from modelkeep.formats.ranges import Ranges

_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_LONGEST_TEXT = 4096


class Message(NamedTuple):
    """The bytes of a field, or a whole file: a message, a text, or packed numbers, as the format says."""

    source: Ranges
    start: int
    end: int

    def fields(self) -> Iterator[tuple[int, int | Message]]:
        """Yield the number and the value of each field. Raises `Malformed`."""
        source, at, end = self.source, self.start, self.end
        while at < end:
            key, at = _varint(source, at, end)
            number, kind = key >> 3, key & 7
            if number == 0:
                message = f"has a field without a number before byte {at}"
                raise Malformed(message)
            if kind == _VARINT:
                value, at = _varint(source, at, end)
                yield number, value
                continue
            if kind == _BYTES:
                length, at = _varint(source, at, end)
            else:
                length = _fixed(kind, at)
            if length > end - at:
                message = f"has a field of {length} bytes at byte {at}, and what it is part of ends at byte {end}"
                raise Malformed(message)
            yield number, Message(source, at, at + length)
            at += length

    def messages(self, number: int) -> Iterator[Message]:
        """Yield the values of a repeated field that are ranges of bytes."""
        return (value for found, value in self.fields() if found == number and isinstance(value, Message))

    def last(self, number: int) -> int | Message | None:
        """Return the value of a field, the last where it stands there more than once."""
        found = None
        for each, value in self.fields():
            if each == number:
                found = value
        return found

    def text(self) -> str:
        """Return it as text; a very long one is cut."""
        data = self.source.read(self.start, min(self.end - self.start, _LONGEST_TEXT))
        return data.decode("utf-8", "replace")

    def varints(self) -> Iterator[int]:
        """Yield packed numbers."""
        at = self.start
        while at < self.end:
            value, at = _varint(self.source, at, self.end)
            yield value


def signed(value: int) -> int:
    """Return a varint as the signed number of 64 bits that it stands for."""
    return value - (1 << 64) if value >> 63 else value


def text_of(value: int | Message | None) -> str:
    """Return a text field, empty where it is none."""
    return value.text() if isinstance(value, Message) else ""


def number_of(value: int | Message | None) -> int:
    """Return a number field, 0 where it is none."""
    return signed(value) if isinstance(value, int) else 0


def _fixed(kind: int, at: int) -> int:
    if kind == _FOUR:
        return 4
    if kind == _EIGHT:
        return 8
    message = f"has a field of the unknown kind {kind} before byte {at}"
    raise Malformed(message)


def unread_of(read: Callable[[Message], None], file: ModelFile, budget: Budget) -> list[str]:
    """Let a reader read the message that a file is; return why it was not read to its end, nothing where it was."""
    try:
        read(Message(Ranges(file, budget), 0, file.size))
    except OverBudget as error:
        return [f"it {error}, so counts are too low"]
    return []


def _varint(source: Ranges, at: int, end: int) -> tuple[int, int]:
    """Return a number of up to ten bytes, and where it ends."""
    block, index = source.window(at)
    value = shift = 0
    for byte in block[index : index + min(10, end - at)]:
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7
    message = f"has a number at byte {at} that does not end"
    raise Malformed(message)
