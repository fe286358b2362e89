"""Sizes have one decimal, ages their largest unit, and differences are exact."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domain.numbers import difference
from modelkeep.rendering import Clock, human_age, human_count, human_size, six_digits

CLOCK = Clock(datetime(2026, 11, 23, 9, 12, 44, tzinfo=UTC), UTC)
NUMBERS = st.from_regex(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"), (1, "1 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"),
        (3_200_000, "3.2 MB"), (91_000_000, "91.0 MB"), (999_960_000, "1.0 GB"), (5 * 10**15, "5.0 PB"),
        (5 * 10**18, "5000.0 PB"),
    ],
)  # fmt: skip
def test_a_size_is_told_in_the_largest_unit_that_it_fills(size_bytes: int, text: str):
    assert human_size(size_bytes) == text


@pytest.mark.parametrize(
    ("delta", "text"),
    [
        (timedelta(seconds=-5), "0s"),
        (timedelta(seconds=59.9), "59s"),
        (timedelta(seconds=60), "1m"),
        (timedelta(minutes=59), "59m"),
        (timedelta(hours=1), "1h"),
        (timedelta(hours=23, minutes=59), "23h"),
        (timedelta(hours=24), "1d"),
        (timedelta(days=90), "90d"),
    ],
)
def test_an_age_is_told_in_its_largest_whole_unit(delta, text):
    assert human_age(delta) == text


def test_an_interval_without_an_end_lasts_until_now():
    assert CLOCK.lasted("2026-11-22T09:12:44.000000Z", None) == "1d"
    assert CLOCK.lasted("2026-11-22T09:12:44.000000Z", "2026-11-22T10:00:00.000000Z") == "47m"


def test_a_time_of_another_year_is_a_date():
    assert CLOCK.minute("2026-11-11T13:00:01.000000Z") == "Nov 11 13:00"
    assert CLOCK.minute("2025-12-31T23:59:59.000000Z") == "2025-12-31"


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


def test_a_metric_is_shown_with_six_significant_digits():
    shown = {
        "0.9387654321098761": "0.938765",
        "-0.12345678": "-0.123457",
        "+0.00712345678": "+0.00712346",
        "0.00": "0.00",
        "0.9139": "0.9139",
        "0.99999999": "1",
        "0.8200000000000001": "0.82",
        "0.956140350877193": "0.95614",
        "+0.1099999999999999": "+0.11",
        "123456.00000001": "123456",
        "1234500.00001": "1234500",
        "0.000001000000001": "1e-6",
        "1234567.891": "1234568",
        "48213374": "48213374",
        "1234567890123456789": "1.23457e+18",
        "0.00000123456789": "1.23457e-6",
        "1e-3": "1e-3",
        "NaN": "NaN",
        "a text that is long": "a text that is long",
    }
    assert {value: six_digits(value) for value in shown} == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1k"),
        (800_000, "800k"),
        (999_960, "1M"),
        (6_738_415_616, "6.7B"),
        (10**13, "10T"),
    ],
)
def test_counts_are_shown_in_the_largest_unit(number, shown):
    assert human_count(number) == shown
