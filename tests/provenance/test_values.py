"""Params, metrics and tags: keys and exact text from flags, files and Python."""

import argparse
import array
import enum
import functools
import io
import json
import math
import os
import pathlib
import sys
import threading
from collections import UserDict, deque
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from odd_values import Config, MetaTensor, Scores, TensorFlowTensor, TorchTensor, Training

from modelkeep.domain.numbers import as_number
from modelkeep.errors import NotFound, UsageError
from modelkeep.provenance import value_files, values


@pytest.fixture
def file(tmp_path):
    def write(name: str, text: str | bytes) -> str:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    return write


# Flags


def test_what_is_typed_is_kept_to_the_letter():
    assert list(values.from_flags(["lr=0.10", "note=a=b", "empty=", "s= x "], "param")) == [
        ("lr", "0.10"), ("note", "a=b"), ("empty", ""), ("s", " x "),
    ]  # fmt: skip


def test_a_flag_without_a_value_is_told_with_the_line_to_type():
    with pytest.raises(UsageError) as caught:
        values.from_flags(["auc"], "metric")
    assert (caught.value.message, caught.value.hint) == ("metric 'auc' has no value", "--metric auc=VALUE")


@pytest.mark.parametrize("text", ["=1", " a=1", "a =1", "a\x1b=1", "a\n=1", "a=\0", "a=\udcff", "x" * 251 + "=1"])
def test_what_cannot_be_stored_is_a_usage_error(text):
    with pytest.raises(UsageError):
        values.from_flags([text], "tag")


def test_a_key_given_twice_with_one_value_is_one_and_with_two_is_a_mistake():
    assert list(values.from_flags(["a=1", "a=1"], "param")) == [("a", "1")]
    with pytest.raises(UsageError, match=r"param 'a' was given twice: '1' and '1\.0'"):
        values.from_flags(["a=1", "a=1.0"], "param")
    with pytest.raises(UsageError, match="metric 'auc' was given twice"):
        values.merge([("auc", "0.9")], [("auc", "0.8")], what="metric")
    assert list(values.merge([("a", "1")], [("b", "2"), ("a", "1")], what="param")) == [("a", "1"), ("b", "2")]


# Files


def test_numbers_of_json_keep_their_spelling(file):
    path = file("p.json", '{"lr": 0.10, "big": 123456789012345678901234567890, "e": 1E-5, "s": "x", "z": -0.0}')
    assert list(value_files.from_file(path, "param")) == [
        ("lr", "0.10"), ("big", "123456789012345678901234567890"), ("e", "1E-5"), ("s", "x"), ("z", "-0.0"),
    ]  # fmt: skip


def test_nested_keys_are_joined_by_a_dot(file):
    path = file("p.json", '{"a": {"b": {"c": 1}}, "d": {}, "n": null, "t": true, "f": false, "l": []}')
    assert list(value_files.from_file(path, "param")) == [
        ("a.b.c", "1"), ("d", "{}"), ("n", "null"), ("t", "true"), ("f", "false"), ("l", "[]"),
    ]  # fmt: skip


def test_a_list_is_one_param_and_several_metrics(file):
    path = file("p.json", '{"layers": [64, 32.0, "relu", null], "deep": [[1, 2], {"k": 3}]}')
    assert list(value_files.from_file(path, "param")) == [
        ("layers", '[64, 32.0, "relu", null]'), ("deep.0", "[1, 2]"), ("deep.1.k", "3"),
    ]  # fmt: skip
    assert list(value_files.from_file(file("m.json", '{"fold": [0.90, 0.8]}'), "metric")) == [
        ("fold.0", "0.90"),
        ("fold.1", "0.8"),
    ]


def test_toml_is_read_as_exactly(file):
    path = file("p.toml", "lr = 0.10\nn = 1_000.50\np = +1.5\nx = 0x10\nd = 2026-11-23\ni = inf\n[o]\nb = [0.10, 2]\n")
    assert list(value_files.from_file(path, "param")) == [
        ("lr", "0.10"), ("n", "1000.50"), ("p", "1.5"), ("x", "16"), ("d", "2026-11-23"), ("i", "inf"), ("o.b", "[0.10, 2]"),
    ]  # fmt: skip


def test_without_an_ending_the_content_decides(file):
    assert list(value_files.from_file(file("params", ' {"a": 1}'), "param")) == [("a", "1")]
    assert list(value_files.from_file(file("other", "a = 1\n"), "param")) == [("a", "1")]
    assert list(value_files.from_file(file("bom.json", b'\xef\xbb\xbf{"a": 1}'), "param")) == [("a", "1")]
    with pytest.raises(UsageError, match="is neither JSON, TOML nor YAML"):
        value_files.from_file(file("params.txt", "a\n"), "param")


def test_a_dash_is_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"auc": 0.10}')))
    assert list(value_files.from_file("-", "metric")) == [("auc", "0.10")]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{")))
    with pytest.raises(UsageError, match="standard input is not JSON"):
        value_files.from_file("-", "metric")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UsageError, match="standard input is closed"):
        value_files.from_file("-", "metric")


def test_what_another_program_is_still_writing_is_read_to_its_end(tmp_path):
    """As in --metrics <(evaluate.py)."""
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_text('{"auc": 0.9}'))
    writer.start()
    assert list(value_files.from_file(str(tmp_path / "pipe"), "metric")) == [("auc", "0.9")]
    writer.join()


def test_the_report_of_scikit_learn_is_understood(file):
    report = {
        "0": {"precision": 0.5, "recall": 1.0, "f1-score": 0.67, "support": 1.0},
        "accuracy": 0.6,
        "macro avg": {"f1-score": 0.49},
        "weighted avg": {"f1-score": 0.61, "support": 5.0},
    }
    expected = [
        ("0.precision", "0.5"), ("0.recall", "1.0"), ("0.f1-score", "0.67"), ("0.support", "1.0"), ("accuracy", "0.6"),
        ("macro avg.f1-score", "0.49"), ("weighted avg.f1-score", "0.61"), ("weighted avg.support", "5.0"),
    ]  # fmt: skip
    assert list(values.from_python(report, "metric")) == expected
    assert list(value_files.from_file(file("r.json", json.dumps(report)), "metric")) == expected


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.json", '{"a": 1', "is not JSON: Expecting ',' delimiter: line 1 column 8"),
        ("x.toml", "a = \n", r"is not TOML: Invalid value \(at line 1, column 5\)"),
        ("x.json", "[1]", "has no keys at its top"),
        ("x.json", "3", "has no keys at its top"),
        ("x.json", '{"a": 1, "a": 2}', "the key 'a' stands twice"),
        ("x.json", '{"a": {"b": 1}, "a.b": 2}', "param 'a.b' was given twice"),
        ("x.json", b"\xff\xfe", "is not UTF-8"),
        ("x.json", '{"a\\u001b": 1}', "not a legal param key"),
        ("x.json", '{"a": "\\u0000"}', "NUL"),
        ("x.json", '{"a": "\\ud800"}', "not valid UTF-8"),
        ("x.json", '{"": 1}', "not a legal param key"),
        ("x.json", "[" * 200_000, "is not JSON"),
        ("x.json", '{"a":' * 100 + "1" + "}" * 100, "nested more than 32 deep"),
        ("x.toml", "a = " + "[" * 100_000, "is not TOML"),
        ("x.toml", "a = " + "[" * 200_000, "is larger than 128 KiB"),
        ("x.toml", ".".join("a" * 40_000) + " = 1", "has a key that is nested more than 32 deep"),
        ("x", '["a".' + "'b' . " * 40 + "c]", "is neither JSON, TOML nor YAML"),
        ("x.json", "{" + ",".join(f'"k{i}":1' for i in range(10_002)) + "}", "more than 10,000 params"),
        ("x.json", b'{"a": "' + b"x" * (2 << 20) + b'"}', "is larger than 2 MiB"),
    ],
)
def test_a_wrong_file_is_told_for_what_it_is(file, name, content, told):
    with pytest.raises(UsageError, match=told) as caught:
        value_files.from_file(file(name, content), "param")
    assert "\x1b" not in caught.value.message


def test_a_file_that_is_not_there_is_not_found(tmp_path):
    with pytest.raises(NotFound, match="there is no file"):
        value_files.from_file(str(tmp_path / "gone.json"), "param")
    with pytest.raises(UsageError, match="Is a directory"):
        value_files.from_file(str(tmp_path), "param")


# Python


class Colour(enum.Enum):
    RED = "red"


class Model:
    pass


class Rude:
    def __repr__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"), (1e-05, "1e-05"), (math.nan, "nan"), (math.inf, "inf"), (3, "3"), (True, "true"), (None, "null"),
        ("0.10", "0.10"), (Decimal("0.10"), "0.10"), (Colour.RED, "red"), (pathlib.PurePosixPath("/x"), "/x"),
        (date(2026, 1, 2), "2026-01-02"), (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        (["é"], '["é"]'), ({(1, 2)}, '["[1, 2]"]'), ([1, "1", None, True, 0.5], '[1, "1", null, true, 0.5]'), ((), "[]"), ({3, 1}, "[1, 3]"), ({}, "{}"),
        (len, "builtins.len"), (dict, "builtins.dict"), (b"x", "b'x'"),
        (Rude(), "<Rude>"), (functools.partial(len), "functools.partial(<built-in function len>)"),
    ],
)  # fmt: skip
def test_values_of_python_are_written_plainly(value, text):
    assert list(values.from_python({"k": value}, "param")) == [("k", text)]


def test_an_object_reads_the_same_in_the_next_process():
    """An address in its text would make the same registration differ from itself."""
    (_, text), *_ = values.from_python({"k": Model()}, "param")
    assert text.endswith("Model object>")
    assert " at 0x" not in text


def test_a_long_description_is_cut_and_a_given_text_is_not():
    described = values.from_python({"k": bytearray(10_000)}, "param")[0][1]
    other = values.from_python({"k": bytearray(9_999) + b"x"}, "param")[0][1]
    assert (len(described), len(other)) == (1_000, 1_000)
    assert described.endswith("... (40,014 characters, sha256:a3b6f56ac16d1075)")
    assert described[:900] == other[:900]
    assert described != other
    assert list(values.from_python({"k": "x" * 10_000}, "param")) == [("k", "x" * 10_000)]


def test_a_whole_number_that_python_will_not_write_is_hexadecimal():
    assert list(values.from_python({"k": 1 << 20_000}, "param")) == [("k", hex(1 << 20_000))]


def test_numpys_values_are_written_as_numpy_writes_them():
    given = {
        "f32": np.float32(0.1), "f64": np.float64(0.1), "i": np.int64(3), "b": np.bool_(True), "s": np.str_("x"),
        "zero": np.array(0.5), "list": np.array([1, 2]), "nan": np.float64("nan"), "in": [np.float32(0.5)],
        "objects": np.array([1, None], dtype=object),
    }  # fmt: skip
    assert list(values.from_python(given, "param")) == [
        ("f32", "0.1"), ("f64", "0.1"), ("i", "3"), ("b", "true"), ("s", "x"), ("zero", "0.5"), ("list", "[1, 2]"),
        ("nan", "nan"), ("in", "[0.5]"), ("objects", "[1, null]"),
    ]  # fmt: skip
    assert list(values.from_python({"per": np.array([0.9, 0.8])}, "metric")) == [("per.0", "0.9"), ("per.1", "0.8")]


@pytest.mark.parametrize("what", ["param", "metric", "tag"])
def test_a_key_of_numpy_is_a_plain_text(what):
    ((key, value),) = values.from_python({np.str_("auc"): 0.9}, what)
    assert (type(key), key, value) == (str, "auc", "0.9")


def test_a_type_whose_name_moves_the_cursor_is_shown_escaped():
    with pytest.raises(UsageError) as caught:
        values.from_python(type("\x1b[31m", (), {})(), "param")
    assert caught.value.message.endswith(".\\x1b[31m object>")
    assert "\x1b" not in caught.value.message


def test_an_array_is_kept_whole():
    whole = np.arange(1_001)
    text = "[" + ", ".join(map(str, range(1_001))) + "]"
    for each in (whole, list(whole), array.array("q", whole.tolist()), TorchTensor(whole)):
        assert list(values.from_python({"w": each}, "param")) == [("w", text)]
    assert values.from_python({"w": np.ones((2_000, 3))}, "param")[-1] == ("w.1999", "[1.0, 1.0, 1.0]")
    assert len(values.from_python({"w": whole}, "metric")) == 1_001


class Frame:
    """A table of a library that would take all memory to become a mapping."""

    shape = (10**9, 3)

    def __array__(self):
        raise AssertionError

    def to_dict(self):
        raise AssertionError


def test_an_array_that_is_too_large_is_refused_with_the_way_out():
    with pytest.raises(UsageError) as caught:
        values.from_python({"w": np.zeros((2_000, 2_000))}, "param")
    assert caught.value.message == "an array of shape (2000, 2000) is too large for a value: at most 2,796,202 elements"
    assert caught.value.hint == "put them in a file of the artifact"
    with pytest.raises(UsageError, match=r"an array of shape \(1000000000, 3\) is too large"):
        values.from_python({"w": Frame()}, "param")
    with pytest.raises(UsageError, match="more than 10,000 params"):
        values.from_python({"w": np.zeros((20_000, 2))}, "param")
    with pytest.raises(UsageError, match="more than 8 MiB of params"):
        values.from_python({"w": "x" * (8 << 20)}, "param")
    with pytest.raises(UsageError, match="an array that cannot be read"):
        values.from_python({"w": MetaTensor([1.0])}, "param")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (TensorFlowTensor(0.1), "0.1"), (TensorFlowTensor([0.1, 2]), "[0.1, 2.0]"), (TorchTensor(0.1), "0.1"), (TorchTensor([0.1, 2]), "[0.1, 2.0]"),
        (np.dtype("float32"), "float32"), (np.float32, "numpy.float32"), (np.ma.array([1.0, 2.0], mask=[0, 1]), "[1.0, null]"),
        (np.datetime64("2026-01-02T03:04:05", "ns"), "2026-01-02T03:04:05.000000000"), (np.timedelta64(7, "D"), "7 days"),
        (np.zeros(1, dtype=[("a", "i4"), ("b", "f8")])[0], "[0, 0.0]"), (np.array(None, dtype=object), "null"),
        (array.array("d", [0.5, 1]), "[0.5, 1.0]"), (deque([1, 2]), "[1, 2]"), (timedelta(hours=1), "1:00:00"), (Fraction(1, 3), "1/3"),
    ],
)  # fmt: skip
def test_the_values_of_libraries_are_written_plainly(value, text):
    assert list(values.from_python({"k": value}, "param")) == [("k", text)]


@pytest.mark.parametrize(
    ("value", "pairs"),
    [
        (Training(), [("lr", "0.1"), ("layers", "[64, 32]")]), (SimpleNamespace(lr=0.1), [("lr", "0.1")]), (argparse.Namespace(lr=0.1), [("lr", "0.1")]),
        (Config(), [("hidden_size", "768"), ("act", "gelu")]), (Scores(0.9, 0.8), [("auc", "0.9"), ("f1", "0.8")]), (UserDict(a=1), [("a", "1")]),
        ([("a", 1), ("b", {"c": None})], [("a", "1"), ("b.c", "null")]), (iter([("a", 1)]), [("a", "1")]), (np.array([["a", "1"]]), [("a", "1")]),
    ],
)  # fmt: skip
def test_what_turns_into_a_mapping_is_one(value, pairs):
    assert list(values.from_python(value, "param")) == pairs


def test_a_fraction_is_a_number_among_metrics():
    assert list(values.from_python({"ratio": Fraction(1, 4)}, "metric")) == [("ratio", "0.25")]


@pytest.mark.parametrize("value", ["a=1", b"x", 3, [1, 2], [("a", 1, 2)], ["ab"], object()])
def test_what_is_no_mapping_and_no_pairs_is_told_for_what_it_is(value):
    with pytest.raises(UsageError, match="params are a mapping or pairs of key and value, not the "):
        values.from_python(value, "param")


def test_keys_that_are_no_text_are_written_as_values_are():
    assert list(values.from_python({0: 0.5, True: {1.5: 1}}, "metric")) == [("0", "0.5"), ("true.1.5", "1")]


def test_a_mapping_that_holds_itself_is_refused():
    loop: dict[str, object] = {}
    loop["a"] = loop
    with pytest.raises(UsageError, match="nested more than 32 deep"):
        values.from_python(loop, "param")


def test_a_metric_that_is_no_number_is_kept_and_warned_of():
    assert values.number_warnings([("auc", "0.9"), ("loss", "nan"), ("e", "1e-05"), ("p", "95%")]) == [
        "metric loss is kept as text, because 'nan' is no number that can be compared",
        "metric p is kept as text, because '95%' is no number that can be compared",
    ]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_of_python_is_a_number_and_itself_again(value):
    ((_, text),) = values.from_python({"k": value}, "metric")
    assert as_number(text) is not None
    assert float(text) == value


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text('aé"\\ ', max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(
    st.dictionaries(st.text("cd", min_size=1, max_size=2), json_values, max_size=4),
    st.sampled_from(["param", "metric"]),
)
def test_a_mapping_and_its_json_say_the_same(tmp_path_factory, mapping, what):
    path = tmp_path_factory.getbasetemp() / "same.json"
    path.write_text(json.dumps(mapping))
    assert value_files.from_file(str(path), what) == values.from_python(mapping, what)
