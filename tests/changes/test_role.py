"""Roles through the public door: who gets one, what the account then may do, and who is told so."""

import pytest
from msgspec.structs import replace
from world import World, every

from modelkeep.domain.policy.rules import RequiredApproval, RoleRules, Rules, StageRules
from modelkeep.errors import Conflict, Denied, NotFound, UsageError
from modelkeep.locate import Located
from modelkeep.maintenance.migrate import migrate
from modelkeep.provenance.machine import Account
from modelkeep.registry import Registry
from modelkeep.store.db.sqlite import schema
from modelkeep.store.db.sqlite.migrate import Plan

RULES = Rules(
    stages=(
        StageRules(name="staging"),
        StageRules(name="production", protected=True, meaning="scores live payments"),
    ),
    roles=(
        RoleRules("owner", ("*",)),
        RoleRules("trainer", ("register", "evaluate", "annotate", "request:production", "promote:staging")),
        RoleRules("oncall", ("rollback:*", "mark")),
    ),
)


def become(world, user, uid=1001, groups=(), **account):
    """Return another account with the same registry; ``groups`` are those it is in."""
    other = World(world.root, create=False)
    other.moment, other.count = world.moment, world.count
    other.asked = []

    def groups_among(names):
        other.asked.append(tuple(names))
        return tuple(name for name in names if name in groups)

    account = Account(uid, user, user_namespace=account.pop("user_namespace", False), **account)
    other.context = replace(other.context, account=account, groups_among=groups_among, clock=world.clock)
    other.registry = Registry(other.context, Located(str(other.home), "flag"))
    return other


def put_in_force(world, rules):
    """Put rules in force as the account of a world."""
    from history import sha

    from modelkeep.changes.change_request import ChangeRequest
    from modelkeep.changes.runner import run_change
    from modelkeep.domain.verbs.policy import Policy

    documents = {sha(text): text.encode() for text in (rules.to_bytes().decode(), "# a policy")}
    request = ChangeRequest(Policy(*documents), None, documents=documents, about="policy")
    run_change(world.context, lambda _reader, _say: request, message=None, dry_run=False)


@pytest.fixture
def world(tmp_path):
    """Return a registry of ana, the owner, with fraud@1 in production and fraud@2."""
    world = World(tmp_path)
    world.register()
    world.register()
    world.registry.promote("fraud@1", "production")
    put_in_force(world, RULES)
    return world


def refusal(function, *args, **kwargs):
    with pytest.raises(Denied) as refused:
        function(*args, **kwargs)
    return refused.value


def test_the_account_that_sets_the_first_roles_becomes_the_owner(world):
    (owner, *_) = world.registry.roles()
    assert (owner.role, owner.may, [each.who for each in owner.bearers]) == ("owner", ("*",), ["user:ana"])


def test_an_account_without_a_role_may_only_read_and_is_told_who_may(world):
    bo = become(world, "bo")
    before = world.entries()
    error = refusal(bo.registry.promote, "fraud@2", "production")
    assert error.message == (
        "bo may not promote to production: it takes the role owner (user:ana)\nproduction: scores live payments"
    )
    assert error.hint == "modelkeep whoami        (what you may do)"
    assert refusal(bo.registry.note, "fraud", "hello").message == (
        "bo may not annotate: it takes the role owner (user:ana) or trainer (nobody has it)"
    )
    assert world.entries() == before
    assert bo.registry.show("fraud").name == "fraud"
    assert bo.verify().ok


def test_a_group_of_the_system_bears_a_role(world):
    world.registry.grant_role("trainer", "group:data science")
    bo = become(world, "bo", groups=["data science", "users"])
    assert bo.registry.promote("fraud@2", "staging").changed
    assert bo.asked == [("data science",)]
    assert b'"groups":["data science"]' in world.entries()[-1]
    refusal(become(world, "cy", groups=["users"]).registry.promote, "fraud@2", "staging")


def test_the_name_service_is_asked_only_where_a_group_has_a_role(world):
    ana = become(world, "ana", 1000, groups=["ml"])
    ana.registry.note("fraud", "hello")
    assert ana.asked == []
    assert b'"groups"' not in world.entries()[-1]


def test_the_name_service_is_asked_before_anybody_has_to_wait(world):
    world.registry.grant_role("trainer", "group:ml")
    bo = become(world, "bo")

    def groups_among(names):
        world.registry.note("fraud", "written meanwhile")  # a snapshot or the lock would keep it waiting
        return tuple(names)

    bo.context = replace(bo.context, groups_among=groups_among)
    bo.registry = Registry(bo.context, Located(str(bo.home), "flag"))
    assert bo.registry.note("fraud", "hello").changed


def test_a_name_service_that_does_not_answer_gives_no_role(world):
    world.registry.grant_role("trainer", "group:ml")
    bo = become(world, "bo")

    def groups_among(_names):
        raise OSError(5, "Input/output error")

    bo.context = replace(bo.context, groups_among=groups_among)
    bo.registry = Registry(bo.context, Located(str(bo.home), "flag"))
    refusal(bo.registry.note, "fraud", "hello")
    assert bo.said == ["warning: the name service does not say who is in ml: Input/output error"]


def test_the_login_behind_a_sudo_is_written_and_gives_no_role(world):
    world.registry.grant_role("trainer", "user:svc")
    svc = become(world, "svc", 5000, login=1000, login_user="ana")
    svc.registry.note("fraud", "hello")
    assert b'"login":1000,"login_user":"ana"' in world.entries()[-1]
    error = refusal(svc.registry.promote, "fraud@2", "production")
    assert error.message.startswith("svc (logged in as ana) may not promote to production")


def test_in_a_user_namespace_no_role_holds(world):
    ana = become(world, "ana", 1000, user_namespace=True)
    assert "user namespace" in refusal(ana.registry.note, "fraud", "hello").message
    me = ana.registry.whoami()
    assert (me.roles, me.may, me.by_roles) == ((), (), True)


def test_who_may_ask_is_told_how_to(world):
    asked = replace(RULES.stages[1], approvals=(RequiredApproval(count=1),))
    put_in_force(world, replace(RULES, stages=(RULES.stages[0], asked)))
    world.registry.grant_role("trainer", "user:bo")
    error = refusal(become(world, "bo").registry.promote, "fraud@2", "production")
    assert error.hint == "modelkeep promote fraud@2 production --request"


def test_a_registration_is_refused_before_a_byte_is_stored(world):
    cy = become(world, "cy")
    blobs = sorted(world.home.glob("store/blobs/sha256/*/*"))
    refusal(cy.register, content=b"new bytes")
    world.registry.grant_role("trainer", "user:cy")
    assert "promote to production" in refusal(cy.register, content=b"new bytes", stage="production").message
    assert "set aliases" in refusal(cy.register, content=b"new bytes", alias=["champion"]).message
    assert sorted(world.home.glob("store/blobs/sha256/*/*")) == blobs
    assert cy.register(content=b"new bytes", stage="staging").changed


def test_what_empties_a_stage_needs_the_permission_to_empty_it(world):
    rules = replace(RULES, roles=(*RULES.roles, RoleRules("cleaner", ("archive", "delete"))))
    put_in_force(world, rules)
    world.registry.grant_role("cleaner", "user:bo")
    world.registry.promote("fraud@2", "staging")
    bo = become(world, "bo")
    assert "empty staging" in refusal(bo.registry.archive, "fraud@2").message
    assert "empty production" in refusal(bo.registry.delete, "fraud@1", force=True).message
    assert "empty" in refusal(bo.registry.delete, "fraud", all_versions=True, force=True).message
    world.registry.retire("fraud", "staging")
    assert bo.registry.archive("fraud@2").changed


def test_gc_and_migrate_are_refused_before_anything_is_touched(world):
    bo = become(world, "bo")
    world.blob(b"lost").parent.mkdir(parents=True, exist_ok=True)
    world.blob(b"lost").write_bytes(b"lost")
    for dry_run in (True, False):
        message = refusal(bo.registry.gc, grace="0", dry_run=dry_run).message
        assert message == "bo may not remove stored files: it takes the role owner (user:ana)"
    assert world.blob(b"lost").exists()
    world.edit("UPDATE tenure SET version = 2")
    for dry_run in (True, False):
        assert "migrate the registry" in refusal(bo.registry.migrate, rebuild=True, dry_run=dry_run).message
    assert world.registry.migrate(rebuild=True).changed
    assert world.registry.gc(grace="0").files == 1


def test_a_rebuild_asks_the_log_who_may_and_not_the_damaged_tables(world):
    world.edit("UPDATE role_binding SET name = 'bo'")
    refusal(become(world, "bo").registry.migrate, rebuild=True)
    assert world.registry.migrate(rebuild=True).changed
    assert world.findings() == []


def test_roles_are_given_and_taken(world):
    r = world.registry
    given = r.grant_role("trainer", "user:bo", message="joined")
    assert (given.changed, given.name, given.ref) == (True, "trainer", None)
    assert [(each.what, each.before, each.after) for each in given.effects] == [("user:bo", "none", "trainer")]
    assert r.grant_role("trainer", "user:bo").why == "user:bo has the role trainer"
    assert r.grant_role("oncall", "user:bo").effects[0].after == "oncall, trainer"
    assert r.revoke_role("trainer", "user:bo").effects[0].after == "oncall"
    assert r.revoke_role("trainer", "user:bo").why == "user:bo does not have the role trainer"
    assert r.audit(limit=1)[0].sentence == "took the role trainer from user:bo"
    before = {row.role: [each.who for each in row.bearers] for row in r.roles(as_of=f"seq:{given.seq}")}
    assert before == {"owner": ["user:ana"], "trainer": ["user:bo"], "oncall": []}


def test_a_dry_run_grants_nothing(world):
    before = world.entries()
    assert world.registry.grant_role("trainer", "user:bo", dry_run=True).dry_run
    assert world.entries() == before


def test_nobody_is_locked_out(world):
    r = world.registry
    with pytest.raises(Conflict, match="nobody could change it any more"):
        r.revoke_role("owner", "user:ana")
    r.grant_role("owner", "group:leads")
    assert r.revoke_role("owner", "user:ana").changed
    assert world.said[-1] == "warning: only group:leads may change the policy then, whom this machine does not know"


def test_a_migration_is_refused_before_anything_is_touched(world):
    later = Plan(schema.VERSION + 1, lambda _number: ["CREATE TABLE later (n INTEGER) STRICT"], "unknown")
    before = every(world.home)
    for dry_run in (True, False):
        assert (
            "migrate the registry" in refusal(migrate, become(world, "bo").context, dry_run=dry_run, plan=later).message
        )
    assert migrate(world.context, dry_run=True, plan=later).changed
    assert every(world.home) == before


def test_the_log_shows_who_logged_in_behind_another_account(world):
    world.registry.grant_role("trainer", "user:svc")
    become(world, "svc", 5000, login=1000, login_user="ana").registry.note("fraud", "hello")
    become(world, "svc", 5000, login=4242).registry.note("fraud", "hello")
    r = world.registry
    assert [each.login for each in r.audit(limit=3)] == [None, "ana", "uid:4242"]
    of_ana = [(each.actor, each.action) for each in r.audit(actor="ana", reverse=True, limit=2)]
    assert of_ana == [("svc", "note"), ("ana", "role")]
    assert [each.actor for each in r.audit("fraud", actor="ana", action="note")] == ["svc"]
    assert [each.login for each in r.audit(actor="ana", action="note")] == ["ana"]
    assert [each.login for each in r.audit(actor="svc")] == ["ana", "uid:4242"]


@pytest.mark.parametrize(
    ("role", "who", "line"),
    [
        ("owner", "root", "modelkeep role grant owner user:root"),
        ("owner", "shadow", "modelkeep role grant owner group:shadow"),
        ("owner", "nobody-knows-me", "modelkeep role grant owner user:nobody-knows-me"),
        ("owner", "@ml", "modelkeep role grant owner group:ml"),
        ("owner", "%ml", "modelkeep role grant owner group:ml"),
        ("owner", "*", "modelkeep role grant owner group:NAME"),
        ("owner", "group:*", "modelkeep role grant owner group:NAME"),
        ("owner", "account:bo", "modelkeep role grant owner user:bo"),
        ("owner", "user:", "modelkeep role grant owner user:NAME"),
        ("user:bo", "owner", "modelkeep role grant owner user:bo"),
    ],
)
def test_words_for_who_that_are_none_are_answered_with_the_line_that_was_meant(world, role, who, line):
    with pytest.raises(UsageError) as refused:
        world.registry.grant_role(role, who)
    assert refused.value.hint == line


@pytest.mark.parametrize(
    "who",
    [
        "user:a:b",
        "user:a\nb",
        "user: a",
        "group:a ",
        "user:uid:x",
        "group:uid:5",
        "user:a\u202eb",
        "user:\u200b",
        "user:\x9b",
        "user:\ud800",
        "user:" + "x" * 300,
    ],
)
def test_a_name_that_no_system_has_is_refused(world, who):
    with pytest.raises(UsageError):
        world.registry.grant_role("owner", who)


@pytest.mark.parametrize(
    "who", ["user:uid:1000650000", "group:domain users", "user:CORP\\ana", "user:ana@corp.example", "user:józef"]
)
def test_names_of_other_directories_may_bear_a_role(world, who):
    assert world.registry.grant_role("trainer", who).changed


def test_a_role_that_the_policy_does_not_have_is_refused_with_those_it_has(world):
    with pytest.raises(NotFound) as refused:
        world.registry.grant_role("trainr", "user:bo")
    assert refused.value.hint == "roles are owner, trainer, oncall"


def test_an_account_that_this_machine_does_not_know_is_warned_of(world):
    world.registry.grant_role("trainer", "user:nobody-knows-me")
    assert world.said[-1] == "warning: there is no user nobody-knows-me on this machine: look for a slip in the name"
    world.said.clear()
    world.registry.grant_role("trainer", "user:root")
    assert world.said == []


def test_before_a_policy_has_roles_a_grant_is_kept_and_everybody_may_do_everything(tmp_path):
    world = World(tmp_path)
    world.registry.grant_role("owner", "user:root")
    assert world.said[-1] == "note: no policy names roles yet: owner counts once one does"
    assert [(row.role, row.in_policy) for row in world.registry.roles()] == [("owner", False)]
    me = become(world, "bo").registry.whoami()
    assert (me.may, me.by_roles, me.roles) == (("*",), False, ())


def test_who_puts_roles_in_force_is_not_locked_out_by_roles_that_others_gave_before(tmp_path):
    world = World(tmp_path)
    become(world, "mallory").registry.grant_role("owner", "user:mallory")
    put_in_force(world, RULES)
    (owner, *_) = world.registry.roles()
    assert [each.who for each in owner.bearers] == ["user:ana", "user:mallory"]
    assert world.registry.revoke_role("owner", "user:mallory").changed


def test_whoami_says_what_the_account_may_do(world):
    world.registry.grant_role("trainer", "group:ml")
    me = become(world, "bo", groups=["ml"], login=1000, login_user="ana").registry.whoami()
    assert (me.user, me.login, me.login_user, me.groups, me.roles) == ("bo", 1000, "ana", ("ml",), ("trainer",))
    assert me.may == ("register", "evaluate", "annotate", "request:production", "promote:staging")


def test_a_model_page_says_who_may_do_what_to_its_stages(world):
    world.registry.grant_role("trainer", "group:ml")
    world.registry.grant_role("oncall", "user:bo")
    production, staging = world.registry.show("fraud").authority
    assert (production.stage, production.meaning) == ("production", "scores live payments")
    assert (production.promote, production.request) == (("user:ana",), ("user:ana", "group:ml"))
    assert production.rollback == ("user:bo", "user:ana")
    assert production.approve == ()
    assert staging.promote == ("user:ana", "group:ml")


def test_status_names_the_policy_in_force(world):
    policy = world.registry.status().policy
    assert (policy.seq, policy.actor) == (5, "ana")
    assert World(world.root / "other").registry.status().policy is None
