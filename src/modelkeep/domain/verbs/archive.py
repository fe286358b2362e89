"""`archive`: versions leave the pipeline, or come back into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.domain.record import Ordinal
from modelkeep.domain.state import Model
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, End, Event, Question, ends_of
from modelkeep.domain.verbs.rows import Changes, Close, Recorded, ended_rows, opened
from modelkeep.domain.verbs.wording import Texts, model_name, stages_left, subject_name
from modelkeep.errors import Conflict, UsageError

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry


class Archive(Command, frozen=True):
    """Archive a version, or ``all`` of a model; or ``undo`` that."""

    all: bool = False
    undo: bool = False


class VersionArchived(Event, frozen=True):
    """The versions from ``first`` to ``last`` are out of the pipeline."""

    first: Ordinal
    last: Ordinal
    model: Ordinal
    ends: tuple[End, ...] = ()


class VersionRestored(Event, frozen=True):
    """The versions from ``first`` to ``last`` are archived no more.

    Ranges that reach beyond them end too; ``keeps`` are the parts of those that stay archived.
    """

    first: Ordinal
    last: Ordinal
    model: Ordinal
    keeps: tuple[tuple[Ordinal, Ordinal], ...] = ()


def decide(question: Question, command: Archive) -> Decision:
    """Archive or restore; a version that holds a protected stage is not archived."""
    model = question.model()
    if command.all:
        if question.subject().version is not None:
            message = "all versions of a model, or one"
            raise UsageError(message)
        if model.newest == 0:
            return AlreadySo(f"{model.name} has no version")
        first, last, name = 1, model.newest, f"every version of {model.name}"
        done = question.state.all_archived(model.seq)
    else:
        version = question.version(model)
        first = last = version.number
        name, done = f"{model.name}@{version.number}", version.archived
    number = question.subject().version
    if command.undo:
        if not question.state.archived_ranges(model.seq, first, last):
            return AlreadySo(f"{name} is not archived", version=number)
        return (restored(question, model, first, last),)
    if done:
        return AlreadySo(f"{name} is archived", version=number)
    return (_archived(question, model, first, last),)


def restored(question: Question, model: Model, first: int, last: int) -> VersionRestored:
    """Return the event that takes ``first`` to ``last`` out of every archived range."""
    keeps: list[tuple[int, int]] = []
    for start, end in question.state.archived_ranges(model.seq, first, last):
        if start < first:
            keeps.append((start, first - 1))
        if end > last:
            keeps.append((last + 1, end))
    return VersionRestored(first, last, model.seq, tuple(sorted(set(keeps))))


def _archived(question: Question, model: Model, first: int, last: int) -> VersionArchived:
    protected = {stage.name for stage in question.state.stages() if stage.protected}
    held = question.state.open_tenures(model.seq, first, last)
    for tenure in held:
        if tenure.stage in protected:
            name = f"{model.name}@{tenure.version}"
            message = f"{name} is in {tenure.stage}, which is protected"
            raise Conflict(message, f"modelkeep retire {name} {tenure.stage}        (or promote another)")
    return VersionArchived(first, last, model.seq, ends_of(*held))


def archived_rows(recorded: Recorded, event: VersionArchived) -> Changes:
    """Yield the ends of the tenures and the row of the archived range."""
    yield from ended_rows(recorded, event.model, event.ends)
    yield opened("archived", {"model": event.model, "first": event.first, "last": event.last}, recorded.seq)


def restored_rows(recorded: Recorded, event: VersionRestored) -> Changes:
    """Yield the ends of the ranges that touch the restored one, and the parts of them that stay."""
    touching = (("model", "=", event.model), ("first", "<=", event.last), ("last", ">=", event.first))
    yield Close("archived", touching, recorded.seq)
    for first, last in event.keeps:
        yield opened("archived", {"model": event.model, "first": first, "last": last}, recorded.seq)


def sentence(entry: Entry, command: Archive, _texts: Texts) -> str:
    """Return what the entry did."""
    which = f"every version of {model_name(entry)}" if command.all else subject_name(entry)
    if command.undo:
        return f"restored {which} from the archive"
    ends = [end for event in entry.events if isinstance(event, VersionArchived) for end in event.ends]
    return ", ".join([f"archived {which}", *stages_left(entry, ends)])
