"""A consistent and durable copy of the database, through SQLite's backup interface.

`copy_database` lets others write meanwhile. It copies in short steps. A commit between two of them makes SQLite begin
again. Where that happens again and again, the copy takes one turn in the writers' queue and is made while they
wait; readers never wait.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import TypeAlias

from msgspec import Struct

from modelkeep.errors import Busy, RegistryUnavailable
from modelkeep.store.db.sqlite.connection import Transaction
from modelkeep.store.db.sqlite.database import Database
from modelkeep.store.db.sqlite.found_database import is_open
from modelkeep.store.db.sqlite.writers_queue import queued
from modelkeep.store.durable import create_file
from modelkeep.store.os_errors import explain_destination_errors

#: Called with SQLite's status after a step, the pages that remain, and all pages.
Watch: TypeAlias = Callable[[int, int, int], None]
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
    with database.raw() as reader, explain_destination_errors(path):
        reader.connection.execute("COMMIT")  # SQLite's backup interface takes its locks by the step
        try:
            write_copy(
                reader, path, pace.step_pages, _Undisturbed(time.monotonic() + wait_seconds, pace.restarts).watch
            )
        except _DisturbedError:
            _require_queue(database)
            with queued(database.lock_path, time.monotonic() + wait_seconds, wait_seconds):
                write_copy(reader, path, pace.step_pages, _for_one_turn(path, pace.longest_turn_seconds))


def write_copy(reader: Transaction, path: str, step_pages: int = -1, watch: Watch | None = None) -> None:
    """Write the database of a connection to a new file, durably; ``watch`` is called after each step and may raise.

    The file needs no journal: until it is complete it is no database.
    """
    with suppress(FileNotFoundError):
        os.unlink(path)
    made = create_file(path, 0o660)
    with closing(sqlite3.connect(path, isolation_level=None)) as target:
        if not is_open(made):
            message = f"{path} was replaced while it was made"
            raise RegistryUnavailable(message, f"ls -l {os.path.dirname(path)}        (who made it?)")
        target.execute("PRAGMA journal_mode = OFF")
        target.execute("PRAGMA synchronous = FULL")
        try:
            reader.connection.backup(target, pages=step_pages, progress=watch, sleep=_BUSY_SECONDS)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorname", "").startswith(_WRITE_ERRORS):
                message = f"{path} cannot be written, or there is no room for it: {error}"
                raise RegistryUnavailable(message, f"df -h {os.path.dirname(path)}") from error
            raise


class _DisturbedError(Exception):
    """Writers made the copy begin again too often, or left it no step in time."""


class _Undisturbed:
    """Watches a copy that is made while others write: SQLite begins it again after each of their commits."""

    def __init__(self, until: float, restarts: int) -> None:
        self._until = until
        self._restarts = restarts
        self._done = self._begun_again = 0

    def watch(self, status: int, remaining: int, total: int) -> None:
        """Take note of a step; raise where the copy has begun again too often, or waits too long for a writer."""
        took_step = status in _OK
        if took_step:
            self._begun_again += total - remaining <= self._done
            self._done = total - remaining
        if self._begun_again > self._restarts or (not took_step and time.monotonic() > self._until):
            raise _DisturbedError


def _for_one_turn(path: str, seconds: float) -> Watch:
    """Return what ends a copy for which writers have waited long enough."""
    until = time.monotonic() + seconds

    def watch(_status: int, remaining: int, _total: int) -> None:
        if remaining > 0 and time.monotonic() > until:
            message = f"the registry is busy, and copying it took longer than writers may be kept waiting: {path}"
            raise Busy(message, "try again when less is written, or copy to a faster disk first")

    return watch


def _require_queue(database: Database) -> None:
    """Refuse where this account may only read: it cannot take a turn in the writers' queue."""
    if os.path.exists(database.lock_path) and not os.access(database.lock_path, os.R_OK | os.W_OK):
        message = f"{database.directory} is written all the time, and this account may not make writers wait"
        raise Busy(message, "try again when less is written, or as an account that may write there")
