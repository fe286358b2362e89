"""Permissions: what each command needs, and who has it.

A policy without roles asks for nothing: every account that can write the registry may do everything. With roles, what no role of an
account allows is denied. Roles are borne by accounts and by groups of the operating system; the writer observes which
of the groups that bear a role the account is in. The login behind a ``sudo`` gives no role: where the kernel has
none, any process may set its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from shlex import quote
from typing import TYPE_CHECKING

from modelkeep.errors import Denied

if TYPE_CHECKING:
    from modelkeep.domain.entry import Observed, Subject
    from modelkeep.domain.governed_state import Binding
    from modelkeep.domain.policy.rules import Rules
    from modelkeep.domain.verbs.interface import Event, Proposal

#: Every permission and what it allows, in the words of a refusal.
PLAIN = {
    "register": "register versions",
    "evaluate": "add metrics",
    "annotate": "annotate",
    "alias": "set aliases",
    "mark": "mark versions",
    "archive": "archive versions",
    "delete": "delete versions",
    "check": "record checks",
    "approve": "approve",
    "deploy": "record deployments",
    "signal": "record signals",
    "acknowledge": "acknowledge open items",
    "import": "import from another registry",
    "policy": "change the policy",
    "role": "grant and revoke roles",
    "gc": "remove stored files",
    "migrate": "migrate the registry",
}
#: Those that are written with a stage, as ``promote:production`` or ``promote:*``.
BY_STAGE = {
    "promote": "promote to {}",
    "request": "ask for a promotion to {}",
    "rollback": "roll back {}",
    "retire": "empty {}",
    "break-glass": "break the glass of {}",
}
#: How many roles, and how many bearers of each, a refusal names.
_NAMED = 3


def may(granted: Iterable[str], permission: str) -> bool:
    """Tell whether a permission is among those that are granted, by itself or by a ``*``."""
    kind = permission.partition(":")[0]
    return any(each in ("*", permission, f"{kind}:*") for each in granted)


def words_of(permission: str) -> str:
    """Return what a permission allows: ``promote to production``."""
    kind, _, stage = permission.partition(":")
    return BY_STAGE[kind].format(stage) if kind in BY_STAGE else PLAIN.get(kind, permission)


def roles_of(bindings: Sequence[Binding], user: str, groups: Iterable[str]) -> tuple[str, ...]:
    """Return the roles that an account bears, itself or through its groups."""
    bearers = {("user", user), *(("group", group) for group in groups)}
    return tuple(dict.fromkeys(each.role for each in bindings if (each.kind, each.name) in bearers))


def permissions_of(rules: Rules, roles: Iterable[str]) -> tuple[str, ...]:
    """Return the permissions of roles, in the order of the policy."""
    borne = set(roles)
    return tuple(dict.fromkeys(each for role in rules.roles if role.name in borne for each in role.may))


def roles_with(rules: Rules, permission: str) -> tuple[str, ...]:
    """Return the roles that have a permission."""
    return tuple(role.name for role in rules.roles if may(role.may, permission))


def bearers_of(bindings: Iterable[Binding], roles: Iterable[str]) -> tuple[str, ...]:
    """Return who bears one of several roles: ``user:ana``, ``group:ml``."""
    wanted = set(roles)
    return tuple(dict.fromkeys(each.principal for each in bindings if each.role in wanted))


def check_permissions(proposal: Proposal) -> None:
    """Raise ``Denied`` where the policy in force does not allow the account to do what the intent asks for."""
    intent = proposal.intent
    origin = () if intent.origin is None else ("import",)
    _check(proposal, [*intent.command.permissions(intent.subject), *origin])


def check_consequences(proposal: Proposal, events: Sequence[Event]) -> None:
    """Raise ``Denied`` where events need a permission that the intent did not show: to archive a version empties its stage."""
    if needed := proposal.intent.command.permissions_of_events(events):
        _check(proposal, needed)


def _check(proposal: Proposal, needed: Sequence[str]) -> None:
    policy, observed, state = proposal.state.policy(), proposal.observed, proposal.state
    if policy is None or not policy.rules.roles:
        return
    # Of a long log each entry comes by here: who else bears a role is read where it has to be told.
    granted = permissions_of(policy.rules, state.roles_of(observed.user, observed.groups))
    if observed.user_namespace or not all(may(granted, each) for each in needed):
        require(policy.rules, state.bindings(), needed, observed, proposal.intent.subject)


def require(
    rules: Rules,
    bindings: Sequence[Binding],
    needed: Iterable[str],
    observed: Observed,
    subject: Subject | None = None,
) -> None:
    """Raise ``Denied`` where an account lacks one of the permissions that something needs; it is about ``subject``."""
    if observed.user_namespace:
        message = f"{observed.user} is in a user namespace, where an account can call itself anything: the policy's roles do not hold there"
        raise Denied(message, "run it outside of the container or of unshare")
    granted = permissions_of(rules, roles_of(bindings, observed.user, observed.groups))
    for permission in needed:
        if not may(granted, permission):
            message = _refusal(rules, bindings, permission, observed)
            raise Denied(message, _next_step(rules, granted, permission, subject))


def _refusal(rules: Rules, bindings: Sequence[Binding], permission: str, observed: Observed) -> str:
    """Return why a permission is missing: who bears a role that has it, and what the stage means."""
    _, _, stage = permission.partition(":")
    meaning = rules.stage(stage).meaning if stage else None
    roles = _roles_named(rules, roles_with(rules, permission), bindings)
    behind = "" if observed.login_name is None else f" (logged in as {observed.login_name})"
    return "".join(
        [
            f"{observed.user}{behind} may not {words_of(permission)}",
            f": it takes the role {roles}" if roles else ": no role of the policy allows it",
            f"\n{stage}: {meaning}" if meaning else "",
        ]
    )


def _next_step(rules: Rules, granted: Sequence[str], permission: str, subject: Subject | None) -> str:
    """Return the line that helps: who may ask for a promotion that others approve is told how."""
    kind, _, stage = permission.partition(":")
    may_ask = kind == "promote" and bool(rules.stage(stage).approvals) and may(granted, f"request:{stage}")
    if not may_ask or subject is None or subject.version is None:
        return "modelkeep whoami        (what you may do)"
    return f"modelkeep promote {quote(f'{subject.name}@{subject.version}')} {quote(stage)} --request"


def _roles_named(rules: Rules, roles: Sequence[str], bindings: Sequence[Binding]) -> str:
    """Return roles and who bears them: ``trainer (group:ml) or owner (user:ana)``.

    Roles that an account bears come first, and those that may do everything last.
    """
    borne, mighty = {each.role for each in bindings}, {role.name for role in rules.roles if "*" in role.may}
    first = sorted(roles, key=lambda role: (role not in borne, role in mighty))[:_NAMED]
    more = len(roles) - len(first)
    shown = [f"{role} ({_bearers_named(bearers_of(bindings, [role]))})" for role in first]
    return " or ".join([*shown, *([f"one of {more} more"] if more else [])])


def _bearers_named(bearers: Sequence[str]) -> str:
    more = len(bearers) - _NAMED
    return ", ".join([*bearers[:_NAMED], *([f"{more} more"] if more > 0 else [])]) or "nobody has it"
