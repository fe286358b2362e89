"""A directory that was opened once: every name below it is used relative to its descriptor, and no link is followed.

Another account may own the directory, or be allowed to write in it, and can put a link where a file was between any two
calls. So a name is only used in the directory that holds it, one name at a time. Modes are set on descriptors.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self

from modelkeep.store.access.rename_rights import others_may_rename_in

# Windows has none of these flags, and imports this module.
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_DIRECTORY = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _NOFOLLOW
#: A pipe is not waited for.
_FILE = os.O_RDONLY | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0)


class OpenedDirectory:
    """A directory by its descriptor. ``path`` is only for messages; names are relative, and hold no ``/``."""

    def __init__(self, descriptor: int, path: str) -> None:
        self.descriptor = descriptor
        self.path = path

    @classmethod
    def at(cls, path: str, *, follow: bool = True) -> Self:
        """Open a directory by its path, whose last name may be a link where it is to ``follow`` that."""
        return cls(os.open(path, _DIRECTORY & ~_NOFOLLOW if follow else _DIRECTORY), path)

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

    def is_empty(self) -> bool:
        """Tell whether nothing is in the directory."""
        with os.scandir(self.descriptor) as found:
            return next(found, None) is None

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
