"""Names are swapped or taken in one step, and never taken from somebody else."""

import os

import pytest

from modelkeep.store.durable import exchange, rename_new


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
