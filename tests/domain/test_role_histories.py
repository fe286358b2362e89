"""Random histories of policies, grants and changes by several accounts, against a model that fits on a page.

What the model denies is denied and leaves nothing; what it allows is written. Each entry is found right by the rules of
its own moment, whatever was changed later, and a replay makes the same tables.
"""

import pytest
from history import History
from hypothesis import given, settings
from hypothesis import strategies as st

from modelkeep.domain.checks import judge
from modelkeep.domain.entry import parse_entry
from modelkeep.domain.policy.rules import RoleRules, Rules
from modelkeep.errors import Conflict, Denied, NotFound
from modelkeep.store.db.ledger import entries, named_by, write
from modelkeep.store.db.sqlite.private_tables import in_memory
from modelkeep.store.db.state import SqlState

USERS = ("ana", "bo", "cy")
POLICIES = (
    {},
    {"owner": ("*",)},
    {"owner": ("policy", "role"), "writer": ("annotate",)},
    {"writer": ("annotate",), "judge": ("policy",), "clerk": ("role", "annotate")},
    {"clerk": ("policy", "annotate"), "owner": ("role", "policy")},
)
ROLES = ("owner", "writer", "judge", "clerk")
user, role = st.sampled_from(USERS), st.sampled_from(ROLES)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("policy"), user, st.integers(0, len(POLICIES) - 1)),
        st.tuples(st.just("grant"), user, role, user),
        st.tuples(st.just("revoke"), user, st.integers(0, 4)),
        st.tuples(st.just("note"), user),
    ),
    max_size=25,
)


class Model:
    """The rules of roles, by sets."""

    def __init__(self):
        self.policy, self.borne = None, set()

    def may(self, who, permission):
        roles = self.policy or {}
        return not roles or any(
            {"*", permission} & set(roles.get(role, ())) for role, bearer in self.borne if bearer == who
        )

    def able(self, policy):
        return [role for role, may in policy.items() if {"*", "policy"} & set(may)]

    def set_policy(self, who, policy):
        """Return what setting a policy comes to: ``denied``, ``same`` or ``done``."""
        if not self.may(who, "policy"):
            return Denied
        if policy == self.policy:
            return None
        able, had_roles = self.able(policy), bool(self.policy)
        safe = (
            {bearer for role, bearer in self.borne if role in able}
            if had_roles
            else {who} & {bearer for role, bearer in self.borne if role in able}
        )
        if policy and not safe:
            both = [role for role in able if {"*", "role"} & set(policy[role])]
            self.borne.add(((both or able)[0], who))
        self.policy = policy
        return "done"

    def grant(self, who, role, bearer):
        if not self.may(who, "role"):
            return Denied
        if (role, bearer) in self.borne:
            return None
        if self.policy and role not in self.policy:
            return NotFound
        self.borne.add((role, bearer))
        return "done"

    def revoke(self, who, role, bearer):
        if not self.may(who, "role"):
            return Denied
        if (role, bearer) not in self.borne:
            return None
        left = self.borne - {(role, bearer)}
        if self.policy and not any(each in self.able(self.policy) for each, _ in left):
            return Conflict
        self.borne = left
        return "done"


def do(history, model, step):
    """Take one step in the registry and in the model, which must agree."""
    kind, who, *words = step
    history.user = who
    if kind == "revoke":  # mostly what somebody has
        borne = [*sorted(model.borne), ("writer", "cy")]
        words = borne[words[0] % len(borne)]
    if kind == "policy":
        policy = POLICIES[words[0]]
        expected = model.set_policy(who, policy)
        act = lambda: history.policy(Rules(roles=tuple(RoleRules(name, may) for name, may in policy.items())))  # noqa: E731
    elif kind == "note":
        expected = "done" if model.may(who, "annotate") else Denied
        act = lambda: history.note("fraud", "hello")  # noqa: E731
    else:
        expected = getattr(model, kind)(who, *words)
        act = lambda: history.role(words[0], f"user:{words[1]}", grant=kind == "grant")  # noqa: E731
    before = history.connection.one("SELECT count(*) FROM entry")[0]
    if expected == "done":
        act()
        return
    with pytest.raises(AssertionError if expected is None else expected):  # nothing to do: `History` expects an entry
        act()
    assert history.connection.one("SELECT count(*) FROM entry")[0] == before


@pytest.mark.slow  # 150 histories, each replayed
@settings(max_examples=150, deadline=None)
@given(steps)
def test_each_entry_is_judged_by_the_roles_of_its_own_moment(steps):
    history, model = History(), Model()
    history.register("fraud", "one")
    for step in steps:
        do(history, model, step)
        bindings = {(each.role, each.name) for each in SqlState(history.connection).bindings()}
        assert bindings == model.borne
    replayed = in_memory()
    for _, data in entries(history.connection):
        entry = parse_entry(data)
        named = named_by(history.connection, entry)
        assert judge(SqlState(replayed), entry, *named) is None
        write(replayed, entry, data, *named)
    for table in ("policy", "role_binding", "stage", "entry_action"):
        rows = [sorted(each.rows(f"SELECT * FROM {table}"), key=str) for each in (history.connection, replayed)]
        assert rows[0] == rows[1]
