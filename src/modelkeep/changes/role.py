"""`role grant` and `role revoke`: who bears which role of the policy."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote
from typing import TYPE_CHECKING

from modelkeep.changes.change_request import ChangeRequest, Resolve
from modelkeep.domain.answers.changes import Effect
from modelkeep.domain.governed_state import Binding
from modelkeep.domain.policy.permissions import roles_with
from modelkeep.domain.text import printable
from modelkeep.domain.verbs.role import Principal, Role, check_principal
from modelkeep.errors import UsageError
from modelkeep.provenance.machine import knows
from modelkeep.reads.references import Say
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.state import SqlState

if TYPE_CHECKING:
    from modelkeep.domain.policy.rules import Rules


def change_role(role: str, who: str, *, grant: bool) -> Resolve:
    """Return the change that gives a role to ``user:NAME`` or ``group:NAME``, or takes it from them."""
    principal = _principal(role, who, "grant" if grant else "revoke")

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        state = SqlState(reader)
        policy, bindings = state.policy(), state.bindings()
        if grant and not knows(principal.kind, principal.name):
            say(f"warning: there is no {principal.kind} {principal.name} on this machine: look for a slip in the name")
        if grant and (policy is None or not policy.rules.roles):
            say(f"note: no policy names roles yet: {role} counts once one does")
        before = [each.role for each in bindings if each.principal == str(principal)]
        if not grant and role in before and policy is not None:
            _warn_of_strangers(
                policy.rules, [each for each in bindings if each != Binding(role, principal.kind, principal.name)], say
            )
        after = sorted({*before, role}) if grant else [each for each in before if each != role]
        effect = Effect(str(principal), _listed(before), _listed(after))
        return ChangeRequest(Role(role, principal, grant), None, effects=(effect,), about=role)

    return resolve


def _warn_of_strangers(rules: Rules, left: Sequence[Binding], say: Say) -> None:
    """Warn where this machine knows none of those who may change the policy from now on."""
    able = [each for each in left if each.role in roles_with(rules, "policy")]
    if able and not any(knows(each.kind, each.name) for each in able):
        names = ", ".join(each.principal for each in able)
        say(f"warning: only {names} may change the policy then, whom this machine does not know")


def _principal(role: str, who: str, verb: str) -> Principal:
    """Return who is meant; ``UsageError`` with the line that was meant for any other words."""
    kind, colon, name = who.partition(":")
    if name == "*" or who == "*":
        message = "no role is given to everybody: name an account or a group"
        raise UsageError(message, f"modelkeep role {verb} {quote(role)} group:NAME")
    if colon and kind in ("user", "group") and name:
        principal = Principal(kind, name)
        check_principal(principal)
        return principal
    if role.partition(":")[0] in ("user", "group") and ":" in role:
        message = f"the role comes first, then who has it: not '{printable(f'{role} {who}')}'"
        raise UsageError(message, printable(f"modelkeep role {verb} {quote(who)} {quote(role)}"))
    message = f"a role is given to user:NAME or group:NAME, not to '{printable(who)}'"
    bare = (name if colon else who.lstrip("@%")) or "NAME"
    meant = "group" if who[:1] in ("@", "%") or kind in ("groups", "g") or _is_group_only(bare) else "user"
    raise UsageError(message, printable(f"modelkeep role {verb} {quote(role)} {quote(f'{meant}:{bare}')}"))


def _is_group_only(name: str) -> bool:
    return knows("group", name) and not knows("user", name)


def _listed(roles: list[str]) -> str:
    return ", ".join(roles) or "none"
