"""`gc`: remove what nobody needs, and nothing else, whoever is writing meanwhile.

What looks like garbage is listed without a lock. Then, a batch at a time and under the database's
write lock, it is looked at again on the writer's own connection and moved into the trash; and under
the lock once more, what is still needed by nobody is removed. A kill anywhere leaves blobs on their
shelves or in the trash, and the next run goes on from there. Nothing of that rests on a clock: the
grace period is for people who want something back.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TypeVar

from msgspec import Struct

from modelkeep.context import Context
from modelkeep.domain.answers.care import Cleaned, Garbage
from modelkeep.domain.text import printable
from modelkeep.errors import IntegrityError
from modelkeep.maintenance.gc_guard import sweepable
from modelkeep.maintenance.parting import part
from modelkeep.store import head_cache
from modelkeep.store.access.mounts import mount_of
from modelkeep.store.bucket import trash
from modelkeep.store.care import layout, stale_tmp
from modelkeep.store.care.layout import Lying
from modelkeep.store.care.reachability import Needs
from modelkeep.store.db.sql import garbage
from modelkeep.store.db.sql.statement import Connection
from modelkeep.store.os_errors import explain_store_errors

T = TypeVar("T")
#: So many blobs are moved or removed before the next writer has its turn.
_BATCH = 200
_NEVER = "never registered"
_ASIDE = "damaged, and moved aside for a good one"


def gc(
    context: Context, *, grace: timedelta, dry_run: bool, progress: Callable[[int, int], None] | None = None
) -> Cleaned:
    """Remove the garbage of a store; see `Registry.gc`."""
    with sweepable(context, dry_run=dry_run) as root:
        needs = Needs(partial(head_cache.recall, context.state_dir))
        try:
            with explain_store_errors(root):
                return _Cleaning(context, root, needs, grace, dry_run, progress).run()
        finally:
            needs.close()


class _Found(Struct, frozen=True):
    """A name in the store, and why it is garbage."""

    lying: Lying
    reason: str


class _Cleaning:
    """One run."""

    def __init__(
        self,
        context: Context,
        root: str,
        needs: Needs,
        grace: timedelta,
        dry_run: bool,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self._context = context
        self._root = root
        self._needs = needs
        self._grace = grace
        self._dry_run = dry_run
        self._progress = progress
        self._now = context.clock().timestamp()
        self._removed: list[Garbage] = []
        self._files = self._done = self._total = 0
        self._young: list[int] = []
        self._unknown: list[str] = []
        self._brought_back: list[str] = []
        self._linked: list[Lying] = []

    def run(self) -> Cleaned:
        """Look through the store and clean it."""
        waiting = self._blobs_of(layout.in_trash(self._root))
        found = self._listed()
        if waiting or found:
            self._read_the_log()
            self._total = sum(each.lying.size_bytes for each in found) + sum(each.size_bytes for each in waiting)
            self._empty([_Found(each, "moved into the trash before") for each in waiting])
            self._empty(self._throw(found))
        parted = part(self._context, self._root, self._linked, self._is_over, dry_run=self._dry_run)
        self._sweep_tmp(parted.kept)
        return Cleaned(
            changed=bool(self._removed or self._brought_back or parted.digests),
            garbage=tuple(self._removed),
            files=self._files,
            freed_bytes=sum(each.size_bytes for each in self._removed),
            young_files=len(self._young),
            young_bytes=sum(self._young),
            grace_seconds=int(self._grace.total_seconds()),
            brought_back=tuple(self._brought_back),
            parted=parted.digests,
            unknown=tuple(map(printable, self._unknown)),
            dry_run=self._dry_run,
        )

    # What there is

    def _listed(self) -> list[_Found]:
        """Return the blobs that no version seems to need, those within the grace period left out."""
        found: list[_Found] = []
        for shelf in layout.shelves(self._root):
            for some in _batches(self._blobs_of(shelf), 5 * _BATCH):
                with self._context.database.reading() as connection:
                    found += [each for each in map(partial(self._judged, connection), some) if each is not None]
        self._blobs_of(layout.at_the_top(self._root))
        return found

    def _blobs_of(self, found: Sequence[Lying]) -> list[Lying]:
        """Return the blobs among what lies there; what was moved aside long ago goes, what nobody knows is noted."""
        blobs = []
        for each in found:
            if each.kind in {"blob", "trash"}:
                blobs.append(each)
                self._linked += [each] if each.kind == "blob" and each.names > 1 else []
            elif each.kind == "unknown":
                self._unknown.append(each.path)
            elif self._is_old(each.changed, each.size_bytes):
                if not self._dry_run:
                    with suppress(FileNotFoundError):  # somebody else sweeps, too
                        os.unlink(each.path)
                self._note("aside", each.path, each.size_bytes, _ASIDE)
        return blobs

    def _judged(self, connection: Connection, lying: Lying) -> _Found | None:
        """Return why a blob is garbage, None where it is not or not yet."""
        if garbage.is_needed(connection, lying.digest):
            return None
        gone = garbage.was_needed(connection, lying.digest)
        if not self._is_old(garbage.since(lying.changed, gone), lying.size_bytes):
            return None
        if gone is None:
            return _Found(lying, _NEVER)
        more = f" and {gone.more} more" if gone.more else ""
        return _Found(lying, f"only {gone.ref}{more}, deleted {gone.time[:10]} by {printable(gone.actor)}")

    def _is_old(self, since: float, size_bytes: int) -> bool:
        if not self._grace or self._now - since >= self._grace.total_seconds():
            return True
        self._young.append(size_bytes)
        return False

    def _note(self, kind: str, place: str, size_bytes: int, reason: str, files: int = 1) -> None:
        self._removed.append(Garbage(kind, printable(place), size_bytes, reason))
        self._files += files
        self._done += size_bytes
        if self._progress is not None and self._total:
            self._progress(min(self._done, self._total), self._total)

    # What goes

    def _read_the_log(self) -> None:
        """Hear what the log says that versions need, a page at a time, so that nobody has to wait."""
        more = True
        while more:
            with self._context.database.reading() as connection:
                more = self._needs.follow(connection)

    def _needed(self, connection: Connection, some: Sequence[_Found]) -> list[_Found]:
        """Return those that a version needs after all, as the tables and the log both say at this moment.

        Where the two differ, somebody has changed one of them, and nothing may be swept.
        """
        while self._needs.follow(connection):
            pass
        needed = []
        for each in some:
            if garbage.is_needed(connection, each.lying.digest):
                needed.append(each)
            elif self._needs.has(each.lying.digest):
                message = f"nothing more was swept: by the log a version needs {each.lying.digest}, by the tables none"
                raise IntegrityError(message, "modelkeep verify --log")
        return needed

    def _throw(self, found: Sequence[_Found]) -> list[_Found]:
        """Move garbage into the trash, a batch at a time; return what is there now.

        Where a full disk has no room for that, it is gone at once.
        """
        thrown: list[_Found] = []
        gone: list[_Found] = []
        for some in _batches(found, _BATCH):
            if self._dry_run:
                with self._context.database.reading() as connection:
                    thrown += _without(some, self._needed(connection, some))
                continue
            with self._context.database.writing() as connection:
                unneeded = _without(some, self._needed(connection, some))
                done = trash.throw(self._root, [(each.lying.name, each.lying.shelf) for each in unneeded])
            thrown += [each for each in unneeded if each.lying.name in done.moved]
            gone += [each for each in unneeded if each.lying.name in done.removed]
        if (thrown or gone) and not self._dry_run:
            trash.settle(self._root, {each.lying.shelf for each in (*thrown, *gone)})
        for each in gone:
            self._note(each.lying.kind, each.lying.digest, each.lying.size_bytes, each.reason)
        return thrown

    def _empty(self, found: Sequence[_Found]) -> None:
        """Remove what lies in the trash for good, after a second look; what is needed goes back to its shelf."""
        for some in _batches(found, _BATCH):
            if self._dry_run:
                with self._context.database.reading() as connection:
                    needed = self._needed(connection, some)
                removed = {each.lying.name for each in _without(some, needed)}
            else:
                with self._context.database.writing() as connection:
                    needed = self._needed(connection, some)
                    useless = [each.lying.name for each in needed if not self._bring_back(each.lying)]
                    names = [each.lying.name for each in _without(some, needed)]
                    removed = {*trash.empty(self._root, [*names, *useless])}.intersection(names)
            for each in some:
                if each.lying.name in removed:
                    self._note(each.lying.kind, each.lying.digest, each.lying.size_bytes, each.reason)
        if found and not self._dry_run:
            trash.settle(self._root, ())

    def _bring_back(self, lying: Lying) -> bool:
        """Put a blob back on its shelf; False where a publisher has put one there meanwhile."""
        shelf = layout.shelf_of(self._root, lying.name)
        if os.path.lexists(os.path.join(shelf, lying.name)):
            return False
        if trash.bring_back(self._root, lying.name, shelf):
            self._brought_back.append(lying.digest)
        return True

    def _is_over(self, found: stale_tmp.Leftover) -> bool:
        return stale_tmp.is_over(found, self._now, self._grace.total_seconds())

    def _sweep_tmp(self, kept: frozenset[str]) -> None:
        mount = mount_of(self._root)
        local = mount is not None and not mount.network
        for each in stale_tmp.leftovers(self._root, local=local):
            if each.fate == "unknown":
                self._unknown.append(each.path)
            elif each.path not in kept and self._is_over(each):
                if self._dry_run or stale_tmp.remove(each):
                    kind, why = ("aside", _ASIDE) if each.damaged else ("leftover", "left by a process that ended")
                    self._note(kind, each.path, each.size_bytes, why, each.files)
            elif each.fate != "alive":
                self._young += [each.size_bytes]


def _batches(found: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(found), size):
        yield found[start : start + size]


def _without(some: Sequence[_Found], needed: Sequence[_Found]) -> list[_Found]:
    kept = {each.lying.name for each in needed}
    return [each for each in some if each.lying.name not in kept]
