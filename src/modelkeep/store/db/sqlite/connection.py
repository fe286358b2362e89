"""A connection to the registry's SQLite file: its prologue, its transactions, and how it waits for other processes.

Light by contract: completion imports it.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time

from modelkeep.errors import IntegrityError, RegistryUnavailable

TYPE_CHECKING = False  # typing costs a third of a completion
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from modelkeep.store.db.interface import Row, Value

    _T = TypeVar("_T")

#: An answer waits so long for the end of a commit at most: the largest ones, of 50,000 files, hold the file for a second.
ANSWER_WAIT_SECONDS = 2.0
#: Reading that goes on for minutes, as that of `verify`, is not ended by a commit that takes longer.
LONGEST_READ_WAIT_SECONDS = 10.0
#: Readers come and go in milliseconds: a writer waits for them even where it may not wait.
LEAST_WAIT_SECONDS = 0.05
#: No value in a registry is longer: memory is not allocated for the length that a forged row claims.
_LONGEST_BYTES = 64 << 20
_RETRY_SECONDS = 0.003
_BUSY = frozenset({"SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_BUSY_RECOVERY", "SQLITE_BUSY_TIMEOUT"})
_PROLOGUE = ("trusted_schema = OFF",)
_PROLOGUE_OF_WRITERS = ("foreign_keys = ON", "recursive_triggers = ON", "synchronous = EXTRA")


class MissingRow(LookupError):
    """A table lacks a row that every table made from the log has."""


class Transaction:
    """A connection inside one transaction: the reader and the writer of `modelkeep.store.db.interface`.

    ``connection`` is for this package alone: what only SQLite can do (PRAGMA, its backup interface).
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        #: Whether the rows are a copy in memory, so that no writer waits for the end of the transaction.
        self.is_private = False
        self._known: dict[tuple[object, ...], list[Row]] = {}

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def rows(self, sql: str, /, **values: Value) -> list[Row]:
        """Return all rows of a SELECT."""
        return self.connection.execute(sql, values).fetchall()

    def row(self, sql: str, /, **values: Value) -> Row | None:
        """Return the first row of a SELECT, None where there is none."""
        row: Row | None = self.connection.execute(sql, values).fetchone()
        return row

    def one(self, sql: str, /, **values: Value) -> Row:
        """Return the first row of a SELECT that always has one; `MissingRow` where a damaged table has none."""
        row = self.row(sql, **values)
        if row is None:
            raise MissingRow(" ".join(sql.split()))
        return row

    def recall(self, sql: str, /, **values: Value) -> list[Row]:
        """Return all rows of a SELECT, and remember them until something is written."""
        key = (sql, *values.items())
        if key not in self._known:
            self._known[key] = self.rows(sql, **values)
        return self._known[key]

    def forget(self) -> None:
        """Forget what `recall` remembers."""
        self._known.clear()

    def raw_rows(self, sql: str, values: Sequence[object]) -> list[Row]:
        """Return all rows with their text as the bytes that are stored: comparing is quicker than decoding."""
        before = self.connection.text_factory
        self.connection.text_factory = bytes
        try:
            return self.connection.execute(sql, values).fetchall()
        finally:
            self.connection.text_factory = before

    def run(self, sql: str, /, **values: Value) -> None:
        """Run a statement that writes."""
        self._known.clear()
        self.connection.execute(sql, values)

    def insert(self, table: str, columns: Sequence[str], values: Sequence[Value], /) -> None:
        """Insert rows in one statement; ``values`` are those of the first row, then of the next one."""
        self._known.clear()
        row = f"({', '.join('?' * len(columns))})"
        rows = ", ".join([row] * (len(values) // len(columns)))
        self.connection.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES {rows}", values)


def check_journal_files(path: str) -> None:
    """Raise ``IntegrityError`` where a database is a link, or a file that SQLite writes beside it is no regular file.

    SQLite waits for a pipe of that name, also through ^C, and others may write through a link, a hard link too. A link
    in place of the database leads to another registry, maybe to the user's own.
    """
    if os.path.islink(path):
        message = f"{path} is a symbolic link, and none is followed inside a registry"
        raise IntegrityError(message, f"ls -l {path}        (who made it?)")
    for ending in ("-journal", "-wal", "-shm"):
        try:
            status = os.lstat(path + ending)
        except OSError:
            continue
        if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
            what = "has a second name (a hard link)" if stat.S_ISREG(status.st_mode) else "is not a regular file"
            message = f"{path}{ending} {what}: it was made by something other than modelkeep"
            raise IntegrityError(message, f"ls -l {os.path.dirname(path)}")


def connect(path: str, mode: str) -> sqlite3.Connection:
    """Open the file (``mode`` ro or rw): the one prologue of every connection.

    A file with a second name is only read: SQLite would look for the journal of a killed writer beside one of the names.
    """
    if mode == "rw" and _has_second_name(path):
        from shlex import quote

        message = f"{path} has a second name (a hard link), and a crash of who writes through one would damage it"
        raise RegistryUnavailable(
            message, f"cp -p {quote(path)} {quote(path)}.own && mv {quote(path)}.own {quote(path)}        (parts them)"
        )
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    # Two slashes would begin an address of another machine: an empty one before them leaves them to the path.
    quoted = f"//{quoted}" if quoted.startswith("//") else quoted
    connection = sqlite3.connect(f"file:{quoted}?mode={mode}", uri=True, isolation_level=None, timeout=0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_BYTES)
    try:
        for pragma in _PROLOGUE if mode == "ro" else _PROLOGUE + _PROLOGUE_OF_WRITERS:
            connection.execute(f"PRAGMA {pragma}")
        if mode == "rw" and connection.execute("PRAGMA journal_mode").fetchone()[0] != "delete":
            connection.execute("PRAGMA journal_mode = DELETE")
    except (sqlite3.Error, UnicodeDecodeError):
        connection.close()
        raise
    return connection


def _has_second_name(path: str) -> bool:
    try:
        return os.stat(path).st_nlink > 1
    except OSError:  # SQLite says why
        return False


def open_snapshot(path: str, mode: str, deadline: float) -> sqlite3.Connection:
    """Open the file and begin a read transaction; it waits for a commit until ``deadline`` (monotonic seconds)."""
    connection = retry_while_busy(lambda: connect(path, mode), deadline)
    try:
        retry_while_busy(lambda: begin_snapshot(connection), deadline)
    except (sqlite3.Error, UnicodeDecodeError):
        connection.close()
        raise
    return connection


def begin_snapshot(connection: sqlite3.Connection) -> int:
    """Begin a read transaction; return its `data_version`."""
    connection.execute("BEGIN")
    try:
        return data_version(connection)  # only reading takes the lock
    except sqlite3.Error:
        connection.execute("ROLLBACK")
        raise


def data_version(connection: sqlite3.Connection) -> int:
    """Return the number that changes with every commit of another connection; reading it takes the lock."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def retry_while_busy(attempt: Callable[[], _T], deadline: float) -> _T:
    """Try again every few milliseconds while another process commits.

    SQLite would sleep for 100 ms, and among 64 writers find another commit each time it wakes.
    """
    while True:
        try:
            return attempt()
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() >= deadline:
                raise
        time.sleep(_RETRY_SECONDS)


def with_least_wait(deadline: float) -> float:
    """Return a deadline that lets the readers of the moment end."""
    return max(deadline, time.monotonic() + LEAST_WAIT_SECONDS)


def is_busy(error: sqlite3.Error) -> bool:
    """Tell whether another connection's lock is the only obstacle."""
    return getattr(error, "sqlite_errorname", "") in _BUSY
