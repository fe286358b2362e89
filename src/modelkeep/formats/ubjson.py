"""Universal Binary JSON as XGBoost writes it: objects and lists as Python has them, without those that nobody asks for.

https://ubjson.org/type-reference/.
"""

from __future__ import annotations

from modelkeep.formats.interface import Malformed
from modelkeep.formats.ranges import Ranges

_NUMBERS = {"i": ">b", "U": ">B", "I": ">h", "l": ">i", "L": ">q", "d": ">f", "D": ">d"}
_SIZES = {"i": 1, "U": 1, "I": 2, "l": 4, "L": 8, "d": 4, "D": 8, "C": 1, "Z": 0, "N": 0, "T": 0, "F": 0}
_CONSTANTS: dict[str, None | bool] = {"Z": None, "N": None, "T": True, "F": False}
_DEEPEST, _LONGEST_TEXT, _MOST_KEPT = 64, 1000, 50_000


class Decoder:
    """Reads one value; ``at`` is how far it was read. The values of ``skipped`` keys are None, and so are very long lists."""

    def __init__(self, source: Ranges, skipped: frozenset[str] = frozenset()) -> None:
        self._source = source
        self._skipped = skipped
        self._within = 0  # how many skipped values this one is in
        self._kept = 0
        self.at = 0

    def decode(self) -> object:
        """Return the value that the file begins with. Raises `Malformed`."""
        return self._value(self._marker(), 0)

    def _marker(self) -> str:
        marker = chr(self._source.read(self.at, 1)[0])
        self.at += 1
        return marker

    def _value(self, marker: str, depth: int) -> object:
        if depth > _DEEPEST:
            message = "is nested too deeply"
            raise Malformed(message)
        if marker in _CONSTANTS:
            return _CONSTANTS[marker]
        if marker in _NUMBERS:
            found = self._source.number(_NUMBERS[marker], self.at)
            self.at += _SIZES[marker]
            return found
        if marker == "C":
            return self._text(1)
        if marker in {"S", "H"}:
            return self._text(self._length())
        if marker == "{":
            return self._object(depth)
        if marker == "[":
            return self._list(depth)
        message = f"has the unknown mark {marker!r} before byte {self.at}"
        raise Malformed(message)

    def _length(self) -> int:
        marker = self._marker()
        if marker not in {"i", "U", "I", "l", "L"}:
            message = f"has a length of the kind {marker!r} before byte {self.at}"
            raise Malformed(message)
        length = self._source.number(_NUMBERS[marker], self.at)
        self.at += _SIZES[marker]
        if length < 0:
            message = f"has a negative length before byte {self.at}"
            raise Malformed(message)
        return length

    def _text(self, length: int) -> str:
        data = self._source.read(self.at, min(length, _LONGEST_TEXT))
        self.at = self._source.end_of(self.at, length)
        return data.decode("utf-8", "replace")

    def _head(self) -> tuple[str | None, int | None]:
        """Return the type that all elements have and their number, where they are given."""
        marker, kind = self._marker(), None
        if marker == "$":
            kind, marker = self._marker(), self._marker()
            if marker != "#":
                message = f"has a type without a number before byte {self.at}"
                raise Malformed(message)
        if marker == "#":
            return kind, self._length()
        self.at -= 1
        return None, None

    def _object(self, depth: int) -> dict[str, object]:
        kind, count = self._head()
        found: dict[str, object] = {}
        while count is None or count > 0:
            if count is None and self._marker_is("}"):
                break
            name = self._text(self._length())
            self._within += name in self._skipped
            value = self._value(kind or self._marker(), depth + 1)
            self._within -= name in self._skipped
            if self._keep(name):
                found[name] = value
            count = None if count is None else count - 1
        return found

    def _list(self, depth: int) -> list[object] | None:
        kind, count = self._head()
        if kind in _SIZES and count is not None and (self._within or not _SIZES[kind] or count > _MOST_KEPT):
            self.at = self._source.end_of(self.at, _SIZES[kind] * count)
            return None
        found: list[object] = []
        while count is None or count > 0:
            if count is None and self._marker_is("]"):
                break
            value = self._value(kind or self._marker(), depth + 1)
            if self._keep():
                found.append(value)
            count = None if count is None else count - 1
        return found

    def _marker_is(self, marker: str) -> bool:
        if self._source.read(self.at, 1) != marker.encode():
            return False
        self.at += 1
        return True

    def _keep(self, name: str = "") -> bool:
        if self._within or name in self._skipped:
            return False
        self._kept += 1
        return self._kept <= _MOST_KEPT
