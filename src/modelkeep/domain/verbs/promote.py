"""`promote`: a version gets a stage, or a share of it."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote
from typing import TYPE_CHECKING

from modelkeep.domain.answers.changes import Effect
from modelkeep.domain.policy.results import RuleResult
from modelkeep.domain.record import Count, Ordinal, Sha256, encode_canonical
from modelkeep.domain.shares import MOST_SHARES, SLOTS, Slots, check_share, resized, share_words, slots_text
from modelkeep.domain.stages import StageDef
from modelkeep.domain.state import Model, State, Version
from modelkeep.domain.verbs.acknowledge import ItemOpened
from modelkeep.domain.verbs.archive import VersionRestored, make_restoration
from modelkeep.domain.verbs.interface import (
    AlreadySo,
    Command,
    Decision,
    End,
    Event,
    Proposal,
    check_reserved,
    ended_share,
    ends_of,
    first_ended,
    permission_of_stage,
)
from modelkeep.domain.verbs.rollback import share_of
from modelkeep.domain.verbs.rows import RESIZED, WHOLE, Changes, Close, Recorded, Row
from modelkeep.domain.verbs.words import EntryWords
from modelkeep.errors import Conflict, UsageError

if TYPE_CHECKING:
    from modelkeep.domain.entry import Subject
    from modelkeep.domain.policy.gate import Judgement


class Promote(Command, frozen=True):
    """Give a version a stage, or beside its holder a ``share``, in hundredths of a percent.

    ``force``: also if it is bad or archived. ``break_glass`` waives the rules of the policy that do not hold, and the
    permission to promote: it has its own. ``request`` is reserved.
    """

    PERMISSION = "promote"
    MAY_EXPECT = True

    break_glass: bool = False
    force: bool = False
    request: Ordinal | None = None
    share: Ordinal | None = None

    def permissions(self, subject: Subject | None) -> tuple[str, ...]:
        return (permission_of_stage("break-glass" if self.break_glass else self.PERMISSION, subject),)

    def decide(self, proposal: Proposal) -> Decision:
        """Make the version the holder of the stage; the one it displaces is superseded there.

        With a share the holder stays, and serves what no share serves.
        """
        check_reserved(self.request)
        if self.share is not None:
            check_share(self.share)
        model, version = proposal.model_and_version()
        stage = proposal.stage()
        holder = proposal.state.holder(model.seq, stage.name)
        name = model.ref(version.number)
        if holder is not None and holder.version == version.number:
            if self.share is not None:
                message = f"{name} holds {stage.name}, and a share is for a version beside the holder"
                raise Conflict(message, f"modelkeep list {quote(model.name)}")
            return AlreadySo(f"{name} is in {stage.name}")
        present = share_of(proposal.state, model.seq, stage.name, version.number)
        if present is not None and present.share == self.share:
            return AlreadySo(f"{name} has {share_words(present.share or 0)} of {stage.name}")
        if not self.force:
            check_usable(name, version, "        (or promote it with --force)")
        judgement = self._judgement(proposal, model, version, stage.name)
        promotion = make_promotion(
            proposal, model, stage, version.number, version.form, share=self.share, judgement=judgement
        )
        proposal.check_present(name, version)
        events: list[Event] = [promotion]
        if version.archived:
            events.insert(0, make_restoration(proposal, model, version.number, version.number))
        if promotion.waived:
            events.append(ItemOpened("break-glass", model.seq, version.number))
        return tuple(events)

    def _judgement(self, proposal: Proposal, model: Model, version: Version, stage: str) -> Judgement | None:
        """Return what the policy says; ``Denied`` where it refuses, ``UsageError`` where there is no glass to break."""
        if proposal.state.policy() is None:
            if self.break_glass:
                message = "there is no policy, so there is no glass to break"
                raise UsageError(message, "promote it without --break-glass")
            return None
        from modelkeep.domain.policy.candidate import registered  # a registry without a policy does not need it
        from modelkeep.domain.policy.gate import open_gate

        if self.break_glass and not proposal.says("reason"):
            message = "breaking the glass needs a reason"
            raise UsageError(message, 'add -m "why"')
        candidate = registered(proposal.state, model, version)
        return open_gate(proposal, candidate, stage, self.share, break_glass=self.break_glass)

    def sentence(self, words: EntryWords) -> str:
        parts = []
        for event in words.entry.events:
            if isinstance(event, VersionRestored):
                parts.append(f"restored {words.ref(event.first)} from the archive")
            elif isinstance(event, VersionPromoted):
                share = "" if event.share is None else f" at {share_words(event.share)}"
                displaced = words.in_place_of([end for end in event.ends if end.version != event.version])
                parts.append(f"promoted {words.ref(event.version)} to {event.stage}{share}{displaced}")
                if event.waived:
                    rules = f"{event.waived} rule{'' if event.waived == 1 else 's'} of the policy"
                    parts.append(f"breaking the glass ({rules} waived)")
        return ", ".join(parts)


class VersionPromoted(Event, frozen=True):
    """A version took a stage, or with ``share`` a part of it in hundredths of a percent: the ``slots``.

    ``came_from`` is the entry that opened the tenure before this one in the stage, absent for a share. ``verdict`` is what the rules of the
    policy found, ``plan`` the digest of the plan that they make, ``approvals`` are the entries that count, ``request`` is
    the one that asked for it; ``rule`` names the rule that promoted it by itself.
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
    request: Ordinal | None = None
    plan: Sha256 | None = None
    slots: tuple[tuple[Count, Count], ...] = ()

    @property
    def waived(self) -> int:
        """How many rules were waived by breaking the glass."""
        return sum(each.waived for each in self.verdict)

    def effects(self, name: str) -> Iterator[Effect]:
        now = f"{name}@{self.version}"
        if self.share is None:
            yield Effect(self.stage, first_ended(self.ends, name), now)
        else:
            yield ended_share(self.stage, self.ends, name, f"{now} at {share_words(self.share)}")

    def judgement(self) -> tuple[tuple[RuleResult, ...], str | None]:
        return self.verdict, self.plan

    def project(self, recorded: Recorded) -> Changes:
        by = "promote" if self.rule is not None else None  # the last approval may promote by itself
        for end in self.ends:
            own = end.version == self.version
            how = (WHOLE if self.share is None else RESIZED) if own else by
            yield from recorded.ended_rows(self.model, (end,), self.version, by=how)
        verdict = encode_canonical(self.verdict).decode() if self.verdict else None
        shared: Row = {"share": self.share, "slots": slots_text(self.slots) or None}
        more: Row = {**shared, "request": self.request, "waived": self.waived, "verdict": verdict}
        yield recorded.tenure_row(self.model, self.stage, self.version, by=by, came_from=self.came_from, **more)
        if self.request is not None:
            yield Close("request", (("since_seq", "=", self.request),), recorded.seq, (("ended_by", "promote"),))


def check_usable(name: str, version: Version, more: str = "") -> None:
    """Raise ``Conflict`` where a version is bad or archived; ``more`` stands behind the line that lifts it."""
    if version.bad:
        message = f"{name} is marked bad"
        raise Conflict(message, f"modelkeep mark {quote(name)} good{more}")
    if version.archived:
        message = f"{name} is archived"
        raise Conflict(message, f"modelkeep archive {quote(name)} --undo{more}")


def check_protected(stage: StageDef, form: str) -> None:
    """Raise ``Conflict`` where a version whose bytes live elsewhere (``pointer``) would get a protected stage."""
    if stage.protected and form == "pointer":
        message = f"{stage.name} is protected, and the bytes of this version live elsewhere"
        raise Conflict(message)


def slots_for(state: State, model: Model, stage: str, number: int, share: int) -> Slots:
    """Return the slots of a stage that a version with a share gets; ``Conflict`` where there is no such share."""
    holder, others = state.holder(model.seq, stage), state.shares(model.seq, stage)
    mine = next((each.slots for each in others if each.version == number), ())
    others = tuple(each for each in others if each.version != number)
    taken = sum(each.share or 0 for each in others)
    if holder is None:
        message = f"{model.name} has nothing in {stage}: a share is for a version beside the holder"
        raise Conflict(message, f"modelkeep promote {quote(model.ref(number))} {quote(stage)}        (the whole stage)")
    if taken + share >= SLOTS:
        left = SLOTS - 1 - taken
        message = f"{share_words(share)} of {stage} is too much"
        if taken:
            message += f": others have {share_words(taken)}"
        message += f", and {model.ref(holder.version)}, which holds it, keeps at least {share_words(1)}"
        hint = f"modelkeep promote {quote(model.ref(number))} {quote(stage)}"
        raise Conflict(message, f"{hint} --share {left / 100:g}" if left > 0 else f"modelkeep list {quote(model.name)}")
    if len(others) >= MOST_SHARES:
        message = f"{stage} has {MOST_SHARES} versions beside the holder, and cannot have more"
        raise Conflict(message, f"modelkeep history {quote(model.name)} {quote(stage)}")
    return resized(mine, [each.slots for each in others], share)


def make_promotion(
    proposal: Proposal,
    model: Model,
    stage: StageDef,
    number: int,
    form: str,
    *,
    share: int | None = None,
    judgement: Judgement | None = None,
    rule: str | None = None,
) -> VersionPromoted:
    """Return the event that makes a version the holder of a stage; it ends the present holder's tenure.

    With a ``share`` the holder stays. Either way the share that the version has ends. ``judgement`` is what the policy
    said, ``rule`` the rule that promotes by itself. Raises ``Conflict`` where the intent expects another holder, where
    no such share is left, and where a version whose bytes live elsewhere (``pointer``) would get a protected stage.
    """
    check_protected(stage, form)
    holder = proposal.state.holder(model.seq, stage.name)
    proposal.check_expected(None if holder is None else holder.version, f"the holder of {stage.name}")
    present = share_of(proposal.state, model.seq, stage.name, number)
    before = proposal.state.last_holder(model.seq, stage.name) if share is None else None
    return VersionPromoted(
        model=model.seq,
        stage=stage.name,
        version=number,
        came_from=None if before is None else before.seq,
        ends=ends_of(holder, present) if share is None else ends_of(present),
        share=share,
        slots=() if share is None else slots_for(proposal.state, model, stage.name, number, share),
        approvals=() if judgement is None else judgement.approvals,
        verdict=() if judgement is None else judgement.results,
        request=None if judgement is None else judgement.request,
        rule=rule,
        plan=None if judgement is None else judgement.plan.plan_digest,
    )
