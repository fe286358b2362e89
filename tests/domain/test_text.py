"""Text that people give: stored as it is, shown without harm."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domain.text import check_key, check_text, escape_cell, escape_json, is_hex, printable, printable_lines
from modelkeep.errors import UsageError


@pytest.mark.parametrize("text", ["", "p99 latency", "naïve — 模型 🦊", "two\nlines\tand \x1b[31m"])
def test_utf8_is_kept_as_it_is(text):
    assert check_text(text, "the reason") == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a\0b", "the reason has a NUL character in it: a\\x00b"),
        ("a\udc80b", "the reason is not valid UTF-8: a\\udc80b"),
    ],
)
def test_nul_and_surrogates_are_refused_before_anything_begins(text, why):
    with pytest.raises(UsageError) as refusal:
        check_text(text, "the reason")
    assert refusal.value.message == why


@pytest.mark.parametrize(
    "key",
    [
        "auc", "0.5/f1", "val loss", "_x", "weighted avg.f1-score", "k" * 250, "a.", ".a", "-", "auc-", "a=b", "a:b",
        "mAP50(B)", "recall@5", "top-1 (%)", "pr\u00e9cision", "gr\u00f6\u00dfe", "\u91cd\u307f", "a\\b", "'", "f1|macro", "\U0001f600",
    ],
)  # fmt: skip
def test_a_key_is_kept_as_the_tool_wrote_it(key):
    assert check_key(key) == key


@pytest.mark.parametrize(
    "key", ["", " auc", "auc ", "\u00a0auc", "x" * 251, "auc\n", "a\x1b", "a\u202eb", "a\udc80", "\0"]
)
def test_a_key_that_cannot_be_shown_is_refused(key):
    with pytest.raises(UsageError) as refusal:
        check_key(key, "metric")
    assert refusal.value.message == f"not a legal metric: '{printable(key)}'"
    assert refusal.value.hint == "1 to 250 characters without control characters, and no space at the ends"


def test_a_long_key_is_not_echoed_whole():
    with pytest.raises(UsageError) as refusal:
        check_key("k" * 2_000_000)
    assert refusal.value.message == f"not a legal key: '{'k' * 251}...'"


def test_a_terminal_is_never_steered():
    assert printable("a\x1b[31mb\r\n\tc\x9b\u202e\u2028\udcff\\ é 🦊") == (
        "a\\x1b[31mb\\r\\n\\tc\\x9b\\u202e\\u2028\\udcff\\ é 🦊"
    )


def test_what_cannot_be_seen_is_shown_and_what_scripts_are_written_with_stays():
    assert printable("fra\u200bud\ufeff \xad\u2060\u3164\U000e0041") == (
        "fra\\u200bud\\ufeff \\xad\\u2060\\u3164\\U000e0041"
    )
    assert printable("می\u200cرم 👩\u200d🔬") == "می\u200cرم 👩\u200d🔬"


def test_lines_keep_their_tabs_and_newlines_and_nothing_else():
    assert printable_lines("a\tb\n") == "a\tb\n"
    assert printable_lines("a\x1b\tb\r\x9b\n") == "a\\x1b\tb\\r\\x9b\n"


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_a_document_says_the_same_and_steers_no_terminal(value):
    for indent in (None, 2):
        text = escape_json(json.dumps(value, ensure_ascii=False, indent=indent))
        assert json.loads(text) == value
        assert text == printable_lines(text)


def test_a_document_shows_what_is_beyond_the_first_plane_as_two_halves():
    assert escape_json('"\x9b31m\u202e\U000e0041"') == '"\\u009b31m\\u202e\\udb40\\udc41"'


def test_a_cell_has_no_tab_no_newline_and_is_never_empty():
    assert escape_cell("") == "-"
    assert escape_cell("a\tb\nc\\d\re\x00") == "a\\tb\\nc\\\\d\\re\\x00"
    assert escape_cell("C:\\new") == "C:\\\\new"


def back(cell):
    short = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}
    pattern = r"\\(?:([tnr\\])|x(..)|u(....)|U(.{8}))"
    return re.sub(pattern, lambda m: short[m[1]] if m[1] else chr(int(m[2] or m[3] or m[4], 16)), cell)


@given(st.text(min_size=1))
def test_a_cell_can_be_read_back_and_encoded(text):
    cell = escape_cell(text)
    assert back(cell) == text
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", cell)
    assert len(cell.split()) <= len(text.split()) or "\\" in cell


@given(st.text(alphabet=st.characters()))
def test_what_is_printable_encodes_and_stays_so(text):
    printable(text).encode()
    assert printable(printable(text)) == printable(text)


@pytest.mark.parametrize(
    ("value", "is_it"),
    [("0af9", True), ("0AF9", False), ("0af", False), ("0afg", False), ("0af\n", False), ("٠١٢٣", False)],
)
def test_hex_digits_are_lower_case_and_as_many_as_asked_for(value, is_it):
    assert is_hex(value, 4) is is_it
