"""`note`: a remark that is added to a version or a model; its text stands in the details."""

from __future__ import annotations

from shlex import quote

from modelkeep.domain.record import Ordinal
from modelkeep.domain.verbs.interface import Command, Decision, Event, Proposal
from modelkeep.domain.verbs.words import EntryWords, shortened
from modelkeep.errors import UsageError


class Note(Command, frozen=True):
    """Add the note in the details."""

    PERMISSION = "annotate"

    def decide(self, proposal: Proposal) -> Decision:
        model, version = proposal.model_or_version()
        if proposal.intent.details is None:
            message = "a note needs a text"
            raise UsageError(message, f'modelkeep note {quote(model.name)} "what there is to say"')
        return (NoteAdded(model.seq, version),)

    def sentence(self, words: EntryWords) -> str:
        text = next((value for field, value in words.texts if field == "note"), None)
        return f"noted on {words.subject}" + ("" if text is None else f": {shortened(text)}")


class NoteAdded(Event, frozen=True):
    """A note was added to a version, or without one to the model; it has no row of its own, for the entry has it."""

    model: Ordinal
    version: Ordinal | None = None
