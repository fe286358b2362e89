"""The permission matrix: every changing command by each role by each kind of identity, as a write and as a forged entry.

One registry has a policy with a role for each permission that lacks nothing but it, and a role that has only what a
command needs. Each is borne by an account and by a group. Every command is asked for by each of them; who may not
is denied, nothing is written, and the entry that a program without the check would have written is found.
"""

from itertools import product
from pathlib import Path
from typing import get_args

import pytest
from history import History
from hypothesis import given, settings
from hypothesis import strategies as st
from log_kinds import COMMANDS, intents
from msgspec.structs import replace

from modelkeep.cli.command_table import COMMANDS as ROWS
from modelkeep.domain.checks import judge
from modelkeep.domain.decide import decide
from modelkeep.domain.entry import Observed, parse_entry
from modelkeep.domain.governed_state import Binding
from modelkeep.domain.policy.permissions import BY_STAGE, PLAIN, require, words_of
from modelkeep.domain.policy.rules import RequiredApproval, RoleRules, Rules, StageRules
from modelkeep.domain.verbs.all_verbs import AnyCommand
from modelkeep.errors import Denied
from modelkeep.store.db import ledger
from modelkeep.store.db.ledger import IntentDraft, named_by
from modelkeep.store.db.state import SqlState

STAGES = ("staging", "gated", "production")
ALL = (*PLAIN, *(f"{kind}:{stage}" for kind in BY_STAGE for stage in STAGES))
ORIGIN = intents.Origin("mlflow", "http://tracker", "versions/1", "2024-05-01T00:00:00.000000Z")

#: What is asked for, and the permissions that it needs; `REQUEST` and `ITEM` are entries of the registry below.
CASES = {
    "create": (lambda h: h.create("new"), ["register"]),
    "register": (lambda h: h.register("fraud", "new"), ["register"]),
    "register in a stage": (lambda h: h.register("fraud", "new", stage="staging"), ["register", "promote:staging"]),
    "register in production": (lambda h: h.register("new", stage="production"), ["register", "promote:production"]),
    "register with an alias": (lambda h: h.register("fraud", "new", aliases=["best-one"]), ["register", "alias"]),
    "register all at once": (
        lambda h: h.register("fraud", "new", stage="production", aliases=["champion"]),
        ["register", "promote:production", "alias"],
    ),
    "label": (lambda h: h.label("fraud@1", "1.0"), ["annotate"]),
    "evaluate": (lambda h: h.evaluate("fraud@1", [("auc", "0.9")]), ["evaluate"]),
    "promote": (lambda h: h.promote("fraud@3", "production"), ["promote:production"]),
    "promote to staging": (lambda h: h.promote("fraud@1", "staging"), ["promote:staging"]),
    "promote an archived version": (lambda h: h.promote("fraud@5", "staging", force=True), ["promote:staging"]),
    "promote what was approved": (lambda h: h.promote("fraud@4", "gated"), ["promote:gated"]),
    "break the glass": (
        lambda h: h.tell(intents.Promote(break_glass=True), h.subject("fraud@3", "gated"), {"reason": "night"}),
        ["break-glass:gated"],
    ),
    "rollback": (lambda h: h.rollback("fraud@2", 1), ["rollback:production"]),
    "retire": (lambda h: h.retire("fraud@2", "production"), ["retire:production"]),
    "mark": (lambda h: h.mark("fraud@1"), ["mark"]),
    "archive": (lambda h: h.archive("fraud@3"), ["archive"]),
    "archive what is in staging": (lambda h: h.archive("churn@1"), ["archive", "retire:staging"]),
    "archive a model": (lambda h: h.archive("churn"), ["archive", "retire:staging"]),
    "restore": (lambda h: h.archive("fraud@5", undo=True), ["archive"]),
    "delete": (lambda h: h.delete("fraud@3"), ["delete"]),
    "delete what is in production": (
        lambda h: h.delete("fraud@2", force=True),
        ["delete", "retire:production"],
    ),
    "delete a model": (lambda h: h.delete("churn"), ["delete", "retire:staging"]),
    "alias": (lambda h: h.alias("fraud@3", "champion"), ["alias"]),
    "remove an alias": (lambda h: h.alias("fraud@1", remove=["champion"]), ["alias"]),
    "tag": (lambda h: h.tag("fraud@1", owner="risk"), ["annotate"]),
    "describe": (lambda h: h.describe("fraud", "text"), ["annotate"]),
    "note": (lambda h: h.note("fraud@1", "text"), ["annotate"]),
    "rename": (lambda h: h.rename("fraud", "cards"), ["annotate"]),
    "policy": (lambda h: h.policy(Rules()), ["policy"]),
    "grant": (lambda h: h.role("only-note", "user:newcomer"), ["role"]),
    "revoke": (lambda h: h.role("boss", "group:bosses", grant=False), ["role"]),
    "request": (lambda h: h.request("fraud@2", "gated"), ["request:gated"]),
    "approve": (lambda h: h.approve("fraud@3", h.asked, "gated"), ["approve"]),
    "reject": (lambda h: h.reject("fraud@3", h.asked, "gated"), ["approve"]),
    "check": (lambda h: h.check("fraud@1", "scan"), ["check"]),
    "deploy": (lambda h: h.deploy("fraud@1", "eu-1"), ["deploy"]),
    "signal": (lambda h: h.signal("fraud@1", "drift", "0.3"), ["signal"]),
    "acknowledge": (lambda h: h.acknowledge("fraud@1", h.item), ["acknowledge"]),
    "supplement": (lambda h: h.supplement("fraud@1", licence="MIT"), ["register"]),
    "data": (lambda h: h.data("raw@1"), ["register"]),
    "an imported fact": (
        lambda h: h.tell(intents.Mark("bad"), h.subject("fraud@1"), origin=ORIGIN),
        ["mark", "import"],
    ),
}  # fmt: skip
#: A format that can be raised does not exist yet; its permission is asked for before that is said.
NEVER_DECIDED = {"init", "migrate"}


def role_without(permission):
    """Return a name for the role that has every permission but one."""
    return f"no-{permission.replace(':', '-')}"


def role_for(name):
    """Return a name for the role that has only what a case needs."""
    return f"only-{name.replace(' ', '-')}"


ROLES = {
    "boss": ("*",),
    **{role_without(each): tuple(other for other in ALL if other != each) for each in ALL},
    **{role_for(name): tuple(needed) for name, (_, needed) in CASES.items()},
}


class Governed(History):
    """A registry of ana with such a policy; ``written`` is what zoe, who may do everything, would write."""

    def __init__(self):
        super().__init__(STAGES)
        self.register("fraud", "one", aliases=["champion"])
        for text in ("two", "three", "four", "five"):
            self.register("fraud", text)
        self.register("churn", "six", stage="staging")
        self.archive("fraud@5")
        self.promote("fraud@1", "production")
        self.promote("fraud@2", "production")
        self.role("boss", "user:zoe")
        self.policy(
            Rules(
                stages=(
                    StageRules(name="staging"),
                    StageRules(name="gated", approvals=(RequiredApproval(count=1),), meaning="what auditors see"),
                    StageRules(name="production", protected=True),
                ),
                roles=tuple(RoleRules(name, may) for name, may in ROLES.items()),
            )
        )
        self.user = "zoe"
        for role in ROLES:
            self.role(role, f"user:u-{role}")
            self.role(role, f"group:g-{role}")
        self.role("boss", "group:bosses")
        self.user = "zoe"
        broke = {"reason": "night"}
        self.item = self.tell(intents.Promote(break_glass=True), self.subject("fraud@1", "gated"), broke)
        self.user = "ana"
        self.asked = self.request("fraud@3", "gated")
        approved = self.request("fraud@4", "gated")
        self.user = "zoe"
        self.approve("fraud@4", approved, "gated")
        self.user = "u-boss"
        self.written = {name: self._would_write(ask) for name, (ask, _) in CASES.items()}

    def _would_write(self, ask):
        """Return the entry that somebody asks for, with what it names; it is not kept."""
        connection = self.connection
        connection.run("SAVEPOINT asking")
        try:
            seq = ask(self)
            entry = parse_entry(connection.one(ledger.READ, seq=seq)[0])
            return entry, *named_by(connection, entry)
        finally:
            connection.run("ROLLBACK TO asking")
            connection.run("RELEASE asking")
            connection.forget()

    def entries(self):
        return self.connection.one("SELECT count(*) FROM entry")[0]


@pytest.fixture(scope="module")
def governed():
    return Governed()


def account(user, **seen):
    return Observed(client="modelkeep/0", uid=4000, user=user, **seen)


#: How an account comes by a role, and whether it counts.
IDENTITIES = {
    "the account": (lambda role: account(f"u-{role}"), True),
    "a group of the account": (lambda role: account("otto", groups=(f"g-{role}",)), True),
    "an account of the group's name": (lambda role: account(f"g-{role}"), False),
    "a group of the account's name": (lambda role: account("otto", groups=(f"u-{role}",)), False),
    "the login behind sudo": (lambda role: account("svc", login=4001, login_user=f"u-{role}"), False),
    "the account in a user namespace": (lambda role: account(f"u-{role}", user_namespace=True), False),
    "a group in a user namespace": (
        lambda role: account("root", groups=(f"g-{role}",), user_namespace=True),
        False,
    ),
    "nobody": (lambda _role: account("otto"), False),
}


@pytest.mark.parametrize("name", CASES)
def test_each_command_of_each_role_by_each_kind_of_identity(governed, name):
    entry, details, documents = governed.written[name]
    needed, state, before = CASES[name][1], SqlState(governed.connection), governed.entries()
    draft, allowed = IntentDraft(entry.intent, details, documents), 0
    for (role, may), (identity, (make, counts)) in product(ROLES.items(), IDENTITIES.items()):
        observed = make(role)
        problem = judge(state, replace(entry, observed=observed), details, documents)
        if counts and ("*" in may or set(needed) <= set(may)):
            decided = ledger.decide_on(governed.connection, draft, observed, entry.time).entry
            assert judge(state, decided, details, documents) is None, (name, role, identity)
            allowed += 1
            continue
        with pytest.raises(Denied) as refused:
            ledger.append(governed.connection, draft, observed, entry.time)
        assert refused.value.exit_code == 9
        assert problem.code == "decision", (name, role, identity)
        assert problem.message == f"{entry.intent.kind} could not have been written: {refused.value.message}"
        if counts:
            missing = next(each for each in needed if each not in may)
            assert f" may not {words_of(missing)}" in refused.value.message
    assert governed.entries() == before
    # The boss, the role that has only what is needed, and those that lack one thing that is not needed.
    assert allowed >= 2 * (2 + len(ALL) - len(needed))


def test_every_command_is_in_the_matrix(governed):
    asked = {entry.intent.kind for entry, _, _ in governed.written.values()}
    assert asked == set(COMMANDS) - NEVER_DECIDED


def test_migrate_asks_for_its_permission_first(governed):
    entry, *_ = governed.written["note"]
    intent = replace(entry.intent, command=intents.Migrate(format=2, schema=5), subject=None, details=None)
    with pytest.raises(Denied, match="u-no-migrate may not migrate the registry"):
        decide(SqlState(governed.connection), intent, account("u-no-migrate"), entry.time)


@pytest.mark.parametrize("command", get_args(AnyCommand))
def test_every_command_class_has_a_permission_of_its_own_or_a_shared_one(command):
    assert command.PERMISSION in {*PLAIN, *BY_STAGE, "init"}
    assert (command.PERMISSION == "init") == (command is intents.Init)
    assert "PERMISSION" in vars(command)


def test_every_permission_is_needed_by_something():
    needed = {each.partition(":")[0] for _, permissions in CASES.values() for each in permissions}
    assert needed | {"gc", "migrate"} == {*PLAIN, *BY_STAGE}


#: The commands that change no registry, or only what the log says already; docs/security.md says why.
FREE = {
    "list", "show", "get", "diff", "history", "status", "identify", "path", "lineage", "audit", "verify", "backup",
    "doctor", "init", "whoami", "config", "completion", "demo", "role list", "policy init", "policy show",
    "policy diff", "policy history", "requests", "check list", "check show", "deployments", "signals", "report", "pick", "hook", "card", "bom", "page", "help",
    "data list", "data show", "inspect",
}  # fmt: skip
#: The commands that change a registry, by the permission that their entry or they themselves need.
CHANGING = {
    "register": "register", "promote": "promote", "rollback": "rollback", "retire": "retire", "evaluate": "evaluate",
    "tag": "annotate", "alias": "alias", "label": "annotate", "describe": "annotate", "note": "annotate",
    "rename": "annotate", "mark": "mark", "archive": "archive", "delete": "delete", "prune": "archive", "gc": "gc",
    "migrate": "migrate", "policy set": "policy", "role grant": "role", "role revoke": "role", "approve": "approve",
    "reject": "approve", "acknowledge": "acknowledge", "check record": "check", "check run": "check",
    "deployment record": "deploy", "signal": "signal", "supplement": "register", "data add": "register",
}  # fmt: skip


def test_every_command_of_the_program_is_free_or_has_a_permission():
    typed = set()
    for row in ROWS:
        below = {f"{row.name} {each.name}" for each in row.commands}
        typed |= below if row.name not in FREE and below else {row.name}
    assert typed - FREE - set(CHANGING) == set()
    assert set(CHANGING.values()) <= {*PLAIN, *BY_STAGE}


def test_the_page_on_security_says_what_each_permission_is_for():
    page = (Path(__file__).parents[2] / "docs/security.md").read_text()
    table = page[page.index("| permission | needed by |") : page.index("These need none:")]
    for permission in (*PLAIN, *(f"{kind}:STAGE" for kind in BY_STAGE)):
        assert f"`{permission}`" in table
    for command in CHANGING:
        assert f"`{command}" in table or f"`{command.split()[0]}`" in table, command


# Random policies against a model that knows no rules but the list of all permissions

words = st.sampled_from(["*", *ALL, *PLAIN, *(f"{kind}:*" for kind in BY_STAGE)])
roles = st.lists(st.lists(words, max_size=6), min_size=1, max_size=4)
bearers = st.tuples(st.integers(0, 3), st.sampled_from(["user", "group"]), st.sampled_from(["ana", "bo", "ml"]))


def expanded(may):
    """Return every permission that some words allow, spelled out."""
    spelled = {each: {"*", each, f"{each.split(':')[0]}:*"} for each in ALL}
    return {each for each, ways in spelled.items() if not ways.isdisjoint(may)}


@settings(max_examples=400, deadline=None)
@given(
    roles,
    st.lists(bearers, max_size=5),
    st.sampled_from(["ana", "bo", "ml"]),
    st.sets(st.sampled_from(["ana", "bo", "ml"])),
    st.booleans(),
    st.lists(st.sampled_from(ALL), min_size=1, max_size=3),
)
def test_random_policies_allow_what_a_list_of_all_permissions_allows(roles, bearers, user, groups, namespace, needed):
    rules = Rules(roles=tuple(RoleRules(f"r{number}", tuple(may)) for number, may in enumerate(roles)))
    bindings = [Binding(f"r{number}", kind, name) for number, kind, name in bearers]
    granted = set()
    for number, may in enumerate(roles):
        for kind, names in (("user", {user}), ("group", groups)):
            if any(
                (f"r{number}", kind, name) == (each.role, each.kind, each.name) for each in bindings for name in names
            ):
                granted |= expanded(may)
    observed = account(user, groups=tuple(sorted(groups)), user_namespace=namespace)
    if set(needed) <= granted and not namespace:
        require(rules, bindings, needed, observed)
        return
    with pytest.raises(Denied) as refused:
        require(rules, bindings, needed, observed)
    if not namespace:
        first = next(each for each in needed if each not in granted)
        assert refused.value.message.startswith(f"{user} may not {words_of(first)}: ")
        able = {
            f"{kind}:{name}"
            for number, kind, name in bearers
            if number < len(roles) and first in expanded(roles[number])
        }
        named = {each for each in able if each in refused.value.message}
        assert named == able or "more" in refused.value.message
