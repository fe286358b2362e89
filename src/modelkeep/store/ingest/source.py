"""One source file: its state when it was found, and reading it only while it is still in that state.

Directories are opened one name at a time and never through a symbolic link, unless the user asked
to follow them.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Self

from msgspec import Struct

from modelkeep.domain.text import printable
from modelkeep.errors import Conflict
from modelkeep.store.named_paths import open_directory
from modelkeep.store.os_errors import source_error

_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | getattr(os, "O_NOCTTY", 0)
#: The errors of opening a file that is gone, or is no regular file any more.
_GONE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO}
#: How many typed directories stay open.
_MOST_ROOTS = 16


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


class SourceOpener:
    """Opens files that were found, in a ``with`` block. Several threads may use it.

    The directories that were typed stay open: the way to one is as long as the way to a file below it. Where there are
    many, each is opened again for each file.
    """

    def __init__(self, sources: Iterable[Source]) -> None:
        roots = {source.root: source for source in sources if source.inner}
        self._roots = roots if len(roots) <= _MOST_ROOTS else {}
        self._opened: dict[str, int] = {}
        self._held = ExitStack()

    def __enter__(self) -> Self:
        """Open the directories."""
        with ExitStack() as held:
            for root, source in self._roots.items():
                with _refusing_changes(source):
                    self._opened[root] = held.enter_context(open_directory(root)).descriptor
            self._held = held.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        """Close the directories."""
        self._held.close()

    def open(self, source: Source) -> int:
        """Open a file; ``Conflict`` where it is not the one that was found."""
        with _refusing_changes(source):
            root = self._opened.get(source.root)
            if source.inner and root is not None:
                descriptor = _open_inside(root, source.inner, follow=source.follow)
            else:
                descriptor = open_below(source.root, source.inner, follow=source.follow)
        try:
            require_unchanged(source, descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor


@contextmanager
def _refusing_changes(source: Source) -> Iterator[None]:
    """Translate the errors of opening a file that was found."""
    try:
        yield
    except OSError as error:
        if error.errno in _GONE:
            raise changed(source.shown) from error
        raise source_error(error, source.shown) from error


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
    if not inner:
        return open_directory(root).descriptor if directory else os.open(root, _READ)
    with open_directory(root) as opened:
        return _open_inside(opened.descriptor, inner, follow=follow, directory=directory)


def _open_inside(root: int, inner: str, *, follow: bool, directory: bool = False) -> int:
    """Go down from an open directory, name by name, and open what is at the end."""
    flags = _READ | (0 if follow else os.O_NOFOLLOW)
    *names, last = inner.split("/")
    above = root
    try:
        for name in names:
            below = os.open(name, flags | os.O_DIRECTORY, dir_fd=above)
            if above != root:
                os.close(above)
            above = below
        return os.open(last, flags | (os.O_DIRECTORY if directory else 0), dir_fd=above)
    finally:
        if above != root:
            os.close(above)
