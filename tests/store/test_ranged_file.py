"""Ranges of a file are those of its bytes, however they are asked for; small steps fetch once."""

from hypothesis import given
from hypothesis import strategies as st

from modelkeep.store.content.ranged_file import LastRange, RangedFile

BYTES = bytes(range(256)) * 4096


def file_of(data, fetched, last=None):
    def fetch(start, length):
        assert length > 0
        assert start >= 0
        assert start + length <= len(data)
        fetched.append((start, length))
        return data[start : start + length]

    return RangedFile("model.bin", len(data), fetch, last or LastRange())


@given(st.lists(st.tuples(st.integers(-2, 1100), st.integers(-2, 1100)), max_size=8))
def test_a_range_is_that_of_the_bytes(ranges):
    data = BYTES[:1000]
    file = file_of(data, [])
    for start, length in ranges:
        expected = data[start : start + max(length, 0)] if start >= 0 else b""
        assert file.read(start, length) == expected


def test_the_head_is_fetched_alone_and_small_steps_behind_it_at_once():
    fetched = []
    file = file_of(BYTES, fetched)
    assert file.read(0, 4096) == BYTES[:4096]
    for start in range(5000, 200_000, 1000):
        assert file.read(start, 1000) == BYTES[start : start + 1000]
    assert fetched == [(0, 4096), (5000, 1 << 18)]


def test_only_the_last_range_of_all_files_is_kept():
    fetched, last = [], LastRange()
    one, other = file_of(BYTES, fetched, last), file_of(BYTES[::-1], fetched, last)
    assert (one.read(0, 10), other.read(0, 10)) == (BYTES[:10], BYTES[::-1][:10])
    assert (one.read(0, 10), len(fetched)) == (BYTES[:10], 3)
    assert len(last.data) == 10
