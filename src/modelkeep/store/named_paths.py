"""What a user named: the way to a directory or a file, and its name as a manifest has it.

The path may lead through links that another account made, in a directory of that account.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress

from modelkeep.domain.text import printable
from modelkeep.errors import Conflict
from modelkeep.local_path import real_path
from modelkeep.store.access.permissions import user_name
from modelkeep.store.durable import make_directories
from modelkeep.store.opened_directory import OpenedDirectory

#: To look at a name, and to pass a directory that may be entered and not listed.
_LOOK = getattr(os, "O_PATH", 0) | getattr(os, "O_NOFOLLOW", 0)
#: As many links as Linux follows.
_MOST_LINKS = 40


def name_on_disk(path: str) -> str:
    """Return a manifest's path, which is UTF-8, as text that the file system's calls encode to the same bytes."""
    return os.fsdecode(path.encode())


def name_from_disk(path: str) -> str:
    """Return a path of the file system, or one that was typed, as a manifest has it, whatever the locale.

    Its bytes are taken for UTF-8; what is none of it stays escaped.
    """
    return path if sys.getfilesystemencoding() == "utf-8" else os.fsencode(path).decode("utf-8", "surrogateescape")


def open_directory(path: str, *, make: bool = False) -> OpenedDirectory:
    """Open a directory that a user named; with ``make``, missing ones on the way are made, durably.

    A link that another account made (neither ours nor root's) counts only where it leads to a directory of that
    account, which could write there itself: else ``Conflict``. Only Linux can tell which link it has followed.
    """
    if not hasattr(os, "O_PATH"):
        if make:
            make_directories(path)
        return OpenedDirectory.at(path)
    walk = _Walk(path, make=make)
    try:
        return walk.open()
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from error
    finally:
        walk.close()


def status_of(path: str) -> os.stat_result:
    """Return the status of what a user named, without opening it; links of other accounts as in `open_directory`."""
    if not hasattr(os, "O_PATH"):
        return os.stat(path)
    walk = _Walk(path, make=False)
    try:
        return walk.status()
    except FileNotFoundError:
        status = os.stat(path)  # a pipe or a deleted file of this process (`/dev/fd/63`) has no name to go to
        if status.st_nlink and (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            raise
        return status
    finally:
        walk.close()


def seen(path: str) -> os.stat_result | None:
    """Return `status_of` a path, None where it cannot be told: opening it says why."""
    with suppress(OSError, ValueError):
        return status_of(path)
    return None


def replace_file(path: str, data: bytes) -> None:
    """Replace a file of the user's, or make it, durably and in one step; a link to it stays a link.

    Under ``sudo -E`` it is in another account's home. Links of other accounts count as in `open_directory`.
    """
    above, name = os.path.split(real_path(path))
    make_directories(above, 0o700)
    with OpenedDirectory.at(above) as directory:
        there = directory.status(name)
        _require_same(there, path)
        draft = f"{name}.{os.urandom(8).hex()}.tmp"
        descriptor = directory.create(draft, 0o600 if there is None else there.st_mode & 0o777)
        try:
            with open(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(descriptor)
            directory.rename(draft, name)
            directory.sync()
        except BaseException:
            directory.unlink(draft)
            raise


def _require_same(there: os.stat_result | None, path: str) -> None:
    if there is not None and not os.path.samestat(there, status_of(path)):
        raise OSError(errno.ESTALE, "it was replaced meanwhile")


class _Walk:
    """The way to one directory or file, a name at a time."""

    def __init__(self, path: str, *, make: bool) -> None:
        self._path = path
        self._make = make
        self._descriptor = os.open("/" if path.startswith("/") else ".", _LOOK | os.O_DIRECTORY)
        self._names = _names(path)
        self._links = 0
        self._owners: set[int] = set()

    def close(self) -> None:
        """Close what is open."""
        os.close(self._descriptor)

    def open(self) -> OpenedDirectory:
        """Return the directory at the end of the path, opened."""
        self._go()
        return OpenedDirectory(os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self._descriptor), self._path)

    def status(self) -> os.stat_result:
        """Return the status of what is at the end of the path."""
        self._go()
        status = os.fstat(self._descriptor)
        if self._path.endswith(("/", "/.")) and not stat.S_ISDIR(status.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        return status

    def _go(self) -> None:
        while self._names:
            self._step(self._names.pop())
        self._require_same_owner()

    def _require_same_owner(self) -> None:
        """Refuse what a link of an account led to where it is not that account's."""
        strangers = self._owners - {os.fstat(self._descriptor).st_uid}
        if strangers:
            maker = user_name(min(strangers))
            message = f"a link that {maker} made leads '{printable(self._path)}' to what is not {maker}'s"
            raise Conflict(message, f"name what it leads to: {printable(real_path(self._path))}")

    def _step(self, name: str) -> None:
        try:
            found = os.open(name, _LOOK, dir_fd=self._descriptor)
        except FileNotFoundError:
            if not self._make:
                raise
            self._require_same_owner()
            with suppress(FileExistsError):
                os.mkdir(name, dir_fd=self._descriptor)
                _sync(self._descriptor)
            found = os.open(name, _LOOK, dir_fd=self._descriptor)
        status = os.fstat(found)
        if stat.S_ISLNK(status.st_mode):
            try:
                self._follow(os.readlink("", dir_fd=found), status.st_uid)
            finally:
                os.close(found)
            return
        os.close(self._descriptor)
        self._descriptor = found

    def _follow(self, target: str, owner: int) -> None:
        self._links += 1
        if self._links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if owner not in {0, os.geteuid()}:
            self._owners.add(owner)
        self._names += _names(target)
        if target.startswith("/"):
            os.close(self._descriptor)
            self._descriptor = os.open("/", _LOOK | os.O_DIRECTORY)


def _names(path: str) -> list[str]:
    """Return the names of a path, the last one first."""
    return [name for name in reversed(path.split("/")) if name not in {"", "."}]


def _sync(descriptor: int) -> None:
    """Make the names in a directory durable; one that may not be listed has no descriptor for that."""
    with suppress(PermissionError):
        opened = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=descriptor)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
