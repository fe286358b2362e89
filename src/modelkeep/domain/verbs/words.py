"""The words of sentences about entries: names as they were when the entry was written, and lists of words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from msgspec import Struct

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry
    from modelkeep.domain.verbs.interface import End

#: Fields of an entry's details (description, note and tags) with their values; a redacted one is missing.
Texts: TypeAlias = Sequence[tuple[str, str]]
_LONGEST = 200

E = TypeVar("E")


class EntryWords(Struct, frozen=True):
    """What the sentence of an entry is made of: the entry, the texts of its details, and the names of its time."""

    entry: Entry
    texts: Texts

    def events(self, kind: type[E]) -> list[E]:
        """Return the events of one kind, in order."""
        return [event for event in self.entry.events if isinstance(event, kind)]

    @property
    def model(self) -> str:
        """The name that the entry's model bore when it was written, empty for none."""
        return "" if self.entry.intent.subject is None else self.entry.intent.subject.name

    @property
    def subject(self) -> str:
        """The model or the version that the entry is about."""
        subject = self.entry.intent.subject
        return self.model if subject is None or subject.version is None else self.ref(subject.version)

    def ref(self, version: int) -> str:
        """Return the name of a version of the model: ``fraud@3``."""
        return f"{self.model}@{version}"

    def in_place_of(self, ends: Sequence[End]) -> str:
        """Return ``, in place of fraud@3`` for the tenures that ended, nothing for none."""
        return f", in place of {join_words([self.ref(end.version) for end in ends])}" if ends else ""

    def stages_left(self, ends: Sequence[End]) -> list[str]:
        """Return ``fraud@3 left staging and production``, a part for each version."""
        left: dict[int, dict[str, None]] = {}
        for end in sorted(ends, key=lambda each: each.version):
            left.setdefault(end.version, {})[end.stage] = None
        return [f"{self.ref(version)} left {join_words(list(stages))}" for version, stages in left.items()]


def join_words(words: Sequence[str]) -> str:
    """Return words as a person lists them: ``a``, ``a and b``, ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def shortened(text: str) -> str:
    """Return the beginning of a long text."""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
