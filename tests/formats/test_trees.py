"""Directories of Hugging Face and MLflow: what they say of themselves, their parts, what is missing, what would run."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domain.known_documents import Field, parse_inspection, to_document
from modelkeep.domain.manifest import Manifest, ManifestFile
from modelkeep.formats.inspection import inspect


class InMemory:
    """A file of an artifact in memory, which knows its digest as one in the store does."""

    def __init__(self, path, data):
        self.path, self.data, self.size = path, data, len(data)
        self.digest = f"sha256:{hashlib.sha256(data).hexdigest()}"

    def read(self, start, length):
        return self.data[start : start + length]


def tree(files):
    """Return the files; what is no bytes is written as JSON."""
    return [
        InMemory(path, data if isinstance(data, bytes) else json.dumps(data).encode()) for path, data in files.items()
    ]


def of(files):
    found = inspect(tree(files))
    assert parse_inspection(to_document(found.inspection)) == found.inspection
    return found


def texts(inspection):
    return [(each.kind, each.text) for each in inspection.problems]


def safetensors(name="w"):
    header = json.dumps({name: {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}).encode()
    return len(header).to_bytes(8, "little") + header + b"\0"


CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "torch_dtype": "bfloat16",
    "max_position_embeddings": 8192, "vocab_size": 32000, "transformers_version": "4.44.0",
}  # fmt: skip
CARD = b"""---
license: apache-2.0
base_model: meta-llama/Llama-3-8B
pipeline_tag: text-generation
tags: [chat, finance]
---
# A model
"""
SHARDS = {f"model-0000{number}-of-00002.safetensors": safetensors(f"w{number}") for number in (1, 2)}
INDEX = {"metadata": {"total_size": 2}, "weight_map": dict(zip(("w1", "w2"), SHARDS, strict=True))}
HF = {
    "config.json": CONFIG, "README.md": CARD, "model.safetensors.index.json": INDEX, **SHARDS,
    "tokenizer.json": {"version": "1.0"}, "tokenizer_config.json": {"tokenizer_class": "LlamaTokenizer"},
}  # fmt: skip


def test_config_card_weights_and_tokenizer_are_found():
    found = of(HF).inspection
    assert (found.kind, found.problems) == ("huggingface", ())
    assert dict(found.facts) == {
        "architecture": "LlamaForCausalLM", "model-type": "llama", "dtypes": "bfloat16", "context-length": "8192",
        "vocabulary": "32000", "transformers": "4.44.0", "licence": "apache-2.0",
        "base-models": "meta-llama/Llama-3-8B", "task": "text-generation", "tags": "chat, finance",
    }  # fmt: skip
    assert [(each.role, each.name, each.paths) for each in found.parts] == [
        ("weights", "model.safetensors", (*SHARDS, "model.safetensors.index.json")),
        ("tokenizer", "LlamaTokenizer", ("tokenizer.json", "tokenizer_config.json")),
        ("base-model", "meta-llama/Llama-3-8B", ()),
    ]
    assert [file.format for file in found.files] == ["safetensors", "safetensors"]


def test_a_part_has_the_same_digest_wherever_it_lies():
    here = of(HF).inspection.parts
    there = of({f"checkpoint/best/{path}": data for path, data in HF.items()}).inspection.parts
    assert [each.digest for each in here] == [each.digest for each in there]
    tokenizer = [file for file in tree(HF) if file.path.startswith("tokenizer")]
    manifest = Manifest.of(ManifestFile(file.digest, file.path, file.size) for file in tokenizer)
    assert here[1].digest == manifest.digest
    (only,) = of({"config.json": CONFIG, "model.safetensors": safetensors()}).inspection.parts
    assert only.digest == f"sha256:{hashlib.sha256(safetensors()).hexdigest()}"


def test_a_missing_shard_is_a_problem_with_and_without_an_index():
    first, second = SHARDS
    expected = [("invalid", f"the shard {second} is missing")]
    assert texts(of({path: data for path, data in HF.items() if path != second}).inspection) == expected
    assert texts(of({"config.json": CONFIG, first: SHARDS[first]}).inspection) == expected


def test_an_adapter_names_its_base_model():
    adapter = {"peft_type": "LORA", "base_model_name_or_path": "meta-llama/Llama-3-8B", "revision": "main"}
    found = of({"adapter_config.json": adapter, "adapter_model.safetensors": safetensors()}).inspection
    assert [(each.role, each.name, each.digest is not None) for each in found.parts] == [
        ("adapter", "LORA", True),
        ("base-model", "meta-llama/Llama-3-8B@main", False),
    ]


def test_code_that_loading_would_run_is_named():
    config = {**CONFIG, "auto_map": {"AutoModel": "other/repo--modeling.Own"}}
    found = of({"config.json": config, "modeling.py": b"import os", "model.safetensors": safetensors()}).inspection
    assert texts(found) == [
        ("dangerous", "loading it runs code that config.json names: other/repo--modeling.Own"),
        ("note", "it has code of its own: modeling.py"),
    ]


def test_a_card_that_explodes_or_does_not_end_is_a_problem():
    bomb = b"---\na: &a [x, x]\nb: &b [*a, *a]\n---\n"
    for card, text in (
        (bomb, "it has a card with anchors in it, which are not followed"),
        (b"---\nlicense: mit\n", "it has a card whose front matter does not end"),
        (b"---\n[\n---\n", None),
        (b"---\n!!python/object/apply:os.system ['true']\n---\n", None),
    ):
        ((kind, told),) = texts(of({**HF, "README.md": card}).inspection)
        assert kind == "invalid"
        assert text in {None, told}


def test_a_config_of_something_else_is_no_model_of_hugging_face():
    assert inspect(tree({"config.json": {"port": 80}, "README.md": CARD})).inspection is None


MLMODEL = b"""\
artifact_path: model
flavors:
  python_function:
    env: {conda: conda.yaml, virtualenv: python_env.yaml}
    loader_module: mlflow.sklearn
    model_path: model.pkl
    python_version: 3.11.7
  sklearn:
    pickled_model: model.pkl
    serialization_format: cloudpickle
    sklearn_version: 1.4.0
mlflow_version: 2.10.0
model_uuid: 1f2e3d
run_id: 0a1b2c
signature:
  inputs: '[{"name": "amount", "type": "double", "required": true}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]'
  params: null
utc_time_created: '2026-02-01 10:00:00'
"""
MLFLOW = {
    "MLmodel": MLMODEL,
    "model.pkl": b"\x80\x04}.",
    "python_env.yaml": b"python: 3.11.7\n",
    "conda.yaml": b"name: x\n",
}


def test_flavors_run_and_signature_of_an_mlflow_model_are_found():
    found = of(MLFLOW)
    assert (found.inspection.kind, found.inspection.problems) == ("mlflow", ())
    assert dict(found.inspection.facts) == {
        "flavors": "python_function, sklearn", "flavor.0": "python_function 3.11.7", "flavor.1": "sklearn 1.4.0",
        "run": "0a1b2c", "model-uuid": "1f2e3d", "mlflow": "2.10.0", "created": "2026-02-01 10:00:00",
        "python": "3.11.7", "loader": "mlflow.sklearn",
    }  # fmt: skip
    assert (found.interface.inputs, found.interface.outputs) == (
        (Field("double", "amount"),),
        (Field("float32", None, ("?", "2")),),
    )
    assert [(each.role, each.name) for each in found.inspection.parts] == [
        ("model", "model.pkl"),
        ("environment", "environment"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("mlflow.sklearn", "my_loader", ("dangerous", "loading it runs my_loader, the loader of its flavor python_function")),
        ("    serialization_format: cloudpickle", "    model_code_path: train.py", ("dangerous", "loading it runs train.py, which makes the model")),
        ("pickled_model: model.pkl", "pickled_model: other.pkl", ("invalid", "its MLmodel names other.pkl, which is missing")),
        ("'[{\"name\"", "'[[{\"name\"", ("invalid", None)),
        ("flavors:", "flavours:", ("invalid", "it has an MLmodel without flavors")),
        ("artifact_path: model", "artifact_path: [", ("invalid", None)),
    ],
)  # fmt: skip
def test_an_mlmodel_that_is_wrong_or_runs_code_is_told(before, after, problem):
    text = MLMODEL.decode()
    assert before in text
    found = of({**MLFLOW, "MLmodel": text.replace(before, after).encode(), "train.py": b""}).inspection
    kind, told = texts(found)[0]
    assert (kind, problem[1] or told) == (problem[0], told)


@given(
    st.binary(max_size=200),
    st.sampled_from(["config.json", "MLmodel", "README.md", "adapter_config.json", "model.safetensors.index.json"]),
)
def test_any_bytes_of_a_description_make_a_document(data, name):  # fmt: skip
    found = inspect(tree({**HF, name: data})).inspection
    assert parse_inspection(to_document(found)) == found


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = [
    "architectures", "auto_map", "weight_map", "peft_type", "base_model_name_or_path", "flavors", "signature",
    "tokenizer_class", "quantization_config", "_class_name", "model_type", "python_function", "license",
]  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(KEYS), values, max_size=4), st.sampled_from([*HF, "MLmodel", "adapter_config.json"])
)
def test_any_values_in_a_description_make_a_document(value, name):
    data = b"---\n" + json.dumps(value).encode() + b"\n---\n" if name == "README.md" else json.dumps(value).encode()
    found = inspect(tree({**HF, name: data})).inspection
    assert parse_inspection(to_document(found)) == found
