"""What `verify` and `backup` found wrong, bounded: of a thousand findings of one kind the first few and a number are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from modelkeep.domain.answers.care import VerifyFinding
from modelkeep.domain.text import printable
from modelkeep.errors import IntegrityError
from modelkeep.store.db.sqlite.raw_rows import Needed

_MOST_OF_A_KIND = 25
#: Of damaged files more are kept: each is repaired by itself.
_MOST_FILES = 1000
_LONGEST = 1000
_DATABASE = "database"
#: No path that is registered has more bytes.
_LONGEST_FIELD = 1024


class Findings:
    """Collects findings in the order they are made."""

    def __init__(self, most_of_a_kind: int | None = None) -> None:
        """Keep so many findings of a kind; 25, and 1,000 damaged files, unless given."""
        self._most_of_a_kind = most_of_a_kind
        self._kept: list[VerifyFinding] = []
        self._counts: Counter[tuple[str, str]] = Counter()
        #: Of each error that stopped a check, the places where it did.
        self._errors: dict[str, list[str]] = {}

    def error(self, code: str, place: str, message: str) -> None:
        """Add something that is wrong."""
        self.add("error", code, place, message)

    def warning(self, code: str, place: str, message: str) -> None:
        """Add something that is odd."""
        self.add("warning", code, place, message)

    def add(self, severity: str, code: str, place: str, message: str) -> None:
        """Add a finding."""
        self._add(VerifyFinding(severity, code, _shown(place), _shown(message)))

    def add_content(self, severity: str, code: str, needed: Needed, message: str) -> None:
        """Add a finding about a stored content that a version needs."""
        ref = f"{needed.name}@{needed.version}"
        finding = VerifyFinding(severity, code, _shown(ref), _shown(f"{needed.path}: {message}"))
        self._add(replace(finding, ref=_field(ref), path=_field(needed.path), digest=_field(needed.digest)))

    def _add(self, finding: VerifyFinding) -> None:
        kind = finding.severity, finding.code
        self._counts[kind] += 1
        if self._counts[kind] <= self._most(finding.code):
            self._kept.append(finding)

    def has_room(self, severity: str, code: str) -> bool:
        """Whether one more finding of this kind would be kept, and not only counted."""
        return self._counts[severity, code] < self._most(code)

    @property
    def ok(self) -> bool:
        """Whether no finding is an error."""
        return not self._errors and not any(severity == "error" for severity, _ in self._counts)

    def count(self, severity: str) -> int:
        """Return how many findings of a severity there are, with those that were not kept."""
        count = sum(number for (each, _), number in self._counts.items() if each == severity)
        return count + (len(self._errors) if severity == "error" else 0)

    @contextmanager
    def catching(self, place: str) -> Iterator[None]:
        """Turn an ``IntegrityError`` of the block into a finding; the same error again only adds its place to it."""
        try:
            yield
        except IntegrityError as error:
            self._errors.setdefault(error.message, []).append(place)

    def all(self) -> tuple[VerifyFinding, ...]:
        """Return the findings that were kept, for each kind that has more how many more, and what stopped checks."""
        more = [
            VerifyFinding(severity, code, "…", f"and {count - self._most(code)} more of this kind")
            for (severity, code), count in self._counts.items()
            if count > self._most(code)
        ]
        return (*self._kept, *more, *self._stopping_errors())

    def _stopping_errors(self) -> Iterator[VerifyFinding]:
        for number, (message, places) in enumerate(self._errors.items()):
            if number == self._most(_DATABASE):
                text = f"and {len(self._errors) - number} more of this kind"
                yield VerifyFinding("error", _DATABASE, "…", text)
                return
            met = [place for place in places if place != _DATABASE]
            if len(met) > 1:
                yield VerifyFinding("error", _DATABASE, _DATABASE, _shown(f"{message}; met in {', '.join(met)}"))
            else:
                yield VerifyFinding("error", _DATABASE, _shown((met or [_DATABASE])[0]), _shown(message))

    def _most(self, code: str) -> int:
        return self._most_of_a_kind or (_MOST_FILES if code == "blob" else _MOST_OF_A_KIND)


def _field(text: str) -> str | None:
    """Return a value for programs, unchanged; None where it is longer than any name, path or digest can be."""
    return text if len(text) <= _LONGEST_FIELD else None


def _shown(text: str) -> str:
    """Return text of a damaged or forged registry so that a terminal can show it."""
    return printable(text[:_LONGEST])
