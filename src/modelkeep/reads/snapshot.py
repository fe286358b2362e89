"""Opens the snapshot of a read, checks the log's head and resolves ``--as-of``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from modelkeep.context import Context
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.times import parse_moment
from modelkeep.reads.head_check import check_head
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import moments


@contextmanager
def snapshot(context: Context, as_of_text: str | None = None) -> Iterator[tuple[Reader, int | None]]:
    """Yield a reader of one snapshot and the last entry that ``--as-of`` includes; warn of a log that went backwards."""
    with context.database.reading() as reader:
        check_head(context, reader)
        moment = as_of(reader, as_of_text, context.clock(), context.say)
        yield reader, None if moment is None else moment.seq


def as_of(
    reader: Reader,
    text: str | None,
    now: datetime,
    say: Callable[[str], None] = lambda _text: None,
) -> AsOf | None:
    """Return the moment that ``--as-of`` means, None where none was given; it is said on the way.

    A time without offset is in the zone of this machine, a bare date is its end.
    """
    if text is None:
        return None
    zone = now.astimezone().tzinfo or UTC
    found = moments.moment(reader, parse_moment(text, now=now, zone=zone, bare_date_end=True))
    say(f"as of {found.time} (entry {found.seq})")
    return found
