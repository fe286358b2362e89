"""Exact reads by ranges: the same bytes as the file has, few reads, and an end in time."""

import pytest
from model_files import InMemory

from modelkeep.formats.interface import LARGEST_READ, Budget, Malformed, OverBudget
from modelkeep.formats.ranges import Ranges

DATA = bytes(i * 7 % 251 for i in range(300_000))


class Counted(InMemory):
    reads = 0

    def read(self, start, length):
        self.reads += 1
        return super().read(start, length)


def test_ranges_are_the_bytes_of_the_file_wherever_blocks_meet():
    ranges = Ranges(InMemory("x", DATA), Budget())
    for start in (0, 1, 65_530, 65_536, 131_000, 299_990):
        for length in (0, 1, 10, 4096, 5000, 100_000):
            if start + length <= len(DATA):
                assert ranges.read(start, length) == DATA[start : start + length]
    assert ranges.number("<H", 65_535) == int.from_bytes(DATA[65_535:65_537], "little")


def test_places_far_apart_are_read_once():
    file = Counted("x", DATA)
    ranges = Ranges(file, Budget())
    for _ in range(100):
        ranges.read(5, 4)
        ranges.read(200_000, 4)
    assert file.reads == 2


def test_what_is_not_in_the_file_is_malformed():
    ranges = Ranges(InMemory("x", DATA), Budget())
    for start, length in ((0, len(DATA) + 1), (len(DATA), 1), (-1, 1), (1, -1), (1 << 63, 1)):
        with pytest.raises(Malformed):
            ranges.read(start, length)


def test_no_more_is_read_at_once_than_allowed():
    file = InMemory("x", b"")
    file.size = LARGEST_READ * 2
    with pytest.raises(Malformed, match="asks for"):
        Ranges(file, Budget()).read(0, LARGEST_READ + 1)


def test_reading_the_same_byte_again_and_again_ends_with_the_time():
    now = iter([0.0, 1.0])
    ranges = Ranges(InMemory("x", DATA), Budget(2, clock=lambda: next(now, 3.0)))
    with pytest.raises(OverBudget):
        [ranges.read(0, 1) for _ in range(5000)]
