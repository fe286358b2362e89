"""A database that is used only if it is in the directory that was looked at.

Whose registry it is was told by the directory's owner, where it was found and not named (`locate`). A change of the
store holds to the directory that it began in, named or found. SQLite opens files by name, and who may rename the
directory could put another one in its place meanwhile. So each connection is compared with what was looked at.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from modelkeep.store.db.sqlite.connection import Transaction
from modelkeep.store.db.sqlite.database import Database
from modelkeep.store.os_errors import replaced_registry

#: The descriptors of this process, by number.
_DESCRIPTORS = "/dev/fd"


class FoundDatabase(Database):
    """A database in a directory with a certain device and inode."""

    def __init__(
        self, directory: str, identity: tuple[int, int], *, lock_wait: float, say: Callable[[str], None] | None
    ) -> None:
        super().__init__(directory, lock_wait=lock_wait, say=say)
        self.identity = identity

    @classmethod
    def of(cls, database: Database) -> FoundDatabase:
        """Return a database of the directory that has its name now; one of a directory that was found stays that.

        Raises ``OSError`` where there is no directory, or the system does not tell which files are open.
        """
        if isinstance(database, cls):
            return database
        os.stat(_DESCRIPTORS)
        status = os.stat(database.directory)
        held = cls(database.directory, (status.st_dev, status.st_ino), lock_wait=database.lock_wait, say=None)
        vars(held).update(vars(database))
        return held

    @contextmanager
    def locked(self, opened: Transaction | None = None) -> Iterator[Transaction]:
        """Yield a transaction as `Database.locked` does, of a file that was compared."""
        with super().locked(opened) as writer:
            self.require_same()
            yield writer

    def _open_for_reading(self, wait_seconds: float) -> Transaction:
        reader = super()._open_for_reading(wait_seconds)
        try:
            self.require_same()
        except BaseException:
            reader.close()
            raise
        return reader

    def require_same(self) -> None:
        """Raise ``RegistryUnavailable`` unless SQLite has opened the file of the directory that was looked at."""
        descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            there = os.fstat(descriptor)
            with suppress(FileNotFoundError):
                file = os.stat(os.path.basename(self.path), dir_fd=descriptor, follow_symlinks=False)
                if (there.st_dev, there.st_ino) == self.identity and is_open(file):
                    return
        finally:
            os.close(descriptor)
        raise replaced_registry(self.directory)


def is_open(file: os.stat_result) -> bool:
    """Tell whether this process has a file open. Only SQLite opens a database, so it is a connection's."""
    for number in os.listdir(_DESCRIPTORS):
        with suppress(OSError):
            if os.path.samestat(os.fstat(int(number)), file):
                return True
    return False
