"""`migrate`: the log's format rises. There is one format yet, so nothing can be raised."""

from __future__ import annotations

from modelkeep.domain.record import Ordinal
from modelkeep.domain.verbs.interface import Command, Decision, Proposal
from modelkeep.domain.verbs.words import EntryWords
from modelkeep.errors import Conflict


class Migrate(Command, frozen=True):
    """Raise the log's format."""

    PERMISSION = "migrate"

    format: Ordinal
    schema: Ordinal
    root: str | None = None

    def decide(self, proposal: Proposal) -> Decision:
        if proposal.intent.origin is not None:
            message = "a migration comes from nowhere else"
            raise Conflict(message)
        message = f"there is no format {self.format} to raise the log to"
        raise Conflict(message)

    def sentence(self, _words: EntryWords) -> str:
        return f"raised the log to format {self.format}"
