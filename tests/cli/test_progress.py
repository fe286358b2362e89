"""Progress is a line that says how much, how fast and how long yet."""

from modelkeep.cli.progress import line


def test_a_line_says_how_much_how_fast_and_how_long_yet():
    assert (
        line("registering", 312_000_000, 1_100_000_000, 1.0) == "registering 312.0 MB of 1.1 GB, 312.0 MB/s, 3 s left"
    )


def test_without_a_total_nothing_is_promised():
    assert line("registering", 5_000_000, 0, 1.0) == "registering 5.0 MB, 5.0 MB/s"


def test_before_the_first_byte_there_is_no_rate():
    assert line("fetching", 0, 10_000, 0.0) == "fetching 0 B of 10.0 kB"


def test_what_takes_long_is_told_in_minutes():
    assert line("fetching", 10_000_000, 1_200_000_000, 1.0).endswith(", 119 s left")
    assert line("fetching", 10_000_000, 1_820_000_000, 1.0).endswith(", 3 min left")
