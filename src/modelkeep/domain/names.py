"""Names of models: which are legal, and the one table of reserved words."""

from __future__ import annotations

import re

from modelkeep.domain.labels import fold
from modelkeep.domain.text import pattern, printable
from modelkeep.errors import UsageError

#: Words that are never given away: as the first segment of a model's name, as a stage or an alias.
RESERVED: dict[str, tuple[str, ...]] = {
    "name": ("data", "code", "run", "deployment", "model", "models", "version"),
    "word": (
        "latest", "none", "all", "any", "best", "head", "archived", "superseded", "bad",
        "good", "active", "deleted",
    ),
}  # fmt: skip
#: Those words that may be in a log all the same.
RESERVED_LATER = frozenset({"active"})

_LONGEST, _LONGEST_SEGMENT, _LONGEST_IMPORTED = 200, 63, 256
_SEGMENT = pattern(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_REFUSED_IN_IMPORTED = pattern(r"[@:\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_RULE = "letters, digits and . _ - in segments joined by '/', at most 63 a segment and 200 in all"


def is_name(text: str) -> bool:
    """Say whether a new model may be called so, reserved words aside."""
    return len(text) <= _LONGEST and all(_SEGMENT.fullmatch(segment) for segment in text.split("/"))


def check_name(text: str) -> str:
    """Return a name for a new model as typed, else raise ``UsageError`` with a legal spelling."""
    if not is_name(text):
        message = f"not a legal name for a model: '{printable(text)}'"
        raise UsageError(message, f"{_legal(text)}   ({_RULE})")
    first = text.partition("/")[0]
    if fold(first) in RESERVED["name"]:
        message = f"a model's name cannot begin with the reserved word '{first}': '{text}'"
        raise UsageError(message, _legal(text))
    return text


def is_imported_name(text: str) -> bool:
    """Say whether a model may be looked up by this name: another registry may have names that are not legal here.

    Every name that ``is_name`` accepts is one too.
    """
    return (
        len(text) <= _LONGEST_IMPORTED
        and not text.startswith("-")
        and "" not in text.split("/")
        and (is_name(text) or not _REFUSED_IN_IMPORTED.search(text))
    )


def check_imported_name(text: str) -> str:
    """Return a name as another registry spelled it, else raise ``UsageError``; matched exactly."""
    if is_imported_name(text):
        return text
    message = f"not a name of a model: '{printable(text)}'"
    raise UsageError(message, _legal(text))


def _legal(text: str) -> str:
    """Return a legal name that is near to the text."""
    from unicodedata import normalize

    plain = normalize("NFKD", text[: 2 * _LONGEST]).encode("ascii", "ignore").decode()
    pieces = (re.sub(r"[^A-Za-z0-9._-]+", "-", piece).lstrip("._-").rstrip("-") for piece in plain.split("/"))
    segments = [piece[:_LONGEST_SEGMENT] for piece in pieces if piece]
    while len(segments) > 1 and fold(segments[0]) in RESERVED["name"]:
        segments = segments[1:]
    if segments and fold(segments[0]) in RESERVED["name"]:
        segments[0] = "my-" + segments[0]
    while len("/".join(segments)) > _LONGEST:
        segments = segments[:-1]
    return "/".join(segments) or "my-model"
