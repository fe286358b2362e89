"""`retire`: a stage is emptied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.domain.record import Ordinal
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, End, Event, Question, ends_of
from modelkeep.domain.verbs.rows import Changes, Recorded, ended_rows
from modelkeep.domain.verbs.wording import Texts, join_words, model_name

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry


class Retire(Command, frozen=True):
    """Empty a stage."""


class StageRetired(Event, frozen=True):
    """A stage was emptied."""

    model: Ordinal
    stage: str
    ends: tuple[End, ...] = ()


def decide(question: Question, _command: Retire) -> Decision:
    """Empty a stage; where a version is named, only if it is the holder."""
    model = question.known_model()
    stage = question.stage().name
    holder = question.state.holder(model.seq, stage)
    if holder is None:
        return AlreadySo(f"{model.name} has nothing in {stage}")
    named = None if question.subject().version is None else question.known_version(model)
    if named is not None and named.number != holder.version:
        why = f"{model.name}@{named.number} is not in {stage} ({model.name}@{holder.version} is)"
        return AlreadySo(why, version=named.number)
    question.check_expected(holder.version, f"the holder of {stage}")
    return (StageRetired(model.seq, stage, ends_of(holder)),)


def retired_rows(recorded: Recorded, event: StageRetired) -> Changes:
    """Yield the ends of the tenures."""
    yield from ended_rows(recorded, event.model, event.ends)


def sentence(entry: Entry, _command: Retire, _texts: Texts) -> str:
    """Return what the entry did."""
    return ", ".join(
        f"retired {join_words([f'{model_name(entry)}@{end.version}' for end in event.ends])} from {event.stage}"
        for event in entry.events
        if isinstance(event, StageRetired)
    )
