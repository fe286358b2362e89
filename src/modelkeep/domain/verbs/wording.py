"""Words that the sentences of several verbs share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry
    from modelkeep.domain.verbs.interface import End

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


def in_place_of(entry: Entry, ends: Sequence[End]) -> str:
    """Return ``, in place of fraud@3`` for the tenures that ended, nothing for none."""
    if not ends:
        return ""
    return f", in place of {join_words([f'{model_name(entry)}@{end.version}' for end in ends])}"


def stages_left(entry: Entry, ends: Sequence[End]) -> list[str]:
    """Return ``fraud@3 left staging and production``, a part for each version."""
    left: dict[int, dict[str, None]] = {}
    for end in sorted(ends, key=lambda each: each.version):
        left.setdefault(end.version, {})[end.stage] = None
    return [f"{model_name(entry)}@{version} left {join_words(list(stages))}" for version, stages in left.items()]
