"""`gc`: remove the bytes that no version needs, whatever other processes publish meanwhile.

What looks like garbage is listed without a lock. Then, in batches bounded by time and under the writers' lock, each
content is checked again and removed if no version needs it. `sweep_mark` warns processes that have stored or found a
content but have not written their entry yet. Safety does not depend on clocks: the grace period is for people who want
a deleted version back. A kill at any moment leaves garbage, which the next run removes.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from itertools import islice

from msgspec import Struct

from modelkeep.context import Context
from modelkeep.domain.answers.maintenance import Cleaned, Garbage
from modelkeep.domain.text import printable
from modelkeep.errors import IntegrityError
from modelkeep.reads.authority import require_permission
from modelkeep.store import backup_mark, head_cache
from modelkeep.store.access.permissions import check_readable
from modelkeep.store.backup_place import no_backup_beside
from modelkeep.store.bucket.interface import Blob, StaleDraft
from modelkeep.store.content.sweep_mark import sweeping
from modelkeep.store.content.workers import Progress
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.reachability import LogReferences, backwards
from modelkeep.store.db.sql import reachable
from modelkeep.store.db.sqlite.database import Database
from modelkeep.store.db.state import SqlState
from modelkeep.store.ownership import require_own

#: How many seconds a batch is decided for; removing it takes about as long again. Then the next writer has its turn.
HOLD_SECONDS = 0.1
#: How many contents are looked at in one read transaction.
_PAGE = 1_000
#: Drafts of a writer that may live on another machine are kept for at least so long, whatever the grace period.
_UNSURE_SECONDS = 86_400.0


def gc(
    context: Context,
    *,
    grace: timedelta,
    dry_run: bool,
    progress: Callable[[int, int], None] | None = None,
    hold_seconds: float = HOLD_SECONDS,
) -> Cleaned:
    """Remove the garbage of a store; see `Registry.gc`."""
    check_readable(context.directory, context.database.path)
    require_permission(context, "gc")
    with (
        closing(LogReferences(partial(head_cache.recall, context.state_dir))) as references,
        no_backup_beside(context.directory),
    ):
        _require_trusted(context, dry_run=dry_run)
        collection = _Collection(context, references, grace.total_seconds(), dry_run=dry_run)
        collection.remove_blobs(hold_seconds, progress)
        collection.remove_stale_drafts()
        return collection.answer()


def _require_trusted(context: Context, *, dry_run: bool) -> None:
    """Raise unless the store is this registry's own and the log goes on from the head that this account saw last."""
    with context.database.reading() as connection:
        state = SqlState(connection)
        require_own(context.directory, state.registry_id, dry_run=dry_run)
        registry, head = state.registry_id(), state.head()
        known = None if registry is None else head_cache.recall(context.state_dir, registry)
        if known is None or state.hash_at(known.seq) == known.hash:
            return
    of = backup_mark.backup_of(context.directory)
    renewal = None if of is None else f"modelkeep --registry {printable(of)} backup {printable(context.directory)}"
    raise backwards(known, None if head is None else head.seq, renewal)


class _Found(Struct, frozen=True):
    """A content that is garbage, and why."""

    blob: Blob
    reason: str


class _Collection:
    """One run, and what it removed."""

    def __init__(self, context: Context, references: LogReferences, grace_seconds: float, *, dry_run: bool) -> None:
        self._context = context
        self._bucket = context.bucket
        self._references = references
        self._grace_seconds = grace_seconds
        self._dry_run = dry_run
        self._now = context.clock().timestamp()
        self._removed: list[Garbage] = []
        self._files = 0
        self._young: list[int] = []

    def answer(self) -> Cleaned:
        """Return what was removed and what was kept."""
        return Cleaned(
            changed=bool(self._removed),
            garbage=tuple(self._removed),
            files=self._files,
            freed_bytes=sum(each.size_bytes for each in self._removed),
            young_files=len(self._young),
            young_bytes=sum(self._young),
            grace_seconds=int(self._grace_seconds),
            unknown=tuple(map(printable, self._bucket.unknown())),
            dry_run=self._dry_run,
        )

    def remove_blobs(self, hold_seconds: float, progress: Callable[[int, int], None] | None) -> None:
        """Remove the contents that nothing needs, in batches that hold the writers' lock for ``hold_seconds``."""
        found = self._list()
        if not found:
            return
        self._read_log()
        done = Progress(sum(each.blob.size for each in found), progress)
        while found:
            if self._dry_run:
                with self._context.database.reading() as connection:
                    batch = list(self._unneeded(connection, found, hold_seconds))
            else:
                with self._context.database.writing() as connection:
                    batch = list(self._unneeded(connection, found, hold_seconds))
                    if batch:
                        with sweeping(self._bucket):
                            for each in batch:
                                self._bucket.delete(each.blob.key)
                self._bucket.settle()
            for each in batch:
                self._note("blob", each.blob.key, each.blob.size, each.reason)
                done.add(each.blob.size)

    def remove_stale_drafts(self) -> None:
        """Remove the drafts of writers that have ended."""
        for stale in self._bucket.stale_drafts():
            if self._may_go(stale):
                if self._dry_run or self._bucket.remove_stale(stale):
                    kind, reason = "leftover", "left by a process that ended"
                    if stale.damaged:
                        kind, reason = "damaged", "damaged, and kept when it was repaired"
                    self._note(kind, stale.place, stale.size_bytes, reason, stale.files)
            elif stale.writer != "alive":
                self._young.append(stale.size_bytes)

    def _list(self) -> deque[_Found]:
        """Return the contents that no version seems to need, those within the grace period left out."""
        found: deque[_Found] = deque()
        for blob, gone in unneeded(self._context.database, self._bucket.list()):
            if self._grace_seconds and self._now - reachable.since(blob.since, gone) < self._grace_seconds:
                self._young.append(blob.size)
            elif gone is None:
                found.append(_Found(blob, "never registered"))
            else:
                more = f" and {gone.more} more" if gone.more else ""
                reason = f"only {gone.ref}{more}, deleted {gone.time[:10]} by {printable(gone.actor)}"
                found.append(_Found(blob, reason))
        return found

    def _read_log(self) -> None:
        """Read what the log references, a page a transaction, so that no writer has to wait."""
        more = True
        while more:
            with self._context.database.reading() as connection:
                more = self._references.read_page(connection)

    def _unneeded(self, connection: Reader, found: deque[_Found], hold_seconds: float) -> Iterator[_Found]:
        """Take contents off ``found`` while there is time, and yield those that neither the tables nor the log need.

        Where the two differ, one of them was changed, and nothing may be removed.
        """
        while self._references.read_page(connection):
            pass
        until = time.monotonic() + hold_seconds
        late = False
        while found and not late:
            each = found.popleft()
            late = time.monotonic() >= until
            if reachable.is_needed(connection, each.blob.key):
                continue
            if self._references.has(each.blob.key):
                message = f"nothing more was removed: by the log a version needs {each.blob.key}, by the tables none"
                raise IntegrityError(message, "modelkeep verify --log")
            yield each

    def _may_go(self, stale: StaleDraft) -> bool:
        """Tell whether drafts may be removed: their writer died, or they did not change for long enough."""
        age = self._now - stale.changed
        if stale.writer == "unsure":
            return age >= max(self._grace_seconds, _UNSURE_SECONDS)
        return stale.writer == "gone" and (not stale.damaged or age >= self._grace_seconds)

    def _note(self, kind: str, place: str, size_bytes: int, reason: str, files: int = 1) -> None:
        self._removed.append(Garbage(kind, printable(place), size_bytes, reason))
        self._files += files


def unneeded(database: Database, blobs: Iterable[Blob]) -> Iterator[tuple[Blob, reachable.Gone | None]]:
    """Yield the contents that no version needs by the tables, and which deleted version needed them last."""
    waiting = iter(blobs)
    while page := list(islice(waiting, _PAGE)):
        with database.reading() as connection:
            found = [
                (blob, reachable.was_needed(connection, blob.key))
                for blob in page
                if not reachable.is_needed(connection, blob.key)
            ]
        yield from found
