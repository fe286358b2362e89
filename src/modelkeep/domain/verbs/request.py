"""`request`: a promotion is asked for, so that other persons approve or reject it."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from modelkeep.domain.policy.identity import IN_A_USER_NAMESPACE
from modelkeep.domain.record import Ordinal
from modelkeep.domain.shares import check_share, share_or_all, share_words
from modelkeep.domain.verbs.interface import (
    AlreadySo,
    Command,
    Decision,
    Event,
    Proposal,
    permission_of_stage,
)
from modelkeep.domain.verbs.promote import check_protected, check_usable, slots_for
from modelkeep.domain.verbs.rows import Changes, Recorded, Row
from modelkeep.domain.verbs.words import EntryWords
from modelkeep.errors import Conflict, Denied

if TYPE_CHECKING:
    from modelkeep.domain.entry import Subject
    from modelkeep.domain.policy.rules import Rules, StageRules
    from modelkeep.domain.state import Version


class Request(Command, frozen=True):
    """Ask that a version gets a stage, or a share of it."""

    PERMISSION = "request"

    share: Ordinal | None = None

    def permissions(self, subject: Subject | None) -> tuple[str, ...]:
        return (permission_of_stage(self.PERMISSION, subject),)

    def decide(self, proposal: Proposal) -> Decision:
        """Open a request; what could not be approved is refused here already."""
        if self.share is not None:
            check_share(self.share)
        model, version = proposal.model_and_version()
        stage, state = proposal.stage(), proposal.state
        name = model.ref(version.number)
        holder = state.holder(model.seq, stage.name)
        if holder is not None and holder.version == version.number:
            return AlreadySo(f"{name} is in {stage.name}")
        rules_with_approvals(proposal, name, stage.name)
        check_usable(name, version)
        check_protected(stage, version.form)
        _check_accounts(proposal, name, version)
        there = state.open_request(model.seq, version.number, stage.name)
        if there is not None and there.share == self.share:
            return AlreadySo(f"request {there.seq} asks for it")
        if there is not None:
            message = f"request {there.seq} asks for {share_or_all(there.share)} of {stage.name}"
            raise Conflict(message, f"modelkeep reject {there.seq}        (withdraws it)")
        if self.share is not None:
            slots_for(state, model, stage.name, version.number, self.share)
        return (PromotionRequested(model.seq, stage.name, version.number, self.share),)

    def sentence(self, words: EntryWords) -> str:
        share = "" if self.share is None else f" at {share_words(self.share)}"
        return f"asked for {words.subject} to be promoted to {words.entry.intent.subject.stage}{share}"  # type: ignore[union-attr]


class PromotionRequested(Event, frozen=True):
    """A promotion was asked for."""

    model: Ordinal
    stage: str
    version: Ordinal
    share: Ordinal | None = None

    def project(self, recorded: Recorded) -> Changes:
        row: Row = {"model": self.model, "version": self.version, "stage": self.stage, "share": self.share}
        yield recorded.opened("request", {**row, "ended_by": None})


def _check_accounts(proposal: Proposal, name: str, version: Version) -> None:
    """Raise ``Denied`` where nobody could approve: the account that asks, or that registered, may be anybody's."""
    outside = "run it outside of the container or of unshare"
    if proposal.observed.user_namespace:
        message = f"{proposal.observed.user} cannot ask for {name}: {IN_A_USER_NAMESPACE}"
        raise Denied(message, outside)
    registered = proposal.state.identity(proposal.state.particulars(version.model, version.number).seq)
    if registered is not None and registered.in_user_namespace:
        message = f"nobody could approve {name}: it was registered from a user namespace, and may be anybody's"
        raise Denied(message, f"register it again, with --if-exists new; {outside}")


def rules_with_approvals(proposal: Proposal, name: str, stage: str) -> tuple[Rules, StageRules]:
    """Return the policy's rules; raise ``Conflict`` where the stage asks for no approval."""
    from modelkeep.domain.policy.rules import Rules  # reading an entry does not need the rules

    policy = proposal.state.policy()
    rules = Rules() if policy is None else policy.rules
    found = rules.stage(stage)
    if not found.approvals:
        message = f"{stage} asks for no approval"
        raise Conflict(message, f"modelkeep promote {quote(name)} {quote(stage)}")
    return rules, found
