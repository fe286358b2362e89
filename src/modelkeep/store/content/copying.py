"""Copying one open file into another in the kernel, and hashing what landed.

Where the file system shares blocks (btrfs, xfs), nothing is copied. Elsewhere one thread has the kernel copy, and
then write to the disk, while another hashes what is in the copy already: what is hashed is what was written. See
docs/decisions/0014.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Iterator
from contextlib import closing, suppress

from modelkeep.store.bucket.interface import NotWritten
from modelkeep.store.content.hashing import CHUNK, Content, Count, FileHash
from modelkeep.store.content.workers import begun, wait_for

#: So many bytes are copied at a time: enough to keep the kernel busy, and soon done when the copy is stopped.
_STEP = 16 * 1024 * 1024
#: A thread costs as much as copying so many bytes.
_WORTH_A_THREAD = 2 * 1024 * 1024
#: ioctl_ficlonerange(2), as Linux numbers it on x86 and ARM.
_FICLONE = 0x40049409


class NotRead(OSError):
    """The file that is read refused it."""


def copy_file(source: int, target: int, size: int, count: Count) -> Content:
    """Copy the first ``size`` bytes of an open file into an empty one, and return the bytes that it then has.

    Where the source is shorter, that is all of it. ``count`` is called as bytes are hashed, and
    stops everything when it raises. An error of the source is a `NotRead`, one of the target a `NotWritten`. The
    caller syncs the file; most of a large one is on the disk already.
    """
    landed = _Landed(target, count)
    if _share_blocks(source, target):
        landed.read_to(os.fstat(target).st_size)
        return landed.content
    copying = _copy(source, target, size)
    with closing(copying if size < _WORTH_A_THREAD else _run_ahead(_and_sync(copying, target))) as ends:
        for end in ends:
            landed.read_to(end)
    return landed.content


class _Landed(FileHash):
    """The hash of what is in the copy already."""

    def _read(self, view: memoryview) -> int:
        try:
            return super()._read(view)
        except OSError as error:
            raise NotWritten(error.errno, error.strerror) from error


def _share_blocks(source: int, target: int) -> bool:
    """Let an empty open file share the blocks of another (a reflink); False where the file system cannot."""
    try:
        import fcntl

        fcntl.ioctl(target, _FICLONE, source)
    except (ImportError, OSError):
        return False
    return True


def _copy(source: int, target: int, size: int) -> Generator[int, None, None]:
    """Copy step by step, and yield how many bytes are in the copy after each; end where the source does.

    The kernel copies while it can. Where it cannot, or fails, reading by hand says whose error it is.
    """
    end, in_kernel = 0, hasattr(os, "copy_file_range")
    while end < size:
        most, done = min(_STEP, size - end), 0
        if in_kernel:
            with suppress(OSError):
                done = os.copy_file_range(source, target, most, end, end)
            in_kernel = done > 0  # also at 0 bytes: a file of /proc can only be read by hand
        if not in_kernel:
            done = _copy_by_hand(source, target, min(most, CHUNK), end)
            if not done:
                return
        end += done
        yield end


def _copy_by_hand(source: int, target: int, most: int, position: int) -> int:
    try:
        data = os.pread(source, most, position)
    except OSError as error:
        raise NotRead(error.errno, error.strerror) from error
    rest = memoryview(data)
    while rest:
        try:
            written = os.pwrite(target, rest, position)
        except OSError as error:
            raise NotWritten(error.errno, error.strerror) from error
        rest, position = rest[written:], position + written
    return len(data)


def _and_sync(copying: Iterator[int], target: int) -> Iterator[int]:
    """Yield the steps of a copy; then sync a large one, while its last bytes are hashed."""
    end = 0
    for end in copying:
        yield end
    if end > _STEP:
        try:
            os.fsync(target)
        except OSError as error:
            raise NotWritten(error.errno, error.strerror) from error


def _run_ahead(steps: Iterator[int]) -> Generator[int, None, None]:
    """Yield what another thread takes from an iterator meanwhile; it is done in this one where no other can be had."""
    from queue import SimpleQueue

    taken: SimpleQueue[int | BaseException | None] = SimpleQueue()
    stopped = False

    def run() -> None:
        try:
            for step in steps:
                taken.put(step)
                if stopped:
                    return
            taken.put(None)
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            taken.put(error)

    thread = threading.Thread(target=run, daemon=True)
    if not begun(thread):
        yield from steps
        return
    try:
        while (step := taken.get()) is not None:
            if isinstance(step, BaseException):
                raise step
            yield step
    finally:
        stopped = True
        wait_for(thread)  # also after ^C: the file it writes to is about to be closed
