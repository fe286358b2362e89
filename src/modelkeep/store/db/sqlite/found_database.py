"""The database of a registry that was found and not named: it is used only if it is in the directory that was looked at.

Whose registry it is was told by the directory's owner (`locate`). SQLite opens files by name, and who may rename the
directory could put another one in its place between the two. So each connection is compared with what was looked at.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from shlex import quote

from modelkeep.errors import RegistryUnavailable
from modelkeep.store.db.sqlite.connection import Transaction
from modelkeep.store.db.sqlite.database import Database

#: The descriptors of this process, by number.
_DESCRIPTORS = "/dev/fd"


class FoundDatabase(Database):
    """A database in a directory with a certain device and inode."""

    def __init__(
        self, directory: str, identity: tuple[int, int], *, lock_wait: float, say: Callable[[str], None] | None
    ) -> None:
        super().__init__(directory, lock_wait=lock_wait, say=say)
        self._identity = identity

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
                if (there.st_dev, there.st_ino) == self._identity and _is_open(file):
                    return
        finally:
            os.close(descriptor)
        message = f"the registry {self.directory} was replaced by another one after it was found"
        raise RegistryUnavailable(message, f"if that one is meant: modelkeep list --registry {quote(self.directory)}")


def _is_open(file: os.stat_result) -> bool:
    """Tell whether this process has a file open. Only SQLite opens a database, so it is a connection's."""
    for number in os.listdir(_DESCRIPTORS):
        with suppress(OSError):
            if os.path.samestat(os.fstat(int(number)), file):
                return True
    return False
