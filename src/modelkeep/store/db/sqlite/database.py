"""The registry's SQLite file: opened for one answer, or for one change behind the queue of writers.

Measured with real power cuts: ``journal_mode=DELETE, synchronous=EXTRA`` keeps every acknowledged commit. Writers stand
behind a blocking ``flock`` on a side file, which only makes the queue fair; the safety is SQLite's own. Nothing but
SQLite ever opens the database file: closing any other descriptor of it would drop the process's locks on it.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

from modelkeep.errors import RegistryUnavailable, SchemaMismatch
from modelkeep.local_path import real_path
from modelkeep.store.access.permissions import check_readable, not_permitted, who_may_write
from modelkeep.store.db.sqlite import schema
from modelkeep.store.db.sqlite.connection import (
    ANSWER_WAIT_SECONDS,
    LONGEST_READ_WAIT_SECONDS,
    Transaction,
    begin_snapshot,
    check_journal_files,
    connect,
    data_version,
    is_busy,
    open_snapshot,
    retry_while_busy,
    with_least_wait,
)
from modelkeep.store.db.sqlite.errors import damage_named, lost_database, translated
from modelkeep.store.db.sqlite.writers_queue import queued
from modelkeep.store.durable import create_file

DATABASE = "registry.db"
LOCK = "registry.lock"
STORE = "store"
_IS_EMPTY = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)"


class Database:
    """The SQLite file of one registry. No connection outlives a call: threads are safe, and so is a fork between calls.

    ``lock_wait`` (seconds) is how long a change waits for its turn, for the queue and SQLite's lock together. A process
    that is forked while another thread is in a call should not use it: SQLite believes there that it has the locks.
    """

    def __init__(
        self, directory: str, *, lock_wait: float = 30.0, say: Callable[[str], None] | None = None, name: str = DATABASE
    ) -> None:
        self.directory = directory
        self.path = os.path.join(directory, name)
        self.lock_path = os.path.join(directory, LOCK)
        self.lock_wait = lock_wait
        self._say = say
        self._mounts_known: set[str] = set()

    @property
    def may_be_written(self) -> bool:
        """Whether this account may write the file: one question to the system."""
        return os.access(self.path, os.W_OK)

    def check_mount(self) -> None:
        """Raise ``RegistryUnavailable`` on a mount without working locks; warn of a network mount, once."""
        if self.directory in self._mounts_known:
            return
        from modelkeep.store.access.mounts import check_locks  # reads do not need it

        say = self._say or (lambda _text: None)
        check_locks(self.directory, say)
        if os.path.islink(store := os.path.join(self.directory, STORE)):
            check_locks(real_path(store), say)
        self._mounts_known.add(self.directory)

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Yield a reader of one snapshot; an older schema is replayed into memory.

        Raises ``RegistryUnavailable`` where none is or may be read, ``SchemaMismatch`` for a newer schema.
        """
        with translated(self.path):
            reader = self._open_for_reading(ANSWER_WAIT_SECONDS)
            try:
                with damage_named(reader, self.path):
                    if schema.age(reader) < schema.VERSION:
                        from modelkeep.store.db.sqlite.private_tables import replayed

                        older, reader = reader, replayed(reader)
                        older.close()
                    else:
                        schema.check_shape(reader)
                with damage_named(reader, self.path):
                    yield reader
            finally:
                reader.close()

    @contextmanager
    def raw(self, wait_seconds: float = LONGEST_READ_WAIT_SECONDS) -> Iterator[Transaction]:
        """Yield a snapshot of which nothing is believed yet: for ``verify`` and ``migrate``.

        It waits ``wait_seconds`` for the end of a commit, and no longer than a change would. Text that is no UTF-8 comes
        out as text that equals nothing, instead of an error.
        """
        with translated(self.path):
            reader = self._open_for_reading(wait_seconds)
            reader.connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
            try:
                yield reader
            finally:
                reader.close()

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Yield a writer; commit at the end, roll back on any error.

        One deadline covers the queue and SQLite's lock: ``Busy`` when it passes.
        """
        with closing(Session(self)) as session, session.writing() as writer:
            yield writer

    @contextmanager
    def migrating(self) -> Iterator[Transaction]:
        """Yield a writer, whatever the age of the schema."""
        with translated(self.path), self.locked() as writer:
            yield writer

    @contextmanager
    def creating(self) -> Iterator[Transaction | None]:
        """Make the file and the side file, 0660 before SQLite touches them; yield a writer.

        None where another process made it meanwhile. An empty file, left by a killed `init`, is taken over.
        """
        self.check_mount()
        for path in (self.lock_path, self.path):
            with suppress(FileExistsError):
                create_file(path, 0o660)
        with translated(self.path), self.locked() as writer:
            if not writer.one(_IS_EMPTY)[0]:
                yield None
                return
            writer.run(f"PRAGMA application_id = {schema.APPLICATION_ID}")
            schema.apply(writer, 0)
            yield writer

    def is_empty(self) -> bool:
        """Tell whether the file has no tables: a killed `init` leaves it so."""
        with self.raw() as reader:
            return bool(reader.one(_IS_EMPTY)[0])

    @contextmanager
    def locked(self, opened: Transaction | None = None) -> Iterator[Transaction]:
        """Yield a transaction begun with ``BEGIN IMMEDIATE``, without any check; ``opened`` stays open after it."""
        self._check_files()
        self.check_mount()
        deadline = time.monotonic() + self.lock_wait
        with queued(self.lock_path, deadline, self.lock_wait):
            writer = opened or Transaction(
                retry_while_busy(lambda: connect(self.path, "rw"), with_least_wait(deadline))
            )
            connection = writer.connection
            try:
                retry_while_busy(lambda: connection.execute("BEGIN IMMEDIATE"), with_least_wait(deadline))
                left = deadline - time.monotonic()  # the work, a long migration say, is no waiting
                yield writer
                retry_while_busy(lambda: connection.execute("COMMIT"), with_least_wait(time.monotonic() + left))
            except BaseException:
                writer.forget()
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            finally:
                if opened is None:
                    connection.close()

    def _open_for_reading(self, wait_seconds: float) -> Transaction:
        self._check_files()
        deadline = time.monotonic() + min(self.lock_wait, wait_seconds)
        try:
            return Transaction(open_snapshot(self.path, "ro", deadline))
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname not in (
                "SQLITE_READONLY_ROLLBACK",
                "SQLITE_READONLY_RECOVERY",
                "SQLITE_CANTOPEN",
            ):
                raise
            self._roll_back_hot_journal(error)
            return Transaction(open_snapshot(self.path, "ro", deadline))

    def _roll_back_hot_journal(self, error: sqlite3.OperationalError) -> None:
        """Let SQLite undo what a killed writer left where we may write; else raise an error that names who may."""
        if error.sqlite_errorname == "SQLITE_CANTOPEN" or not os.access(self.path, os.W_OK):
            if not os.access(self.path, os.R_OK):
                raise not_permitted(self.directory, self.path, "read") from error
            if not os.path.lexists(f"{self.path}-journal"):
                raise error
            message = f"a writer of {self.directory} was killed, and this account may not tidy up after it"
            where = " where it is not mounted read-only" if os.statvfs(self.path).f_flag & os.ST_RDONLY else ""
            hint = f"ask {who_may_write(self.path)} to run any modelkeep command{where}"
            raise RegistryUnavailable(message, hint) from error
        self.check_mount()  # on a mount without working locks, that writer may be alive on another machine
        open_snapshot(self.path, "rw", time.monotonic() + self.lock_wait).close()

    def require_same(self) -> None:
        """Raise ``RegistryUnavailable`` where the file that was opened is not the one that was found; here any may be."""

    def _check_files(self) -> None:
        """Check the files before SQLite opens them: SQLite would wait for a pipe, and follow a link."""
        if not os.path.isfile(self.path):
            check_readable(self.directory, self.path)
            raise lost_database(self.path) or schema.none_at(self.directory)
        check_journal_files(self.path)


class Session:
    """One change of a registry on one connection: snapshots to resolve on, then the writer behind the lock.

    Opening a connection reads and parses the whole schema, so it is opened once, before the queue of writers. The
    schema is checked, and what was read is forgotten, only where another connection has committed since the last
    transaction. A file that may not be written, or has an older schema, is only read.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._transaction: Transaction | None = None
        self._checked: tuple[Transaction, int] | None = None

    def close(self) -> None:
        """End the connection."""
        if self._transaction is not None:
            self._transaction.close()
            self._transaction = None

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Yield a reader of one snapshot; see `Database.reading`."""
        with translated(self._database.path):
            reader = self._snapshot()
            if reader is not None:
                try:
                    with damage_named(reader, self._database.path):
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
        with translated(self._database.path), self._database.locked(self._transaction) as writer:
            self._check(writer, data_version(writer.connection))
            with damage_named(writer, self._database.path):
                yield writer

    def _snapshot(self) -> Transaction | None:
        """Begin to read at once, or in turn behind a writer: SQLite's own waiting starves. None: only to be read."""
        database = self._database
        if self._transaction is None and not database.may_be_written:
            return None
        try:
            try:
                return self._begin_snapshot(time.monotonic())
            except sqlite3.OperationalError as error:
                if not is_busy(error):
                    raise
            deadline = time.monotonic() + database.lock_wait
            with queued(database.lock_path, deadline, database.lock_wait):
                return self._begin_snapshot(with_least_wait(deadline))
        except SchemaMismatch:
            self.close()
            return None

    def _begin_snapshot(self, deadline: float) -> Transaction:
        path = self._database.path
        if self._transaction is None:
            check_journal_files(path)
            self._database.check_mount()  # opening it for writing rolls back the journal of a killed writer
            self._transaction = Transaction(retry_while_busy(lambda: connect(path, "rw"), deadline))
            self._database.require_same()
        reader = self._transaction
        version = retry_while_busy(lambda: begin_snapshot(reader.connection), deadline)
        try:
            self._check(reader, version)
        except BaseException:
            if reader.connection.in_transaction:
                reader.connection.execute("ROLLBACK")
            raise
        return reader

    def _check(self, transaction: Transaction, version: int) -> None:
        if (transaction, version) != self._checked:  # the number says nothing of another connection
            transaction.forget()
            schema.check(transaction)
            self._checked = (transaction, version)
