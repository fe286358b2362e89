"""One way to open the registry's SQLite file: for one answer, or for one change behind the queue.

Measured with real power cuts: ``journal_mode=DELETE, synchronous=EXTRA`` keeps every acknowledged
commit. Writers stand behind a blocking ``flock`` on a side file, which only makes the queue fair;
the safety is SQLite's own. Nothing but SQLite ever opens the database file: closing any other
descriptor of it would drop the process's locks on it.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from modelkeep.errors import RegistryUnavailable
from modelkeep.store.access.permissions import check_readable, not_permitted, who_may_write
from modelkeep.store.db.sqlite import schema
from modelkeep.store.db.sqlite.connections import begun, connect
from modelkeep.store.db.sqlite.errors import WRONG_VALUES, damage_of, is_busy, refusal
from modelkeep.store.db.sqlite.journal_files import check_neighbours
from modelkeep.store.db.sqlite.writers_queue import at_once, queued
from modelkeep.store.durable import create_file

DATABASE = "registry.db"
LOCK = "registry.lock"
STORE = "store"
#: What of a registry that was rebuilt on disk is held in memory: more does not make it quicker.
_SCRATCH_KIB = 16 * 1024
#: Readers come and go in milliseconds: they are waited for even by who waits for nobody.
_LEAST_PATIENCE = 0.05


class Database:
    """The SQLite file of one registry. No connection outlives a call: threads are safe, and so is a fork between calls.

    A process that is forked while another thread is in a call should not use it: SQLite believes there
    that it holds that thread's locks.
    """

    def __init__(
        self, directory: str, *, lock_wait: float = 30.0, say: Callable[[str], None] | None = None, name: str = DATABASE
    ) -> None:
        self.directory = directory
        self.path = os.path.join(directory, name)
        self.lock_path = os.path.join(directory, LOCK)
        self.lock_wait = lock_wait
        self._say = say
        self._mount_is_known = False

    @property
    def may_be_written(self) -> bool:
        """Whether this account may write the file: one question to the system."""
        return os.access(self.path, os.W_OK)

    def check_mount(self) -> None:
        """Raise ``RegistryUnavailable`` where locks lie and nothing may be written; warn of a network mount, once."""
        if self._mount_is_known:
            return
        from modelkeep.store.access.mounts import check_locks  # reads ask nothing of it

        say = self._say or (lambda _text: None)
        check_locks(self.directory, say)
        if os.path.islink(store := os.path.join(self.directory, STORE)):
            check_locks(os.path.realpath(store), say)
        self._mount_is_known = True

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection in one read transaction; an older schema is replayed into memory.

        Raises ``RegistryUnavailable`` where there is no registry or it may not be read, and
        ``SchemaMismatch`` for a newer schema.
        """
        with self.translated():
            connection = self._open_for_reading()
            try:
                found = schema.age(connection)
                if found < schema.VERSION:
                    connection = _replayed(connection)
                else:
                    schema.check_shape(connection)
                yield connection
            except WRONG_VALUES as error:
                if (damage := damage_of(connection, self.path)) is not None:
                    raise damage from error
                raise
            finally:
                connection.close()

    @contextmanager
    def raw(self) -> Iterator[sqlite3.Connection]:
        """Yield a read transaction of which nothing is believed yet: for ``verify`` and ``migrate``."""
        with self.translated():
            connection = self._open_for_reading()
            try:
                yield connection
            finally:
                connection.close()

    @contextmanager
    def unlocked(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection in no transaction: SQLite's backup interface takes its locks by the step."""
        with self.translated():
            connection = self._open_for_reading()
            try:
                connection.execute("COMMIT")
                yield connection
            finally:
                connection.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection inside ``BEGIN IMMEDIATE``; commit at the end, roll back on any error.

        One deadline covers the queue and SQLite's lock: ``Busy`` when it passes.
        """
        with self.translated(), self.locked() as connection:
            schema.check_age(connection)
            schema.check_shape(connection)
            yield connection

    @contextmanager
    def migrating(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection inside ``BEGIN IMMEDIATE``, whatever the age of the schema."""
        with self.translated(), self.locked() as connection:
            yield connection

    @contextmanager
    def creating(self) -> Iterator[sqlite3.Connection | None]:
        """Make the file and the side file, 0660 before SQLite touches them; yield a connection in a transaction.

        None where somebody else made it meanwhile. An empty file, left by a killed `init`, is gone on with.
        """
        self.check_mount()
        for path in (self.lock_path, self.path):
            with suppress(FileExistsError):
                create_file(path, 0o660)
        with self.translated(), self.locked() as connection:
            if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                yield None
                return
            connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
            schema.apply(connection, 0)
            yield connection

    @contextmanager
    def locked(self, opened: sqlite3.Connection | None = None) -> Iterator[sqlite3.Connection]:
        """Yield a connection inside ``BEGIN IMMEDIATE``, whatever lies there; one that was ``opened`` before stays so."""
        self._look()
        self.check_mount()
        deadline = time.monotonic() + self.lock_wait
        with queued(self.lock_path, deadline, self.lock_wait):
            patience = max(deadline - time.monotonic(), _LEAST_PATIENCE)
            connection = connect(self.path, "rw", patience) if opened is None else opened
            try:
                connection.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")
                with _transaction(connection):
                    yield connection
            finally:
                if opened is None:
                    connection.close()

    @contextmanager
    def alone(self, opened: sqlite3.Connection | None) -> Iterator[sqlite3.Connection | None]:
        """Yield a connection inside ``BEGIN IMMEDIATE`` where nobody writes or waits to, else None: nothing is waited for."""
        self._look()
        self.check_mount()
        with at_once(self.lock_path) as ours:
            connection = self._begun_alone(opened) if ours else None
            if connection is None:
                yield None
                return
            try:
                connection.execute(f"PRAGMA busy_timeout = {int(max(self.lock_wait, _LEAST_PATIENCE) * 1000)}")
                with _transaction(connection):
                    yield connection
            finally:
                if opened is None:
                    connection.close()

    def _begun_alone(self, opened: sqlite3.Connection | None) -> sqlite3.Connection | None:
        connection = opened
        try:
            connection = connect(self.path, "rw", 0) if opened is None else opened
            connection.execute("PRAGMA busy_timeout = 0")
            connection.execute("BEGIN IMMEDIATE")
        except BaseException as error:
            if opened is None and connection is not None:
                connection.close()
            if isinstance(error, sqlite3.Error) and is_busy(error):
                return None
            raise
        return connection

    def _open_for_reading(self) -> sqlite3.Connection:
        self._look()
        try:
            return begun(self.path, "ro")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname not in (
                "SQLITE_READONLY_ROLLBACK",
                "SQLITE_READONLY_RECOVERY",
                "SQLITE_CANTOPEN",
            ):
                raise
            self._roll_back_hot_journal(error)
            return begun(self.path, "ro")

    def _roll_back_hot_journal(self, error: sqlite3.OperationalError) -> None:
        """Let SQLite undo what a killed writer left, where we may write; else say who can."""
        if error.sqlite_errorname == "SQLITE_CANTOPEN" or not os.access(self.path, os.W_OK):
            if not os.access(self.path, os.R_OK):
                raise not_permitted(self.directory, self.path, "read") from error
            if not os.path.lexists(f"{self.path}-journal"):
                raise error
            message = f"a writer of {self.directory} was killed, and this account may not tidy up after it"
            where = " where it is not mounted read-only" if os.statvfs(self.path).f_flag & os.ST_RDONLY else ""
            hint = f"ask {who_may_write(self.path)} to run any modelkeep command{where}"
            raise RegistryUnavailable(message, hint) from error
        self.check_mount()  # where locks lie, that writer may be alive on another machine
        begun(self.path, "rw").close()

    def _look(self) -> None:
        """Look before SQLite does, which waits for a pipe and follows a link."""
        if not os.path.isfile(self.path):
            check_readable(self.directory, self.path)
            from modelkeep.store.db.sqlite.lost_database import lost_database  # few have lost theirs

            if (lost := lost_database(self.path)) is not None:
                raise lost
            message = f"there is no registry at {self.directory}"
            raise RegistryUnavailable(message, f"modelkeep init {self.directory}")
        check_neighbours(self.path)

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Foreign exceptions stop here."""
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise refusal(error, self.path) from error


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit at the end, roll back on any error."""
    try:
        if not connection.in_transaction:
            connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def in_memory() -> sqlite3.Connection:
    """Return an empty registry in memory, with today's schema."""
    return _empty(":memory:")


def scratch() -> sqlite3.Connection:
    """Return an empty registry with today's schema that no other process sees and that may grow: it needs little memory.

    SQLite keeps it in a file without a name in the directory for temporary files (``TMPDIR``), which
    is gone with the connection, or with the process however that ends.
    """
    connection = _empty("")
    connection.execute(f"PRAGMA cache_size = -{_SCRATCH_KIB}")
    # What is undone is undone at once: a journal on the disk would only be written.
    connection.execute("PRAGMA journal_mode = MEMORY")
    return connection


def _empty(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    schema.apply(connection, 0)
    return connection


def _replayed(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Return today's picture of an older registry, made in memory from its log."""
    from modelkeep.store.db.replay import replay  # only an older schema needs it

    memory = in_memory()
    replay(connection, memory)
    connection.close()
    return memory
