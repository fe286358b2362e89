"""`card` and `bom`: what other tools read of a version; each is judged by the code of those tools."""

import json

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from history import History
from huggingface_hub import ModelCard

from modelkeep.domain.known_documents import (
    Environment,
    Field,
    FileInspection,
    Inspection,
    Interface,
    Problem,
)
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.errors import UsageError

HOSTILE = "x`</h1><script>alert(1)</script>| [a](javascript:x) \u202e\x1b]0;t\x07"


@pytest.fixture(scope="module")
def history():
    """Return a history with a base model, and a version of it with everything that can be known."""
    made = History()
    made.register("base/encoder", "weights", licence="MIT")
    made.describe("base/encoder", "Not for people.")
    made.register(
        "fraud", {"model.onnx": "onnx", "tokenizer.json": "{}"}, form="tree", label="2.0", licence="GPL-3.0-or-later OR MIT",
        metrics=[("auc", "0.91"), ("loss", "NaN")], on=Data(name="holdout", version="3"), parents=["base/encoder@1"],
        by="fine-tune", data=[Data(name="transactions", version="2026-02", digest="sha256:" + "d" * 64, role="train")],
        runs=["mlflow:77"], commit="9f2c4e1ab07d3586c1e0a94b7d2f6853e4c1b0a7", dirty=True, param__depth="8",
        tag__task="classification", description="Scores card payments.\n\nOwned by risk.", data__0="s3://lake/t",
        inspected=Inspection(kind="onnx", files=(
            FileInspection("model.onnx", "onnx", (("architecture", "trees"), ("parameters", "1200"))),
            FileInspection("tokenizer.json", "pickle", problems=(Problem("dangerous", "it imports os.system"),)),
        )),
        interface=Interface((Field("float32", "x", ("n", "2")),), (Field("int64"),)),
        environment=Environment(python="3.11.7", packages=(("numpy", "2.1.0"), ("some.thing", "1.0+cu118"), ("some_Thing", "1.0+cu118"))),
    )  # fmt: skip
    made.evaluate("fraud@1", [("auc", "0.9")])
    return made


def test_the_front_matter_of_a_card_is_what_hugging_face_reads(history):
    found = history.registry.card("fraud@1")
    read = ModelCard(found.page)
    assert (read.data.base_model, read.data.datasets, read.data.license) == (
        ["base/encoder@1"], ["transactions"], "other",
    )  # fmt: skip
    results = {(each.dataset_name, each.metric_type, str(each.metric_value)) for each in read.data.eval_results}
    assert results == {("holdout@3", "auc", "0.91"), ("holdout@3", "loss", "nan"), ("not recorded", "auc", "0.9")}
    assert found.metadata["base_model_relation"] == "finetune"
    assert found.metadata["license_name"] == "gpl-3.0-or-later-or-mit"
    assert yaml.safe_load(found.page.split("---")[1])["tags"] == ["modelkeep", "task:classification"]


def test_numbers_of_the_front_matter_keep_their_digits_and_texts_are_no_numbers():
    history = History()
    metrics = [("whole", "9007199254740993"), ("huge", "1e400"), ("part", "0.90")]
    history.register("m", metrics=metrics, data=[Data(name="1e5"), Data(name="0o17")])
    page = history.registry.card("m@1").page
    for line in ("value: 9007199254740993", "value: '1e400'", "value: 0.9", "- '1e5'", "- '0o17'"):
        assert line in [each.strip() for each in page.splitlines()], line
    assert yaml.safe_load(page.split("---")[1])["datasets"] == ["1e5", "0o17"]


def test_a_card_says_what_is_known_and_what_is_not(history):
    page = history.registry.card("fraud@1").page
    for line in (
        "# fraud@1 (2.0)",
        "Scores card payments.",
        "- **Format**: onnx, pickle",
        "- **Parameters**: 1,200",
        "| input | x | float32 | \\[n, 2\\] | - |",
        "- **Made from (fine-tune)**: base/encoder@1",
        "- **Commit**: 9f2c4e1ab07d3586c1e0a94b7d2f6853e4c1b0a7, with uncommitted changes",
        "- dangerous: it imports os.system (tokenizer.json)",
        "- **Packages**: numpy==2.1.0, some.thing==1.0+cu118, some\\_Thing==1.0+cu118",
        "| transactions | 2026-02 | train | sha256:" + "d" * 64 + " | s3\\://lake/t |",
    ):
        assert line in page.splitlines(), line
    bare = history.registry.card("base/encoder").page
    assert "## Data\n\nNot recorded." in bare
    assert "license: mit\n" in bare
    assert "Not for people." in bare


def test_a_template_of_ones_own_names_the_parts_that_it_wants(history):
    assert (
        history.registry.card("fraud@1", template="# {{ title }}\n\nAsk Ana.").page == "# fraud@1 (2.0)\n\nAsk Ana.\n"
    )
    wide = "{{" + " " * 200_000 + "title"
    assert history.registry.card("fraud@1", template=wide).page == f"{wide}\n"
    with pytest.raises(UsageError, match="a card has no part 'metrcs'") as error:
        history.registry.card("fraud@1", template="{{metrcs}}")
    assert error.value.hint == "{{metrics}}"


def test_a_bom_is_valid_by_the_rules_of_cyclonedx(history):
    for ref in ("fraud@1", "base/encoder"):
        assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(history.registry.bom(ref).bom)) is None
    document = history.registry.bom("fraud@1").bom
    component = document["metadata"]["component"]
    assert component["licenses"] == [{"expression": "GPL-3.0-or-later OR MIT"}]
    assert component["pedigree"]["ancestors"][0]["name"] == "base/encoder"
    assert component["modelCard"]["modelParameters"] == {
        "task": "classification", "modelArchitecture": "trees", "datasets": [{"ref": "data:data:transactions@2026-02"}],
        "inputs": [{"format": "x float32[n, 2]"}], "outputs": [{"format": "int64"}],
    }  # fmt: skip
    by_type = {}
    for each in document["components"]:
        by_type.setdefault(each["type"], []).append(each)
    assert [each["name"] for each in by_type["file"]] == ["model.onnx", "tokenizer.json"]
    assert [each["purl"] for each in by_type["library"]] == ["pkg:pypi/numpy@2.1.0", "pkg:pypi/some-thing@1.0%2Bcu118"]
    assert by_type["data"][0]["data"][0]["contents"] == {"url": "s3://lake/t"}
    assert by_type["data"][0]["hashes"] == [{"alg": "SHA-256", "content": "d" * 64}]


def test_the_same_head_makes_the_same_bytes_and_the_past_stays_as_it_was(history):
    registry = history.registry
    assert registry.card("fraud@1").page == registry.card("fraud@1").page
    assert json.dumps(registry.bom("fraud@1").bom) == json.dumps(registry.bom("fraud@1").bom)
    before = registry.card("fraud@1", as_of="seq:4").page
    assert "not recorded" not in before  # the value without data came in entry 5
    assert registry.bom("fraud@1", as_of="seq:4").bom["serialNumber"] != registry.bom("fraud@1").bom["serialNumber"]


def test_no_text_of_a_user_is_markup_of_a_card_or_breaks_a_bom():
    history = History()
    history.register(
        "m", {f"{HOSTILE[:20].replace('/', '')}.bin": "x"}, form="tree", description=HOSTILE, param__x=HOSTILE,
        data=[Data(name="d" + HOSTILE[:8], version="1")], **{f"tag.{HOSTILE[:20]}": HOSTILE},
    )  # fmt: skip
    history.describe("m", HOSTILE)
    page = history.registry.card("m@1").page
    head, _, body = page.removeprefix("---").partition("\n---\n")
    assert yaml.safe_load(head)["tags"][1].endswith(HOSTILE)
    assert not set("\x1b\x07\u202e") & set(page)
    assert "<script" not in body.replace("\\<script", "")
    assert "](javascript" not in body.replace("\\](", "")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(history.registry.bom("m@1").bom)) is None


def test_a_dataset_in_two_roles_has_both():
    history = History()
    history.register("m", data=[Data(name="d", version="1", role=role) for role in ("train", "test")])
    (data,) = [each for each in history.registry.bom("m@1").bom["components"] if each["type"] == "data"]
    assert [each["value"] for each in data["properties"]] == ["train", "test"]
