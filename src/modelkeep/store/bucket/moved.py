"""A file of the user's that goes into the store as it is: a draft that is a second name of it.

See ``store.incoming.moving`` for when that is right, and why no other version relies on it until the
first name is gone (``DirectoryBatch.keep``).
"""

from __future__ import annotations

import os
import signal
import stat
from contextlib import suppress

from modelkeep.store.bucket.drafts import DirectoryDraft
from modelkeep.store.durable import status_of
from modelkeep.store.os_errors import explain_store_errors

_OURS_AND_THEIRS = 2
_ACCESS_LIST = "system.posix_acl_access"


class MovedDraft(DirectoryDraft):
    """A file of the user's that has a second name among the drafts. Its mode is given back unless it is let go.

    That name ends with its mode (``7-0644``), for whoever tidies up after us.
    """

    def __init__(self, status: os.stat_result, path: str, root: str, *, sync: bool) -> None:
        """Take note of an open file as ``fstat`` tells it; nothing is done to it yet."""
        self._status = status
        self._mode: int = stat.S_IMODE(status.st_mode)
        self._stays = True
        self.path = f"{path}-{self._mode:04o}"
        self._root = root
        self._sync = sync
        self._descriptor = -1

    def take(self, descriptor: int) -> None:
        """Give the file its second name; ``OSError`` where it cannot be had, or not for us alone."""
        if self._status.st_nlink != 1 or self._status.st_uid != os.geteuid() or _has_access_list(descriptor):
            message = "its mode and its pen would not be ours"
            raise OSError(message)
        _link_open_file(descriptor, self.path)
        os.fchmod(descriptor, 0o444)
        _require_no_writer(descriptor)

    def finish(self) -> None:
        """Sync where each file is synced: whoever wrote it may not have done so."""
        if self._sync:
            with explain_store_errors(self._root):  # it is the store's disk as well
                self.sync()

    def is_as_it_was(self) -> bool:
        """Tell whether nobody has written to the file since it was taken: root, or its owner, may do so whatever its mode."""
        now = status_of(self.path)
        return now is not None and (now.st_size, now.st_mtime_ns) == (self._status.st_size, self._status.st_mtime_ns)

    def let_go(self) -> None:
        """Take note that the file is the store's by now."""
        self._stays = False

    def stay(self) -> None:
        """Take note that the file is the user's again: the store has bytes of its own."""
        self._stays = True

    def discard(self) -> None:
        """Remove the second name, and give the mode back where the first one stays.

        Where it cannot be, the second name stays for `gc`, which will.
        """
        if self.path and self._stays:
            with suppress(FileNotFoundError):
                try:
                    if self.status().st_nlink <= _OURS_AND_THEIRS:  # else it is on its shelf: nobody may write to it
                        os.chmod(self.path, self._mode)
                except OSError:
                    self.path = ""
        super().discard()


def _link_open_file(descriptor: int, path: str) -> None:
    """Give an open file a second name: this file and no other, whatever its first name leads to by now."""
    here = os.open(".", os.O_PATH | os.O_CLOEXEC) if hasattr(os, "O_PATH") else os.open(".", os.O_RDONLY)
    try:
        os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=here, follow_symlinks=True)
    finally:
        os.close(here)


def _has_access_list(descriptor: int) -> bool:
    if not hasattr(os, "listxattr"):
        return False
    try:
        return _ACCESS_LIST in os.listxattr(descriptor)
    except OSError:
        return False


def _require_no_writer(descriptor: int) -> None:
    """Raise ``OSError`` where somebody has the file open for writing, or nobody can tell.

    A read lease is refused by the kernel while there is a writer (fcntl(2)). It is given back at once; should
    it be broken meanwhile, the signal for it is one that nobody minds.
    """
    import fcntl

    if not hasattr(fcntl, "F_SETLEASE"):
        message = "this system does not tell"
        raise OSError(message)
    fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
