"""A metric over versions: which one, in which order, as of when, and what each change is against."""

import pytest
from governed_story import rules
from history import History, at

from modelkeep.cli.views.trends import value_cell
from modelkeep.domain.numbers import Number
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.errors import UsageError
from modelkeep.rendering.trends import trend_words


@pytest.fixture
def history():
    history = History()
    for auc, rows in (("0.8", "10"), ("0.9", "20"), ("0.85", "30")):
        history.register("fraud", auc, metrics=[("auc", auc), ("rows", rows)])
    return history


def points(found):
    return [(each.ref, each.value, each.against, each.verdict) for each in found.points]


def test_a_model_stands_for_its_newest_versions_oldest_first_and_as_of_a_moment(history):
    registry = history.registry
    found = registry.trend("fraud")
    assert (found.metric, found.better) == ("auc", "higher")
    assert points(found) == [
        ("fraud@1", 0.8, None, None), ("fraud@2", 0.9, "fraud@1", "better"), ("fraud@3", 0.85, "fraud@2", "worse"),
    ]  # fmt: skip
    history.archive("fraud@1")
    history.delete("fraud@2")
    assert [each.ref for each in registry.trend("fraud").points] == ["fraud@3"]
    # Asked for by name they are there, in the order given.
    assert [each.ref for each in registry.trend(["fraud@3", "fraud@2", "fraud@1"]).points] == [
        "fraud@3",
        "fraud@2",
        "fraud@1",
    ]
    assert [each.ref for each in registry.trend("fraud", as_of="seq:3").points] == ["fraud@1", "fraud@2"]
    assert registry.trend("fraud", as_of=at(3)) == registry.trend("fraud", as_of="seq:3")


def test_a_metric_can_be_asked_for_and_one_that_there_is_not_is_refused(history):
    found = history.registry.trend("fraud", metric="rows")
    assert (found.metric, found.better, found.points[1].difference, found.points[1].verdict) == ("rows", None, 10, None)
    with pytest.raises(UsageError, match=r"no version has metric.acu"):
        history.registry.trend("fraud", metric="acu")


def test_the_first_gate_of_the_policy_names_the_main_metric(history):
    history.evaluate("fraud@3", [("a_score", "1")])
    history.evaluate("fraud@3", [("accuracy", "1")])
    assert history.registry.trend("fraud").metric == "auc"
    for number in (1, 2):
        history.evaluate(f"fraud@{number}", [("accuracy", "1")])
    assert history.registry.trend("fraud").metric == "accuracy"
    history.policy(rules("0.85"))
    assert history.registry.trend("fraud").metric == "auc"


def test_all_values_are_of_the_data_that_most_versions_were_measured_on():
    history = History()
    for number, measured in enumerate(({"a": "0.9"}, {"b": "0.99"}, {"a": "0.95", "b": "0.8"}, {"a": "0.91"}), 1):
        history.register("fraud", str(number))
        for data, auc in measured.items():
            history.evaluate(f"fraud@{number}", [("auc", auc)], Data(name=data))
    found = history.registry.trend("fraud")
    assert found.metric == "auc@a"
    assert points(found) == [
        ("fraud@1", 0.9, None, None), ("fraud@2", None, None, None), ("fraud@3", 0.95, "fraud@1", "better"),
        ("fraud@4", 0.91, "fraud@3", "worse"),
    ]  # fmt: skip
    assert trend_words(found) == "@1 0.9 -> @4 0.91 (+0.01 better), best shown 0.95 in fraud@3"
    assert [[(str(each.value), each.data) for each in point.elsewhere] for point in found.points] == [
        [],
        [("0.99", "b")],
        [],
        [],
    ]
    assert [value_cell(point).plain for point in found.points] == ["0.9", "(0.99 on b)", "0.95", "0.91"]
    history.mark("fraud@3")
    assert (
        trend_words(history.registry.trend("fraud")) == "@1 0.9 -> @4 0.91 (+0.01 better), best shown 0.91 in fraud@4"
    )


def test_what_is_said_of_a_version_does_not_depend_on_which_others_are_shown(history):
    def said(ref, *others, **asked):
        return next(each for each in history.registry.trend([*others, ref], **asked).points if each.ref == ref)

    history.register("fraud", "newest", metrics=[("rows", "5"), ("auc", "0.95")])
    history.mark("fraud@3")
    alone = said("fraud@4")
    assert (alone.against, alone.difference, alone.verdict) == ("fraud@3", Number("0.10"), "better")
    assert said("fraud@4", "fraud@1") == said("fraud@4", "fraud@1", "fraud@2", metric="auc") == alone
    history.archive("fraud@3")
    assert said("fraud@4").against == "fraud@3"
    history.delete("fraud@3")
    assert [said("fraud@4", *others).against for others in ((), ("fraud@3",), ("fraud@1",))] == ["fraud@2"] * 3
    # The metric is that of the newest versions, and the own one of a version that does not have it.
    history.register("fraud", "other", metrics=[("f1", "0.5")])
    found = [history.registry.trend(refs).metric for refs in (["fraud@5", "fraud@4"], ["fraud@4"], ["fraud@5"])]
    assert found == ["auc", "auc", "f1"]


def test_of_equals_the_metric_is_the_one_without_data(history):
    for number in (1, 2, 3):
        history.evaluate(f"fraud@{number}", [("auc", "0.1")], Data(name="holdout"))
    assert [each.value for each in history.registry.trend("fraud", metric="auc").points] == [0.8, 0.9, 0.85]


def test_values_that_are_no_numbers_are_neither_the_best_nor_a_change():
    history = History()
    for value in ("NaN", "0.5", "Infinity", "-1e308", "1e308", "0.5"):
        history.register("fraud", value, metrics=[("auc", value)])
    found = history.registry.trend("fraud")
    assert [each.difference for each in found.points[:4]] == [None] * 4
    assert trend_words(found) == "@2 0.5 -> @6 0.5 (0), best shown 1e308 in fraud@5"
    assert trend_words(history.registry.trend(["fraud@1", "fraud@3"])) is None
    history.register("fraud", "near", metrics=[("auc", "0.500000001")])
    assert trend_words(history.registry.trend(["fraud@6", "fraud@7"])) == (
        "@6 0.5 -> @7 0.500000001 (+0.000000001 better), best shown 0.5 in fraud@7"
    )


def test_versions_without_a_metric_are_points_without_a_value():
    history = History()
    history.register("fraud", "one")
    found = history.registry.trend("fraud")
    assert (found.metric, found.better, points(found)) == (None, None, [("fraud@1", None, None, None)])


def test_deleted_versions_do_not_choose_the_data():
    history = History()
    for number, data in enumerate(("old", "old", "old", "new", "new"), start=1):
        history.register("fraud", str(number))
        history.evaluate(f"fraud@{number}", [("auc", f"0.{number}")], Data(data))
    for number in (1, 2, 3):
        history.delete(f"fraud@{number}")
    found = history.registry.trend("fraud")
    assert (found.metric, [(each.ref, str(each.value)) for each in found.points]) == (
        "auc@new", [("fraud@4", "0.4"), ("fraud@5", "0.5")],
    )  # fmt: skip
