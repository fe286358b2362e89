"""Entries of the log as sentences: ``promoted fraud@4 to production, in place of fraud@3``.

Made from the entry alone, under the names of its time, and from the texts beside it. The reason, who and when
are not part of the sentence.
"""

from __future__ import annotations

from modelkeep.domain.entry import Entry
from modelkeep.domain.verbs import VERBS
from modelkeep.domain.verbs.register import VersionRegistered
from modelkeep.domain.verbs.wording import Texts, subject_name


def subject_of(entry: Entry) -> str | None:
    """Return the version or model that an entry is about, under its name of then."""
    if entry.intent.subject is None:
        return None
    registered = next((event.version for event in entry.events if isinstance(event, VersionRegistered)), None)
    name = subject_name(entry)
    return f"{name}@{registered}" if registered is not None and entry.intent.subject.version is None else name


def sentence(entry: Entry, texts: Texts = ()) -> str:
    """Return what an entry did, in the past tense.

    ``texts`` are fields of its details: description, note and tags; a redacted one is missing.
    """
    command = entry.intent.command
    _, tell = VERBS[type(command)]
    # A forged entry may have events that do not follow from its command.
    return tell(entry, command, texts) or f"asked to {entry.intent.kind} {subject_of(entry)}"
