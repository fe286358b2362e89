"""Versions in use, through the public door: shares, keys, deployments and signals, and what one may rely on of them."""

import json

import pytest
from changing import effects
from world import World

from modelkeep.errors import Busy, Conflict, NotFound, PartlyDone, UsageError

POLICY = """
[[stages]]
name = "staging"
[[stages]]
name = "production"
protected = true
[[signals]]
name = "errors"
stage = "production"
above = 0.05
count = 100
then = "rollback"
[[signals]]
name = "p99"
above = 0.5
then = "open"
"""


@pytest.fixture
def world(tmp_path):
    """Return a registry with fraud@1, then fraud@2 in production, and fraud@3 and fraud@4."""
    world = World(tmp_path)
    for _ in range(4):
        world.register(metrics={"p99": "0.2"})
    world.registry.promote("fraud@1", "production")
    world.registry.promote("fraud@2", "production")
    return world


def govern(world):
    path = world.work / "policy.toml"
    path.write_text(POLICY)
    world.registry.set_policy(path)


def lose_bytes(world, ref):
    world.damage(world.registry.get(ref, world.work / "copy", force=True) and (world.work / "copy").read_bytes(), None)


# Shares


def test_a_share_is_told_where_people_look(world, r):
    change = r.promote("fraud@3", "production", share="12.5", message="try it")
    assert effects(change) == ["share of production: none -> fraud@3 at 12.5%"]
    assert "fraud@2 holds production and keeps 87.5%" in change.notes
    (model,) = r.models()
    assert [(held.version, [(one.version, one.share) for one in held.shares]) for held in model.holders] == [
        (2, [(3, 12.5)])
    ]
    row = r.version("fraud@3")
    assert (row.state, row.stages, [(one.stage, one.share) for one in row.shares]) == (
        "active",
        (),
        [("production", 12.5)],
    )
    assert [each.ref for each in r.versions("fraud", stage="production")] == ["fraud@3", "fraud@2"]
    assert r.status().production["fraud"].shares == model.holders[0].shares
    assert r.resolve("fraud@production").ref == "fraud@2"


def test_history_says_how_a_share_ended(world, r):
    r.promote("fraud@3", "production", share=10)
    r.promote("fraud@3", "production", share=20)
    r.promote("fraud@3", "production")
    r.promote("fraud@4", "production", share=10)
    r.rollback("fraud@4", "production", message="errors")
    told = [
        (each.version, each.share, each.ended and (each.ended.what, each.ended.reason)) for each in r.history("fraud")
    ]
    assert told[2:] == [
        (3, 10.0, ("share_changed", None)),
        (3, 20.0, ("promoted", None)),
        (3, None, None),
        (4, 10.0, ("rolled_back", "errors")),
    ]


def test_a_past_moment_has_its_own_shares(world, r):
    r.promote("fraud@3", "production", share=10)
    before = r.as_of(f"seq:{len(world.entries())}")
    r.retire("fraud@3", "production")
    assert r.version("fraud@3", as_of=before).shares
    assert not r.version("fraud@3").shares
    assert len(r.pick("fraud@production", as_of=before).parts) == 2
    assert len(r.pick("fraud@production").parts) == 1


def test_a_rollback_of_a_share_leaves_the_holder_and_is_done_once(world, r):
    r.promote("fraud@3", "production", share=10)
    back = r.rollback("fraud@3", "production")
    assert effects(back) == ["share of production: fraud@3 -> none"]
    assert (back.left, back.to, back.marked_bad) == ("fraud@3", "fraud@2", True)
    assert not r.rollback("fraud@3", "production").changed
    with pytest.raises(Conflict, match="fraud@3 is marked bad"):
        r.promote("fraud@3", "production", share=10)


def test_what_still_serves_a_share_is_told_by_each_change_that_leaves_it(world, r):
    r.promote("fraud@3", "production", share=30)
    r.promote("fraud@1", "production", share=5)
    left = [
        "fraud@1 still has 5% of production (end it: modelkeep retire fraud@1 production)",
        "fraud@3 still has 30% of production (end it: modelkeep retire fraud@3 production)",
    ]

    def told(change):
        return [each for each in change.notes if "still has" in each]

    assert told(r.promote("fraud@4", "production", dry_run=True)) == left
    assert told(r.rollback("fraud@2", dry_run=True)) == left[1:]  # fraud@1 comes back whole
    assert told(r.rollback("fraud@1", "production", dry_run=True)) == left[1:]
    r.retire("fraud@3", "production")
    assert told(r.rollback("fraud@2")) == []


def test_a_share_goes_back_to_the_holder_alone(world, r):
    r.promote("fraud@3", "production", share=10)
    with pytest.raises(Conflict, match="fraud@3 has a share of production, which goes back to fraud@2, the holder"):
        r.rollback("fraud@3", "production", to="fraud@1")
    assert r.rollback("fraud@3", "production", to="fraud@2", keep_good=True).changed


def test_emptying_a_stage_tells_every_share_that_ends(world, r):
    r.promote("fraud@3", "production", share=10)
    assert effects(r.retire("fraud", "production")) == [
        "production: fraud@2 -> none",
        "share of production: fraud@3 -> none",
    ]


def test_what_was_expected_still_has_to_hold(world, r):
    with pytest.raises(Conflict, match="the holder of production is 2, not 1 as expected"):
        r.promote("fraud@3", "production", share=10, expect=1)


def test_bytes_that_are_missing_get_no_share(world, r):
    lose_bytes(world, "fraud@3")
    with pytest.raises(Exception, match="bytes of fraud@3 are missing"):
        r.promote("fraud@3", "production", share=10)


def test_a_rollback_tells_how_long_the_whole_stage_was_held_not_a_share_of_it(world, r):
    r.promote("fraud@1", "production", share=10)
    world.pass_time(days=3)
    r.promote("fraud@1", "production", share=20)
    world.pass_time(days=5)
    assert not any("active for 3d" in note for note in r.rollback("fraud@2").notes)


def test_a_policy_says_what_it_means_for_versions_with_a_share(world, r):
    r.promote("fraud@3", "production", share=10)
    path = world.work / "policy.toml"
    text = POLICY.replace("protected = true\n", 'protected = true\n[[stages.gates]]\nmetric = "p99"\nmax = 0.1\n')
    path.write_text(text)
    found = r.set_policy(path, dry_run=True)
    assert {each.ref for each in found.holders} == {"fraud@2", "fraud@3"}


# Keys


def test_a_key_is_served_by_the_version_that_owns_its_slot(world, r):
    r.promote("fraud@3", "production", share=30)
    picks = r.pick("fraud@prod", [f"user-{number}" for number in range(300)])
    owned = {part.version: part.slots for part in picks.parts}
    assert sum(each.version == 3 for each in picks.picks) in range(60, 121)
    assert all(any(slots.first <= each.slot <= slots.last for slots in owned[each.version]) for each in picks.picks)


def test_a_renamed_model_serves_its_keys_as_before(world, r):
    r.promote("fraud@3", "production", share=30)
    keys = [f"user-{number}" for number in range(100)]
    before = [each.version for each in r.pick("fraud@production", keys).picks]
    r.rename("fraud", "scoring")
    assert [each.version for each in r.pick("scoring@production", keys).picks] == before


@pytest.mark.parametrize("ref", ["fraud", "fraud@2", "fraud@latest", "sha256:0c416566"])
def test_pick_takes_a_stage(world, r, ref):
    with pytest.raises((UsageError, NotFound)):
        r.pick(ref, ["user-1"])


def test_pick_of_an_empty_stage_says_so(world, r):
    with pytest.raises(NotFound, match="fraud has nothing in staging"):
        r.pick("fraud@staging", ["user-1"])


# Deployments


def drifts(r, **how):
    return [(each.target, each.ref, each.drift) for each in r.deployments(**how)]


def test_what_runs_is_compared_with_the_stage_of_its_target(world, r):
    r.record_deployment("fraud@production", "k8s/eu", endpoint="https://bo:secret@scorer.example/fraud?token=1#x")
    assert [(each.endpoint, each.stage) for each in r.deployments()] == [("https://scorer.example/fraud", "production")]
    assert drifts(r) == [("k8s/eu", "fraud@2", None)]
    r.promote("fraud@3", "production")
    assert drifts(r, drift=True) == [("k8s/eu", "fraud@2", "production is fraud@3")]
    back = r.rollback("fraud@3")
    assert drifts(r) == [("k8s/eu", "fraud@2", None)]
    r.record_deployment("fraud@3", "k8s/eu")
    assert drifts(r) == [("k8s/eu", "fraud@3", "marked bad")]
    assert back.changed
    assert not any("secret" in part or "token" in part for part in map(bytes.decode, world.entries()))


def test_the_same_deployment_again_changes_nothing_and_its_address_stays(world, r):
    address = "https://scorer.example/fraud"
    r.record_deployment("fraud@2", "k8s/eu", endpoint=address, status="starting")
    assert not r.record_deployment("fraud@2", "k8s/eu", endpoint=address, status="starting").changed
    r.record_deployment("fraud@2", "k8s/eu")
    assert [(each.status, each.endpoint) for each in r.deployments()] == [("running", address)]
    assert r.record_deployment("fraud@2", "k8s/eu", endpoint="https://other.example").changed


def test_to_deploy_a_bad_version_is_warned_of(world, r):
    r.mark("fraud@4", "bad")
    assert "warning: fraud@4 is marked bad" in r.record_deployment("fraud@4", "k8s/eu").notes
    assert "warning: fraud@4 is marked bad" not in r.record_deployment("fraud@4", "k8s/eu", status="stopped").notes


def test_versions_share_a_target_and_a_wrong_share_is_drift(world, r):
    r.promote("fraud@3", "production", share=10)
    r.record_deployment("fraud@2", "k8s/eu", share=90)
    r.record_deployment("fraud@3", "k8s/eu", share="10%")
    assert drifts(r) == [("k8s/eu", "fraud@2", None), ("k8s/eu", "fraud@3", None)]
    r.promote("fraud@3", "production", share=20)
    assert [drift for *_, drift in drifts(r)] == ["production gives it 80%", "production gives it 20%"]


def test_a_deployment_that_stopped_runs_nowhere(world, r):
    r.record_deployment("fraud@2", "k8s/eu")
    r.record_deployment("fraud@2", "k8s/eu", status="failed")
    assert r.deployments() == ()
    assert not r.record_deployment("fraud@2", "k8s/eu", status="stopped").changed


def test_a_rollback_names_what_still_runs_the_version_that_is_left(world, r):
    r.record_deployment("fraud@2", "k8s/eu")
    r.record_deployment("fraud@2", "edge")
    assert "warning: fraud@2 still runs at edge, k8s/eu" in r.rollback("fraud@2").notes
    assert [each.target for each in r.version("fraud@2").deployments] == ["edge", "k8s/eu"]
    assert {row.runs_at for row in r.identify(r.version("fraud@2").digest)} == {("edge", "k8s/eu")}


@pytest.mark.parametrize("target", ["", "a b", "../x", "-x", "x" * 201, "k8s/", "a\nb"])
def test_what_is_no_target_is_refused(world, r, target):
    with pytest.raises(UsageError):
        r.record_deployment("fraud@2", target)


def test_an_endpoint_is_a_url_and_a_status_one_of_four(world, r):
    with pytest.raises(UsageError, match="an endpoint is a URL"):
        r.record_deployment("fraud@2", "eu", endpoint="scorer:8080")
    with pytest.raises(UsageError, match="a deployment is running, starting, stopped, failed"):
        r.record_deployment("fraud@2", "eu", status="up")


# Signals


def test_a_signal_rolls_back_and_says_what_is_left_to_do(world, r):
    govern(world)
    r.record_deployment("fraud@2", "k8s/eu")
    change = r.signal("fraud@2", "errors", 0.2, count=100, window="1h", source="https://u:p@prom.example/?q=1")
    assert effects(change) == ["production: fraud@2 -> fraud@1", "errors of fraud@2: none -> 0.2"]
    assert [note for note in change.notes if "clock" not in note] == [
        "warning: fraud@2 still runs at k8s/eu",
        "fraud@2 is marked bad (undo: modelkeep mark fraud@2 good)",
        "a person has to look at it",
    ]
    assert change.hints == (f"next: modelkeep acknowledge {change.seq}",)
    (row,) = r.signals()
    assert (row.item, row.is_open, row.left, row.marked_bad) == ("signal", True, ("production",), True)
    assert (row.count, row.window_seconds, row.source) == (100, 3600, "https://prom.example/")
    r.acknowledge(change.seq)
    assert r.signals(open_only=True) == ()
    assert r.signals(open_only=True, as_of=f"seq:{change.seq}")[0].is_open
    assert world.verify().findings == ()


def test_an_automatic_rollback_has_its_signal_as_the_reason(world, r):
    govern(world)
    seq = r.signal("fraud@2", "errors", "0.20", count=100).seq
    _, left, back = r.history("fraud", "production")
    assert (left.ended.what, left.ended.reason, left.ended.other) == ("rolled_back", "signal errors 0.20", "fraud@1")
    assert (back.began.what, back.began.reason, back.until) == ("rolled_back", None, None)
    (entry,) = r.audit(since=f"seq:{seq}", until=f"seq:{seq}")
    assert entry.sentence.startswith("signalled errors 0.20 of fraud@2, automatic rollback of production to fraud@1")
    found = r.version("fraud@2").marked
    assert (found.seq, found.actor, found.reason) == (seq, entry.actor, "signal errors 0.20")
    world.registry.mark("fraud@2", "good")
    assert (r.version("fraud@2").marked, r.version("fraud@2", as_of=f"seq:{seq}").marked) == (None, found)
    r.promote("fraud@2", "production")
    r.signal("fraud@2", "errors", "0.3", count=100, message="checkout fails")
    assert r.version("fraud@2").marked.reason == "checkout fails"
    assert r.history("fraud", "production")[-2].ended.reason == "checkout fails"


def test_a_dry_run_of_a_signal_rolls_nothing_back(world, r):
    govern(world)
    before = world.entries()
    assert effects(r.signal("fraud@2", "errors", 0.2, count=100, dry_run=True))[0] == "production: fraud@2 -> fraud@1"
    assert world.entries() == before


def test_a_signal_goes_back_past_a_version_whose_bytes_are_missing(world, r):
    govern(world)
    r.promote("fraud@3", "production")
    lose_bytes(world, "fraud@2")
    assert effects(r.signal("fraud@3", "errors", 0.2, count=100))[0] == "production: fraud@3 -> fraud@1"
    assert r.version("fraud@1").stages == ("production",)


def test_signals_are_found_by_model_version_and_time(world, r):
    world.register("churn")
    r.signal("fraud@2", "p99", 0.1)
    r.signal("churn@1", "p99", 0.2)
    world.pass_time(days=2)
    r.signal("fraud@3", "p99", "0.30")
    assert [str(each.value) for each in r.signals()] == ["0.3", "0.2", "0.1"]
    assert [each.ref for each in r.signals("fraud")] == ["fraud@3", "fraud@2"]
    assert [each.ref for each in r.signals("fraud@2")] == ["fraud@2"]
    assert [each.ref for each in r.signals(since="1d")] == ["fraud@3"]
    assert [each.ref for each in r.signals(limit=1)] == ["fraud@3"]


def test_diff_shows_the_newest_signal_beside_the_metric_of_its_name(world, r):
    r.signal("fraud@3", "p99", 0.9)
    r.signal("fraud@3", "p99", 0.35)
    r.signal("fraud@2", "p99", 0.25)
    r.signal("fraud@2", "drift", 1)
    rows = [
        (each.section, each.key, [float(value) for value in each.values])
        for each in r.diff(["fraud@2", "fraud@3"]).rows
        if each.section == "signals"
    ]
    assert rows == [("signals", "p99", [0.25, 0.35])]


# Reports of Evidently

NEW = {
    "metrics": [
        {"id": "1", "metric_name": "DriftedColumnsCount(drift_share=0.5)", "value": {"count": 2.0, "share": 0.25}},
        {"id": "2", "metric_id": "ValueDrift(column=age)", "value": 0.031},
        {"id": "3", "metric_name": "RowCount()", "value": 1200},
        {
            "id": "5",
            "metric_name": "UniqueValueCount(column=plan)",
            "value": {"counts": {"a": 3}, "shares": {"a": 0.5}},
        },
        {"id": "6", "metric_name": "RecallByLabel()", "value": {"1": 0.75, "nan": 0.5}},
        {},
        {
            "id": "4",
            "metric_name": "Text()",
            "value": {"name": "x", "digits": "12", "list": [1], "ok": True, "nothing": None, "nan": float("nan")},
        },
    ],
    "tests": [],
}
# As ``save_json`` of Evidently 0.4.40 wrote them.
OLD = {
    "version": "0.4.40",
    "metrics": [
        {
            "metric": "DatasetDriftMetric",
            "result": {"drift_share": 0.5, "share_of_drifted_columns": 0.2, "dataset_drift": False},
        },
        *(
            {
                "metric": "ColumnDriftMetric",
                "result": {
                    "column_name": column, "column_type": "num", "stattest_name": "K-S p_value", "drift_score": score,
                    "drift_detected": True, "current": {"small_distribution": {"x": [0.1, 0.2], "y": [1, 2]}},
                },
            }
            for column, score in (("age", 0.03), ("1", 0.5))
        ),
        {"metric": "ClassificationQualityMetric", "result": {"columns": {"target": "1"}, "current": {"f1": 0.875}}},
    ],
}  # fmt: skip


def report(world, value):
    path = world.work / "report.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_the_numbers_of_a_report_are_signals(world, r):
    r.signal_report("fraud@2", report(world, NEW))
    assert [(each.signal, float(each.value), each.source) for each in reversed(r.signals())] == [
        ("DriftedColumnsCount(drift_share=0.5).count", 2.0, "evidently"),
        ("DriftedColumnsCount(drift_share=0.5).share", 0.25, "evidently"),
        ("ValueDrift(column=age)", 0.031, "evidently"),
        ("RowCount()", 1200.0, "evidently"),
        ("UniqueValueCount(column=plan).counts.a", 3.0, "evidently"),
        ("UniqueValueCount(column=plan).shares.a", 0.5, "evidently"),
        ("RecallByLabel().1", 0.75, "evidently"),
        ("RecallByLabel().nan", 0.5, "evidently"),
    ]


def test_the_numbers_of_a_report_of_the_old_api_are_named_by_their_columns(world, r):
    r.signal_report("fraud@2", report(world, OLD))
    assert [(each.signal, float(each.value)) for each in reversed(r.signals())] == [
        ("DatasetDriftMetric.drift_share", 0.5),
        ("DatasetDriftMetric.share_of_drifted_columns", 0.2),
        ("ColumnDriftMetric(age).drift_score", 0.03),
        ("ColumnDriftMetric(1).drift_score", 0.5),
        ("ClassificationQualityMetric.current.f1", 0.875),
    ]
    r.signal_report("fraud@2", report(world, OLD), "*.share_of*")
    assert r.signals(limit=1)[0].signal == "DatasetDriftMetric.share_of_drifted_columns"


def test_all_numbers_of_a_report_are_about_the_version_that_was_meant(world, r):
    govern(world)
    numbers = [{"metric_name": "errors", "value": 0.5}, {"metric_name": "p99", "value": 0.1}]
    done = r.signal_report("fraud@production", report(world, {"metrics": numbers}), count=1000)
    assert (effects(done[0])[0], done[1].ref) == ("production: fraud@2 -> fraud@1", "fraud@2")


def test_a_report_that_fails_halfway_says_what_was_recorded(world, r, monkeypatch):
    signal = type(r).signal

    def locked(self, ref, name, value, **more):
        if name == "b":
            message = "another writer has the lock"
            raise Busy(message)
        return signal(self, ref, name, value, **more)

    monkeypatch.setattr(type(r), "signal", locked)
    numbers = {"metrics": [{"metric_name": name, "value": 1} for name in "abc"]}
    with pytest.raises(PartlyDone, match="1 of 3 signals were recorded, and b was not: another writer has the lock"):
        r.signal_report("fraud@2", report(world, numbers))
    with pytest.raises(Busy):
        r.signal_report("fraud@2", report(world, numbers), "b")
    assert [each.signal for each in r.signals()] == ["a"]


def test_open_signals_of_a_model_are_found_behind_newer_ones_of_others(world, r):
    govern(world)
    entry = r.signal("fraud@2", "p99", 0.6).seq
    world.register(name="churn")
    r.promote("churn@1", "production")
    r.signal("churn@1", "p99", 0.6)
    assert [each.seq for each in r.signals("fraud", open_only=True, limit=1)] == [entry]
    assert [each.seq for each in r.signals("fraud@2", open_only=True, limit=1)] == [entry]


def test_a_rule_about_a_number_of_observations_warns_where_none_is_given(world, r):
    govern(world)
    assert r.signal("fraud@2", "errors", 0.9).notes[0] == (
        "warning: the policy's rule for errors (rollback) takes at least 100 observations, and --count does not say how many "
        "there were"
    )
    for ref, value, count in (("fraud@2", 0.01, None), ("fraud@1", 0.9, None), ("fraud@2", 0.9, 99)):
        assert not [each for each in r.signal(ref, "errors", value, count=count).notes if "observations" in each]


def test_another_share_says_what_it_was(world, r):
    assert "note: fraud@3 was never in staging" in r.promote("fraud@3", "production", share=10).notes
    notes = [r.promote("fraud@3", "production", share=share).notes for share in (25, None)]
    assert notes[0][:2] == ("fraud@3 had 10% before", "fraud@2 holds production and keeps 75%")
    assert notes[1][0] == "fraud@3 had 25% before"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("no json", "is no JSON"),
        ("[]", "is no report of Evidently"),
        ('{"metrics": {}}', "is no report of Evidently"),
        ('{"metrics": [1, {"metric_name": ["x"], "value": 1}]}', "no metric of .* is a number"),
        ("[" * 100_000, "is no JSON"),
        (
            json.dumps({"metrics": [{"metric_name": f"m{n}", "value": n} for n in range(101)]}),
            "has 101 numbers, more than 100",
        ),
        ('{"metrics": [{"metric_name": "a", "value": 1}, {"metric_name": "a\\nb", "value": 1}]}', "not a legal name"),
        (
            '{"metrics": [{"metric_name": "a", "value": 1}, {"metric_name": "a", "value": 2}]}',
            "two numbers that are called a",
        ),
        (
            '{"metrics": [{"metric_name": "a", "value": ' + '{"b":' * 900 + "1" + "}" * 901 + "]}",
            "is no JSON|not a legal name",
        ),
    ],
)
def test_what_is_no_report_is_refused(world, r, value, message):
    before = world.entries()
    with pytest.raises(UsageError, match=message):
        r.signal_report("fraud@2", report(world, value))
    assert world.entries() == before
