"""Shares of a stage: how much of it a version beside the holder has, and which keys it serves.

A stage has 10,000 slots, and the hash of a key names one of them. A version with a share owns as many slots as its share
has hundredths of a percent; the holder serves the others. A version that gets more takes slots from the holder alone and
keeps its own. So a key keeps its version while shares only grow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from modelkeep.domain.hashing import digest_of
from modelkeep.domain.text import pattern, printable
from modelkeep.errors import UsageError

SLOTS = 10_000
#: How many versions may have a share of one stage: the entry that ends them all has a largest size.
MOST_SHARES = 100
#: Disjoint ranges of slots in order, each with its first and last.
Slots: TypeAlias = tuple[tuple[int, int], ...]
_SHARE_HINT = "--share 10        (10 %; for all of it leave --share out)"
_PERCENT = pattern(r"([0-9]{1,2})(?:\.([0-9]{1,2}))?\s?%?")


def parse_share(text: str) -> int:
    """Return a percentage as hundredths of a percent: ``12.5`` and ``12.5%`` are 1250."""
    found = _PERCENT.fullmatch(text.strip())
    share = 0 if found is None else int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    if share == 0:
        message = f"a share is a percentage from 0.01 to 99.99, not '{printable(text)}'"
        raise UsageError(message, _SHARE_HINT)
    return share


def check_share(share: int) -> int:
    """Return a share of less than everything, else raise ``UsageError``."""
    if not 0 < share < SLOTS:
        message = f"a share is a percentage from 0.01 to 99.99, not {share / 100:g}"
        raise UsageError(message, _SHARE_HINT)
    return share


def share_words(share: int) -> str:
    """Return a share as people read it: ``12.5%``."""
    return f"{share / 100:g}%"


def to_percent(share: int | None) -> float | None:
    """Return a share in percent."""
    return None if share is None else share / 100


def share_or_all(share: int | None) -> str:
    """Return a share as people read it, ``all`` where there is none."""
    return "all" if share is None else share_words(share)


def slot_of(registry: str, model: int, stage: str, key: str) -> int:
    """Return the slot of a key in a stage of a model, from 0.

    It is the first 8 bytes of the SHA-256 of the text below, as a number with the highest byte first, modulo 10,000.
    """
    text = f"modelkeep pick 1\n{registry}\n{model}\n{stage}\n{key}"
    return int(digest_of(text.encode()).removeprefix("sha256:")[:16], 16) % SLOTS


def owns(slots: Slots, slot: int) -> bool:
    """Tell whether a slot is in one of the ranges."""
    return any(first <= slot <= last for first, last in slots)


def resized(mine: Slots, others: Iterable[Slots], share: int) -> Slots:
    """Return slots for a share: those that the version has, as far as it keeps them, then the lowest that nobody has."""
    found, missing = [], share
    for first, last in (*mine, *free_of([mine, *others])):
        end = min(last, first + missing - 1)
        if end >= first:
            found.append((first, end))
            missing -= end - first + 1
    return _merged(sorted(found))


def free_of(owned: Iterable[Slots]) -> Slots:
    """Return the slots that nobody owns."""
    return tuple(_between(sorted(each for slots in owned for each in slots)))


def slots_text(slots: Slots) -> str:
    """Return ranges of slots as the tables hold them: ``0-999 2000-2499``."""
    return " ".join(f"{first}-{last}" for first, last in slots)


def parse_slots(text: str | None) -> Slots:
    """Return the ranges that `slots_text` wrote, none for None."""
    pairs = (each.split("-") for each in (text or "").split())
    return tuple((int(first), int(last)) for first, last in pairs)


def _between(taken: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the ranges between disjoint ranges in order."""
    start = 0
    for first, last in taken:
        if first > start:
            yield start, first - 1
        start = last + 1
    if start < SLOTS:
        yield start, SLOTS - 1


def _merged(ranges: Iterable[tuple[int, int]]) -> Slots:
    found: list[tuple[int, int]] = []
    for first, last in ranges:
        if found and first == found[-1][1] + 1:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return tuple(found)
