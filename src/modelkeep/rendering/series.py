"""Values and times as small drawings in one line of text: sparklines, and bars on a common time axis. Pure.

Each character is one column wide. Where an encoding lacks them, `cli.streams` has an ASCII stand-in for each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

_LEVELS = "▁▂▃▄▅▆▇█"
_MIDDLE, _FULL, _NOTHING = "▄", "█", "·"


def sparkline(values: Sequence[float | None]) -> str:
    """Return values as columns, the lowest ``▁`` and the highest ``█``: ``▁▅·█``.

    What is missing, infinite or NaN is ``·``. Equal values are ``▄``.
    """
    finite = [each for each in values if each is not None and math.isfinite(each)]
    if not finite:
        return _NOTHING * len(values)
    # Halves, for the difference of the largest doubles is infinite.
    least, most = min(finite) / 2, max(finite) / 2
    if least == most:
        return "".join(_NOTHING if each is None or not math.isfinite(each) else _MIDDLE for each in values)
    last = len(_LEVELS) - 1
    return "".join(
        _NOTHING
        if each is None or not math.isfinite(each)
        else _LEVELS[round((each / 2 - least) / (most - least) * last)]
        for each in values
    )


class Interval(NamedTuple):
    """An interval on a time axis, and the word that names it."""

    since: datetime
    until: datetime
    word: str


class TimeAxis(NamedTuple):
    """An interval of time, drawn as ``width`` columns."""

    begin: datetime
    end: datetime
    width: int

    def lane(self, segments: Sequence[Interval]) -> list[tuple[str, Interval | None]]:
        """Return intervals that follow each other as one line, cut into texts with their segments: ``··1███2██3█████``.

        A segment begins with its word where that has room. Each has at least one column, for which its neighbours make
        room; where there are more segments than columns, the oldest have none.
        """
        shown = segments[max(len(segments) - self.width, 0) :]
        firsts: list[int] = []
        for each in shown:
            firsts.append(max(self._column(each.since), firsts[-1] + 1 if firsts else 0))
        for place in reversed(range(len(shown))):
            firsts[place] = min(firsts[place], firsts[place + 1] - 1 if place + 1 < len(shown) else self.width - 1)
        owners: list[Interval | None] = [None] * self.width
        for place, each in enumerate(shown):
            first, after = (*firsts, self.width)[place : place + 2]
            last = min(max(first + 1, self._column(each.until)), after)
            owners[first:last] = [each] * (last - first)
        parts: list[tuple[str, Interval | None]] = []
        for owner, group in groupby(owners):
            length = len(list(group))
            word = "" if owner is None or len(owner.word) > length else owner.word
            parts.append((word + (_NOTHING if owner is None else _FULL) * (length - len(word)), owner))
        return parts

    def _column(self, time: datetime) -> int:
        """Return between which columns a time lies: 0 is before the first one."""
        whole = (self.end - self.begin).total_seconds()
        part = (time - self.begin).total_seconds() / whole if whole > 0 else 1.0
        return round(min(max(part, 0.0), 1.0) * self.width)
