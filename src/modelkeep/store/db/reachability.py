"""The contents that versions need according to the log alone: the second opinion before `gc` removes anything.

Reading commands believe the tables, for `verify` finds an edited table and nothing is lost meanwhile. Removed bytes do
not come back, so `gc` reads the log as well: the chain from its first entry to its last, each manifest against its
digest, each deletion. What a million versions need is kept in a private file of SQLite's, not in memory.
See docs/decisions/0012.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from modelkeep.domain import checks
from modelkeep.domain.checks import Link
from modelkeep.domain.entry import Entry, hash_entry
from modelkeep.domain.project import project
from modelkeep.domain.state import Head
from modelkeep.domain.verbs.rows import DeleteVersions
from modelkeep.errors import IntegrityError, ModelkeepError
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.ledger import apply_changes
from modelkeep.store.db.sql import reachable
from modelkeep.store.db.sqlite import raw_rows
from modelkeep.store.db.sqlite.private_tables import of_temporary_files, scratch
from modelkeep.store.db.sqlite.raw_rows import Stored

#: The kinds of intent that say what versions need, and the tables of which that is read.
_KINDS = frozenset({"register", "check", "delete"})
_TABLES = frozenset({"version", "version_blob", "check_result", "deleted"})
_HINT = "modelkeep verify --log"


class LogReferences:
    """The contents that versions need by the entries that were read so far.

    ``recall`` returns the head that this account remembers of a registry, given its id.
    """

    def __init__(self, recall: Callable[[str], Head | None]) -> None:
        self._recall = recall
        self._known: Head | None = None
        self._last: Link | None = None
        with _temporary_space():
            self._scratch = scratch()
            self._scratch.run("PRAGMA foreign_keys = OFF")  # the other tables stay empty

    def close(self) -> None:
        """Remove the private file."""
        self._scratch.close()

    def read_page(self, connection: Reader) -> bool:
        """Read the next entries of the log; False where it has no more.

        Raises ``IntegrityError`` where the log is not whole, is not the one whose beginning was read
        before, or is not the one that this account saw last.
        """
        self._require_same(connection)
        page = raw_rows.page(connection, None if self._last is None else self._last.seq)
        with _temporary_space():
            self._scratch.run("BEGIN")
            for stored in page:
                self._read_entry(stored)
            self._scratch.run("COMMIT")
        if not page:
            self._require_known()
        return bool(page)

    def has(self, digest: str) -> bool:
        """Tell whether a version that was not deleted needs a content."""
        with _temporary_space():
            return reachable.is_needed(self._scratch, digest)

    def _require_same(self, connection: Reader) -> None:
        """Require that the entry read last is still there: an older file may have been put in its place."""
        if self._last is None:
            return
        data = raw_rows.entry_bytes(connection, self._last.seq)
        if data is None or hash_entry(data) != self._last.hash:
            message = f"nothing was removed: entry {self._last.seq} of the log was changed while it was read"
            raise IntegrityError(message, _HINT)

    def _require_known(self) -> None:
        known = self._known
        if known is not None and (self._last is None or self._last.seq < known.seq):
            raise backwards(known, None if self._last is None else self._last.seq)

    def _read_entry(self, stored: Stored) -> None:
        place = 1 if self._last is None else self._last.seq + 1
        entry = stored.entry
        if not isinstance(entry, Entry):
            raise _not_whole(stored.seq, stored.trouble or "it cannot be read")
        for problem in self._problems(entry, place, stored):
            if problem.severity == "error":
                raise _not_whole(place, problem.message)
        if self._last is None:
            self._known = self._recall(entry.intent.registry)
        if self._known is not None and self._known.seq == place and self._known.hash != stored.hash:
            raise backwards(self._known, place)
        if stored.documents or entry.intent.kind in _KINDS:
            self._project(entry, stored)
        self._last = Link(stored.seq, stored.hash, entry.time)

    def _problems(self, entry: Entry, place: int, stored: Stored) -> Iterator[checks.Problem]:
        yield from checks.check_link(entry, place, self._last)
        if stored.seq != place:
            yield checks.Problem("seq", f"entry {stored.seq} stands there")
        for digest, data in stored.documents.items():
            problem = checks.check_document(digest, stored.kinds[digest], data)
            if problem is not None:
                yield problem

    def _project(self, entry: Entry, stored: Stored) -> None:
        documents = {digest: data for digest, data in stored.documents.items() if data is not None}
        try:
            changes = [*project(entry, stored.hash, None, documents)]
        except (ModelkeepError, ValueError, ArithmeticError, LookupError) as error:
            raise _not_whole(stored.seq, str(error)) from error
        apply_changes(
            self._scratch,
            (change for change in changes if isinstance(change, DeleteVersions) or change.table in _TABLES),
        )


def _temporary_space() -> AbstractContextManager[None]:
    """Return a context in which a full directory for temporary files is reported as that."""
    return of_temporary_files("nothing more was removed, for what the log needs is kept in a temporary file")


def backwards(known: Head, ends: int | None, hint: str | None = None) -> IntegrityError:
    """Return the error for a log that is not the one this account saw last; ``ends`` is its last entry, if known."""
    there = "has another one there" if ends is not None and ends >= known.seq else f"ends at {ends or 0}"
    return IntegrityError(
        f"nothing was removed: this account saw entry {known.seq} of the log, and the log {there}; "
        f"what looks like garbage may be what the lost entries need",
        hint or "bring back the newer registry.db, or if this is the right one: modelkeep verify --accept-head",
    )


def _not_whole(seq: int, trouble: str) -> IntegrityError:
    return IntegrityError(f"nothing was removed: the log is not whole at entry {seq}: {trouble}", _HINT)
