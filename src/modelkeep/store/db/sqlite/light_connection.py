"""The connection of completion: read-only, bounded in time, and quick to open."""

from __future__ import annotations

import os
import sqlite3
import time

from modelkeep.store.db.sqlite import schema
from modelkeep.store.db.sqlite.connection import Transaction, check_journal_files, connect

_BUSY_MILLISECONDS, _SECONDS, _STEPS = 100, 1, 10_000  # waiting for a writer; in all; SQLite's steps between two looks
_LONGEST_BYTES = 1 << 20  # of a value; a forged row could claim any length


def opened(path: str) -> sqlite3.Connection | None:
    """Return a read-only connection with statements of bounded time, its schema checked; None without a registry."""
    if not os.path.isfile(path):  # SQLite would wait for a pipe of this name
        return None
    check_journal_files(path)
    connection = connect(path, "ro")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_BYTES)
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    end = time.monotonic() + _SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    schema.check(Transaction(connection))
    return connection
