"""What every read and write does first: it opens a snapshot, checks the log's head and resolves ``--as-of``.

The warnings about the head and about clocks refuse nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from modelkeep.context import Context
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.text import printable
from modelkeep.domain.times import At, Moment, format_time, parse_moment, parse_stored
from modelkeep.errors import UsageError
from modelkeep.store import backup_mark, head_cache
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.state import SqlState

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry

_APART_SECONDS = 300.0


@contextmanager
def snapshot(context: Context, moment: str | AsOf | None = None) -> Iterator[tuple[Reader, int | None]]:
    """Yield a reader of one snapshot and the last entry that ``--as-of`` includes; warn of a log that went backwards.

    ``moment`` is what was typed or what `as_of` made of it; None is now.
    """
    with _reading(context, moment) as (reader, found):
        yield reader, None if found is None else found.seq


@contextmanager
def dated_snapshot(context: Context, moment: str | AsOf | None = None) -> Iterator[tuple[Reader, int | None, str]]:
    """Yield what `snapshot` yields, and the time at which checks and approvals expire: the moment, or now."""
    now = context.now() if moment is None else ""
    with _reading(context, moment) as (reader, found):
        yield reader, *((None, now) if found is None else (found.seq, found.time))


@contextmanager
def _reading(context: Context, moment: str | AsOf | None) -> Iterator[tuple[Reader, AsOf | None]]:
    with context.database.reading() as reader:
        check_head(context, reader)
        yield reader, _as_of(reader, moment, context) if isinstance(moment, str) else moment


def as_of(context: Context, text: str) -> AsOf:
    """Return the moment that ``--as-of`` means; a note says which it is."""
    with snapshot(context) as (reader, _):
        return _as_of(reader, text, context)


def _as_of(reader: Reader, text: str, context: Context) -> AsOf:
    from modelkeep.store.db.sql import moments  # few answers are about the past

    when = parse_local_moment(context, text, bare_date_end=True)
    if isinstance(when, At):
        latest = refuse_future(context, reader, text)
        when = At(min(when.time, latest))  # today is not over
    found = moments.moment(reader, when)
    context.say(f"as of {found.time} (entry {found.seq})")
    return found


def parse_local_moment(context: Context, text: str, *, bare_date_end: bool) -> Moment:
    """Return the moment that was typed; a time without offset is in the zone of this machine.

    A bare date is its end, or where ``bare_date_end`` is False its beginning.
    """
    return _local_moment(text, context.clock(), bare_date_end=bare_date_end)


def _local_moment(text: str, now: datetime, *, bare_date_end: bool) -> Moment:
    return parse_moment(text, now=now, zone=now.astimezone().tzinfo or UTC, bare_date_end=bare_date_end)


def refuse_future(context: Context, reader: Reader, text: str) -> str:
    """Return the latest moment of which anything is known; ``UsageError`` for a moment that begins later.

    That is now, or the time of the last entry where the clock of this machine is behind it.
    """
    head = SqlState(reader).head()
    now = context.clock()
    latest = max(format_time(now.astimezone(UTC)), head.time if head else "")
    when = _local_moment(text, now, bare_date_end=False)
    if isinstance(when, At) and when.time > latest:
        message = f"that moment is in the future: '{printable(text)}' is {when.time}"
        raise UsageError(message, f"the last entry is seq:{head.seq}, of {head.time}" if head else None)
    return latest


def check_head(context: Context, reader: Reader, say: Callable[[str], None] | None = None) -> bool:
    """Return whether the log goes on from the head that this account saw last; warn where it went backwards.

    Every read and write calls it. A log went backwards if it ends before that head, or has another entry there.
    """
    state = SqlState(reader)
    registry, head = state.registry_id(), state.head()
    known = None if registry is None else head_cache.recall(context.state_dir, registry)
    if known is None or head is None:
        return True
    standing = known.compare(head, state.hash_at(known.seq))
    if standing == "continues":
        return True
    if standing == "behind" and backup_mark.backup_of(context.directory) is not None:
        return True  # a backup is behind by its nature
    (say or context.say)(
        f"warning: the log went backwards: this account saw entry {known.seq}, and the log "
        f"{f'ends at {head.seq}' if standing == 'behind' else 'has another one there'}; see modelkeep verify --log",
    )
    return False


def remember_head(context: Context, entry: Entry, entry_hash: str) -> None:
    """Remember an entry that was committed as the head that this account saw last.

    Call it only where the log goes on from the remembered head; else that one stays until `verify --accept-head`.
    """
    head_cache.remember(context.state_dir, entry.intent.registry, entry.seq, entry_hash)


def clock_warnings(context: Context, entry: Entry) -> tuple[str, ...]:
    """Return warnings where this machine's clock differs from the log's or the file system's.

    The entry is committed, so no failure here may look like a refused change.
    """
    clock = parse_stored(entry.clock_time)
    warnings = []
    behind = (parse_stored(entry.time) - clock).total_seconds()
    if behind > _APART_SECONDS:
        warnings.append(f"warning: this machine's clock is {behind / 60:.0f} minutes behind the log's last entry")
    with suppress(OSError):  # on a network mount it may be another file's place by now
        # The commit has just written the database: on a network mount this is the server's clock.
        apart = abs(os.stat(context.database.path).st_mtime - clock.timestamp())
        if apart > _APART_SECONDS:
            warnings.append(f"warning: this machine's clock is {apart / 60:.0f} minutes away from the file system's")
    return tuple(warnings)
