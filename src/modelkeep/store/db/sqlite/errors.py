"""Errors of SQLite, turned into errors of ours that say what happened and what helps."""

from __future__ import annotations

import errno
import os
import sqlite3

from modelkeep.errors import IntegrityError, ModelkeepError, RegistryUnavailable
from modelkeep.store.access.permissions import not_permitted
from modelkeep.store.db.sqlite.writers_queue import busy
from modelkeep.store.os_errors import is_out_of_inodes, room_hint

#: Another connection holds the lock.
BUSY = frozenset({"SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_BUSY_RECOVERY", "SQLITE_BUSY_TIMEOUT"})
#: What Python raises where a row is not what the schema promises, or is not there.
WRONG_VALUES = (TypeError, ValueError, LookupError, AttributeError, AssertionError)
_OF_THE_DISK = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")


def is_busy(error: sqlite3.Error) -> bool:
    """Tell whether another connection's lock is the only obstacle."""
    return getattr(error, "sqlite_errorname", "") in BUSY


def refusal(error: sqlite3.Error | UnicodeDecodeError, path: str, *, may_wait: bool = True) -> ModelkeepError:
    """Return the error that says why SQLite could not read or write the registry's file."""
    directory = os.path.dirname(path)
    if isinstance(
        error, UnicodeDecodeError
    ):  # a damaged schema makes the driver fail on the text of SQLite's own message
        message = f"the database of {directory} is damaged: it holds text that is not UTF-8"
        return IntegrityError(message, "modelkeep verify --log")
    name = getattr(error, "sqlite_errorname", "")
    if is_busy(error) or name == "SQLITE_LOCKED":
        return busy(path, "holds it", may_wait=may_wait)
    if name.startswith(_OF_THE_DISK):
        return _unusable(name, error, path)
    if name == "SQLITE_NOTADB" or name.startswith("SQLITE_CORRUPT"):
        message = f"the database of {directory} is damaged: {error}"
    elif name.startswith("SQLITE_CONSTRAINT"):
        message = f"the tables of {directory} do not fit its log: {error}"
    else:
        message = f"the database of {directory} does not answer: {error}"
    return IntegrityError(message, "modelkeep verify --log")


def damage_of(connection: sqlite3.Connection, path: str) -> IntegrityError | None:
    """Return the error that says the file is damaged, None where SQLite finds nothing wrong with it.

    It is called where an answer could not be made from the rows that were read: a flipped bit can turn a number
    into NULL, or hide a row from its index. Where the file is whole, the failure is a bug of ours.
    """
    try:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        found = str(error)
    if found == "ok":
        return None
    message = f"the database of {os.path.dirname(path)} is damaged: {found.splitlines()[-1]}"
    return IntegrityError(message, "modelkeep verify --log")


def _unusable(name: str, error: sqlite3.Error, path: str) -> RegistryUnavailable:
    """Return the error for a file or a disk that cannot be used, with what helps."""
    directory = os.path.dirname(path)
    if name.startswith("SQLITE_READONLY") and not os.access(path, os.W_OK):
        return not_permitted(directory, path, "written")
    if name == "SQLITE_FULL":
        return RegistryUnavailable(f"the disk of {directory} is full: nothing was changed", "make room and try again")
    if name.startswith("SQLITE_CANTOPEN") and _too_many_are_open():
        return RegistryUnavailable(f"the registry {directory} cannot be opened: too many files are open", "ulimit -n")
    if name.startswith("SQLITE_CANTOPEN") and is_out_of_inodes(directory):
        message = f"the disk of {directory} has no inode left for another file: nothing was changed"
        return RegistryUnavailable(message, room_hint(directory))
    if name.startswith("SQLITE_IOERR"):
        message = f"the disk of {directory} does not read or write as it should: {error}"
        return RegistryUnavailable(message, f"is it full or failing? {room_hint(directory)}; dmesg")
    hint = "are the directory and its files yours to write?"
    return RegistryUnavailable(f"the registry {directory} cannot be used: {error}", hint)


def _too_many_are_open() -> bool:
    """Tell whether this process can open no further file: SQLite does not say why it could not open one."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        return error.errno in {errno.EMFILE, errno.ENFILE}
    return False
