"""Copying one open file into another in the kernel, and hashing what landed.

Where the file system shares blocks (btrfs, xfs), nothing is copied. Elsewhere one thread has the kernel copy
while another hashes what is in the copy already: what is hashed is what was written. See docs/decisions/0014.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from modelkeep.store.bucket.interface import NotWritten
from modelkeep.store.content.hashing import CHUNK, Content, Count, FileHash
from modelkeep.store.content.workers import begun, wait_for

#: So many bytes are copied at a time: enough to keep the kernel busy, and soon done when the copy is stopped.
_STEP = 16 * 1024 * 1024
#: A thread costs as much as copying so many bytes.
_WORTH_A_THREAD = 2 * 1024 * 1024
#: ioctl_ficlonerange(2), as Linux numbers it on x86 and ARM.
_FICLONE = 0x40049409

#: Copies at most so many bytes from a position of one file to the same one of another; returns how many, 0 for none.
_Way = Callable[[int, int, int, int], int]


class NotRead(OSError):
    """The file that is read refused it."""


def copy_file(source: int, target: int, size: int, count: Count) -> Content:
    """Copy the first ``size`` bytes of an open file into an empty one, and return what is there then.

    Where the source is shorter, that is all of it. ``count`` is called as bytes are hashed, and
    stops everything when it raises. An error of the source is a `NotRead`, one of the target a `NotWritten`.
    """
    landing = _Landing(target, count)
    if _share_blocks(source, target):
        landing.read_to(os.fstat(target).st_size)
        return landing.content
    copier = _Copier(source, target, size)
    thread = threading.Thread(target=copier.run, daemon=True) if size >= _WORTH_A_THREAD else None
    if thread is None or not begun(thread):
        copier.run()
        landing.read_to(copier.landed)
    else:
        try:
            while landing.done < size and (landed := copier.landed_beyond(landing.done)) > landing.done:
                landing.read_to(landed)
        finally:
            copier.stopped = True
            wait_for(thread)  # also after ^C: the file it writes to is about to be closed
    if copier.error is not None:
        raise copier.error
    return landing.content


class _Landing(FileHash):
    """The hash of what is in the copy already."""

    def _read(self, view: memoryview) -> int:
        try:
            return super()._read(view)
        except OSError as error:
            raise NotWritten(error.errno, error.strerror) from error


class _Copier:
    """One file on its way into another; another thread can wait for its progress."""

    def __init__(self, source: int, target: int, size: int) -> None:
        self.landed = 0
        self.stopped = False
        self.error: OSError | None = None
        self._files = source, target
        self._size = size
        self._ways: list[_Way] = [_in_the_kernel, _by_hand] if hasattr(os, "copy_file_range") else [_by_hand]
        self._progress = threading.Condition()
        self._ended = False

    def run(self) -> None:
        """Copy to the end; never raises, ``error`` says what went wrong."""
        try:
            while self.landed < self._size and not self.stopped:
                done = self._step(min(_STEP, self._size - self.landed))
                if done == 0:
                    break
                with self._progress:
                    self.landed += done
                    self._progress.notify()
        except OSError as error:
            self.error = error
        finally:
            with self._progress:
                self._ended = True
                self._progress.notify()

    def landed_beyond(self, done: int) -> int:
        """Return how much has landed, once that is more than ``done`` or all there will be."""
        with self._progress:
            while self.landed <= done and not self._ended:
                self._progress.wait()
            return self.landed

    def _step(self, most: int) -> int:
        """Copy some bytes in the best way that works here; 0 at the end of the source."""
        if len(self._ways) > 1:
            try:
                done = self._ways[0](*self._files, self.landed, most)
            except OSError:  # not between these two files, or a real error: reading by hand says whose it is
                done = 0
            if done:
                return done
            del self._ways[0]  # also at 0 bytes: a file of /proc can only be read by hand
        return self._ways[0](*self._files, self.landed, most)


def _share_blocks(source: int, target: int) -> bool:
    """Let an empty open file share the blocks of another (a reflink); False where the file system cannot."""
    try:
        import fcntl

        fcntl.ioctl(target, _FICLONE, source)
    except (ImportError, OSError):
        return False
    return True


def _in_the_kernel(source: int, target: int, offset: int, most: int) -> int:
    return os.copy_file_range(source, target, most, offset, offset)


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
