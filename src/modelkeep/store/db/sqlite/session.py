"""The transactions of one change on one connection: a snapshot to resolve on, then the writer behind the lock.

Opening a connection reads and parses the whole schema, so it is opened once, before the queue of writers. The
schema is compared in full in the first transaction, and in a later one only where SQLite's own counter of it
(``schema_version``) has moved: a connection runs the triggers that it has parsed, and parses again only what that
counter says is new.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from modelkeep.store.db.sqlite import schema
from modelkeep.store.db.sqlite.connections import LEAST_WAIT_SECONDS, begin, open_snapshot
from modelkeep.store.db.sqlite.database import Database
from modelkeep.store.db.sqlite.errors import WRONG_VALUES, damage_of, is_busy
from modelkeep.store.db.sqlite.journal_files import check_neighbours
from modelkeep.store.db.sqlite.transaction import Transaction
from modelkeep.store.db.sqlite.writers_queue import queued


class Session:
    """A registry's file while one change is made; a file that may not be written, or is older, is only read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: sqlite3.Connection | None = None
        self._checked: int | None = None

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Yield a reader of one snapshot; see `Database.reading`."""
        with self._database.translated():
            reader = self._snapshot()
            if reader is not None:
                try:
                    with _damage_named(reader, self._database.path):
                        yield reader
                finally:
                    if reader.connection.in_transaction:
                        reader.connection.execute("ROLLBACK")
                return
        with self._database.reading() as other:
            yield other

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Yield a writer behind the writers' lock; see `Database.writing`."""
        with self._database.translated(), self._database.locked(self._connection) as writer:
            schema.check_age(writer)
            if writer.connection is self._connection:
                self._check_shape(writer)
            else:
                schema.check_shape(writer)
            with _damage_named(writer, self._database.path):
                yield writer

    def _snapshot(self) -> Transaction | None:
        """Begin to read at once, or in turn behind a writer: SQLite's own waiting starves. None: only to be read."""
        if self._connection is None and not self._database.may_be_written:
            return None
        try:
            return self._begin_snapshot(0.0)
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
        wait = self._database.lock_wait
        deadline = time.monotonic() + wait
        with queued(self._database.lock_path, deadline, wait):
            return self._begin_snapshot(max(deadline - time.monotonic(), LEAST_WAIT_SECONDS))

    def _begin_snapshot(self, wait_seconds: float) -> Transaction | None:
        if self._connection is None:
            check_neighbours(self._database.path)
            self._database.check_mount()  # opening it for writing rolls back the journal of a killed writer
            self._connection = open_snapshot(self._database.path, "rw", wait_seconds)
        else:
            begin(self._connection, wait_seconds)
        reader = Transaction(self._connection)
        try:
            if schema.age(reader) < schema.VERSION:
                reader.connection.execute("ROLLBACK")
                self.close()
                return None
            self._check_shape(reader)
        except BaseException:
            if reader.connection.in_transaction:
                reader.connection.execute("ROLLBACK")
            raise
        return reader

    def _check_shape(self, reader: Transaction) -> None:
        found = schema.version_counter(reader)
        if found != self._checked:
            schema.check_shape(reader)
            self._checked = found


@contextmanager
def _damage_named(transaction: Transaction, path: str) -> Iterator[None]:
    """Raise ``IntegrityError`` where a wrong value was read and SQLite finds the file damaged."""
    try:
        yield
    except WRONG_VALUES as error:
        if (damage := damage_of(transaction.connection, path)) is not None:
            raise damage from error
        raise


@contextmanager
def changing(database: Database) -> Iterator[Session]:
    """Yield a session, and end it."""
    session = Session(database)
    try:
        yield session
    finally:
        session.close()
