"""The words of a text, without case and accents, as the table ``word`` holds them.

A word is a run of letters and digits. A character of a script that writes no spaces (Chinese, Japanese, Thai) is a word for itself,
and so is one that Unicode 3.2 does not know. That old version is fixed in every Python, so the rows that a text leads to
never depend on which Python made them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import NamedTuple

from modelkeep.domain.text import pattern

#: Only so many characters of a text are searched, and a longer word is cut.
LONGEST_TEXT, LONGEST_WORD = 10_000, 64
_ASCII_WORD = pattern("[0-9a-z]+")
_ONE_BY_ONE = (
    range(0x0E00, 0x0F00),  # Thai, Lao
    range(0x1000, 0x10A0),  # Myanmar
    range(0x1780, 0x1800),  # Khmer
    range(0x3005, 0x3008),
    range(0x3041, 0x3130),  # kana
    range(0x31A0, 0xA000),  # Chinese characters
    range(0xF900, 0xFB00),
    range(0x20000, 0x40000),
)


class Word(NamedTuple):
    """A word as it is compared, and where it stands in its text."""

    text: str
    begin: int
    end: int


def searched_text(field: str, text: str) -> str:
    """Return what is searched of the text of a field: of a tag the key too."""
    return f"{field[4:]}={text}" if field.startswith("tag.") else text


@functools.lru_cache(maxsize=64)
def words(text: str) -> tuple[str, ...]:
    """Return the words of a text, in order; many versions have the same texts."""
    return tuple(word.text for word in located_words(text))


def located_words(text: str) -> Iterator[Word]:
    """Yield the words of a text with their places."""
    text = text[:LONGEST_TEXT]
    if text.isascii():
        for match in _ASCII_WORD.finditer(text.lower()):
            yield Word(match.group()[:LONGEST_WORD], match.start(), match.end())
        return
    word, begin, end = "", 0, 0
    for at, character in enumerate(text):
        for number, part in enumerate(_folded(character).split(" ")):
            if number and word:  # a space parts it from what stands before
                yield Word(word[:LONGEST_WORD], begin, end)
                word = ""
            if part:
                begin, end, word = begin if word else at, at + 1, word + part
    if word:
        yield Word(word[:LONGEST_WORD], begin, end)


@functools.lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    """Return a character without case and accents; with spaces around it where it is a word, a space where it is in none."""
    from unicodedata import ucd_3_2_0 as unicode

    if unicode.category(character) == "Cn" or any(ord(character) in each for each in _ONE_BY_ONE):
        return f" {character} "
    plain = unicode.normalize("NFKD", unicode.normalize("NFKD", character).casefold())
    return "".join(map(_part, plain))


def _part(character: str) -> str:
    from unicodedata import ucd_3_2_0 as unicode

    category = unicode.category(character)
    if category in ("Mn", "Cf") or character == "\xad":  # an accent, or a character without width
        return ""
    return character if category[0] in "LMN" or category == "Cn" else " "
