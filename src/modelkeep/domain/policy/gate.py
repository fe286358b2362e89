"""The gate of a stage: every rule of the policy that a promotion must keep, judged at one place.

`judge` finds, as data, what each rule says of a version. `open_gate` refuses where a rule does not hold. Both are pure,
so `verify` judges each promotion again by the rules and the facts of its time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from shlex import quote
from typing import TYPE_CHECKING

from msgspec import Struct

from modelkeep.domain.hashing import digest_of
from modelkeep.domain.metrics import MetricKey
from modelkeep.domain.numbers import as_number
from modelkeep.domain.policy.candidate import Candidate, measured
from modelkeep.domain.policy.directions import is_lower_better
from modelkeep.domain.policy.identity import is_same_person
from modelkeep.domain.policy.plan import Plan
from modelkeep.domain.policy.results import RuleResult
from modelkeep.domain.policy.rules import Gate, RequiredApproval, RequiredCheck, Rules, Soak, StageRules
from modelkeep.domain.record import encode_canonical
from modelkeep.domain.times import parse_stored
from modelkeep.errors import Denied

if TYPE_CHECKING:
    from modelkeep.domain.governed_state import Approval
    from modelkeep.domain.verbs.interface import Proposal

_MISSING = "missing"
#: Rules whose values are not facts of the version and its holder: a plan leaves them out.
_NOT_PLANNED = ("reason",)


class Judgement(Struct, frozen=True):
    """What the rules of a stage found, the plan they make, and the approvals that count."""

    results: tuple[RuleResult, ...]
    plan: Plan
    approvals: tuple[int, ...] = ()
    request: int | None = None

    @property
    def refused(self) -> tuple[RuleResult, ...]:
        """The rules that stand in the way."""
        return tuple(each for each in self.results if each.refuses)


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
    found = tuple(_facts(proposal, candidate, policy.rules, rules))
    holder = proposal.state.holder(candidate.model.seq, stage)
    plan = Plan(
        model=candidate.model.seq,
        version=candidate.number,
        digest=candidate.digest,
        stage=stage,
        holder=0 if holder is None else holder.version,
        rules=digest_of(encode_canonical(rules)),
        share=share,
        values=tuple((each.rule, each.value, each.bound) for each in found if each.rule not in _NOT_PLANNED),
    )
    request = proposal.state.open_request(candidate.model.seq, candidate.number, stage)
    given = () if request is None else proposal.state.approvals(request.seq)
    counted = _counting(proposal, policy.rules, rules, plan, (*given, *also))
    approvals = tuple(_approvals(rules, counted))
    return Judgement(
        (*found, *approvals), plan, tuple(each.seq for each in counted), None if request is None else request.seq
    )


def open_gate(
    proposal: Proposal, candidate: Candidate, stage: str, share: int | None, *, break_glass: bool = False
) -> Judgement | None:
    """Return the judgement of a promotion that may happen; raise ``Denied`` with every rule that does not hold.

    With ``break_glass`` the rules that do not hold are waived: what they found stays in the entry.
    """
    judgement = judge(proposal, candidate, stage, share)
    if judgement is None or not judgement.refused:
        return judgement
    if break_glass:
        waived = tuple(waive(each) for each in judgement.results)
        return Judgement(waived, judgement.plan, judgement.approvals, judgement.request)
    raise denial(candidate.ref, stage, judgement)


def waive(result: RuleResult) -> RuleResult:
    """Return a result as it is once the glass was broken."""
    if not result.refuses:
        return result
    return RuleResult(result.rule, result.value, result.bound, passed=False, warn=False, waived=True)


def denial(ref: str, stage: str, judgement: Judgement) -> Denied:
    """Return the refusal of a promotion, with every rule that does not hold."""
    refused = judgement.refused
    count = f"{len(refused)} rule{'' if len(refused) == 1 else 's'} of the policy"
    lines = [f"  {each.rule}: {each.value}, must be {each.bound}" for each in refused]
    message = "\n".join(
        [f"{ref} may not be in {stage}: {count} {'does' if len(refused) == 1 else 'do'} not hold", *lines]
    )
    only_approvals = all(each.rule.startswith("approval") for each in refused)
    if only_approvals and judgement.request is None:
        return Denied(message, f"modelkeep promote {quote(ref)} {quote(stage)} --request")
    if only_approvals:
        return Denied(message, f"modelkeep approve {judgement.request}        (another person)")
    return Denied(message, f"modelkeep promote {quote(ref)} {quote(stage)} -n        (every rule with its value)")


def _facts(proposal: Proposal, candidate: Candidate, rules: Rules, stage: StageRules) -> Iterator[RuleResult]:
    """Yield what each rule but those about approvals says."""
    if stage.after:
        yield _after(proposal, candidate, stage.after)
    if stage.soak is not None:
        yield _soaked(proposal, candidate, stage.soak)
    for word in stage.require:
        yield _metadata(proposal, candidate, word, warn=False)
    for word in stage.recommend:
        yield _metadata(proposal, candidate, word, warn=True)
    for gate in stage.gates:
        yield from _gate(proposal, candidate, rules, gate)
    for check in stage.checks:
        yield _check(proposal, candidate, check)


def _after(proposal: Proposal, candidate: Candidate, after: Sequence[str]) -> RuleResult:
    held = () if candidate.is_new else proposal.state.stages_held(candidate.model.seq, candidate.number)
    first = next((stage for stage in after if stage in held), None)
    return RuleResult("after", first or "none of them", f"in {' or '.join(after)} before", first is not None)


def _soaked(proposal: Proposal, candidate: Candidate, soak: Soak) -> RuleResult:
    tenure = None
    if not candidate.is_new:
        tenure = proposal.state.latest_tenure(candidate.model.seq, soak.stage, candidate.number)
    bound = f"{age_words(soak.seconds)} in {soak.stage}"
    if tenure is None or tenure.until is not None:
        return RuleResult("soak", f"not in {soak.stage}", bound, passed=False, warn=soak.warn)
    since = proposal.state.time_of(tenure.seq)
    passed = parse_stored(proposal.time) - parse_stored(since) >= timedelta(seconds=soak.seconds)
    return RuleResult("soak", f"in {soak.stage} since {since[:19]}Z", bound, passed, warn=soak.warn)


def _metadata(proposal: Proposal, candidate: Candidate, word: str, *, warn: bool) -> RuleResult:
    there = {
        "data": candidate.has_data,
        "code": candidate.code_commit is not None,
        "clean-code": candidate.code_commit is not None and candidate.code_state == "clean",
        "licence": candidate.licence is not None,
        "description": candidate.is_described,
        "label": candidate.label is not None,
        "reason": proposal.says("reason"),
    }
    passed = there[word] if word in there else word.removeprefix("tag.") in candidate.tags
    return RuleResult(word, "there" if passed else _MISSING, "there", passed, warn=warn)


def _gate(proposal: Proposal, candidate: Candidate, rules: Rules, gate: Gate) -> Iterator[RuleResult]:
    """Yield a result for each bound of a metric; a missing or ambiguous value and one that is no number do not hold."""
    name = f"metric {gate.metric}" + ("" if gate.data is None else f" on {gate.data}")
    text, data = _value(candidate.metrics.get(gate.metric, {}), gate.data)
    value = None if text is None else as_number(text)
    shown = text or (f"measured on {len(data)} datasets" if data else _MISSING)
    for sign, bound in ((">=", gate.min), ("<=", gate.max)):
        limit = None if bound is None else as_number(bound)
        if bound is not None:
            holds = value is not None and limit is not None and (value >= limit if sign == ">=" else value <= limit)
            yield RuleResult(f"{name} {sign}", shown, f"{sign} {bound}", holds, warn=gate.warn)
    if gate.no_worse_than_production is None:
        return
    lower = is_lower_better(rules, gate)
    production = proposal.state.stages()[-1].name
    holder = proposal.state.holder(candidate.model.seq, production)
    if holder is None:
        yield RuleResult(
            f"{name} against {production}", shown, f"any, nothing is in {production}", value is not None, gate.warn
        )
        return
    theirs_by_data = measured(proposal.state, candidate.model.seq, holder.version).get(gate.metric, {})
    other = theirs_by_data.get(data[0]) if len(data) == 1 else None
    theirs, margin = None if other is None else as_number(other), as_number(gate.no_worse_than_production)
    ref = candidate.model.ref(holder.version)
    if theirs is None or margin is None:
        bound = f"compared with {ref}, which has no {gate.metric} on the same data"
        yield RuleResult(f"{name} against {production}", shown, bound, passed=False, warn=gate.warn)
        return
    limit = theirs + margin if lower else theirs - margin
    holds = value is not None and (value <= limit if lower else value >= limit)
    bound = f"{'<=' if lower else '>='} {limit:f} ({ref} has {other})"
    yield RuleResult(f"{name} against {production}", shown, bound, holds, warn=gate.warn)


def _value(by_data: Mapping[str | None, str], data: str | None) -> tuple[str | None, tuple[str | None, ...]]:
    """Return the value of a metric and the data that it may have been measured on; no value where that is ambiguous.

    ``data`` None: by the rule of `domain.metrics`.
    """
    candidates = MetricKey("", data).candidates(by_data)
    return (by_data[candidates[0]] if len(candidates) == 1 else None), candidates


def _check(proposal: Proposal, candidate: Candidate, check: RequiredCheck) -> RuleResult:
    found = None
    if not candidate.is_new:
        found = proposal.state.check(candidate.model.seq, candidate.number, check.name)
    bound = "pass or warn" if check.max_age is None else f"pass or warn, at most {age_words(check.max_age)} old"
    if found is None:
        return RuleResult(f"check {check.name}", _MISSING, bound, passed=False, warn=check.warn)
    age = parse_stored(proposal.time) - parse_stored(found.time)
    fresh = check.max_age is None or age <= timedelta(seconds=check.max_age)
    expired = found.expires is not None and found.expires <= proposal.time
    passed = found.result != "fail" and fresh and not expired
    # The time of a result that holds is no part of the plan: the nightly run that passes again leaves approvals valid.
    when = "" if passed else f" at {found.time[:19]}Z"
    gone = f", expired at {(found.expires or '')[:19]}Z" if expired else ""
    return RuleResult(f"check {check.name}", f"{found.result}{when}{gone}", bound, passed, warn=check.warn)


def _counting(
    proposal: Proposal, rules: Rules, stage: StageRules, plan: Plan, given: Sequence[Approval]
) -> tuple[Approval, ...]:
    """Return the approvals that count: of this plan, not expired, one for each person."""
    counted: list[Approval] = []
    digest = plan.plan_digest
    for each in given:
        age = parse_stored(proposal.time) - parse_stored(each.time)
        expired = stage.approvals_expire is not None and age > timedelta(seconds=stage.approvals_expire)
        if each.plan != digest or expired:
            continue
        if not any(is_same_person(rules, each.identity, other.identity) for other in counted):
            counted.append(each)
    return tuple(counted)


def _approvals(stage: StageRules, counted: Sequence[Approval]) -> Iterator[RuleResult]:
    """Yield a result for each approval that the stage asks for; an approval serves one of them."""
    served = assign(stage.approvals, [each.roles for each in counted])
    for required, number in zip(stage.approvals, served, strict=True):
        who = "" if required.role is None else f" of {required.role}"
        yield RuleResult(f"approval{who}", str(number), f"{required.count}{who}", passed=number >= required.count)


def assign(required: Sequence[RequiredApproval], roles: Sequence[Sequence[str]]) -> list[int]:
    """Return how many approvals serve each requirement where each approval serves at most one, as many as possible.

    Augmenting paths (Kuhn, 1955): an approval moves to another requirement where that lets one more be served.
    """
    slots = [place for place, each in enumerate(required) for _ in range(each.count)]
    taken: dict[int, int] = {}

    def place(approval: int, tried: set[int]) -> bool:
        for slot, requirement in enumerate(slots):
            role = required[requirement].role
            if slot in tried or (role is not None and role not in roles[approval]):
                continue
            tried.add(slot)
            if slot not in taken or place(taken[slot], tried):
                taken[slot] = approval
                return True
        return False

    for approval in range(len(roles)):
        place(approval, set())
    served = [0] * len(required)
    for slot in taken:
        served[slots[slot]] += 1
    return served


def age_words(seconds: int) -> str:
    """Return a duration as the policy writes it: ``12h``, ``30d``, ``90s``."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
