"""Names are swapped or taken in one step, and never taken from somebody else."""

import os
import subprocess

import pytest

from modelkeep.store import head_cache
from modelkeep.store.durable import exchange, make_directories, rename_new


def test_two_names_are_exchanged(work):
    (work / "a").mkdir()
    (work / "b").write_bytes(b"b")
    if exchange("a", "b"):
        assert (work / "a").read_bytes() == b"b"
        assert (work / "b").is_dir()


def test_a_name_that_is_taken_is_not_taken_again(work):
    (work / "a").write_bytes(b"a")
    (work / "b").write_bytes(b"b")
    with pytest.raises(FileExistsError):
        rename_new("a", "b")
    os.symlink("gone", "c")
    with pytest.raises(FileExistsError):
        rename_new("a", "c")
    rename_new("a", "d")
    assert (work / "d").read_bytes() == b"a"
    assert (work / "b").read_bytes() == b"b"


def test_what_is_not_there_cannot_be_exchanged(work):
    (work / "a").write_bytes(b"a")
    with pytest.raises(FileNotFoundError):
        exchange("a", "b")


@pytest.fixture
def thousand(work):
    """Return a relative path of a thousand names, removed at the end: pytest removes directories by recursion."""
    yield "x/" * 1_100 + "end"
    subprocess.run(["rm", "-rf", "x"], cwd=work, check=True)


def test_a_path_of_a_thousand_names_is_made(thousand):
    make_directories(thousand, 0o700)
    assert os.stat(thousand).st_mode & 0o777 == 0o700


def test_of_a_path_that_is_too_long_no_part_is_made(work):
    with pytest.raises(OSError, match="File name too long"):
        make_directories("x/" * 2_100)
    assert os.listdir() == []


def test_a_head_is_kept_under_a_path_of_a_thousand_names(work, thousand):
    state = str(work / thousand)
    head_cache.remember(state, "0" * 32, 7, "sha256:" + "a" * 64)
    assert head_cache.recall(state, "0" * 32).seq == 7
