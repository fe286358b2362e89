"""`rollback`: a stage goes back, down the chain of former holders, to the first that may come back.

Each tenure names the one before it (``came_from``). The tenure that a rollback opens takes ``came_from`` over from the
tenure it goes back to, so a second rollback goes further back and never forward.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from shlex import quote
from typing import TYPE_CHECKING

from msgspec import Struct, field

from modelkeep.domain.answers.changes import Effect
from modelkeep.domain.record import LogValue, Ordinal
from modelkeep.domain.state import Model, State, Tenure, Version
from modelkeep.domain.times import parse_stored
from modelkeep.domain.verbs.interface import (
    STAYS_DELETED,
    AlreadySo,
    Command,
    Decision,
    End,
    Event,
    Proposal,
    check_reserved,
    ended_share,
    ends_of,
    permission_of_stage,
)
from modelkeep.domain.verbs.mark import VersionMarked
from modelkeep.domain.verbs.rows import WHOLE, Changes, Recorded
from modelkeep.domain.verbs.words import EntryWords, join_words
from modelkeep.errors import Conflict, NotFound, RecentRollback

if TYPE_CHECKING:
    from modelkeep.domain.entry import Subject

#: How long after a rollback another one that names no version needs an answer.
_CONFIRM_WITHIN = timedelta(minutes=15)
#: An entry has a largest size, whatever the length of a stage's history.
_MOST_PASSED_OVER = 100
#: Why a former holder may not come back, by the word of the log: how a sentence ends with it, how a list says it, and
#: the way out.
_OBSTACLES = {
    "archived": ("it is archived", "archived", "modelkeep archive {} --undo"),
    "bad": ("it is marked bad", "bad", "modelkeep mark {} good"),
    "deleted": ("it was deleted", "deleted", STAYS_DELETED),
    "leaving": ("it is the one that is left", "leaving", None),
    "left": ("a rollback left it", "left before", None),
    "missing": ("bytes of it are missing from the store", "bytes missing", "modelkeep verify {}"),
}


class Rollback(Command, frozen=True):
    """Go back to version ``to``, from the version of the subject.

    ``confirmed`` is absent when the version to leave or the one to go back to was named, else ``yes`` or ``no``:
    whether the question was answered that another rollback within 15 minutes asks.
    """

    PERMISSION = "rollback"
    MAY_EXPECT = DONE_IF_DELETED = True

    to: Ordinal
    because: Ordinal | None = None
    confirmed: str | None = None
    keep_good: bool = False

    def permissions(self, subject: Subject | None) -> tuple[str, ...]:
        return (permission_of_stage(self.PERMISSION, subject),)

    def decide(self, proposal: Proposal) -> Decision:
        """Put a former holder back, and mark the version that is left bad unless ``keep_good``.

        Where that version has a share of the stage, the share ends, and the holder stays whatever ``to`` says.
        """
        check_reserved(self.because)
        if self.confirmed not in (None, "yes", "no"):
            message = f"not an answer: {self.confirmed!r}"
            raise Conflict(message)
        model = proposal.known_model()
        stage = proposal.stage().name
        leaving = proposal.known_version(model)
        holder = proposal.state.holder(model.seq, stage)
        share = share_of(proposal.state, model.seq, stage, leaving.number)
        if holder is not None and share is not None:
            proposal.check_expected(holder.version, f"the holder of {stage}")
            return (ShareEnded(model.seq, stage, ends_of(share)), *self._marked(model, leaving))
        if holder is None or holder.version != leaving.number:
            there = "nothing is" if holder is None else f"{model.ref(holder.version)} is"
            return AlreadySo(f"{model.ref(leaving.number)} is not in {stage} ({there})")
        if self.to == holder.version:
            return AlreadySo(f"{model.name}@{holder.version} is in {stage}")
        proposal.check_expected(holder.version, f"the holder of {stage}")
        if self.confirmed == "no":
            _check_not_twice(proposal, model, stage, holder, " --keep-good" if self.keep_good else "")
        target = find_target(proposal.state, model.seq, holder, proposal.observed.absent)
        if target.tenure is not None and target.tenure.version == self.to:
            back, passed_over = target.tenure, target.passed_over
        else:
            back, passed_over = _named_tenure(proposal, model, holder, self.to), ()
        return (make_rollback(proposal.state, holder, back, passed_over), *self._marked(model, leaving))

    def _marked(self, model: Model, leaving: Version) -> tuple[Event, ...]:
        """Return that the version that is left is bad, nothing where it is or stays good."""
        return () if self.keep_good or leaving.bad else (VersionMarked("bad", model.seq, leaving.number),)

    def sentence(self, words: EntryWords) -> str:
        parts = []
        for event in words.entry.events:
            if isinstance(event, StageRolledBack):
                parts.append(f"rolled {words.model} {event.stage} back from {event.from_} to {event.to}")
                passed = [
                    f"{each.version} ({_OBSTACLES.get(each.why, ('', each.why))[1]})" for each in event.passed_over
                ]
                if passed:
                    parts.append(f"passing over {join_words(passed)}")
            elif isinstance(event, ShareEnded):
                parts += ended_shares(words)
            elif isinstance(event, VersionMarked):
                parts.append(f"{event.version} marked {event.mark}")
        return ", ".join(parts)


class PassedOver(LogValue, frozen=True):
    """A former holder that a rollback did not go back to, and why."""

    version: Ordinal
    why: str


class StageRolledBack(Event, frozen=True):
    """A stage went back from one version to a former holder.

    ``came_from`` is the entry that opened the tenure before this one in the stage;
    a rollback takes it over from the tenure that it goes back to.
    """

    model: Ordinal
    stage: str
    to: Ordinal
    from_: Ordinal = field(name="from")
    came_from: Ordinal | None = None
    ends: tuple[End, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    rule: str | None = None

    def effects(self, name: str) -> Iterator[Effect]:
        yield Effect(self.stage, f"{name}@{self.from_}", f"{name}@{self.to}")

    def project(self, recorded: Recorded) -> Changes:
        by = "rollback"  # also where a rule of the policy did it
        for end in self.ends:
            # The version that comes back may have had a share, which is not what was left.
            how = WHOLE if end.version == self.to else by
            yield from recorded.ended_rows(self.model, (end,), self.to, by=how)
        yield recorded.tenure_row(self.model, self.stage, self.to, by=by, came_from=self.came_from)


class ShareEnded(Event, frozen=True):
    """A version has its share of a stage no more, and the holder serves it; ``rule`` names the rule that ended it by itself."""

    model: Ordinal
    stage: str
    ends: tuple[End, ...]
    rule: str | None = None

    def effects(self, name: str) -> Iterator[Effect]:
        yield ended_share(self.stage, self.ends, name)

    def project(self, recorded: Recorded) -> Changes:
        by = "rollback" if self.rule is not None else None
        yield from recorded.ended_rows(self.model, self.ends, by=by)


class Target(Struct, frozen=True):
    """The tenure that a rollback goes back to (None: there is none), and the former holders it passed over."""

    tenure: Tenure | None
    passed_over: tuple[PassedOver, ...]


def find_target(state: State, model: int, leaving: Tenure, absent: tuple[str, ...]) -> Target:
    """Walk from the tenure that is left to the first former holder that may come back."""
    passed: dict[int, str] = {}
    for tenure in _former_tenures(state, model, leaving):
        if tenure.version in passed:
            continue
        why = _obstacle(state, tenure, leaving.version, absent)
        if why is None and state.was_left(model, tenure.stage, tenure.version):
            why = "left"
        if why is None:
            return Target(tenure, _passed_over(passed))
        if tenure.version != leaving.version:
            passed[tenure.version] = why
    return Target(None, _passed_over(passed))


def make_rollback(
    state: State, holder: Tenure, back: Tenure, passed_over: tuple[PassedOver, ...], *, rule: str | None = None
) -> StageRolledBack:
    """Return the event that gives a stage from its holder back to a former one; a share that this one has ends."""
    return StageRolledBack(
        model=holder.model,
        stage=holder.stage,
        to=back.version,
        from_=holder.version,
        came_from=back.came_from,
        ends=ends_of(holder, share_of(state, holder.model, holder.stage, back.version)),
        passed_over=passed_over,
        rule=rule,
    )


def share_of(state: State, model: int, stage: str, version: int) -> Tenure | None:
    """Return the tenure by which a version has a share of a stage now."""
    return next((each for each in state.shares(model, stage) if each.version == version), None)


def ended_shares(words: EntryWords) -> list[str]:
    """Return ``ended the share of fraud@4 in production``, a part for each event."""
    return [
        f"ended the share of {join_words([words.ref(end.version) for end in event.ends])} in {event.stage}"
        for event in words.events(ShareEnded)
    ]


def explain_obstacle(why: str) -> str:
    """Return the end of a sentence that says why a version may not come back."""
    return _OBSTACLES[why][0]


def _former_tenures(state: State, model: int, leaving: Tenure) -> Iterator[Tenure]:
    seq = leaving.came_from
    while seq is not None:
        tenure = state.tenure(model, leaving.stage, seq)
        if tenure is None:
            return
        yield tenure
        # A forged tenure may come from itself or from a later one.
        seq = tenure.came_from if tenure.came_from is not None and tenure.came_from < seq else None


def _obstacle(state: State, tenure: Tenure, leaving: int, absent: tuple[str, ...]) -> str | None:
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


def _passed_over(passed: dict[int, str]) -> tuple[PassedOver, ...]:
    return tuple(PassedOver(version, why) for version, why in list(passed.items())[:_MOST_PASSED_OVER])


def _named_tenure(proposal: Proposal, model: Model, holder: Tenure, number: int) -> Tenure:
    """Return the latest tenure of the version to go back to, which must be eligible."""
    name = model.ref(number)
    version = proposal.version_of(model, number)
    tenure = proposal.state.latest_tenure(model.seq, holder.stage, number)
    if tenure is None:
        message = f"{name} never held {holder.stage}"
        raise NotFound(message, f"modelkeep promote {quote(name)} {holder.stage}")
    why = _obstacle(proposal.state, tenure, holder.version, proposal.observed.absent)
    if why is not None:
        message = f"{name} cannot come back to {holder.stage}: {explain_obstacle(why)}"
        way_out = _OBSTACLES[why][2]
        raise Conflict(message, way_out and way_out.format(name))
    proposal.check_present(name, version)
    return tenure


def _check_not_twice(proposal: Proposal, model: Model, stage: str, holder: Tenure, options: str) -> None:
    """Refuse an unconfirmed rollback that names no version shortly after another one."""
    last = proposal.state.last_rollback(model.seq, stage)
    if last is not None and parse_stored(proposal.time) - parse_stored(last) < _CONFIRM_WITHIN:
        name = model.ref(holder.version)
        message = f"{model.name} was rolled back in {stage} less than 15 minutes ago, {name} is there now"
        raise RecentRollback(message, f"modelkeep rollback {quote(name)} {quote(stage)}{options}")
