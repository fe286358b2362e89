"""`alias`: movable names for versions, unique in a model without case."""

from __future__ import annotations

from shlex import quote

from modelkeep.domain.labels import fold
from modelkeep.domain.record import Ordinal
from modelkeep.domain.stages import check_imported_alias
from modelkeep.domain.state import Model
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Proposal
from modelkeep.domain.verbs.rows import Changes, Close, Recorded
from modelkeep.domain.verbs.words import EntryWords, join_words
from modelkeep.errors import UsageError


class Alias(Command, frozen=True):
    """Point aliases at a version, and take others off the model."""

    PERMISSION = "alias"
    MAY_EXPECT = True

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    def decide(self, proposal: Proposal) -> Decision:
        model = proposal.model()
        names = (*self.add, *self.remove)
        _check(proposal, model, names)
        events: list[Event] = []
        for name in self.add:
            _, version = proposal.model_and_version()
            check_imported_alias(name, proposal.state.stages())
            if proposal.state.alias(model.seq, fold(name)) != version.number:
                events.append(AliasSet(name, model.seq, version.number))
        borne = (name for name in self.remove if proposal.state.alias(model.seq, fold(name)) is not None)
        events += [AliasRemoved(name, model.seq) for name in borne]
        if not events:
            there = [f"{name} is {model.ref(version.number)}" for name in self.add]
            return AlreadySo(join_words([*there, *(f"{model.name} has no alias {name}" for name in self.remove)]))
        if proposal.intent.expect is not None:
            proposal.check_expected(proposal.state.alias(model.seq, fold(names[0])), f"{model.name}@{names[0]}")
        return tuple(events)

    def sentence(self, words: EntryWords) -> str:
        called = [f"called {words.ref(event.version)} {event.alias}" for event in words.events(AliasSet)]
        return ", ".join([*called, *removed_aliases(words)])


class AliasSet(Event, frozen=True):
    """An alias points at a version."""

    alias: str
    model: Ordinal
    version: Ordinal

    def project(self, recorded: Recorded) -> Changes:
        yield _closed(recorded, self.model, self.alias)
        yield recorded.opened("alias", {"model": self.model, "alias": fold(self.alias), "version": self.version})


class AliasRemoved(Event, frozen=True):
    """An alias points at nothing any more."""

    alias: str
    model: Ordinal

    def project(self, recorded: Recorded) -> Changes:
        yield _closed(recorded, self.model, self.alias)


def removed_aliases(words: EntryWords) -> list[str]:
    """Return the part of a sentence for each alias that the entry took away."""
    return [f"took the alias {event.alias} off {words.model}" for event in words.events(AliasRemoved)]


def _check(proposal: Proposal, model: Model, names: tuple[str, ...]) -> None:
    if not names or len(set(map(fold, names))) != len(names):
        message = "alias needs names, each once"
        raise UsageError(message, f"modelkeep alias {quote(model.name)}@1 champion")
    if proposal.intent.expect is not None and len(names) > 1:
        message = "--expect compares one alias"
        raise UsageError(message)


def _closed(recorded: Recorded, model: int, alias: str) -> Close:
    return Close("alias", (("model", "=", model), ("alias", "=", fold(alias))), recorded.seq)
