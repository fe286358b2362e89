"""Parts of the stored contents: disjoint, together everything, and the same tomorrow."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domain.subset import EVERYTHING, parse_subset
from modelkeep.errors import UsageError

DIGESTS = st.binary(max_size=4).map(lambda data: "sha256:" + hashlib.sha256(data).hexdigest())


@given(DIGESTS | st.text(st.characters(max_codepoint=0x10FFFE), max_size=8), st.integers(1, 9999))
def test_every_text_is_in_exactly_one_part(digest, of):
    # a damaged table may hold any text: it is looked at once too
    place = int(digest[7:23], 16) * of >> 64 if len(digest) == 71 else 0
    near = {1, of, *range(max(place - 1, 1), min(place + 4, of + 1))}
    assert sum(digest in parse_subset(f"{part}/{of}") for part in near) == 1


def test_a_week_of_parts_is_everything_and_each_is_about_a_seventh():
    digests = ["sha256:" + hashlib.sha256(b"%d" % number).hexdigest() for number in range(7000)]
    parts = [{each for each in digests if each in parse_subset(f"{day}/7")} for day in range(1, 8)]
    assert sum(map(len, parts)) == 7000
    assert set().union(*parts) == set(digests)
    assert all(900 < len(part) < 1100 for part in parts)
    assert all(each in EVERYTHING for each in digests)


def test_the_bounds_never_move():
    # what a part is must not change between releases, or a week's jobs would leave holes
    assert [(each.first, each.end) for each in map(parse_subset, ("1/7", "2/7", "7/7"))] == [
        ("", "sha256:2492492492492492"),
        ("sha256:2492492492492492", "sha256:4924924924924924"),
        ("sha256:db6db6db6db6db6d", "\U0010ffff"),
    ]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("8/7", "7/7"),
        ("0/7", "1/7"),
        ("1/0", "1/7"),
        ("1", "1/7"),
        ("", "1/7"),
        ("-1/7", "1/7"),
        ("1/7/2", "1/7"),
        ("1/10000", "1/7"),
        (" 1/7", "1/7"),
        ("1/7\n", "1/7"),
        ("¹/7", "1/7"),
    ],
)
def test_what_is_no_part_is_refused_with_one_that_is(text, hint):
    told = "it is K/N, the K-th of N parts, as in 1/7; K goes from 1 to N, and N up to 9999"
    with pytest.raises(UsageError, match=told) as caught:
        parse_subset(text)
    assert caught.value.hint == f"--subset {hint}"


def test_a_part_is_written_as_it_is_asked_for():
    assert str(parse_subset("2/7")) == "2/7"
