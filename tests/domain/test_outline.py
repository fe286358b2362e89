"""An outline tells what the whole entry would, and never of what could not be read whole."""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stories import GOLDEN

from modelkeep.domain import entry as chain
from modelkeep.domain import events, intents
from modelkeep.domain.canonical import encode
from modelkeep.domain.outline import Asked, Outline, Outlines
from modelkeep.errors import Damaged, SchemaMismatch

ENTRIES = [path.read_bytes() for path in sorted(GOLDEN.glob("*.json")) if path.stem in intents.KINDS]
REGISTER = (GOLDEN / "register.json").read_bytes()


def outlined(data):
    """Return the outline of an entry from reading it whole, None where that is refused."""
    try:
        entry = chain.parse(data)
    except (Damaged, SchemaMismatch):
        return None
    intent = entry.intent
    return Outline(
        entry.seq, entry.prev, entry.clock, entry.time,
        Asked(intent.registry, intent.id, intent.details, intent.time, intent.not_after, intent.actor),
        chain.documents_of(entry), entry.signatures,
    )  # fmt: skip


@pytest.fixture(scope="module")
def outlines():
    return Outlines(worth_compiling=1)


@pytest.mark.parametrize("data", ENTRIES, ids=lambda data: json.loads(data)["intent"]["kind"])
def test_the_outline_of_an_entry_is_what_reading_it_whole_tells(outlines, data):
    assert outlines.of(data) == outlined(data) is not None


def test_it_is_not_known_before_enough_entries_of_a_kind_were_seen():
    outlines = Outlines(worth_compiling=3)
    assert [outlines.of(REGISTER) is None for _ in range(4)] == [True, True, False, False]


@pytest.mark.parametrize("data", ENTRIES, ids=lambda data: json.loads(data)["intent"]["kind"])
def test_no_byte_can_be_changed_so_that_only_the_outline_is_still_there(outlines, data):
    known = 0
    for place in range(0, len(data), 1 if data == REGISTER else 7):
        for other in (b"", b'"', b",", b"0", b"-", b"x", b" ", b"\\", b"\x01", b"\xff", data[place : place + 1] * 2):
            bent = data[:place] + other + data[place + 1 :]
            found = outlines.of(bent)
            known += found is not None
            assert found is None or found == outlined(bent), bent
    assert known > 50


WRONG = (
    None,
    0,
    -1,
    2**53,
    True,
    "",
    "1",
    "é\u2028\U0001f600",
    'a "b"',
    "a\\b",
    "\x01",
    [],
    {},
    [None],
    [["a"]],
    [1, 2],
)


def variants(value, path=()):
    """Yield each place in a value, with what else may stand there; ``...`` is nothing at all."""
    yield from ((path, other) for other in WRONG)
    if isinstance(value, dict):
        for key in value:
            yield (*path, key), ...
            yield from variants(value[key], (*path, key))
        yield (*path, "more"), 1
    if isinstance(value, list):
        yield (*path, 0), ...
        for place, inner in enumerate(value):
            yield from variants(inner, (*path, place))


@pytest.mark.parametrize("data", ENTRIES, ids=lambda data: json.loads(data)["intent"]["kind"])
def test_no_value_can_be_changed_so_that_only_the_outline_is_still_there(outlines, data):
    known = 0
    for path, other in variants(json.loads(data)):
        whole = {"whole": json.loads(data)}
        inner = whole
        for step in ("whole", *path)[:-1]:
            inner = inner[step]
        last = ("whole", *path)[-1]
        if other is not ...:
            inner[last] = other
        elif inner:
            del inner[last]
        bent = encode(whole["whole"])
        found = outlines.of(bent)
        known += found is not None
        assert found is None or found == outlined(bent), bent
    assert known > 10


@given(st.text(), st.integers(), st.lists(st.tuples(st.text(), st.text())))
def test_any_text_and_number_is_told_of_as_when_it_is_read_whole(name, seq, metrics):
    outlines = Outlines(worth_compiling=1)
    whole = json.loads(REGISTER)
    whole["intent"]["subject"]["name"] = name
    whole["intent"]["arguments"]["metrics"] = metrics
    whole["seq"] = seq
    try:
        data = encode(whole)
    except UnicodeEncodeError:
        return
    found = outlines.of(data)
    assert found is None or found == outlined(data)


def test_lists_of_any_length_have_an_outline(outlines):
    whole = json.loads(REGISTER)
    event = whole["events"][0]
    for count in (0, 1, 2, 5):
        whole["intent"]["arguments"]["metrics"] = [["auc", "0.9"]] * count
        whole["intent"]["arguments"]["runs"] = ["r"] * count
        whole["events"] = [event] * count
        data = encode(whole)
        assert outlines.of(data) == outlined(data)
        assert (outlines.of(data) is None) == (count == 0)


def test_every_event_may_stand_in_an_entry(outlines):
    whole = json.loads(REGISTER)
    seen = {event["kind"]: event for data in ENTRIES for event in json.loads(data)["events"]}
    assert len(seen) > len(events.KINDS) - 3
    whole["events"] = list(seen.values())
    assert outlines.of(encode(whole)) == outlined(encode(whole)) is not None


@pytest.mark.parametrize(
    "change",
    [
        lambda entry: entry["signatures"].append({"form": "sshsig", "value": "x"}),
        lambda entry: entry["intent"]["actor"].update(person="ana"),
        lambda entry: entry["intent"].update(not_after="2026-11-23T00:00:00.000000Z"),
        lambda entry: entry.update(format="modelkeep entry 2"),
        lambda entry: entry["intent"].update(format="modelkeep intent 2"),
        lambda entry: entry["intent"].update(kind="mark"),
        lambda entry: entry["intent"].update(kind="unheard"),
    ],
)
def test_what_few_entries_have_is_read_whole(outlines, change):
    whole = json.loads(REGISTER)
    change(whole)
    assert outlines.of(encode(whole)) is None


def test_kinds_that_nobody_knows_take_no_room():
    outlines = Outlines()
    tracemalloc.start()
    try:
        for number in range(200):
            kind = b"x" * (20_000 + number)
            assert outlines.of(REGISTER.replace(b'"kind":"register"', b'"kind":"' + kind + b'"')) is None
        assert tracemalloc.get_traced_memory()[0] < 1_000_000
    finally:
        tracemalloc.stop()
