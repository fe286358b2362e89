"""`role`: an account or a group gets a role of the policy, or loses it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelkeep.domain.policy.permissions import roles_with
from modelkeep.domain.policy.words import ROLE_NAME
from modelkeep.domain.record import LogValue
from modelkeep.domain.text import pattern, printable
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Proposal
from modelkeep.domain.verbs.rows import Changes, Close, Recorded, Row
from modelkeep.domain.verbs.words import EntryWords
from modelkeep.errors import Conflict, NotFound, UsageError

if TYPE_CHECKING:
    from modelkeep.domain.governed_state import Binding

#: Groups of Active Directory have spaces in their names; an account without a name is called by its number.
_PRINCIPAL = pattern(r"[^\s:\x00-\x1f\x7f]([^:\x00-\x1f\x7f]{0,254}[^\s:\x00-\x1f\x7f])?")
_NAMELESS = pattern(r"uid:(0|[1-9][0-9]{0,9})")


class Principal(LogValue, frozen=True):
    """Who bears a role: ``kind`` is ``user`` or ``group``, ``name`` that of the operating system."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


class Role(Command, frozen=True):
    """Grant a role, or revoke it."""

    PERMISSION = "role"

    role: str
    principal: Principal
    grant: bool = False

    def decide(self, proposal: Proposal) -> Decision:
        state, who = proposal.state, self.principal
        self._check_words()
        policy, bindings = state.policy(), state.bindings()
        known = () if policy is None else tuple(role.name for role in policy.rules.roles)
        bears = any((each.role, each.kind, each.name) == (self.role, who.kind, who.name) for each in bindings)
        if bears == self.grant:
            return AlreadySo(f"{who} {'has' if bears else 'does not have'} the role {self.role}")
        if not self.grant:
            left = [each for each in bindings if (each.role, each.kind, each.name) != (self.role, who.kind, who.name)]
            _check_not_last(proposal, left)
            return (RoleRevoked(self.role, who),)
        if known and self.role not in known:
            message = f"the policy has no role {self.role}"
            raise NotFound(message, f"roles are {', '.join(known)}")
        return (RoleGranted(self.role, who),)

    def _check_words(self) -> None:
        if not ROLE_NAME.fullmatch(self.role):
            message = f"not a name for a role: '{printable(self.role)}'"
            raise UsageError(message, "lower case letters, digits and '-', as risk-officer")
        check_principal(self.principal)

    def sentence(self, _words: EntryWords) -> str:
        if self.grant:
            return f"gave {self.principal} the role {self.role}"
        return f"took the role {self.role} from {self.principal}"


def check_principal(principal: Principal) -> None:
    """Raise ``UsageError`` for what is neither ``user:NAME`` nor ``group:NAME``; ``user:uid:1000`` has no name."""
    # A name must be what it looks like: no invisible characters, and none that turn the direction of writing.
    shown = printable(principal.name) == principal.name
    named = shown and principal.kind in ("user", "group") and _PRINCIPAL.fullmatch(principal.name)
    if not named and not (principal.kind == "user" and _NAMELESS.fullmatch(principal.name)):
        message = f"a role is given to user:NAME or group:NAME, not to '{printable(str(principal))}'"
        raise UsageError(message)
    if "*" in principal.name:
        message = f"'{printable(str(principal))}' is nobody: a role is given to an account or a group, and no glob names several"
        raise UsageError(message, "name one account, or a group that all of them are in")


class RoleGranted(Event, frozen=True):
    """An account or a group bears a role from here on."""

    role: str
    principal: Principal

    def project(self, recorded: Recorded) -> Changes:
        row: Row = {"role": self.role, "kind": self.principal.kind, "name": self.principal.name}
        yield recorded.opened("role_binding", row)


class RoleRevoked(Event, frozen=True):
    """An account or a group bears a role no more."""

    role: str
    principal: Principal

    def project(self, recorded: Recorded) -> Changes:
        where = (("role", "=", self.role), ("kind", "=", self.principal.kind), ("name", "=", self.principal.name))
        yield Close("role_binding", where, recorded.seq)


def _check_not_last(proposal: Proposal, left: Sequence[Binding]) -> None:
    """Refuse to take away the last role that may change the policy: nobody could change it again."""
    policy = proposal.state.policy()
    if policy is None or not policy.rules.roles:
        return
    able = roles_with(policy.rules, "policy")
    if not any(binding.role in able for binding in left):
        message = "nobody else may change the policy: without this role nobody could change it any more"
        raise Conflict(message, f"modelkeep role grant {able[0]} user:NAME        (give it to another one first)")
