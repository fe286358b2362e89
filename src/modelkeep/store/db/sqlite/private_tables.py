"""Tables of this process alone: a registry in memory or in a private file, and the copy for notebooks.

SQLite keeps a private file without a name in the directory for temporary files (``TMPDIR``). It is gone with the
connection, or with the process however that ends.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from modelkeep.errors import RegistryUnavailable
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sqlite import schema
from modelkeep.store.db.sqlite.connection import Transaction
from modelkeep.store.os_errors import room_hint

if TYPE_CHECKING:
    from sqlmodel import Session

    from modelkeep.store.db.sqlite.database import Database

#: What of a registry that was rebuilt on disk is held in memory: more does not make it quicker.
_SCRATCH_KIB = 16 * 1024
#: Where SQLite looks, in this order (https://sqlite.org/tempfiles.html, section 5).
_VARIABLES = ("SQLITE_TMPDIR", "TMPDIR")
_PLACES = ("/var/tmp", "/usr/tmp", "/tmp", ".")  # noqa: S108  nothing is made there by name


def in_memory() -> Transaction:
    """Return an empty registry in memory, with today's schema."""
    return _empty(":memory:")


def replayed(reader: Reader) -> Transaction:
    """Return today's tables of an older registry, made in memory from its log."""
    from modelkeep.store.db.ledger import replay  # only an older schema needs it

    if any(odd_objects(reader)):
        raise schema.foreign_schema()
    memory = in_memory()
    replay(reader, memory)
    memory.is_private = True
    return memory


def odd_objects(reader: Reader) -> Iterator[tuple[str, str, str]]:
    """Yield type, name and fate (missing, changed, unknown) of each object that differs from what the scripts make.

    Of an older schema only the tables of the log are looked at: it is read from nothing else. A view in the place of
    one may yield rows for ever.
    """
    is_older = schema.age(reader) < schema.VERSION
    there = {(kind, name): sql for kind, name, sql in reader.rows(schema.SCHEMA)}
    with closing(in_memory()) as right:
        wanted = {(kind, name): sql for kind, name, sql in right.rows(schema.SCHEMA)}
    for kind, name in sorted(there.keys() | wanted.keys(), key=str):
        if is_older and name not in schema.LOG_TABLES:
            continue
        if (kind, name) not in there:
            yield kind, name, "missing"
        elif (kind, name) not in wanted:
            yield kind, name, "unknown"
        elif there[kind, name] != wanted[kind, name]:
            yield kind, name, "changed"


def scratch() -> Transaction:
    """Return an empty registry with today's schema in a private file that may grow: it needs little memory."""
    writer = _empty("")
    writer.connection.execute(f"PRAGMA cache_size = -{_SCRATCH_KIB}")
    # What is undone is undone at once: a journal on the disk would only be written.
    writer.connection.execute("PRAGMA journal_mode = MEMORY")
    return writer


@contextmanager
def session(database: Database) -> Iterator[Session]:
    """Yield a SQLModel session on a copy of the registry as it is now; the copy goes with it.

    A cell of a notebook that is left open must not hold up writers. Changes made in the copy change nothing in
    the registry.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool
    from sqlmodel import Session

    with tempfile.TemporaryDirectory(prefix="modelkeep-") as directory:
        path = f"{directory}/snapshot.db"
        with database.reading() as source, closing(sqlite3.connect(path)) as target:
            source.connection.backup(target)
        engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
        try:
            with Session(engine) as opened:
                yield opened
        finally:
            engine.dispose()


def _directory() -> str:
    """Return the directory that SQLite takes for temporary files: the first that it may write to."""
    named = [os.environ.get(variable, "") for variable in _VARIABLES]
    for place in filter(None, (*named, *_PLACES)):
        if os.path.isdir(place) and os.access(place, os.W_OK | os.X_OK):
            return place
    return _PLACES[-1]


@contextmanager
def of_temporary_files(failed: str) -> Iterator[None]:
    """Turn what SQLite refuses with a temporary file into ``RegistryUnavailable``: what ``failed``, where, what helps."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise  # the row breaks a rule of the schema; the directory is not to blame
    except sqlite3.Error as error:
        place = _directory()
        if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
            message = f"{failed}: no space left in {place}, the directory for temporary files"
        else:
            message = f"{failed}: the directory for temporary files, {place}, cannot be used: {error}"
        hint = f"TMPDIR names another one that has room; {room_hint(place)}"
        raise RegistryUnavailable(message, hint) from error


def _empty(path: str) -> Transaction:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    writer = Transaction(connection)
    schema.apply(writer, 0)
    return writer
