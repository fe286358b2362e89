"""Where a process writes drafts into a directory bucket, and what becomes of the drafts of a process that died.

<root>/tmp/<boot>-<pid>-<rand>/<number>

Each writer has a directory of its own, and holds its ``flock`` while it lives; the name tells for people which process
it is. A free lock says that the writer died. Where a file system has no locks for directories (NFS), or the name is of
another boot, which may be another machine that mounts the same disk, only time tells: such a writer is ``unsure``. On a
disk of this machine alone, the writer of what was last touched before this boot is gone.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress

from modelkeep.domain.text import pattern
from modelkeep.errors import RegistryUnavailable
from modelkeep.store.bucket.directory_places import BucketDirectory
from modelkeep.store.bucket.interface import StaleDraft

_NAME = pattern(r"([0-9a-f]{32}|unknown)-[1-9][0-9]{0,9}-[0-9a-f]{16}")
#: What `DirectoryUpload.set_aside` keeps.
_DAMAGED = "damaged-"


def boot_id() -> str:
    """Return which boot of which machine this is, as 32 hex digits; ``unknown`` where the system does not say."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip().replace("-", "")
    except OSError:
        return "unknown"


def find_stale(tmp: BucketDirectory, *, local: bool) -> Iterator[StaleDraft]:
    """Yield the directory of each writer, those that live too; ``local``: no other machine mounts this disk."""
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) if local and hasattr(time, "CLOCK_BOOTTIME") else 0
    for entry in tmp.entries():
        found = _examine(tmp, entry.name, booted)
        if found is not None:
            yield found


def find_unknown(tmp: BucketDirectory) -> Iterator[str]:
    """Yield what lies in ``tmp`` and is no writer's directory, or holds directories, which no writer makes."""
    for entry in tmp.entries():
        if _examine(tmp, entry.name) is None and tmp.status(entry.name) is not None:
            yield os.path.join(tmp.path, entry.name)


def remove_stale(tmp: BucketDirectory, name: str) -> bool:
    """Remove a writer's directory; False where it is gone, or its writer is at work."""
    directory = _enter(tmp, name)
    if directory is None:
        return False
    with directory:
        if lock_directory(directory.descriptor) is False:
            return False
        for entry in directory.entries():
            if not entry.is_dir(follow_symlinks=False):
                with suppress(FileNotFoundError):
                    directory.unlink(entry.name)
        try:
            tmp.rmdir(name)
        except FileNotFoundError:
            return False
    return True


def _examine(tmp: BucketDirectory, name: str, booted: float = 0) -> StaleDraft | None:
    """Return what a directory in ``tmp`` holds; None where it is no writer's directory or went away meanwhile.

    ``booted`` is when this machine booted, where no writer on another machine can have made it (seconds since 1970).
    """
    match = _NAME.fullmatch(name)
    directory = _enter(tmp, name) if match else None
    if match is None or directory is None:
        return None
    with directory:
        files, size, changed, damaged = 0, 0, os.fstat(directory.descriptor).st_mtime, False
        for entry in directory.entries():
            status = directory.status(entry.name)
            if status is None:
                continue
            if stat.S_ISDIR(status.st_mode):
                return None
            files += 1
            size += status.st_size if status.st_nlink == 1 else 0  # else it is a blob too
            changed = max(changed, status.st_mtime)
            damaged |= entry.name.startswith(_DAMAGED)
        free = lock_directory(directory.descriptor)
        known = match[1] == boot_id() != "unknown" or changed < booted
        writer = "alive" if free is False else "gone" if free and known else "unsure"
        return StaleDraft(directory.path, writer, files, size, changed, damaged)


def lock_directory(descriptor: int, *, wait: bool = False) -> bool | None:
    """Take the lock of a directory; False where another process holds it, None where it cannot be had here.

    ``wait``: wait until it is free.
    """
    try:
        import fcntl  # Windows has none

        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except (ImportError, OSError):
        return None
    return True


def _enter(tmp: BucketDirectory, name: str) -> BucketDirectory | None:
    """Open a directory; None where it is none, is gone, or may not be read by this account."""
    try:
        return tmp.enter(name)
    except (FileNotFoundError, NotADirectoryError, PermissionError, RegistryUnavailable):  # the last one: a link
        return None
