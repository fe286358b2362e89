"""A reader that was compiled takes what the other one takes, and nothing else."""

import json

import pytest
from stories import GOLDEN

from modelkeep.domain import compiled, entry, events, intents, records
from modelkeep.domain.entry import Observed, Signature
from modelkeep.domain.quick import dataclass
from modelkeep.errors import Damaged

ENTRIES = [json.loads(path.read_text()) for path in sorted(GOLDEN.glob("*.json")) if path.stem in intents.KINDS]


@dataclass(frozen=True, slots=True)
class Inner:
    """A record in a record."""

    from_: int | None
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Outer:
    """One of everything that a record may hold."""

    flag: bool
    inner: Inner | None
    many: tuple[Inner, ...]
    name: str
    words: tuple[str, ...]


RIGHT = {
    "flag": True,
    "inner": {"from": 1, "pairs": [["a", "b"]]},
    "many": [{"from": None, "pairs": []}, {"from": 2, "pairs": [["c", "d"], ["e", "f"]]}],
    "name": "x",
    "words": ["y", "z"],
}


def test_what_is_right_is_read_alike():
    read = compiled.reader(Outer)(RIGHT)
    assert read == records.from_json(Outer, RIGHT, "outer")
    assert read == Outer(
        True, Inner(1, (("a", "b"),)), (Inner(None, ()), Inner(2, (("c", "d"), ("e", "f")))), "x", ("y", "z")
    )


def test_there_is_an_entry_of_each_kind_to_read():
    assert len(ENTRIES) > 10


@pytest.mark.parametrize("json_", ENTRIES, ids=lambda each: each["intent"]["kind"])
def test_the_records_of_each_kind_of_entry_are_read_alike(json_):
    kind = intents.KINDS[json_["intent"]["kind"]]
    assert compiled.reader(kind)(json_["intent"]["arguments"]) == records.from_json(
        kind, json_["intent"]["arguments"], "arguments"
    )
    for event in json_["events"]:
        assert compiled.reader(events.KINDS[event["kind"]], ("kind",))(event) == events.from_json(event)
    assert compiled.reader(Observed)(json_["observed"]) == records.from_json(Observed, json_["observed"], "observed")


def wrong(value, path=()):
    """Yield variants of a value of which each is wrong in one place."""
    yield from ((path, other) for other in (None, 1, True, "1", 1.0, [], {}, [None], [["a"]], [["a", "b", "c"]]))
    if isinstance(value, dict):
        for key in value:
            yield (*path, key), ...
            yield from wrong(value[key], (*path, key))
        yield (*path, "more"), 1
    if isinstance(value, list):
        for place, inner in enumerate(value):
            yield from wrong(inner, (*path, place))


def test_what_is_wrong_is_refused_alike_with_the_reason_that_the_other_one_gives():
    refused = 0
    for path, other in wrong(RIGHT):
        changed = json.loads(json.dumps({"whole": RIGHT}))
        inner = changed
        for step in ("whole", *path)[:-1]:
            inner = inner[step]
        last = ("whole", *path)[-1]
        if other is ...:
            del inner[last]
        else:
            inner[last] = other
        try:
            right = records.from_json(Outer, changed["whole"], "outer")
        except Damaged:
            refused += 1
            with pytest.raises(compiled.NO):
                compiled.reader(Outer)(changed["whole"])
        else:
            assert compiled.reader(Outer)(changed["whole"]) == right
    assert refused > 100


def test_a_reader_that_is_used_often_says_the_same_of_what_is_wrong():
    @dataclass(frozen=True, slots=True)
    class Often:
        """Read so often that its reader is compiled."""

        name: str

    globals()["Often"] = Often
    for number in range(1000):
        assert records.from_json(Often, {"name": f"{number}"}, "often") == Often(f"{number}")
        with pytest.raises(Damaged, match=r"^often\.name: not str$"):
            records.from_json(Often, {"name": number}, "often")
        with pytest.raises(Damaged, match=r"^often: unknown or missing field: more, name$"):
            records.from_json(Often, {"more": 1}, "often")


def test_fields_besides_must_be_there_and_are_left_alone():
    given = {"form": "sshsig", "value": "x", "kind": object()}
    assert compiled.reader(Signature, ("kind",))(given) == Signature("sshsig", "x")
    assert records.from_json(Signature, given, "signature", ("kind",)) == Signature("sshsig", "x")
    for lacking in ({"form": "sshsig", "value": "x"}, {**given, "more": 1}):
        with pytest.raises(compiled.NO):
            compiled.reader(Signature, ("kind",))(lacking)
        with pytest.raises(Damaged):
            records.from_json(Signature, lacking, "signature", ("kind",))


def test_an_entry_that_lacks_a_part_is_damage():
    for part in ("intent", "events", "observed"):
        whole = {key: value for key, value in ENTRIES[0].items() if key != part}
        with pytest.raises(Damaged):
            entry.parse(entry.canonical.encode(whole))
