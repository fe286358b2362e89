"""Words that the sentences of several verbs share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry

#: Fields of an entry's details with their values; a redacted one is missing.
Texts: TypeAlias = Sequence[tuple[str, str]]
_LONGEST = 200


def model_name(entry: Entry) -> str:
    """Return the name that the entry's model bore when it was written, empty for none."""
    return "" if entry.intent.subject is None else entry.intent.subject.name


def subject_name(entry: Entry) -> str:
    """Return the model or the version that an entry is about, under its name of then."""
    subject = entry.intent.subject
    version = None if subject is None else subject.version
    return model_name(entry) if version is None else f"{model_name(entry)}@{version}"


def join_words(words: Sequence[str]) -> str:
    """Return words as a person lists them: ``a``, ``a and b``, ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def shortened(text: str) -> str:
    """Return the beginning of a long text."""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
