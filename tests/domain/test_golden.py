"""The bytes of the log are for ever: golden files of the format's own example and of an entry of every kind."""

import json
from pathlib import Path

import pytest
import rfc8785
from log_kinds import COMMANDS as KINDS
from stories import GOLDEN, UNWRITTEN, golden_story

from modelkeep.domain.details import Details
from modelkeep.domain.entry import hash_entry, parse_entry
from modelkeep.domain.manifest import Manifest
from modelkeep.store.db.ledger import IntentDraft, append
from modelkeep.store.db.sqlite.private_tables import in_memory

EXAMPLES = {
    1: (475, "sha256:08b2c122207b45c56d3f97fbd6b1818db3eb7406896a6709114325f1e4f6873a"),
    2: (1248, "sha256:f9e75453f6f0d226b0a9ebdcef3226fa25d15d4ab81dc38eca00c2b01740e3bb"),
    4: (836, "sha256:2af5dfe8713f97e81bddcecce9872f594141a8795164dc6d573c2e38ecb05b5f"),
}
DETAILS = "sha256:1d2869b4848f4e9ca5dd5ef91aa39add37a755281542b872b214489db32316f9"
MANIFEST = "sha256:0c41656658de73aad7d3b9880f023939c158883ed1029d813127ef54814d5361"

# Of every kind of entry, made once by tests/support/stories.py. Never to be changed, only added to.
HASHES = {
    "init": "sha256:cde154e950100f715ee8b2a1f3bd9fbfb35ca114388ba506da4e88db0c73f7b2",
    "register": "sha256:80b4261cac5194052996456bc704c4b5c08f053e81772975c42a46b2ced18a29",
    "promote": "sha256:24c177f18d838474b94b3efc4dc64598bdfffebe1b0945204b911189fefa5d80",
    "evaluate": "sha256:0d4d0897812cc0d1b4936ec160ac57bf78308b4a0b93d156a0b87adc83630123",
    "rollback": "sha256:99fdfdc951607be88182287dec5ef8537acde0a63f65e60a5dab61135921f33a",
    "mark": "sha256:d173b02cc1e3c000a50c115f3aee05cbb346c3af9b115a6d3aa5799cdc977087",
    "alias": "sha256:21ba8522058fe7eadf87560314e4d330b423878cacc18ec67e453e010a7008de",
    "tag": "sha256:10277793061cac01b4799ae41edcbc31649a17ad69f48d3f58a2da536c0c91f0",
    "describe": "sha256:2b5f2559a503c9abb21a444eb2ef642d635a73da784aff25130eaf7fd4285098",
    "note": "sha256:bf067d265bed842677fcfc8758424fdbe248df289f4eade1523f48be58b2b41a",
    "archive": "sha256:eaaafd6e43c5c163a42910e15efc9b8ff8811d5b0278d08eb6889c92bffdd1b7",
    "retire": "sha256:fe6593419c836fec4005b78663db9bdbab9e6116c6f09a65c3fae393693f3a18",
    "rename": "sha256:d36085ea0270310e2127f12b91da73412b79c61e1c4f5008368f9b30f88aa377",
    "delete": "sha256:a1b88a3c567ca59814d0d353a711a7d2714947cc209b395e2be51f014b951c95",
    "create": "sha256:a4b8ba7a19bb1c5f26bbee6c9905f5f7ea1e69153140d708c43570b04f323e7f",
    "label": "sha256:cae5ff02bbb3245a834bb8cf4434f0d0fda4db8efab2a439b06069b4959d4cc0",
    "policy": "sha256:886f545eab899940ca77df7a336addbdac36755c89113c5d0b5677a94592dee9",
    "role": "sha256:6b3953ff489710eb39fd9798ceec2708098dae8bc00408a2f9ae4343955f95f4",
    "request": "sha256:9c580a2635ea644aa94eafa18cafd08371e33f6891bd025490654d1a2fd10112",
    "approve": "sha256:dbbc937e277e908871926e441f0c6628bc6635e942dcb13f58b764bac529dc7d",
    "reject": "sha256:abed0f7fcd2e364e70938241ae26f0804900977e5c70a42bc27df8bcdaf5e794",
    "check": "sha256:8e19489119cffb4e0d8ef193f206d76dd2c31283437f66fd91ea896809a53a81",
    "deploy": "sha256:d7512b40fedd8538ce4d1f447fcb23cd17e484fbbb85f86f2d8e72cb7a565c8f",
    "signal": "sha256:2b376614c62afcf2fd3e1526cd617fb737c2d2c1b42e12e63d91b115b14eff2b",
    "acknowledge": "sha256:8da1cfb4958cd5ea425ea664811622fb37bfc9d538e5184b0dc1ceb7dcef19c3",
    "data": "sha256:facfbb42b355d138294d007d93b8254e17a0d1a42f9e9f4a18ee49900379b259",
    "supplement": "sha256:2500bc789fb03040d9de5d14f3405604cf7d274280fbd8635112e21d510854ac",
}


def _example(seq):
    return (GOLDEN / f"example-entry-{seq}.json").read_bytes()


@pytest.mark.parametrize(("seq", "size", "digest"), [(seq, *rest) for seq, rest in EXAMPLES.items()])
def test_the_example_entries_keep_their_bytes_and_hashes(seq, size, digest):
    data = _example(seq)
    assert len(data) == size
    assert hash_entry(data) == digest
    assert parse_entry(data).to_bytes() == data


def test_the_example_details_keep_their_digest():
    text = (GOLDEN / "example-details.txt").read_bytes().decode()
    assert Details.parse(text).digest == DETAILS == parse_entry(_example(2)).intent.details
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
    assert Manifest.from_bytes(data).digest == MANIFEST == parse_entry(_example(2)).intent.subject.digest
    assert Manifest.from_bytes(data).to_bytes() == data


def test_the_rules_lead_from_the_example_intents_to_the_example_entries():
    connection = in_memory()
    for seq in (1, 2):
        example = parse_entry(_example(seq))
        details, documents = None, {}
        if seq == 2:
            details = Details.parse((GOLDEN / "example-details.txt").read_bytes().decode())
            documents = {MANIFEST: (GOLDEN / "example-manifest.json").read_bytes()}
        draft = IntentDraft(example.intent, details, documents)
        outcome = append(connection, draft, example.observed, example.clock_time)
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
    assert hash_entry(data) == HASHES[kind]
    entry = parse_entry(data)
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
