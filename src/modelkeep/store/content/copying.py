"""Copying one open file into another as fast as the system can, and hashing what landed.

Where the file system shares blocks (btrfs, xfs), nothing is copied at all. Elsewhere one thread has
the kernel copy while another hashes what is in the copy already: what is hashed is what was written.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from modelkeep.store.bucket.interface import NotWritten
from modelkeep.store.content.hashing import CHUNK, Content, Count, Hashing
from modelkeep.store.content.workers import begun, wait_for
from modelkeep.store.durable import begin_writing

# So much is copied at a time: enough to keep the kernel busy, and soon done when somebody says stop.
_STEP = 16 * 1024 * 1024
# A thread costs as much as copying so much.
_WORTH_A_THREAD = 2 * 1024 * 1024
# ioctl_ficlonerange(2), as Linux numbers it on x86 and ARM.
_FICLONE = 0x40049409

#: Copies so many bytes from a position of one file to the same one of another; says how many it did, 0 for none.
Way = Callable[[int, int, int, int], int]


class NotRead(OSError):
    """What refused was the file that is read."""


def copy_file(source: int, target: int, size: int, count: Count) -> Content:
    """Copy the first ``size`` bytes of an open file into an empty one, and return what is there then.

    Where the source is shorter, that is all of it. ``count`` is told of the bytes as they are hashed,
    and stops everything when it raises. An error of the source is ``NotRead``, one of the target ``NotWritten``.
    """
    if share(source, target):
        landed = os.fstat(target).st_size
        seen = _Landing(target, count)
        seen.read_to(landed)
        return seen.content
    copier = _Copier(source, target, size)
    chased = None if size < _WORTH_A_THREAD else _chased(copier, target, size, count)
    if chased is None:
        copier = _Copier(source, target, size)
        copier.run()
        chased = _Landing(target, count)
        chased.read_to(copier.landed)
    if copier.error is not None:
        raise copier.error
    return chased.content


def _chased(copier: _Copier, target: int, size: int, count: Count) -> _Landing | None:
    """Hash what another thread copies; None, and nothing done, where there is no other thread to be had."""
    seen = _Landing(target, count)
    thread = threading.Thread(target=copier.run, daemon=True)
    try:
        if not begun(thread):
            return None
        while seen.done < size and (landed := copier.landed_beyond(seen.done)) > seen.done:
            seen.read_to(landed)
    finally:
        copier.stopped = True
        wait_for(thread)  # also after ^C: the file it writes to is about to be closed
    return seen


class _Landing(Hashing):
    """What is in the copy already."""

    def _read(self, view: memoryview) -> int:
        try:
            return super()._read(view)
        except OSError as error:
            raise NotWritten(error.errno, error.strerror) from error


class _Copier:
    """One file on its way into another; its progress can be waited for from another thread."""

    def __init__(self, source: int, target: int, size: int) -> None:
        self.landed = 0
        self.stopped = False
        self.error: OSError | None = None
        self._files = source, target
        self._size = size
        self._ways = list(_WAYS)
        self._news = threading.Condition()
        self._ended = False

    def run(self) -> None:
        """Copy to the end; never raises, ``error`` says what went wrong."""
        target = self._files[1]
        try:
            while self.landed < self._size and not self.stopped:
                done = self._step(min(_STEP, self._size - self.landed))
                if done == 0:
                    break
                if self._size > _STEP:
                    begin_writing(target, self.landed, done)
                with self._news:
                    self.landed += done
                    self._news.notify()
        except OSError as error:
            self.error = error
        finally:
            with self._news:
                self._ended = True
                self._news.notify()

    def landed_beyond(self, done: int) -> int:
        """Return how much has landed, once that is more than ``done`` or all there will be."""
        with self._news:
            while self.landed <= done and not self._ended:
                self._news.wait()
            return self.landed

    def _step(self, most: int) -> int:
        """Copy some bytes in the best way that works here; 0 at the end of the source."""
        while True:
            way = self._ways[0]
            last = len(self._ways) == 1
            try:
                done = way(*self._files, self.landed, most)
            except OSError:
                # Not here, not between these two, or a real error: then the last way says whose it is.
                if last:
                    raise
                done = 0
            if done or last:
                return done
            del self._ways[0]  # a file of /proc, too, is copied in no other way than by reading it


def share(source: int, target: int) -> bool:
    """Let an empty open file share the blocks of another (a reflink); False where the file system cannot."""
    try:
        import fcntl

        fcntl.ioctl(target, _FICLONE, source)
    except (ImportError, OSError):
        return False
    return True


def _in_the_kernel(source: int, target: int, offset: int, most: int) -> int:
    return os.copy_file_range(source, target, most, offset, offset)


def _sent(source: int, target: int, offset: int, most: int) -> int:
    os.lseek(target, offset, os.SEEK_SET)
    return os.sendfile(target, source, offset, most)


def _by_hand(source: int, target: int, offset: int, most: int) -> int:
    try:
        data = os.pread(source, min(most, CHUNK), offset)
    except OSError as error:
        raise NotRead(error.errno, error.strerror) from error
    rest, position = memoryview(data), offset
    while rest:
        try:
            written = os.pwrite(target, rest, position)
        except OSError as error:
            raise NotWritten(error.errno, error.strerror) from error
        rest, position = rest[written:], position + written
    return len(data)


_WAYS: tuple[Way, ...] = (
    *((_in_the_kernel,) if hasattr(os, "copy_file_range") else ()),
    *((_sent,) if hasattr(os, "sendfile") else ()),
    _by_hand,
)
