"""A directory that was opened once: every name below it is used relative to its descriptor, and no link is followed.

Another account may own the directory, or be allowed to write in it, and can put a link where a file was between any two
calls. So a name is only used in the directory that holds it, one name at a time. Modes are set on descriptors.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self

from modelkeep.domain.text import printable
from modelkeep.errors import Conflict
from modelkeep.store.access.permissions import user_name
from modelkeep.store.access.rename_rights import others_may_rename_in
from modelkeep.store.durable import make_directories

# Windows has none of these flags, and imports this module.
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_DIRECTORY = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _NOFOLLOW
#: A pipe is not waited for.
_FILE = os.O_RDONLY | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0)
#: To look at a name, and to pass a directory that may be entered and not listed.
_LOOK = getattr(os, "O_PATH", 0) | _NOFOLLOW
#: As many links as Linux follows.
_MOST_LINKS = 40


class OpenedDirectory:
    """A directory by its descriptor. ``path`` is only for messages; names are relative, and hold no ``/``."""

    def __init__(self, descriptor: int, path: str) -> None:
        self.descriptor = descriptor
        self.path = path

    @property
    def stable_path(self) -> str:
        """A path that leads here whatever takes the place of a name, where the system has one."""
        path = f"/proc/self/fd/{self.descriptor}"
        return path if os.path.isdir(path) else self.path

    def __enter__(self) -> Self:
        """Return the directory itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close the descriptor."""
        self.close()

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self.descriptor)

    def status(self, name: str) -> os.stat_result | None:
        """Return the ``lstat`` of a name, None where nothing is there."""
        try:
            return os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def is_(self, name: str, descriptor: int) -> bool:
        """Tell whether a name is that of a file or directory that is open."""
        there = self.status(name)
        return there is not None and os.path.samestat(there, os.fstat(descriptor))

    def entries(self) -> list[os.DirEntry[str]]:
        """Return what is in the directory, by name."""
        with os.scandir(self.descriptor) as found:
            return sorted(found, key=lambda entry: entry.name)

    def others_may_rename_inside(self) -> bool:
        """Tell whether another account may rename what is in the directory."""
        return others_may_rename_in(self.descriptor, os.fstat(self.descriptor))

    def enter(self, name: str) -> Self:
        """Open a directory inside; a link raises ``OSError``."""
        return type(self)(self._open(name, _DIRECTORY), os.path.join(self.path, name))

    @contextmanager
    def below(self, path: str, *, make: bool = False) -> Iterator[Self]:
        """Yield the directory at a relative path with ``/``, opened or made name by name; an empty path is this one."""
        directory = self
        try:
            for name in filter(None, path.split("/")):
                above = directory
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(name, 0o755, dir_fd=above.descriptor)
                directory = above.enter(name)
                if above is not self:
                    above.close()
            yield directory
        finally:
            if directory is not self:
                directory.close()

    def open_file(self, name: str) -> int:
        """Open a file for reading, whatever its kind: a link raises ``OSError``."""
        return self._open(name, _FILE)

    def create(self, name: str, mode: int) -> int:
        """Make an empty file with a mode less the umask; return its descriptor, to write and to read."""
        return self._open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NOFOLLOW, mode)

    def rename(self, name: str, new: str, into: OpenedDirectory | None = None) -> None:
        """Give a name another one, here or in another directory; a file that has it already is replaced."""
        os.rename(name, new, src_dir_fd=self.descriptor, dst_dir_fd=(into or self).descriptor)

    def link(self, name: str, new: str, into: OpenedDirectory) -> None:
        """Give a file a second name, in another directory."""
        os.link(name, new, src_dir_fd=self.descriptor, dst_dir_fd=into.descriptor, follow_symlinks=False)

    def unlink(self, name: str) -> None:
        """Remove a file or a link."""
        with self._named(name):
            os.unlink(name, dir_fd=self.descriptor)

    def rmdir(self, name: str) -> None:
        """Remove an empty directory."""
        with self._named(name):
            os.rmdir(name, dir_fd=self.descriptor)

    def remove(self, name: str) -> None:
        """Remove a file, a link, or a directory with all that is in it; errors are passed over."""
        with suppress(OSError):
            self.unlink(name)
            return
        from shutil import rmtree  # costs 10 ms

        rmtree(name, ignore_errors=True, dir_fd=self.descriptor)

    def clear(self) -> None:
        """Remove all that is in the directory; errors are passed over."""
        with suppress(OSError):
            for name in os.listdir(self.descriptor):
                self.remove(name)

    def sync_file(self, name: str) -> None:
        """Make the bytes of a file durable."""
        descriptor = self.open_file(name)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def sync(self) -> None:
        """Make the names in the directory durable."""
        os.fsync(self.descriptor)

    def _open(self, name: str, flags: int, mode: int = 0) -> int:
        with self._named(name):
            return os.open(name, flags, mode, dir_fd=self.descriptor)

    @contextmanager
    def _named(self, name: str) -> Iterator[None]:
        """Let an error name the whole path."""
        try:
            yield
        except OSError as error:
            raise OSError(error.errno, error.strerror, os.path.join(self.path, name)) from error


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
        return OpenedDirectory(os.open(path, _DIRECTORY & ~_NOFOLLOW), path)
    walk = _Walk(path, make=make)
    try:
        return OpenedDirectory(walk.open(), path)
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

    def open(self) -> int:
        """Return the descriptor of the directory at the end of the path."""
        self._go()
        return os.open(".", _DIRECTORY, dir_fd=self._descriptor)

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
            raise Conflict(message, f"name what it leads to: {printable(os.path.realpath(self._path))}")

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
        opened = os.open(".", _DIRECTORY, dir_fd=descriptor)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
