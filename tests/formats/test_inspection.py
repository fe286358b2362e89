"""What is in an artifact: each file by the reader of its format; whatever the bytes are, the answer is a document."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from model_files import InMemory
from model_makers import safetensors

from modelkeep.domain.known_documents import Problem, Tensor, parse_inspection, to_document
from modelkeep.formats.inspection import inspect


def test_an_artifact_without_a_known_format_has_no_inspection():
    assert inspect([InMemory("notes.txt", b"hello")]).inspection is None


def test_tensors_parameters_and_metadata_of_safetensors_are_found():
    header = {
        "__metadata__": {"format": "pt"},
        "w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "b": {"dtype": "BF16", "shape": [3], "data_offsets": [24, 30]},
    }
    found = inspect([InMemory("model.safetensors", safetensors(header, bytes(30)))]).inspection
    (file,) = found.files
    assert (found.kind, file.format, file.problems) == ("safetensors", "safetensors", ())
    assert dict(file.facts) == {
        "tensors": "2", "parameters": "9", "dtypes": "BF16 1, F32 1", "metadata.0": "format=pt",
    }  # fmt: skip
    assert file.tensors == (Tensor("w", "F32", ("2", "3")), Tensor("b", "BF16", ("3",)))
    assert parse_inspection(to_document(found)) == found


def test_a_header_that_is_longer_than_its_file_is_a_problem():
    found = inspect([InMemory("model.safetensors", struct.pack("<Q", 1 << 60) + b"{}")]).inspection
    (problem,) = found.files[0].problems
    assert problem == Problem(
        "invalid", "it says that its header has 1152921504606846976 bytes, and the file ends before"
    )


def test_a_gap_between_tensors_is_a_problem():
    header = {"w": {"dtype": "U8", "shape": [2], "data_offsets": [4, 6]}}
    found = inspect([InMemory("model.safetensors", safetensors(header, bytes(6)))]).inspection
    assert [each.text for each in found.files[0].problems] == [
        "the tensor 'w' begins at byte 4, not where the one before it ends"
    ]


def test_tensors_are_left_out_where_a_document_cannot_hold_them():
    header = {f"{i:0900}": {"dtype": "U8", "shape": [], "data_offsets": [i, i + 1]} for i in range(5000)}
    found = inspect([InMemory("model.safetensors", safetensors(header, bytes(5000)))]).inspection
    assert (found.files[0].tensors, found.files[0].fact("tensors")) == ((), "5000")
    assert parse_inspection(to_document(found)) == found


def test_files_are_left_out_and_counted_where_a_document_cannot_hold_them():
    found = inspect([InMemory(f"{i:0900}.safetensors", b"") for i in range(6000)]).inspection
    assert (len(found.files), found.unread) == (3000, 3000)
    assert parse_inspection(to_document(found)) == found


@given(st.binary(max_size=400))
def test_any_bytes_of_any_name_make_a_document(data):
    for name in ("model.safetensors", "x"):
        found = inspect([InMemory(name, data)]).inspection
        assert found is None or parse_inspection(to_document(found)) == found
