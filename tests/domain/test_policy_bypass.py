"""Ways around a policy that a hostile account may try: each is refused, or does not count."""

import pytest
from history import History

from modelkeep.domain.policy.candidate import registered
from modelkeep.domain.policy.rules import Gate, Person, RequiredApproval, RoleRules, Rules, StageRules
from modelkeep.errors import Conflict, Denied, NotFound, UsageError

ONE = (RequiredApproval(count=1),)


def rules(*, roles=(), persons=(), **production):
    stages = (StageRules(name="staging"), StageRules(name="production", protected=True, **production))
    return Rules(stages=stages, roles=roles, persons=persons)


def refused(do, *given, **more):
    with pytest.raises(Denied) as caught:
        do(*given, **more)
    return caught.value.message


# A rule that another command makes pointless


@pytest.fixture
def emptied():
    """Return a history in which production was emptied: fraud@1 (auc 0.9) was in it, and fraud@2 has 0.1."""
    history = History()
    history.policy(rules(gates=(Gate(metric="auc", no_worse_than_production="0.005", direction="higher"),)))
    history.register("fraud", metrics=[("auc", "0.9")])
    history.register("fraud", metrics=[("auc", "0.1")])
    history.promote("fraud@1", "production")
    history.retire("fraud", "production")
    return history


def test_who_empties_production_gets_no_worse_version_in(emptied):
    assert refused(emptied.promote, "fraud@2", "production") == (
        "fraud@2 may not be in production: 1 rule of the policy does not hold\n"
        "  metric auc against production: 0.1, must be >= 0.895: fraud@1, the last in production, has 0.9"
    )
    emptied.promote("fraud@1", "production")


@pytest.mark.parametrize("how", ["mark", "delete"])
def test_a_last_holder_that_is_bad_or_deleted_sets_no_bound(emptied, how):
    if how == "mark":
        emptied.mark("fraud@1")
    else:
        emptied.delete("fraud@1", force=True)
    emptied.promote("fraud@2", "production")


# One's own work


def test_an_account_that_is_called_as_a_person_is_that_persons():
    history = History()
    history.policy(rules(approvals=ONE, persons=(Person("ana", ("ana-admin",)),)))
    history.register("fraud")
    request = history.request("fraud@1")
    history.user = "ana-admin"
    assert refused(history.approve, "fraud@1", request) == (
        "ana-admin cannot approve fraud@1: ana, who is the same person as ana-admin, asked for it"
    )


@pytest.mark.parametrize("persons", [(), (Person("Ana", ("chief",)),)])
@pytest.mark.parametrize("user", ["ANA", "Ana"])
def test_an_account_whose_name_differs_in_case_alone_is_the_same_persons(user, persons):
    history = History()
    history.policy(rules(approvals=ONE, persons=persons))
    history.user = "chief" if persons else "ana"
    history.register("fraud")
    request = history.request("fraud@1")
    history.user = user
    assert refused(history.approve, "fraud@1", request).endswith(" asked for it")


@pytest.mark.parametrize("persons", [(), (Person("Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}", ("chief",)),)])
def test_an_account_whose_name_differs_in_unicode_form_alone_is_the_same_persons(persons):
    history = History()
    history.policy(rules(approvals=ONE, persons=persons))
    history.user = "chief" if persons else "zo\N{LATIN SMALL LETTER E WITH DIAERESIS}"
    history.register("fraud")
    request = history.request("fraud@1")
    history.user = "zoe\N{COMBINING DIAERESIS}"
    assert refused(history.approve, "fraud@1", request).endswith(" asked for it")


@pytest.mark.parametrize("before", ["fraud", "copy"])
def test_who_registered_the_same_bytes_before_does_not_approve_them(before):
    history = History()
    history.policy(rules(approvals=ONE))
    history.register(before, "the weights")
    history.user = "ci"
    history.register("fraud", "the weights", if_exists="new")
    ref = "fraud@2" if before == "fraud" else "fraud@1"
    request = history.request(ref)
    history.user = "ana"
    assert refused(history.approve, ref, request) == f"ana cannot approve {ref}: ana registered the same bytes"
    history.user = "bo"
    history.approve(ref, request)


def test_an_approval_of_bytes_that_the_approver_registers_later_does_not_count():
    history = History()
    history.policy(rules(approvals=ONE))
    history.register("fraud", "the weights")
    request = history.request("fraud@1")
    history.user = "bo"
    history.approve("fraud@1", request)
    history.register("copy", "the weights")
    assert "approval: 0, must be 1 person" in refused(history.promote, "fraud@1", "production")


# A role that was taken away

ROLES = (
    RoleRules("owner", ("*",)),
    RoleRules("risk", ("approve",)),
    RoleRules("ds", ("register", "request:*", "promote:*")),
)


@pytest.fixture
def governed():
    """Return a history in which di asked for fraud@1, ana owns the policy, and risk approves."""
    history = History()
    history.policy(rules(roles=ROLES, approvals=(RequiredApproval(count=1, role="risk"),)))
    history.role("ds", "user:di")
    history.user = "di"
    history.register("fraud")
    history.request("fraud@1")
    history.user = "ana"
    return history


@pytest.mark.parametrize("bearer", ["user:mallory", "group:risk"])
def test_an_approval_does_not_count_once_the_role_in_which_it_was_given_is_taken_away(governed, bearer):
    governed.role("risk", bearer)
    governed.user, governed.seen = "mallory", {"groups": ("risk",)} if bearer == "group:risk" else {}
    governed.approve("fraud@1", 5)
    governed.user, governed.seen = "ana", {}
    governed.role("risk", bearer, grant=False)
    assert [each.why for each in governed.judgement("fraud@1").standings] == ["revoked"]
    governed.user = "di"
    assert "approval of risk: 0, must be 1 person with the role risk" in refused(
        governed.promote, "fraud@1", "production"
    )
    governed.user = "ana"
    governed.role("risk", bearer)
    governed.user = "di"
    governed.promote("fraud@1", "production")


def test_an_approval_does_not_count_once_its_role_may_approve_no_more():
    history = History()
    any_two = {"approvals": (RequiredApproval(count=1),)}
    history.policy(rules(roles=ROLES, **any_two))
    history.role("risk", "user:rita")
    history.role("ds", "user:di")
    history.user = "di"
    history.register("fraud")
    request = history.request("fraud@1")
    history.user = "rita"
    history.approve("fraud@1", request)
    history.user = "ana"
    less = (ROLES[0], RoleRules("risk", ("check",)), ROLES[2])
    history.policy(rules(roles=less, **any_two))
    history.user = "di"
    assert "approval: 0, must be 1 person" in refused(history.promote, "fraud@1", "production")


# A reason that says nothing


@pytest.mark.parametrize("reason", [" ", "\t\n", "\u3000"])
def test_a_blank_reason_is_none(reason):
    history = History()
    history.policy(rules(require=("reason",), gates=(Gate(metric="auc", min="0.9"),)))
    history.register("fraud", metrics=[("auc", "0.95")])
    history.register("fraud")
    assert "reason: missing, must be there" in refused(history.promote, "fraud@1", "production", reason=reason)
    with pytest.raises(UsageError, match="breaking the glass needs a reason"):
        history.promote("fraud@2", "production", break_glass=True, reason=reason)
    history.promote("fraud@1", "production", reason=f"{reason}x")


# Ways into a stage


@pytest.fixture
def shared():
    """Return a history in which fraud@1 is in production, and di asked for 1% of it for fraud@2, which rita approved."""
    history = History()
    for _ in range(2):
        history.register("fraud")
    history.promote("fraud@1", "production")
    history.policy(rules(approvals=ONE))
    history.user = "di"
    request = history.request("fraud@2", share=100)
    history.user = "rita"
    history.approve("fraud@2", request, share=100)
    history.user = "di"
    return history


@pytest.mark.parametrize("share", [None, 50, 200])
def test_the_approval_of_a_share_is_none_of_another_one_or_of_the_whole_stage(shared, share):
    assert "approval: 0, must be 1 person" in refused(shared.promote, "fraud@2", "production", share=share)
    shared.promote("fraud@2", "production", share=100)
    assert "approval: 0, must be 1 person" in refused(shared.promote, "fraud@2", "production", share=share)


def test_a_share_does_not_become_the_whole_stage_by_itself(shared):
    shared.promote("fraud@2", "production", share=100)
    with pytest.raises(NotFound, match="fraud@2 never held production"):
        shared.rollback("fraud@1", 2)
    shared.retire("fraud", "production")
    assert shared.registry.version("fraud@2").stages == ()


def test_an_approval_is_used_up_by_the_promotion():
    history = History()
    history.policy(rules(approvals=ONE))
    history.register("fraud")
    request = history.request("fraud@1")
    history.user = "rita"
    history.approve("fraud@1", request)
    history.promote("fraud@1", "production")
    history.retire("fraud", "production")
    assert "approval: 0, must be 1 person" in refused(history.promote, "fraud@1", "production")


def test_a_request_belongs_to_the_model_whatever_it_is_called():
    history = History()
    history.policy(rules(approvals=ONE))
    history.register("fraud")
    history.register("churn")
    request = history.request("fraud@1")
    history.rename("fraud", "scoring")
    history.user = "rita"
    with pytest.raises(Conflict, match="asks for something else than churn@1"):
        history.approve("churn@1", request)
    history.approve("fraud@1", request)  # by the name that the model bore
    history.promote("scoring@1", "production")
    history.delete("churn@1")
    history.delete("churn")
    history.create("churn", reuse=True)
    history.register("churn")
    assert "approval: 0, must be 1 person" in refused(history.promote, "churn@1", "production")


@pytest.mark.parametrize("how", ["mark", "archive"])
def test_an_approval_of_what_was_marked_meanwhile_counts_once_that_is_undone(how):
    history = History()
    history.policy(rules(approvals=ONE))
    history.register("fraud")
    request = history.request("fraud@1")
    history.user = "rita"
    history.approve("fraud@1", request)
    getattr(history, how)("fraud@1")
    assert "approval: 0, must be 1 person" in refused(history.promote, "fraud@1", "production", force=True)
    if how == "mark":
        history.mark("fraud@1", "good")
    else:
        history.archive("fraud@1", undo=True)
    history.promote("fraud@1", "production")


@pytest.mark.parametrize("user", ["group:risk", "user:ana", "ANA", "ana "])
def test_an_account_of_an_odd_name_bears_no_role_of_another(governed, user):
    governed.user = user
    assert refused(governed.register, "mine").startswith(f"{user} may not register versions")


def test_the_account_that_logged_in_behind_another_gives_it_no_role(governed):
    governed.user, governed.seen = "eve", {"login": 1000, "login_user": "ana"}
    assert refused(governed.register, "mine").startswith("eve (logged in as ana) may not register versions")


def test_metrics_that_no_gate_names_are_not_read_where_a_promotion_is_judged():
    history = History()
    history.policy(rules(gates=(Gate(metric="auc", min="0.9"), Gate(metric="f1", min="0.9"))))
    history.register("fraud", metrics=[("auc", "0.95"), *((f"loss {epoch}", "0.1") for epoch in range(500))])
    proposal, model, version = history.proposal("fraud@1")
    assert registered(proposal.state, model, version).metrics == {"auc": {None: "0.95"}, "f1": {}}


@pytest.mark.parametrize("everybody", ["user:*", "group:*", "user:a*"])
def test_a_glob_bears_no_role(governed, everybody):
    with pytest.raises(UsageError, match="is nobody: a role is given to an account or a group"):
        governed.role("owner", everybody)
