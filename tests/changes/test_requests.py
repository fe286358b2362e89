"""`request`, `approve`, `reject`, `requests` and `acknowledge`: what is typed, and what is answered and kept."""

import msgspec.structs
import pytest
from changing import effects, notes, overtaken, refused
from world import World

from modelkeep.errors import Denied
from modelkeep.locate import Located
from modelkeep.provenance.machine import Account
from modelkeep.registry import Registry
from modelkeep.store.db.state import SqlState

POLICY = """
[[stages]]
name = "staging"
approvals = 1

[[stages]]
name = "production"
protected = true
approvals = 2

[[stages.gates]]
metric = "auc"
no_worse_than_production = 0.01
"""
UIDS = {"ana": 1000, "bo": 1001, "cy": 1002, "di": 1003, "bo-admin": 1004}


@pytest.fixture
def world(tmp_path):
    """Return a registry in which ana registered fraud@1 and fraud@2, and asked for fraud@1 in production in entry 5."""
    world = World(tmp_path)
    world.register(metrics={"auc": 0.9})
    world.register(metrics={"auc": 0.92})
    put_in_force(world, POLICY)
    assert world.registry.request("fraud@1", "production", message="march data").seq == 5
    return world


def put_in_force(world, text):
    (world.work / "policy.toml").write_text(text)
    world.registry.set_policy(str(world.work / "policy.toml"))


def as_(world, user):
    """Return the registry as another account has it."""
    account = Account(UIDS[user], user, user_namespace=False)
    return Registry(msgspec.structs.replace(world.context, account=account), Located(str(world.home), "flag"))


def approved(world, *users, request=5):
    for user in users:
        as_(world, user).approve(request)


def open_request(world):
    (found,) = world.registry.requests(open_only=True)
    return found


# What is typed


@pytest.mark.parametrize("typed", [("5",), ("#5",), ("fraud@1",), ("fraud@1", "production"), ("FRAUD@v1", "prod")])
def test_a_request_is_meant_by_its_number_or_by_version_and_stage(world, typed):
    change = as_(world, "bo").approve(*typed)
    assert (effects(change), change.ref, change.seq) == (["request 5: open -> approved by bo"], "fraud@1", 6)


def test_a_version_that_is_asked_for_in_two_stages_needs_the_stage(world):
    world.registry.request("fraud@1", "staging")
    assert refused(as_(world, "bo").approve, "fraud@1") == (
        "UsageError",
        "fraud@1 is asked for in production and in staging: which is meant?",
        "modelkeep approve 5        (production)\nmodelkeep approve 6        (staging)",
    )


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        (("fraud",), ("UsageError", "approve needs a request or a version: fraud has 1 open request", "modelkeep approve 5        (fraud@1 in production)")),
        (("fraud@2",), ("NotFound", "nobody asks for fraud@2 in any stage", "modelkeep requests fraud@2")),
        (("fraud@1", "staging"), ("NotFound", "nobody asks for fraud@1 in staging", "modelkeep requests fraud@1")),
        (("4",), ("NotFound", "entry 4 asks for no promotion", "modelkeep requests --open")),
        (("99",), ("NotFound", "entry 99 asks for no promotion", "modelkeep requests --open")),
    ],
)  # fmt: skip
def test_what_means_no_request_is_refused_with_the_line_that_helps(world, typed, answer):
    assert refused(as_(world, "bo").approve, *typed) == answer


def test_a_plan_is_named_by_its_digest_or_the_beginning_of_it(world):
    plan = open_request(world).plan
    bo = as_(world, "bo")
    assert bo.approve(5, plan=plan[:39], dry_run=True).plan == plan
    assert bo.approve(5, plan=plan.removeprefix("sha256:"), dry_run=True).changed
    assert refused(bo.approve, 5, plan="sha256:")[:2] == (
        "UsageError",
        "a plan is named by its digest, 32 hex digits of it at least, not by 'sha256:'",
    )
    assert refused(bo.approve, 5, plan=plan[:38])[0] == "UsageError"
    assert refused(bo.approve, 5, plan="0" * 32) == (
        "Conflict",
        f"what request 5 rests on is not what it was when you looked: the plan is {plan} now",
        "modelkeep approve 5 -n        (look again)",
    )


# What is answered


def test_a_request_says_what_is_missing_and_the_lines_that_are_next(world):
    change = world.registry.request("fraud@2", "production")
    assert effects(change) == ["request 6: none -> open"]
    assert tuple(notes(change)) == (
        "approval: 0, must be 2 persons",
        "who may approve: anybody who neither registered it, made it nor asked for it",
    )
    assert change.hints == ("approve: modelkeep approve 6", 'reject: modelkeep reject 6 -m "why"')
    again = world.registry.request("fraud@2", "production")
    assert (again.changed, again.why) == (False, "request 6 asks for it")


def test_a_dry_run_writes_nothing_and_shows_every_rule(world):
    change = as_(world, "bo").approve(5, dry_run=True)
    assert [(each.rule, each.value, each.passed) for each in change.rules] == [
        ("metric auc against production", "0.9", True),
        ("approval", "1", False),
    ]
    assert open_request(world).approvals == ()
    approved(world, "bo")
    assert [each.passed for each in as_(world, "cy").approve(5, dry_run=True).rules] == [True, True]


def test_after_the_last_approval_the_line_is_the_promotion(world):
    approved(world, "bo")
    assert as_(world, "cy").approve(5).hints == ('next: modelkeep promote fraud@1 production -m "why"',)
    change = world.registry.promote("fraud@1", "production")
    assert [(each.rule, each.value) for each in change.rules] == [
        ("metric auc against production", "0.9"),
        ("approval", "2"),
    ]
    (request,) = world.registry.requests("fraud@1")
    assert (request.state, request.ended.seq, request.plan) == ("promoted", 8, change.plan)
    assert world.findings() == []


# What is kept


def test_a_request_shows_what_each_approver_saw_and_why_an_approval_is_stale(world):
    approved(world, "bo")
    world.registry.evaluate("fraud@1", {"auc": 0.95})
    approved(world, "cy")
    request = open_request(world)
    assert [(each.actor, each.counts, each.why) for each in request.approvals] == [
        ("bo", False, "stale: metric auc against production was 0.9, and is 0.95"),
        ("cy", True, None),
    ]
    assert [each.value for each in request.approvals[0].plan.values] == ["0.9"]
    assert (request.needed, request.rules[-1].value) == (2, "1")
    approved(world, "bo")
    assert [each.counts for each in open_request(world).approvals] == [False, True, True]


def test_another_holder_and_other_rules_make_an_approval_stale(world):
    approved(world, "bo")
    put_in_force(world, POLICY.replace("approvals = 2", "approvals = 1"))
    assert open_request(world).approvals[0].why == "stale: the rules of the stage, or the mark of the version, changed"
    world.registry.request("fraud@2", "production")
    approved(world, "cy", request=8)
    approved(world, "bo")
    world.registry.promote("fraud@2", "production")
    assert [each.why for each in open_request(world).approvals] == [
        (
            "stale: it would replace none, and now fraud@2; "
            "metric auc against production had to be a number: nothing is in production, and now >= 0.91: fraud@2 has 0.92"
        )
    ] * 2


def test_show_has_the_requests_of_a_version_and_years_later_too(world):
    approved(world, "bo")
    world.registry.reject(5, message="not before the audit")
    world.pass_time(days=1000)
    (request,) = world.registry.version("fraud@1").requests
    assert (request.state, request.reason, request.ended.reason) == ("withdrawn", "march data", "not before the audit")
    (approval,) = request.approvals
    assert (approval.counts, approval.plan.holder, [(each.rule, each.bound) for each in approval.plan.values]) == (
        None,
        None,
        [("metric auc against production", "a number: nothing is in production")],
    )


def test_requests_of_the_past_are_as_they_were(world):
    approved(world, "bo")
    world.registry.reject(5)
    at_first, then, now = (world.registry.requests(as_of=f"seq:{seq}") for seq in (4, 6, 7))
    assert at_first == ()
    assert [(each.state, len(each.approvals), each.ended) for each in then] == [("open", 1, None)]
    assert [each.state for each in now] == ["withdrawn"]


def test_an_open_request_of_the_past_is_judged_by_what_was_so_then(world):
    registry, bo, cy = world.registry, as_(world, "bo"), as_(world, "cy")
    steps = [
        lambda: bo.approve(5),
        lambda: bo.request("fraud@2", "production", message="a better one"),
        lambda: registry.evaluate("fraud@1", metrics={"auc": "0.95"}),
        lambda: registry.tag("fraud@1", {"owner": "risk"}),
        lambda: cy.approve(5),
        lambda: put_in_force(world, POLICY.replace("approvals = 2", "approvals = 3")),
        lambda: bo.approve(5),
        lambda: registry.rename("fraud", "risk/fraud"),
        lambda: put_in_force(world, POLICY.replace("approvals = 2", "approvals = 1") + "min = 0.96\n"),
        lambda: put_in_force(world, POLICY.replace("approvals = 2", "approvals = 1")),
        lambda: cy.approve(5),
        lambda: registry.promote("risk/fraud@1", "production"),
        lambda: registry.mark("risk/fraud@2", "bad"),
        lambda: registry.delete("risk/fraud@2"),
    ]
    answered = {}
    for step in steps:
        step()
        seq = registry.status().entries
        answered[seq] = (registry.requests(), registry.version("risk/fraud@1" if seq > 12 else "fraud@1").requests)
    assert any(each.counts for requests, _ in answered.values() for request in requests for each in request.approvals)
    for seq, (requests, shown) in answered.items():
        assert registry.requests(as_of=f"seq:{seq}") == requests, seq
        assert registry.version("risk/fraud@1", as_of=f"seq:{seq}").requests == shown, seq


def test_the_state_of_the_past_answers_nothing_that_it_does_not_know(world):
    with world.context.database.reading() as reader, pytest.raises(LookupError, match="after entry 3 does not know"):
        SqlState(reader, 3).aliases_of(1, 1)


ROLES = """
[roles.lead]
may = ["*"]
[roles.reviewer]
may = ["approve"]
[roles.risk]
may = ["approve"]
[roles.trainer]
may = ["register", "request:*", "promote:*"]
[persons]
bo = ["bo", "bo-admin"]
[[stages]]
name = "staging"
[[stages]]
name = "production"
approvals = [{count = 1, role = "reviewer"}, {count = 1, role = "risk"}]
"""


def test_what_waits_for_my_approval_is_what_i_may_approve_and_have_not(world):
    world.registry.reject(5)
    put_in_force(world, ROLES)
    for role, who in (
        ("trainer", "ana"),
        ("reviewer", "bo"),
        ("reviewer", "bo-admin"),
        ("risk", "cy"),
        ("trainer", "di"),
    ):
        world.registry.grant_role(role, f"user:{who}")
    asked = as_(world, "di").request("fraud@1", "production").seq

    def waiting():
        return [user for user in UIDS if as_(world, user).requests(to_approve=True)]

    assert waiting() == ["bo", "cy", "bo-admin"]
    hint = {user: refused(as_(world, user).promote, "fraud@1", "production")[2] for user in ("ana", "di")}
    assert set(hint.values()) == {f"modelkeep approve {asked}        (another person)"}
    as_(world, "bo").approve(asked)
    assert waiting() == ["cy"]
    world.registry.mark("fraud@1", "bad")
    assert waiting() == []
    world.registry.mark("fraud@1", "good")
    as_(world, "cy").approve(asked)
    assert waiting() == []
    world.registry.reject(asked)
    assert waiting() == []


def test_who_may_approve_is_not_told_that_another_person_has_to(world):
    hints = [refused(as_(world, user).promote, "fraud@1", "production") for user in ("ana", "bo")]
    assert [each[-1] for each in hints] == ["modelkeep approve 5        (another person)", "modelkeep approve 5"]


def test_a_request_is_shown_by_its_number_too(world):
    (asked,) = world.registry.requests("fraud@1")
    assert world.registry.requests(str(asked.request)) == world.registry.requests(f"#{asked.request}") == (asked,)
    assert refused(world.registry.requests, "99")[0] == "NotFound"


def test_requests_are_of_one_model_of_one_person_or_open(world):
    world.register("churn", metrics={"auc": 0.5})
    as_(world, "bo").request("churn@1", "production")
    world.registry.reject(5)
    assert [each.ref for each in world.registry.requests()] == ["churn@1", "fraud@1"]
    assert [each.ref for each in world.registry.requests("fraud")] == ["fraud@1"]
    assert [each.ref for each in world.registry.requests(mine=True)] == ["fraud@1"]
    assert [each.ref for each in as_(world, "bo").requests(mine=True, open_only=True)] == ["churn@1"]
    assert world.registry.requests("fraud", open_only=True) == ()
    assert [each.ref for each in world.registry.requests(limit=1)] == ["churn@1"]


def test_a_request_outlives_the_name_and_the_model_that_it_is_about(world):
    approved(world, "bo")
    world.registry.rename("fraud", "card-fraud")
    assert [each.ref for each in world.registry.requests()] == ["card-fraud@1"]
    world.registry.delete("card-fraud", all_versions=True)
    (request,) = world.registry.requests()
    assert (request.ref, request.state, request.ended.seq, len(request.approvals)) == ("card-fraud@1", "deleted", 8, 1)
    assert refused(as_(world, "cy").approve, 5)[0] == "Conflict"
    assert world.findings() == []


# At the same time


def test_an_approval_of_what_changed_meanwhile_is_refused(world):
    bo = overtaken(world, lambda: world.registry.evaluate("fraud@1", {"auc": 0.1}))
    bo = Registry(
        msgspec.structs.replace(bo._context, account=Account(1001, "bo", user_namespace=False)),
        Located(str(world.home), "flag"),
    )
    kind, message, _ = refused(bo.approve, 5)
    assert (kind, message) == ("Conflict", "fraud changed meanwhile")
    assert open_request(world).approvals == ()


# Breaking the glass


def test_what_broke_the_glass_is_loud_until_it_is_over_and_open_until_another_person_has_seen_it(world):
    change = world.registry.promote("fraud@1", "production", break_glass=True, message="2 a.m., scores are NaN")
    assert [(each.rule, each.waived) for each in change.rules if not each.passed] == [("approval", True)]
    assert change.hints == (f"another person has to look at it: modelkeep acknowledge {change.seq}",)
    assert world.registry.status().production["fraud"].waived == 1
    with pytest.raises(Denied):
        world.registry.acknowledge(change.seq)
    by_ref = refused(world.registry.acknowledge, "fraud@1")
    assert by_ref[1] == "an open item is named by the number of its entry, not by 'fraud@1'"
    assert by_ref[2] == f"modelkeep acknowledge {change.seq}        (break-glass of fraud@1)"
    done = as_(world, "bo").acknowledge(change.seq, message="reviewed")
    assert effects(done) == [f"entry {change.seq}: open -> acknowledged"]
    again = as_(world, "bo").acknowledge(change.seq)
    assert (again.changed, again.why) == (False, f"what entry {change.seq} opened was acknowledged")
    assert refused(world.registry.acknowledge, "5")[1] == "entry 5 opened nothing that has to be acknowledged"
    assert refused(world.registry.acknowledge, "5")[2] == "nothing is open"
    assert world.registry.model("fraud").holders[0].waived == 1
    (request,) = world.registry.requests("fraud@1")
    assert request.state == "promoted"
    assert world.findings() == []
