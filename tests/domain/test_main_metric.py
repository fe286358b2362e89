"""One rule says which metric stands for versions, and what its change means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domain.answers.trends import Trend, TrendPoint
from modelkeep.domain.main_metric import main_metric
from modelkeep.domain.metrics import MetricKey
from modelkeep.domain.policy.rules import Direction, Gate, Rules, StageRules
from modelkeep.rendering.trends import change_words, trend_words

ON_HOLDOUT = {"auc": {"holdout@3": 0.9, "live@1": 0.8}}
RULES = Rules(
    stages=(
        StageRules(name="staging", gates=(Gate(metric="latency", max="9"),)),
        StageRules(name="production", gates=(Gate(metric="churned", max="9"), Gate(metric="auc", data="holdout"))),
    ),
    metrics=(Direction("gain", "higher"),),
)


@pytest.mark.parametrize(
    ("measured", "rules", "wanted"),
    [
        ([], None, None),
        ([{}], RULES, None),
        # The direction of "loss" is known, that of "rows" is not.
        ([{"rows": {None: 1}, "loss": {None: 1}}, {"rows": {None: 1}}], None, "loss"),
        ([{"rows": {None: 1}, "cells": {None: 1}}, {"rows": {None: 1}}], None, "rows"),
        ([{"f1": {None: 1}, "auc": {None: 1}}, {"f1": {None: 1}}], None, "f1"),
        ([{"f1": {None: 1}, "auc": {None: 1}}], None, "auc"),
        # The policy: the highest stage first, and only what a version has.
        ([{"latency": {None: 1}, "auc": {None: 1}, "f1": {None: 1}}], RULES, "auc"),
        ([{"latency": {None: 1}, "f1": {None: 1}}], RULES, "latency"),
        ([{"gain": {None: 1}, "f1": {None: 1}}], RULES, "gain"),
        # The bare name where one version has a value by it, else the data that most have.
        ([ON_HOLDOUT, {"auc": {"live@1": 0.7}}], None, "auc"),
        ([ON_HOLDOUT, ON_HOLDOUT], None, "auc@holdout@3"),
        ([ON_HOLDOUT, {"auc": {"live@1": 0.7, "b": 1}}], None, "auc@live@1"),
        ([ON_HOLDOUT, {"auc": {"live@1": 0.7}}], RULES, "auc@holdout@3"),
        ([{"auc": {"live@1": 0.7}}], RULES, "auc"),
    ],
)
def test_the_main_metric_is_that_of_the_policy_else_the_one_that_most_versions_have(measured, rules, wanted):
    found = main_metric(measured, rules)
    assert (None if found is None else str(found)) == wanted


VALUES = st.dictionaries(
    st.sampled_from("ab"), st.dictionaries(st.sampled_from([None, "x", "y@1"]), st.floats(0, 1), min_size=1)
)


@given(st.lists(VALUES, max_size=4))
def test_the_main_metric_is_one_that_some_version_has_and_does_not_depend_on_the_order(measured):
    found = main_metric(measured)
    assert found == main_metric(measured[::-1])
    assert (found is None) == (not any(measured))
    if found is not None:
        assert any(len(found.candidates(each.get(found.name, {}))) == 1 for each in measured)
    assert isinstance(found, MetricKey | None)


def test_a_change_is_against_what_was_measured_on_the_same_data():
    one = TrendPoint("m@1", 0.9)
    assert TrendPoint("m@2", 0.875).beside(one, "higher").difference == pytest.approx(-0.025)
    assert change_words(TrendPoint("m@2", 0.875).beside(one, "higher")) == "-0.025 worse"
    assert change_words(TrendPoint("m@2", 0.875).beside(one, "lower")) == "-0.025 better"
    assert change_words(TrendPoint("m@2", 0.875).beside(one, None)) == "-0.025"
    assert change_words(TrendPoint("m@2", 0.9).beside(one, "lower")) == "0"
    for other in (TrendPoint("m@2", 0.8, "holdout"), TrendPoint("m@2", None), TrendPoint("m@2", float("nan"))):
        assert change_words(other.beside(one, "higher")) is None
        assert change_words(one.beside(other, "higher")) is None


def test_a_trend_in_words_goes_from_the_first_value_to_the_last_and_names_the_best():
    points = tuple(TrendPoint(f"m@{n}", value) for n, value in enumerate((0.5, None, 0.25, float("nan"), 0.375), 1))
    assert trend_words(Trend("loss", "lower", points)) == "@1 0.5 -> @5 0.375 (-0.125 better), best shown 0.25 in m@3"
    assert trend_words(Trend("auc", "higher", points)) == "@1 0.5 -> @5 0.375 (-0.125 worse), best shown 0.5 in m@1"
    assert trend_words(Trend("rows", None, points)) == "@1 0.5 -> @5 0.375 (-0.125)"
    assert trend_words(Trend("rows", None, points[:2])) is None
    odd = (TrendPoint("m@1", float("inf")), TrendPoint("m@2", "NaN"))
    assert trend_words(Trend("auc", "higher", (odd[0], *points, odd[1]))) == trend_words(Trend("auc", "higher", points))
    assert trend_words(Trend("rows", "higher", (TrendPoint("m@1", "1e999"), TrendPoint("m@2", "2e999")))) == (
        "@1 1e999 -> @2 2e999 (+1e+999 better)"
    )
