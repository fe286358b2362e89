"""`describe`: the one description of a version or a model; its text stands in the details."""

from __future__ import annotations

from modelkeep.domain.record import Ordinal
from modelkeep.domain.verbs.interface import Command, Decision, Event, Proposal
from modelkeep.domain.verbs.rows import Changes, Close, Recorded
from modelkeep.domain.verbs.words import EntryWords, shortened


class Describe(Command, frozen=True):
    """Set the description in the details; none in them takes the present one away."""

    PERMISSION = "annotate"

    def decide(self, proposal: Proposal) -> Decision:
        model, version = proposal.model_or_version()
        return (Described(model.seq, version),)

    def sentence(self, words: EntryWords) -> str:
        text = next((value for field, value in words.texts if field == "description"), "")
        if not text and words.entry.intent.details is None:
            return f"took the description off {words.subject}"
        return f"described {words.subject}" + (f": {shortened(text)}" if text else "")


class Described(Event, frozen=True):
    """The description of a version, or without one of the model, changed."""

    model: Ordinal
    version: Ordinal | None = None

    def project(self, recorded: Recorded) -> Changes:
        version = self.version or 0
        yield Close("description", (("model", "=", self.model), ("version", "=", version)), recorded.seq)
        yield from description_rows(recorded, self.model, version)


def description_rows(recorded: Recorded, model: int, version: int) -> Changes:
    """Yield the rows of the description in the details, none where it is empty or redacted."""
    text = None if recorded.details is None else recorded.details.value("description")
    if text:
        yield recorded.opened("description", {"model": model, "version": version, "text": text})
        yield from recorded.word_rows(model, version, [("description", text)])
