"""Labels: how they look, when two are one, and what comes after the highest."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domain.labels import (
    bump_label,
    check_label,
    fold,
    is_label,
    label_key,
    label_sort_key,
)
from modelkeep.errors import UsageError

LABELS = st.from_regex(r"[vV]?[0-9][0-9A-Za-z.+-]{0,10}[.-][0-9A-Za-z.+-]{0,10}[0-9A-Za-z]", fullmatch=True)
RELEASES = st.builds("{}.{}.{}".format, *[st.integers(0, 10**6)] * 3)


@pytest.mark.parametrize(
    "label", ["1.0", "v1.0", "V1.0", "2.0.0-rc1", "2026.01.05", "2026-01-05", "1.0+cu12", "0.0", "1-2", "1." + "0" * 62]
)
def test_a_legal_label_is_kept_as_typed(label):
    assert check_label(label) == label


@pytest.mark.parametrize(
    ("label", "likely"),
    [
        ("3", "3.0"),
        ("v3", "v3.0"),
        ("1.", "1.0"),
        ("1.0-", "1.0"),
        ("release-1.2", "1.2"),
        ("1.0 beta", "1.0-beta"),
        ("1.0_beta", "1.0-beta"),
        ("alpha", "1.0"),
        ("", "1.0"),
        ("1.\u0663", "1.0"),
        ("1." + "0" * 63, "1." + "0" * 60),
        ("1.0\n", "1.0"),
    ],
)
def test_an_illegal_label_is_refused_with_a_legal_one(label, likely):
    with pytest.raises(UsageError) as refusal:
        check_label(label)
    assert refusal.value.hint == f"{likely}   (a label begins with a digit and has a '.' or '-' in it)"


def test_a_label_that_reads_as_a_number_is_told_so():
    with pytest.raises(UsageError) as refusal:
        check_label("v2")
    assert refusal.value.message == "'v2' reads as a version's number, not as a label"
    for other in ("alpha", "v\u0663", "v"):
        with pytest.raises(UsageError, match="not a legal label"):
            check_label(other)


@given(st.text(max_size=80) | st.from_regex(r"[vV]?[0-9A-Za-z.+ _-]{0,70}", fullmatch=True))
def test_the_spelling_offered_is_always_legal(text):
    likely = text
    try:
        check_label(text)
    except UsageError as refusal:
        likely = refusal.hint.split("   ")[0]
    assert is_label(likely)


@pytest.mark.parametrize(
    "same",
    [("1.1", "1.1.0", "v1.1", "V1.1.0.0"), ("1.0", "1.0.0", "v1.0"), ("2.0.0-RC1", "v2.0.0-rc1"), ("0.0", "0.0.0")],
)
def test_a_leading_v_trailing_zeros_and_case_make_no_other_label(same):
    assert len({label_key(label) for label in same}) == 1


def test_labels_that_differ_keep_different_keys():
    labels = ["1.1", "1.10", "1.01", "2.0.0-rc1", "2.0-rc1", "1.00", "1.0.1", "10.1"]
    assert len({label_key(label) for label in labels}) == len(labels)


@given(LABELS, st.integers(0, 3))
def test_zeros_and_v_never_count(label, zeros):
    assert label_key("v" + label.lstrip("vV") + ".0" * zeros) == label_key(label)


ASCENDING = [
    "0.0", "0.1.0", "0.9", "0.10-beta", "0.10", "1.0-1", "1.0.0-alpha", "1.0.0-rc2", "1.0.0-rc10", "1.0.0", "1.0+cu12",
    "1.0.1-rc1", "1.0.1", "1.9", "1.10", "2", "2026-01-05", "2026-02-01", "2026.1", "2026.01.05",
]  # fmt: skip


@given(st.permutations(ASCENDING))
def test_labels_sort_as_releases_do(shuffled):
    assert sorted(shuffled, key=label_sort_key) == ASCENDING


@given(LABELS, LABELS)
def test_equal_labels_sort_as_one(a, b):
    if label_key(a) == label_key(b):
        assert label_sort_key(a) == label_sort_key(b)


@given(st.lists(st.tuples(*[st.integers(0, 10**9)] * 3), min_size=1))
def test_releases_sort_by_their_numbers(numbers):
    ordered = sorted(set(numbers))
    keys = [label_sort_key("{}.{}.{}".format(*release)) for release in ordered]
    assert all(before < after for before, after in pairwise(keys))


def test_text_without_a_number_sorts_too():
    assert label_sort_key("x") < label_sort_key("0.1")


@pytest.mark.parametrize(
    ("highest", "part", "bumped"),
    [
        (None, "major", "0.1.0"),
        (None, "patch", "0.1.0"),
        ("1.2.3", "major", "2.0.0"),
        ("1.2.3", "minor", "1.3.0"),
        ("1.2.3", "patch", "1.2.4"),
        ("v1.2.3", "minor", "v1.3.0"),
        ("1.2", "major", "2.0"),
        ("1.2", "minor", "1.3"),
        ("1.2", "patch", "1.2.1"),
        ("0.9.9", "minor", "0.10.0"),
    ],
)
def test_a_bump_counts_one_part_up_and_the_lower_ones_from_nought(highest, part, bumped):
    assert bump_label(highest, part) == bumped


@pytest.mark.parametrize("highest", ["2.0.0-rc1", "2026.01.05", "1.2.3.4", "1-2", "1.2+a"])
def test_there_is_no_next_one_after_what_is_no_release(highest):
    with pytest.raises(UsageError) as refusal:
        bump_label(highest, "minor")
    assert refusal.value.message == (
        f"the highest label is {highest}, which is not MAJOR.MINOR[.PATCH]: there is no next one to count to"
    )


def test_only_three_parts_can_be_bumped():
    with pytest.raises(UsageError) as refusal:
        bump_label("1.0", "huge")
    assert refusal.value.message == "not a part of a label: 'huge'"
    assert refusal.value.hint == "major, minor or patch"


@given(RELEASES, st.sampled_from(["major", "minor", "patch"]))
def test_a_bumped_label_is_legal_and_higher(highest, part):
    bumped = bump_label(highest, part)
    assert is_label(bumped)
    assert label_sort_key(bumped) > label_sort_key(highest)


@given(st.text())
def test_folding_touches_ascii_alone(text):
    assert fold(text) == "".join(c.lower() if c.isascii() else c for c in text)
