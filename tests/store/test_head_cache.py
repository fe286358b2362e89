"""The head that was seen last: the later one stays, and nobody reads half of it."""

import fcntl
import os

import pytest

from modelkeep.store.head_cache import recall, remember, replace

REGISTRY = "a" * 32


def digest(number):
    return f"sha256:{number:064}"


def kept(tmp_path):
    head = recall(str(tmp_path), REGISTRY)
    return None if head is None else (head.seq, head.hash)


def test_a_later_head_takes_the_place_of_an_earlier_one_and_not_the_reverse(tmp_path):
    for seq, stays in ((9, 9), (10, 10), (8, 10), (10, 10), (12345, 12345), (99, 12345)):
        remember(str(tmp_path), REGISTRY, seq, digest(seq))
        assert kept(tmp_path) == (stays, digest(stays))
    assert os.listdir(tmp_path / "heads") == [REGISTRY]


def test_a_head_that_is_accepted_stays_even_if_it_is_earlier(tmp_path):
    remember(str(tmp_path), REGISTRY, 12345, digest(1))
    replace(str(tmp_path), REGISTRY, 3, digest(3))
    assert kept(tmp_path) == (3, digest(3))


@pytest.mark.parametrize("what", [b"", b"nonsense", b"3 sha256:x\n", b"\xff" * 500])
def test_what_is_no_head_is_none_and_gives_way(tmp_path, what):
    remember(str(tmp_path), REGISTRY, 12, digest(12))
    (tmp_path / "heads" / REGISTRY).write_bytes(what)
    assert kept(tmp_path) is None
    remember(str(tmp_path), REGISTRY, 3, digest(3))
    assert kept(tmp_path) == (3, digest(3))


def test_whoever_is_in_the_way_is_not_waited_for(tmp_path):
    remember(str(tmp_path), REGISTRY, 12, digest(12))
    with open(tmp_path / "heads" / REGISTRY, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        remember(str(tmp_path), REGISTRY, 13, digest(13))
        assert kept(tmp_path) == (12, digest(12))
        fcntl.flock(file, fcntl.LOCK_EX)
        assert kept(tmp_path) is None
    assert kept(tmp_path) == (12, digest(12))


def test_a_link_is_not_written_through(tmp_path):
    (tmp_path / "heads").mkdir()
    (tmp_path / "other").write_text("mine")
    (tmp_path / "heads" / REGISTRY).symlink_to(tmp_path / "other")
    remember(str(tmp_path), REGISTRY, 3, digest(3))
    assert (tmp_path / "other").read_text() == "mine"
    assert kept(tmp_path) == (3, digest(3))
