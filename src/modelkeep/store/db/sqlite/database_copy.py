"""A consistent copy of the database, through SQLite's own interface, while others write.

Copied is in short steps, between which anybody may write; a write makes SQLite begin again. Where that
happens again and again, the copy stands in the queue of the writers once and is made while they wait in
it; readers are never held up. What is copied is made durable only when nobody waits any more.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from modelkeep.errors import Busy, RegistryUnavailable
from modelkeep.store.db.sqlite.database import Database
from modelkeep.store.db.sqlite.writers_queue import queued
from modelkeep.store.durable import create_file
from modelkeep.store.os_errors import explain_destination_errors

#: A step of so many pages (4 MB) is over in some 20 ms.
STEP_PAGES = 1000
_RESTARTS = 3
#: Writers wait for 30 s unless told otherwise; so long a copy may keep them.
_LONGEST_HOLD_SECONDS = 20.0
_BUSY_SECONDS = 0.02
_OK = {sqlite3.SQLITE_OK, sqlite3.SQLITE_DONE}
#: What only writing fails with: the destination's trouble, not the registry's.
_WRITING = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_TRUNCATE")


class _BegunAgain(Exception):
    """Somebody has written too often meanwhile."""


class _TooLong(Exception):
    """Nobody may be kept waiting any longer."""


def copy_database(database: Database, path: str, *, step_pages: int = STEP_PAGES) -> None:
    """Copy the database as it is at one moment to a file that is not there yet, durably.

    Raises ``Busy`` where it could not be had in time, ``RegistryUnavailable`` for a destination
    that has no room.
    """
    patience = database.lock_wait
    with database.unlocked() as source:
        try:
            with _target(path) as target:
                _in_steps(source, target, path, step_pages, restarts=_RESTARTS, until=time.monotonic() + patience)
        except _BegunAgain:
            _require_the_queue(database)
            with queued(database.lock_path, time.monotonic() + patience, patience), _target(path) as target:
                _while_writers_wait(source, target, path, step_pages)
    _sync(path)


def _require_the_queue(database: Database) -> None:
    """Refuse where this account may only read: it may not have writers wait for it."""
    if os.path.exists(database.lock_path) and not os.access(database.lock_path, os.R_OK | os.W_OK):
        message = f"{database.directory} is written to all the time, and this account may not have writers wait"
        raise Busy(message, "try again when less is written, or as an account that may write there")


def _while_writers_wait(source: sqlite3.Connection, target: sqlite3.Connection, path: str, step_pages: int) -> None:
    try:
        _in_steps(source, target, path, step_pages, restarts=None, until=time.monotonic() + _LONGEST_HOLD_SECONDS)
    except _TooLong:
        message = f"the registry is busy, and copying it took longer than writers may be kept waiting: {path}"
        raise Busy(message, "try again when less is written, or copy to a faster disk first") from None


def _in_steps(
    source: sqlite3.Connection,
    target: sqlite3.Connection,
    path: str,
    step_pages: int,
    *,
    restarts: int | None,
    until: float,
) -> None:
    """Copy all pages; ``restarts`` are so many times that a writer may make it begin again (None: whatever comes)."""
    done = begun_again = 0

    def watch(status: int, remaining: int, total: int) -> None:
        nonlocal done, begun_again
        if status in _OK:
            if total - remaining <= done:
                begun_again += 1
            done = total - remaining
        waited_too_long = time.monotonic() > until and remaining
        if restarts is None and waited_too_long:
            raise _TooLong
        if restarts is not None and (begun_again > restarts or (waited_too_long and status not in _OK)):
            raise _BegunAgain

    try:
        source.backup(target, pages=step_pages, progress=watch, sleep=_BUSY_SECONDS)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "").startswith(_WRITING):
            message = f"no room, or no way, to write {path}: {error}"
            raise RegistryUnavailable(message, f"df -h {os.path.dirname(path)}") from error
        raise


@contextmanager
def _target(path: str) -> Iterator[sqlite3.Connection]:
    """Yield a connection to a new file that writes as fast as the disk's memory takes it.

    Durable is all of it at once, later; so what a copy leaves that was broken off is no database at all.
    """
    with explain_destination_errors(path):
        with suppress(FileNotFoundError):
            os.unlink(path)
        create_file(path, 0o660)
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = OFF")
        yield connection
    finally:
        connection.close()


def _sync(path: str) -> None:
    # Not the registry's own file, which nothing but SQLite ever opens: nobody has locks on this one.
    with explain_destination_errors(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
