"""Who an entry is by, as far as the machine says: accounts, and which accounts are one person.

Separation of duties compares persons. Two entries are by one person where they share the account, the account that
logged in before a ``sudo`` or ``su``, the uid under another name, or the person that the policy names for an account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from modelkeep.domain.entry import Observed
    from modelkeep.domain.policy.rules import Rules


class Identity(Struct, frozen=True):
    """The account that wrote an entry; ``login`` is the one that logged in, where that is another one."""

    user: str
    uid: int | None = None
    login: int | None = None
    login_user: str | None = None


def identity_of(observed: Observed) -> Identity:
    """Return the account that a writer saw itself run as."""
    return Identity(observed.user, observed.uid, observed.login, observed.login_user)


def person_of(rules: Rules, user: str) -> str:
    """Return the name of the person whom the policy names for an account, else the account's name."""
    return next((person.name for person in rules.persons if user in person.accounts), user)


def is_same_person(rules: Rules, one: Identity, other: Identity) -> bool:
    """Tell whether two accounts are one person's."""
    return not _traits(rules, one).isdisjoint(_traits(rules, other))


def _traits(rules: Rules, identity: Identity) -> set[tuple[str, str | int]]:
    """Return all that a person is recognised by: uids, and persons by name."""
    names = {name for name in (identity.user, identity.login_user) if name is not None}
    uids = {uid for uid in (identity.uid, identity.login) if uid is not None}
    return {("person", person_of(rules, name)) for name in names} | {("uid", uid) for uid in uids}
