"""The one rule of metrics: which value a key means."""

import pytest

from modelkeep.domain.metrics import MetricKey, keys_of, one_of_each, parse_metric_key, spelled, value_of
from modelkeep.errors import UsageError


@pytest.mark.parametrize(
    ("by_data", "value"),
    [
        ({None: 1}, 1),
        ({None: 1, "a": 2, "b": 3}, 1),
        ({"a": 2}, 2),
        ({"a": 2, "b": 3}, None),
        ({}, None),
    ],
)
def test_a_bare_name_means_the_value_without_data_else_the_only_one(by_data, value):
    assert one_of_each({"auc": by_data}) == ({} if value is None else {"auc": value})


def test_several_data_and_none_without_are_refused():
    with pytest.raises(UsageError) as error:
        value_of({"auc": {"b@1": 2, "a@1": 3}}, MetricKey("auc"), "fraud@3")
    assert error.value.message == "auc of fraud@3 was measured on b@1 and a@1: which is meant?"
    assert error.value.hint == "metric.auc@b@1 or metric.auc@a@1"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("auc", MetricKey("auc")),
        ("auc@h@3", MetricKey("auc", "h@3")),
        ("auc@data:h@3", MetricKey("auc", "h@3")),
        ("auc@", MetricKey("auc", "")),
        ("recall@5", MetricKey("recall@5")),
        ("recall@5@h@3", MetricKey("recall@5", "h@3")),
        ("f1@", None),
        ("auc@h", None),
        ("nope", None),
        ("", None),
    ],
)
def test_the_whole_text_is_a_name_first_then_it_is_split(text, key):
    known = [("auc", None), ("auc", "h@3"), ("f1", "h@3"), ("recall", "5"), ("recall@5", None), ("recall@5", "h@3")]
    assert parse_metric_key(text, known) == key


def test_a_key_that_may_be_split_in_two_ways_is_refused():
    with pytest.raises(UsageError) as error:
        parse_metric_key("k@a@b", [("k", "a@b"), ("k@a", "b")])
    assert error.value.message == "'metric.k@a@b' may mean k on a@b or k@a on b"


def test_every_value_has_a_text_that_means_it_alone():
    known = [("auc", None), ("auc", "h@1"), ("auc@h@1", None), ("k", "a@b"), ("k@a", "b"), ("f1", "h@1")]
    assert spelled(known) == {
        ("auc", None): "auc",
        ("auc", "h@1"): "auc@data:h@1",
        ("auc@h@1", None): "auc@h@1",
        ("k", "a@b"): "k@data:a@b",
        ("k@a", "b"): "k@a@data:b",
        ("f1", "h@1"): "f1@h@1",
    }
    for (name, data), text in spelled(known).items():
        assert parse_metric_key(text, known) == MetricKey(name, data)
    assert keys_of(known)[-6:] == ["auc@", "auc@data:h@1", "auc@h@1@", "k@data:a@b", "k@a@data:b", "f1@h@1"]
