"""Ages and times are told in a few characters, in the zone of their reader."""

from datetime import UTC, datetime, timedelta

import pytest

from modelkeep.rendering.ages import Clock, human_age

CLOCK = Clock(datetime(2026, 11, 23, 9, 12, 44, tzinfo=UTC), UTC)


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
