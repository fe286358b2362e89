"""Each rule about a version: what it finds, its bound, and whether it holds. Entry N is of minute N of 2026-01-01."""

import pytest
from history import History, at

from modelkeep.domain.policy.rules import Direction, Gate, RequiredCheck, Rules, Soak, StageRules
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.errors import Denied

COMMIT = "9f2c4e1ab07d3586c1e0a94b7d2f6853e4c1b0a7"


def production(**rules):
    return Rules(stages=(StageRules(name="staging"), StageRules(name="production", protected=True, **rules)))


def said(history, ref="fraud@1", stage="production"):
    """Return what each rule says: ``HOLDS data: there, must be there``."""
    marks = {(True, False): "HOLDS", (True, True): "HOLDS", (False, True): "WARNS", (False, False): "DENIES"}
    return [
        f"{marks[each.passed, each.warn]} {each.rule}: {each.value}, must be {each.bound}"
        for each in history.judgement(ref, stage).results
    ]


@pytest.fixture
def history():
    return History()


# Metadata

WORDS = ("data", "clean-code", "licence", "description", "label", "tag.owner")


def test_every_word_of_metadata_that_is_missing_denies(history):
    history.register("fraud")
    history.policy(production(require=(*WORDS, "reason")))
    assert said(history) == [f"DENIES {word}: missing, must be there" for word in (*WORDS, "reason")]


def test_every_word_of_metadata_that_is_there_holds(history):
    history.register(
        "fraud", data=[Data(name="tx")], commit=COMMIT, licence="MIT", label="1.0", description="d", tag__owner="risk"
    )
    history.policy(production(require=WORDS))
    assert said(history) == [f"HOLDS {word}: there, must be there" for word in WORDS]


def test_what_is_recommended_only_warns(history):
    history.register("fraud")
    history.policy(production(recommend=("data",)))
    assert said(history) == ["WARNS data: missing, must be there"]
    history.promote("fraud@1", "production")
    assert history.registry.version("fraud@1").stages == ("production",)


def test_code_that_was_not_committed_is_code_but_not_clean(history):
    history.register("fraud", commit=COMMIT, dirty=True)
    history.policy(production(require=("code",)))
    assert said(history) == ["HOLDS code: there, must be there"]
    history.policy(production(require=("clean-code",)))
    assert said(history) == ["DENIES clean-code: dirty, must be there"]


def test_metadata_that_comes_later_counts_and_what_was_taken_back_does_not(history):
    history.register("fraud", tag__owner="risk")
    history.policy(production(require=("tag.owner", "tag.tier", "description", "label")))
    history.tag("fraud@1", remove=["owner"], tier="gold")
    history.describe("fraud@1", "finds fraud")
    history.label("fraud@1", "1.0")
    assert said(history) == [
        "DENIES tag.owner: missing, must be there",
        "HOLDS tag.tier: there, must be there",
        "HOLDS description: there, must be there",
        "HOLDS label: there, must be there",
    ]


def test_the_description_and_the_tags_of_the_model_are_not_those_of_the_version(history):
    history.register("fraud")
    history.describe("fraud", "scores payments")
    history.tag("fraud", owner="risk")
    history.policy(production(require=("description", "tag.owner")))
    assert said(history) == [
        "DENIES description: missing, must be there",
        "DENIES tag.owner: missing, must be there",
    ]


@pytest.mark.parametrize("blank", ["", " ", "\n\t", "\N{NO-BREAK SPACE}"])
def test_a_description_or_a_tag_that_is_blank_is_not_there(history, blank):
    history.register("fraud", description="scores payments", tag__owner="risk")
    history.policy(production(require=("description", "tag.owner")))
    history.describe("fraud@1", blank)
    history.tag("fraud@1", owner=blank)
    missing = ["description: missing, must be there", "tag.owner: missing, must be there"]
    assert said(history) == [f"DENIES {each}" for each in missing]
    with pytest.raises(Denied) as caught:
        history.register("fraud", "others", description=blank, tag__owner=blank, stage="production")
    assert caught.value.message.splitlines()[1:3] == [f"  {each}" for each in missing]


# Metrics


def gated(*gates, directions=(), metrics=(("auc", "0.9"),), on=None):
    history = History()
    history.register("fraud", metrics=metrics, on=on)
    rules = production(gates=gates)
    history.policy(Rules(stages=rules.stages, metrics=directions))
    return history


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.9", "HOLDS metric auc min: 0.9, must be >= 0.90"),
        ("9e-1", "HOLDS metric auc min: 9e-1, must be >= 0.90"),
        ("0.8999999999999999999999999999999999", "DENIES metric auc min: 0.8999999999999999999999999999999999, must be >= 0.90"),
        ("NaN", "DENIES metric auc min: NaN, must be >= 0.90"),
        ("inf", "DENIES metric auc min: inf, must be >= 0.90"),
    ],
)  # fmt: skip
def test_a_minimum_is_compared_exactly_and_what_is_no_number_does_not_hold(value, expected):
    assert said(gated(Gate(metric="auc", min="0.90"), metrics=[("auc", value)])) == [expected]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.30", "HOLDS metric loss max: 0.30, must be <= 0.3"),
        ("0.3000000000000000000000000000000001", "DENIES metric loss max: 0.3000000000000000000000000000000001, must be <= 0.3"),
        ("-Infinity", "DENIES metric loss max: -Infinity, must be <= 0.3"),
    ],
)  # fmt: skip
def test_a_maximum_is_compared_exactly(value, expected):
    assert said(gated(Gate(metric="loss", max="0.3"), metrics=[("loss", value)])) == [expected]


def test_a_gate_with_two_bounds_has_two_results_and_a_missing_metric_keeps_none():
    gate = Gate(metric="rate", min="0.1", max="0.2")
    assert said(gated(gate, metrics=[("rate", "0.25")])) == [
        "HOLDS metric rate min: 0.25, must be >= 0.1",
        "DENIES metric rate max: 0.25, must be <= 0.2",
    ]
    assert said(gated(gate)) == [
        "DENIES metric rate min: missing, must be >= 0.1",
        "DENIES metric rate max: missing, must be <= 0.2",
    ]


def test_a_gate_that_warns_lets_the_version_through():
    assert said(gated(Gate(metric="auc", min="0.95", warn=True))) == ["WARNS metric auc min: 0.9, must be >= 0.95"]


HOLDOUT = Data(name="holdout", version="3")


def test_a_gate_without_data_takes_the_value_without_data_else_that_on_the_only_data():
    gate = Gate(metric="auc", min="0.8")
    history = gated(gate, on=HOLDOUT)
    assert said(history) == ["HOLDS metric auc min: 0.9 on holdout@3, must be >= 0.8"]
    history.evaluate("fraud@1", [("auc", "0.95")], Data(name="live"))
    assert said(history) == ["DENIES metric auc min: measured on live and holdout@3, must be >= 0.8"]
    history.evaluate("fraud@1", [("auc", "0.7")])
    assert said(history) == ["DENIES metric auc min: 0.7, must be >= 0.8"]


def test_a_gate_on_a_dataset_takes_the_newest_value_on_any_version_of_it():
    gate = Gate(metric="auc", data="holdout", min="0.8")
    history = gated(gate, on=HOLDOUT)
    assert said(history) == ["HOLDS metric auc on holdout min: 0.9 on holdout@3, must be >= 0.8"]
    history.evaluate("fraud@1", [("auc", "0.7")], Data(name="holdout", version="4"))
    assert said(history) == ["DENIES metric auc on holdout min: 0.7 on holdout@4, must be >= 0.8"]
    history.evaluate("fraud@1", [("auc", "0.85")], Data(name="holdout"))
    assert said(history) == ["HOLDS metric auc on holdout min: 0.85, must be >= 0.8"]


def test_a_gate_on_a_version_of_a_dataset_takes_no_other_and_names_are_not_prefixes():
    gates = (Gate(metric="auc", data="holdout@4", min="0.8"), Gate(metric="auc", data="hold", min="0.8"))
    assert said(gated(*gates, on=HOLDOUT)) == [
        "DENIES metric auc on holdout@4 min: missing, must be >= 0.8",
        "DENIES metric auc on hold min: missing, must be >= 0.8",
    ]


def compared(mine, theirs, tolerance="0.005", metric="auc", direction="higher"):
    """Return what a gate against production says of fraud@2, where fraud@1 holds it."""
    history = History()
    history.register("fraud", metrics=[(metric, theirs)])
    history.promote("fraud@1", "production")
    history.register("fraud", metrics=[(metric, mine)])
    gate = Gate(metric=metric, no_worse_than_production=tolerance, direction=direction)
    history.policy(production(gates=(gate,)))
    return said(history, "fraud@2")


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ("0.902", "0.907", "HOLDS metric auc against production: 0.902, must be >= 0.902: fraud@1 has 0.907"),
        ("0.9019", "0.907", "DENIES metric auc against production: 0.9019, must be >= 0.902: fraud@1 has 0.907"),
        ("0.95", "0.907", "HOLDS metric auc against production: 0.95, must be >= 0.902: fraud@1 has 0.907"),
        (
            "0.9020000000000000000000000000000001", "0.9070000000000000000000000000000002",
            ("DENIES metric auc against production: 0.9020000000000000000000000000000001, "
            "must be >= 0.9020000000000000000000000000000002: fraud@1 has 0.9070000000000000000000000000000002"),
        ),
        ("0.9", "NaN", "DENIES metric auc against production: 0.9, must be as good as fraud@1, which has NaN"),
        ("NaN", "0.9", "DENIES metric auc against production: NaN, must be >= 0.895: fraud@1 has 0.9"),
        ("1e300", "1e-300", ("HOLDS metric auc against production: 1e300, must be >= "
         "-0.0049999999999999999999999999999999999... (303 characters, sha256:59eb606dfd88db497f8f8bb6d674dd49): fraud@1 has 1e-300")),
    ],
)  # fmt: skip
def test_no_worse_than_production_is_exact_to_the_last_digit(mine, theirs, expected):
    assert compared(mine, theirs) == [expected]


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("higher", "HOLDS metric val_loss against production: 0.306, must be >= 0.295: fraud@1 has 0.3"),
        ("lower", "DENIES metric val_loss against production: 0.306, must be <= 0.305: fraud@1 has 0.3"),
    ],
)
def test_the_direction_of_a_gate_counts_and_not_what_a_name_may_mean(direction, expected):
    assert compared("0.306", "0.3", metric="val_loss", direction=direction) == [expected]


def test_the_policy_says_the_direction_where_the_gate_does_not():
    history = History()
    history.register("fraud", metrics=[("churn", "0.3"), ("drop", "0.3"), ("val_loss", "0.3")])
    history.promote("fraud@1", "production")
    history.register("fraud", metrics=[("churn", "0.31"), ("drop", "0.31"), ("val_loss", "0.31")])
    gates = (
        Gate(metric="churn", no_worse_than_production="0"),
        Gate(metric="drop", no_worse_than_production="0", direction="higher"),
        Gate(metric="val_loss", no_worse_than_production="0"),
    )
    lower = (Direction("churn", "lower"), Direction("val_loss", "higher"))
    history.policy(Rules(stages=production(gates=gates).stages, metrics=lower))
    assert said(history, "fraud@2") == [
        "DENIES metric churn against production: 0.31, must be <= 0.3: fraud@1 has 0.3",
        "HOLDS metric drop against production: 0.31, must be >= 0.3: fraud@1 has 0.3",
        "HOLDS metric val_loss against production: 0.31, must be >= 0.3: fraud@1 has 0.3",
    ]


def test_against_nothing_in_production_any_number_holds():
    gate = Gate(metric="auc", no_worse_than_production="0.005", direction="higher")
    bound = "a number: nothing is in production"
    assert said(gated(gate)) == [f"HOLDS metric auc against production: 0.9, must be {bound}"]
    assert said(gated(gate, metrics=[("auc", "NaN")])) == [
        f"DENIES metric auc against production: NaN, must be {bound}"
    ]
    assert said(gated(gate, metrics=[("f1", "1")])) == [
        f"DENIES metric auc against production: missing, must be {bound}"
    ]


def test_like_is_compared_with_like_and_a_holder_without_the_metric_is_no_excuse():
    history = History()
    history.register("fraud", metrics=[("auc", "0.9")])
    history.promote("fraud@1", "production")
    history.register("fraud", metrics=[("auc", "0.99")], on=HOLDOUT)
    history.policy(
        production(gates=(Gate(metric="auc", data="holdout", no_worse_than_production="0", direction="higher"),))
    )
    assert said(history, "fraud@2") == [
        (
            "DENIES metric auc on holdout against production: 0.99 on holdout@3, "
            "must be as good as fraud@1, which has no auc on holdout@3"
        )
    ]
    history.evaluate("fraud@1", [("auc", "0.98")], HOLDOUT)
    assert said(history, "fraud@2") == [
        (
            "HOLDS metric auc on holdout against production: 0.99 on holdout@3, "
            "must be >= 0.98: fraud@1 has 0.98 on holdout@3"
        )
    ]


# Stages before, soak


def test_a_version_must_have_held_one_of_the_stages_before(history):
    history.register("fraud")
    history.policy(production(after=("staging",)))
    assert said(history) == ["DENIES after: never in staging, must be in staging before"]
    history.promote("fraud@1", "staging")
    history.retire("fraud@1", "staging")
    assert said(history) == ["HOLDS after: was in staging, must be in staging before"]


def test_soaking_counts_from_the_last_time_that_the_stage_was_taken(history):
    history.register("fraud")  # entry 2
    history.policy(production(soak=Soak(stage="staging", seconds=180)))  # entry 3
    assert said(history) == ["DENIES soak: never in staging, must be 3m in staging until now"]
    history.promote("fraud@1", "staging")  # entry 4
    history.note("fraud@1", "a minute")  # entry 5
    expected = (
        "soak: in staging since 2026-01-01T00:04:00Z, must be 3m in staging until now: from 2026-01-01T00:07:00Z on"
    )
    assert said(history) == [f"DENIES {expected}"]  # at minute 6
    history.note("fraud@1", "another minute")  # entry 6
    assert said(history) == [f"HOLDS {expected}"]  # at minute 7, to the second
    history.retire("fraud@1", "staging")  # entry 7
    assert said(history) == ["DENIES soak: left staging at 2026-01-01T00:07:00Z, must be 3m in staging until now"]
    history.promote("fraud@1", "staging")  # entry 8: a break begins it anew
    assert said(history) == [
        (
            "DENIES soak: in staging since 2026-01-01T00:08:00Z, "
            "must be 3m in staging until now: from 2026-01-01T00:11:00Z on"
        )
    ]


# Checks


def test_a_check_must_have_passed_and_the_newest_result_counts(history):
    history.register("fraud")  # entry 2
    history.policy(production(checks=(RequiredCheck(name="bias"),)))  # entry 3
    assert said(history) == ["DENIES check bias: missing, must be pass or warn"]
    for seq, result, mark in ((4, "fail", "DENIES"), (5, "warn", "HOLDS"), (6, "pass", "HOLDS"), (7, "fail", "DENIES")):
        assert history.check("fraud@1", "bias", result) == seq
        assert said(history) == [
            f"{mark} check bias: {result} in entry {seq} of 2026-01-01T00:0{seq}:00Z, must be pass or warn"
        ]
    history.check("fraud@1", "toxicity")
    assert said(history)[0].startswith("DENIES check bias: fail in entry 7")


def test_a_check_gets_too_old_and_expires(history):
    history.register("fraud")  # entry 2
    checks = (RequiredCheck(name="bias", max_age=120), RequiredCheck(name="scan", warn=True))
    history.policy(production(checks=checks))  # entry 3
    history.check("fraud@1", "bias")  # entry 4
    history.check("fraud@1", "scan", expires=at(7))  # entry 5
    bias = "check bias: pass in entry 4 of 2026-01-01T00:04:00Z, must be pass or warn, at most 2m old"
    scan = (
        "check scan: pass in entry 5 of 2026-01-01T00:05:00Z, counts until 2026-01-01T00:07:00Z, must be pass or warn"
    )
    assert said(history) == [f"HOLDS {bias}", f"HOLDS {scan}"]  # at minute 6
    history.note("fraud@1", "a minute")
    assert said(history) == [f"DENIES {bias}", f"WARNS {scan}"]  # at minute 7
