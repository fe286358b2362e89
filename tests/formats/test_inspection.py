"""What is in an artifact: each file by the reader of its format; whatever the bytes are, the answer is a document."""

import json
import struct
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_files import InMemory
from model_makers import gguf, message, onnx, onnx_graph, onnx_value, safetensors

from modelkeep.domain.known_documents import FileInspection, Problem, Tensor, parse_inspection, to_document
from modelkeep.formats import known_formats
from modelkeep.formats.inspection import inspect
from modelkeep.formats.interface import FoundInFile, FoundInTree
from modelkeep.formats.known_formats import FILE_FORMATS, FileFormat, TreeFormat


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


def test_secrets_of_urls_in_a_file_are_kept_nowhere():
    url = "https://user:s3cret@host.example/x?token=s3cret#s3cret"
    card = f"---\nlicense: mit\nbase_model: {url}\ntags: ['{url}']\n---\n"
    config = json.dumps({"model_type": url, "_name_or_path": url, "architectures": [url], "auto_map": {"x": url}})
    mlmodel = {
        "flavors": {"python_function": {"loader_module": url}}, "run_id": url, "model_uuid": url,
        "signature": {"inputs": json.dumps([{"type": "double", "name": url}]), "outputs": json.dumps([{"type": url}])},
    }  # fmt: skip
    for files in (
        {"a": safetensors({"__metadata__": {"from": url}, url: {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, bytes(4))},
        {"a.onnx": onnx(onnx_graph(inputs=[onnx_value(url, [url])]), (14, message((1, "from"), (2, url))), opsets=((url, 17),))},
        {"a.gguf": gguf({"general.architecture": url, "general.source.url": url, "general.base_model.0.repo_url": url})},
        {"config.json": config.encode(), "README.md": card.encode(), "model.safetensors": safetensors({})},
        {"MLmodel": json.dumps(mlmodel).encode()},
    ):  # fmt: skip
        found = inspect([InMemory(path, data) for path, data in files.items()])
        kept = to_document(found.inspection) + (b"" if found.interface is None else to_document(found.interface))
        assert b"host.example/x" in kept, files
        assert b"s3cret" not in kept, files


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


def found_by(reader, monkeypatch):
    """Return what is in a file and in its directory where this is the reader of both."""
    module = ModuleType("reader")
    module.inspect = reader
    monkeypatch.setattr(FileFormat, "load", lambda _form: module)
    monkeypatch.setattr(TreeFormat, "load", lambda _form: module)
    tree = TreeFormat("tree", "reader", ("x.safetensors",))
    monkeypatch.setattr(known_formats, "TREE_FORMATS", (tree,))
    return inspect([InMemory("x.safetensors", b"x")]).inspection


@pytest.mark.parametrize("error", [ValueError("odd"), MemoryError(), ImportError("no onnx"), KeyError("a")])
def test_whatever_a_reader_raises_is_a_problem(monkeypatch, error):
    def reader(*_given):
        raise error

    found = found_by(reader, monkeypatch)
    assert {problem.kind for _, problem in found.all_problems} == {"unverified"}
    assert found.problems[0].text == f"its reader failed: {type(error).__name__}: {error}"
    assert parse_inspection(to_document(found)) == found


def test_what_a_reader_finds_and_the_log_cannot_keep_is_a_problem(monkeypatch):
    def reader(*given):
        if isinstance(given[0], dict):
            return FoundInTree("", problems=(Problem("NOT A WORD", ""),))
        return FoundInFile(FileInspection("x.safetensors", "x", facts=(("name", "\ud800"),)))

    found = found_by(reader, monkeypatch)
    assert [problem.kind for _, problem in found.all_problems] == ["unverified", "unverified"]
    assert parse_inspection(to_document(found)) == found


def test_of_very_many_problems_the_first_of_each_kind_are_kept(monkeypatch):
    problems = tuple(Problem(kind, f"{kind} {number}") for number in range(60) for kind in ("dangerous", "unknown"))

    def reader(*given):
        return (
            None if isinstance(given[0], dict) else FoundInFile(FileInspection(given[0].path, "x", problems=problems))
        )

    kept = found_by(reader, monkeypatch).files[0].problems
    assert [each.text for each in kept[:2]] == ["dangerous 0", "unknown 0"]
    assert (len(kept), kept[-1]) == (101, Problem("note", "there are 20 more problems"))


def test_an_inspection_that_is_too_long_keeps_the_files_with_problems(monkeypatch):
    def reader(*given):
        if isinstance(given[0], dict):
            return None
        path = given[0].path
        problems = (Problem("dangerous", "it runs os.system"),) * (path == "9999.safetensors")
        return FoundInFile(FileInspection(path, "x" * 60, problems=problems))

    found_by(reader, monkeypatch)
    files = [InMemory(f"{number:04}{'x' * 4000}.safetensors", b"x") for number in range(1200)]
    found = inspect([*files, InMemory("9999.safetensors", b"x")]).inspection
    assert found.files[-1].path == "9999.safetensors"
    assert found.unread == 1201 - len(found.files) > 0
    assert parse_inspection(to_document(found)) == found


@settings(max_examples=20)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_behind_the_first_bytes_of_a_format_make_a_document(start, end):
    named = [(f"m{suffix}", b"") for each in FILE_FORMATS for suffix in each.suffixes]
    begun = [("m", magic) for each in FILE_FORMATS for magic in each.magic]
    for name, magic in (*named, *begun, ("m.tflite", b"\x10\0\0\0TFL3"), ("m.gguf", b"GGUF\3\0\0\0")):
        found = inspect([InMemory(name, magic + start + bytes(8) + end)]).inspection
        assert found is None or parse_inspection(to_document(found)) == found
        problems = () if found is None else found.all_problems
        assert [each.text for _, each in problems if "its reader failed" in each.text] == [], name
