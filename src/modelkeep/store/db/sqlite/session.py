"""One connection for one change: looked at first, written through behind the queue, and asked again after.

Opening a connection reads and parses the whole schema. Here it is opened before anybody stands in the
queue, and what is slow and always the same has been done when the lock is had.

The schema is compared in full in the first transaction, and again in a later one where SQLite's own
counter of it (``schema_version``) has moved. That is enough: a connection runs the triggers it has
parsed, and it parses anew only what that counter says is new.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from modelkeep.store.db.sqlite import schema
from modelkeep.store.db.sqlite.connections import READ_PATIENCE, begin, begun
from modelkeep.store.db.sqlite.database import Database
from modelkeep.store.db.sqlite.errors import is_busy
from modelkeep.store.db.sqlite.journal_files import check_neighbours
from modelkeep.store.db.sqlite.writers_queue import queued


class Session:
    """A registry's file while one change is made; what may not be written or is older is read as ever."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: sqlite3.Connection | None = None
        self._checked: int | None = None
        self._seen: int | None = None

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection in one read transaction; see `Database.reading`."""
        with self._database.translated(), self._snapshot() as connection:
            if connection is not None:
                try:
                    yield connection
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                return
        with self._database.reading() as other:
            yield other

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection inside ``BEGIN IMMEDIATE``; see `Database.writing`."""
        with self._database.translated(), self._database.locked(self._connection) as connection:
            schema.check_age(connection)
            if connection is not self._connection:
                schema.check_shape(connection)
            else:
                self._check_shape(connection)
            yield connection

    @contextmanager
    def alone(self) -> Iterator[sqlite3.Connection | None]:
        """Yield a connection inside ``BEGIN IMMEDIATE`` where nobody else writes or waits to, else None."""
        with self._database.translated(), self._database.alone(self._connection) as connection:
            if connection is not None:
                schema.check_age(connection)
                if connection is self._connection:
                    self._check_shape(connection)
                else:
                    schema.check_shape(connection)
            yield connection

    def unchanged(self, connection: sqlite3.Connection) -> bool:
        """Tell whether nobody has written to the file since the last read transaction of this session."""
        return connection is self._connection and self._seen == _number(connection, "data_version")

    @contextmanager
    def practising(self) -> Iterator[sqlite3.Connection | None]:
        """Yield the connection outside any transaction, in nobody's way: what a writer stops is left undone."""
        connection = self._connection
        with self._database.translated():
            try:
                if connection is not None:
                    connection.execute("PRAGMA busy_timeout = 0")
                yield connection
            except sqlite3.OperationalError as error:
                if not is_busy(error):
                    raise

    @contextmanager
    def _snapshot(self) -> Iterator[sqlite3.Connection | None]:
        """Begin to read at once where no writer is in the way, else in turn: SQLite's own waiting starves."""
        try:
            connection = self._begun(0.0)
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
        else:
            yield connection
            return
        wait = self._database.lock_wait
        with queued(self._database.lock_path, time.monotonic() + wait, wait):
            yield self._begun(READ_PATIENCE)

    def _begun(self, patience: float) -> sqlite3.Connection | None:
        """Begin a read transaction; None where it is not for us to do."""
        if self._connection is None:
            if not self._database.may_be_written:
                return None
            check_neighbours(self._database.path)
            self._database.check_mount()  # to open it for writing is to tidy up after who may be alive elsewhere
            self._connection = begun(self._database.path, "rw", patience)
        else:
            begin(self._connection, patience)
        connection = self._connection
        try:
            if schema.age(connection) < schema.VERSION:
                connection.execute("ROLLBACK")
                self.close()
                return None
            self._check_shape(connection)
            self._seen = _number(connection, "data_version")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return connection

    def _check_shape(self, connection: sqlite3.Connection) -> None:
        found = _number(connection, "schema_version")
        if found != self._checked:
            schema.check_shape(connection)
            self._checked = found


@contextmanager
def changing(database: Database) -> Iterator[Session]:
    """Yield a session, and end it."""
    session = Session(database)
    try:
        yield session
    finally:
        session.close()


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
