"""One source file: its state when it was found, and reading it only while it is still in that state.

Directories are opened one name at a time and never through a symbolic link, unless the user asked
to follow them.
"""

from __future__ import annotations

import errno
import os

from msgspec import Struct

from modelkeep.domain.text import printable
from modelkeep.errors import Conflict
from modelkeep.store.named_paths import open_directory
from modelkeep.store.os_errors import source_error

_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | getattr(os, "O_NOCTTY", 0)
#: The errors of opening a file that is gone, or is no regular file any more.
_GONE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO}


class Stamp(Struct, frozen=True):
    """The state of a file when it was found: identity, size in bytes, times in nanoseconds."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        """Return the stamp of what ``stat`` said."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)

    def is_of(self, status: os.stat_result) -> bool:
        """Tell whether a file is the one of this stamp, and unchanged."""
        return self == Stamp.of(status)


class Source(Struct, frozen=True):
    """One file that goes in: ``path`` in the artifact; ``root`` as typed and ``inner``, the way below it; ``guarded``: no secret may be in it; ``executable``: its owner may run it."""

    path: str
    root: str
    inner: str
    stamp: Stamp
    follow: bool
    guarded: bool
    executable: bool = False

    @property
    def shown(self) -> str:
        """The path as the user would type it."""
        return printable(os.path.join(self.root, self.inner) if self.inner else self.root)


def open_source(source: Source) -> int:
    """Open a file that was found; ``Conflict`` where it is not the one that was found."""
    try:
        descriptor = open_below(source.root, source.inner, follow=source.follow)
    except OSError as error:
        if error.errno in _GONE:
            raise changed(source.shown) from error
        raise source_error(error, source.shown) from error
    try:
        require_unchanged(source, descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def require_unchanged(source: Source, descriptor: int) -> None:
    """Raise ``Conflict`` where an open file is not what it was when it was found."""
    if not source.stamp.is_of(os.fstat(descriptor)):
        raise changed(source.shown)


def changed(shown: str) -> Conflict:
    """Return the error for a source that was changed while it was read."""
    message = f"'{shown}' was changed while it was read"
    return Conflict(message, "wait until whatever writes it has finished, then try again")


def open_below(root: str, inner: str, *, follow: bool, directory: bool = False) -> int:
    """Open what was typed, then go down name by name; only what was typed may be a symbolic link.

    A directory is opened as `open_directory` does it: a link of another account does not lead to what is not its own.
    """
    names = inner.split("/") if inner else []
    kinds = [os.O_DIRECTORY] * len(names) + [os.O_DIRECTORY if directory else 0]
    descriptor = open_directory(root).descriptor if kinds[0] else os.open(root, _READ)
    for name, kind in zip(names, kinds[1:], strict=True):
        above = descriptor
        try:
            descriptor = os.open(name, _READ | kind | (0 if follow else os.O_NOFOLLOW), dir_fd=above)
        finally:
            os.close(above)
    return descriptor
