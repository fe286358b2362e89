"""`promote`: a version gets a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.domain.record import LogValue, Ordinal
from modelkeep.domain.stages import StageDef
from modelkeep.domain.state import Model
from modelkeep.domain.verbs.archive import VersionRestored, restored
from modelkeep.domain.verbs.interface import (
    AlreadySo,
    Command,
    Decision,
    End,
    Event,
    Question,
    ends_of,
    refuse_unbuilt,
)
from modelkeep.domain.verbs.rows import Changes, Recorded, ended_rows, tenure_row
from modelkeep.domain.verbs.wording import Texts, in_place_of, model_name
from modelkeep.errors import Conflict

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry


class Promote(Command, frozen=True):
    """Give a version a stage; ``force`` although it is bad or archived."""

    break_glass: bool = False
    force: bool = False
    request: Ordinal | None = None
    share: Ordinal | None = None


class RuleResult(LogValue, frozen=True):
    """What a rule of the policy found: the value, the bound, and whether it passed."""

    rule: str
    value: str
    bound: str
    passed: bool = False


class VersionPromoted(Event, frozen=True):
    """A version took a stage, or with ``share`` a part of it in hundredths of a percent.

    ``came_from`` is the entry that opened the tenure before this one in the stage.
    """

    model: Ordinal
    stage: str
    version: Ordinal
    came_from: Ordinal | None = None
    ends: tuple[End, ...] = ()
    share: Ordinal | None = None
    approvals: tuple[Ordinal, ...] = ()
    verdict: tuple[RuleResult, ...] = ()
    rule: str | None = None


def decide(question: Question, command: Promote) -> Decision:
    """Make a version the holder of a stage; the one it displaces is superseded there."""
    refuse_unbuilt(command.break_glass, command.request, command.share)
    model = question.model()
    version = question.version(model)
    stage = question.stage()
    holder = question.state.holder(model.seq, stage.name)
    name = f"{model.name}@{version.number}"
    if holder is not None and holder.version == version.number:
        return AlreadySo(f"{name} is in {stage.name}", version=version.number)
    question.check_expected(None if holder is None else holder.version, f"the holder of {stage.name}")
    if version.bad and not command.force:
        message = f"{name} is marked bad"
        raise Conflict(message, f"modelkeep mark {name} good        (or promote it with --force)")
    if version.archived and not command.force:
        message = f"{name} is archived"
        raise Conflict(message, f"modelkeep archive {name} --undo        (or promote it with --force)")
    check_stored(stage, version.form)
    question.check_present(model, version)
    events: list[Event] = []
    if version.archived:
        events.append(restored(question, model, version.number, version.number))
    events.append(promoted(question, model, stage.name, version.number))
    return tuple(events)


def check_stored(stage: StageDef, form: str) -> None:
    """Raise ``Conflict`` where a version whose bytes live elsewhere (``pointer``) would get a protected stage."""
    if stage.protected and form == "pointer":
        message = f"{stage.name} is protected, and the bytes of this version live elsewhere"
        raise Conflict(message)


def promoted(question: Question, model: Model, stage: str, number: int) -> VersionPromoted:
    """Return the event that makes a version the holder; it came from the newest holder before it."""
    holder = question.state.holder(model.seq, stage)
    before = question.state.last_holder(model.seq, stage)
    return VersionPromoted(
        model=model.seq,
        stage=stage,
        version=number,
        came_from=None if before is None else before.seq,
        ends=ends_of(holder),
    )


def promoted_rows(recorded: Recorded, event: VersionPromoted) -> Changes:
    """Yield the ends of the displaced tenures and the row of the new one."""
    yield from ended_rows(recorded, event.model, event.ends, event.version)
    yield tenure_row(recorded, event.model, event.stage, event.version, came_from=event.came_from, share=event.share)


def sentence(entry: Entry, _command: Promote, _texts: Texts) -> str:
    """Return what the entry did."""
    parts = []
    for event in entry.events:
        match event:
            case VersionRestored():
                parts.append(f"restored {model_name(entry)}@{event.first} from the archive")
            case VersionPromoted():
                share = "" if event.share is None else f" at {event.share / 100:g}%"
                where = f"{event.stage}{share}{in_place_of(entry, event.ends)}"
                parts.append(f"promoted {model_name(entry)}@{event.version} to {where}")
            case _:
                pass
    return ", ".join(parts)
