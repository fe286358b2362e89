"""The gate of a stage: every rule of the policy that a promotion must keep, judged at one place.

`judge` finds, as data, what each rule says of a version. `open_gate` refuses where a rule does not hold. Both are pure,
so `verify` judges each promotion again by the rules and the facts of its time. `facts` has the rules about the version,
`approvals` those about persons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from shlex import quote
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from modelkeep.domain.governed_state import Approval
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.policy.approvals import Standing, accounts_behind, results, served, standings
from modelkeep.domain.policy.candidate import Candidate
from modelkeep.domain.policy.facts import facts
from modelkeep.domain.policy.identity import identity_of
from modelkeep.domain.policy.permissions import bearers_of, may, permissions_of, roles_of, roles_with
from modelkeep.domain.policy.plan import Plan
from modelkeep.domain.policy.remedies import remedies
from modelkeep.domain.policy.results import RuleResult
from modelkeep.domain.policy.rules import RequiredApproval, Rules, StageRules
from modelkeep.domain.record import encode_canonical
from modelkeep.domain.text import caseless
from modelkeep.errors import Denied, UsageError

if TYPE_CHECKING:
    from modelkeep.domain.governed_state import GovernedState
    from modelkeep.domain.verbs.interface import Proposal

#: Rules whose values are not facts of the version and its holder: a plan leaves them out.
_NOT_PLANNED = ("reason",)


class Judgement(Struct, frozen=True):
    """What the rules of a stage found, the plan they make, and the approvals of the open request, if there is one."""

    results: tuple[RuleResult, ...]
    plan: Plan
    standings: tuple[Standing, ...] = ()
    request: int | None = None

    @property
    def refused(self) -> tuple[RuleResult, ...]:
        """The rules that stand in the way."""
        return tuple(each for each in self.results if each.refuses)

    @property
    def warned(self) -> tuple[RuleResult, ...]:
        """The rules that do not hold and only warn."""
        return tuple(each for each in self.results if each.warn and not each.passed)

    @property
    def approvals(self) -> tuple[int, ...]:
        """The entries of the approvals that count."""
        return tuple(each.approval.seq for each in self.standings if each.why is None)


def judge(
    proposal: Proposal, candidate: Candidate, stage: str, share: int | None, also: Sequence[Approval] = ()
) -> Judgement | None:
    """Return what the policy in force says of a promotion, None where there is no policy.

    ``also`` are approvals that the entry itself would give.
    """
    policy = proposal.state.policy()
    if policy is None:
        return None
    rules = policy.rules.stage(stage)
    found = tuple(facts(proposal, candidate, policy.rules, rules))
    holder = proposal.state.holder(candidate.model.seq, stage)
    plan = Plan(
        model=candidate.model.seq,
        version=candidate.number,
        digest=candidate.digest,
        stage=stage,
        holder=0 if holder is None else holder.version,
        rules=rules_digest(rules),
        share=share,
        bad=candidate.bad,
        archived=candidate.archived,
        values=tuple((each.rule, each.value, each.bound) for each in found if each.rule not in _NOT_PLANNED),
    )
    request = None
    if not candidate.is_new:
        request = proposal.state.open_request(candidate.model.seq, candidate.number, stage)
        if request is not None and request.share != share:
            request = None  # it asks for something else
    standing: tuple[Standing, ...] = ()
    if request is not None:
        given = (*proposal.state.approvals(request.seq), *also)
        standing = standings(
            proposal.state, policy.rules, rules, request, plan.plan_digest, given=given, time=proposal.time
        )
    approvals = results(rules, [each for each in standing if each.why is None])
    return Judgement((*found, *approvals), plan, standing, None if request is None else request.seq)


def rules_digest(rules: StageRules) -> str:
    """Return the digest of what a stage asks for, to which approvals are bound; its words for people are left out."""
    return digest_of(encode_canonical(replace(rules, meaning=None, synonyms=())))


def open_gate(
    proposal: Proposal, candidate: Candidate, stage: str, share: int | None, *, break_glass: bool = False
) -> Judgement | None:
    """Return the judgement of a promotion that may happen; raise ``Denied`` with every rule that does not hold.

    With ``break_glass`` the rules that do not hold are waived, and so is the permission to promote: what they found
    stays in the entry. Where nothing is to be waived, breaking the glass is refused.
    """
    judgement = judge(proposal, candidate, stage, share)
    if judgement is None or not (break_glass or judgement.refused):
        return judgement
    if break_glass:
        found = (*_lacking_permission(proposal, stage), *judgement.results)
        waived = tuple(map(waive, found))
        if waived == judgement.results:
            message = f"every rule of the policy holds for {candidate.ref} in {stage}: there is no glass to break"
            raise UsageError(message, f"modelkeep promote {quote(candidate.ref)} {quote(stage)}")
        return replace(judgement, results=waived)
    raise denial(proposal, candidate, stage, judgement)


def _lacking_permission(proposal: Proposal, stage: str) -> Iterator[RuleResult]:
    """Yield that the account may not promote, where it may only break the glass."""
    policy, observed = proposal.state.policy(), proposal.observed
    if policy is None or not policy.rules.roles:
        return
    permission = f"promote:{stage}"
    roles = roles_of(proposal.state.bindings(), observed.user, observed.groups)
    if not may(permissions_of(policy.rules, roles), permission):
        yield RuleResult("permission", f"{observed.user} has not {permission}", permission)


def waive(result: RuleResult) -> RuleResult:
    """Return a result as it is once the glass was broken."""
    return replace(result, waived=True) if result.refuses else result


def denial(proposal: Proposal, candidate: Candidate, stage: str, judgement: Judgement) -> Denied:
    """Return the refusal of a promotion: every rule that does not hold, who may approve, and the line that helps."""
    refused = judgement.refused
    many = len(refused) != 1
    count = f"{len(refused)} rule{'s' if many else ''} of the policy {'do' if many else 'does'} not hold"
    policy = proposal.state.policy()
    meaning = None if policy is None else policy.rules.stage(stage).meaning
    lines = [f"{candidate.ref} may not be in {stage}{'' if meaning is None else f' ({meaning})'}: {count}"]
    lines += [f"  {each.rule}: {each.value}, must be {each.bound}" for each in refused]
    lines += remedies(candidate, _promote_line(candidate, stage, judgement), refused)
    missing = [] if policy is None else _missing_approvals(policy.rules.stage(stage), refused)
    if policy is not None and missing:
        lines.append(
            f"who may approve: {who_may_approve(proposal.state, policy.rules, judgement, is_new=candidate.is_new)}"
        )
    if len(refused) > len(missing) > 0 and judgement.request is None and not candidate.is_new:
        lines.append(f'to ask for it: {_promote_line(candidate, stage, judgement)} --request -m "why"')
    lines += [f"only a warning: {each.rule}: {each.value}, should be {each.bound}" for each in judgement.warned]
    hint = _next_step(proposal, candidate, stage, judgement, missing)
    return Denied("\n".join(lines), hint, judgement.results, judgement.plan.plan_digest)


def _missing_approvals(rules: StageRules, refused: Sequence[RuleResult]) -> list[RequiredApproval]:
    """Return the approvals that are missing still."""
    names = {each.rule for each in refused}
    return [each for each in rules.approvals if _rule_name(each) in names]


def _rule_name(required: RequiredApproval) -> str:
    return "approval" if required.role is None else f"approval of {required.role}"


def awaits_approval(proposal: Proposal, candidate: Candidate, judgement: Judgement) -> bool:
    """Tell whether the open request lacks an approval that the account may give and has not given."""
    policy, observed, plan = proposal.state.policy(), proposal.observed, judgement.plan
    unusable = observed.user_namespace or candidate.bad or candidate.archived
    if policy is None or judgement.request is None or unusable:
        return False
    stage = policy.rules.stage(plan.stage)
    asked_for = {each.role for each in stage.approvals}
    roles = tuple(each for each in proposal.state.roles_of(observed.user, observed.groups) if each in asked_for)
    mine = Approval(proposal.seq, identity_of(observed), plan.plan_digest, roles, observed.groups, proposal.time)
    then = judge(proposal, candidate, plan.stage, plan.share, [mine])
    return then is not None and served(stage, then.standings) > served(stage, judgement.standings)


def _next_step(
    proposal: Proposal,
    candidate: Candidate,
    stage: str,
    judgement: Judgement,
    missing: Sequence[RequiredApproval],
) -> str:
    """Return the line that is next: to ask for approvals, to approve, or to look again once the facts are mended."""
    line = _promote_line(candidate, stage, judgement)
    if candidate.is_new:
        return "register it without --stage; modelkeep promote -n then shows every rule"
    if len(judgement.refused) > len(missing):
        return f"{line} -n        (every rule with its value)"
    if judgement.request is None:
        return f'{line} --request -m "why"'
    who = "" if awaits_approval(proposal, candidate, judgement) else "        (another person)"
    return f"modelkeep approve {judgement.request}{who}"


def _promote_line(candidate: Candidate, stage: str, judgement: Judgement) -> str:
    share = judgement.plan.share
    return f"modelkeep promote {quote(candidate.ref)} {quote(stage)}" + (f" --share {share / 100:g}" if share else "")


def who_may_approve(state: GovernedState, rules: Rules, judgement: Judgement, *, is_new: bool = False) -> str | None:
    """Return the accounts and groups whose approval is missing, as people read them; None where none is.

    The accounts of the persons who registered the version or asked for it are left out.
    """
    plan = judgement.plan
    required = _missing_approvals(rules.stage(plan.stage), judgement.refused)
    behind: frozenset[str] = frozenset()
    if required and not is_new:
        registered = state.particulars(plan.model, plan.version).seq
        asked = () if judgement.request is None else (judgement.request,)
        behind = frozenset(f"user:{name}" for name in accounts_behind(state, rules, registered, *asked))
    parts = []
    for each in required:
        if not rules.roles and each.role is None:
            parts.append("anybody who neither registered it, made it nor asked for it")
            continue
        able = [each.role] if each.role is not None else list(roles_with(rules, "approve"))
        bearers = [name for name in bearers_of(state.bindings(), able) if caseless(name) not in behind]
        role = " or ".join(able)
        parts.append(f"{', '.join(bearers) or 'nobody else'} ({role})")
    return "; ".join(dict.fromkeys(parts)) or None
