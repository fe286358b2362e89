"""`note`: a remark that is added to a version or a model; its text stands in the details."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.domain.record import Ordinal
from modelkeep.domain.verbs.interface import Command, Decision, Event, Question
from modelkeep.domain.verbs.wording import Texts, shortened, subject_name
from modelkeep.errors import UsageError

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry


class Note(Command, frozen=True):
    """Add the note in the details."""


class NoteAdded(Event, frozen=True):
    """A note was added to a version, or without one to the model; it has no row of its own, for the entry has it."""

    model: Ordinal
    version: Ordinal | None = None


def decide(question: Question, _command: Note) -> Decision:
    """Add a note to a version or a model."""
    model = question.model()
    version = question.optional_version(model)
    if question.intent.details is None:
        message = "a note needs a text"
        raise UsageError(message, f'modelkeep note {model.name} "what there is to say"')
    return (NoteAdded(model.seq, None if version is None else version.number),)


def sentence(entry: Entry, _command: Note, texts: Texts) -> str:
    """Return what the entry did."""
    text = next((value for field, value in texts if field == "note"), None)
    return f"noted on {subject_name(entry)}" + ("" if text is None else f": {shortened(text)}")
