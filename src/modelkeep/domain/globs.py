"""Globs, many at once, matched in time that grows with the length of the text alone, whatever the globs are like.

The globs are one automaton whose states are the bits of a number: bit i says that the text so far can stand before
token i. Each character of the text moves all states at once (Baeza-Yates and Gonnet, "A new approach to text searching",
1992). A regular expression for each glob would take a minute to compile for some hundred globs with many stars.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class GlobMatcher:
    """Some globs: ``*`` is any text, ``?`` any character, ``[a-z]`` and ``[!a-z]`` one of some; as in `fnmatch`."""

    def __init__(self, globs: Iterable[str]) -> None:
        self._literals: dict[str, int] = {}
        self._any = self._stars = self._starts = 0
        self._classes: list[tuple[int, _Class]] = []
        self._ends: list[int] = []
        bit = 1
        for glob in globs:
            self._starts |= bit
            for piece in _pieces(glob):
                if piece == "*":
                    self._stars |= bit
                elif isinstance(piece, _Class):
                    self._classes.append((bit, piece))
                elif piece == "?":
                    self._any |= bit
                else:
                    self._literals[piece[-1]] = self._literals.get(piece[-1], 0) | bit
                bit <<= 1
            self._ends.append(bit)
            bit <<= 1
        self._accepting = sum(self._ends)
        self._moves: dict[str, int] = {}

    def matches(self, text: str) -> list[int]:
        """Return the numbers of the globs that match a text as a whole, counted from 0."""
        states = self._after_stars(self._starts)
        for character in text:
            states = self._after_stars(((states & self._moved_by(character)) << 1) | (states & self._stars))
        if not states & self._accepting:
            return []
        return [number for number, end in enumerate(self._ends) if states & end]

    def _after_stars(self, states: int) -> int:
        """Let each state that stands before a star stand behind it too; there are no two stars in a row."""
        return states | ((states & self._stars) << 1)

    def _moved_by(self, character: str) -> int:
        """Return the tokens that a character fits."""
        if character not in self._moves:
            fitting = sum(bit for bit, each in self._classes if each.has(character))
            self._moves[character] = self._any | self._literals.get(character, 0) | fitting
        return self._moves[character]


class _Class:
    """A set of characters: ``a-cx``, or with ``!`` before it all others."""

    def __init__(self, text: str) -> None:
        self._others = text.startswith("!")
        text = text.removeprefix("!")
        self._characters: set[str] = set()
        self._ranges: list[tuple[str, str]] = []
        place = 0
        while place < len(text):
            if text[place + 1 : place + 2] == "-" and place + 2 < len(text):
                self._ranges.append((text[place], text[place + 2]))
                place += 3
            else:
                self._characters.add(text[place])
                place += 1

    def has(self, character: str) -> bool:
        """Tell whether a character is in the set."""
        inside = character in self._characters or any(low <= character <= high for low, high in self._ranges)
        return inside != self._others


def _pieces(glob: str) -> Iterator[str | _Class]:
    """Yield ``*``, ``?``, sets, and other characters with a backslash before them."""
    place = 0
    closed = glob.rfind("]")
    while place < len(glob):
        character = glob[place]
        place += 1
        if character == "*":
            if glob[place : place + 1] != "*":
                yield "*"
        elif character == "?":
            yield "?"
        elif character == "[" and place < closed:
            # A bracket that is the first in a set is a member of it.
            end = glob.find("]", place + (2 if glob[place : place + 2] == "!]" else 1))
            if end < 0:
                yield "\\["
                continue
            yield _Class(glob[place:end])
            place = end + 1
        else:
            yield "\\" + character
