"""Deciding `mark` and `archive`: how a version stands, whatever stage it holds."""

from __future__ import annotations

from modelkeep.domain import intents
from modelkeep.domain.deciding.common import AlreadySo, Decision, Question, ends_of
from modelkeep.domain.events import VersionArchived, VersionMarked, VersionRestored
from modelkeep.domain.state import Model
from modelkeep.errors import Conflict, UsageError


def mark(question: Question, arguments: intents.Mark) -> Decision:
    """Set or lift the mark bad."""
    model = question.model()
    version = question.version(model)
    if arguments.mark not in ("bad", "good"):
        message = f"a version is marked bad or good, not {arguments.mark!r}"
        raise UsageError(message)
    if version.bad == (arguments.mark == "bad"):
        stands = "marked bad" if version.bad else "not marked bad"
        return AlreadySo(f"{model.name}@{version.number} is {stands}", version=version.number)
    return (VersionMarked(arguments.mark, model.seq, version.number),)


def archive(question: Question, arguments: intents.Archive) -> Decision:
    """Archive a version or all of a model, or undo that; protected stages hold on to theirs."""
    model = question.model()
    if arguments.all:
        if question.subject().version is not None:
            message = "all versions of a model, or one"
            raise UsageError(message)
        first, last, name = 1, model.newest, f"every version of {model.name}"
        done = question.state.all_archived(model.seq)
    else:
        version = question.version(model)
        first = last = version.number
        name, done = f"{model.name}@{version.number}", version.archived
    number = question.subject().version
    if arguments.undo:
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
    return VersionRestored(first, tuple(sorted(set(keeps))), last, model.seq)


def _archived(question: Question, model: Model, first: int, last: int) -> VersionArchived:
    protected = {stage.name for stage in question.state.stages() if stage.protected}
    held = question.state.open_tenures(model.seq, first, last)
    for tenure in held:
        if tenure.stage in protected:
            name = f"{model.name}@{tenure.version}"
            message = f"{name} is in {tenure.stage}, which is protected"
            raise Conflict(message, f"modelkeep retire {name} {tenure.stage}        (or promote another)")
    return VersionArchived(ends_of(*held), first, last, model.seq)
