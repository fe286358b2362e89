"""Details: lines with salts, one digest, and lines that can be taken back without breaking it."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domain.details import Details, Line, RedactedLine, digest_of_text, write
from modelkeep.errors import Damaged, ModelkeepError, NotFound

GOLDEN = """\
modelkeep details 1
["5d93606f63f5128a4ff11bcdf9512378","reason","first good one"]
["42c9f43c52eff3380ee88678baa545cb","param.max_depth","8"]
["4dfebb6d523d58ee47a915e4798b2573","tag.owner","risk"]
["a33777e603472d96c5ba501d75ba1440","host","trainer-3"]
["8431c99b25ba68c0f7c5ca445a6f592f","source","runs/7/model.onnx"]
"""
GOLDEN_DIGEST = "sha256:1d2869b4848f4e9ca5dd5ef91aa39add37a755281542b872b214489db32316f9"
SALT = "4dfebb6d523d58ee47a915e4798b2573"


def salts():
    return (f"{number:032x}" for number in range(1, 1000))


def test_the_text_and_digest_of_details_are_for_ever():
    fields = [
        ("reason", "first good one"),
        ("param.max_depth", "8"),
        ("tag.owner", "risk"),
        ("host", "trainer-3"),
        ("source", "runs/7/model.onnx"),
    ]
    given_salts = [line[2:34] for line in GOLDEN.split("\n")[1:-1]]
    details = write(fields, iter(given_salts))
    assert details.text == GOLDEN
    assert details.to_bytes() == GOLDEN.encode()
    assert details.digest == GOLDEN_DIGEST
    assert Details.parse(GOLDEN) == details
    assert details.fields() == fields


def test_a_redacted_line_keeps_the_digest_and_loses_key_value_and_salt():
    details = Details.parse(GOLDEN)
    gone = "sha256:" + hashlib.sha256(f'["{SALT}","tag.owner","risk"]'.encode()).hexdigest()
    redacted = details.redact(gone)
    assert redacted.digest == GOLDEN_DIGEST
    assert redacted.text == GOLDEN.replace(f'["{SALT}","tag.owner","risk"]', gone)
    assert redacted.lines[2] == RedactedLine(gone)
    assert redacted.value("tag.owner") is None
    assert [field for field, _ in redacted.fields()] == ["reason", "param.max_depth", "host", "source"]
    assert redacted.redact(gone) == redacted
    assert Details.parse(redacted.text) == redacted


def test_a_line_that_is_not_there_cannot_be_redacted():
    with pytest.raises(NotFound, match="these details have no line sha256:00"):
        Details.parse(GOLDEN).redact("sha256:00")


def test_the_first_value_of_a_field_is_its_value():
    details = write([("tag.a", "1"), ("tag.a", "2")], salts())
    assert details.value("tag.a") == "1"
    assert details.value("tag.b") is None


def test_lines_end_with_newline_alone():
    details = write([("note", "one\u2028two\nthree\x85four\r")], salts())
    assert details.text == (
        'modelkeep details 1\n["00000000000000000000000000000001","note","one\u2028two\\nthree\x85four\\r"]\n'
    )
    assert Details.parse(details.text) == details


def test_details_without_a_field_are_not_written():
    with pytest.raises(ModelkeepError, match="an entry without details has null"):
        write([], salts())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "modelkeep details 1\n",
        "modelkeep details 1",
        "modelkeep details 2\n" + GOLDEN.partition("\n")[2],
        GOLDEN[:-1],
        GOLDEN + "\n",
        GOLDEN.replace("\n", "\r\n"),
        GOLDEN.replace('","tag', '", "tag'),
        GOLDEN.replace(SALT, SALT.upper()),
        GOLDEN.replace(SALT, SALT[1:]),
        GOLDEN.replace(',"risk"', ""),
        GOLDEN.replace(',"risk"', ',"risk","more"'),
        GOLDEN.replace('"8"', "8"),
        GOLDEN.replace("risk", "ris\\u006b"),
        GOLDEN + "sha256:12\n",
        GOLDEN + "sha256:" + "A" * 64 + "\n",
        GOLDEN + "plain text\n",
        " " + GOLDEN,
        GOLDEN.replace("risk", "ris\udc80"),
    ],
)
def test_text_that_is_not_to_the_letter_details_is_damage(text):
    with pytest.raises(Damaged):
        Details.parse(text)


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
FIELDS = st.lists(st.tuples(TEXTS.filter(bool), TEXTS), min_size=1, max_size=20)


@given(FIELDS, st.sets(st.integers(0, 19)))
def test_whatever_is_redacted_the_digest_stays_and_the_rest_reads_back(fields, hidden):
    details = write(fields, salts())
    redacted = details
    for number, line in enumerate(details.lines):
        if number in hidden:
            redacted = redacted.redact(line.line_digest)
    assert redacted.digest == details.digest
    assert redacted.fields() == [pair for number, pair in enumerate(fields) if number not in hidden]
    assert Details.parse(redacted.text) == redacted


@given(FIELDS, st.data())
def test_any_other_value_has_another_digest(fields, data):
    number = data.draw(st.integers(0, len(fields) - 1))
    other = data.draw(TEXTS.filter(lambda text: text != fields[number][1]))
    changed = [*fields[:number], (fields[number][0], other), *fields[number + 1 :]]
    assert write(fields, salts()).digest != write(changed, salts()).digest


def test_a_line_is_one_json_list():
    assert Line(SALT, "tag.owner", 'a "b"').text == f'["{SALT}","tag.owner","a \\"b\\""]'


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1))
def test_the_digest_of_a_text_is_that_of_its_details(fields):
    details = write(fields, salts())
    assert digest_of_text(details.text) == details.digest
    redacted = details.redact(details.lines[-1].line_digest)
    assert digest_of_text(redacted.text) == details.digest


@pytest.mark.parametrize(
    "value",
    ["\\u0041", "\\/", "\\u000A", "\\u001F", "\\u00e9", "\x01", "\\x41", "\\ud800", '"'],
)
def test_a_text_that_would_be_written_in_another_way_is_damage(value):
    with pytest.raises(Damaged):
        Details.parse(f'modelkeep details 1\n["{SALT}","reason","{value}"]\n')


@pytest.mark.parametrize(
    ("value", "meant"),
    [("\\n", "\n"), ("\\u001f", "\x1f"), ('\\"', '"'), ("\\\\", "\\"), ("\x7f\u2028é", "\x7f\u2028é")],
)
def test_a_text_that_needs_an_escape_is_read_as_one_that_needs_none(value, meant):
    text = f'modelkeep details 1\n["{SALT}","reason","{value}"]\n'
    assert Details.parse(text) == Details((Line(SALT, "reason", meant),))
    assert Details.parse(text).text == text


def test_a_tag_stands_in_details_once():
    twice = write([("tag.owner", "ana"), ("tag.owner", "bo")], iter(["0" * 32, "1" * 32]))
    with pytest.raises(Damaged, match="stands in them twice"):
        Details.parse(twice.text)
