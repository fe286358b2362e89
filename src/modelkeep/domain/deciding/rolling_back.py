"""Deciding `rollback`: a pop, down the chain of former holders to the first that may come back.

Each holder's tenure knows the one it displaced. The tenure that a rollback opens takes over that
knowledge from the tenure it goes back to, so going back twice goes further back and never forth.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from msgspec import Struct

from modelkeep.domain import intents
from modelkeep.domain.deciding.common import STAYS_DELETED, AlreadySo, Decision, Question, ends_of
from modelkeep.domain.events import Event, PassedOver, StageRolledBack, VersionMarked
from modelkeep.domain.state import Model, State, Tenure, Version
from modelkeep.domain.times import parse_stored
from modelkeep.errors import Conflict, NotFound, RecentRollback

QUIET = timedelta(minutes=15)
#: An entry has a size that it may not pass, whatever the length of a stage's past.
_MOST_TOLD = 100


class Target(Struct, frozen=True):
    """What a rollback would go back to (None: to nothing), and whom it passed over on the way."""

    tenure: Tenure | None
    passed_over: tuple[PassedOver, ...]


def target(state: State, model: int, leaving: Tenure, absent: tuple[str, ...]) -> Target:
    """Walk from the tenure that is left to the first former holder that may come back."""
    passed: dict[int, str] = {}
    for tenure in _former(state, model, leaving):
        if tenure.version in passed:
            continue
        why = obstacle(state, tenure, leaving.version, absent)
        if why is None and state.was_left(model, tenure.stage, tenure.version):
            why = "left"
        if why is None:
            return Target(tenure, _told(passed))
        if tenure.version != leaving.version:
            passed[tenure.version] = why
    return Target(None, _told(passed))


def obstacle(state: State, tenure: Tenure, leaving: int, absent: tuple[str, ...]) -> str | None:
    """Return the word for why a former holder may not come back, None where it may."""
    version = state.version(tenure.model, tenure.version)
    if version is None or version.deleted:
        return "deleted"
    if version.number == leaving:
        return "leaving"
    if version.archived:
        return "archived"
    if version.bad:
        return "bad"
    return "missing" if version.digest in absent else None


def rollback(question: Question, arguments: intents.Rollback) -> Decision:
    """Put a former holder back and mark the one that is left bad, unless it was not its fault."""
    if arguments.because is not None:
        message = "the intent names what this log has no rules for yet"
        raise Conflict(message)
    model = question.model()
    stage = question.stage().name
    leaving = question.known_version(model)
    holder = question.state.holder(model.seq, stage)
    if holder is None or holder.version != leaving.number:
        return AlreadySo(_not_there(model, leaving, stage, holder), version=leaving.number)
    if arguments.to == holder.version:
        return AlreadySo(f"{model.name}@{holder.version} is in {stage}", version=holder.version)
    question.check_expected(holder.version, f"the holder of {stage}")
    _check_not_twice(question, arguments, model, stage, holder)
    walked = target(question.state, model.seq, holder, question.observed.absent)
    if walked.tenure is not None and walked.tenure.version == arguments.to:
        back, passed_over = walked.tenure, walked.passed_over
    else:
        back, passed_over = _named(question, model, stage, holder, arguments.to), ()
    happened: list[Event] = [
        StageRolledBack(
            came_from=back.came_from,
            ends=ends_of(holder),
            from_=holder.version,
            model=model.seq,
            passed_over=passed_over,
            rule=None,
            stage=stage,
            to=back.version,
        ),
    ]
    if not arguments.keep_good and not leaving.bad:
        happened.append(VersionMarked("bad", model.seq, leaving.number))
    return tuple(happened)


def _former(state: State, model: int, leaving: Tenure) -> Iterator[Tenure]:
    seq = leaving.came_from
    while seq is not None:
        tenure = state.tenure(model, leaving.stage, seq)
        if tenure is None:
            return
        yield tenure
        seq = tenure.came_from


def _told(passed: dict[int, str]) -> tuple[PassedOver, ...]:
    return tuple(PassedOver(version, why) for version, why in list(passed.items())[:_MOST_TOLD])


def _named(question: Question, model: Model, stage: str, holder: Tenure, number: int) -> Tenure:
    """Return the latest tenure of the version to go back to, which must be eligible."""
    name = f"{model.name}@{number}"
    version = question.version_of(model, number)
    tenure = question.state.latest_tenure(model.seq, stage, number)
    if tenure is None:
        message = f"{name} never held {stage}"
        raise NotFound(message, f"modelkeep promote {name} {stage}")
    why = obstacle(question.state, tenure, holder.version, question.observed.absent)
    if why is not None:
        message = f"{name} cannot come back to {stage}: {explained(why)}"
        raise Conflict(message, _way_out(name, why))
    question.check_present(model, version)
    return tenure


def explained(why: str) -> str:
    """Return a sentence's end for the word of an obstacle."""
    return {
        "archived": "it is archived",
        "bad": "it is marked bad",
        "deleted": "it was deleted",
        "leaving": "it is the one that is left",
        "left": "a rollback left it",
        "missing": "bytes of it are missing from the store",
    }[why]


def _way_out(name: str, why: str) -> str:
    match why:
        case "bad":
            return f"modelkeep mark {name} good"
        case "archived":
            return f"modelkeep archive {name} --undo"
        case "deleted":
            return STAYS_DELETED
        case _:
            return f"modelkeep verify {name}"


def _not_there(model: Model, leaving: Version, stage: str, holder: Tenure | None) -> str:
    there = "nothing is" if holder is None else f"{model.name}@{holder.version} is"
    return f"{model.name}@{leaving.number} is not in {stage} ({there})"


def _check_not_twice(
    question: Question,
    arguments: intents.Rollback,
    model: Model,
    stage: str,
    holder: Tenure,
) -> None:
    """Refuse a bare rollback shortly after another one, unless somebody answered for it."""
    last = question.state.last_rollback(model.seq, stage)
    if arguments.confirmed is not False or last is None:
        return
    if parse_stored(question.time) - parse_stored(last) < QUIET:
        message = f"{model.name} was rolled back in {stage} less than 15 minutes ago, {model.name}@{holder.version} is live now"
        raise RecentRollback(message, f"modelkeep rollback {model.name}@{holder.version} {stage}")
