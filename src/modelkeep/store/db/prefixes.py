"""Words that are half typed: what they begin, as completion reads them. Light by contract, it imports nothing."""

from __future__ import annotations

TYPE_CHECKING = False  # typing costs a third of a completion
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeAlias

    #: Consecutive numbers of versions, the first and the last.
    Window: TypeAlias = tuple[int, int]

_WIDEST_COUNTED = 2_048  # numbers, which SQLite counts in a twentieth of a millisecond
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


def windows(archived: Iterable[Window], newest: int, *, inner: bool) -> list[Window]:
    """Return the numbers up to the newest that lie in the archived ranges (``inner``) or between, the highest first.

    The ranges come by where they begin, and may overlap.
    """
    within: list[Window] = []
    between: list[Window] = []
    after = 1
    for first, last in archived:
        if last >= after:
            within.append((max(first, after), last))
            if first > after:
                between.append((after, first - 1))
            after = last + 1
    if after <= newest:
        between.append((after, newest))
    return (within if inner else between)[::-1]


def inside(number: int | None, windows: list[Window]) -> bool:
    """Tell whether a number is in one of the windows."""
    return number is not None and any(first <= number <= last for first, last in windows)


def run(counted: Callable[[int, int], int], start: int, end: int, step: int) -> int:
    """Return how many consecutive numbers from ``start`` to ``end`` are counted, by asking ever wider, then less.

    ``counted`` says how many of a range are: it costs a fraction of looking at each, but still something.
    So a wide range is judged by its far end alone: in a run of thousands single ones may be missed.
    """
    found, width, growing = 0, 1, True
    while width and found < abs(end - start) + 1:
        width = min(width, abs(end - start) + 1 - found)
        near, far = start + step * found, start + step * (found + width - 1)
        low, high = sorted((near if width <= _WIDEST_COUNTED else far, far))
        if counted(low, high) == high - low + 1:
            found += width
            width *= 2 if growing else 1
        else:
            growing = False
            width //= 2
    return found


def many(newest: int, deleted: int = 0, most: int | None = None) -> str:
    """Return a number of versions in words; where ``most`` are deleted, or more, the newest one instead."""
    left = newest - deleted
    if deleted == most:
        return f"up to {newest}"
    return "1 version" if left == 1 else f"{left} versions"
