"""Sizes have one decimal and never four digits before it."""

import pytest

from modelkeep.rendering.sizes import human_size


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
