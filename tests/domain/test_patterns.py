"""Patterns that are compiled late do what the others do."""

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domain.text import pattern, translate_glob


def test_a_late_pattern_answers_as_a_compiled_one():
    late = pattern(r"([a-z]+)=([0-9]+)", re.IGNORECASE)
    assert late.fullmatch("Depth=8").groups() == ("Depth", "8")
    assert late.match("depth=8 and more")[1] == "depth"
    assert late.search("the depth=8")[2] == "8"
    assert late.sub(r"\2", "depth=8, Width=3") == "8, 3"
    assert late.findall("a=1 b=2") == [("a", "1"), ("b", "2")]
    assert (late.pattern, late.groups) == (r"([a-z]+)=([0-9]+)", 2)
    assert late.fullmatch("depth=8").re is re.compile(r"([a-z]+)=([0-9]+)", re.IGNORECASE)


def test_a_late_pattern_reads_bytes_too():
    assert pattern(rb"\s*-----BEGIN").match(b"  -----BEGIN")


def test_a_wrong_pattern_is_told_when_it_is_used():
    wrong = pattern("(")
    with pytest.raises(re.error):
        wrong.match("(")
    with pytest.raises(AttributeError):
        _ = pattern("a").matches


@given(st.text("[]!a-z*?", max_size=12), st.text("[]!a-z", max_size=6))
def test_a_glob_matches_what_the_standard_library_says(glob, name):
    assert bool(re.fullmatch(translate_glob(glob), name)) == fnmatch.fnmatchcase(name, glob)
