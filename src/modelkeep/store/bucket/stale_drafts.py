"""Drafts in ``tmp`` of a directory bucket: whose they are, and whether their writer is still at work.

A writer's directory is named ``<boot>-<pid>-<rand>`` and bears the writer's ``flock`` while the writer lives
(`directory_drafts`). A free lock and a process that is no more say that the writer died. Where a file system has
no locks for directories (NFS), or the name is of another boot, which may be another machine that mounts the
same disk, only time tells: such a writer is ``unsure``. On a disk of this machine alone, what was last touched
before the machine booted is of a writer that is gone; what was touched since is of a guest or an NFS client.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress

from modelkeep.domain.text import pattern
from modelkeep.store.bucket.directory_drafts import boot_id
from modelkeep.store.bucket.interface import StaleDraft

_NAME = pattern(r"([0-9a-f]{32}|unknown)-([1-9][0-9]{0,9})-([0-9a-f]{16})")
#: What `DirectoryUpload.set_aside` keeps.
_DAMAGED = "damaged-"
_NO_LOCKS = {errno.EBADF, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EACCES}


def find(tmp: str, *, local: bool) -> Iterator[StaleDraft]:
    """Yield the directory of each writer, those that live too. ``local``: no other machine mounts the file system."""
    booted = _boot_time() if local else 0.0
    boot = boot_id()
    for name in _names(tmp):
        found = _examine(os.path.join(tmp, name), boot, booted)
        if found is not None:
            yield found


def unknown(tmp: str) -> Iterator[str]:
    """Yield what lies in ``tmp`` and is no writer's directory, or holds directories, which no writer makes."""
    for name in _names(tmp):
        path = os.path.join(tmp, name)
        descriptor = _open(path) if _NAME.fullmatch(name) else None
        if descriptor is None:
            if os.path.lexists(path):
                yield path
            continue
        try:
            with os.scandir(descriptor) as entries:
                if any(entry.is_dir(follow_symlinks=False) for entry in entries):
                    yield path
        finally:
            os.close(descriptor)


def remove(path: str) -> bool:
    """Remove a writer's directory; False where it is gone, or its writer is at work."""
    descriptor = _open(path)
    if descriptor is None:
        return False
    try:
        if _lock(descriptor) is False:
            return False
        with os.scandir(descriptor) as entries:
            names = [entry.name for entry in entries if not entry.is_dir(follow_symlinks=False)]
        for name in names:
            with suppress(FileNotFoundError):
                _unlink(descriptor, path, name)
        try:
            os.rmdir(path)
        except FileNotFoundError:
            return False
    finally:
        os.close(descriptor)
    return True


def _names(tmp: str) -> list[str]:
    try:
        return sorted(os.listdir(tmp))
    except FileNotFoundError:
        return []


def _unlink(directory: int, path: str, name: str) -> None:
    """Remove a file of an open directory; an error names the whole path."""
    try:
        os.unlink(name, dir_fd=directory)
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.path.join(path, name)) from error


def _boot_time() -> float:
    """Return when this machine booted, in seconds since 1970; 0 where the system does not say."""
    try:
        return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    except (AttributeError, OSError):
        return 0.0


def _examine(path: str, boot: str, booted: float) -> StaleDraft | None:
    """Return what a directory in ``tmp`` holds; None where it is no writer's directory or went away meanwhile."""
    match = _NAME.fullmatch(os.path.basename(path))
    descriptor = _open(path) if match else None
    if match is None or descriptor is None:
        return None
    files, size, changed, damaged = 0, 0, os.fstat(descriptor).st_mtime, False
    try:
        with os.scandir(descriptor) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    status = os.stat(entry.name, dir_fd=descriptor, follow_symlinks=False)
                    if stat.S_ISDIR(status.st_mode):
                        return None
                    files += 1
                    size += status.st_size if status.st_nlink == 1 else 0  # else it is a blob too
                    changed = max(changed, status.st_mtime)
                    damaged |= entry.name.startswith(_DAMAGED)
        here = match[1] == boot
        return StaleDraft(
            path,
            _writer(match[1], int(match[2]), descriptor, here=here, old=changed < booted),
            files,
            size,
            changed,
            damaged,
        )
    finally:
        os.close(descriptor)


def _writer(boot: str, pid: int, descriptor: int, *, here: bool, old: bool) -> str:
    """Tell what became of a writer: its lock first, then its process. ``old``: it wrote before this machine booted."""
    free = _lock(descriptor)
    if free is False:
        return "alive"
    if boot == "unknown" or (not here and not old):
        return "unsure"
    if not here:
        return "gone"
    # A process of another container does not show. Without a lock to ask, only its age tells.
    return "gone" if free and not _is_running(pid) else "unsure"


def _lock(descriptor: int) -> bool | None:
    """Take the lock of a directory if it is free; None where this file system has no such locks."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return None
        raise
    return True


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _open(path: str) -> int | None:
    """Open a directory; None where it is none, is gone, or may not be read by this account."""
    try:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES}:
            return None
        raise
