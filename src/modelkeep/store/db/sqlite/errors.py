"""The errors of a database that is busy, damaged, unusable or lost: what happened, and what helps."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from shlex import quote

from modelkeep.domain.text import printable
from modelkeep.errors import TRY_AGAIN, Busy, IntegrityError, ModelkeepError, RegistryUnavailable, UsageError
from modelkeep.store import backup_mark
from modelkeep.store.access.permissions import not_permitted
from modelkeep.store.db.sqlite.connection import MissingRow, Transaction, is_busy
from modelkeep.store.os_errors import TOO_MANY_FILES, is_out_of_inodes, room_hint, too_many_files

#: What Python raises where a row is not what the schema promises, or is not there.
_WRONG_VALUES = (TypeError, ValueError, LookupError, AttributeError, AssertionError)
#: The database, its journal, their directory while it is flushed, and a temporary file.
_MOST_FILES_OF_SQLITE = 4
_OF_THE_DISK = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Turn what the driver raises into errors of ours."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _refusal(error, path) from error
    except UnicodeEncodeError as error:
        message = f"this is not valid UTF-8: {printable(error.object)}"
        raise UsageError(message, "give it as UTF-8 text") from error


@contextmanager
def damage_named(transaction: Transaction, path: str) -> Iterator[None]:
    """Raise ``IntegrityError`` where a wrong value was read and SQLite finds the file damaged.

    A flipped bit can turn a number into NULL, or hide a row from its index. Where the file is whole, a row that is
    missing was deleted behind our back, and any other failure is a bug of ours.
    """
    try:
        yield
    except _WRONG_VALUES as error:
        try:
            found = str(transaction.one("PRAGMA integrity_check(1)")[0])
        except sqlite3.Error as damage:
            found = str(damage)
        if found == "ok":
            if not isinstance(error, MissingRow):
                raise
            message = f"the tables of {os.path.dirname(path)} lack a row that the log leads to"
            raise IntegrityError(message, "modelkeep verify --log") from error
        message = f"the database of {os.path.dirname(path)} is damaged: {found.splitlines()[-1]}"
        raise IntegrityError(message, "modelkeep verify --log") from error


def busy(path: str, does: str) -> Busy:
    """Return the error that names the lock file, and who holds it where the system says so."""
    from modelkeep.store.access.holders import holder_of

    holder = holder_of(path)
    message = f"the registry is busy: {holder or 'another process'} {does}: {path}"
    if holder is not None and holder.stopped:
        return Busy(message, f"kill -CONT {holder.pid}        (lets it go on and end)")
    return Busy(message, TRY_AGAIN)


def _refusal(error: sqlite3.Error | UnicodeDecodeError, path: str) -> ModelkeepError:
    """Return the error that says why SQLite could not read or write the registry's file."""
    directory = os.path.dirname(path)
    if isinstance(error, UnicodeDecodeError):
        # A damaged schema makes the driver fail on the text of SQLite's own message.
        message = f"the database of {directory} is damaged: it holds text that is not UTF-8"
        return IntegrityError(message, "modelkeep verify --log")
    name = getattr(error, "sqlite_errorname", "")
    if is_busy(error) or name == "SQLITE_LOCKED":
        return busy(path, "holds it")
    if name.startswith(_OF_THE_DISK):
        return _unusable(name, error, path)
    if name == "SQLITE_NOTADB" or name.startswith("SQLITE_CORRUPT"):
        message = f"the database of {directory} is damaged: {error}"
    elif name.startswith("SQLITE_CONSTRAINT"):
        message = f"the tables of {directory} do not fit its log: {error}"
    else:
        message = f"the database of {directory} does not answer: {error}"
    return IntegrityError(message, "modelkeep verify --log")


def _unusable(name: str, error: sqlite3.Error, path: str) -> RegistryUnavailable:
    """Return the error for a file or a disk that cannot be used, with what helps."""
    directory = os.path.dirname(path)
    if name.startswith("SQLITE_READONLY") and not os.access(path, os.W_OK):
        return not_permitted(directory, path, "written")
    if name == "SQLITE_FULL":
        return RegistryUnavailable(f"the disk of {directory} is full: nothing was changed", "make room and try again")
    if name.startswith("SQLITE_CANTOPEN") and _too_many_are_open():
        return too_many_files(directory)
    if name.startswith("SQLITE_CANTOPEN") and is_out_of_inodes(directory):
        message = f"the disk of {directory} has no inode left for another file: nothing was changed"
        return RegistryUnavailable(message, room_hint(directory))
    if name.startswith("SQLITE_IOERR"):
        message = f"the disk of {directory} does not read or write as it should: {error}"
        return RegistryUnavailable(message, f"is it full or failing? {room_hint(directory)}; dmesg")
    hint = "are the directory and its files yours to write?"
    return RegistryUnavailable(f"the registry {directory} cannot be used: {error}", hint)


def _too_many_are_open() -> bool:
    """Tell whether this process can open no more files for SQLite, which does not say why it could not open one."""
    opened: list[int] = []
    try:
        opened.extend(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC) for _ in range(_MOST_FILES_OF_SQLITE))
    except OSError as error:
        return error.errno in TOO_MANY_FILES
    finally:
        for descriptor in opened:
            os.close(descriptor)
    return False


def lost_database(path: str) -> RegistryUnavailable | None:
    """Return the error for a database that is missing or empty beside stored bytes; None where it is not so.

    Without this error `init` would be the hint: it would begin a new log, to which the stored bytes are garbage.
    A backup has its mark before it has any bytes, so a backup that was interrupted is recognised.
    """
    directory, name = os.path.split(path)
    try:
        there = os.lstat(path) if os.path.lexists(path) else None
        if there is not None and (there.st_size or not stat.S_ISREG(there.st_mode)):
            return None
        if (begun := begun_backup(directory)) is not None:
            return RegistryUnavailable(*begun)
        held = os.listdir(os.path.join(directory, "store", "blobs", "sha256"))
    except OSError:
        return None
    if not held:
        return None
    what = "missing" if there is None else "empty"
    message = f"{printable(directory)} holds the bytes of a registry whose {name} is {what}"
    return RegistryUnavailable(message, bring_back(directory))


def begun_backup(directory: str) -> tuple[str, str] | None:
    """Return message and hint for a directory without a database that is marked as a backup, else None.

    A directory that is marked as a backup of itself is the registry, which is being restored.
    """
    mark = backup_mark.read(directory)
    if mark is None:
        return None
    here = printable(directory)
    of = backup_mark.backup_of(directory)
    if of is None:
        message = f"{here} is being put back from a backup, and that is not complete"
        return message, f"modelkeep --registry BACKUP backup {quote(here)}"
    message = f"{here} is a backup of {printable(of)} that was begun and is not complete"
    return message, f"modelkeep --registry {quote(printable(of)) if mark.of else 'DIR'} backup {quote(here)}"


def bring_back(directory: str) -> str:
    """Return the shell line that copies the database of a backup back; the stored bytes stay as they are.

    It removes the journal of a killed writer, which SQLite would play into the copy.
    """
    journal = os.path.join(directory, "registry.db-journal")
    clear = f"rm {quote(printable(journal))} && " if os.path.lexists(journal) else ""
    copy = f"cp BACKUP/registry.db {quote(printable(directory))}/"
    return f"bring it back from a backup: {clear}{copy}        (docs/backup.md)"
