"""Checks of this machine and account: the clock, the versions in use, the user's own directories, who chose the registry."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata
from itertools import islice
from shlex import quote

from modelkeep import errors
from modelkeep._version import __version__
from modelkeep.domain.answers.maintenance import DoctorFinding
from modelkeep.domain.times import parse_stored
from modelkeep.errors import ModelkeepError
from modelkeep.locate import untrusted
from modelkeep.maintenance.doctor.exam import Exam, error, may, ok, warning
from modelkeep.store.bucket.directory_drafts import boot_id, lock_directory
from modelkeep.store.bucket.directory_places import TMP, opened
from modelkeep.store.db.sqlite import probe
from modelkeep.store.db.sqlite.probe import Probed
from modelkeep.store.ingest.selection import UNFINISHED

_APART_SECONDS = 300.0
#: So many names of the current directory are looked at.
_MOST = 20_000
_SHOWN = 5


def check_clock(exam: Exam) -> Iterator[DoctorFinding]:
    """Compare this machine's clock with the log's last entry and with the file system."""
    now, shown = exam.context.clock().timestamp(), exam.context.now()
    wrong = []
    found = exam.probed
    if isinstance(found, Probed) and found.head is not None and found.trouble is None:
        behind = parse_stored(found.head.time).timestamp() - now
        if behind > _APART_SECONDS:
            text = f"this machine's clock is {behind / 60:.0f} minutes behind the log's last entry, {found.head.time}"
            wrong.append(warning("clock", shown, text, "set the clock: timedatectl"))
    theirs, source = _file_system_time(exam, now)
    if abs(apart := theirs - now) > _APART_SECONDS:
        text = f"this machine's clock is {abs(apart) / 60:.0f} minutes away from the file system's ({source})"
        wrong.append(warning("clock", shown, text, "set the clocks of both machines: timedatectl"))
    yield from wrong or [ok("clock", shown, "it agrees with the log and the file system")]


def _file_system_time(exam: Exam, now: float) -> tuple[float, str]:
    """Return the file system's time and where it was read: a new directory, or a database with a time in the future."""
    new = f"{boot_id()}-{os.getpid()}-{os.urandom(8).hex()}"
    with suppress(OSError, ModelkeepError), opened(exam.store, TMP) as tmp:
        os.mkdir(new, 0o700, dir_fd=tmp.descriptor)
        try:
            return os.stat(new, dir_fd=tmp.descriptor, follow_symlinks=False).st_mtime, "of a directory just made"
        finally:
            tmp.rmdir(new)
    with suppress(OSError):
        return max(now, os.stat(exam.context.database.path).st_mtime), "of the database"
    return now, ""


def check_versions(exam: Exam) -> Iterator[DoctorFinding]:  # noqa: ARG001 - every check is called alike
    """Report the versions of Python, SQLite, modelkeep and Typer."""
    yield ok("python", sys.executable or "python", ".".join(map(str, sys.version_info[:3])))
    if probe.is_too_old():
        oldest = ".".join(map(str, probe.OLDEST_SQLITE))
        text = f"{probe.sqlite_version()}: it cannot read registries, which need {oldest}"
        yield error("sqlite", "sqlite3", text, "use a Python that was built with a newer SQLite")
    else:
        yield ok("sqlite", "sqlite3", probe.sqlite_version())
    yield ok("modelkeep", os.path.dirname(os.path.abspath(errors.__file__)), __version__)
    with suppress(metadata.PackageNotFoundError):  # the Python API needs no Typer
        yield ok("typer", "typer", metadata.version("typer"))


def check_user_directories(exam: Exam) -> Iterator[DoctorFinding]:
    """Check that the cache of views and the state directory can be written."""
    for code, path, lost, variable in (
        ("cache", exam.context.cache_dir, "modelkeep path cannot make its views", "MODELKEEP_CACHE"),
        ("memory", exam.context.state_dir, "a log that goes backwards is not noticed", "XDG_STATE_HOME"),
    ):
        existing = path
        while not os.path.lexists(existing) and os.path.dirname(existing) != existing:
            existing = os.path.dirname(existing)
        if os.path.isdir(existing) and may(existing, os.W_OK | os.X_OK):
            yield ok(code, path, "it can be written")
        else:
            hint = f"set {variable} to a directory that this account may write"
            yield warning(code, path, f"it cannot be written, so {lost}", hint)


def check_unfinished(exam: Exam) -> Iterator[DoctorFinding]:
    """Report what a killed `get` left in the current directory."""
    with suppress(OSError), os.scandir(exam.context.cwd) as entries:
        for name in sorted(each.name for each in islice(entries, _MOST) if UNFINISHED.fullmatch(each.name))[:_SHOWN]:
            path = os.path.join(exam.context.cwd, name)
            if not _is_locked(path):
                text = "left by a get that was killed: the next get there removes it"
                yield warning("unfinished", path, text, f"rm -rf {quote(path)}")


def _is_locked(path: str) -> bool:
    """Tell whether a writer that lives holds the lock of a draft."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return lock_directory(descriptor) is False
    finally:
        os.close(descriptor)


def check_origin(exam: Exam) -> Iterator[DoctorFinding]:
    """Report which setting chose the registry, and whether it belongs to another user who was not trusted."""
    located = exam.located
    refusal = untrusted(located)
    if refusal is not None:
        yield error("origin", located.path, refusal.message, refusal.hint or "modelkeep --registry DIR")
    else:
        yield ok("origin", located.path, f"chosen by {located.origin}: {located.where or 'the default place'}")


CHECKS = (check_clock, check_versions, check_user_directories, check_unfinished, check_origin)
