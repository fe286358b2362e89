"""`acknowledge`: a person has seen what was left open."""

from __future__ import annotations

from modelkeep.domain.record import Ordinal
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Proposal
from modelkeep.domain.verbs.rows import Changes, Close, Recorded, Row
from modelkeep.domain.verbs.words import EntryWords
from modelkeep.errors import Denied, NotFound


class Acknowledge(Command, frozen=True):
    """Close the item that an ``entry`` opened; what was opened by breaking the glass takes another person."""

    PERMISSION = "acknowledge"
    DONE_IF_DELETED = True

    entry: Ordinal

    def decide(self, proposal: Proposal) -> Decision:
        # `promote` needs the events of this module and no more.
        from modelkeep.domain.policy.identity import identity_of, may_be_same_person
        from modelkeep.domain.policy.rules import Rules

        model = proposal.known_model()
        version = proposal.known_version(model)  # what was deleted meanwhile has to be looked at too
        item = proposal.state.open_item(self.entry)
        if item is None or (item.model, item.version) != (model.seq, version.number):
            message = f"entry {self.entry} opened nothing about {model.ref(version.number)}"
            raise NotFound(message, "modelkeep status        (says what is open)")
        if item.until is not None:
            return AlreadySo(f"what entry {self.entry} opened was acknowledged")
        policy = proposal.state.policy()
        rules = Rules() if policy is None else policy.rules
        opener, me = proposal.state.identity(self.entry), identity_of(proposal.observed)
        if item.item == "break-glass" and opener is not None and may_be_same_person(rules, opener, me):
            message = f"{opener.user} broke the glass in entry {self.entry}, and another person has to acknowledge it"
            raise Denied(message)
        return (ItemClosed(self.entry),)

    def sentence(self, words: EntryWords) -> str:
        return f"acknowledged entry {self.entry} about {words.subject}"


class ItemOpened(Event, frozen=True):
    """Something that a person must look at: ``item`` is ``break-glass``, ``signal`` or ``canary``."""

    item: str
    model: Ordinal
    version: Ordinal

    def project(self, recorded: Recorded) -> Changes:
        row: Row = {"item": self.item, "model": self.model, "version": self.version}
        yield recorded.opened("open_item", row)


class ItemClosed(Event, frozen=True):
    """A person has looked at what an entry opened."""

    entry: Ordinal

    def project(self, recorded: Recorded) -> Changes:
        yield Close("open_item", (("since_seq", "=", self.entry),), recorded.seq)
