"""Words that are half typed: what they begin, as completion reads them. Light by contract, it imports nothing."""

from __future__ import annotations

TYPE_CHECKING = False  # typing costs a third of a completion
if TYPE_CHECKING:
    from typing import TypeAlias

    #: Consecutive numbers of versions, the first and the last.
    Window: TypeAlias = tuple[int, int]

_DIGITS = 9  # of the highest number of a version
_UPPER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def folded(text: str) -> str:
    """Return what `domain.labels.fold` returns; importing it would cost more than all this."""
    return text.translate(_UPPER)


def split_v(text: str) -> tuple[str, str]:
    """Return the leading v of a version, if one was typed, and the rest."""
    return (text[:1], text[1:]) if text[:1] in {"v", "V"} else ("", text)


def bare(label: str) -> str:
    """Return a half-typed label without the end that `domain.labels.label_key` would take off."""
    label = label.removesuffix(".")
    while label.endswith(".0"):
        label = label[:-2]
    return label


def ranges(digits: str, first: int, last: int) -> list[Window]:
    """Return the numbers of a window whose text begins with these digits, as ranges, lowest first."""
    if not digits:
        return [(first, last)]
    if not (digits.isascii() and digits.isdigit()) or digits[0] == "0":
        return []
    low, found = int(digits), []
    for more in range(_DIGITS - len(digits) + 1):
        width = 10**more
        window = (max(first, low * width), min(last, (low + 1) * width - 1))
        if window[0] <= window[1]:
            found.append(window)
    return found


def inside(number: int | None, windows: list[Window]) -> bool:
    """Tell whether a number is in one of the windows."""
    return number is not None and any(first <= number <= last for first, last in windows)


def many(newest: int) -> str:
    """Return a number of versions in words."""
    return "1 version" if newest == 1 else f"{newest} versions"
