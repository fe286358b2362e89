"""What stands after the @ of a reference: a number, a label, latest, a word or a digest."""

from __future__ import annotations

import re
from typing import TypeAlias

from msgspec import Struct

from modelkeep.domain.labels import fold, is_label
from modelkeep.domain.patterns import pattern
from modelkeep.domain.stages import DEVELOPMENT, DEVELOPMENT_WORDS, is_word
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError

_INT = pattern(r"[vV]?([1-9][0-9]{0,8})")
_HEX = pattern(r"[0-9a-f]{8,64}")
_SHA256 = "sha256:"
_LONGEST_WORD = 32


class Number(Struct, frozen=True):
    """The version with this number."""

    number: int

    def __str__(self) -> str:
        return str(self.number)


class Label(Struct, frozen=True):
    """The version whose label has the same key as this one, kept as typed."""

    text: str

    def __str__(self) -> str:
        return self.text


class Latest(Struct, frozen=True):
    """The highest number that is not archived, deleted or bad."""

    def __str__(self) -> str:
        return "latest"


class Word(Struct, frozen=True):
    """A stage (tried first) or an alias, in lower case; ``dev`` is ``development``."""

    text: str

    def __str__(self) -> str:
        return self.text


class Digest(Struct, frozen=True):
    """The version whose digest, or whose only file's, begins with these 8 to 64 hex digits."""

    hex_prefix: str

    def __str__(self) -> str:
        return _SHA256 + self.hex_prefix


Selector: TypeAlias = Number | Label | Latest | Word | Digest


def parse_selector(text: str) -> Selector:
    """Return what stands after the ``@``; ``UsageError`` if it can be no selector."""
    if match := _INT.fullmatch(text):
        return Number(int(match[1]))
    if is_label(text):
        return Label(text)
    if text.startswith(_SHA256):
        return parse_digest(text)
    word = fold(text)
    if word == "latest":
        return Latest()
    if is_word(word) and not _HEX.fullmatch(word):
        return Word(DEVELOPMENT if word in DEVELOPMENT_WORDS else word)
    message = f"not a version: '{printable(text)}'"
    raise UsageError(message, likely_selector(text) or "a number, a label, a stage, an alias, latest or sha256:HEX")


def parse_digest(text: str) -> Digest:
    """Return ``sha256:`` and 8 to 64 hex digits, in lower case, or raise ``UsageError``."""
    digits = fold(text.removeprefix(_SHA256))
    if _HEX.fullmatch(digits):
        return Digest(digits)
    message = f"not a digest: '{printable(text)}'"
    raise UsageError(message, "sha256: and 8 to 64 hex digits, as sha256:0c416566")


def likely_selector(text: str) -> str | None:
    """Return a selector that is near to a text which is none, or None."""
    if text.startswith(_SHA256):
        return None
    if text.isascii() and text.isdigit():
        return text.lstrip("0")[:9] or "1"
    if _HEX.fullmatch(fold(text)):
        return _SHA256 + fold(text)
    # What cannot stand in a selector becomes a dash.
    words = re.sub(r"[^0-9A-Za-z.+-]+", "-", text).strip("-.+")
    if is_label(words):
        return words
    word = re.sub(r"[.+-]+", "-", fold(words))[:_LONGEST_WORD].rstrip("-")
    if _HEX.fullmatch(word):
        return _SHA256 + word
    return word if is_word(word) else None
