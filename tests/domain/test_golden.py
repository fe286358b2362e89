"""The bytes of the log are for ever: golden files of the format's own example and of an entry of every kind."""

import json
from pathlib import Path

import pytest
import rfc8785
from stories import GOLDEN, UNWRITTEN, golden_story

from modelkeep.domain import entry as chain
from modelkeep.domain.details import Details
from modelkeep.domain.intents import KINDS
from modelkeep.domain.manifest import Manifest
from modelkeep.store.db.ledger import Draft, append
from modelkeep.store.db.sqlite.database import in_memory

EXAMPLES = {
    1: (751, "sha256:df6749f84e0ab36767af373136d349d6f8c87efed9a8eea1196f2badcd6e6345"),
    2: (1827, "sha256:036234e1ca44d14f313b1c37ab56b5f2ef46b2d11103798d5f5234321ac2fb4f"),
    4: (1135, "sha256:0bc89c7e84c5a663b2e0e0e6beafa5f7a2a22776c4afdac76a3e95b6fb03bbef"),
}
DETAILS = "sha256:1d2869b4848f4e9ca5dd5ef91aa39add37a755281542b872b214489db32316f9"
MANIFEST = "sha256:0c41656658de73aad7d3b9880f023939c158883ed1029d813127ef54814d5361"

# Of every kind of entry, made once by tests/support/stories.py. Never to be changed, only added to.
HASHES = {
    "init": "sha256:8562789b0a87a4c83f0cfbf7918d019d4dfff357ab9aa77f79ac68d9046abf4f",
    "register": "sha256:78e37418cad80c3ddbf0440610063aee1c1cdc013f0206ed8597d733f1dd8b19",
    "evaluate": "sha256:2de0c59aa8ac9e9fe38216b819dd186e666eda88e2a3248ff584a65028665e74",
    "promote": "sha256:11aab2526064081aa690530f58c159e20e46cfa1eb9d33cffe1e4152151bed20",
    "rollback": "sha256:4b5294759c545394d5e76578af443f34ff7720917a7ef63adeae36d47dc2be52",
    "retire": "sha256:b3d765187445209bcaf5da8556776d24690b042251a58e7589199e8722dbfa04",
    "mark": "sha256:77e3dd15b36f43dcf1fe6fee3c8f2a4994662b5abc0869ec117258b34ddde989",
    "archive": "sha256:e10be8266de98f37cf927f2cf8293983792d074224863d0b5984246a42e2b578",
    "delete": "sha256:3aa5363d87f0051dbc0ef136605a120a8fcdd8d5ea2a00c62407c5f441db1307",
    "alias": "sha256:d0badc092b823dd3cb7497d8307b15d06649573b0c236579e7db3d7567b71464",
    "tag": "sha256:3b312ef1a4c389a4dff2492569e404cb28724f6846f12ea23e6f745d767afd02",
    "describe": "sha256:8c8c0aad16c330a763658f65a36888b6fdf56e0abdc97c13bc4e79e96e5224ce",
    "note": "sha256:f88262a8783b2ebae561ce26621bb529416966fa6e57d41ebbeb4ac46cc3469f",
    "rename": "sha256:64066aba4ae1912039f1041336edec4bef009dbb7e50e0de2d8912a80a2406fa",
}


def _example(seq):
    return (GOLDEN / f"example-entry-{seq}.json").read_bytes()


@pytest.mark.parametrize(("seq", "size", "digest"), [(seq, *rest) for seq, rest in EXAMPLES.items()])
def test_the_example_entries_keep_their_bytes_and_hashes(seq, size, digest):
    data = _example(seq)
    assert len(data) == size
    assert chain.hash_of(data) == digest
    assert chain.parse(data).to_bytes() == data


def test_the_example_details_keep_their_digest():
    text = (GOLDEN / "example-details.txt").read_bytes().decode()
    assert Details.parse(text).digest == DETAILS == chain.parse(_example(2)).intent.details
    assert Details.parse(text).text == text
    assert Details.parse(text).fields() == [
        ("reason", "first good one"),
        ("param.max_depth", "8"),
        ("tag.owner", "risk"),
        ("host", "trainer-3"),
        ("source", "runs/7/model.onnx"),
    ]


def test_the_example_manifest_keeps_its_digest():
    data = (GOLDEN / "example-manifest.json").read_bytes()
    assert Manifest.from_bytes(data).digest == MANIFEST == chain.parse(_example(2)).intent.subject.digest
    assert Manifest.from_bytes(data).to_bytes() == data


def test_the_rules_lead_from_the_example_intents_to_the_example_entries():
    connection = in_memory()
    for seq in (1, 2):
        example = chain.parse(_example(seq))
        details, documents = None, {}
        if seq == 2:
            details = Details.parse((GOLDEN / "example-details.txt").read_bytes().decode())
            documents = {MANIFEST: (GOLDEN / "example-manifest.json").read_bytes()}
        draft = Draft(example.intent, details, documents)
        outcome = append(connection, draft, lambda _state, seen=example.observed: seen, example.clock)
        assert outcome.entry.to_bytes() == _example(seq)


def test_every_kind_of_entry_keeps_its_bytes():
    assert set(HASHES) == set(KINDS) - UNWRITTEN
    for kind, (data, text) in golden_story().items():
        assert data == (GOLDEN / f"{kind}.json").read_bytes(), kind
        details = GOLDEN / f"{kind}.details.txt"
        assert text == (details.read_bytes().decode() if details.exists() else None), kind


@pytest.mark.parametrize("kind", sorted(HASHES))
def test_a_golden_entry_is_read_and_written_to_the_letter(kind):
    data = (GOLDEN / f"{kind}.json").read_bytes()
    assert chain.hash_of(data) == HASHES[kind]
    entry = chain.parse(data)
    assert entry.intent.kind == kind
    assert entry.to_bytes() == data
    assert rfc8785.dumps(json.loads(data)) == data
    details = GOLDEN / f"{kind}.details.txt"
    if details.exists():
        assert Details.parse(details.read_bytes().decode()).digest == entry.intent.details
    else:
        assert entry.intent.details is None


def test_no_golden_file_is_left_over():
    named = {f"{kind}.json" for kind in HASHES} | {f"example-entry-{seq}.json" for seq in EXAMPLES}
    texts = {path.name for path in Path(GOLDEN).iterdir()} - named
    assert {name for name in texts if not name.endswith(".details.txt")} == {
        "example-details.txt",
        "example-manifest.json",
    }
