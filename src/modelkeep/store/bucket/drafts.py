"""Files being written into a directory store: each process has a place of its own, locked while it lives.

<root>/tmp/<boot>-<pid>-<rand>/<number>

The lock (``flock`` on the directory) tells whoever tidies up that the writer lives, on whichever
machine it runs; the name tells a person who it was.
"""

from __future__ import annotations

import errno
import itertools
import os
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from modelkeep.store.bucket.interface import NotWritten
from modelkeep.store.durable import status_of
from modelkeep.store.os_errors import store_error

_T = TypeVar("_T")
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


TMP = "tmp"


class Workplace:
    """A directory in ``tmp`` of the store at ``root`` for drafts, made with the first of them."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._parent = os.path.join(root, TMP)
        self._path = ""
        self._descriptor = -1
        self._numbers = itertools.count(1)
        self._making = threading.Lock()

    def new_path(self) -> str:
        """Return a path for one more file; may be called from several threads."""
        if self._descriptor < 0:
            with self._making:
                while self._descriptor < 0:
                    self._make()
        return f"{self._path}/{next(self._numbers)}"

    def leave(self) -> None:
        """Remove the directory, which is empty by now, and let go of the lock."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            _quietly(os.rmdir, self._path)
            _quietly(os.close, descriptor)

    def _make(self) -> None:
        path = os.path.join(self._parent, _tmp_name())
        try:
            make_directory(path)
        except FileNotFoundError:
            make_tmp(self._root)
            make_directory(path)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:  # somebody tidied up before it was locked
            return
        _lock(descriptor)
        there = status_of(path)
        if there is None or not os.path.samestat(there, os.fstat(descriptor)):
            os.close(descriptor)
            return
        self._path, self._descriptor = path, descriptor


class DirectoryDraft:
    """A file being written."""

    def __init__(self, path: str, root: str, *, sync: bool) -> None:
        self.path = path
        self._root = root
        self._sync = sync
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes, all of them."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            raise store_error(error, self._root) from error

    def fill(self, copy: Callable[[int], _T]) -> _T:
        """Have the bytes copied into the open file; what it refuses is the store's trouble."""
        try:
            return copy(self._descriptor)
        except NotWritten as error:
            raise store_error(error, self._root) from error

    def finish(self) -> None:
        """Take the pen away (mode 0444), sync where each file is synced, and close."""
        descriptor, self._descriptor = self._descriptor, -1
        try:
            try:
                os.fchmod(descriptor, 0o444)
                if self._sync:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise store_error(error, self._root) from error

    def sync(self) -> None:
        """Make a finished draft durable by itself."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def status(self) -> os.stat_result:
        """Return what ``lstat`` says of a finished draft."""
        return os.lstat(self.path)

    def link(self, place: str) -> bool:
        """Give a finished draft a second name, where it stays; False where one is there, or no file has two names."""
        try:
            os.link(self.path, place)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            return False
        return True

    def replace(self, place: str) -> None:
        """Put a finished draft in the place of what is there, in one step; where it can be, it stays at hand too."""
        second = self.path + "+"
        if self.link(second):
            try:
                os.rename(second, place)
            except BaseException:
                _quietly(os.unlink, second)
                raise
        else:
            path, self.path = self.path, ""
            os.rename(path, place)

    def discard(self) -> None:
        """Remove the file under its passing name; what was linked to its place stays."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            _quietly(os.close, descriptor)
        if self.path:
            path, self.path = self.path, ""
            _quietly(os.unlink, path)


def make_tmp(root: str) -> None:
    """Make the directory for drafts again: somebody tidied up, or copied the store with a tool that leaves out empty ones.

    Not where the rest of the store is away as well: that is the empty place where its disk is to be mounted.
    """
    os.stat(os.path.join(root, "blobs", "sha256"))
    make_directory(os.path.join(root, TMP))


def make_directory(path: str) -> bool:
    """Make one directory, as open to the group as the one it lies in; False where it is there already."""
    try:
        os.mkdir(path)
    except FileExistsError:
        if not os.path.isdir(path):
            raise
        _heal(path)
        return False
    above = os.stat(os.path.dirname(path)).st_mode
    if above & stat.S_ISGID:  # a shared registry: the colleague's umask must not lock the others out
        os.chmod(path, stat.S_IMODE(above) & ~stat.S_ISVTX)
    return True


def _heal(path: str) -> None:
    """Open a directory of ours to the group, should we have been killed after making it and before doing so.

    Through a descriptor that follows no link: a member of the group may have put one there.
    """
    above = os.stat(os.path.dirname(path)).st_mode
    if not above & stat.S_ISGID:
        return
    wanted = stat.S_IMODE(above) & ~stat.S_ISVTX
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if stat.S_IMODE(status.st_mode) != wanted and status.st_uid == os.geteuid():
                os.fchmod(descriptor, wanted)
        finally:
            os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Hold the lock until the descriptor is closed; a file system without locks tidies up by names alone."""
    with suppress(ImportError, OSError):
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _tmp_name() -> str:
    """Return a name that tells which process of which boot is writing, for whoever finds it after a crash."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read().strip().replace("-", "")
    except OSError:
        boot = "unknown"
    return f"{boot}-{os.getpid()}-{os.urandom(8).hex()}"


def _quietly(act: Callable[[_T], None], what: _T) -> None:
    """Do what only tidies up: its failure must not hide the error that led here."""
    with suppress(OSError):
        act(what)
