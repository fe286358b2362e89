"""Sparklines and bars: as wide as they should be, whatever the values."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from modelkeep.cli import streams
from modelkeep.rendering.series import Interval, TimeAxis, sparkline

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
CHARACTERS = "▁▂▃▄▅▆▇█·"


def day(number: float) -> datetime:
    return BEGIN + timedelta(days=number)


def test_values_are_columns_from_the_lowest_to_the_highest():
    for values, drawn in (
        ([], ""),
        ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], "▁▂▃▄▅▆▇█"),
        ([0.9, None, 0.8, float("nan"), float("inf")], "█·▁··"),
        ([0.5, 0.5, None], "▄▄·"),
        ([None], "·"),
        ([-1.7e308, 1.7e308, 0.0], "▁█▅"),
    ):
        assert sparkline(values) == drawn


@given(st.lists(st.none() | st.floats()))
def test_any_values_make_one_column_each(values):
    drawn = sparkline(values)
    assert len(drawn) == len(values)
    assert set(drawn) <= set(CHARACTERS)


def test_each_character_has_an_ascii_stand_in_of_one_column():
    shown = CHARACTERS.encode("ascii", streams.STAND_IN).decode()
    assert shown == "_:-=+*%#."


def lane(axis: TimeAxis, *intervals: Interval) -> str:
    return "".join(text for text, _ in axis.lane(intervals))


def test_intervals_follow_each_other_on_the_axis_with_their_words():
    axis = TimeAxis(BEGIN, day(10), 20)
    assert lane(
        axis, Interval(day(1), day(4), "1"), Interval(day(4), day(4.1), "22"), Interval(day(6), day(10), "3")
    ) == ("··1██████···3███████")
    assert lane(axis) == "·" * 20
    assert lane(axis, Interval(day(10), day(10), "7")) == "·" * 19 + "7"
    assert lane(TimeAxis(BEGIN, BEGIN, 5), Interval(BEGIN, BEGIN, "7")) == "····7"


@given(st.integers(1, 60), st.lists(st.tuples(st.integers(-5, 20), st.integers(0, 9)), max_size=9))
def test_a_lane_is_as_wide_as_its_axis_and_each_interval_is_seen_while_there_is_room(width, spans):
    axis = TimeAxis(BEGIN, day(12), width)
    intervals = [Interval(day(first), day(first + length), f"{at}") for at, (first, length) in enumerate(spans)]
    parts = axis.lane(intervals)
    assert sum(len(text) for text, _ in parts) == width
    drawn = [of for _, of in parts if of is not None]
    assert [id(each) for each in drawn] == [id(each) for each in intervals[max(len(intervals) - width, 0) :]]
