"""`delete`: a version goes for good, or a whole model; gc may then remove the bytes."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from modelkeep.domain.record import Count, Ordinal
from modelkeep.domain.state import Model, Version
from modelkeep.domain.verbs.alias import AliasRemoved, removed_aliases
from modelkeep.domain.verbs.interface import (
    AlreadySo,
    Command,
    Decision,
    End,
    Event,
    Proposal,
    ends_with_shares,
    retirements,
)
from modelkeep.domain.verbs.rows import Changes, Close, DeleteVersions, Insert, Recorded
from modelkeep.domain.verbs.words import EntryWords
from modelkeep.errors import Conflict


class Delete(Command, frozen=True):
    """Delete a version, or without one the model; ``force`` where a protected stage is or was held."""

    PERMISSION = "delete"
    DONE_IF_DELETED = True
    HINT_IF_TOO_LONG = "take aliases off it first: modelkeep alias {} ALIAS-"

    force: bool = False

    def permissions_of_events(self, events: Sequence[Event]) -> tuple[str, ...]:
        """Return those to empty the stages that what is deleted holds."""
        gone = (event for event in events if isinstance(event, VersionDeleted | ModelDeleted))
        return retirements(end for event in gone for end in event.ends)

    def decide(self, proposal: Proposal) -> Decision:
        """Delete what the intent is about: what it holds ends, its aliases go, number and label stay taken."""
        model = proposal.known_model()
        if proposal.subject().version is None:
            return self._decide_model(proposal, model)
        version = proposal.known_version(model)
        if version.deleted:
            return AlreadySo(f"{model.ref(version.number)} is deleted")
        held = proposal.state.open_tenures(model.seq, version.number, version.number)
        if not self.force:
            _check_protected(proposal, model, version, {tenure.stage for tenure in held})
        aliases = proposal.state.aliases_of(model.seq, version.number)
        return (
            VersionDeleted(model.seq, version.number, ends_with_shares(proposal.state, *held)),
            *(AliasRemoved(alias, model.seq) for alias in aliases),
        )

    def _decide_model(self, proposal: Proposal, model: Model) -> Decision:
        if model.deleted:
            return AlreadySo(f"the model {model.name} is deleted")
        for stage in () if self.force else proposal.state.stages():
            if stage.protected and proposal.state.last_holder(model.seq, stage.name) is not None:
                message = f"{model.name} has or had a version in {stage.name}, which is protected"
                hint = f"modelkeep archive {quote(model.name)} --all-versions        (or delete it with --force)"
                raise Conflict(message, hint)
        held = proposal.state.open_tenures(model.seq, 1, model.newest)
        return (ModelDeleted(model.seq, model.newest, ends_with_shares(proposal.state, *held)),)

    def sentence(self, words: EntryWords) -> str:
        parts = []
        for event in words.entry.events:
            if isinstance(event, VersionDeleted):
                parts += [f"deleted {words.ref(event.version)}", *words.stages_left(event.ends)]
            elif isinstance(event, ModelDeleted):
                parts += [f"deleted the model {words.model}", *words.stages_left(event.ends)]
        return ", ".join([*parts, *removed_aliases(words)])


class VersionDeleted(Event, frozen=True):
    """A version is gone for good: its number stays taken, and its bytes may go."""

    model: Ordinal
    version: Ordinal
    ends: tuple[End, ...] = ()

    def project(self, recorded: Recorded) -> Changes:
        yield from recorded.ended_rows(self.model, self.ends)
        about = (("model", "=", self.model), ("version", "=", self.version))
        yield Close("request", about, recorded.seq, (("ended_by", "delete"),))
        yield Insert("deleted", {"model": self.model, "version": self.version, "seq": recorded.seq, "skipped": 0})


class ModelDeleted(Event, frozen=True):
    """A model is gone for good, and with it its versions up to ``last`` (0: it had none), aliases and names."""

    model: Ordinal
    last: Count
    ends: tuple[End, ...] = ()

    def project(self, recorded: Recorded) -> Changes:
        yield from recorded.ended_rows(self.model, self.ends)
        yield Close("request", (("model", "=", self.model),), recorded.seq, (("ended_by", "delete"),))
        for table in ("alias", "model_name"):
            yield Close(table, (("model", "=", self.model),), recorded.seq)
        yield DeleteVersions(self.model, recorded.seq)


def _check_protected(proposal: Proposal, model: Model, version: Version, holds: set[str]) -> None:
    """Refuse to delete a version that holds or ever held a protected stage: the team may have to explain it."""
    held = proposal.state.stages_held(model.seq, version.number)
    for stage in reversed(proposal.state.stages()):
        if stage.protected and stage.name in held:
            name = model.ref(version.number)
            if stage.name in holds:
                message = f"{name} is in {stage.name}, which is protected"
                raise Conflict(
                    message, f"modelkeep retire {quote(name)} {stage.name}        (or delete it with --force)"
                )
            message = f"{name} was in {stage.name}, which is protected"
            if version.archived:
                raise Conflict(
                    message, f"modelkeep show {quote(name)}        (it is archived; or delete it with --force)"
                )
            raise Conflict(message, f"modelkeep archive {quote(name)}        (or delete it with --force)")
