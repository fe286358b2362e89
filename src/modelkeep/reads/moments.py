"""A moment as somebody typed it, resolved to the last entry it includes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.times import parse_moment
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.references import moment


def as_of(
    reader: Reader,
    text: str | None,
    now: datetime,
    say: Callable[[str], None] = lambda _text: None,
) -> AsOf | None:
    """Return the moment that ``--as-of`` means, None where nothing was said; it is told on the way.

    A time without offset is in the zone of this machine, a bare date is its end.
    """
    if text is None:
        return None
    zone = now.astimezone().tzinfo or UTC
    found = moment(reader, parse_moment(text, now=now, zone=zone, bare_date_end=True))
    say(f"as of {found.time} (entry {found.seq})")
    return found
