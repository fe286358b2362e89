"""`doctor`: check everything around a registry, and say of each problem what to do about it.

It must answer where other commands fail, so a check that cannot be carried out is a finding like any other. It changes
nothing. To learn the file system's time it makes a directory in ``store/tmp`` and removes it at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from shlex import quote

from msgspec.structs import replace

from modelkeep.context import Context
from modelkeep.domain.answers.maintenance import Diagnosis, DoctorFinding
from modelkeep.domain.text import printable
from modelkeep.errors import ModelkeepError, RegistryUnavailable
from modelkeep.locate import Located
from modelkeep.maintenance.doctor import client, database, place, roles, store
from modelkeep.maintenance.doctor.exam import Check, Exam, error
from modelkeep.maintenance.findings import shown

_ORDER = ("error", "warning", "ok")


def doctor(context: Context, located: Located) -> Diagnosis:
    """Run every check and return the findings, the worst first; see `Registry.doctor`."""
    _require_something(context.directory)
    exam = Exam(context, located)
    found = [_shown(finding) for check in _checks(exam) for finding in _run(exam, check)]
    found.sort(key=lambda finding: _ORDER.index(finding.severity))
    ok = not any(finding.severity == "error" for finding in found)
    return Diagnosis(ok, context.directory, tuple(found))


def _shown(found: DoctorFinding) -> DoctorFinding:
    """Return a finding so that a terminal can show it: a forged registry may hold any text."""
    hint = None if found.hint is None else printable(found.hint)
    return replace(found, place=shown(found.place), message=shown(found.message), hint=hint)


def _require_something(directory: str) -> None:
    """Raise ``RegistryUnavailable`` where the directory is missing or empty."""
    try:
        empty = not os.listdir(directory)
    except (FileNotFoundError, NotADirectoryError):
        empty = True
    except OSError:  # it may not be entered: the checks report that
        empty = False
    if empty:
        message = f"there is nothing at {directory}"
        raise RegistryUnavailable(message, f"modelkeep init {quote(directory)}")


def _checks(exam: Exam) -> tuple[Check, ...]:
    """Return the checks to run: where this account may not enter the directory, none of what is in it."""
    inside = (
        ()
        if exam.is_closed
        else (place.check_files, place.check_owners, *store.CHECKS, *database.CHECKS, *roles.CHECKS)
    )
    return (*place.CHECKS, *inside, *client.CHECKS)


def _run(exam: Exam, check: Check) -> Iterator[DoctorFinding]:
    """Yield the findings of a check; what stops the check is one more finding."""
    code = check.__name__.removeprefix("check_")
    try:
        yield from check(exam)
    except ModelkeepError as stopped:
        yield error(code, exam.directory, stopped.message, stopped.hint or "modelkeep verify")
    except OSError as stopped:
        path = os.fsdecode(stopped.filename) if isinstance(stopped.filename, (str, bytes)) else exam.directory
        why = (stopped.strerror or str(stopped)).lower()
        yield error(code, path, f"it could not be checked: {why}", f"ls -ld {path}")
