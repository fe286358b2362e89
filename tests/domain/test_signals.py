"""Signals of monitoring, and what the policy makes of them; where versions run."""

import pytest
from history import History

from modelkeep.domain.policy.rules import Rules, SignalRule, StageRules
from modelkeep.errors import Conflict, UsageError
from modelkeep.store.db.state import SqlState

STAGES = (StageRules(name="staging"), StageRules(name="production", protected=True))


def registry(*rules):
    history = History()
    for _ in range(4):
        history.register("fraud")
    for number in (1, 2, 3):
        history.promote(f"fraud@{number}", "production")
    history.policy(Rules(stages=STAGES, signals=rules))
    return history


def events(history, seq):
    from modelkeep.domain.entry import parse_entry
    from modelkeep.store.db.ledger import entries

    entry = parse_entry(next(data for number, data in entries(history.connection) if number == seq))
    return [type(event).__name__ for event in entry.events], entry.events


def holder(history, stage="production"):
    return SqlState(history.connection).holder(2, stage).version


def test_without_a_rule_a_signal_is_only_recorded():
    history = registry(SignalRule(name="p99", then="open", above="0.5"))
    assert events(history, history.signal("fraud@3", "auc", "0.9"))[0] == ["SignalReceived"]
    assert events(history, history.signal("fraud@3", "p99", "0.5"))[0] == ["SignalReceived"]


def test_a_signal_opens_one_item_however_often_it_comes():
    history = registry(
        SignalRule(name="p99", then="open", above="0.5"), SignalRule(name="drift", then="open", above="0")
    )
    first = history.signal("fraud@3", "p99", "0.7")
    assert events(history, first)[0] == ["SignalReceived", "ItemOpened"]
    assert events(history, history.signal("fraud@3", "p99", "0.8"))[0] == ["SignalReceived"]
    assert events(history, history.signal("fraud@3", "drift", "1"))[0] == ["SignalReceived", "ItemOpened"]
    history.acknowledge("fraud@3", first)
    assert events(history, history.signal("fraud@3", "p99", "0.8"))[0] == ["SignalReceived", "ItemOpened"]


def test_each_stage_whose_rule_a_signal_fires_goes_back():
    history = registry(
        SignalRule(name="errors", then="rollback", stage="staging", above="0.01"),
        SignalRule(name="errors", then="rollback", stage="production", above="0.05"),
        SignalRule(name="errors", then="open", above="0"),
    )
    history.promote("fraud@2", "staging")
    history.promote("fraud@3", "staging")
    names, found = events(history, history.signal("fraud@3", "errors", "0.2"))
    assert names == ["SignalReceived", "StageRolledBack", "StageRolledBack", "VersionMarked", "ItemOpened"]
    assert sorted((each.stage, each.from_, each.to) for each in found[1:3]) == [("production", 3, 2), ("staging", 3, 2)]


def test_a_signal_rolls_back_to_the_last_good_version_in_the_same_entry():
    history = registry(SignalRule(name="errors", then="rollback", stage="production", above="0.05", count=100))
    assert events(history, history.signal("fraud@3", "errors", "0.2", count=99))[0] == ["SignalReceived"]
    assert events(history, history.signal("fraud@3", "errors", "0.2"))[0] == ["SignalReceived"]
    names, found = events(history, history.signal("fraud@3", "errors", "0.2", count=100))
    assert names == ["SignalReceived", "StageRolledBack", "VersionMarked", "ItemOpened"]
    assert (found[1].from_, found[1].to, found[1].rule, found[3].item) == (3, 2, "signal errors", "signal")
    assert holder(history) == 2


def test_a_signal_about_a_version_that_has_left_does_nothing():
    history = registry(SignalRule(name="errors", then="rollback", above="0.05"))
    history.signal("fraud@3", "errors", "0.2")
    assert events(history, history.signal("fraud@3", "errors", "0.3"))[0] == ["SignalReceived"]
    assert events(history, history.signal("fraud@4", "errors", "0.3"))[0] == ["SignalReceived"]
    assert holder(history) == 2


def test_a_signal_passes_over_what_is_bad_and_what_has_no_bytes():
    history = registry(SignalRule(name="errors", then="rollback", above="0.05"))
    history.mark("fraud@2")
    _, found = events(history, history.signal("fraud@3", "errors", "0.2"))
    assert (found[1].to, [(each.version, each.why) for each in found[1].passed_over]) == (1, [(2, "bad")])


def test_where_nothing_good_is_left_the_version_stays_and_a_person_decides():
    history = registry(SignalRule(name="errors", then="rollback", above="0.05"))
    history.mark("fraud@2")
    history.mark("fraud@1")
    assert events(history, history.signal("fraud@3", "errors", "0.2"))[0] == [
        "SignalReceived",
        "VersionMarked",
        "ItemOpened",
    ]
    assert holder(history) == 3


def test_a_signal_ends_the_share_of_a_version_and_the_holder_stays():
    history = registry(SignalRule(name="errors", then="rollback", stage="production", above="0.05"))
    history.promote("fraud@4", "production", share=1000)
    names, found = events(history, history.signal("fraud@4", "errors", "0.2"))
    assert names == ["SignalReceived", "ShareEnded", "VersionMarked", "ItemOpened"]
    assert (found[1].rule, found[3].item, holder(history)) == ("signal errors", "canary", 3)


def test_an_inconclusive_canary_keeps_its_share_and_is_left_open():
    history = registry(SignalRule(name="lift", then="open", stage="production", below="0.01"))
    history.promote("fraud@4", "production", share=1000)
    names, found = events(history, history.signal("fraud@4", "lift", "0.002"))
    assert (names, found[1].item) == (["SignalReceived", "ItemOpened"], "canary")
    assert [each.version for each in SqlState(history.connection).shares(2, "production")] == [4]


def test_the_strongest_of_several_rules_counts():
    history = registry(
        SignalRule(name="p99", then="open", above="0.5"),
        SignalRule(name="p99", then="mark", above="2"),
        SignalRule(name="p99", then="observe", above="3"),
    )
    assert events(history, history.signal("fraud@3", "p99", "4"))[0] == [
        "SignalReceived",
        "VersionMarked",
        "ItemOpened",
    ]


@pytest.mark.parametrize("name", ["mAP50(B)", "recall@5", "top-1 (%)", "ValueDrift(column=age)", "p" * 250])
def test_a_signal_may_be_called_what_a_metric_may(name):
    history = registry()
    history.signal("fraud@3", name, "1")


@pytest.mark.parametrize(
    ("name", "value"), [("", "1"), ("a\nb", "1"), ("p" * 251, "1"), ("p99", "NaN"), ("p99", "much"), ("p99", "")]
)
def test_what_is_no_signal_is_refused(name, value):
    with pytest.raises(UsageError):
        registry().signal("fraud@3", name, value)


def deployed(history, target="k8s/eu"):
    return [
        (each.version, each.status, each.share, each.stage)
        for each in SqlState(history.connection).deployments(2, target)
    ]


def test_a_target_is_bound_to_the_stage_that_was_recorded_there():
    history = registry()
    history.deploy("fraud@3", "k8s/eu")
    assert deployed(history) == [(3, "running", None, "production")]
    history.deploy("fraud@3", "k8s/eu", status="stopped")
    history.promote("fraud@4", "staging")
    history.deploy("fraud@4", "k8s/eu", status="starting")
    assert deployed(history) == [(4, "starting", None, "production")]
    history.deploy("fraud@4", "k8s/eu", stage="staging")
    assert deployed(history) == [(4, "running", None, "staging")]
    history.deploy("fraud@1", "edge")
    assert deployed(history, "edge") == [(1, "running", None, None)]
    with pytest.raises(UsageError, match="a share is a percentage"):
        history.deploy("fraud@1", "edge", share=20_000)


def test_a_target_runs_so_many_versions_with_shares_that_one_entry_can_end_them_all():
    history = History()
    for number in range(1, 102):
        history.register("fraud")
        if number <= 100:
            history.deploy(f"fraud@{number}", "k8s/eu", share=10)
    with pytest.raises(Conflict, match="100 versions of fraud run at k8s/eu, and no more can be recorded there"):
        history.deploy("fraud@101", "k8s/eu", share=10)
    history.deploy("fraud@100", "k8s/eu", share=20)
    history.deploy("fraud@101", "k8s/eu")
    assert [each.ref for each in history.registry.deployments()] == ["fraud@101"]
