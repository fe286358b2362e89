"""`rename`: a model bears another name; the old one keeps answering."""

from __future__ import annotations

from modelkeep.domain.policy.patterns import check_model_name
from modelkeep.domain.record import Ordinal
from modelkeep.domain.verbs.create import check_name_is_free, name_rows
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Proposal
from modelkeep.domain.verbs.rows import Changes, Close, Recorded
from modelkeep.domain.verbs.words import EntryWords


class Rename(Command, frozen=True):
    """Give a model a name that no other model ever bore; ``reuse`` allows one that a deleted model bore."""

    PERMISSION = "annotate"

    to: str
    reuse: bool = False

    def decide(self, proposal: Proposal) -> Decision:
        model = proposal.model()
        if self.to == model.name:
            return AlreadySo(f"the model is called {model.name}")
        bearer = proposal.state.model_named(self.to)
        check_name_is_free(self.to, None if bearer is None or bearer.seq == model.seq else bearer, reuse=self.reuse)
        check_model_name(proposal, self.to)
        return (ModelRenamed(model.seq),)

    def sentence(self, words: EntryWords) -> str:
        return f"renamed {words.model} to {self.to}"


class ModelRenamed(Event, frozen=True):
    """A model bears another name from now on."""

    model: Ordinal

    def project(self, recorded: Recorded) -> Changes:
        yield Close("model_name", (("model", "=", self.model),), recorded.seq)
        yield from name_rows(recorded, self.model, recorded.command(Rename).to)
