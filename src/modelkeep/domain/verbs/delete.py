"""`delete`: a version goes for good, or a whole model; gc may then remove the bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.domain.record import Count, Ordinal
from modelkeep.domain.state import Model, Version
from modelkeep.domain.verbs.alias import AliasRemoved, removed_words
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, End, Event, Question, ends_of
from modelkeep.domain.verbs.rows import Bury, Changes, Close, Insert, Recorded, ended_rows
from modelkeep.domain.verbs.wording import Texts, model_name, stages_left
from modelkeep.errors import Conflict

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry


class Delete(Command, frozen=True):
    """Delete a version, or without one the model; ``force`` where a protected stage is or was held."""

    force: bool = False


class VersionDeleted(Event, frozen=True):
    """A version is gone for good: its number stays taken, and its bytes may go."""

    model: Ordinal
    version: Ordinal
    ends: tuple[End, ...] = ()


class ModelDeleted(Event, frozen=True):
    """A model is gone for good, and with it its versions up to ``last`` (0: it had none), aliases and names."""

    model: Ordinal
    last: Count
    ends: tuple[End, ...] = ()


def decide(question: Question, command: Delete) -> Decision:
    """Delete what the intent is about: what it holds ends, its aliases go, number and label stay taken."""
    model = question.known_model()
    if question.subject().version is None:
        return _decide_model(question, command, model)
    version = question.known_version(model)
    name = f"{model.name}@{version.number}"
    if version.deleted:
        return AlreadySo(f"{name} is deleted", version=version.number)
    held = question.state.open_tenures(model.seq, version.number, version.number)
    if not command.force:
        _check_protected(question, model, version, {tenure.stage for tenure in held})
    aliases = question.state.aliases_of(model.seq, version.number)
    return (
        VersionDeleted(model.seq, version.number, ends_of(*held)),
        *(AliasRemoved(alias, model.seq) for alias in aliases),
    )


def _decide_model(question: Question, command: Delete, model: Model) -> Decision:
    if model.deleted:
        return AlreadySo(f"the model {model.name} is deleted")
    if not command.force:
        for stage in question.state.stages():
            if stage.protected and question.state.last_holder(model.seq, stage.name) is not None:
                message = f"{model.name} has or had a version in {stage.name}, which is protected"
                hint = f"modelkeep archive {model.name} --all-versions        (or delete it with --force)"
                raise Conflict(message, hint)
    held = question.state.open_tenures(model.seq, 1, model.newest)
    return (ModelDeleted(model.seq, model.newest, ends_of(*held)),)


def _check_protected(question: Question, model: Model, version: Version, holds: set[str]) -> None:
    """Refuse to delete what the team may have to answer for: a version that is or ever was in a protected stage."""
    held = question.state.stages_held(model.seq, version.number)
    for stage in reversed(question.state.stages()):
        if stage.protected and stage.name in held:
            name = f"{model.name}@{version.number}"
            if stage.name in holds:
                message = f"{name} is in {stage.name}, which is protected"
                raise Conflict(message, f"modelkeep retire {name} {stage.name}        (or delete it with --force)")
            message = f"{name} was in {stage.name}, which is protected"
            if version.archived:
                raise Conflict(message, f"modelkeep show {name}        (it is archived; or delete it with --force)")
            raise Conflict(message, f"modelkeep archive {name}        (or delete it with --force)")


def deleted_rows(recorded: Recorded, event: VersionDeleted) -> Changes:
    """Yield the ends of the tenures and the tombstone."""
    yield from ended_rows(recorded, event.model, event.ends)
    yield Insert("deleted", {"model": event.model, "version": event.version, "seq": recorded.seq, "skipped": 0})


def model_deleted_rows(recorded: Recorded, event: ModelDeleted) -> Changes:
    """Yield the ends of the model's tenures, aliases and names, and the tombstones of its versions."""
    yield from ended_rows(recorded, event.model, event.ends)
    for table in ("alias", "model_name"):
        yield Close(table, (("model", "=", event.model),), recorded.seq)
    yield Bury(event.model, recorded.seq)


def sentence(entry: Entry, _command: Delete, _texts: Texts) -> str:
    """Return what the entry did."""
    parts = []
    for event in entry.events:
        match event:
            case VersionDeleted():
                parts += [f"deleted {model_name(entry)}@{event.version}", *stages_left(entry, event.ends)]
            case ModelDeleted():
                parts += [f"deleted the model {model_name(entry)}", *stages_left(entry, event.ends)]
            case _:
                pass
    return ", ".join([*parts, *removed_words(entry)])
