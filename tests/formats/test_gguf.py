"""GGUF: what is found, how shards are told from quantisations, and what is wrong with some files."""

import struct

import pytest
from model_files import InMemory
from model_makers import gguf

from modelkeep.domain.inspections import inspection_of
from modelkeep.domain.known_documents import Tensor
from modelkeep.formats.inspection import inspect

LLAMA = {
    "general.architecture": "llama", "general.name": "Tiny", "general.file_type": 15, "general.license": "mit",
    "general.base_model.0.repo_url": "https://example.org/base", "llama.context_length": 4096, "llama.embedding_length": 64,
    "llama.block_count": 2, "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.tokens": ["a", "b", "c"],
    "tokenizer.chat_template": "{{ messages }}", "split": True,
}  # fmt: skip
WEIGHTS = [("token_embd.weight", (32, 4), 8, 0), ("output_norm.weight", (2,), 0, 160)]


def inspected(data, path="tiny.gguf"):
    return inspect([InMemory(path, data)]).inspection.files[0]


def test_what_a_model_is_is_found():
    found = inspected(gguf(LLAMA, WEIGHTS, bytes(168)))
    assert dict(found.facts) == {
        "format-version": "3", "architecture": "llama", "name": "Tiny", "licence": "mit", "quantization": "Q4_K_M",
        "context-length": "4096", "embedding-length": "64", "blocks": "2", "tokenizer": "gpt2", "vocabulary": "3",
        "chat-template": "yes", "tensors": "2", "parameters": "130", "dtypes": "F32 1, Q8_0 1",
        "base-model.0": "https://example.org/base",
    }  # fmt: skip
    assert found.tensors == (
        Tensor("token_embd.weight", "Q8_0", ("32", "4")),
        Tensor("output_norm.weight", "F32", ("2",)),
    )
    assert found.problems == ()


def test_every_version_and_byte_order_is_read():
    for version, order in ((1, "<"), (2, "<"), (3, "<"), (3, ">")):
        found = inspected(
            gguf({"general.architecture": "bert"}, [("w", (3,), 0, 0)], bytes(12), version=version, order=order)
        )
        assert (found.fact("format-version"), found.fact("architecture")) == (str(version), "bert")
        assert found.fact("byte-order") == ("big" if order == ">" else None)
        assert (found.fact("parameters"), found.fact("quantization"), found.problems) == ("3", "F32", ())


def test_a_large_vocabulary_is_skipped_in_time():
    tokens = [f"token{i}" for i in range(200_000)]
    found = inspected(gguf({"tokenizer.ggml.tokens": tokens, "general.name": "n"}))
    assert (found.fact("vocabulary"), found.fact("name"), found.problems) == ("200000", "n", ())


def test_shards_have_a_group_in_common_and_quantisations_have_not():
    facts = {}
    for path in ("m/a-Q4-00001-of-00002.gguf", "m/a-Q4-00002-of-00002.gguf", "m/a-Q4.gguf", "m/a-Q8.gguf"):
        found = inspected(gguf({}), path)
        facts[path] = {name: value for name, value in found.facts if name.startswith("shard")}
    assert facts == {
        "m/a-Q4-00001-of-00002.gguf": {"shard-group": "m/a-Q4", "shard": "1", "shards": "2"},
        "m/a-Q4-00002-of-00002.gguf": {"shard-group": "m/a-Q4", "shard": "2", "shards": "2"},
        "m/a-Q4.gguf": {},
        "m/a-Q8.gguf": {},
    }


def test_the_number_of_a_shard_is_what_the_file_says():
    found = inspected(gguf({"split.no": 1, "split.count": 3, "split.tensors.count": 9}), "a-00001-of-00002.gguf")
    assert [found.fact(name) for name in ("shard-group", "shard", "shards", "shard-tensors")] == ["a", "2", "3", "9"]


def test_parameters_of_shards_are_added_and_those_of_quantisations_are_not():
    whole = gguf({}, [("w", (3,), 0, 0)], bytes(12))
    for names, parameters in (
        (("a-00001-of-00002.gguf", "a-00002-of-00002.gguf"), 6),
        (("a-Q4.gguf", "a-Q8.gguf"), None),
        (("a-Q4.gguf",), 3),
    ):
        found = inspect([InMemory(name, whole) for name in names]).inspection
        assert inspection_of(found).parameters == parameters


BROKEN = {
    "empty": (b"GGUF", "it ends at byte 4, and bytes 4 to 8 are expected"),
    "version": (b"GGUF" + struct.pack("<I", 9), "it is of the version 9, which is not known"),
    "counts": (
        gguf({}, counts=(1 << 60, 1 << 60)),
        f"it says that it has {1 << 60} tensors and {1 << 60} values, and has 24 bytes",
    ),
    "kind": (
        gguf({"a": 1}).replace(struct.pack("<II", 4, 1), struct.pack("<II", 99, 1)),
        "it has a value of the unknown type 99 before byte 37",
    ),
    "text": (
        gguf({"a": "b"})[:-9] + struct.pack("<Q", 1 << 62) + b"b",
        "it ends at byte 46, and bytes 45 to 1045 are expected",
    ),
    "dimensions": (gguf({}, [("w", (1,) * 5, 0, 0)], bytes(4)), "it has a tensor 'w' of 5 dimensions"),
    "alignment": (gguf({"general.alignment": 3}), "it has the alignment 3, which is no power of 2"),
    "outside": (gguf({}, [("w", (3,), 0, 32)], bytes(16)), "the tensor 'w' ends after the file"),
    "cut": (gguf({}, [("w", (3,), 0, 0)], bytes(12))[:-1], "the tensor 'w' ends after the file"),
    "overlap": (
        gguf({}, [("v", (3,), 0, 0), ("w", (3,), 0, 8)], bytes(32)),
        "the tensor 'w' overlaps the one before it",
    ),
    "rows": (gguf({}, [("w", (33,), 8, 0)], bytes(64)), "the tensor 'w' has rows of 33, no multiple of 32"),
    "type": (gguf({}, [("w", (3,), 99, 0)], bytes(16)), "the tensor 'w' is of the unknown type 99"),
    "same": (gguf({}, [("w", (1,), 0, 0), ("w", (1,), 0, 4)], bytes(8)), "there are two tensors 'w'"),
    "key twice": (gguf({"a": 1, "b": 2}).replace(b"b\4", b"a\4"), "the key 'a' stands there twice"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_a_problem(name):
    data, text = BROKEN[name]
    assert [(each.kind, each.text) for each in inspected(data).problems] == [("invalid", text)]


def test_a_chat_template_that_reaches_for_python_is_dangerous():
    found = inspected(gguf({"tokenizer.chat_template": "{{ x.__class__.__mro__ }}"}))
    assert [(each.kind, each.text) for each in found.problems] == [
        ("dangerous", "its chat template uses '__class__': a program that does not confine templates runs code")
    ]


@pytest.mark.parametrize("order", ["LITTLE", "BIG"])
def test_what_the_library_writes_is_found(tmp_path, order):
    import gguf
    import numpy as np

    writer = gguf.GGUFWriter(tmp_path / "tiny.gguf", "llama", endianess=gguf.GGUFEndian[order])
    writer.add_name("Tiny")
    writer.add_license("apache-2.0")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_context_length(2048)
    writer.add_embedding_length(64)
    writer.add_block_count(2)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list([f"token{i}" for i in range(500)])
    writer.add_token_scores([0.5] * 500)
    writer.add_add_bos_token(True)
    writer.add_chat_template("{{ messages }}")
    writer.add_tensor("output_norm.weight", np.zeros(64, np.float32))
    quantized = gguf.quants.quantize(np.ones((4, 64), np.float32), gguf.GGMLQuantizationType.Q8_0)
    if order == "LITTLE":
        writer.add_tensor("blk.0.attn_q.weight", quantized, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    found = inspected((tmp_path / "tiny.gguf").read_bytes())
    facts = dict(found.facts)
    assert facts.pop("byte-order", "little") == order.lower()
    weights = {"tensors": "2", "parameters": "320", "dtypes": "F32 1, Q8_0 1"}
    assert facts == {
        "format-version": "3", "architecture": "llama", "name": "Tiny", "licence": "apache-2.0", "quantization": "Q8_0",
        "context-length": "2048", "embedding-length": "64", "blocks": "2", "tokenizer": "gpt2", "vocabulary": "500",
        "chat-template": "yes", **(weights if order == "LITTLE" else {"tensors": "1", "parameters": "64", "dtypes": "F32 1"}),
    }  # fmt: skip
    assert found.problems == ()


def test_every_type_of_the_library_is_known():
    from gguf.constants import GGML_QUANT_SIZES, LlamaFileType

    from modelkeep.formats.ggml_types import FILE_TYPES, TENSOR_TYPES

    assert {kind.value: (kind.name, *sizes) for kind, sizes in GGML_QUANT_SIZES.items()} == TENSOR_TYPES
    known = {kind.value: kind.name.removeprefix("MOSTLY_").removeprefix("ALL_") for kind in LlamaFileType}
    assert {kind: name for kind, name in known.items() if name != "GUESSED"} == FILE_TYPES
