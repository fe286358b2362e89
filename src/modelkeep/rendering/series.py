"""Values and times as small drawings in one line of text: sparklines, and bars on a common time axis. Pure.

Each character is one column wide. Where an encoding lacks them, `cli.streams` has an ASCII stand-in for each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
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


class TimeAxis(NamedTuple):
    """An interval of time, drawn as ``width`` columns."""

    begin: datetime
    end: datetime
    width: int

    def bar(self, since: datetime, until: datetime) -> str:
        """Return an interval as a bar on the axis: ``··███···``. However short it is, it has a column."""
        first = min(self._column(since), self.width - 1)
        last = max(first + 1, self._column(until))
        return _NOTHING * first + _FULL * (last - first) + _NOTHING * (self.width - last)

    def _column(self, time: datetime) -> int:
        """Return between which columns a time lies: 0 is before the first one."""
        whole = (self.end - self.begin).total_seconds()
        part = (time - self.begin).total_seconds() / whole if whole > 0 else 1.0
        return round(min(max(part, 0.0), 1.0) * self.width)
