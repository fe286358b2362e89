"""`promote`: a version gets a stage."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from modelkeep.domain.policy.results import RuleResult
from modelkeep.domain.record import Ordinal, Sha256, encode_canonical
from modelkeep.domain.stages import StageDef
from modelkeep.domain.state import Model, Version
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
    ends_of,
    permission_of_stage,
)
from modelkeep.domain.verbs.rows import Changes, Close, Recorded, Row
from modelkeep.domain.verbs.words import EntryWords
from modelkeep.errors import Conflict, UsageError

if TYPE_CHECKING:
    from modelkeep.domain.entry import Subject
    from modelkeep.domain.policy.gate import Judgement


class Promote(Command, frozen=True):
    """Give a version a stage; ``force``: also if it is bad or archived.

    ``break_glass`` waives the rules of the policy that do not hold, and the permission to promote: it has its own. The
    other fields are reserved.
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
        """Make the version the holder of the stage; the one it displaces is superseded there."""
        check_reserved(self.request, self.share)
        model, version = proposal.model_and_version()
        stage = proposal.stage()
        holder = proposal.state.holder(model.seq, stage.name)
        name = model.ref(version.number)
        if holder is not None and holder.version == version.number:
            return AlreadySo(f"{name} is in {stage.name}")
        if not self.force:
            check_usable(name, version, "        (or promote it with --force)")
        judgement = self._judgement(proposal, model, version, stage.name)
        promotion = make_promotion(proposal, model, stage, version.number, version.form, judgement=judgement)
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
                share = "" if event.share is None else f" at {event.share / 100:g}%"
                parts.append(
                    f"promoted {words.ref(event.version)} to {event.stage}{share}{words.in_place_of(event.ends)}"
                )
                if event.waived:
                    rules = f"{event.waived} rule{'' if event.waived == 1 else 's'} of the policy"
                    parts.append(f"breaking the glass ({rules} waived)")
        return ", ".join(parts)


class VersionPromoted(Event, frozen=True):
    """A version took a stage, or with ``share`` a part of it in hundredths of a percent.

    ``came_from`` is the entry that opened the tenure before this one in the stage. ``verdict`` is what the rules of the
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

    @property
    def waived(self) -> int:
        """How many rules were waived by breaking the glass."""
        return sum(each.waived for each in self.verdict)

    def project(self, recorded: Recorded) -> Changes:
        by = "promote" if self.rule is not None else None  # the last approval may promote by itself
        yield from recorded.ended_rows(self.model, self.ends, self.version, by=by)
        verdict = encode_canonical(self.verdict).decode() if self.verdict else None
        more: Row = {"share": self.share, "request": self.request, "waived": self.waived, "verdict": verdict}
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


def make_promotion(
    proposal: Proposal,
    model: Model,
    stage: StageDef,
    number: int,
    form: str,
    *,
    judgement: Judgement | None = None,
    rule: str | None = None,
) -> VersionPromoted:
    """Return the event that makes a version the holder of a stage; it ends the present holder's tenure.

    ``judgement`` is what the policy said, ``rule`` the rule that promotes by itself.
    Raises ``Conflict`` where the intent expects another holder, and where a version whose bytes live elsewhere
    (``pointer``) would get a protected stage.
    """
    check_protected(stage, form)
    holder = proposal.state.holder(model.seq, stage.name)
    proposal.check_expected(None if holder is None else holder.version, f"the holder of {stage.name}")
    before = proposal.state.last_holder(model.seq, stage.name)
    return VersionPromoted(
        model=model.seq,
        stage=stage.name,
        version=number,
        came_from=None if before is None else before.seq,
        ends=ends_of(holder),
        approvals=() if judgement is None else judgement.approvals,
        verdict=() if judgement is None else judgement.results,
        request=None if judgement is None else judgement.request,
        rule=rule,
        plan=None if judgement is None else judgement.plan.plan_digest,
    )
