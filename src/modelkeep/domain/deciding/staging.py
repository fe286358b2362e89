"""Deciding `promote` and `retire`: who holds a stage."""

from __future__ import annotations

from modelkeep.domain import intents
from modelkeep.domain.deciding.common import AlreadySo, Decision, Question, ends_of
from modelkeep.domain.deciding.standing import restored
from modelkeep.domain.events import Event, StageRetired, VersionPromoted
from modelkeep.domain.state import Model
from modelkeep.errors import Conflict


def promote(question: Question, arguments: intents.Promote) -> Decision:
    """Make a version the holder of a stage; the one it displaces is superseded there."""
    if arguments.break_glass or arguments.request is not None or arguments.share is not None:
        message = "the intent names what this log has no rules for yet"
        raise Conflict(message)
    model = question.model()
    version = question.version(model)
    stage = question.stage().name
    holder = question.state.holder(model.seq, stage)
    name = f"{model.name}@{version.number}"
    if holder is not None and holder.version == version.number:
        return AlreadySo(f"{name} is in {stage}", version=version.number)
    question.check_expected(None if holder is None else holder.version, f"the holder of {stage}")
    if version.bad and not arguments.force:
        message = f"{name} is marked bad"
        raise Conflict(message, f"modelkeep mark {name} good        (or promote it with --force)")
    if version.archived and not arguments.force:
        message = f"{name} is archived"
        raise Conflict(message, f"modelkeep archive {name} --undo        (or promote it with --force)")
    question.check_present(model, version)
    happened: list[Event] = []
    if version.archived:
        happened.append(restored(question, model, version.number, version.number))
    happened.append(opened(question, model, stage, version.number))
    return tuple(happened)


def retire(question: Question) -> Decision:
    """Empty a stage, if the version named (when one is) is the one that holds it."""
    model = question.model()
    stage = question.stage().name
    holder = question.state.holder(model.seq, stage)
    if holder is None:
        return AlreadySo(f"{model.name} has nothing in {stage}")
    named = None if question.subject().version is None else question.known_version(model)
    if named is not None and named.number != holder.version:
        why = f"{model.name}@{named.number} is not in {stage} ({model.name}@{holder.version} is)"
        return AlreadySo(why, version=named.number)
    question.check_expected(holder.version, f"the holder of {stage}")
    return (StageRetired(ends_of(holder), model.seq, stage),)


def opened(question: Question, model: Model, stage: str, number: int) -> VersionPromoted:
    """Return the event that makes a version the holder; it came from the newest holder before it."""
    holder = question.state.holder(model.seq, stage)
    before = question.state.last_holder(model.seq, stage)
    return VersionPromoted(
        approvals=(),
        came_from=None if before is None else before.seq,
        ends=ends_of(holder),
        model=model.seq,
        rule=None,
        share=None,
        stage=stage,
        verdict=(),
        version=number,
    )
