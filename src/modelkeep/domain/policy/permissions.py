"""Permissions: what each command needs, and who has it.

A policy without roles asks for nothing: whoever can write the registry may do everything. With roles, what no role of an
account allows is denied. Roles are borne by accounts and by groups of the operating system; the writer observes which
of the groups that bear a role the account is in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from modelkeep.domain.policy.rules import Rules
from modelkeep.errors import Denied

if TYPE_CHECKING:
    from modelkeep.domain.governed_state import Binding
    from modelkeep.domain.verbs.interface import Proposal

#: Every permission; those of `BY_STAGE` are written with a stage, as ``promote:production`` or ``promote:*``.
PLAIN = (
    "register", "evaluate", "annotate", "alias", "mark", "archive", "delete", "check", "approve", "deploy", "signal",
    "acknowledge", "import", "policy", "role", "gc", "migrate",
)  # fmt: skip
BY_STAGE = ("promote", "request", "rollback", "retire", "break-glass")


def may(granted: Iterable[str], permission: str) -> bool:
    """Tell whether a permission is among those that are granted, by itself or by a ``*``."""
    kind = permission.partition(":")[0]
    return any(each in ("*", permission, f"{kind}:*") for each in granted)


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


def check_permissions(proposal: Proposal) -> None:
    """Raise ``Denied`` where the policy in force does not allow the account to do what the intent asks for."""
    policy = proposal.state.policy()
    if policy is None or not policy.rules.roles:
        return
    intent, observed = proposal.intent, proposal.observed
    needed = [*intent.command.permissions(intent.subject), *(() if intent.origin is None else ("import",))]
    require(policy.rules, proposal.state.bindings(), needed, observed.user, observed.groups, observed.user_namespace)


def require(
    rules: Rules,
    bindings: Sequence[Binding],
    needed: Iterable[str],
    user: str,
    groups: Sequence[str],
    user_namespace: bool,
) -> None:
    """Raise ``Denied`` where an account lacks one of the permissions that something needs."""
    if user_namespace:
        message = f"{user} is in a user namespace, where an account can call itself anything: the policy's roles do not hold there"
        raise Denied(message, "run it outside of the container or of unshare")
    granted = permissions_of(rules, roles_of(bindings, user, groups))
    for permission in needed:
        if not may(granted, permission):
            roles = roles_with(rules, permission)
            who = f"it takes the role {' or '.join(roles)}" if roles else "no role of the policy allows it"
            message = f"{user} may not {permission.replace(':', ' ')}: {who}"
            raise Denied(message, "modelkeep whoami        (what you may do)")
