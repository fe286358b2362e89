"""Canonical JSON, judged by the rfc8785 package."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domain.canonical import check_keys, decode, encode, sha256
from modelkeep.errors import Damaged

LARGEST = 2**53 - 1
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True), inner, max_size=5)
    ),
    max_leaves=30,
)


@given(VALUES)
def test_the_bytes_are_those_of_rfc_8785(value):
    assert encode(value) == rfc8785.dumps(value)


@given(VALUES)
def test_what_is_written_reads_back(value):
    assert decode(encode(value)) == value
    check_keys(value)


@given(VALUES)
def test_the_same_value_written_otherwise_is_damage_or_the_same_bytes(value):
    for other in (json.dumps(value, sort_keys=True), json.dumps(value, indent=1), json.dumps(value)):
        if other.encode() == encode(value):
            continue
        with pytest.raises(Damaged):
            decode(other.encode())


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b" 1", b"1 ", b"1\n", b"1.0", b"1e3", b"-0", b"01", b"NaN", b"Infinity", b"-Infinity", b"9007199254740992",
        b"-9007199254740992", b"9" * 10_000, b'{"a":1,"a":1}', b'{"b":1,"a":1}', b'{"a": 1}', b'"\\u0061"', b'"\\/"', b'"\xff"',
        b'"\\ud800"', b"\xef\xbb\xbf1", b"[1,]", "1".encode("utf-16"), b"[" * 100_000,
    ],
)  # fmt: skip
def test_bytes_that_are_not_canonical_are_damage(data):
    with pytest.raises(Damaged, match="not canonical JSON"):
        decode(data)


def test_the_ends_of_the_numbers_are_in():
    assert decode(b"[-9007199254740991,9007199254740991]") == [-LARGEST, LARGEST]


@pytest.mark.parametrize("key", ["A", "1a", "a-b", "", "a.b", "é", "a\n"])
def test_what_users_name_is_never_a_key(key):
    with pytest.raises(Damaged, match="not a field name"):
        check_keys({"fine": [{key: 1}]})


def test_a_digest_names_its_algorithm():
    assert sha256(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
