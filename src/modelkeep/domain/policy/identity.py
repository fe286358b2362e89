"""Who an entry is by, as far as the machine says: accounts, and which accounts are one person.

Separation of duties compares persons. Two entries are by one person where they share the account, the account that
logged in before a ``sudo`` or ``su``, the uid under another name, or the person that the policy names for an account.
Names are compared without case and Unicode form: directories like Active Directory write the same account either way.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from msgspec import Struct

from modelkeep.domain.text import caseless

if TYPE_CHECKING:
    from modelkeep.domain.entry import Observed
    from modelkeep.domain.policy.rules import Person, Rules


#: Why an account in a user namespace neither asks nor approves.
IN_A_USER_NAMESPACE = (
    "an account in a user namespace can call itself anything, so nobody is told apart from another there"
)


class Identity(Struct, frozen=True):
    """The account that wrote an entry; ``login`` is the one that logged in, where that is another one.

    ``in_user_namespace``: the account wrote from a user namespace, where an account can call itself anything.
    """

    user: str
    uid: int | None = None
    login: int | None = None
    login_user: str | None = None
    in_user_namespace: bool = False


def identity_of(observed: Observed) -> Identity:
    """Return the account that a writer saw itself run as."""
    return Identity(observed.user, observed.uid, observed.login, observed.login_user, observed.user_namespace)


def person_of(rules: Rules, user: str) -> str:
    """Return the name of the person whom the policy names for an account, else the account's name."""
    return next((person.name for person in _persons(rules, {caseless(user)})), user)


def is_same_person(rules: Rules, one: Identity, other: Identity) -> bool:
    """Tell whether two accounts are one person's."""
    return not _traits(rules, one).isdisjoint(_traits(rules, other))


def may_be_same_person(rules: Rules, one: Identity, other: Identity) -> bool:
    """Tell whether two accounts are one person's, as far as one can tell: from a user namespace nobody can."""
    return one.in_user_namespace or other.in_user_namespace or is_same_person(rules, one, other)


def is_named(rules: Rules, identity: Identity, text: str) -> bool:
    """Tell whether a name that a person typed (``bo``, ``Bo Bell <bo@example.org>``) is a name of an account's person.

    Those of a person are the accounts and the name that the policy gives; the part of
    an address before the ``@`` counts as a name too.
    """
    name, _, rest = text.partition("<")
    address = rest.partition(">")[0] or (name if "@" in name else "")
    typed = {caseless(part.strip()) for part in (text, name, address, address.partition("@")[0])} - {""}
    users = _names(identity)
    known = users | {caseless(name) for person in _persons(rules, users) for name in person.names}
    return not typed.isdisjoint(known)


def _traits(rules: Rules, identity: Identity) -> set[tuple[str, str | int]]:
    """Return all that a person is recognised by: uids, accounts, and persons by name."""
    names = _names(identity)
    uids = {uid for uid in (identity.uid, identity.login) if uid is not None}
    persons = {person.name for person in _persons(rules, names)}
    return (
        {("account", name) for name in names} | {("person", name) for name in persons} | {("uid", uid) for uid in uids}
    )


def _names(identity: Identity) -> set[str]:
    """Return the accounts of an identity, as names are compared."""
    return {caseless(name) for name in (identity.user, identity.login_user) if name is not None}


def _persons(rules: Rules, names: Collection[str]) -> list[Person]:
    """Return the persons to whom an account of some names belongs."""
    return [each for each in rules.persons if any(caseless(name) in names for name in each.names)]
