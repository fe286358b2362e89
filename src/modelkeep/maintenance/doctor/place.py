"""The place on the disk: what it is mounted on, whose it is, who may do what, how much room there is."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from shlex import quote

from modelkeep.maintenance.doctor.exam import Exam, may
from modelkeep.store.access.mounts import Mount, mount_of
from modelkeep.store.access.permissions import group_name, user_name
from modelkeep.store.db.sqlite.lost_database import bring_back, lost_database

_ENOUGH_BYTES = 1 << 30
_ENOUGH_FILES = 1000
_FEW = 0.05
_SAMPLE = 64


def check_mount(exam: Exam) -> None:
    """Look at what the registry and its store are mounted on."""
    home, store = mount_of(exam.context.directory), mount_of(exam.store)
    if home is None:
        exam.ok("mount", exam.context.directory, "this system does not tell what is mounted")
        return
    _mount(exam, exam.context.directory, home, locks=True)
    if store is not None and store != home:
        _mount(exam, exam.store, store, locks=False)


def _mount(exam: Exam, place: str, mount: Mount, *, locks: bool) -> None:
    told = f"{mount.kind} mounted at {mount.point} ({','.join(mount.options[:6])})"
    if mount.lying is not None and locks:
        exam.error("locks", place, f"{told}: {mount.lying}", mount.instead or "keep the registry on a local disk")
    elif mount.network:
        exam.warning(
            "mount",
            place,
            f"{told}: other machines may write there",
            "it must be NFS 4 with its defaults, and verified often",
        )
    elif "ro" in mount.options:
        exam.warning(
            "mount", place, f"{told}: nobody can write there", "mount it rw where something is to be registered"
        )
    else:
        exam.ok("mount", place, told)


def check_directory(exam: Exam) -> None:
    """Look at the registry's own directory."""
    path = exam.context.directory
    status = os.stat(path)
    mode = stat.S_IMODE(status.st_mode)
    told = f"mode {mode:04o}, owner {_owner(status)}"
    if not stat.S_ISDIR(status.st_mode):
        exam.error("directory", path, "it is no directory", "modelkeep config list        (which one is meant?)")
        return
    if mode & stat.S_IWOTH:
        exam.error(
            "directory", path, f"{told}: everybody on this machine may replace the log", f"chmod o-w {quote(path)}"
        )
    elif mode & stat.S_ISVTX:
        hint = f"chmod -t {quote(path)}"
        exam.error(
            "directory",
            path,
            f"{told}: it is sticky, so nobody can tidy up after a killed writer of another account",
            hint,
        )
    elif mode & stat.S_IWGRP and not mode & stat.S_ISGID:
        exam.warning(
            "directory",
            path,
            f"{told}: new files do not get its group, and lock colleagues out",
            f"chmod g+s {quote(path)}",
        )
    else:
        exam.ok("directory", path, told)
    _access(exam, path)


def _access(exam: Exam, path: str) -> None:
    if not may(path, os.R_OK | os.X_OK):
        exam.is_shut = True
        exam.error("access", path, "this account may not look into it", "ask its owner")
    elif not may(path, os.W_OK):
        exam.ok("access", path, "this account may read and not write")
    else:
        exam.ok("access", path, "this account may read and write")


def check_files(exam: Exam) -> None:
    """Look at the database and the file of the queue."""
    database = exam.context.database
    above = os.stat(exam.context.directory)
    if not os.path.lexists(database.path):
        exam.error("database", database.path, "it is not there", _brought_back(exam, database.path))
    else:
        _file(exam, "database", database.path, above)
    if not os.path.lexists(database.lock_path):
        text = "it is not there: writers do not queue, and some wait long"
        exam.warning("lock", database.lock_path, text, f"touch {quote(database.lock_path)}")
    else:
        _file(exam, "lock", database.lock_path, above)


def _brought_back(exam: Exam, path: str, else_hint: str | None = None) -> str:
    """Return what brings back a database that is missing or empty."""
    lost = lost_database(path)
    hint = else_hint if lost is None else lost.hint
    return hint or bring_back(exam.context.directory)


def _file(exam: Exam, code: str, path: str, above: os.stat_result) -> None:
    directory = exam.context.directory
    status = os.lstat(path)
    mode = stat.S_IMODE(status.st_mode)
    told = f"mode {mode:04o}, owner {_owner(status)}"
    shared = above.st_mode & stat.S_ISGID and above.st_mode & stat.S_IWGRP
    if not stat.S_ISREG(status.st_mode):
        anew = f"rm {quote(path)} && touch {quote(path)}"
        hint = anew if code == "lock" else bring_back(directory)
        exam.error(code, path, "it is not a regular file", hint)
    elif code == "database" and status.st_size == 0:
        exam.error(code, path, "it is empty", _brought_back(exam, path, f"modelkeep init {quote(directory)}"))
    elif mode & stat.S_IWOTH:
        exam.error(code, path, f"{told}: everybody on this machine may write it", f"chmod o-w {quote(path)}")
    elif code == "database" and not may(path, os.R_OK):  # the queue is for writers alone
        exam.error(code, path, f"{told}: this account may not read it", _readable(status, f"g+r {quote(path)}"))
    elif shared and not mode & stat.S_IWGRP:
        exam.error(
            code, path, f"{told}: the group may write the directory and not this file", f"chmod g+w {quote(path)}"
        )
    elif shared and status.st_gid != above.st_gid:
        group = group_name(above.st_gid)
        exam.error(code, path, f"{told}: the directory is of the group {group}", f"chgrp {group} {quote(path)}")
    else:
        exam.ok(code, path, told)


def check_store(exam: Exam) -> None:
    """Look at the directories of the store and a sample of its blobs."""
    path = exam.store
    if not os.path.isdir(path):
        leads = f"it leads to {os.readlink(path)}, where there is none" if os.path.islink(path) else "it is not there"
        exam.error("store", path, leads, "is the disk it is on mounted? else modelkeep verify --repair BACKUP")
        return
    trouble = False
    shared = bool(os.stat(exam.context.directory).st_mode & stat.S_ISGID)
    for name in ("", "blobs", "blobs/sha256", "tmp", "trash"):
        place = os.path.join(path, name).rstrip("/")
        if name == "trash" and not os.path.lexists(place):
            continue
        trouble |= _store_directory(exam, place, shared=shared)
    trouble |= _sample(exam, os.path.join(path, "blobs", "sha256"))
    if not trouble:
        exam.ok(
            "store",
            os.path.realpath(path),
            f"mode {stat.S_IMODE(os.stat(path).st_mode):04o}, its directories are in order",
        )


def _store_directory(exam: Exam, place: str, *, shared: bool) -> bool:
    with suppress(FileNotFoundError, NotADirectoryError):
        os.stat(place)  # where it may not even be looked at, nobody here can tell that it is not there
    if not os.path.isdir(place):
        if os.path.basename(place) == "tmp" and not os.path.lexists(place):
            mode = stat.S_IMODE(os.stat(exam.store).st_mode)
            make = f"mkdir {f'-m {mode:04o} ' if mode & stat.S_ISGID else ''}{quote(place)}"
            exam.warning("store", place, "it is not there, and whoever registers next makes it again", make)
        else:
            hint = f"mkdir -p {quote(place)}        (where it was empty, else modelkeep verify --repair BACKUP)"
            exam.error("store", place, "it is not there", hint)
        return True
    mode = stat.S_IMODE(os.stat(place).st_mode)
    if mode & stat.S_IWOTH:
        exam.error(
            "store",
            place,
            f"mode {mode:04o}: everybody on this machine may change what is stored",
            f"chmod o-w {quote(place)}",
        )
    elif shared and (mode & (stat.S_IWGRP | stat.S_ISGID)) != stat.S_IWGRP | stat.S_ISGID:
        exam.warning(
            "store",
            place,
            f"mode {mode:04o}: the registry is shared, and the group cannot write here",
            f"chmod g+ws {quote(place)}",
        )
    elif mode & stat.S_ISVTX:
        text = f"mode {mode:04o}: it is sticky, so one account's garbage stays when another sweeps"
        exam.warning("store", place, text, f"chmod -t {quote(place)}")
    else:
        return False
    return True


def _sample(exam: Exam, blobs: str) -> bool:
    """Look at some blobs: nobody may have a pen for them, and whoever may look must be able to read."""
    if not os.path.isdir(blobs):
        return False
    writable: list[str] = []
    closed: list[str] = []
    looked = 0
    for shelf in sorted(os.listdir(blobs)):
        place = os.path.join(blobs, shelf)
        if not os.path.isdir(place):
            continue
        for name in sorted(os.listdir(place))[:4]:
            status = os.lstat(os.path.join(place, name))
            looked += 1
            if stat.S_ISREG(status.st_mode) and status.st_mode & 0o222:
                writable.append(os.path.join(place, name))
            if stat.S_ISREG(status.st_mode) and not may(os.path.join(place, name), os.R_OK):
                closed.append(os.path.join(place, name))
        if looked >= _SAMPLE:
            break
    if writable:
        exam.warning(
            "blobs",
            writable[0],
            "a stored file is writable: one careless program, and its bytes are others",
            f"find {quote(blobs)} -type f -exec chmod a-w {{}} +",
        )
    if closed:
        exam.error(
            "blobs",
            closed[0],
            "this account may not read a stored file",
            _readable(os.lstat(closed[0]), f"a+r {quote(closed[0])}"),
        )
    return bool(writable or closed)


def check_space(exam: Exam) -> None:
    """Look at what is free, in bytes and in files."""
    if not hasattr(os, "statvfs"):  # Windows
        return
    seen: set[int] = set()
    for path in (exam.context.directory, os.path.realpath(exam.store)):
        if not os.path.isdir(path) or os.stat(path).st_dev in seen:
            continue
        seen.add(os.stat(path).st_dev)
        there = os.statvfs(path)
        free, size = there.f_bavail * there.f_frsize, there.f_blocks * there.f_frsize
        share = f"{free * 100 // size} %" if size else "0 %"
        few_bytes = free < _ENOUGH_BYTES or free < size * _FEW
        few_files = there.f_files > 0 and (there.f_favail < _ENOUGH_FILES or there.f_favail < there.f_files * _FEW)
        if few_files:
            exam.warning("space", path, f"{there.f_favail} more files can be made", f"make room: df -i {quote(path)}")
        if few_bytes:
            exam.warning(
                "space", path, f"{free >> 20} MiB are free, {share}", f"make room: modelkeep gc -n; df -h {quote(path)}"
            )
        elif not few_files:
            exam.ok("space", path, f"{free >> 20} MiB are free, {share}")


def check_umask(exam: Exam) -> None:
    """Look at what this account takes away from the modes of what it makes."""
    umask = _umask()
    if umask is not None and umask & 0o700:
        exam.warning("umask", f"{umask:04o}", "what this account makes it cannot read or write itself", "umask 022")
    elif umask is not None:
        exam.ok("umask", f"{umask:04o}", "it takes nothing away that is needed")


def _umask() -> int | None:
    # To ask the system is to set it, for all threads: the kernel's page is read instead.
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            return next((int(line.split()[1], 8) for line in file if line.startswith("Umask:")), None)
    except OSError:
        return None


def _readable(status: os.stat_result, how: str) -> str:
    """Return what lets this account read a file: its own it can open to itself, another's is to be asked for."""
    if status.st_uid == os.geteuid():
        return f"chmod u{how[1:]}"
    return f"ask {user_name(status.st_uid)} for chmod {how}"


def _owner(status: os.stat_result) -> str:
    return f"{user_name(status.st_uid)}:{group_name(status.st_gid)}"


CHECKS = (check_mount, check_directory, check_files, check_store, check_space, check_umask)
