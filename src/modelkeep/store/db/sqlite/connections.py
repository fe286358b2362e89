"""Opening a connection to the registry's SQLite file, and beginning a read transaction on it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

from modelkeep.store.db.sqlite import schema
from modelkeep.store.db.sqlite.errors import is_busy

#: A command that only reads waits so long for the end of a commit at most.
LONGEST_READ_WAIT_SECONDS = 10.0
#: Readers come and go in milliseconds: a writer waits for them even where it may not wait.
LEAST_WAIT_SECONDS = 0.05
_RETRY_SECONDS = 0.003
_T = TypeVar("_T")


def connect(path: str, mode: str, wait_seconds: float) -> sqlite3.Connection:
    """Open the file: the one prologue of every connection."""
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    # Two slashes would begin an address of another machine: an empty one before them leaves them to the path.
    quoted = f"//{quoted}" if quoted.startswith("//") else quoted
    connection = sqlite3.connect(f"file:{quoted}?mode={mode}", uri=True, isolation_level=None, timeout=wait_seconds)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, schema.LONGEST_BYTES)
    try:
        for pragma in ("foreign_keys = ON", "recursive_triggers = ON", "trusted_schema = OFF", "synchronous = EXTRA"):
            connection.execute(f"PRAGMA {pragma}")
        if mode == "rw" and connection.execute("PRAGMA journal_mode").fetchone()[0] != "delete":
            connection.execute("PRAGMA journal_mode = DELETE")
    except (sqlite3.Error, UnicodeDecodeError):
        connection.close()
        raise
    return connection


def open_snapshot(path: str, mode: str, wait_seconds: float) -> sqlite3.Connection:
    """Open the file and begin a read transaction that sees one state, for which it waits some seconds at most."""

    def attempt() -> sqlite3.Connection:
        connection = connect(path, mode, 0)
        try:
            _begin(connection)
        except (sqlite3.Error, UnicodeDecodeError):
            connection.close()
            raise
        return connection

    return _retry_while_busy(attempt, wait_seconds)


def begin(connection: sqlite3.Connection, wait_seconds: float) -> None:
    """Begin another read transaction on a connection that is open; see `open_snapshot`."""
    connection.execute("PRAGMA busy_timeout = 0")
    _retry_while_busy(lambda: _begin(connection), wait_seconds)


def _begin(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN")
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # only a SELECT takes the lock
    except sqlite3.Error:
        connection.execute("ROLLBACK")
        raise


def _retry_while_busy(attempt: Callable[[], _T], wait_seconds: float) -> _T:
    """Try again every few milliseconds while another process commits.

    SQLite would sleep for 100 ms, and among 64 writers find another commit each time it wakes.
    """
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            return attempt()
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() >= deadline:
                raise
        time.sleep(_RETRY_SECONDS)
