"""Times: as the log stores them (27 characters), and as people type them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TypeAlias

from msgspec import Struct

from modelkeep.domain.text import pattern, printable
from modelkeep.errors import Damaged, ModelkeepError, UsageError

# No hour 24, which a later Python takes.
_STORED = pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_DATE = pattern(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = pattern(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ])([0-9]{2})(:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?) ?([Zz]|[+-][0-9]{2}:?([0-9]{2}))?"
)
_AGE = pattern(r"([0-9]{1,10})([smhdw])")
_SEQ = pattern(r"seq:([1-9][0-9]{0,14})")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_EXAMPLES = "give a time (2026-11-23T09:12:44Z), a date (2026-11-23), an age (7d, 12h, 30m) or seq:1234"


class At(Struct, frozen=True):
    """A moment by the clock, as a stored time of 27 characters.

    ``inclusive`` says that an upper bound takes the instant itself in too: the last microsecond of a day that was given
    as a bare date. Otherwise intervals are [since, until). As-of always means "not later than this".
    """

    time: str
    inclusive: bool = False


class AtSeq(Struct, frozen=True):
    """A moment by the log: right after entry ``seq``."""

    seq: int


Moment: TypeAlias = At | AtSeq


def format_time(moment: datetime) -> str:
    """Return an aware datetime as ``2026-11-23T09:12:44.123456Z``: UTC, always 27 characters."""
    if moment.tzinfo is None:
        message = f"a time without a zone: {moment.isoformat()}"
        raise ModelkeepError(message)
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_stored(text: str) -> datetime:
    """Return the UTC datetime of a stored time; anything but the 27 characters raises ``Damaged``."""
    try:
        if _STORED.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    message = f"not a time of the log: {printable(text)!r}"
    raise Damaged(message)


def check_stored_time(*texts: str | None) -> None:
    """Raise ``Damaged`` where one of some times that are to be stored is not a time of the log; None is none."""
    for text in texts:
        if text is not None:
            parse_stored(text)


def parse_moment(text: str, *, now: datetime, zone: tzinfo, bare_date_end: bool) -> Moment:
    """Return the moment that a text names: RFC 3339, a date, an age before ``now`` or ``seq:N``.

    A time without an offset is in ``zone``. A bare date is its first instant, or with ``bare_date_end``
    its last one (then inclusive). Anything else raises ``UsageError`` with examples.
    """
    if match := _SEQ.fullmatch(text):
        return AtSeq(int(match[1]))
    if text == "seq:0":
        message = "there is no entry 0: the log begins with seq:1"
        raise UsageError(message, _EXAMPLES)
    try:
        if match := _AGE.fullmatch(text):
            return At(format_time(now - timedelta(**{_UNITS[match[2]]: int(match[1])})))
        if match := _DATE.fullmatch(text):
            return _day(date(*map(int, match.groups())), zone, end=bare_date_end)
        if match := _TIME.fullmatch(text):
            return At(format_time(_instant(match, zone)))
    except (ValueError, OverflowError) as error:
        message = f"there is no such time: '{printable(text)}' ({error})"
        raise UsageError(message, _EXAMPLES) from error
    message = f"not a time: '{printable(text)}'"
    raise UsageError(message, _EXAMPLES)


def without_clock(text: str, now: datetime) -> str:
    """Return an age as the day or the minute that it leads to, so that it names the same moment a little later.

    An age in days or weeks is a date in the zone of ``now``; any other text is returned as it is.
    """
    match = _AGE.fullmatch(text)
    try:
        then = now - parse_age(text, "") if match else None
    except OverflowError:
        then = None
    if match is None or then is None:
        return text
    return then.date().isoformat() if match[2] in "dw" else then.isoformat(timespec="minutes")


def parse_age(text: str, what: str) -> timedelta:
    """Return the length of time that a text names: ``7d``, ``12h``, ``30m``, ``2w``, ``40s`` or ``0``.

    Anything else raises ``UsageError`` that names ``what`` it was given for.
    """
    match = _AGE.fullmatch(text.strip())
    try:
        if match:
            return timedelta(**{_UNITS[match[2]]: int(match[1])})
        if text.strip() == "0":
            return timedelta()
    except OverflowError:
        pass
    message = f"{what}: not a length of time: '{printable(text)}'"
    raise UsageError(message, "7d, 12h, 30m, 2w or 0")


def _day(day: date, zone: tzinfo, *, end: bool) -> At:
    if not end:
        return At(format_time(_midnight(day, zone)))
    # The day after begins where it begins in this zone: a day may have 23 or 25 hours.
    last = _midnight(day + timedelta(days=1), zone) - timedelta(microseconds=1)
    return At(format_time(last), inclusive=True)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _instant(match: re.Match[str], zone: tzinfo) -> datetime:
    day, hour, rest, offset, minutes = match.groups()
    if hour == "24" or (minutes or "") > "59":
        message = "hours go to 23, minutes to 59"  # some versions of Python take more
        raise ValueError(message)
    moment = datetime.fromisoformat(f"{day}{hour}{rest}{offset or ''}".upper())
    return moment.replace(tzinfo=moment.tzinfo or zone)
