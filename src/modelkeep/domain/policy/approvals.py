"""Approvals: which of those that were given count, and who may not give one.

An approval counts while the plan is the one that the approver saw, it has not expired, its account still bears a role
that the stage asks for, and its person is neither behind another one that counts nor behind the version. Duties are separated here, when an approval is given and again when a
promotion rests on it: the policy may have named a second account of a person meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from modelkeep.domain.policy.identity import Identity, is_named, is_same_person, may_be_same_person, person_of
from modelkeep.domain.policy.permissions import may, permissions_of
from modelkeep.domain.policy.results import RuleResult
from modelkeep.domain.policy.rules import RequiredApproval, Rules, StageRules
from modelkeep.domain.text import caseless
from modelkeep.domain.times import parse_stored

if TYPE_CHECKING:
    from modelkeep.domain.governed_state import Approval, GovernedState, PromotionRequest
    from modelkeep.domain.state import State


class Standing(Struct, frozen=True):
    """An approval, and why it does not count, None where it does.

    ``why`` is ``changed`` (the plan is another one now), ``expired``, ``revoked`` (the role in which it was given),
    ``same-person`` (as another that counts) or ``not-separate`` (its person registered the version, made it or asked for
    it). ``roles`` are those in which it counts.
    """

    approval: Approval
    why: str | None = None
    roles: tuple[str, ...] = ()


def standings(
    state: State,
    rules: Rules,
    stage: StageRules,
    request: PromotionRequest,
    plan: str,
    *,
    given: Sequence[Approval],
    time: str,
) -> tuple[Standing, ...]:
    """Return which approvals of a request count at a time for the plan with the digest ``plan``; one for each person."""
    found: list[Standing] = []
    counted: list[Identity] = []
    for each in given:
        age = parse_stored(time) - parse_stored(each.time)
        why, roles = None, None
        if each.plan != plan:
            why = "changed"
        elif stage.approvals_expire is not None and age > timedelta(seconds=stage.approvals_expire):
            why = "expired"
        elif (roles := _roles_still_borne(state, rules, stage, each)) is None:
            why = "revoked"
        elif any(is_same_person(rules, each.identity, other) for other in counted):
            why = "same-person"
        elif involvement(state, rules, request, each.identity) is not None:
            why = "not-separate"
        else:
            counted.append(each.identity)
        found.append(Standing(each, why, roles or ()))
    return tuple(found)


def _roles_still_borne(state: State, rules: Rules, stage: StageRules, given: Approval) -> tuple[str, ...] | None:
    """Return the roles of an approval that its account bears still, None where it could not give it any more.

    A group counts as it was when the approval was given: only the account itself can be asked who is in a group.
    """
    if not rules.roles:
        return given.roles
    borne = state.roles_of(given.identity.user, given.groups)
    roles = tuple(role for role in given.roles if role in borne)
    asked_for = bool(roles) or any(each.role is None for each in stage.approvals)
    return roles if asked_for and may(permissions_of(rules, borne), "approve") else None


def involvement(state: State, rules: Rules, request: PromotionRequest, me: Identity) -> str | None:
    """Return why an account may not approve a request, as ``bo asked for it``; None where another person is behind it.

    The person who asked, the one who registered the version, and the person that either of them named as its author may not; nor
    may a person who registered the same bytes, as whatever version of whatever model.
    """
    registered = state.particulars(request.model, request.version).seq
    for seq, did in ((request.seq, "asked for it"), (registered, "registered the version")):
        by = state.identity(seq)
        if by is not None and may_be_same_person(rules, by, me):
            if by.in_user_namespace:
                return f"the account that {did} was in a user namespace and may be anybody's"
            return f"{_shown(rules, by, me)} {did}"
        for name in state.names_given(seq):
            if is_named(rules, me, name):
                return f"{name} is named as the one who {did if seq == request.seq else 'made the version'}"
    version = state.version(request.model, request.version)
    for by in () if version is None else state.registrants(version.digest):
        if is_same_person(rules, by, me):
            return f"{_shown(rules, by, me)} registered the same bytes"
    return None


def accounts_behind(state: GovernedState, rules: Rules, *entries: int) -> frozenset[str]:
    """Return the accounts of the persons who wrote some entries, as names are compared.

    None of them may approve what rests on these.
    """
    found = {name for seq in entries if (by := state.identity(seq)) for name in (by.user, by.login_user) if name}
    known = set(map(caseless, found))
    persons = (person.names for person in rules.persons if not known.isdisjoint(map(caseless, person.names)))
    return frozenset(map(caseless, found.union(*persons)))


def _shown(rules: Rules, by: Identity, me: Identity) -> str:
    """Return the account that did something, with the person where it is another account of theirs."""
    person = person_of(rules, by.user)
    if by.user == me.user:
        return by.user
    if person != by.user:
        return f"{person} (as {by.user})"
    behind = by.login_user or (me.login_user if me.login_user != by.user else None)
    return (
        f"{by.user}, who is the same person as {me.user}," if behind is None else f"{by.user} (logged in as {behind})"
    )


def served(stage: StageRules, standing: Sequence[Standing]) -> int:
    """Return how many of the approvals that a stage asks for are there."""
    return sum(assign(stage.approvals, [each.roles for each in standing if each.why is None]))


def results(stage: StageRules, counted: Sequence[Standing]) -> Iterator[RuleResult]:
    """Yield a result for each approval that the stage asks for; one that counts serves one of them."""
    served = assign(stage.approvals, [each.roles for each in counted])
    for required, number in zip(stage.approvals, served, strict=True):
        who = "" if required.role is None else f" of {required.role}"
        persons = f"{required.count} person{'' if required.count == 1 else 's'}"
        bearing = "" if required.role is None else f" with the role {required.role}"
        yield RuleResult(f"approval{who}", str(number), f"{persons}{bearing}", passed=number >= required.count)


def assign(required: Sequence[RequiredApproval], roles: Sequence[Sequence[str]]) -> list[int]:
    """Return how many approvals serve each requirement where each approval serves at most one, as many as possible.

    Augmenting paths (Kuhn, 1955): an approval moves to another requirement where that lets one more be served.
    """
    slots = [place for place, each in enumerate(required) for _ in range(min(each.count, len(roles)))]
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
