"""Checks of the place on the disk: its mount, the modes and owners of directory and files, free space, the umask."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from shlex import quote

from modelkeep.domain.answers.maintenance import DoctorFinding
from modelkeep.local_path import real_path
from modelkeep.maintenance.doctor.exam import Exam, error, may, ok, warning
from modelkeep.store.access.mounts import Mount, mount_of
from modelkeep.store.access.permissions import group_name, user_name
from modelkeep.store.db.sqlite.errors import bring_back, lost_database

_SHARED = stat.S_ISGID | stat.S_IWGRP
#: So many names are looked at.
_MOST = 20_000
_ENOUGH_BYTES = 1 << 30
_ENOUGH_FILES = 1000
_SMALL_SHARE = 0.05


def check_mount(exam: Exam) -> Iterator[DoctorFinding]:
    """Check what the registry and its store are mounted on."""
    home, store = mount_of(exam.directory), mount_of(exam.store)
    if home is None:
        yield ok("mount", exam.directory, "this system does not say what is mounted")
    else:
        yield mount_finding(exam.directory, home, needs_locks=True)
    if store is not None and store != home:
        yield mount_finding(exam.store, store, needs_locks=False)


def mount_finding(place: str, mount: Mount, *, needs_locks: bool) -> DoctorFinding:
    """Return what there is to say of one mount; ``needs_locks`` where the database is on it."""
    shown = f"{mount.kind} mounted at {mount.point} ({','.join(mount.options[:6])})"
    if mount.broken_locks is not None and needs_locks:
        hint = mount.remedy or "keep the registry on a local disk"
        return error("locks", place, f"{shown}: {mount.broken_locks}", hint)
    if mount.network:
        hint = "use NFS 4 with its default options, and run modelkeep verify often"
        return warning("mount", place, f"{shown}: other machines may write there", hint)
    if "ro" in mount.options:
        hint = "mount it rw to register anything"
        return warning("mount", place, f"{shown}: nobody can write there", hint)
    return ok("mount", place, shown)


def check_directory(exam: Exam) -> Iterator[DoctorFinding]:
    """Check the registry's own directory: its mode, and whether this account may enter and write."""
    path = exam.directory
    status = os.stat(path)
    mode = stat.S_IMODE(status.st_mode)
    shown = f"mode {mode:04o}, owner {_owner(status)}"
    if not stat.S_ISDIR(status.st_mode):
        yield error("directory", path, "it is not a directory", "modelkeep config list        (is it the right one?)")
        return
    if mode & stat.S_IWOTH:
        text = f"{shown}: every account of this machine can replace the log"
        yield error("directory", path, text, f"chmod o-w {quote(path)}")
    elif mode & stat.S_ISVTX:
        text = f"{shown}: it is sticky, so no account can clean up after a killed writer of another account"
        yield error("directory", path, text, f"chmod -t {quote(path)}")
    elif mode & stat.S_IWGRP and not mode & stat.S_ISGID:
        text = f"{shown}: new files do not get its group, and lock colleagues out"
        yield warning("directory", path, text, f"chmod g+s {quote(path)}")
    else:
        yield ok("directory", path, shown)
    if exam.is_closed:
        yield error("access", path, "this account may not look into it", "ask its owner")
    else:
        writing = "" if may(path, os.W_OK) else "not "
        yield ok("access", path, f"this account may read and {writing}write")


def check_files(exam: Exam) -> Iterator[DoctorFinding]:
    """Check the database file and the file of the writers' queue."""
    database = exam.context.database
    if os.path.lexists(database.path):
        yield _file_finding(exam, "database", database.path)
    else:
        yield error("database", database.path, "it is missing", _restore(exam))
    if os.path.lexists(database.lock_path):
        yield _file_finding(exam, "lock", database.lock_path)
    else:
        text = "it is missing: writers do not queue, and some wait long"
        yield warning("lock", database.lock_path, text, f"touch {quote(database.lock_path)}{_giving(exam)}")


def _giving(exam: Exam) -> str:
    """Return what root has to add to a command that makes the writers' lock, so that its owner can use it."""
    owner = os.stat(exam.directory)
    return (
        ""
        if os.geteuid() != 0 or owner.st_uid == 0
        else f" && chown {owner.st_uid}:{owner.st_gid} {quote(exam.context.database.lock_path)}"
    )


def _file_finding(exam: Exam, code: str, path: str) -> DoctorFinding:
    status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode):
        hint = f"rm {quote(path)} && touch {quote(path)}" if code == "lock" else bring_back(exam.directory)
        return error(code, path, "it is not a regular file", hint)
    if code == "database" and status.st_size == 0:
        return error(code, path, "it is empty", _restore(exam, f"modelkeep init {quote(exam.directory)}"))
    shown = f"mode {stat.S_IMODE(status.st_mode):04o}, owner {_owner(status)}"
    wrong = _wrong_mode(exam, path, status)
    if wrong is not None:
        text, hint = wrong
        return error(code, path, f"{shown}: {text}", hint)
    return ok(code, path, shown)


def _wrong_mode(exam: Exam, path: str, status: os.stat_result) -> tuple[str, str] | None:
    """Return what is wrong with mode or group of a file, and what to do; None where nothing is."""
    directory = os.stat(exam.directory)
    shared = directory.st_mode & stat.S_ISGID and directory.st_mode & stat.S_IWGRP
    if status.st_mode & stat.S_IWOTH:
        return "every account of this machine can write it", f"chmod o-w {quote(path)}"
    if path == exam.context.database.path and not may(path, os.R_OK):  # only writers need the queue's file
        return "this account may not read it", readable_hint(path, "g+r")
    if shared and not status.st_mode & stat.S_IWGRP:
        return "the group can write to the directory, but not to this file", f"chmod g+w {quote(path)}"
    if shared and status.st_gid != directory.st_gid:
        group = group_name(directory.st_gid)
        return f"the directory is of the group {group}", f"chgrp {group} {quote(path)}"
    return None


def _restore(exam: Exam, or_else: str | None = None) -> str:
    """Return the command that brings back a missing or empty database, ``or_else`` where there are no bytes either."""
    lost = lost_database(exam.context.database.path)
    return (or_else if lost is None else lost.hint) or bring_back(exam.directory)


def check_space(exam: Exam) -> Iterator[DoctorFinding]:
    """Check how many bytes and files the disks of the registry and of its store still take."""
    if not hasattr(os, "statvfs"):  # Windows
        return
    devices: set[int] = set()
    for path in (exam.directory, real_path(exam.store)):
        if os.path.isdir(path) and os.stat(path).st_dev not in devices:
            devices.add(os.stat(path).st_dev)
            yield from _space(path)


def _space(path: str) -> Iterator[DoctorFinding]:
    disk = os.statvfs(path)
    free, size = disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
    shown = f"{free >> 20} MiB are free, {free * 100 // size if size else 0} %"
    few_bytes = free < _ENOUGH_BYTES or free < size * _SMALL_SHARE
    # File systems that count no inodes report 0 of them.
    few_files = disk.f_files > 0 and (disk.f_favail < _ENOUGH_FILES or disk.f_favail < disk.f_files * _SMALL_SHARE)
    if few_files:
        yield warning("space", path, f"{disk.f_favail} more files can be made", f"make room: df -i {quote(path)}")
    if few_bytes:
        yield warning("space", path, shown, f"make room: modelkeep gc -n; df -h {quote(path)}")
    elif not few_files:
        yield ok("space", path, shown)


def check_owners(exam: Exam) -> Iterator[DoctorFinding]:
    """Check that what is in the registry belongs to its owner; where it is shared, that nothing is root's alone."""
    tops = [exam.directory]
    if os.path.islink(exam.store) and exam.has_store:
        tops.append(real_path(exam.store))
    for top in tops:
        status = os.stat(top)
        shared = status.st_mode & _SHARED == _SHARED
        wrong = _foreign(top, status.st_uid, only_root=shared)
        first = next(wrong, None)
        if first is None:
            yield ok("owners", top, "what is in it belongs to " + ("members" if shared else user_name(status.st_uid)))
            continue
        count = 1 + sum(1 for _ in wrong)
        more = f", as do {count - 1} more" if count > 1 else ""
        text = f"it belongs to {user_name(os.lstat(first).st_uid)}{more}, and bars the registry's owner"
        whose = "-user root" if shared else f"! -uid {status.st_uid}"
        give = f"chown -h {status.st_uid}:{status.st_gid}"
        yield error("owners", first, text, f"sudo find {quote(top)} -xdev {whose} -execdir {give} {{}} +")


def _foreign(top: str, owner: int, *, only_root: bool) -> Iterator[str]:
    """Yield what is below a directory and belongs to another account, or to root, among the first names."""
    paths = (os.path.join(above, name) for above, names, files in os.walk(top) for name in (*names, *files))
    for path in islice(paths, _MOST):
        with suppress(FileNotFoundError):
            uid = os.lstat(path).st_uid
            if uid != owner and (uid == 0 or not only_root):
                yield path


def check_umask(exam: Exam) -> Iterator[DoctorFinding]:  # noqa: ARG001 - every check is called alike
    """Check that the umask leaves this account its own files."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:  # `os.umask` could only set it
            umask = next(int(line.split()[1], 8) for line in file if line.startswith("Umask:"))
    except (OSError, StopIteration):
        return
    if umask & 0o700:
        text = "what this account makes, it cannot read or write itself"
        yield warning("umask", f"{umask:04o}", text, "umask 022")
    else:
        yield ok("umask", f"{umask:04o}", "it takes no permission away that is needed")


def readable_hint(path: str, change: str) -> str:
    """Return the ``chmod`` that lets this account read a file: its own, or one that another account must open."""
    status = os.lstat(path)
    if status.st_uid == os.geteuid():
        return f"chmod u{change[1:]} {quote(path)}"
    return f"ask {user_name(status.st_uid)} for chmod {change} {quote(path)}"


def _owner(status: os.stat_result) -> str:
    return f"{user_name(status.st_uid)}:{group_name(status.st_gid)}"


#: What is checked also where the registry's directory cannot be entered.
CHECKS = (check_mount, check_directory, check_space, check_umask)
