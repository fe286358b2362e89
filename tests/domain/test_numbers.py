"""Numbers: exact, whatever the digits and the spelling."""

import copy
import json
import math
import pickle
from decimal import Decimal

import pytest

from modelkeep.domain.answers.versions import Evaluation
from modelkeep.domain.json_values import param_value, to_json, to_text
from modelkeep.domain.numbers import Number, as_number, metric_value


@pytest.mark.parametrize(
    ("text", "value", "as_json"),
    [
        ("0.914", "0.914", "0.914"),
        ("0.90", "0.9", "0.90"),
        (".91", "0.91", "0.91"),
        ("+0.9", "0.9", "0.9"),
        (" 0.9 ", "0.9", "0.9"),
        ("0.9\r", "0.9", "0.9"),
        ("\t1\n", "1", "1"),
        ("1.", "1", "1"),
        ("-.5e-3", "-0.0005", "-0.5e-3"),
        ("-12", "-12", "-12"),
        ("007", "7", "7"),
        ("-00.10", "-0.1", "-0.10"),
        ("1e-3", "0.001", "1e-3"),
        ("1.E5", "100000", "1E5"),
        ("1.5E+10", "1.5E+10", "1.5E+10"),
        ("-0", "0", "-0"),
        ("0e5", "0", "0e5"),
        ("9007199254740991", "9007199254740991", "9007199254740991"),
        ("-9007199254740992", "-9007199254740992", '"-9007199254740992"'),
        ("1" + "0" * 400 + ".5", "1" + "0" * 400 + ".5", '"1' + "0" * 400 + '.5"'),
        ("1e999", "1e999", '"1e999"'),
        ("1e-400", "1e-400", '"1e-400"'),
        ("3" * 5000, "3" * 5000, f'"{"3" * 5000}"'),
        ("0." + "3" * 5000, "0." + "3" * 5000, "0." + "3" * 5000),
    ],
)
def test_a_number_has_its_exact_value_and_its_digits_in_json(text, value, as_json):
    assert as_number(text) == Decimal(value)
    assert to_json(metric_value(text)) == as_json
    assert json.loads(as_json) is not None


@pytest.mark.parametrize(
    "text", ["", ".", "+", "e5", "1e1000", "1e", "1_000", "1,5", "0x1", "\u0661", "--1", "+-1", "True", "1 2", "1.2.3"]
)
def test_what_is_no_number_stays_text(text):
    assert as_number(text) is None
    assert metric_value(text) == text


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("nan", "NaN"),
        ("NaN", "NaN"),
        ("-nan", "NaN"),
        ("inf", "Infinity"),
        ("+Infinity", "Infinity"),
        (" -INF ", "-Infinity"),
    ],
)
def test_nan_and_infinities_are_no_numbers_but_floats(text, word):
    assert as_number(text) is None
    value = metric_value(text)
    assert isinstance(value, float)
    assert not math.isfinite(value)
    assert (to_text(value), to_json(value)) == (word, f'"{word}"')


def test_answers_with_the_same_nan_are_equal():
    one, other = (Evaluation("auc", metric_value("nan"), None, "t", "ana") for _ in range(2))
    assert (one, {"auc": one.value}) == (other, {"auc": other.value})


def test_a_metric_is_a_float():
    value = metric_value("0.90")
    assert isinstance(value, float)
    assert (value, value + 0.05, json.dumps({"auc": value})) == (0.9, 0.9500000000000001, '{"auc": 0.9}')
    assert sorted([metric_value("0.9"), metric_value("1e-3")]) == [0.001, 0.9]


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_a_number_keeps_its_digits_on_the_way(again):
    assert to_json(again(Number("0.90"))) == "0.90"
    assert to_json(again(Number("NaN"))) == '"NaN"'


@pytest.mark.parametrize(
    ("text", "value", "as_json"),
    [
        ("8", 8, "8"),
        ("-8", -8, "-8"),
        ("0.10", 0.1, "0.10"),
        ("1e-3", 0.001, "1e-3"),
        ("-0", -0.0, "-0"),
        ("true", True, "true"),
        ("null", None, "null"),
        ('["relu", 0.10, null]', ["relu", 0.1, None], '["relu",0.10,null]'),
        ('{"a": {"b": [1]}}', {"a": {"b": [1]}}, '{"a":{"b":[1]}}'),
        ("[]", [], "[]"),
        ("9007199254740992", "9007199254740992", '"9007199254740992"'),
        ("[9007199254740992, 1e999]", ["9007199254740992", "1e999"], '["9007199254740992","1e999"]'),
    ],
)
def test_a_param_that_is_json_is_that_value(text, value, as_json):
    found = param_value(text)
    assert (found, type(found) is bool) == (value, type(value) is bool)
    assert to_json(found) == as_json


@pytest.mark.parametrize(
    "text",
    [
        "", "word", "True", "None", "+1", ".5", "1.", "007", " 1", "1 ", "1_000", "NaN", "Infinity", '"1"', "[1,]", "[NaN]",
        '{"a": 1, "a": 2}', "[" * 33 + "]" * 33, "[" * 100_000, "{", "1e400", "3" * 5000,
    ],
)  # fmt: skip
def test_a_param_that_is_not_json_to_the_letter_stays_text(text):
    assert param_value(text) == text
    assert to_json(param_value(text)) == json.dumps(text)


def test_two_signs_before_an_infinity_are_text():
    assert metric_value("+-inf") == "+-inf"
