"""Times: one form in the log, many that people type."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domain.times import At, AtSeq, format_time, parse_age, parse_moment, parse_stored
from modelkeep.errors import Damaged, ModelkeepError, UsageError

NOW = datetime(2026, 11, 23, 9, 12, 44, 123456, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def moment(text, zone=UTC, *, end=False):
    return parse_moment(text, now=NOW, zone=zone, bare_date_end=end)


def test_a_time_of_the_log_has_27_characters():
    assert format_time(NOW) == "2026-11-23T09:12:44.123456Z"
    assert format_time(datetime(2026, 11, 23, tzinfo=UTC)) == "2026-11-23T00:00:00.000000Z"
    assert format_time(datetime(2026, 11, 23, 9, tzinfo=timezone(timedelta(hours=2)))) == "2026-11-23T07:00:00.000000Z"


def test_a_time_without_a_zone_is_a_bug():
    with pytest.raises(ModelkeepError, match=r"without a zone: 2026-11-23T09:00:00"):
        format_time(datetime(2026, 11, 23, 9))  # noqa: DTZ001


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_what_is_written_reads_back_and_sorts_as_text(one, other):
    assert len(format_time(one)) == 27
    assert parse_stored(format_time(one)) == one
    assert (format_time(one) < format_time(other)) == (one < other)


@pytest.mark.parametrize(
    "text",
    [
        "", "2026-11-23", "2026-11-23T09:12:44Z", "2026-11-23T09:12:44.123Z", "2026-11-23T09:12:44.123456",
        "2026-11-23T09:12:44.123456z", "2026-11-23 09:12:44.123456Z", "2026-11-23T09:12:44.123456+00:00",
        "2026-13-23T09:12:44.123456Z", "2026-02-30T09:12:44.123456Z", "2026-11-23T24:00:00.000000Z",
        "0000-11-23T09:12:44.123456Z", "2026-11-23T09:12:60.000000Z", "2026-11-23T09:12:44.123456Z\n",
        "\u0662026-11-23T09:12:44.123456Z",
    ],
)  # fmt: skip
def test_any_other_form_in_the_log_is_damage(text):
    with pytest.raises(Damaged, match="not a time of the log"):
        parse_stored(text)


@pytest.mark.parametrize(
    ("typed", "time"),
    [
        ("2026-11-23T09:12:44Z", "2026-11-23T09:12:44.000000Z"),
        ("2026-11-23t09:12:44z", "2026-11-23T09:12:44.000000Z"),
        ("2026-11-23 09:12", "2026-11-23T09:12:00.000000Z"),
        ("2026-11-23T09:12:44.5Z", "2026-11-23T09:12:44.500000Z"),
        ("2026-11-23T09:12:44.123456789Z", "2026-11-23T09:12:44.123456Z"),
        ("2026-11-23T09:12:44.123456Z", "2026-11-23T09:12:44.123456Z"),
        ("2026-11-23T09:12:44+02:00", "2026-11-23T07:12:44.000000Z"),
        ("2026-11-23T09:12:44-0530", "2026-11-23T14:42:44.000000Z"),
        ("2026-11-23 01:09:51 +02:00", "2026-11-22T23:09:51.000000Z"),
        ("7d", "2026-11-16T09:12:44.123456Z"),
        ("12h", "2026-11-22T21:12:44.123456Z"),
        ("30m", "2026-11-23T08:42:44.123456Z"),
        ("2w", "2026-11-09T09:12:44.123456Z"),
        ("90s", "2026-11-23T09:11:14.123456Z"),
        ("0d", "2026-11-23T09:12:44.123456Z"),
        ("2026-11-23", "2026-11-23T00:00:00.000000Z"),
    ],
)
def test_a_moment_is_read_as_typed(typed, time):
    assert moment(typed) == At(time, inclusive=False)


def test_a_moment_of_the_log_is_its_seq():
    assert moment("seq:1234") == AtSeq(1234)


def test_without_an_offset_a_time_is_in_the_readers_zone():
    assert moment("2026-11-23T09:12:44", BERLIN) == At("2026-11-23T08:12:44.000000Z")
    assert moment("2026-07-01", BERLIN) == At("2026-06-30T22:00:00.000000Z")


def test_a_date_as_an_end_is_its_last_instant_and_takes_it_in():
    assert moment("2026-11-23", end=True) == At("2026-11-23T23:59:59.999999Z", inclusive=True)
    assert moment("2026-11-23", BERLIN, end=True) == At("2026-11-23T22:59:59.999999Z", inclusive=True)
    assert moment("2026-11-23T00:00:00Z", end=True) == At("2026-11-23T00:00:00.000000Z", inclusive=False)


def test_a_day_ends_where_the_next_begins_also_when_clocks_change():
    assert moment("2026-10-25", BERLIN, end=True) == At("2026-10-25T22:59:59.999999Z", inclusive=True)
    assert moment("2026-03-29", BERLIN, end=True) == At("2026-03-29T21:59:59.999999Z", inclusive=True)
    assert moment("2026-03-29", BERLIN) == At("2026-03-28T23:00:00.000000Z")


@pytest.mark.parametrize(
    "typed",
    [
        "", "yesterday", "7", "7y", "-7d", "1d12h", "seq:-1", "seq:", "seq:1x", "2026-11", "20261123",
        "2026-11-23T09", "23.11.2026", "2026-11-23T09:12:44+2", "2026-11-23Z", "\u0667d",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused_with_examples(typed):
    with pytest.raises(UsageError) as refusal:
        moment(typed)
    assert refusal.value.message == f"not a time: '{typed}'"
    assert refusal.value.hint == (
        "give a time (2026-11-23T09:12:44Z), a date (2026-11-23), an age (7d, 12h, 30m) or seq:1234"
    )


@pytest.mark.parametrize(
    "typed",
    [
        "2026-02-30", "2026-11-23T25:00", "2026-11-23T09:60", "2026-11-23T23:59:60Z", "2026-11-23T09:12:44+24:00",
        "2026-11-23T09:12:44+02:60", "999999999w", "999999d", "0001-01-01T00:00:00+01:00", "0000-01-01", "9999-12-31",
    ],
)  # fmt: skip
def test_a_time_that_never_is_is_refused(typed):
    with pytest.raises(UsageError, match="there is no such time"):
        moment(typed, end=True)


@given(st.dates(max_value=datetime(9999, 12, 30, tzinfo=UTC).date()))
def test_a_day_has_its_start_and_its_end_in_it(day):
    start, end = moment(day.isoformat()), moment(day.isoformat(), end=True)
    assert parse_stored(end.time) - parse_stored(start.time) == timedelta(days=1, microseconds=-1)


@given(st.text(max_size=30) | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.Z+-]{0,20}", fullmatch=True))
def test_any_text_is_a_moment_or_a_usage_error(text):
    try:
        found = moment(text, BERLIN, end=True)
    except UsageError:
        return
    assert isinstance(found, AtSeq) or parse_stored(found.time)


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0), ("40s", 40), ("30m", 1800), ("12h", 43_200), (" 7d ", 604_800), ("2w", 1_209_600)]
)
def test_a_length_of_time_is_read_as_ages_are(text, seconds):
    assert parse_age(text, "--grace").total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "7", "-7d", "7 d", "1y", "0.5d", "999999999w", "\u0667d"])
def test_what_is_no_length_of_time_is_refused_with_what_it_was_for(text):
    with pytest.raises(UsageError, match="--grace: not a length of time"):
        parse_age(text, "--grace")


def test_a_hundred_years_can_be_said_in_seconds():
    assert parse_age("3153600000s", "") == timedelta(days=36_500)
