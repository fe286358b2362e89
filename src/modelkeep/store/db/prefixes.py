"""Half-typed version numbers and labels: what they are the beginning of. Imports nothing, for completion."""

from __future__ import annotations

_DIGITS = 9  # of the highest version number
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def folded(text: str) -> str:
    """Return what `domain.labels.fold` returns, which would take too long to import."""
    return text.translate(_LOWER)


def split_v(text: str) -> tuple[str, str]:
    """Return the leading v of a version, if there is one, and the rest."""
    return (text[:1], text[1:]) if text[:1] in {"v", "V"} else ("", text)


def label_key(label: str) -> str:
    """Return a half-typed label without the end that `domain.labels.label_key` takes off."""
    label = label.removesuffix(".")
    while label.endswith(".0"):
        label = label[:-2]
    return label


def number_ranges(digits: str, newest: int) -> list[tuple[int, int]]:
    """Return the ranges of numbers from 1 to ``newest`` whose text begins with these digits, highest first."""
    if not digits:
        return [(1, newest)]
    if not (digits.isascii() and digits.isdigit()) or digits[0] == "0":
        return []
    low, found = int(digits), []
    for more in range(_DIGITS - len(digits), -1, -1):
        first, last = low * 10**more, (low + 1) * 10**more - 1
        if first <= newest:
            found.append((first, min(last, newest)))
    return found
