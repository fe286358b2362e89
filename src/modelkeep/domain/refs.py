"""References: NAME@SELECTOR, a digest, or a node of lineage, parsed once and trusted after.

    REF      := NAME [ "@" SELECTOR ] | "sha256:" HEX{8,64} | HEX{64}
    SELECTOR := INT | LABEL | "latest" | STAGE | ALIAS | "sha256:" HEX{8,64}      tried in this order

Whether a word is a stage or an alias only the registry knows, so both are a ``Word`` here.
"""

from __future__ import annotations

import re
from shlex import quote
from typing import TypeAlias

from msgspec import Struct

from modelkeep.domain.labels import fold, is_label
from modelkeep.domain.names import is_imported_name
from modelkeep.domain.stages import DEVELOPMENT, is_word
from modelkeep.domain.text import is_hex, pattern, printable
from modelkeep.errors import UsageError

_INT = pattern(r"[vV]?([1-9][0-9]{0,8})")
_HEX = pattern(r"[0-9a-f]{8,64}")
_SHA256_DIGITS = 64
_MLFLOW = "models:/"
_SHA256 = "sha256:"
_LONGEST_LIKELY = 400
#: What stands before the colon of a node of the lineage that is no version.
NODE_KINDS = ("data", "code", "run", "environment", "deployment")
#: A text with other characters than these was no reference that was mistyped: nothing is guessed of `fraud@1; rm -rf`.
_MISTYPED = pattern(r"[\w .+/@:#=-]*")
_LONGEST_WORD = 32
_FORMS = "NAME@VERSION, as fraud@3, fraud@1.2, fraud@production or fraud@latest"


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


class Word(Struct, frozen=True):
    """``latest``, a stage (tried before the next) or an alias, in lower case.

    The latest version is the one with the highest number that is not archived, deleted or bad.
    """

    text: str

    def __str__(self) -> str:
        return self.text


class Digest(Struct, frozen=True):
    """The version whose digest, or whose only file's, begins with these 8 to 64 hex digits."""

    hex_prefix: str

    def __str__(self) -> str:
        return _SHA256 + self.hex_prefix


Selector: TypeAlias = Number | Label | Word | Digest


class Ref(Struct, frozen=True):
    """A reference to a model or one version of it: ``name`` is None for a bare digest, ``selector`` for a bare name."""

    name: str | None
    selector: Selector | None

    def __str__(self) -> str:
        if self.name is None:
            return str(self.selector)
        return self.name if self.selector is None else f"{self.name}@{self.selector}"


def parse_ref(text: str) -> Ref:
    """Return the reference that a text is; ``UsageError`` with a likely spelling if it is none.

    MLflow's ``models:/NAME/VERSION_OR_STAGE`` and ``models:/NAME@ALIAS`` are understood.
    """
    if text.startswith(_MLFLOW):
        return _mlflow(text)
    if text.startswith(_SHA256):
        return Ref(None, parse_digest(text))
    if is_hex(fold(text), _SHA256_DIGITS):
        return Ref(None, Digest(fold(text)))
    name, at, selector = text.partition("@")
    if not is_imported_name(name):
        raise _malformed(text, _FORMS)
    try:
        return Ref(name, parse_selector(selector) if at else None)
    except UsageError as error:
        raise _malformed(text, error.hint) from error


def split_file_ref(text: str) -> tuple[str, str | None]:
    """Return the text of a reference and the path inside of it, which begins at the first ``/`` after the ``@`` or digest.

    After a bare name or ``models:/`` there is none. ``fraud@3/`` is the version itself.
    """
    start = len(text)
    if not text.startswith(_MLFLOW):
        at = text.find("@")
        head = text.split("/", 1)[0]
        if text.startswith(_SHA256) or is_hex(fold(head), _SHA256_DIGITS):
            start = len(head)
        elif at >= 0 and (slash := text.find("/", at)) >= 0:
            start = slash
    return text[:start], text[start + 1 :] or None


def _mlflow(text: str) -> Ref:
    rest = text.removeprefix(_MLFLOW)
    name, at, selector = rest.partition("@")
    if not at:
        name, _, selector = rest.rpartition("/")
    if is_imported_name(name):
        # MLflow's stage "None" holds what has no stage yet.
        return Ref(name, Word(DEVELOPMENT) if fold(selector) == "none" else parse_selector(selector))
    message = f"not a model's URI: '{printable(text)}'"
    bare = rest.strip("/")
    raise UsageError(
        message, f"{bare}@production" if is_imported_name(bare) else "models:/NAME/VERSION, or NAME@VERSION"
    )


def _malformed(text: str, otherwise: str | None) -> UsageError:
    """Return the error for what is no reference, with the spelling that was likely meant."""
    message = f"not a reference to a model or version: '{printable(text)}'"
    if text.partition(":")[0] in NODE_KINDS:
        message = f"'{printable(text)}' is a node of lineage, not a model or version"
        return UsageError(message, f"modelkeep lineage {printable(quote(text))}")
    return UsageError(message, _likely(text) or otherwise)


def _likely(text: str) -> str | None:
    """Return a reference that is near to the text and legal, or None."""
    if text.startswith("-") or not _MISTYPED.fullmatch(text[:_LONGEST_LIKELY]):
        return None
    pieces = re.split(r"[@:#=]+", text[:_LONGEST_LIKELY], maxsplit=1)
    name = re.sub(r"/+", "/", pieces[0].strip().strip("/"))
    if len(pieces) == 1:
        return printable(name) if is_imported_name(name) else None
    selector = _likely_selector(pieces[1].strip().partition("/")[0] or "production")
    name = name or "NAME"
    return f"{printable(name)}@{selector}" if selector and is_imported_name(name) else None


def parse_selector(text: str) -> Selector:
    """Return what stands after the ``@``; ``UsageError`` if it can be no selector."""
    if match := _INT.fullmatch(text):
        return Number(int(match[1]))
    if is_label(text):
        return Label(text)
    if text.startswith(_SHA256):
        return parse_digest(text)
    word = fold(text)
    if is_word(word) and not _HEX.fullmatch(word):
        return Word(word)
    message = f"not a version: '{printable(text)}'"
    raise UsageError(message, _likely_selector(text) or "a number, a label, a stage, an alias, latest or sha256:HEX")


def is_selector(text: str) -> bool:
    """Tell whether a word, maybe with a file of the version behind it, can stand after an ``@``."""
    return _is(text.partition("/")[0], (Number, Label, Word))


def is_fixed(text: str) -> bool:
    """Tell whether a word is a number or a label: it can mean no model, stage, alias or path."""
    return _is(text, (Number, Label))


def _is(text: str, kinds: tuple[type, ...]) -> bool:
    try:
        return isinstance(parse_selector(text), kinds)
    except UsageError:
        return False


def is_version(text: str) -> bool:
    """Tell whether a word is ``NAME@SELECTOR``."""
    name, at, selector = text.partition("@")
    return bool(at) and is_imported_name(name) and is_selector(selector)


def parse_digest(text: str) -> Digest:
    """Return ``sha256:`` and 8 to 64 hex digits, in lower case, or raise ``UsageError``."""
    digits = fold(text.removeprefix(_SHA256))
    if _HEX.fullmatch(digits):
        return Digest(digits)
    message = f"not a digest: '{printable(text)}'"
    raise UsageError(message, "sha256: and 8 to 64 hex digits, as sha256:0c416566")


def _likely_selector(text: str) -> str | None:
    """Return a selector that is near to a text which is none, or None."""
    if text.startswith(_SHA256) or not _MISTYPED.fullmatch(text[:_LONGEST_LIKELY]):
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
