"""Checks of this machine and account: the clock, the versions in use, the user's own directories, who chose the registry."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata

from modelkeep import errors
from modelkeep._version import __version__
from modelkeep.domain.answers.care import DoctorFinding
from modelkeep.domain.times import parse_stored
from modelkeep.locate import untrusted
from modelkeep.maintenance.doctor.exam import Exam, error, may, ok, warning
from modelkeep.store.bucket.directory_drafts import boot_id
from modelkeep.store.db.sqlite import probe
from modelkeep.store.db.sqlite.probe import Probed

_APART_SECONDS = 300.0
_OLDEST_TYPER = (0, 28)


def check_clock(exam: Exam) -> Iterator[DoctorFinding]:
    """Compare this machine's clock with the log's last entry and with the file system."""
    now, shown = exam.context.clock().timestamp(), exam.context.now()
    in_order = True
    if isinstance(exam.probed, Probed) and exam.probed.head is not None and exam.probed.trouble is None:
        last = exam.probed.head.time
        behind = parse_stored(last).timestamp() - now
        if behind > _APART_SECONDS:
            in_order = False
            text = f"this machine's clock is {behind / 60:.0f} minutes behind the log's last entry, {last}"
            yield warning("clock", shown, text, "set the clock: timedatectl")
    theirs, source = _file_system_time(exam, now)
    if theirs is not None and abs(theirs - now) > _APART_SECONDS:
        in_order = False
        text = f"this machine's clock is {abs(theirs - now) / 60:.0f} minutes away from the file system's ({source})"
        yield warning("clock", shown, text, "set the clocks of both machines: timedatectl")
    if in_order:
        yield ok("clock", shown, "it agrees with the log and the file system")


def _file_system_time(exam: Exam, now: float) -> tuple[float | None, str]:
    """Return the file system's time and where it was read: from a new directory, else from a database of the future."""
    tmp = os.path.join(exam.store, "tmp")
    new = os.path.join(tmp, f"{boot_id()}-{os.getpid()}-{os.urandom(8).hex()}")
    with suppress(OSError):
        os.mkdir(new, 0o700)
        try:
            return os.stat(new).st_mtime, "of a directory just made"
        finally:
            os.rmdir(new)
    with suppress(OSError):
        written = os.stat(exam.context.database.path).st_mtime
        if written > now:
            return written, "of the database"
    return None, ""


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
    try:
        typer = metadata.version("typer")
    except metadata.PackageNotFoundError:
        yield ok("typer", "typer", "it is not installed: only the Python API can be used")
        return
    if tuple(int(part) for part in typer.split(".")[:2] if part.isdigit()) < _OLDEST_TYPER:
        yield warning("typer", "typer", f"{typer}: the command line needs 0.28", "pip install --upgrade typer")
    else:
        yield ok("typer", "typer", typer)


def check_user_directories(exam: Exam) -> Iterator[DoctorFinding]:
    """Check that the cache of views and the state directory can be written."""
    lost_cache = "it cannot be written, so modelkeep path cannot make its views"
    lost_state = "it cannot be written, so a log that goes backwards is not noticed"
    for code, path, lost, variable in (
        ("cache", exam.context.cache_dir, lost_cache, "MODELKEEP_CACHE"),
        ("memory", exam.context.state_dir, lost_state, "XDG_STATE_HOME"),
    ):
        existing = path
        while not os.path.lexists(existing) and os.path.dirname(existing) != existing:
            existing = os.path.dirname(existing)
        if os.path.isdir(existing) and may(existing, os.W_OK | os.X_OK):
            yield ok(code, path, "it can be written")
        else:
            yield warning(code, path, lost, f"set {variable} to a directory that this account may write")


def check_origin(exam: Exam) -> Iterator[DoctorFinding]:
    """Report which setting chose the registry, and whether it belongs to another user who was not trusted."""
    located = exam.located
    refusal = untrusted(located)
    if refusal is not None:
        yield error("origin", located.path, refusal.message, refusal.hint or "modelkeep --registry DIR")
    else:
        yield ok("origin", located.path, f"chosen by {located.origin}: {located.where or 'the default place'}")


CHECKS = (check_clock, check_versions, check_user_directories, check_origin)
