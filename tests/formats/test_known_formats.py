"""Which reader a file is for: by what it begins with, then by its name, then by a guess."""

import subprocess
import sys

import pytest

from modelkeep.formats.known_formats import FILE_FORMATS, TREE_FORMATS, format_of, tree_formats


@pytest.mark.parametrize(
    ("path", "head", "format_"),
    [
        ("model.safetensors", b"", "safetensors"),
        ("a/b/MODEL.SAFETENSORS", b"x", "safetensors"),
        ("unnamed", b'\x02\0\0\0\0\0\0\0{"', "safetensors"),
        ("unnamed", b'\x03\0\0\0\0\0\0\0{"', None),
        ("model.onnx", b"", "onnx"),
        ("model.onnx", b"GGUF\3\0\0\0", "gguf"),
        ("model", b"GGUF\0\0\0\3", "gguf"),
        ("README", b"GGUF is a format", None),
        ("model.gguf", b"", "gguf"),
        ("model.keras", b"", "zip"),
        ("model.onnx", b"PK\x03\x04", "zip"),
        ("x", b"\x93NUMPY", "npy"),
        ("x", b"\x89HDF\r\n\x1a\n", "hdf5"),
        ("x", b"\x1c\0\0\0TFL3", "tflite"),
        ("a/saved_model.pb", b"\x08\x01", "saved-model"),
        ("x", b'{\n "learner" : {', "xgboost"),
        ("x", b"{L\0\0\0\0\0\0\0\7learner", "xgboost"),
        ("config.json", b'{"learners": {', None),
        ("x", b"binf\0\0\0\x3f", "xgboost"),
        ("notes.txt", b"binfmt_misc is a feature of Linux", None),
        ("x.txt", b"tree\nversion=v4", "lightgbm"),
        ("x.txt", b"tree\n", None),
        ("x", b"\xba\x16\x4f\x2f", "fasttext"),
        ("x", b"CBM1", "catboost"),
        ("x.mlmodel", b"", "coreml"),
        ("x.xml", b'<?xml version="1.0"?>\n<PMML version="4.4">', "pmml"),
        ("x.xml", b"<html>", None),
        ("x.md", b"It begins with <PMML", None),
        ("notes.txt", b"hello", None),
        ("", b"", None),
    ],
)
def test_the_format_of_a_file(path, head, format_):
    found = format_of(path, head, len(head))
    assert (found.name if found is not None else None) == format_


def test_every_reader_is_there_and_every_format_stands_once():
    for each in (*FILE_FORMATS, *TREE_FORMATS):
        assert callable(each.load().inspect), each.name
    names = [each.name for each in FILE_FORMATS]
    assert len(set(names)) == len(names)


def test_readers_of_directories_are_asked_by_the_names_of_files():
    assert [each.name for each in tree_formats(["a/notes.txt"])] == []
    assert [each.name for each in tree_formats(["a/saved_model.pb", "a/b.txt"])] == ["saved-model"]


def test_no_reader_is_loaded_before_a_file_asks_for_it():
    script = (
        "import sys; from modelkeep.formats.inspection import inspect; before = set(sys.modules)\n"
        "class File: path = 'a.txt'; size = 1; read = lambda *_: b'x'\n"
        "inspect([File()]); print(sorted(set(sys.modules) - before), 'zipfile' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[] False\n"
