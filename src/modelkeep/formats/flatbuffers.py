"""FlatBuffers without their schema: tables, lists and texts by the number of their field, read by ranges.

https://flatbuffers.dev/internals/. All places are relative and may lead anywhere: each is checked against the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from modelkeep.formats.interface import Malformed
from modelkeep.formats.ranges import Ranges

_LONGEST_TEXT = 4096


class Table(NamedTuple):
    """A table at a place of the file; a field that it does not have is 0, empty or None."""

    source: Ranges
    at: int

    @classmethod
    def root(cls, source: Ranges, start: int = 0) -> Table:
        """Return the table that a buffer begins with."""
        return cls(source, start + source.number("<I", start))

    def number(self, field: int, form: str = "<i") -> int:
        """Return a number."""
        place = self._place(field)
        return self.source.number(form, place) if place else 0

    def table(self, field: int) -> Table | None:
        """Return another table."""
        place = self._place(field)
        return Table(self.source, self._follow(place)) if place else None

    def text(self, field: int) -> str:
        """Return a text; a very long one is cut."""
        place = self._place(field)
        return self._text(self._follow(place)) if place else ""

    def length(self, field: int) -> int:
        """Return how many elements a list has."""
        place = self._place(field)
        return self.source.number("<I", self._follow(place)) if place else 0

    def numbers(self, field: int, most: int, form: str = "<i") -> list[int]:
        """Return a list of numbers. Raises `Malformed` where it is longer than ``most``."""
        width = {"i": 4, "I": 4, "b": 1, "B": 1, "q": 8}[form[-1]]
        return [self.source.number(form, at) for at in self._elements(field, most, width)]

    def tables(self, field: int, most: int) -> Iterator[Table]:
        """Yield a list of tables."""
        return (Table(self.source, self._follow(at)) for at in self._elements(field, most, 4))

    def _elements(self, field: int, most: int, width: int) -> range:
        place = self._place(field)
        if not place:
            return range(0)
        begin = self._follow(place)
        length = self.source.number("<I", begin)
        if length > most or begin + 4 + length * width > self.source.size:
            message = f"has a list of {length} elements at byte {begin}"
            raise Malformed(message)
        return range(begin + 4, begin + 4 + length * width, width)

    def _place(self, field: int) -> int:
        """Return where a field stands, 0 where the table does not have it."""
        fields = self.at - self.source.number("<i", self.at)
        size = self.source.number("<H", fields)
        entry = 4 + 2 * field
        if entry + 2 > size:
            return 0
        offset = self.source.number("<H", fields + entry)
        return self.at + offset if offset else 0

    def _follow(self, place: int) -> int:
        return place + self.source.number("<I", place)

    def _text(self, at: int) -> str:
        length = self.source.number("<I", at)
        return self.source.read(at + 4, min(length, _LONGEST_TEXT)).decode("utf-8", "replace")
