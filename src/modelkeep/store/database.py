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
from collections.abc import Iterator
from contextlib import contextmanager

from modelkeep.errors import Busy, IntegrityError, ModelkeepError, RegistryUnavailable
from modelkeep.store import schema
from modelkeep.store.queue import queued

DATABASE = "registry.db"
LOCK = "registry.lock"
STORE = "store"
READ_PATIENCE = 5.0
#: What of a registry that was rebuilt on disk is held in memory.
_SCRATCH_KIB = 32 * 1024
_BUSY = frozenset({"SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_BUSY_RECOVERY", "SQLITE_BUSY_TIMEOUT"})


class Database:
    """The SQLite file of one registry. No connection outlives a call, so threads and forks are safe."""

    def __init__(self, directory: str, *, lock_wait: float = 30.0) -> None:
        self.directory = directory
        self.path = os.path.join(directory, DATABASE)
        self.lock_path = os.path.join(directory, LOCK)
        self.lock_wait = lock_wait

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
        for path in (self.lock_path, self.path):
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW, 0o660))
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
        if not os.path.isfile(self.path):
            raise self._missing()
        deadline = time.monotonic() + self.lock_wait
        with queued(self.lock_path, deadline, self.lock_wait):
            patience = max(deadline - time.monotonic(), 0.05)
            connection = connect(self.path, "rw", patience) if opened is None else opened
            try:
                connection.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            finally:
                if opened is None:
                    connection.close()

    def _open_for_reading(self) -> sqlite3.Connection:
        if not os.path.isfile(self.path):
            raise self._missing()
        try:
            return _begun(connect(self.path, "ro", READ_PATIENCE))
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname not in (
                "SQLITE_READONLY_ROLLBACK",
                "SQLITE_READONLY_RECOVERY",
                "SQLITE_CANTOPEN",
            ):
                raise
            self._roll_back_hot_journal(error)
            return _begun(connect(self.path, "ro", READ_PATIENCE))

    def _roll_back_hot_journal(self, error: sqlite3.OperationalError) -> None:
        """Let SQLite undo what a killed writer left, where we may write; else say who can."""
        if error.sqlite_errorname == "SQLITE_CANTOPEN" or not os.access(self.path, os.W_OK):
            if not os.access(self.path, os.R_OK):
                message = f"the registry {self.directory} may not be read by this account"
                raise RegistryUnavailable(message) from error
            message = f"a writer of {self.directory} was killed, and this account may not tidy up after it"
            hint = "ask somebody who may write there to run any modelkeep command"
            raise RegistryUnavailable(message, hint) from error
        connection = connect(self.path, "rw", READ_PATIENCE)
        try:
            _begun(connection)
        finally:
            connection.close()

    def _missing(self) -> RegistryUnavailable:
        message = f"there is no registry at {self.directory}"
        return RegistryUnavailable(message, f"modelkeep init {self.directory}")

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Foreign exceptions stop here."""
        try:
            yield
        except sqlite3.Error as error:
            raise _translate(error, self.directory) from error
        except UnicodeDecodeError as error:
            # The driver fails on what a damaged schema makes SQLite say.
            message = f"the database of {self.directory} is damaged: it holds text that is not UTF-8"
            raise IntegrityError(message, "modelkeep verify --log") from error


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


def connect(path: str, mode: str, patience: float) -> sqlite3.Connection:
    """Open the file: the one prologue of every connection."""
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    # Two slashes would begin an address of another machine: an empty one before them leaves them to the path.
    quoted = f"//{quoted}" if quoted.startswith("//") else quoted
    connection = sqlite3.connect(f"file:{quoted}?mode={mode}", uri=True, isolation_level=None, timeout=patience)
    try:
        for pragma in ("foreign_keys = ON", "recursive_triggers = ON", "trusted_schema = OFF", "synchronous = EXTRA"):
            connection.execute(f"PRAGMA {pragma}")
        if mode == "rw" and connection.execute("PRAGMA journal_mode").fetchone()[0] != "delete":
            connection.execute("PRAGMA journal_mode = DELETE")
    except (sqlite3.Error, UnicodeDecodeError):
        connection.close()
        raise
    return connection


def _begun(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Begin a read transaction that sees one state; touching the schema is what really opens it."""
    try:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except (sqlite3.Error, UnicodeDecodeError):
        connection.close()
        raise
    return connection


def _replayed(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Return today's picture of an older registry, made in memory from its log."""
    from modelkeep.store.replay import replay  # only an older schema needs it

    memory = in_memory()
    replay(connection, memory)
    connection.close()
    return memory


def is_busy(error: sqlite3.Error) -> bool:
    """Tell whether somebody else's lock is all that is in the way."""
    return getattr(error, "sqlite_errorname", "") in _BUSY


def _translate(error: sqlite3.Error, directory: str) -> ModelkeepError:
    name = getattr(error, "sqlite_errorname", "")
    if is_busy(error) or name == "SQLITE_LOCKED":
        return Busy(
            "the registry is busy: somebody else is writing to it", "try again, or wait longer with --lock-wait"
        )
    if name in ("SQLITE_CORRUPT", "SQLITE_NOTADB") or name.startswith("SQLITE_CORRUPT"):
        return IntegrityError(f"the database of {directory} is damaged: {error}", "modelkeep verify --log")
    if name == "SQLITE_FULL":
        return RegistryUnavailable(f"the disk of {directory} is full: nothing was changed", "make room and try again")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_IOERR", "SQLITE_AUTH")):
        return RegistryUnavailable(
            f"the registry {directory} cannot be used: {error}", "are the directory and its files yours to write?"
        )
    if name.startswith("SQLITE_CONSTRAINT"):
        return IntegrityError(f"the tables of {directory} do not fit its log: {error}", "modelkeep verify --log")
    return IntegrityError(f"the database of {directory} does not answer: {error}", "modelkeep verify --log")
