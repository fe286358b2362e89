"""Differences are exact, whatever the digits."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.rendering.numbers import difference

NUMBERS = st.from_regex(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)


@pytest.mark.parametrize(
    ("a", "b", "text"),
    [
        ("0.914", "0.907", "+0.007"),
        ("0.907", "0.914", "-0.007"),
        ("0.90", "0.9", "0"),
        ("1", "-0", "+1"),
        ("0.1", "0.30", "-0.2"),
        ("1e3", "0", "+1000"),
        ("1e20", "0", "+100000000000000000000"),
        ("1e21", "0", "+1e+21"),
        ("0", "1e-20", "-0.00000000000000000001"),
        ("0", "1.5e-21", "-1.5e-21"),
        ("1e999", "1e-999", "+9." + "9" * 1997 + "e+998"),
        ("123456789012345678901234567890.1", "123456789012345678901234567890", "+0.1"),
    ],
)
def test_a_difference_is_exact_and_has_its_sign(a, b, text):
    assert difference(a, b) == text


@given(NUMBERS, NUMBERS)
def test_a_difference_equals_that_of_fractions(a, b):
    assert Fraction(difference(a, b)) == Fraction(a) - Fraction(b)


def test_the_largest_exponents_stay_small_in_memory():
    assert len(difference("9" * 10_000 + "e999", "1e-999")) < 15_000


@pytest.mark.parametrize("text", ["", "NaN", "inf", "0x1", "1_000"])
def test_what_is_no_number_has_no_difference(text):
    assert difference(text, "1") is None
    assert difference("1", text) is None
