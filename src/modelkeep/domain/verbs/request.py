"""`request`, `approve` and `reject`: a promotion is asked for, and other persons approve or reject it."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote
from typing import TYPE_CHECKING

from modelkeep.domain.governed_state import Approval, PromotionRequest
from modelkeep.domain.policy.candidate import registered
from modelkeep.domain.policy.gate import Judgement, judge
from modelkeep.domain.policy.identity import Identity, identity_of, is_same_person, person_of
from modelkeep.domain.policy.permissions import roles_of
from modelkeep.domain.policy.rules import Rules, StageRules
from modelkeep.domain.record import Ordinal, Sha256
from modelkeep.domain.state import Model, Version
from modelkeep.domain.verbs.interface import (
    AlreadySo,
    Command,
    Decision,
    Event,
    Proposal,
    check_reserved,
    permission_of_stage,
)
from modelkeep.domain.verbs.promote import make_promotion
from modelkeep.domain.verbs.rows import Changes, Close, Insert, Recorded, Row
from modelkeep.domain.verbs.words import EntryWords
from modelkeep.errors import Conflict, Denied, NotFound

if TYPE_CHECKING:
    from modelkeep.domain.entry import Subject


class Request(Command, frozen=True):
    """Ask that a version gets a stage, or a share of it."""

    PERMISSION = "request"

    share: Ordinal | None = None

    def permissions(self, subject: Subject | None) -> tuple[str, ...]:
        return (permission_of_stage(self.PERMISSION, subject),)

    def decide(self, proposal: Proposal) -> Decision:
        check_reserved(self.share)
        model, version = proposal.model_and_version()
        stage, state = proposal.stage().name, proposal.state
        name = model.ref(version.number)
        holder = state.holder(model.seq, stage)
        if holder is not None and holder.version == version.number:
            return AlreadySo(f"{name} is in {stage}")
        _rules_with_approvals(proposal, name, stage)
        if (there := state.open_request(model.seq, version.number, stage)) is not None:
            return AlreadySo(f"entry {there.seq} asks for it")
        return (PromotionRequested(model.seq, stage, version.number, self.share),)

    def sentence(self, words: EntryWords) -> str:
        return f"asked for {words.subject} to be promoted to {words.entry.intent.subject.stage}"  # type: ignore[union-attr]


class Approve(Command, frozen=True):
    """Approve what a request asks for, as the plan shows it; ``plan`` is the digest of that document."""

    PERMISSION = "approve"

    request: Ordinal
    plan: Sha256

    def documents(self) -> Mapping[str, str]:
        return {self.plan: "plan"}

    def decide(self, proposal: Proposal) -> Decision:
        """Add an approval; where the policy says so, the last one promotes."""
        model, version, asked = _open_request(proposal, self.request)
        name = model.ref(version.number)
        rules, stage = _rules_with_approvals(proposal, name, asked.stage)
        me = identity_of(proposal.observed)
        judgement = _judged(proposal, model, version, asked)
        if judgement.plan.plan_digest != self.plan:
            message = f"what request {self.request} rests on is not what it was when you looked"
            raise Conflict(message, f"modelkeep approve {self.request} -n        (look again)")
        _check_separate(proposal, rules, model, version, asked, me)
        for given in proposal.state.approvals(asked.seq):
            if given.plan == self.plan and is_same_person(rules, given.identity, me):
                return AlreadySo(f"{person_of(rules, me.user)} approved it in entry {given.seq}")
        borne = roles_of(proposal.state.bindings(), proposal.observed.user, proposal.observed.groups)
        wanted = {each.role for each in stage.approvals}
        roles = tuple(role for role in borne if role in wanted)
        if not roles and None not in wanted:
            asks = " or ".join(sorted(role for role in wanted if role is not None))
            message = f"{me.user} bears no role whose approval {asked.stage} asks for: it takes {asks}"
            raise Denied(message, "modelkeep role list")
        approval = Approval(proposal.seq, me, self.plan, roles, proposal.time)
        events: list[Event] = [RequestApproved(model.seq, asked.stage, version.number, self.request, roles)]
        after = judge(proposal, registered(proposal.state, model, version), asked.stage, asked.share, [approval])
        if stage.on_last_approval == "promote" and after is not None and not after.refused:
            proposal.check_present(name, version)
            events.append(
                make_promotion(
                    proposal,
                    model,
                    proposal.stage(),
                    version.number,
                    version.form,
                    judgement=after,
                    rule="on_last_approval",
                )
            )
        return tuple(events)

    def sentence(self, words: EntryWords) -> str:
        from modelkeep.domain.verbs.promote import VersionPromoted

        promoted = [f", which promoted it{words.in_place_of(event.ends)}" for event in words.events(VersionPromoted)]
        return f"approved {words.subject} for {words.entry.intent.subject.stage}{''.join(promoted)}"  # type: ignore[union-attr]


class Reject(Command, frozen=True):
    """Close a request: rejected, or withdrawn where the person who asked does it."""

    PERMISSION = "approve"

    request: Ordinal

    def decide(self, proposal: Proposal) -> Decision:
        model, version, asked = _open_request(proposal, self.request)
        policy = proposal.state.policy()
        rules = Rules() if policy is None else policy.rules
        by = proposal.state.identity(asked.seq)
        withdrawn = by is not None and is_same_person(rules, by, identity_of(proposal.observed))
        return (RequestRejected(model.seq, asked.stage, version.number, self.request, withdrawn),)

    def sentence(self, words: EntryWords) -> str:
        event = words.events(RequestRejected)[0]
        ref = words.ref(event.version)
        return (
            f"withdrew the request for {ref} in {event.stage}"
            if event.withdrawn
            else f"rejected {ref} for {event.stage}"
        )


class PromotionRequested(Event, frozen=True):
    """A promotion was asked for."""

    model: Ordinal
    stage: str
    version: Ordinal
    share: Ordinal | None = None

    def project(self, recorded: Recorded) -> Changes:
        row: Row = {"model": self.model, "version": self.version, "stage": self.stage, "share": self.share}
        yield recorded.opened("request", {**row, "ended_by": None})


class RequestApproved(Event, frozen=True):
    """A person approved a request; ``roles`` are those of the person that the stage asks for."""

    model: Ordinal
    stage: str
    version: Ordinal
    request: Ordinal
    roles: tuple[str, ...] = ()

    def project(self, recorded: Recorded) -> Changes:
        plan = recorded.command(Approve).plan
        row: Row = {"request": self.request, "seq": recorded.seq, "plan": plan, "roles": " ".join(self.roles)}
        yield Insert("approval", row)


class RequestRejected(Event, frozen=True):
    """A request was rejected, or ``withdrawn`` by the person who asked."""

    model: Ordinal
    stage: str
    version: Ordinal
    request: Ordinal
    withdrawn: bool = False

    def project(self, recorded: Recorded) -> Changes:
        ended = "withdraw" if self.withdrawn else "reject"
        yield Close("request", (("since_seq", "=", self.request),), recorded.seq, (("ended_by", ended),))


def _open_request(proposal: Proposal, seq: int) -> tuple[Model, Version, PromotionRequest]:
    """Return the version that an open request is about; the intent must be about the same version and stage."""
    model, version = proposal.model_and_version()
    asked = proposal.state.request(seq)
    if asked is None:
        message = f"entry {seq} asks for no promotion"
        raise NotFound(message, "modelkeep requests --open")
    if (asked.model, asked.version, asked.stage) != (model.seq, version.number, proposal.stage().name):
        message = f"entry {seq} asks for something else than {model.ref(version.number)} in {proposal.stage().name}"
        raise Conflict(message)
    if asked.until is not None:
        message = f"request {seq} is closed: {asked.ended_words}"
        raise Conflict(message, "modelkeep requests")
    return model, version, asked


def _rules_with_approvals(proposal: Proposal, name: str, stage: str) -> tuple[Rules, StageRules]:
    """Return the policy's rules; raise ``Conflict`` where the stage asks for no approval."""
    policy = proposal.state.policy()
    rules = Rules() if policy is None else policy.rules
    found = rules.stage(stage)
    if not found.approvals:
        message = f"{stage} asks for no approval"
        raise Conflict(message, f"modelkeep promote {quote(name)} {quote(stage)}")
    return rules, found


def _judged(proposal: Proposal, model: Model, version: Version, asked: PromotionRequest) -> Judgement:
    judgement = judge(proposal, registered(proposal.state, model, version), asked.stage, asked.share)
    if judgement is None:
        message = f"{asked.stage} asks for no approval"
        raise Conflict(message)
    return judgement


def _check_separate(
    proposal: Proposal, rules: Rules, model: Model, version: Version, asked: PromotionRequest, me: Identity
) -> None:
    """Raise ``Denied`` where the person who approves asked for it, registered the version, or is its author."""
    state = proposal.state
    known = state.particulars(model.seq, version.number)
    name = model.ref(version.number)
    for seq, what in ((asked.seq, "asked for it"), (known.seq, f"registered {name}")):
        by = state.identity(seq)
        if by is not None and is_same_person(rules, by, me):
            message = f"{person_of(rules, me.user)} {what} and cannot approve it: another person has to"
            raise Denied(message)
    author = state.author(model.seq, version.number)
    if author is not None and person_of(rules, author) in {
        person_of(rules, user) for user in (me.user, me.login_user) if user
    }:
        message = f"{author} is the author of {name} and cannot approve it: another person has to"
        raise Denied(message)
