"""safetensors: what is found in files that other programs made, and which rules a file can break."""

import numpy as np
import pytest
import safetensors.numpy
from model_files import InMemory, OnDisk
from model_makers import safetensors as made

from modelkeep.domain.known_documents import Tensor
from modelkeep.formats.inspection import inspect


def inspected(data):
    return inspect([InMemory("model.safetensors", data)]).inspection.files[0]


def test_a_file_of_silero_is_read_by_its_header_alone(real_models):
    file = OnDisk(real_models["silero.safetensors"])
    (found,) = inspect([file]).inspection.files
    assert found.facts == (("tensors", "15"), ("parameters", "309633"), ("dtypes", "F32 15"))
    assert found.tensors[0] == Tensor("stft_conv.weight", "F32", ("258", "1", "256"))
    assert found.problems == ()
    assert file.asked < 10_000 < file.size


def test_a_file_of_the_library_is_read():
    arrays = {"w": np.zeros((2, 3), np.float16), "n": np.arange(4), "empty": np.zeros((0, 3), np.int8)}
    found = inspected(safetensors.numpy.save(arrays, {"step": "7"}))
    assert dict(found.facts) == {
        "tensors": "3", "parameters": "10", "dtypes": "F16 1, I64 1, I8 1", "metadata.0": "step=7",
    }  # fmt: skip
    assert found.problems == ()


def entry(begin, end, dtype="U8", shape=None):
    return {"dtype": dtype, "shape": [end - begin] if shape is None else shape, "data_offsets": [begin, end]}


BROKEN = {
    "gap": (made({"w": entry(4, 6)}, bytes(6)), "the tensor 'w' begins at byte 4, not where the one before it ends"),
    "overlap": (
        made({"a": entry(0, 4), "b": entry(2, 6)}, bytes(6)),
        "the tensor 'b' begins at byte 2, not where the one before it ends",
    ),
    "too short": (made({"w": entry(0, 4)}, bytes(3)), "the tensors have 4 bytes and the file 3"),
    "too long": (made({"w": entry(0, 4)}, bytes(5)), "the tensors have 4 bytes and the file 5"),
    "shape": (
        made({"w": entry(0, 4, "F32", [2])}, bytes(4)),
        "the tensor 'w' has 4 bytes, not those of its shape",
    ),
    "backwards": (made({"w": entry(4, 0, shape=[])}), "the tensor 'w' has -4 bytes, not those of its shape"),
    "type": (made({"w": entry(0, 4, "F99")}, bytes(4)), "the tensor 'w' is of an unknown type 'F99'"),
    "twice": (
        made(b'{"w":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', b"0"),
        "its header names 'w' twice",
    ),
    "twice inside": (
        made(b'{"w":{"dtype":"I8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}', b"0"),
        "its header names 'dtype' twice",
    ),
    "a list": (made(b"[]"), "it has a header that is no JSON object"),
    "white space before": (made(b" {}"), "it has a header that is no JSON object"),
    "no JSON": (made(b"{x}"), "it has a malformed header: JSON is malformed: object keys must be strings (byte 1)"),
    "metadata": (
        made({"__metadata__": {"a": 1}}),
        "it has a malformed metadata: Expected `str`, got `int` - at `$[...]`",
    ),
    "negative": (
        made({"w": entry(0, 4, shape=[-4])}, bytes(4)),
        "it has a malformed tensor 'w': Expected `int` >= 0 - at `$.shape[0]`",
    ),
    "empty": (b"", "it has 0 bytes, fewer than the length of a header"),
    "header": (b"\xff" * 8 + b"{}", f"it says that its header has {(1 << 64) - 1} bytes, and the file ends before"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_is_a_problem(name):
    data, text = BROKEN[name]
    (problem, *_) = inspected(data).problems
    assert (problem.kind, problem.text) == ("invalid", text)
    if name not in {"twice", "white space before"}:  # of which its readme speaks
        with pytest.raises(safetensors.SafetensorError):
            safetensors.deserialize(data)


def test_a_header_is_read_up_to_a_size(tmp_path):
    sparse = tmp_path / "model.safetensors"
    for length, kind in ((17 << 20, "unverified"), (100_000_001, "invalid")):
        with sparse.open("wb") as file:
            file.write(length.to_bytes(8, "little") + b"{")
            file.truncate(length + 8)
        (found,) = inspect([OnDisk(sparse)]).inspection.files
        assert [(each.kind, str(length) in each.text) for each in found.problems] == [(kind, True)]


def test_problems_are_few_however_many_there_are():
    found = inspected(made({f"{i}": entry(5, 6, "F99") for i in range(100)}, bytes(6)))
    assert len(found.problems) == 51
    assert found.problems[-1].text == "there are 150 more problems"
