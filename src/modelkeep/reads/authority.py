"""What the policy allows this account: the groups that bear a role are asked of the name service, then the roles follow.

The name service may be a server that takes seconds. It is asked outside of transactions, once for each change, and only
about groups that bear a role in this registry.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from typing import TYPE_CHECKING

from msgspec import Struct

from modelkeep.context import Context
from modelkeep.domain.entry import Observed
from modelkeep.domain.governed_state import Binding, PolicyInForce
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.state import SqlState

if TYPE_CHECKING:
    from modelkeep.domain.policy.rules import Rules


class Membership:
    """Which of the groups that bear a role the account is in; what was asked once is remembered."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[str, bool] = {}

    def lacks(self, groups: Collection[str]) -> bool:
        """Tell whether the name service was not asked about one of some groups yet."""
        return any(group not in self._known for group in groups)

    def among(self, groups: Collection[str]) -> tuple[str, ...]:
        """Return those of some groups that the account is in, sorted; where nothing answers, none of them, with a warning."""
        unknown = [group for group in groups if group not in self._known]
        if unknown:
            try:
                found = self._context.groups_among(unknown)
            except OSError as error:
                found = ()
                names = ", ".join(unknown)
                self._context.say(f"warning: the name service does not say who is in {names}: {error.strerror}")
            self._known |= {group: group in found for group in unknown}
        return tuple(sorted(group for group in set(groups) if self._known[group]))


def groups_with_roles(reader: Reader) -> tuple[str, ...]:
    """Return the groups that bear a role in this registry."""
    return tuple(dict.fromkeys(each.name for each in SqlState(reader).bindings() if each.kind == "group"))


def roles_apply(reader: Reader) -> bool:
    """Tell whether the policy in force says who may do what."""
    policy = SqlState(reader).policy()
    return policy is not None and bool(policy.rules.roles)


def observation(context: Context, absent: tuple[str, ...] = (), groups: tuple[str, ...] = ()) -> Observed:
    """Return what the writer observes: its account, groups and client, and the digests of versions without their bytes."""
    account = context.account
    return Observed(
        absent=absent,
        client=context.client,
        groups=groups,
        login=account.login,
        login_user=account.login_user,
        uid=account.uid,
        user=account.user,
        user_namespace=account.user_namespace,
        via=None,
    )


#: What an account may do where no roles say so.
_EVERYTHING = ("*",)


class Authority(Struct, frozen=True):
    """The policy in force, who bears its roles, and the account as the policy sees it."""

    policy: PolicyInForce | None
    bindings: tuple[Binding, ...]
    observed: Observed

    @property
    def rules(self) -> Rules | None:
        """The rules that say who may do what; None where none do, so that everybody may do everything."""
        return None if self.policy is None or not self.policy.rules.roles else self.policy.rules

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that the account bears; none in a user namespace, where it can call itself anything."""
        if self.observed.user_namespace or not self.bindings:
            return ()
        from modelkeep.domain.policy.permissions import roles_of

        return roles_of(self.bindings, self.observed.user, self.observed.groups)

    @property
    def permissions(self) -> tuple[str, ...]:
        """What the account may do, as the policy writes it."""
        if self.rules is None:
            return _EVERYTHING
        from modelkeep.domain.policy.permissions import permissions_of

        return permissions_of(self.rules, self.roles)


def authority(context: Context) -> Authority:
    """Return what the policy sees of this account now."""
    with snapshot(context) as (reader, _):
        state = SqlState(reader)
        policy, bindings, groups = state.policy(), state.bindings(), groups_with_roles(reader)
    return Authority(policy, bindings, observation(context, (), Membership(context).among(groups)))


def require_permission(context: Context, *needed: str) -> None:
    """Raise ``Denied`` where the policy in force does not allow this account what is no entry of the log, as `gc`."""
    _require(authority(context), needed)


def require_permission_by_log(context: Context, *needed: str) -> None:
    """Raise ``Denied`` as `require_permission`, by the log alone: the tables may be wrong."""
    from modelkeep.store.db.sqlite.private_tables import replayed  # only `migrate --rebuild` needs it

    with context.database.raw() as damaged, closing(replayed(damaged)) as reader:
        state = SqlState(reader)
        policy, bindings, groups = state.policy(), state.bindings(), groups_with_roles(reader)
    _require(Authority(policy, bindings, observation(context, (), Membership(context).among(groups))), needed)


def _require(found: Authority, needed: Collection[str]) -> None:
    if found.rules is not None:
        from modelkeep.domain.policy.permissions import require  # a registry without roles does not need it

        require(found.rules, found.bindings, needed, found.observed)
