"""Globs mean what `fnmatch` says, and take no longer whatever they are like."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domain.globs import GlobMatcher


@pytest.mark.parametrize(
    ("glob", "text", "fits"),
    [
        ("*.log", "a.log", True),
        ("*.log", "a.logs", False),
        ("a*b*c", "a-b-b-c", True),
        ("a**c", "abc", True),
        ("?", "", False),
        ("", "", True),
        ("*", "", True),
        ("[a-c]x", "bx", True),
        ("[!a-c]x", "bx", False),
        ("[!a-c]x", "dx", True),
        ("[]]", "]", True),
        ("[!]]", "]", False),
        ("[a", "[a", True),
        ("[", "[", True),
        ("[]", "[]", True),
        ("[-a]", "-", True),
        ("重*", "重み", True),
    ],
)
def test_a_glob_fits_a_text_or_not(glob, text, fits):
    assert bool(GlobMatcher([glob]).matches(text)) is fits


PIECES = st.sampled_from(["a", "b", "-", "*", "?", "[ab]", "[!a]", "[a-b]", "]", "[", "!", "."])


@given(st.lists(st.lists(PIECES, max_size=8).map("".join), max_size=6), st.text("ab-[]!.c", max_size=12))
def test_many_globs_at_once_are_as_each_alone(globs, text):
    assert GlobMatcher(globs).matches(text) == [n for n, glob in enumerate(globs) if fnmatchcase(text, glob)]


def test_globs_full_of_stars_need_no_more_than_one_pass_of_the_text():
    # Regular expressions of these took half a minute to compile.
    globs = [f"*{'a*' * 60}{number}" for number in range(540)]
    matcher = GlobMatcher(globs)
    for number in range(100):
        assert matcher.matches("a" * 200 + str(number)) == [n for n in range(540) if n == number or number % 10 == n]
