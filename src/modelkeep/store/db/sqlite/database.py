"""The registry's SQLite file: opened for one answer, or for one change behind the queue of writers.

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
from modelkeep.store.db.sqlite.connections import LEAST_WAIT_SECONDS, LONGEST_READ_WAIT_SECONDS, connect, open_snapshot
from modelkeep.store.db.sqlite.errors import WRONG_VALUES, damage_of, refusal
from modelkeep.store.db.sqlite.journal_files import check_neighbours
from modelkeep.store.db.sqlite.transaction import Transaction
from modelkeep.store.db.sqlite.writers_queue import queued
from modelkeep.store.durable import create_file

DATABASE = "registry.db"
LOCK = "registry.lock"
STORE = "store"
#: What of a registry that was rebuilt on disk is held in memory: more does not make it quicker.
_SCRATCH_KIB = 16 * 1024
_IS_EMPTY = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)"


class Database:
    """The SQLite file of one registry. No connection outlives a call: threads are safe, and so is a fork between calls.

    ``lock_wait`` (seconds) is how long a change waits for its turn, for the queue and SQLite's lock together.
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
        """Raise ``RegistryUnavailable`` on a mount without working locks; warn of a network mount, once."""
        if self._mount_is_known:
            return
        from modelkeep.store.access.mounts import check_locks  # reads do not need it

        say = self._say or (lambda _text: None)
        check_locks(self.directory, say)
        if os.path.islink(store := os.path.join(self.directory, STORE)):
            check_locks(os.path.realpath(store), say)
        self._mount_is_known = True

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Yield a reader of one snapshot; an older schema is replayed into memory.

        Raises ``RegistryUnavailable`` where there is no registry or it may not be read, and
        ``SchemaMismatch`` for a newer schema.
        """
        with self.translated(may_wait=False):
            reader = self._open_for_reading()
            try:
                if schema.age(reader) < schema.VERSION:
                    reader = _replayed(reader)
                else:
                    schema.check_shape(reader)
                yield reader
            except WRONG_VALUES as error:
                if (damage := damage_of(reader.connection, self.path)) is not None:
                    raise damage from error
                raise
            finally:
                reader.close()

    @contextmanager
    def raw(self) -> Iterator[Transaction]:
        """Yield a snapshot of which nothing is believed yet: for ``verify`` and ``migrate``.

        Text that is no UTF-8 comes out as text that equals nothing, instead of an error.
        """
        with self.translated(may_wait=False):
            reader = self._open_for_reading()
            reader.connection.text_factory = _lenient
            try:
                yield reader
            finally:
                reader.close()

    @contextmanager
    def unlocked(self) -> Iterator[Transaction]:
        """Yield a connection in no transaction: SQLite's backup interface takes its locks by the step."""
        with self.raw() as reader:
            reader.connection.execute("COMMIT")
            yield reader

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Yield a writer; commit at the end, roll back on any error.

        One deadline covers the queue and SQLite's lock: ``Busy`` when it passes.
        """
        with self.translated(), self.locked() as writer:
            schema.check_age(writer)
            schema.check_shape(writer)
            yield writer

    @contextmanager
    def migrating(self) -> Iterator[Transaction]:
        """Yield a writer, whatever the age of the schema."""
        with self.translated(), self.locked() as writer:
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
        with self.translated(), self.locked() as writer:
            if not _is_empty(writer):
                yield None
                return
            writer.run(f"PRAGMA application_id = {schema.APPLICATION_ID}")
            schema.apply(writer, 0)
            yield writer

    def is_empty(self) -> bool:
        """Tell whether the file has no tables: a killed `init` leaves it so."""
        with self.raw() as reader:
            return _is_empty(reader)

    @contextmanager
    def locked(self, opened: sqlite3.Connection | None = None) -> Iterator[Transaction]:
        """Yield a transaction begun with ``BEGIN IMMEDIATE``, without any check; ``opened`` stays open after it."""
        self._check_files()
        self.check_mount()
        deadline = time.monotonic() + self.lock_wait
        with queued(self.lock_path, deadline, self.lock_wait):
            wait_seconds = max(deadline - time.monotonic(), LEAST_WAIT_SECONDS)
            connection = connect(self.path, "rw", wait_seconds) if opened is None else opened
            try:
                if opened is not None:
                    connection.execute(f"PRAGMA busy_timeout = {int(wait_seconds * 1000)}")
                connection.execute("BEGIN IMMEDIATE")
                yield Transaction(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            finally:
                if opened is None:
                    connection.close()

    def _open_for_reading(self) -> Transaction:
        self._check_files()
        wait_seconds = min(self.lock_wait, LONGEST_READ_WAIT_SECONDS)
        try:
            return Transaction(open_snapshot(self.path, "ro", wait_seconds))
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname not in (
                "SQLITE_READONLY_ROLLBACK",
                "SQLITE_READONLY_RECOVERY",
                "SQLITE_CANTOPEN",
            ):
                raise
            self._roll_back_hot_journal(error)
            return Transaction(open_snapshot(self.path, "ro", wait_seconds))

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
        open_snapshot(self.path, "rw", self.lock_wait).close()

    def _check_files(self) -> None:
        """Check the files before SQLite opens them: SQLite would wait for a pipe, and follow a link."""
        if not os.path.isfile(self.path):
            check_readable(self.directory, self.path)
            from modelkeep.store.db.sqlite.lost_database import lost_database  # few have lost theirs

            if (lost := lost_database(self.path)) is not None:
                raise lost
            message = f"there is no registry at {self.directory}"
            raise RegistryUnavailable(message, f"modelkeep init {self.directory}")
        check_neighbours(self.path)

    @contextmanager
    def translated(self, *, may_wait: bool = True) -> Iterator[None]:
        """Turn what the driver raises into errors of ours; ``may_wait``: the command has ``--lock-wait``."""
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise refusal(error, self.path, may_wait=may_wait) from error


def in_memory() -> Transaction:
    """Return an empty registry in memory, with today's schema."""
    return _empty(":memory:")


def scratch() -> Transaction:
    """Return an empty registry with today's schema in a private file that may grow: it needs little memory.

    SQLite keeps it in a file without a name in the directory for temporary files (``TMPDIR``), which
    is gone with the connection, or with the process however that ends.
    """
    writer = _empty("")
    writer.connection.execute(f"PRAGMA cache_size = -{_SCRATCH_KIB}")
    # What is undone is undone at once: a journal on the disk would only be written.
    writer.connection.execute("PRAGMA journal_mode = MEMORY")
    return writer


def private_tables(script: str) -> Transaction:
    """Return tables of one's own in a private file like that of `scratch`, without any protection of what they hold."""
    connection = sqlite3.connect("", isolation_level=None)
    connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + script)
    return Transaction(connection)


def _lenient(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _is_empty(reader: Transaction) -> bool:
    return bool(reader.rows(_IS_EMPTY)[0][0])


def _empty(path: str) -> Transaction:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    writer = Transaction(connection)
    schema.apply(writer, 0)
    return writer


def _replayed(reader: Transaction) -> Transaction:
    """Return today's tables of an older registry, made in memory from its log."""
    from modelkeep.store.db.replay import replay  # only an older schema needs it

    memory = in_memory()
    replay(reader, memory)
    reader.close()
    return memory
