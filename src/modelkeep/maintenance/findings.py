"""What `verify` and `backup` found wrong, bounded: of a thousand findings of one kind the first few and a number are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from modelkeep.domain.answers.maintenance import VerifyFinding
from modelkeep.domain.text import printable
from modelkeep.errors import IntegrityError
from modelkeep.store.db.sql.reachable import Needed

_MOST_OF_A_KIND = 25
#: More findings of damaged files are kept: each file is repaired by itself.
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
        self._stopping: dict[str, list[str]] = {}

    def error(self, code: str, place: str, message: str) -> None:
        """Add something that is wrong."""
        self.add("error", code, place, message)

    def warning(self, code: str, place: str, message: str) -> None:
        """Add something that is odd."""
        self.add("warning", code, place, message)

    def add(self, severity: str, code: str, place: str, message: str, content: Needed | None = None) -> None:
        """Add a finding; ``content`` is the file of a version that it is about, and ``place`` that version."""
        self._counts[severity, code] += 1
        if self._counts[severity, code] > self._most(code):
            return
        finding = VerifyFinding(severity, code, shown(place), shown(message))
        if content is not None:
            finding = replace(finding, ref=_field(place), path=_field(content.path), digest=_field(content.digest))
        self._kept.append(finding)

    @property
    def ok(self) -> bool:
        """Whether no finding is an error."""
        return self.count("error") == 0

    def count(self, severity: str) -> int:
        """Return how many findings of a severity there are, with those that were not kept."""
        count = sum(number for (each, _), number in self._counts.items() if each == severity)
        return count + (len(self._stopping) if severity == "error" else 0)

    @contextmanager
    def catching(self, place: str) -> Iterator[None]:
        """Turn an ``IntegrityError`` of the block into a finding; the same error again only adds its place to it."""
        try:
            yield
        except IntegrityError as error:
            self._stopping.setdefault(error.message, []).append(place)

    def all(self) -> tuple[VerifyFinding, ...]:
        """Return the findings that were kept, for each kind that has more how many more, and what stopped checks."""
        stopping = [_stopping(message, places) for message, places in self._stopping.items()]
        most = self._most(_DATABASE)
        more = [_more(*kind, count - self._most(kind[1])) for kind, count in self._counts.items()]
        rest = _more("error", _DATABASE, len(stopping) - most)
        return tuple(filter(None, (*self._kept, *more, *stopping[:most], rest)))

    def _most(self, code: str) -> int:
        return self._most_of_a_kind or (_MOST_FILES if code == "blob" else _MOST_OF_A_KIND)


def shown(text: str) -> str:
    """Return text of a damaged or forged registry so that a terminal can show it."""
    return printable(text[:_LONGEST])


def _more(severity: str, code: str, count: int) -> VerifyFinding | None:
    """Return the finding for those of a kind that were not kept."""
    return VerifyFinding(severity, code, "…", f"and {count} more of this kind") if count > 0 else None


def _stopping(message: str, places: list[str]) -> VerifyFinding:
    """Return the finding of an error that stopped checks at some places."""
    met = [place for place in places if place != _DATABASE] or [_DATABASE]
    if len(met) == 1:
        return VerifyFinding("error", _DATABASE, shown(met[0]), shown(message))
    return VerifyFinding("error", _DATABASE, _DATABASE, shown(f"{message}; met in {', '.join(met)}"))


def _field(text: str) -> str | None:
    """Return a value for programs, unchanged; None where it is longer than any name, path or digest can be."""
    return text if len(text) <= _LONGEST_FIELD else None
