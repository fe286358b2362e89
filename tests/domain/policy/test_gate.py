"""The gate as a whole: what promote, register and the last approval are let through, and breaking the glass."""

import pytest
from history import History
from log_kinds import intents

from modelkeep.domain.hashing import digest_of
from modelkeep.domain.manifest import Pointer, PointerFile
from modelkeep.domain.policy.rules import (
    Gate,
    Person,
    RequiredApproval,
    RequiredCheck,
    RoleRules,
    Rules,
    Soak,
    StageRules,
)
from modelkeep.domain.record import encode_canonical
from modelkeep.errors import Conflict, Denied, NotFound, UsageError

GATE = Gate(metric="auc", min="0.9")


def rules(*, roles=(), persons=(), staging=(), **production):
    stages = (StageRules(name="staging", gates=staging), StageRules(name="production", protected=True, **production))
    return Rules(stages=stages, roles=roles, persons=persons)


@pytest.fixture
def history():
    """Return a history in which fraud@1 (auc 0.8) may not be in production, and fraud@2 (auc 0.95) may."""
    history = History()
    history.register("fraud", metrics=[("auc", "0.8")])
    history.register("fraud", metrics=[("auc", "0.95")])
    history.policy(rules(gates=(GATE,)))
    return history


def refused(kind, do, *given, **more):
    with pytest.raises(kind) as caught:
        do(*given, **more)
    return caught.value


def stages(history, ref):
    return history.registry.version(ref).stages


def verdict(history, ref):
    """Return what the rules found when a version got the stages that it holds."""
    marks = {"passed": "holds", "waived": "waived", "warn": "warns"}
    return [
        f"{next((word for name, word in marks.items() if getattr(each, name)), 'fails')} {each.rule}: {each.value}"
        for tenure in history.registry.version(ref).tenures
        for each in tenure.rules
    ]


# What is refused


def test_a_refusal_lists_every_rule_that_does_not_hold_who_may_approve_and_the_next_line(history):
    approvals = (RequiredApproval(count=2, role="risk"), RequiredApproval(count=1))
    roles = (RoleRules("owner", ("*",)), RoleRules("risk", ("approve",)))
    history.policy(rules(gates=(GATE,), require=("data", "reason"), approvals=approvals, roles=roles))
    history.role("risk", "user:rita")
    history.role("risk", "group:auditors")
    error = refused(Denied, history.promote, "fraud@1", "production")
    assert error.message == (
        "fraud@1 may not be in production: 5 rules of the policy do not hold\n"
        "  data: missing, must be there\n"
        "  reason: missing, must be there\n"
        "  metric auc min: 0.8, must be >= 0.9\n"
        "  approval of risk: 0, must be 2 persons with the role risk\n"
        "  approval: 0, must be 1 person\n"
        "to record data or code: modelkeep register fraud PATH --data NAME@VERSION --if-exists new\n"
        'to say why: modelkeep promote fraud@1 production -m "why"\n'
        "who may approve: group:auditors, user:rita (risk); group:auditors, user:rita (owner or risk)\n"
        'to ask for it: modelkeep promote fraud@1 production --request -m "why"'
    )
    assert error.hint == "modelkeep promote fraud@1 production -n        (every rule with its value)"
    assert [(each.rule, each.passed) for each in error.findings] == [
        ("data", False),
        ("reason", False),
        ("metric auc min", False),
        ("approval of risk", False),
        ("approval", False),
    ]


def test_where_only_approvals_are_missing_the_hint_asks_for_them_and_then_approves(history):
    history.policy(rules(gates=(GATE,), approvals=(RequiredApproval(count=1),)))
    error = refused(Denied, history.promote, "fraud@2", "production")
    assert error.hint == 'modelkeep promote fraud@2 production --request -m "why"'
    asked = history.request("fraud@2")
    error = refused(Denied, history.promote, "fraud@2", "production")
    assert error.hint == f"modelkeep approve {asked}        (another person)"
    assert "to ask for it" not in error.message


def test_the_reason_of_the_promotion_is_the_reason_that_is_asked_for(history):
    history.policy(rules(require=("reason",)))
    refused(Denied, history.promote, "fraud@2", "production")
    history.promote("fraud@2", "production", reason="march data")
    assert verdict(history, "fraud@2") == ["holds reason: there"]


@pytest.mark.parametrize("spoil", ["mark", "archive"])
def test_force_never_passes_a_gate(history, spoil):
    for ref in ("fraud@1", "fraud@2"):
        getattr(history, spoil)(ref)
    refused(Conflict, history.promote, "fraud@1", "production")
    refused(Denied, history.promote, "fraud@1", "production", force=True)
    history.promote("fraud@2", "production", force=True)
    assert stages(history, "fraud@2") == ("production",)


def test_force_never_passes_an_approval_that_was_given_before_the_version_was_marked_bad(history):
    history.policy(rules(approvals=(RequiredApproval(count=1),)))
    asked = history.request("fraud@2")
    history.user = "bo"
    history.approve("fraud@2", asked)
    history.mark("fraud@2", "bad")
    error = refused(Denied, history.promote, "fraud@2", "production", force=True)
    assert error.message.splitlines()[1] == "  approval: 0, must be 1 person"


def test_a_stage_without_rules_and_a_registry_without_a_policy_ask_for_nothing(history):
    history.promote("fraud@1", "staging")
    assert verdict(history, "fraud@1") == []
    bare = History()
    bare.register("fraud")
    bare.promote("fraud@1", "production")
    assert stages(bare, "fraud@1") == ("production",)


def test_rollback_asks_no_gate(history):
    history.policy(rules())
    history.promote("fraud@1", "production")
    history.promote("fraud@2", "production")
    history.policy(rules(gates=(GATE,), approvals=(RequiredApproval(count=3),)))
    history.rollback("fraud@2", to=1)
    assert stages(history, "fraud@1") == ("production",)


@pytest.mark.parametrize(
    ("require", "lines"),
    [
        (
            ("data", "clean-code"),
            ["to record data or code: modelkeep register fraud PATH --data NAME@VERSION --code REV --if-exists new"],
        ),
        (("licence",), ["to say its licence: modelkeep supplement fraud@2 --licence SPDX"]),
        (("description",), ["to describe it: modelkeep describe fraud@2 TEXT"]),
        (("label",), ["to label it: modelkeep label fraud@2 1.0.0"]),
        (("tag.owner", "tag.a b"), ["to tag it: modelkeep tag fraud@2 owner=VALUE 'a b'=VALUE"]),
        (("reason",), ['to say why: modelkeep promote fraud@2 production -m "why"']),
    ],
)
def test_a_refusal_says_how_to_add_what_is_missing(history, require, lines):
    history.policy(rules(require=require))
    error = refused(Denied, history.promote, "fraud@2", "production")
    assert error.message.splitlines()[1 + len(require) :] == lines


def test_the_line_that_says_why_has_the_share(history):
    history.policy(rules())
    history.promote("fraud@1", "production")
    history.policy(rules(require=("reason",)))
    error = refused(Denied, history.promote, "fraud@2", "production", share=1000)
    assert error.message.splitlines()[-1] == 'to say why: modelkeep promote fraud@2 production --share 10 -m "why"'


def test_a_refused_registration_says_what_it_takes(history):
    history.policy(rules(require=("data", "clean-code", "tag.owner", "reason"), gates=(GATE,)))
    error = refused(Denied, history.register, "fraud", "three", stage="production", metrics=[("auc", "0.89")])
    assert error.message.splitlines()[-1] == (
        'to add what is missing: --data NAME@VERSION --code REV --tag owner=VALUE -m "why"'
    )


# Registering into a stage


def test_a_version_that_is_registered_into_a_stage_meets_its_gate(history):
    error = refused(Denied, history.register, "fraud", "three", stage="production", metrics=[("auc", "0.89")])
    assert error.message == (
        "fraud@3 may not be in production: 1 rule of the policy does not hold\n  metric auc min: 0.89, must be >= 0.9"
    )
    assert error.hint == "register it without --stage; modelkeep promote -n then shows every rule"
    history.register("fraud", "four", stage="production", metrics=[("auc", "0.91")])
    assert verdict(history, "fraud@3") == ["holds metric auc min: 0.91"]


def test_what_no_new_version_can_have_refuses_it():
    history = History()
    history.policy(
        rules(
            approvals=(RequiredApproval(count=1),),
            after=("staging",),
            soak=Soak(stage="staging", seconds=90),
            checks=(RequiredCheck(name="bias"),),
        )
    )
    error = refused(Denied, history.register, "new", stage="production")
    assert error.message.splitlines()[1:5] == [
        "  after: never in staging, must be in staging before",
        "  soak: never in staging, must be 90s in staging until now",
        "  check bias: missing, must be pass or warn",
        "  approval: 0, must be 1 person",
    ]


# Pointers


def test_a_version_whose_bytes_live_elsewhere_never_gets_a_protected_stage():
    history = History()
    pointer = encode_canonical(Pointer("s3://bucket/model", (PointerFile("model.bin", 7),)))
    about = intents.Subject("fraud", digest=digest_of(pointer))
    history.tell(intents.Register(form="pointer", if_exists="new"), about, documents={about.digest: pointer})
    history.policy(rules(gates=(GATE,), approvals=(RequiredApproval(count=1),)))
    message = "production is protected, and the bytes of this version live elsewhere"
    assert refused(Conflict, history.request, "fraud@1").message == message
    assert (
        refused(Conflict, history.promote, "fraud@1", "production", break_glass=True, reason="now").message == message
    )
    history.promote("fraud@1", "staging")
    assert stages(history, "fraud@1") == ("staging",)


# The last approval


def test_the_last_approval_promotes_where_the_policy_says_so(history):
    history.policy(rules(gates=(GATE,), approvals=(RequiredApproval(count=2),), on_last_approval="promote"))
    asked = history.request("fraud@2")
    history.user = "bo"
    history.approve("fraud@2", asked)
    assert stages(history, "fraud@2") == ()
    history.user = "cy"
    last = history.approve("fraud@2", asked)
    assert stages(history, "fraud@2") == ("production",)
    assert verdict(history, "fraud@2") == ["holds metric auc min: 0.95", "holds approval: 2"]
    (request,) = history.registry.requests("fraud@2")
    assert (request.state, request.ended.seq, [each.counts for each in request.approvals]) == (
        "promoted",
        last,
        [True, True],
    )
    assert history.registry.audit()[-1].sentence == "approved fraud@2 for production, which promoted it"


def test_the_last_approval_does_not_promote_what_a_gate_refuses(history):
    history.policy(rules(gates=(GATE,), approvals=(RequiredApproval(count=1),), on_last_approval="promote"))
    asked = history.request("fraud@1")
    history.user = "bo"
    history.approve("fraud@1", asked)
    assert stages(history, "fraud@1") == ()
    (request,) = history.registry.requests("fraud@1")
    assert (request.state, [each.counts for each in request.approvals]) == ("open", [True])


# Breaking the glass


def broken(history, **more):
    return history.promote("fraud@1", "production", break_glass=True, reason="the other one answers nonsense", **more)


def test_breaking_the_glass_waives_the_rules_and_keeps_what_they_found(history):
    history.policy(rules(gates=(GATE,), recommend=("data",), approvals=(RequiredApproval(count=1),)))
    broken(history)
    assert verdict(history, "fraud@1") == [
        "warns data: missing",
        "waived metric auc min: 0.8",
        "waived approval: 0",
    ]
    (tenure,) = history.registry.history("fraud")
    assert tenure.waived == 2
    assert history.registry.model("fraud").holders[0].waived == 2
    assert history.registry.version("fraud@1").break_glass == ("production",)
    assert history.registry.audit()[-1].sentence == (
        'promoted fraud@1 to production, breaking the glass (2 rules of the policy waived): "the other one answers nonsense"'
    )


def test_breaking_the_glass_takes_a_reason_a_policy_and_something_to_waive(history):
    error = refused(UsageError, history.promote, "fraud@1", "production", break_glass=True)
    assert (error.message, error.hint) == ("breaking the glass needs a reason", 'add -m "why"')
    error = refused(UsageError, history.promote, "fraud@2", "production", break_glass=True, reason="now")
    assert error.message == "every rule of the policy holds for fraud@2 in production: there is no glass to break"
    bare = History()
    bare.register("fraud")
    error = refused(UsageError, bare.promote, "fraud@1", "production", break_glass=True, reason="now")
    assert error.message == "there is no policy, so there is no glass to break"


def test_breaking_the_glass_has_a_permission_of_its_own_and_waives_that_of_promoting(history):
    roles = (
        RoleRules("owner", ("*",)),
        RoleRules("oncall", ("break-glass:production",)),
        RoleRules("ds", ("promote:*",)),
    )
    history.policy(rules(roles=roles))
    history.role("oncall", "user:olga")
    history.role("ds", "user:di")
    history.user = "di"
    assert "break the glass of production" in refused(Denied, broken, history).message
    history.user = "olga"
    refused(Denied, history.promote, "fraud@1", "production")
    broken(history)
    assert verdict(history, "fraud@1") == ["waived permission: olga has not promote:production"]


def test_breaking_the_glass_is_no_way_around_a_bad_mark_or_missing_bytes(history):
    history.mark("fraud@1", "bad")
    assert refused(Conflict, broken, history).message == "fraud@1 is marked bad"
    history.mark("fraud@1", "good")
    history.seen = {"absent": (history.subject("fraud@1").digest,)}
    assert refused(Exception, broken, history).message == "bytes of fraud@1 are missing from the store"


def test_another_person_has_to_acknowledge_it(history):
    history.policy(rules(gates=(GATE,), persons=(Person("Ana Bell", ("ana", "svc-ana")),)))
    opened = broken(history)
    status = history.registry.status()
    assert (status.open_items, status.items[0].seq, status.items[0].item, status.items[0].ref) == (
        1,
        opened,
        "break-glass",
        "fraud@1",
    )
    for user, seen in (("ana", {}), ("svc-ana", {}), ("root", {"login": 1000}), ("bo", {"user_namespace": True})):
        history.user, history.seen = user, seen
        error = refused(Denied, history.acknowledge, "fraud@1", opened)
        assert error.message == f"ana broke the glass in entry {opened}, and another person has to acknowledge it"
    history.user, history.seen = "bo", {}
    assert (
        refused(NotFound, history.acknowledge, "fraud@2", opened).message
        == f"entry {opened} opened nothing about fraud@2"
    )
    history.acknowledge("fraud@1", opened)
    assert history.registry.status().open_items == 0


def test_what_was_deleted_meanwhile_is_acknowledged_all_the_same(history):
    opened = broken(history)
    history.retire("fraud@1", "production")
    history.delete("fraud@1", force=True)
    history.user = "bo"
    history.acknowledge("fraud@1", opened)
    assert history.registry.status().open_items == 0
