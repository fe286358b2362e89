"""A share of a stage is judged as a promotion: by the rules, with approvals of that share alone."""

import pytest
from history import History

from modelkeep.domain.policy.rules import Gate, RequiredApproval, Rules, StageRules
from modelkeep.errors import Conflict, Denied
from modelkeep.store.db.state import SqlState


@pytest.fixture
def history():
    """Return a registry of ana with fraud@1 in production, fraud@2 and fraud@3."""
    made = History()
    for auc in ("0.95", "0.93", "0.7"):
        made.register("fraud", metrics=[("auc", auc)])
    made.promote("fraud@1", "production")
    return made


def govern(history, **rules):
    history.policy(Rules(stages=(StageRules(name="staging"), StageRules(name="production", protected=True, **rules))))


def shares(history):
    return {each.version: each.share for each in SqlState(history.connection).shares(2, "production")}


def test_a_gate_that_refuses_the_whole_refuses_a_share(history):
    govern(history, gates=(Gate(metric="auc", min="0.9"),))
    history.promote("fraud@2", "production", share=1000)
    with pytest.raises(Denied, match="fraud@3"):
        history.promote("fraud@3", "production", share=1)
    assert shares(history) == {2: 1000}


def test_breaking_the_glass_for_a_share_leaves_an_item_open(history):
    govern(history, gates=(Gate(metric="auc", min="0.9"),))
    seq = history.promote("fraud@3", "production", share=1, break_glass=True, reason="outage")
    assert SqlState(history.connection).open_item(seq).item == "break-glass"
    assert shares(history) == {3: 1}


def test_an_approval_of_a_share_is_of_that_share_alone(history):
    govern(history, approvals=(RequiredApproval(count=1),))
    with pytest.raises(Denied) as refused:
        history.promote("fraud@2", "production", share=1000)
    assert refused.value.hint == 'modelkeep promote fraud@2 production --share 10 --request -m "why"'
    asked = history.request("fraud@2", share=1000)
    history.user = "bo"
    history.approve("fraud@2", asked, share=1000)
    for share in (None, 2000):
        with pytest.raises(Denied):
            history.promote("fraud@2", "production", share=share)
    assert SqlState(history.connection).request(asked).until is None
    history.promote("fraud@2", "production", share=1000)
    assert SqlState(history.connection).request(asked).ended_by == "promote"
    with pytest.raises(Denied):
        history.promote("fraud@2", "production")
    assert shares(history) == {2: 1000}


def test_a_version_has_one_open_request_for_a_stage(history):
    govern(history, approvals=(RequiredApproval(count=1),))
    asked = history.request("fraud@2", share=1000)
    with pytest.raises(Conflict, match=f"request {asked} asks for 10% of production"):
        history.request("fraud@2")


def test_what_could_not_be_promoted_is_not_asked_for(history):
    govern(history, approvals=(RequiredApproval(count=1),))
    history.retire("fraud", "production")
    with pytest.raises(Conflict, match="fraud has nothing in production: a share is for a version beside the holder"):
        history.request("fraud@2", share=1000)


def test_the_last_approval_promotes_to_the_share_that_was_asked_for(history):
    govern(history, approvals=(RequiredApproval(count=1),), on_last_approval="promote")
    asked = history.request("fraud@2", share=2500)
    history.user = "bo"
    history.approve("fraud@2", asked, share=2500)
    assert shares(history) == {2: 2500}
    assert SqlState(history.connection).holder(2, "production").version == 1
