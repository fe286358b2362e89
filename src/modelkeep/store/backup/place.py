"""Where a backup is: a directory that is at each moment the old backup or the new one.

Contents come first, each under its digest; the database is copied under a temporary name and renamed
last. Whoever is killed in between leaves the old database, and contents that the next run finds there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from itertools import product

from modelkeep.domain.text import printable
from modelkeep.errors import Busy, Conflict, ModelkeepError, UsageError
from modelkeep.store import backup_mark
from modelkeep.store.backup_mark import Mark
from modelkeep.store.bucket.directory import DirectoryBucket, create_store
from modelkeep.store.db.sqlite.database import DATABASE, LOCK, STORE, Database
from modelkeep.store.db.sqlite.writers_queue import let_go
from modelkeep.store.db.state import SqlState
from modelkeep.store.durable import create_file, sync_directory
from modelkeep.store.os_errors import explain_destination_errors

DRAFT = f"{DATABASE}.new"
#: What may be in a directory that is taken for an empty one.
_EMPTY = frozenset({"lost+found", backup_mark.DRAFT})


class BackupPlace:
    """One directory for the backups of one registry."""

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)
        self.bucket = DirectoryBucket(os.path.join(self.path, STORE))
        self.draft = os.path.join(self.path, DRAFT)

    def check(self, registry: str, directory: str) -> None:
        """Refuse a directory that holds anything but a backup of this registry, or that lies in it, or it in that."""
        _check_apart(self.path, directory)
        with explain_destination_errors(self.path):
            try:
                names = set(os.listdir(self.path))
            except FileNotFoundError:
                os.stat(os.path.dirname(self.path))  # which must be there: an unmounted disk is no place for a backup
                return
        mark = backup_mark.read(self.path)
        if mark is None and names <= _EMPTY:
            return
        shown = printable(self.path)
        if DATABASE in names and backup_mark.backup_of(self.path) is None:
            message = f"{shown} is a registry itself and no backup: it is not written over"
            raise Conflict(message, f"another directory, or move it away first: mv {shown} {shown}.before")
        if mark is None:
            message = f"{shown} holds other things: {', '.join(map(printable, sorted(names - _EMPTY)[:3]))}"
            raise Conflict(message, f"modelkeep backup {os.path.join(shown, 'modelkeep')}")
        if mark.registry != registry:
            message = (
                f"{shown} is a backup of another registry: {printable(mark.of) or 'one that its mark does not name'}"
            )
            raise Conflict(message, "give each registry a directory of its own")

    @contextmanager
    def held(self, registry: str, directory: str) -> Iterator[None]:
        """Make the directory where it is not there, and keep other backups out while it is written."""
        self.check(registry, directory)
        with explain_destination_errors(self.path), suppress(FileExistsError):
            os.mkdir(self.path, 0o700)
            sync_directory(os.path.dirname(self.path))
        with self.alone():
            self.check(registry, directory)
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep backups out, and who sweeps or repairs: what one has brought is garbage until its database is in place."""
        with explain_destination_errors(self.path):
            descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._lock(descriptor)
            yield
        finally:
            let_go(descriptor)
            os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        try:
            import fcntl
        except ImportError:  # Windows
            return
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"a backup to {printable(self.path)} is running, or gc or a repair in it"
            raise Busy(message, "try again when it has ended") from None
        except OSError:
            return  # a file system without locks: who shares it must take turns

    def begin(self, mark: Mark) -> None:
        """Mark the directory, make what a registry needs, and clear away what a killed run left."""
        with explain_destination_errors(self.path):
            if backup_mark.read(self.path) is None:
                backup_mark.write(self.path, mark)
            create_store(self.bucket.root)
            with suppress(FileExistsError):
                create_file(os.path.join(self.path, LOCK), 0o660)
            self._clear()

    def _clear(self) -> None:
        with suppress(FileNotFoundError):
            os.unlink(self.draft)
        with suppress(FileNotFoundError):
            os.unlink(f"{self.draft}-journal")
        tmp = os.path.join(self.bucket.root, "tmp")
        for name in os.listdir(tmp):
            below = os.path.join(tmp, name)
            for draft in os.listdir(below) if os.path.isdir(below) else ():
                if draft.removesuffix("+").isdigit():  # what was damaged is kept for a look
                    os.unlink(os.path.join(below, draft))
            with suppress(OSError):
                os.rmdir(below)

    def head(self) -> tuple[int, str] | None:
        """Return number and hash of the last entry of the backup that is there, None where none can be read."""
        if not os.path.exists(os.path.join(self.path, DATABASE)):
            return None
        with suppress(ModelkeepError), Database(self.path).reading() as connection:
            found = SqlState(connection).head()
            return None if found is None else (found.seq, found.hash)
        return None

    def copy(self) -> Database:
        """Return the database that was copied and is not in its place yet."""
        return Database(self.path, name=DRAFT)

    def finish(self, mark: Mark) -> None:
        """Put the copied database in its place; from here on the backup is the new one."""
        with explain_destination_errors(self.path):
            with suppress(FileNotFoundError):
                # Of a writer that was killed, and whose database could not be read: it fits no other.
                os.unlink(os.path.join(self.path, f"{DATABASE}-journal"))
            sync_directory(self.path)
            os.replace(self.draft, os.path.join(self.path, DATABASE))
            sync_directory(self.path)
            if backup_mark.read(self.path) != mark:  # the registry was moved
                backup_mark.write(self.path, mark)

    def give_up(self) -> None:
        """Remove the copy that will not come to its place."""
        with suppress(OSError):
            os.unlink(self.draft)


def no_backup_beside(directory: str) -> AbstractContextManager[None]:
    """Return what keeps backups to a registry's directory out, where it is a backup: `Busy` where one is running.

    A backup takes the files that another has begun for what a killed one left.
    """
    return nullcontext() if backup_mark.read(directory) is None else BackupPlace(directory).alone()


def _check_apart(path: str, directory: str) -> None:
    """Refuse a backup inside what it is a backup of, and the reverse: one disaster would take both.

    So it is with a backup inside another one, or in somebody's registry, where it would be taken for garbage.
    """
    hint = "a backup belongs on another disk: modelkeep backup /mnt/backup/models"
    places = (os.path.realpath(path), os.path.realpath(os.path.join(path, STORE)))
    homes = (os.path.realpath(directory), os.path.realpath(os.path.join(directory, STORE)))
    for place, home in product(places, homes):
        if os.path.commonpath((place, home)) in {place, home}:
            message = f"{printable(path)} and the registry {printable(directory)} lie one in the other"
            raise UsageError(message, hint)
    for place in places:
        if (around := _around(place, os.path.realpath(path))) is not None:
            message = f"{printable(path)} lies in {around}"
            raise UsageError(message, hint)


def _around(place: str, itself: str) -> str | None:
    """Return in words what backup, registry or store a place lies in, None where it is in none but ``itself``."""
    above = os.path.dirname(place)
    while above != os.path.dirname(above):
        if above != itself:
            shown = printable(above)
            if (mark := backup_mark.read(above)) is not None:
                return f"{shown}, which is a backup of {printable(mark.of) or 'a registry'}"
            if os.path.isfile(os.path.join(above, DATABASE)) and os.path.lexists(os.path.join(above, STORE)):
                return f"the registry {shown}"
            if os.path.isdir(os.path.join(above, "blobs", "sha256")):
                return f"{shown}, which is the store of a registry"
        above = os.path.dirname(above)
    return None
