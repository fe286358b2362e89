"""Approvals: N of M by role and by persons, stale ones, and self-approval in every disguise."""

import pytest
from history import History

from modelkeep.domain.governed_state import PromotionRequest
from modelkeep.domain.policy.approvals import assign, involvement
from modelkeep.domain.policy.identity import Identity
from modelkeep.domain.policy.rules import Gate, Person, RequiredApproval, RoleRules, Rules, StageRules
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.errors import Conflict, Denied, NotFound
from modelkeep.store.db.state import SqlState

ANYBODY = (RequiredApproval(count=1),)


def rules(approvals=ANYBODY, *, roles=(), persons=(), **more):
    production = StageRules(name="production", protected=True, approvals=approvals, **more)
    return Rules(stages=(StageRules(name="staging"), production), roles=roles, persons=persons)


def asked(policy=None, **registered):
    """Return a history in which ana registered fraud@1 and asked for production in entry 4."""
    history = History()
    history.register("fraud", metrics=[("auc", "0.9")], **registered)
    history.policy(policy or rules())
    assert history.request("fraud@1") == 4
    return history


def approvals(history, ref="fraud@1"):
    """Return the approvals of the open request that count, and why each of the others does not."""
    return {each.approval.seq: each.why for each in history.judgement(ref).standings}


def refused(do, *given, **more):
    with pytest.raises((Denied, Conflict, NotFound)) as caught:
        do(*given, **more)
    return caught.value.message


# N of M


@pytest.mark.parametrize(
    ("required", "roles", "served"),
    [
        ([(2, None)], [[], []], [2]),
        ([(2, None)], [[], [], []], [2]),
        ([(1, "risk"), (1, None)], [["risk"], []], [1, 1]),
        ([(1, None), (1, "risk")], [["risk"], []], [1, 1]),
        ([(1, "risk"), (1, "owner")], [["risk", "owner"], ["risk"]], [1, 1]),
        ([(1, "risk"), (1, "owner")], [["risk", "owner"]], [1, 0]),
        ([(2, "risk"), (1, "owner")], [["risk", "owner"], ["risk"], ["owner", "risk"]], [2, 1]),
        ([(2**53 - 1, None)], [[]], [1]),
        ([], [[]], []),
    ],
)  # fmt: skip
def test_an_approval_serves_one_requirement_and_as_many_as_possible_are_served(required, roles, served):
    assert assign([RequiredApproval(count=count, role=role) for count, role in required], roles) == served


def test_two_persons_are_two_approvals_and_one_person_with_two_accounts_is_one():
    history = asked(rules((RequiredApproval(count=2),), persons=(Person("bo", ("bo", "bo-admin")),)))
    history.user = "bo"
    history.approve("fraud@1", 4)
    history.user = "bo-admin"
    with pytest.raises(AssertionError, match="bo approved it in entry 5"):
        history.approve("fraud@1", 4)
    assert [(each.rule, each.value, each.bound) for each in history.judgement("fraud@1").refused] == [
        ("approval", "1", "2 persons")
    ]
    history.user = "cy"
    history.approve("fraud@1", 4)
    history.promote("fraud@1", "production")
    assert history.registry.version("fraud@1").stages == ("production",)


def test_who_bears_no_role_that_is_asked_for_cannot_approve():
    roles = (RoleRules("owner", ("*",)), RoleRules("risk", ("approve",)))
    history = asked(rules((RequiredApproval(count=1, role="risk"),), roles=roles))
    history.role("risk", "user:rita")
    history.role("owner", "user:bo")
    history.user = "bo"
    assert (
        refused(history.approve, "fraud@1", 4) == "bo bears no role whose approval production asks for: it takes risk"
    )
    history.user = "rita"
    history.approve("fraud@1", 4)
    assert history.judgement("fraud@1").refused == ()


def test_a_group_bears_a_role_where_the_writer_saw_the_account_in_it():
    roles = (RoleRules("owner", ("*",)), RoleRules("risk", ("approve",)))
    history = asked(rules((RequiredApproval(count=1, role="risk"),), roles=roles))
    history.role("risk", "group:risk-team")
    history.user = "rita"
    assert "rita may not approve" in refused(history.approve, "fraud@1", 4)
    history.seen = {"groups": ("risk-team",)}
    history.approve("fraud@1", 4)
    assert history.judgement("fraud@1").refused == ()


def test_an_approval_ends_after_its_time():
    history = asked(rules(approvals_expire=120))
    history.user = "bo"
    history.approve("fraud@1", 4)  # at minute 5
    history.note("fraud@1", "a minute")
    assert approvals(history) == {5: None}  # at minute 7
    history.note("fraud@1", "another")
    assert approvals(history) == {5: "expired"}
    history.approve("fraud@1", 4)  # once more
    assert approvals(history) == {5: "expired", 8: None}


# Stale


def stale_after(change, **registered):
    """Return what counts after bo approved, and again after ``change`` happened to it."""
    gate = Gate(metric="auc", no_worse_than_production="0.05", direction="higher")
    history = asked(rules(gates=(gate,)), **registered)
    history.user = "bo"
    history.approve("fraud@1", 4)
    assert approvals(history) == {5: None}
    history.user = "ana"
    change(history)
    return approvals(history)


def new_holder(history):
    history.policy(rules((), gates=()))
    history.register("fraud", metrics=[("auc", "0.91")])
    history.promote("fraud@2", "production")
    history.policy(rules(gates=(Gate(metric="auc", no_worse_than_production="0.05", direction="higher"),)))


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        (lambda h: h.evaluate("fraud@1", [("auc", "0.89")]), {5: "changed"}),
        (lambda h: h.evaluate("fraud@1", [("auc", "0.90")]), {5: "changed"}),
        (lambda h: h.evaluate("fraud@1", [("f1", "0.5")]), {5: None}),
        (lambda h: h.evaluate("fraud@1", [("auc", "0.5")], Data(name="live")), {5: None}),
        (lambda h: h.note("fraud@1", "hm"), {5: None}),
        (lambda h: h.mark("fraud@1", "bad"), {5: "changed"}),
        (lambda h: h.archive("fraud@1"), {5: "changed"}),
        (lambda h: h.policy(rules(gates=(Gate(metric="auc", no_worse_than_production="0.04", direction="higher"),))), {5: "changed"}),
        (lambda h: h.policy(rules(gates=(Gate(metric="auc", no_worse_than_production="0.05", direction="higher"),), meaning="live")), {5: None}),
        (new_holder, {5: "changed"}),
    ],
)  # fmt: skip
def test_an_approval_counts_while_the_plan_is_the_one_that_was_seen(change, counts):
    assert stale_after(change) == counts


def test_facts_that_come_back_make_the_plan_that_was_approved():
    def there_and_back(history):
        history.mark("fraud@1", "bad")
        history.mark("fraud@1", "good")

    assert stale_after(there_and_back) == {5: None}


def test_a_stale_approval_given_anew_counts_once():
    history = asked(rules((RequiredApproval(count=2),), gates=(Gate(metric="auc", min="0.5"),)))
    history.user = "bo"
    history.approve("fraud@1", 4)
    history.evaluate("fraud@1", [("auc", "0.8")])
    history.approve("fraud@1", 4)
    assert approvals(history) == {5: "changed", 7: None}
    history.evaluate("fraud@1", [("auc", "0.9")])
    assert approvals(history) == {5: None, 7: "changed"}


def test_a_plan_that_is_not_the_one_of_now_cannot_be_approved():
    history = asked(rules(gates=(Gate(metric="auc", min="0.5"),)))
    plan = history.judgement("fraud@1").plan
    history.evaluate("fraud@1", [("auc", "0.8")])
    history.user = "bo"
    assert (
        refused(history.approve, "fraud@1", 4, plan=plan)
        == "what request 4 rests on is not what it was when you looked"
    )


# Disguises


def approve_as(history, user, **seen):
    history.user, history.seen = user, seen
    return refused(history.approve, "fraud@1", 4)


def test_who_asked_and_who_registered_cannot_approve():
    history = History()
    history.register("fraud")
    history.policy(rules())
    history.user = "bo"
    history.request("fraud@1")
    assert approve_as(history, "bo") == "bo cannot approve fraud@1: bo asked for it"
    assert approve_as(history, "ana") == "ana cannot approve fraud@1: ana registered the version"


def test_a_second_account_of_a_person_is_the_person():
    history = asked(rules(persons=(Person("Ana Bell", ("ana", "svc-ana")),)))
    assert approve_as(history, "svc-ana") == "svc-ana cannot approve fraud@1: Ana Bell (as ana) asked for it"


def test_a_second_account_that_the_policy_names_later_makes_the_approval_void():
    history = asked()
    history.user = "svc-ana"
    history.approve("fraud@1", 4)
    history.user = "ana"
    history.policy(rules(persons=(Person("Ana Bell", ("ana", "svc-ana")),)))
    assert approvals(history) == {5: "not-separate"}
    assert refused(history.promote, "fraud@1", "production").splitlines()[1] == "  approval: 0, must be 1 person"


def test_sudo_and_su_show_through_the_login():
    history = asked()
    assert (
        approve_as(history, "root", login=1000, login_user="ana")
        == "root cannot approve fraud@1: ana, who is the same person as root, asked for it"
    )
    assert "asked for it" in approve_as(history, "bo", login=1000)


def test_a_registration_through_sudo_is_by_the_one_who_logged_in():
    history = History()
    history.user, history.seen = "deploy", {"login": 2000, "login_user": "bo"}
    history.register("fraud")
    history.user, history.seen = "cy", {}
    history.policy(rules())
    history.request("fraud@1")
    history.uids["bo"] = 2000
    assert approve_as(history, "bo") == "bo cannot approve fraud@1: deploy (logged in as bo) registered the version"
    history.uids["bob"] = 2000
    assert "registered the version" in approve_as(history, "bob")


def test_an_account_that_was_renamed_is_known_by_its_uid_and_one_that_was_made_anew_by_its_name():
    history = asked()
    history.uids["ana2"] = history.uids["ana"]
    assert (
        approve_as(history, "ana2") == "ana2 cannot approve fraud@1: ana, who is the same person as ana2, asked for it"
    )
    history.uids["ana"] = 4711
    assert approve_as(history, "ana") == "ana cannot approve fraud@1: ana asked for it"


def test_from_a_user_namespace_nobody_approves():
    history = asked()
    assert approve_as(history, "bo", user_namespace=True) == (
        "bo cannot approve fraud@1: an account in a user namespace can call itself anything, "
        "so nobody is told apart from another there"
    )


def test_from_a_user_namespace_nobody_asks_and_for_what_was_registered_there_nobody_does():
    history = asked()
    history.register("fraud", "two")
    history.user, history.seen = "root", {"user_namespace": True}
    assert refused(history.request, "fraud@2").startswith("root cannot ask for fraud@2: an account in a user namespace")
    history.register("fraud", "three")
    history.user, history.seen = "cy", {}
    assert refused(history.request, "fraud@3") == (
        "nobody could approve fraud@3: it was registered from a user namespace, and may be anybody's"
    )
    # as a program without that check would have asked for it
    state, model = SqlState(history.connection), history.resolved("fraud@3").model
    request = PromotionRequest(4, model, 3, "production", None, None, None)
    assert involvement(state, rules(), request, Identity("bo", 1001)) == (
        "the account that registered the version was in a user namespace and may be anybody's"
    )


@pytest.mark.parametrize("author", ["bo", "Bo", "Bo Bell <bo@example.org>", "bo@example.org", "BO BELL", "bbell <x@y>"])
def test_the_author_that_a_registration_names_cannot_approve(author):
    history = asked(rules(persons=(Person("Bo Bell", ("bo", "bbell")),)), author=author)
    assert approve_as(history, "bo") == f"bo cannot approve fraud@1: {author} is named as the one who made the version"
    history.user = "cy"
    history.approve("fraud@1", 4)


def test_the_one_whom_a_shared_account_names_cannot_approve():
    history = asked(claimed="Bo Bell <bo@example.org>")
    assert "is named as the one who made the version" in approve_as(history, "bo")


def test_two_approvers_whom_the_policy_names_as_one_person_later_count_once():
    history = asked(rules((RequiredApproval(count=2),)))
    for user in ("bo", "bob"):
        history.user = user
        history.approve("fraud@1", 4)
    assert approvals(history) == {5: None, 6: None}
    history.policy(rules((RequiredApproval(count=2),), persons=(Person("Bo Bell", ("bo", "bob")),)))
    assert approvals(history) == {5: None, 6: "same-person"}


# Requests


def test_an_approval_names_an_open_request_for_the_version_and_the_stage():
    history = asked()
    history.register("fraud", "two")
    history.user = "bo"
    assert refused(history.approve, "fraud@1", 3) == "entry 3 asks for no promotion"
    assert refused(history.approve, "fraud@2", 4) == "entry 4 asks for something else than fraud@2 in production"


def test_what_is_in_the_stage_already_and_what_is_asked_for_already_is_not_asked_for_again():
    history = asked()
    with pytest.raises(AssertionError, match="request 4 asks for it"):
        history.request("fraud@1")
    history.promote("fraud@1", "production", break_glass=True, reason="now")
    with pytest.raises(AssertionError, match="fraud@1 is in production"):
        history.request("fraud@1")


def test_without_a_policy_there_is_nothing_to_judge():
    history = History()
    history.register("fraud")
    assert history.judgement("fraud@1") is None


def test_a_request_is_refused_where_it_could_not_be_approved():
    history = History()
    history.register("fraud")
    assert refused(history.request, "fraud@1") == "production asks for no approval"
    history.policy(rules())
    assert refused(history.request, "fraud@1", "staging") == "staging asks for no approval"
    history.mark("fraud@1", "bad")
    assert refused(history.request, "fraud@1") == "fraud@1 is marked bad"
    history.mark("fraud@1", "good")
    history.archive("fraud@1")
    assert refused(history.request, "fraud@1") == "fraud@1 is archived"


def test_a_bad_version_is_not_approved_so_the_last_approval_does_not_promote_it():
    history = asked(rules(on_last_approval="promote"))
    history.mark("fraud@1", "bad")
    assert approve_as(history, "bo") == "fraud@1 is marked bad"
    history.mark("fraud@1", "good")
    history.approve("fraud@1", 4)
    assert history.registry.version("fraud@1").stages == ("production",)
    assert approve_as(history, "cy") == "request 4 is closed: promoted in entry 7"


def test_one_person_withdraws_another_rejects_and_a_closed_request_stays_closed():
    roles = (RoleRules("owner", ("*",)), RoleRules("risk", ("approve",)), RoleRules("ds", ("register", "request:*")))
    history = asked(rules(roles=roles))
    for role, user in (("risk", "rita"), ("ds", "di"), ("ds", "dan"), ("owner", "olga")):
        history.role(role, f"user:{user}")
    history.register("fraud", "two")
    history.user = "di"
    own = history.request("fraud@2")
    history.user = "dan"
    assert refused(history.reject, "fraud@2", own) == (
        "dan may not approve: it takes the role risk (user:rita) or owner (user:ana, user:olga)"
    )
    history.seen = {"login": history.uids["di"], "login_user": "di"}  # forged: a login gives no right
    assert refused(history.reject, "fraud@2", own).startswith("dan (logged in as di) may not approve")
    history.user, history.seen = "di", {}
    history.reject("fraud@2", own)
    assert history.registry.audit()[-1].sentence == "withdrew the request for fraud@2 in production"
    assert refused(history.reject, "fraud@2", own) == f"request {own} is closed: withdrawn in entry {own + 1}"
    history.user = "rita"
    history.reject("fraud@1", 4)
    assert history.registry.audit()[-1].sentence == "rejected fraud@1 for production"


def test_the_requests_of_what_is_deleted_end():
    history = asked()
    history.delete("fraud@1")
    row = history.connection.row("SELECT until_seq, ended_by FROM request WHERE since_seq = 4")
    assert row == (5, "delete")
