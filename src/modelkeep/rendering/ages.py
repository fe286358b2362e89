"""Times of the log as people read them: how long ago, how long for, and by the clock on the wall."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from modelkeep.domain.times import parse_stored

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def human_age(delta: timedelta) -> str:
    """Return a length of time in the largest whole unit: ``40s``, ``5m``, ``2h``, ``12d``."""
    seconds = max(0, int(delta.total_seconds()))
    if seconds < _MINUTE:
        return f"{seconds}s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE}m"
    if seconds < _DAY:
        return f"{seconds // _HOUR}h"
    return f"{seconds // _DAY}d"


class Clock(NamedTuple):
    """The moment at which an answer is read, and the zone of its reader; None is the zone of this machine."""

    now: datetime
    zone: tzinfo | None = None

    def ago(self, time: str) -> str:
        """Return how long ago a time of the log was: ``12d``."""
        return human_age(self.now - parse_stored(time))

    def lasted(self, since: str, until: str | None) -> str:
        """Return how long an interval lasted; one without an end has lasted until now."""
        return human_age((self.now if until is None else parse_stored(until)) - parse_stored(since))

    def second(self, time: str) -> str:
        """Return a time of the log in the reader's zone, to the second: ``2026-11-23 10:12:44``."""
        return parse_stored(time).astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def minute(self, time: str) -> str:
        """Return a time of the log in the reader's zone: ``Nov 11 13:00``, in another year ``2025-11-11``."""
        moment = parse_stored(time).astimezone(self.zone)
        this_year = moment.year == self.now.astimezone(self.zone).year
        return moment.strftime("%b %d %H:%M" if this_year else "%Y-%m-%d")
