"""This side of it: the clock, the versions of what runs, the cache, and who said which registry to use."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import metadata

from modelkeep import errors
from modelkeep._version import __version__
from modelkeep.domain.times import parse_stored
from modelkeep.locate import not_used
from modelkeep.maintenance.doctor.exam import Exam, may
from modelkeep.store.care import stale_tmp
from modelkeep.store.db.sqlite import probe as probing

_APART_SECONDS = 300.0
_OLDEST_TYPER = (0, 28)


def check_clock(exam: Exam) -> None:
    """Hold this machine's clock against the log's last entry and the file system's own."""
    now = exam.context.clock().timestamp()
    trouble = False
    if exam.last_time is not None:
        behind = parse_stored(exam.last_time).timestamp() - now
        if behind > _APART_SECONDS:
            trouble = True
            text = f"this machine's clock is {behind / 60:.0f} minutes behind the log's last entry, {exam.last_time}"
            exam.warning("clock", exam.context.now(), text, "set the clock: timedatectl")
    theirs, how = _file_system_time(exam, now)
    if theirs is not None and abs(theirs - now) > _APART_SECONDS:
        trouble = True
        text = f"this machine's clock is {abs(theirs - now) / 60:.0f} minutes away from the file system's ({how})"
        exam.warning("clock", exam.context.now(), text, "set the clocks of both machines: timedatectl")
    if not trouble:
        exam.ok("clock", exam.context.now(), "it agrees with the log and the file system")


def _file_system_time(exam: Exam, now: float) -> tuple[float | None, str]:
    """Return what time the file system has: of a directory just made, else of a file from the future."""
    tmp = os.path.join(exam.store, "tmp")
    probe = os.path.join(tmp, f"{stale_tmp.boot_id()}-{os.getpid()}-{os.urandom(8).hex()}")
    with suppress(OSError):
        os.mkdir(probe, 0o700)
        try:
            return os.stat(probe).st_mtime, "of a directory just made"
        finally:
            os.rmdir(probe)
    with suppress(OSError):
        written = os.stat(exam.context.database.path).st_mtime
        if written > now:
            return written, "of the database"
    return None, ""


def check_versions(exam: Exam) -> None:
    """Tell the versions of what runs here."""
    python = ".".join(map(str, sys.version_info[:3]))
    exam.ok("python", sys.executable or "python", python)
    if probing.is_too_old():
        oldest = ".".join(map(str, probing.OLDEST_SQLITE))
        text = f"{probing.sqlite_version()}: it cannot read registries, which need {oldest}"
        exam.error("sqlite", "sqlite3", text, "use a Python that was built with a newer SQLite")
    else:
        exam.ok("sqlite", "sqlite3", probing.sqlite_version())
    exam.ok("modelkeep", os.path.dirname(os.path.abspath(errors.__file__)), __version__)
    typer = _version("typer")
    if typer is None:
        exam.ok("typer", "typer", "it is not installed: there is no command line, only the API")
    elif tuple(int(each) for each in typer.split(".")[:2] if each.isdigit()) < _OLDEST_TYPER:
        exam.warning("typer", "typer", f"{typer}: the command line needs 0.28", "pip install --upgrade typer")
    else:
        exam.ok("typer", "typer", typer)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def check_own_files(exam: Exam) -> None:
    """Look whether views can be made and heads be remembered."""
    for code, path, what in (
        ("cache", exam.context.cache_dir, "modelkeep path cannot make its views there"),
        (
            "memory",
            exam.context.state_dir,
            "the last head cannot be remembered: a log that went backwards is not found",
        ),
    ):
        there = path
        while not os.path.lexists(there) and os.path.dirname(there) != there:
            there = os.path.dirname(there)
        if os.path.isdir(there) and may(there, os.W_OK | os.X_OK):
            exam.ok(code, path, "it can be written")
        else:
            variable = "MODELKEEP_CACHE" if code == "cache" else "XDG_STATE_HOME"
            exam.warning(code, path, what, f"{variable}=DIR that this account may write")


def check_origin(exam: Exam) -> None:
    """Tell who said which registry to use, and whether that is somebody else whom nobody asked."""
    located = exam.located
    refusal = not_used(located)
    if refusal is not None:
        exam.error("origin", located.path, refusal.message, refusal.hint or "modelkeep --registry DIR")
    else:
        exam.ok("origin", located.path, f"said by {located.origin}: {located.where or 'the default place'}")


CHECKS = (check_clock, check_versions, check_own_files, check_origin)
