"""One examination: what it looks at, and the findings so far."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from modelkeep.context import Context
from modelkeep.domain.answers.care import Diagnosis, DoctorFinding
from modelkeep.domain.text import printable
from modelkeep.errors import ModelkeepError
from modelkeep.locate import Located

#: The account that acts, not the one that started: they differ in a program that changes its own.
_EFFECTIVE = os.access in os.supports_effective_ids
_ORDER = {"error": 0, "warning": 1, "ok": 2}
_LONGEST = 1000


def may(path: str, mode: int) -> bool:
    """Tell whether this account may read (``os.R_OK``), write or enter a path."""
    return os.access(path, mode, effective_ids=_EFFECTIVE)


class Exam:
    """Collects findings.

    ``is_open`` says that the database could be looked at and is of today's schema, ``is_shut`` that this
    account may not even look into the directory.
    """

    def __init__(self, context: Context, located: Located) -> None:
        self.context = context
        self.located = located
        self.is_open = self.is_shut = False
        self.last_time: str | None = None
        self._found: list[DoctorFinding] = []

    @property
    def store(self) -> str:
        """The store's directory, or the link that leads to it."""
        return os.path.join(self.context.directory, "store")

    def ok(self, code: str, place: str, message: str, hint: str | None = None) -> None:
        """Note that something is in order."""
        self._add("ok", code, place, message, hint)

    def warning(self, code: str, place: str, message: str, hint: str) -> None:
        """Note something that may become trouble."""
        self._add("warning", code, place, message, hint)

    def error(self, code: str, place: str, message: str, hint: str) -> None:
        """Note something that is wrong."""
        self._add("error", code, place, message, hint)

    @contextmanager
    def going_on(self, code: str) -> Iterator[None]:
        """Keep what stops a check as a finding, and go on with the next."""
        try:
            yield
        except ModelkeepError as error:
            self.error(code, self.context.directory, error.message, error.hint or "modelkeep verify")
        except OSError as error:
            place = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else self.context.directory
            self.error(
                code, place, f"it cannot be looked at: {(error.strerror or str(error)).lower()}", f"ls -ld {place}"
            )

    def diagnosis(self) -> Diagnosis:
        """Return all findings, the worst first."""
        ordered = sorted(self._found, key=lambda each: _ORDER[each.severity])
        ok = not any(each.severity == "error" for each in ordered)
        return Diagnosis(ok, self.context.directory, tuple(ordered))

    def _add(self, severity: str, code: str, place: str, message: str, hint: str | None) -> None:
        said = None if hint is None else printable(hint)
        found = DoctorFinding(severity, code, printable(place[:_LONGEST]), printable(message[:_LONGEST]), said)
        self._found.append(found)
