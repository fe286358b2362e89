"""What a verification found, kept short: a thousand wrong rows of one kind are told by the first few and a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct
from msgspec.structs import replace

from modelkeep.domain.answers.care import VerifyFinding
from modelkeep.domain.text import printable
from modelkeep.errors import IntegrityError
from modelkeep.store.db.sqlite.raw_rows import Needed

_MOST_OF_A_KIND = 25
#: Of damaged files more: each is to be mended by itself.
_MOST_FILES = 1000
_LONGEST = 1000
_DATABASE = "database"
#: No path that is registered has more bytes.
_LONGEST_FIELD = 1024


class _Met(Struct, frozen=True):
    """A trouble that is met in several places: which of the findings that were kept tells of it."""

    number: int | None
    places: list[str]


class Findings:
    """Collects findings in the order they are made."""

    def __init__(self) -> None:
        self._kept: list[VerifyFinding] = []
        self._counts: Counter[tuple[str, str]] = Counter()
        self._met: dict[str, _Met] = {}

    def error(self, code: str, place: str, message: str) -> None:
        """Note something that is wrong."""
        self.add("error", code, place, message)

    def warning(self, code: str, place: str, message: str) -> None:
        """Note something that is odd."""
        self.add("warning", code, place, message)

    def add(self, severity: str, code: str, place: str, message: str) -> None:
        """Note a finding."""
        self._note(VerifyFinding(severity, code, _safe(place), _safe(message)))

    def add_content(self, severity: str, code: str, needed: Needed, message: str) -> None:
        """Note a finding about a stored content that a version needs."""
        ref = f"{needed.name}@{needed.version}"
        text = f"{needed.path}: {message}"
        said = VerifyFinding(severity, code, _safe(ref), _safe(text))
        self._note(replace(said, ref=_whole(ref), path=_whole(needed.path), digest=_whole(needed.digest)))

    def _note(self, finding: VerifyFinding) -> None:
        kind = finding.severity, finding.code
        self._counts[kind] += 1
        if self._counts[kind] <= _most(finding.code):
            self._kept.append(finding)

    def has_room(self, severity: str, code: str) -> bool:
        """Whether a further finding of this kind would be kept, and not only counted."""
        return self._counts[severity, code] < _most(code)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not any(severity == "error" for severity, _ in self._counts)

    def count(self, severity: str) -> int:
        """Return how many findings of a severity were made, those left out too."""
        return sum(number for (each, _), number in self._counts.items() if each == severity)

    @contextmanager
    def noting(self, place: str) -> Iterator[None]:
        """Keep what cannot be read as a finding, and go on after the block; the same trouble again only names the place."""
        try:
            yield
        except IntegrityError as error:
            self._meet(place, error.message)

    def _meet(self, place: str, message: str) -> None:
        met = self._met.get(message)
        if met is None:
            number = len(self._kept)
            self.error(_DATABASE, place, message)
            self._met[message] = _Met(number if number < len(self._kept) else None, [place])
        elif place != _DATABASE:  # which says no more than the finding does
            met.places.append(place)
            if met.number is not None:
                text = f"{message}; met in {', '.join(met.places)}"
                self._kept[met.number] = VerifyFinding("error", _DATABASE, _DATABASE, _safe(text))

    def all(self) -> tuple[VerifyFinding, ...]:
        """Return the findings, and for each kind that has too many how many were left out."""
        more = [
            VerifyFinding(severity, code, "…", f"and {count - _most(code)} more of this kind")
            for (severity, code), count in self._counts.items()
            if count > _most(code)
        ]
        return (*self._kept, *more)


def _most(code: str) -> int:
    return _MOST_FILES if code == "blob" else _MOST_OF_A_KIND


def _whole(text: str) -> str | None:
    """Return what a program is given as it is; what is longer than any name, path or digest of ours is none."""
    return text if len(text) <= _LONGEST_FIELD else None


def _safe(text: str) -> str:
    """Return what a damaged or forged registry holds so that a terminal can be shown it."""
    return printable(text[:_LONGEST])
