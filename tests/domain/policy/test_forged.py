"""What `verify --log` finds of entries that were written around the tool: each is decided again by the rules of its time."""

import msgspec.structs
import pytest
from history import REGISTRY, History, at
from log_kinds import events, intents

from modelkeep.domain.checks import judge
from modelkeep.domain.details import Details, write
from modelkeep.domain.entry import Entry
from modelkeep.domain.policy.rules import Gate, RequiredApproval, RoleRules, Rules, StageRules
from modelkeep.store.db.state import SqlState

ROLES = (
    RoleRules("owner", ("*",)),
    RoleRules("ds", ("register", "request:*", "promote:*")),
    RoleRules("risk", ("approve",)),
)


def rules(**production):
    stages = (StageRules(name="staging"), StageRules(name="production", protected=True, **production))
    return Rules(stages=stages, roles=ROLES)


@pytest.fixture
def history():
    """Return a history in which di registered fraud@1 and asked for it, and rita may approve."""
    history = History()
    history.policy(rules(gates=(Gate(metric="auc", min="0.9"),), approvals=(RequiredApproval(count=1, role="risk"),)))
    for role, user in (("ds", "di"), ("risk", "rita"), ("risk", "rob"), ("ds", "rob")):
        history.role(role, f"user:{user}")
    history.user = "di"
    history.register("fraud", metrics=[("auc", "0.95")])
    history.request("fraud@1")
    history.user = "rita"
    return history


def found(history, command, happened, *, documents=None, texts=(), ref="fraud@1"):
    """Return what `verify` says of a forged entry that follows the last one."""
    state = SqlState(history.connection)
    head = state.head()
    details: Details | None = write(texts, iter(f"{number:032x}" for number in range(999))) if texts else None
    intent = intents.Intent(
        registry=REGISTRY,
        id="f" * 32,
        command=command,
        subject=history.subject(ref, "production"),
        seen=intents.Seen(head.hash, head.seq),
        details=None if details is None else details.digest,
        time=at(head.seq + 1),
    )
    entry = Entry(
        seq=head.seq + 1, time=at(head.seq + 1), intent=intent, observed=history.observed, events=tuple(happened),
        prev=head.hash,
    )  # fmt: skip
    problem = judge(state, entry, details, documents or {})
    return None if problem is None else problem.message


def approval(history):
    """Return what an approval of the request says: its command, its event, and the document with the plan."""
    (request,) = history.registry.requests("fraud@1")
    plan = history.judgement("fraud@1").plan
    command = intents.Approve(request.request, plan.plan_digest)
    event = events.RequestApproved(2, "production", 1, request.request, ("risk",))
    event = msgspec.structs.replace(event, model=history.resolved("fraud@1").model)
    return command, event, {plan.plan_digest: plan.to_bytes()}


def promotion(history, **more):
    """Return the event of a promotion as the rules would have it now."""
    judgement = history.judgement("fraud@1")
    fields = {
        "approvals": judgement.approvals, "verdict": judgement.results, "plan": judgement.plan.plan_digest,
        "request": judgement.request,
    }  # fmt: skip
    return events.VersionPromoted(
        model=history.resolved("fraud@1").model, stage="production", version=1, **(fields | more)
    )


def test_an_honest_approval_and_the_promotion_after_it_are_found_right(history):
    command, event, documents = approval(history)
    assert found(history, command, [event], documents=documents) is None
    history.approve("fraud@1", command.request)
    history.user = "di"
    assert found(history, intents.Promote(), [promotion(history)]) is None


@pytest.mark.parametrize(
    ("user", "seen", "message"),
    [
        ("di", {}, "approve could not have been written: di may not approve: it takes the role risk (user:rita, user:rob) or owner (user:ana)"),
        ("mallory", {}, "approve could not have been written: mallory may not approve: it takes the role risk (user:rita, user:rob) or owner (user:ana)"),
        ("ana", {}, "approve could not have been written: ana bears no role whose approval production asks for: it takes risk"),
        ("rita", {"login": 1001}, "approve could not have been written: rita cannot approve fraud@1: di, who is the same person as rita, asked for it"),
        ("rita", {"user_namespace": True}, "approve could not have been written: rita is in a user namespace, where an account can call itself anything: the policy's roles do not hold there"),
    ],
)  # fmt: skip
def test_an_approval_that_could_not_have_been_given_is_found(history, user, seen, message):
    command, event, documents = approval(history)
    history.user, history.seen = user, seen
    assert found(history, command, [event], documents=documents) == message


def test_an_approval_of_another_plan_is_found(history):
    command, event, documents = approval(history)
    history.user = "ana"
    history.evaluate("fraud@1", [("auc", "0.96")])
    history.user = "rita"
    assert (
        found(history, command, [event], documents=documents)
        == "approve could not have been written: what request 8 rests on is not what it was when you looked"
    )


def test_an_approval_in_a_role_that_was_not_borne_is_found(history):
    command, event, documents = approval(history)
    message = found(history, command, [msgspec.structs.replace(event, roles=("owner", "risk"))], documents=documents)
    assert message.startswith('event 1 is {"kind":"RequestApproved",')
    assert message.endswith('"roles":["risk"],"stage":"production","version":1}')


def test_an_approval_of_a_closed_request_is_found(history):
    command, event, documents = approval(history)
    history.reject("fraud@1", command.request)
    assert (
        found(history, command, [event], documents=documents)
        == "approve could not have been written: request 8 is closed: rejected in entry 9"
    )


def test_a_promotion_without_the_approval_is_found(history):
    history.user = "di"
    happened = [promotion(history, approvals=(), verdict=())]
    assert found(history, intents.Promote(), happened).startswith(
        "promote could not have been written: fraud@1 may not be in production: 1 rule of the policy does not hold"
    )


@pytest.mark.parametrize(
    "lie",
    [{"approvals": ()}, {"approvals": (9, 9)}, {"verdict": ()}, {"plan": "sha256:" + "0" * 64}, {"request": None}],
)
def test_a_promotion_that_says_something_else_of_its_rules_is_found(history, lie):
    history.approve("fraud@1", 8)
    history.user = "di"
    assert found(history, intents.Promote(), [promotion(history, **lie)]).startswith('event 1 is {"')


def test_a_verdict_that_hides_a_rule_that_does_not_hold_is_found(history):
    history.approve("fraud@1", 8)
    history.user = "di"
    honest = promotion(history)
    flattering = tuple(msgspec.structs.replace(each, value="0.99") for each in honest.verdict)
    assert "by the rules it is" in found(history, intents.Promote(), [promotion(history, verdict=flattering)])


def test_breaking_the_glass_without_the_permission_or_in_silence_is_found(history):
    history.user = "di"
    texts = [("reason", "now")]
    waived = tuple(
        msgspec.structs.replace(each, waived=not each.passed) for each in history.judgement("fraud@1").results
    )
    glass, model = intents.Promote(break_glass=True), history.resolved("fraud@1").model
    happened = [promotion(history, verdict=waived), events.ItemOpened("break-glass", model, 1)]
    assert "may not break the glass" in found(history, glass, happened, texts=texts)
    history.user = "ana"
    assert found(history, glass, happened, texts=texts) is None
    assert found(history, glass, happened) == "promote could not have been written: breaking the glass needs a reason"
    assert found(history, glass, happened[:1], texts=texts).startswith("event 2 is none, by the rules it is ")
    assert found(history, intents.Promote(), happened, texts=texts).startswith("promote could not have been written:")


def test_an_acknowledgement_by_the_one_who_broke_the_glass_is_found(history):
    history.user = "ana"
    opened = history.promote("fraud@1", "production", break_glass=True, reason="now")
    message = f"acknowledge could not have been written: ana broke the glass in entry {opened}, and another person has to acknowledge it"
    assert found(history, intents.Acknowledge(opened), [events.ItemClosed(opened)]) == message


def test_a_request_that_another_one_withdraws_is_found(history):
    model = history.resolved("fraud@1").model
    withdrawn = events.RequestRejected(model, "production", 1, 8, withdrawn=True)
    assert "by the rules it is" in found(history, intents.Reject(8), [withdrawn])
    history.user = "mallory"
    rejected = events.RequestRejected(model, "production", 1, 8)
    assert "mallory may not approve" in found(history, intents.Reject(8), [rejected])
