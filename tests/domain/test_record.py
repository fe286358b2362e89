"""Canonical JSON of the log's values: one spelling of everything, judged by the rfc8785 package."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from msgspec.json import Decoder

from modelkeep.domain.record import LARGEST_NUMBER, LogValue, Whole, decode_canonical, encode_canonical
from modelkeep.errors import Damaged


class Inner(LogValue, frozen=True, tag_field="kind", tag="inner"):
    """A value inside of another one."""

    flag: bool = False
    number: Whole | None = None


class Outer(LogValue, frozen=True):
    """A value with a field of each form that the log has."""

    name: str
    zero: Whole = None
    text: str | None = None
    inner: Inner | None = None
    pairs: tuple[tuple[str, str], ...] = ()
    many: tuple[Inner, ...] = ()


DECODER = Decoder(Outer)
NUMBERS = st.none() | st.integers(-LARGEST_NUMBER, LARGEST_NUMBER)
FILLED = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
TEXTS = st.none() | FILLED
INNERS = st.builds(Inner, st.booleans(), NUMBERS)
VALUES = st.builds(
    Outer, FILLED, NUMBERS, TEXTS, st.none() | INNERS,
    st.lists(st.tuples(FILLED, st.just("") | FILLED), max_size=3).map(tuple), st.lists(INNERS, max_size=3).map(tuple),
)  # fmt: skip


def read(data):
    return decode_canonical(data, DECODER, "outer")


@given(VALUES)
def test_the_bytes_are_those_of_rfc_8785_and_read_back(value):
    data = encode_canonical(value)
    assert data == rfc8785.dumps(json.loads(data))
    assert read(data) == value


@given(VALUES)
def test_the_same_value_in_another_spelling_is_damage(value):
    data = encode_canonical(value)
    whole = json.loads(data)
    for other in (json.dumps(whole, sort_keys=True), json.dumps(whole, indent=1), json.dumps(whole)):
        if other.encode() != data:
            with pytest.raises(Damaged, match="not canonical JSON"):
                read(other.encode())


@pytest.mark.parametrize("empty", ["null", "false", "[]", "{}", '""'])
@pytest.mark.parametrize("field", ["inner", "many", "pairs", "text", "zero"])
def test_a_default_or_an_empty_value_that_is_written_out_is_damage(field, empty):
    with pytest.raises(Damaged):
        read(json.dumps({"name": "x", field: json.loads(empty)}, separators=(",", ":"), sort_keys=True).encode())


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"[]", b"1", b"{}", b' {"name":"x"}', b'{"name":"x"} ', b'{"name":"x"}\n', b'{"name": "x"}', b'{"name":""}',
        b'{"name":"x","name":"x"}', b'{"zero":1,"name":"x"}', b'{"name":"x","zero":1.0}', b'{"name":"x","zero":1e3}',
        b'{"name":"x","zero":-0}', b'{"name":"x","zero":01}', b'{"name":"x","zero":true}', b'{"name":"x","zero":"1"}',
        b'{"name":"x","zero":9007199254740992}', b'{"name":"x","zero":-9007199254740992}', b'{"name":"x","zero":NaN}',
        b'{"name":"x","zero":' + b"9" * 10_000 + b"}", b'{"name":"\\u0061"}', b'{"name":"\\/"}', b'{"name":"\xff"}', b'{"name":"\\ud800"}',
        b'{"name":"\xed\xa0\x80"}', b'{"name":"a\\u0000b"}', b'\xef\xbb\xbf{"name":"x"}', '{"name":"x"}'.encode("utf-16"),
        b'{"name":"x","pairs":' + b"[" * 100_000, b'{"more":1,"name":"x"}', b'{"inner":{"kind":"outer"},"name":"x"}',
        b'{"inner":{},"name":"x"}', b'{"many":[{}],"name":"x"}',
    ],
)  # fmt: skip
def test_bytes_that_are_not_the_one_spelling_of_a_value_are_damage(data):
    with pytest.raises(Damaged, match=r"^outer: "):
        read(data)


def test_a_text_may_hold_what_no_field_may_be():
    value = Outer('":{}', 7, text='\\u0000 and {"a":{}}', pairs=(('a:""', ""), (':""', ":{}")))
    assert read(encode_canonical(value)) == value


def test_the_ends_of_the_numbers_are_in():
    for number in (LARGEST_NUMBER, -LARGEST_NUMBER, 0):
        assert read(encode_canonical(Outer("x", number))).zero == number


def test_a_kind_may_get_a_field_without_making_what_was_written_before_invalid():
    class Grown(LogValue, frozen=True):
        name: str
        more: tuple[str, ...] = ()
        zero: Whole | None = None
        text: str | None = None

    data = encode_canonical(Outer("x", 0, "y"))
    grown = decode_canonical(data, Decoder(Grown), "grown")
    assert (grown, encode_canonical(grown)) == (Grown("x", (), 0, "y"), data)
