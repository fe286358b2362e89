"""docs/log-format.md is right: every hash of its example is computed, every kind and field of the log is on the page."""

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import get_args

import msgspec
import pytest
import rfc8785

from modelkeep.domain import entry as log
from modelkeep.domain.verbs.all_verbs import AnyCommand, AnyEvent

GOLDEN = Path(__file__).resolve().parent / "golden"
PAGE = (Path(__file__).resolve().parent.parent / "docs" / "log-format.md").read_text()
EXAMPLE = PAGE.partition("## A worked example\n")[2]
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", EXAMPLE, re.MULTILINE | re.DOTALL)
ENTRY_1, ENTRY_2, MANIFEST, ENTRY_4 = (text.removesuffix("\n").encode() for kind, text in BLOCKS if kind == "json")
DETAILS, REDACTED = (text for kind, text in BLOCKS if not kind)


def digest(data: bytes) -> str:
    return "sha256:" + sha256(data).hexdigest()


def entry_hash(entry: bytes) -> str:
    return digest(b"\0" + entry)


def details_digest(text: str) -> str:
    header, *lines = text.removesuffix("\n").split("\n")
    digests = [line if line.startswith("sha256:") else digest(line.encode()) for line in lines]
    return digest("".join(f"{line}\n" for line in [header, *digests]).encode())


def fields(value: object):
    """Yield the value of every field, at any depth."""
    if isinstance(value, dict):
        yield from value.values()
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from fields(inner)


@pytest.mark.parametrize(
    "data", [ENTRY_1, ENTRY_2, ENTRY_4, MANIFEST], ids=["entry 1", "entry 2", "entry 4", "manifest"]
)
def test_each_document_of_the_example_is_canonical_and_leaves_defaults_out(data):
    value = json.loads(data)
    assert rfc8785.dumps(value) == data
    assert not any(field is None or field is False or field in ([], {}, "") for field in fields(value))


@pytest.mark.parametrize("entry", [ENTRY_1, ENTRY_2, ENTRY_4], ids=["1", "2", "4"])
def test_the_page_names_the_length_and_the_hash_of_each_entry(entry):
    before = EXAMPLE.partition(entry.decode())[0].rpartition("```json")[0].rpartition("```")[2]
    assert f"{len(entry)} bytes" in before
    assert f"`{entry_hash(entry)}`" in before


def test_the_second_entry_holds_on_to_the_first():
    entry = json.loads(ENTRY_2)
    assert entry["prev"] == entry_hash(ENTRY_1)
    assert entry["intent"]["seen"] == {"seq": 1, "hash": entry_hash(ENTRY_1)}


def test_the_manifest_and_the_details_have_the_digests_that_the_entry_and_the_page_name():
    intent = json.loads(ENTRY_2)["intent"]
    assert digest(MANIFEST) == intent["subject"]["digest"]
    assert details_digest(DETAILS) == intent["details"]
    assert f"manifest, `{digest(MANIFEST)}`" in EXAMPLE
    assert f"details have the digest `{details_digest(DETAILS)}`" in EXAMPLE


def test_a_redacted_line_leaves_the_digest_of_the_details_as_it_is():
    changed = [(old, new) for old, new in zip(DETAILS.split("\n"), REDACTED.split("\n"), strict=True) if old != new]
    assert [new for _, new in changed] == [digest(old.encode()) for old, _ in changed]
    assert ['"tag.owner"' in old for old, _ in changed] == [True]
    assert details_digest(REDACTED) == details_digest(DETAILS)


def test_the_example_is_the_golden_one():
    for name, data in (
        ("example-entry-1.json", ENTRY_1),
        ("example-entry-2.json", ENTRY_2),
        ("example-entry-4.json", ENTRY_4),
        ("example-manifest.json", MANIFEST),
        ("example-details.txt", DETAILS.encode()),
    ):
        assert (GOLDEN / name).read_bytes() == data, name


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(("title", "kinds"), [("Commands", get_args(AnyCommand)), ("Events", get_args(AnyEvent))])
def test_the_page_names_every_kind_and_its_fields(title, kinds):
    rows = {
        name: row
        for row in section(title).split("\n")
        if row.startswith("| `")
        for name in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    assert set(rows) == {kind.__struct_config__.tag for kind in kinds}
    reserved = section("Commands").partition("\nReserved")[2]
    for kind in kinds:
        row = rows[kind.__struct_config__.tag]
        for field in msgspec.structs.fields(kind):
            assert re.search(rf"\b{field.encode_name}\b", row + reserved), (kind, field.encode_name)


@pytest.mark.parametrize(
    ("title", "struct"),
    [
        ("Entry", log.Entry),
        ("Entry", log.Observed),
        ("Intent", log.Intent),
        ("Intent", log.Subject),
        ("Intent", log.Origin),
    ],
)
def test_the_page_names_every_field_around_the_commands_and_events(title, struct):
    for field in msgspec.structs.fields(struct):
        assert f"`{field.encode_name}`" in section(title), field.encode_name
