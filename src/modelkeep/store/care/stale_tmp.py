"""What writers left in ``store/tmp``: whose it is, and whether they are still at it.

A writer's directory is named ``<boot>-<pid>-<rand>`` and bears the writer's ``flock`` while it lives.
A lock that can be had, and a process that is no more, say that it died. Where there is no lock to ask
(NFS has none for directories) or the name is of another boot, which may be another machine that
mounts the same disk, only time tells. On a disk of this machine's own, too, what was touched since it
booted is of another one: a client of its NFS server, or a guest that shares the directory.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress

from msgspec import Struct

from modelkeep.domain.patterns import pattern

_NAME = pattern(r"([0-9a-f]{32}|unknown)-([1-9][0-9]{0,9})-([0-9a-f]{16})")
#: A directory of another boot is left alone for at least so long after its newest file, whatever the grace.
_ELSEWHERE_SECONDS = 86_400.0
#: How a repair names what it kept (`mending.py`).
_DAMAGED = "damaged-"
_NO_LOCKS = {errno.EBADF, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EACCES}


class Leftover(Struct, frozen=True):
    """A directory in ``store/tmp``; ``fate`` is ``gone`` (its writer died), ``alive``, ``unsure`` or ``unknown``.

    ``damaged`` says that a repair kept a damaged blob there, for whoever wants to look at it.
    ``size_bytes`` is what removing it frees: a draft that is a blob as well frees nothing.
    ``changed`` is the newest time (seconds since 1970) of the directory and its files.
    """

    path: str
    fate: str
    files: int
    size_bytes: int
    changed: float
    damaged: bool = False


def leftovers(root: str, *, local: bool) -> Iterator[Leftover]:
    """Yield what lies in ``store/tmp``; ``local`` says that no other machine can write there."""
    tmp = os.path.join(root, "tmp")
    try:
        names = sorted(os.listdir(tmp))
    except FileNotFoundError:
        return
    boot = boot_id()
    before = _booted() if local else 0.0
    for name in names:
        found = _look(os.path.join(tmp, name), boot, before)
        if found is not None:
            yield found


def is_over(found: Leftover, now: float, grace_seconds: float) -> bool:
    """Tell whether a leftover may go: its writer died, or nobody has touched it for long enough."""
    if found.fate == "unsure":
        return now - found.changed >= max(grace_seconds, _ELSEWHERE_SECONDS)
    if found.fate == "gone" and found.damaged and grace_seconds:
        return now - found.changed >= grace_seconds
    return found.fate == "gone"


def remove(found: Leftover) -> bool:
    """Remove a leftover; False where somebody else did or its writer is there after all."""
    descriptor = _opened(found.path)
    if descriptor is None:
        return False
    try:
        if _locked(descriptor) is False:
            return False
        with os.scandir(descriptor) as entries:
            names = [entry.name for entry in entries if not entry.is_dir(follow_symlinks=False)]
        for name in names:
            with suppress(FileNotFoundError):
                _unlink(descriptor, found.path, name)
        try:
            os.rmdir(found.path)
        except FileNotFoundError:
            return False
    finally:
        os.close(descriptor)
    return True


def _unlink(directory: int, path: str, name: str) -> None:
    """Remove a file of a directory that is open; an error names the whole path."""
    try:
        os.unlink(name, dir_fd=directory)
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.path.join(path, name)) from error


def boot_id() -> str:
    """Return which boot of which machine this is, as 32 hex digits; ``unknown`` where the system does not say."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip().replace("-", "")
    except OSError:
        return "unknown"


def _booted() -> float:
    """Return since when this machine runs, in seconds since 1970; the beginning of time where it does not tell."""
    try:
        return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    except (AttributeError, OSError):
        return 0.0


def _look(path: str, boot: str, before: float) -> Leftover | None:
    """Look at one; of another boot it is of this machine where it was last touched ``before`` that time."""
    match = _NAME.fullmatch(os.path.basename(path))
    descriptor = _opened(path) if match else None
    if match is None or descriptor is None:
        with suppress(FileNotFoundError):
            status = os.lstat(path)
            size = status.st_size if stat.S_ISREG(status.st_mode) else 0
            return Leftover(path, "unknown", 1, size, status.st_ctime)
        return None
    try:
        files, size, changed, inside = _measured(descriptor)
        fate = "unknown" if inside else _fate(match[1], int(match[2]), boot, descriptor, local=changed < before)
        with os.scandir(descriptor) as entries:
            damaged = any(entry.name.startswith(_DAMAGED) for entry in entries)
        return Leftover(path, fate, files, size, changed, damaged)
    finally:
        os.close(descriptor)


def _fate(boot: str, pid: int, here: str, descriptor: int, *, local: bool) -> str:
    """Say what became of the writer: its lock first, then its process."""
    free = _locked(descriptor)
    if free is False:
        return "alive"
    if boot == "unknown" or (boot != here and not local):
        return "unsure"
    if boot != here:
        return "gone"
    # Without a lock to ask, a process of another container does not show: only its age tells.
    return "gone" if free and not _runs(pid) else "unsure"


def _locked(descriptor: int) -> bool | None:
    """Take the lock of a directory, if it is free; None where this file system has no such locks."""
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


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _opened(path: str) -> int | None:
    """Open a directory, None where it is none, is gone, or belongs to somebody who lets nobody in."""
    try:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES}:
            return None
        raise


def _measured(descriptor: int) -> tuple[int, int, float, bool]:
    """Return the files of a directory, the bytes they alone hold, the newest time, and whether directories are in it."""
    files, size, changed, inside = 0, 0, os.fstat(descriptor).st_mtime, False
    with os.scandir(descriptor) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                status = os.stat(entry.name, dir_fd=descriptor, follow_symlinks=False)
                inside |= stat.S_ISDIR(status.st_mode)
                files += 1
                size += status.st_size if status.st_nlink == 1 else 0
                changed = max(changed, status.st_mtime)
    return files, size, changed, inside
