"""`approve` and `reject`: what a request asks for is approved by other persons, or closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelkeep.domain.governed_state import Approval, PromotionRequest
from modelkeep.domain.policy.identity import IN_A_USER_NAMESPACE, Identity, identity_of, is_same_person, person_of
from modelkeep.domain.policy.permissions import require, roles_of
from modelkeep.domain.record import Ordinal, Sha256
from modelkeep.domain.state import Model, Version
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Proposal
from modelkeep.domain.verbs.promote import VersionPromoted, check_protected, check_usable, make_promotion
from modelkeep.domain.verbs.request import rules_with_approvals
from modelkeep.domain.verbs.rows import Changes, Close, Insert, Recorded, Row
from modelkeep.domain.verbs.words import EntryWords
from modelkeep.errors import Conflict, Denied, NotFound

if TYPE_CHECKING:
    from modelkeep.domain.entry import Subject
    from modelkeep.domain.policy.rules import StageRules


class Approve(Command, frozen=True):
    """Approve what a request asks for, as the plan shows it; ``plan`` is the digest of that document."""

    PERMISSION = "approve"

    request: Ordinal
    plan: Sha256

    def documents(self) -> Mapping[str, str]:
        return {self.plan: "plan"}

    def decide(self, proposal: Proposal) -> Decision:
        """Add an approval; where the policy says so, the last one promotes."""
        from modelkeep.domain.policy.approvals import involvement  # reading an entry does not need the rules
        from modelkeep.domain.policy.candidate import registered
        from modelkeep.domain.policy.gate import judge

        model, version = proposal.model_and_version()
        asked = _open_request(proposal, self.request, model, version)
        name, state, observed = model.ref(version.number), proposal.state, proposal.observed
        rules, stage = rules_with_approvals(proposal, name, asked.stage)
        if observed.user_namespace:
            message = f"{observed.user} cannot approve {name}: {IN_A_USER_NAMESPACE}"
            raise Denied(message, "run it outside of the container or of unshare")
        check_usable(name, version)
        check_protected(proposal.stage(), version.form)
        me = identity_of(observed)
        if (involved := involvement(state, rules, asked, me)) is not None:
            message = f"{observed.user} cannot approve {name}: {involved}"
            raise Denied(message, "another person has to: modelkeep requests shows who may")
        roles = _roles_that_count(proposal, stage)
        judgement = judge(proposal, registered(state, model, version), asked.stage, asked.share)
        if judgement is None or judgement.plan.plan_digest != self.plan:
            message = f"what request {self.request} rests on is not what it was when you looked"
            raise Conflict(message, f"modelkeep approve {self.request} -n        (look again)")
        for given in state.approvals(asked.seq):
            if given.plan == self.plan and is_same_person(rules, given.identity, me):
                counts = any(each.approval.seq == given.seq and each.why is None for each in judgement.standings)
                if counts:
                    return AlreadySo(f"{person_of(rules, given.identity.user)} approved it in entry {given.seq}")
        event = RequestApproved(model.seq, asked.stage, version.number, self.request, roles)
        approval = Approval(proposal.seq, me, self.plan, roles, observed.groups, proposal.time)
        return (event, *self._promotion(proposal, model, version, asked, stage, approval))

    def _promotion(
        self,
        proposal: Proposal,
        model: Model,
        version: Version,
        asked: PromotionRequest,
        stage: StageRules,
        approval: Approval,
    ) -> tuple[Event, ...]:
        """Return the promotion, where this approval is the last one and the policy says that it promotes."""
        from modelkeep.domain.policy.candidate import registered
        from modelkeep.domain.policy.gate import judge

        if stage.on_last_approval != "promote":
            return ()
        judgement = judge(proposal, registered(proposal.state, model, version), asked.stage, asked.share, [approval])
        if judgement is None or judgement.refused:
            return ()
        proposal.check_present(model.ref(version.number), version)
        rule = "on_last_approval"
        return (
            make_promotion(
                proposal,
                model,
                proposal.stage(),
                version.number,
                version.form,
                share=asked.share,
                judgement=judgement,
                rule=rule,
            ),
        )

    def sentence(self, words: EntryWords) -> str:
        promoted = [f", which promoted it{words.in_place_of(event.ends)}" for event in words.events(VersionPromoted)]
        return f"approved {words.subject} for {words.entry.intent.subject.stage}{''.join(promoted)}"  # type: ignore[union-attr]


class Reject(Command, frozen=True):
    """Close a request: rejected by who may approve, or withdrawn by the person who asked."""

    PERMISSION = "approve"

    request: Ordinal

    def permissions(self, _subject: Subject | None) -> tuple[str, ...]:
        """Return none: the person who asked may withdraw, and `decide` knows that person."""
        return ()

    def decide(self, proposal: Proposal) -> Decision:
        """Close the request; that of another person takes the permission to approve."""
        from modelkeep.domain.policy.rules import Rules

        model, version = proposal.model_and_version()
        asked = _open_request(proposal, self.request, model, version)
        policy, observed = proposal.state.policy(), proposal.observed
        rules = Rules() if policy is None else policy.rules
        by = proposal.state.identity(asked.seq)
        # A process may forge the login behind it where it has none: the login gives no right.
        me = Identity(observed.user, observed.uid)
        withdrawn = by is not None and not observed.user_namespace and is_same_person(rules, by, me)
        if rules.roles and not withdrawn:
            bindings = proposal.state.bindings()
            require(rules, bindings, [self.PERMISSION], observed)
        return (RequestRejected(model.seq, asked.stage, version.number, self.request, withdrawn),)

    def sentence(self, words: EntryWords) -> str:
        event = words.events(RequestRejected)[0]
        ref = words.ref(event.version)
        return (
            f"withdrew the request for {ref} in {event.stage}"
            if event.withdrawn
            else f"rejected {ref} for {event.stage}"
        )


class RequestApproved(Event, frozen=True):
    """A person approved a request; ``roles`` are those of the person that the stage asks for."""

    model: Ordinal
    stage: str
    version: Ordinal
    request: Ordinal
    roles: tuple[str, ...] = ()

    def project(self, recorded: Recorded) -> Changes:
        plan = recorded.command(Approve).plan
        row: Row = {"request": self.request, "seq": recorded.seq, "plan": plan}
        groups = ":".join(recorded.entry.observed.groups)
        yield Insert("approval", {**row, "roles": " ".join(self.roles), "in_groups": groups})


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


def _open_request(proposal: Proposal, seq: int, model: Model, version: Version) -> PromotionRequest:
    """Return an open request; it must be about the version and stage that the intent is about."""
    asked = proposal.state.request(seq)
    if asked is None:
        message = f"entry {seq} asks for no promotion"
        raise NotFound(message, "modelkeep requests --open")
    if (asked.model, asked.version, asked.stage) != (model.seq, version.number, proposal.subject().stage):
        message = f"entry {seq} asks for something else than {model.ref(version.number)} in {proposal.subject().stage}"
        raise Conflict(message)
    if asked.until is not None:
        message = f"request {seq} is closed: {asked.ended_words} in entry {asked.until}"
        raise Conflict(message, "modelkeep requests")
    return asked


def _roles_that_count(proposal: Proposal, stage: StageRules) -> tuple[str, ...]:
    """Return the roles of the account whose approval the stage asks for; ``Denied`` where it has none of them."""
    observed = proposal.observed
    borne = roles_of(proposal.state.bindings(), observed.user, observed.groups)
    wanted = {each.role for each in stage.approvals}
    roles = tuple(role for role in borne if role in wanted)
    if not roles and None not in wanted:
        asks = " or ".join(sorted(role for role in wanted if role is not None))
        message = f"{observed.user} bears no role whose approval {stage.name} asks for: it takes {asks}"
        raise Denied(message, "modelkeep role list")
    return roles
