"""The schema's age and shape: numbered scripts, and a fingerprint that reveals a foreign trigger.

A shared file can be given a trigger that would run in another user's session, so every transaction
compares the schema it finds with the one the scripts make, before it does anything else.
"""

from __future__ import annotations

import os
import sqlite3

from modelkeep.domain.hashing import digest_of
from modelkeep.errors import IntegrityError, RegistryUnavailable, SchemaMismatch

TYPE_CHECKING = False  # typing costs a third of a completion, which checks the schema too
if TYPE_CHECKING:
    from collections.abc import Callable

    from modelkeep.store.db.interface import Reader, Writer

#: "mkep": what makes a SQLite file a registry.
APPLICATION_ID = 0x6D6B6570
VERSION = 6
#: The tables of the log. No script changes them: in an older registry they are the same.
LOG_TABLES = frozenset({"entry", "details", "document"})
FINGERPRINT = "sha256:0be09922c44699f6746efd21d44797f436bde7e1cdf2b9afb1e5ef0fc81c5d56"

# Everything that has SQL of its own. What SQLite makes by itself is recognised by its SQL, never by its name alone:
# `sqlitex` is like `sqlite_%`, and a file can be made to hold a trigger of any name, or a table of statistics
# with an expression in it that SQLite itself would work out.
_OBJECTS = """
FROM sqlite_schema
WHERE NOT (type = 'index' AND sql IS NULL)
    AND NOT (type = 'table' AND sql IN (
        'CREATE TABLE sqlite_stat1(tbl,idx,stat)', 'CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)'
    ))
ORDER BY type, name
"""
SCHEMA = f"SELECT type, name, sql {_OBJECTS}"
# As a BLOB, a letter shows how the database keeps its text: in UTF-16 it has another order, so that a range of
# names would be another one.
_SHAPE = f"SELECT type, name, sql, CAST('a' AS BLOB) {_OBJECTS}"


def statements(number: int) -> list[str]:
    """Return the statements of one migration; each may be a trigger with semicolons inside."""
    found, text = [], ""
    path = os.path.join(os.path.dirname(os.path.dirname(__file__)), "migrations", f"{number:04}.sql")
    with open(path, encoding="utf-8") as file:
        for line in file:
            if text or not line.startswith("--"):
                text += line
            if sqlite3.complete_statement(text):
                found.append(text.strip())
                text = ""
    return found


def apply(writer: Writer, since: int, version: int = VERSION, script: Callable[[int], list[str]] = statements) -> None:
    """Bring a schema from ``since`` to a later version, inside the caller's transaction."""
    for number in range(since + 1, version + 1):
        for statement in script(number):
            writer.run(statement)
    writer.run(f"PRAGMA user_version = {version}")


def fingerprint(reader: Reader) -> str:
    """Return a digest of every table, index and trigger of a database, and of how it keeps its text."""
    return digest_of(repr(reader.rows(_SHAPE)).encode())


def age(reader: Reader, newest: int = VERSION) -> int:
    """Return the schema's number; what is no registry raises ``RegistryUnavailable``, a newer one ``SchemaMismatch``."""
    if reader.one("PRAGMA application_id")[0] != APPLICATION_ID:
        raise _no_registry(reader)
    found = int(reader.one("PRAGMA user_version")[0])
    if found < 0:
        message = f"the registry says its schema is {found}, which no modelkeep wrote"
        raise IntegrityError(message, "modelkeep verify --log")
    if found > newest:
        message = f"the registry has schema {found}, this modelkeep knows {newest}"
        raise SchemaMismatch(message, "install a newer modelkeep")
    return found


def _no_registry(reader: Reader) -> RegistryUnavailable:
    """Return the error for a file without our mark; one that is empty was ours, or an `init` was killed."""
    from modelkeep.store.db.sqlite.errors import lost_database

    path = str(reader.one("PRAGMA database_list")[2])
    if (lost := lost_database(path)) is not None:
        return lost
    if not reader.one("PRAGMA page_count")[0]:
        return none_at(os.path.dirname(path), ": the init that began it has not ended")
    return RegistryUnavailable("this SQLite file is not a modelkeep registry", "modelkeep init DIR        (makes one)")


def none_at(directory: str, why: str = "") -> RegistryUnavailable:
    """Return the error for a directory that holds no registry."""
    from shlex import quote

    return RegistryUnavailable(f"there is no registry at {directory}{why}", f"modelkeep init {quote(directory)}")


def is_utf8(reader: Reader) -> bool:
    """Say whether a database keeps its text as UTF-8, as every registry does from its beginning."""
    return bool(reader.one("PRAGMA encoding") == ("UTF-8",))


def check(reader: Reader) -> None:
    """Raise ``SchemaMismatch`` where the schema is not the one that we write; see `age` and `check_shape`."""
    if age(reader) < VERSION:
        message = f"the registry has an older schema than this modelkeep ({VERSION}) writes"
        raise SchemaMismatch(message, "modelkeep migrate        (makes a backup first)")
    check_shape(reader)


def check_shape(reader: Reader) -> None:
    """Raise ``IntegrityError`` where the schema is not what the scripts made."""
    if fingerprint(reader) != FINGERPRINT:
        raise foreign_schema()


def foreign_schema() -> IntegrityError:
    """Return the error for a schema that is not what the scripts made."""
    message = "the schema of the registry was changed by something other than modelkeep"
    return IntegrityError(message, "modelkeep verify --log        (tells what)")
