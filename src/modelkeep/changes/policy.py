"""`policy set`: a ``policy.toml`` becomes the rules that are in force, and the answer says what that means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import asdict

from modelkeep.changes.change_answer import answer
from modelkeep.changes.change_request import ChangeRequest, Resolve
from modelkeep.changes.runner import ChangeOutcome, run_change
from modelkeep.context import Context
from modelkeep.domain.answers.changes import NONE, Effect
from modelkeep.domain.answers.policy import PolicySet
from modelkeep.domain.governed_state import Binding
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.policy.permissions import may, permissions_of, roles_of, roles_with
from modelkeep.domain.policy.rules import Rules
from modelkeep.domain.policy.statements import differences
from modelkeep.domain.verbs.policy import Policy
from modelkeep.domain.verbs.role import RoleGranted
from modelkeep.provenance.policy_file import PolicySource
from modelkeep.reads.authority import Membership
from modelkeep.reads.policy import policy_of_file, rules_in_force
from modelkeep.reads.policy_consequences import consequences
from modelkeep.reads.references import Say
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.state import SqlState

_SHORT = 19


def set_policy(context: Context, path: str, message: str | None, *, dry_run: bool) -> PolicySet:
    """Put the rules of a file in force, or with ``dry_run`` find out what that would mean."""
    with snapshot(context) as (reader, _):
        stages = [stage.name for stage in SqlState(reader).stages()]
        bindings = SqlState(reader).bindings()
    source = policy_of_file(path, stages)
    before = rules_in_force(context)
    outcome = run_change(context, _request(source), message=message, dry_run=dry_run)
    made = answer(outcome)
    digest = digest_of(source.rules.to_bytes())
    if not made.changed:
        return PolicySet(**asdict(made), digest=digest)
    found = consequences(context, before, source.rules)
    granted = _granted(outcome)
    notes = (
        *_notes_on_bearers(before or Rules(), source.rules, bindings),
        *_notes_on_rules(context, source.rules, (*bindings, *granted)),
    )
    return PolicySet(
        **{
            **asdict(made),
            "effects": (*made.effects, *(_effect(bindings, each) for each in granted)),
            "notes": (*made.notes, *notes),
        },
        digest=digest,
        differences=differences(before or Rules(), source.rules),
        holders=found.holders,
        judged=found.judged,
        complete=found.complete,
        requests=found.requests,
    )


def _request(source: PolicySource) -> Resolve:
    """Return the change that puts rules in force."""
    rules, text = source.rules.to_bytes(), source.text.encode()
    command = Policy(digest_of(rules), digest_of(text))

    def resolve(reader: Reader, _say: Say) -> ChangeRequest:
        present = SqlState(reader).policy()
        before = NONE if present is None else present.digest[:_SHORT]
        return ChangeRequest(
            command,
            None,
            documents={command.rules: rules, command.source: text},
            effects=(Effect("policy", before, command.rules[:_SHORT]),),
            about="policy",
        )

    return resolve


def _granted(outcome: ChangeOutcome) -> tuple[Binding, ...]:
    """Return the role that the author was given, so that the policy can be changed again."""
    events = () if outcome.entry is None else outcome.entry.events
    granted = (event for event in events if isinstance(event, RoleGranted))
    return tuple(Binding(event.role, event.principal.kind, event.principal.name) for event in granted)


def _effect(bindings: Sequence[Binding], granted: Binding) -> Effect:
    """Return which roles an account has after one was given to it."""
    roles = [each.role for each in bindings if each.principal == granted.principal]
    return Effect(granted.principal, ", ".join(roles) or NONE, ", ".join([*roles, granted.role]))


def _notes_on_bearers(before: Rules, rules: Rules, bindings: Sequence[Binding]) -> Iterator[str]:
    """Yield who had a role already that counts from now on: who gave it may have had less to say then."""
    new = {role.name for role in rules.roles} - {role.name for role in before.roles}
    for role in (role.name for role in rules.roles if role.name in new):
        if had := [each.principal for each in bindings if each.role == role]:
            yield f"the role {role} counts from now on for {', '.join(had)} (take it away: modelkeep role revoke {role} {had[0]})"


def _notes_on_rules(context: Context, rules: Rules, bindings: Sequence[Binding]) -> Iterator[str]:
    """Yield what a policy leaves open: roles without a bearer, bearers without a role, an author without the permission."""
    if rules == Rules():
        yield "this policy has no rules: who can write the registry may do everything"
    known = [role.name for role in rules.roles]
    borne = {each.role for each in bindings}
    for role in known:
        if role not in borne:
            yield f"nobody has the role {role} yet: modelkeep role grant {role} user:NAME"
    if not known:
        return
    for each in bindings:
        if each.role not in known:
            yield f"{each.principal} has the role {each.role}, which this policy does not name: it allows nothing"
    if not roles_with(rules, "role"):
        yield "warning: no role may grant roles: only a change of the policy can"
    groups = Membership(context).among({each.name for each in bindings if each.kind == "group"})
    mine = roles_of(bindings, context.account.user, groups)
    if not may(permissions_of(rules, mine), "policy"):
        yield "warning: you may not change this policy: others may"
