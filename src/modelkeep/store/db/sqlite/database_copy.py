"""A consistent copy of the database, through SQLite's backup interface, while others write.

The copy is made in short steps. Anybody may write between two of them, and then SQLite begins again.
Where that happens again and again, the copy takes one turn in the writers' queue and is made while they
wait; readers never wait. The copy is made durable after that.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from msgspec import Struct

from modelkeep.errors import Busy, RegistryUnavailable
from modelkeep.store.db.sqlite.database import Database
from modelkeep.store.db.sqlite.writers_queue import queued
from modelkeep.store.durable import create_file
from modelkeep.store.os_errors import explain_destination_errors

#: Between two tries to read a database that is being written.
_BUSY_SECONDS = 0.02
_OK = {sqlite3.SQLITE_OK, sqlite3.SQLITE_DONE}
#: Errors that only writing has: they are the destination's, not the registry's.
_WRITE_ERRORS = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_TRUNCATE")


class Pace(Struct, frozen=True):
    """How a copy shares the database with writers.

    A step of ``step_pages`` (4 MB) takes some 20 ms. After more than ``restarts`` the copy takes a turn in the
    writers' queue, which it leaves after ``longest_turn_seconds``: writers wait 30 s unless told otherwise.
    """

    step_pages: int = 1000
    restarts: int = 3
    longest_turn_seconds: float = 20.0


def copy_database(database: Database, path: str, pace: Pace = Pace()) -> None:  # noqa: B008 - it is frozen
    """Copy the database as it is at one moment to a new file, durably.

    Raises ``Busy`` where that was not possible in time, ``RegistryUnavailable`` for a destination that is full.
    """
    wait_seconds = database.lock_wait
    with database.raw() as reader:
        source = reader.connection
        source.execute("COMMIT")  # SQLite's backup interface takes its locks by the step
        try:
            with _new_file(path) as target:
                steps = _Steps(time.monotonic() + wait_seconds, pace.restarts)
                _copy(source, target, path, pace.step_pages, steps)
        except _TooManyRestartsError:
            _require_queue(database)
            with queued(database.lock_path, time.monotonic() + wait_seconds, wait_seconds), _new_file(path) as target:
                _copy_in_turn(source, target, path, pace)
    _sync(path)


class _TooManyRestartsError(Exception):
    """Writers made the copy begin again too often."""


class _TooLongError(Exception):
    """Writers have waited for the copy long enough."""


class _Steps:
    """Decides after each step whether a copy goes on: until a time, and with so many restarts.

    ``restarts`` None: the copy has its turn in the queue, and nobody makes it begin again.
    """

    def __init__(self, until: float, restarts: int | None) -> None:
        self._until = until
        self._restarts = restarts
        self._done = self._begun_again = 0

    def watch(self, status: int, remaining: int, total: int) -> None:
        """Take note of a step; raises where the copy must end."""
        if status in _OK:
            self._begun_again += total - remaining <= self._done
            self._done = total - remaining
        late = time.monotonic() > self._until and remaining > 0
        if self._restarts is None:
            if late:
                raise _TooLongError
        elif self._begun_again > self._restarts or (late and status not in _OK):
            raise _TooManyRestartsError


def _require_queue(database: Database) -> None:
    """Refuse where this account may only read: it cannot take a turn in the writers' queue."""
    if os.path.exists(database.lock_path) and not os.access(database.lock_path, os.R_OK | os.W_OK):
        message = f"{database.directory} is written all the time, and this account may not make writers wait"
        raise Busy(message, "try again when less is written, or as an account that may write there")


def _copy_in_turn(source: sqlite3.Connection, target: sqlite3.Connection, path: str, pace: Pace) -> None:
    try:
        steps = _Steps(time.monotonic() + pace.longest_turn_seconds, restarts=None)
        _copy(source, target, path, pace.step_pages, steps)
    except _TooLongError:
        message = f"the registry is busy, and copying it took longer than writers may be kept waiting: {path}"
        raise Busy(message, "try again when less is written, or copy to a faster disk first") from None


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, path: str, step_pages: int, steps: _Steps) -> None:
    try:
        source.backup(target, pages=step_pages, progress=steps.watch, sleep=_BUSY_SECONDS)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "").startswith(_WRITE_ERRORS):
            message = f"{path} cannot be written, or there is no room for it: {error}"
            raise RegistryUnavailable(message, f"df -h {os.path.dirname(path)}") from error
        raise


@contextmanager
def _new_file(path: str) -> Iterator[sqlite3.Connection]:
    """Yield a connection to a new file. Nothing in it is durable yet, so an unfinished copy is no database."""
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
    # Only SQLite may open a registry's database, or its locks are lost. The copy has none.
    with explain_destination_errors(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
