"""Where a process writes drafts into a directory bucket: a directory of its own, locked while the process lives.

<root>/tmp/<boot>-<pid>-<rand>/<number>

The lock (``flock`` on the directory) tells `stale_drafts` that the writer lives, on whichever machine it
runs; the name tells a person which process it was.
"""

from __future__ import annotations

import itertools
import os
import stat
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from modelkeep.store.durable import status_of

if TYPE_CHECKING:
    from types import TracebackType

_TMP = "tmp"


class DraftDirectory:
    """A directory for drafts, made with the first of them; to be used in a ``with`` block."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._path = ""
        self._descriptor = -1
        self._numbers = itertools.count(1)
        self._making = threading.Lock()

    def __enter__(self) -> Self:
        """Begin; nothing is made yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the directory if it is empty, and release the lock."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            with suppress(OSError):  # what a repair set aside stays in it
                os.rmdir(self._path)
            os.close(descriptor)

    @property
    def path(self) -> str:
        """The directory; it is made if it is not there yet."""
        if self._descriptor < 0:
            with self._making:
                while self._descriptor < 0:
                    self._make()
        return self._path

    def new_path(self) -> str:
        """Return a path for one more draft; several threads may call this."""
        return f"{self.path}/{next(self._numbers)}"

    def _make(self) -> None:
        path = os.path.join(self._root, _TMP, f"{boot_id()}-{os.getpid()}-{os.urandom(8).hex()}")
        try:
            make_directory(path)
        except FileNotFoundError:
            make_tmp(self._root)
            make_directory(path)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:  # gc removed it before it was locked
            return
        _lock(descriptor)
        there = status_of(path)
        if there is None or not os.path.samestat(there, os.fstat(descriptor)):
            os.close(descriptor)
            return
        self._path, self._descriptor = path, descriptor


def make_tmp(root: str) -> None:
    """Make ``tmp`` again: a tool that copies no empty directories may have left it out.

    ``FileNotFoundError`` where the rest of the bucket is missing too: its disk is not mounted there.
    """
    os.stat(os.path.join(root, "blobs", "sha256"))
    make_directory(os.path.join(root, _TMP))


def make_directory(path: str) -> bool:
    """Make one directory, as open to the group as the one it lies in; False where it is there already."""
    try:
        os.mkdir(path)
    except FileExistsError:
        if not os.path.isdir(path):
            raise
        _open_to_group(path)
        return False
    above = os.stat(os.path.dirname(path)).st_mode
    if above & stat.S_ISGID:  # a shared registry: the umask of one account must not lock the others out
        os.chmod(path, stat.S_IMODE(above) & ~stat.S_ISVTX)
    return True


def boot_id() -> str:
    """Return which boot of which machine this is, as 32 hex digits; ``unknown`` where the system does not say."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip().replace("-", "")
    except OSError:
        return "unknown"


def _open_to_group(path: str) -> None:
    """Give a directory of this account the mode that a process which was killed while it made it could not give.

    The mode is set through a descriptor that follows no link: a member of the group may have put one there.
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
    """Hold the lock until the descriptor is closed; on a file system without locks the name alone must do."""
    with suppress(ImportError, OSError):
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)
