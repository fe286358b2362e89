"""Keras: what its archives and its older HDF5 files say, and what loading them would run."""

import json

import pytest
from model_files import InMemory
from model_makers import packed

from modelkeep.domain.known_documents import Field
from modelkeep.formats.inspection import inspect

DTYPE = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}
INPUT = {
    "module": "keras.layers", "class_name": "InputLayer", "registered_name": None,
    "config": {"batch_shape": [None, 4], "dtype": "float32", "sparse": False, "ragged": False, "name": "x"},
}  # fmt: skip
DENSE = {
    "module": "keras.layers", "class_name": "Dense", "registered_name": None,
    "config": {
        "name": "dense", "trainable": True, "dtype": DTYPE, "units": 3, "activation": "relu",
        "kernel_initializer": {"module": "keras.initializers", "class_name": "GlorotUniform", "config": {"seed": None}},
    },
}  # fmt: skip
LAMBDA = {
    "module": "keras.layers", "class_name": "Lambda", "registered_name": None,
    "config": {"name": "twice", "function": {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None}}},
}  # fmt: skip


def model(*layers, **more):
    return {
        "module": "keras", "class_name": "Sequential", "registered_name": None,
        "config": {"name": "sequential", "trainable": True, "layers": [INPUT, DENSE, *layers]}, **more,
    }  # fmt: skip


def archive(config, metadata=b'{"keras_version": "3.15.1", "date_saved": "2026-11-30@19:13:25"}'):
    data = config if isinstance(config, bytes) else json.dumps(config).encode()
    return packed([("metadata.json", metadata), ("config.json", data), ("model.weights.h5", b"\x89HDF\r\n\x1a\n")])


def inspected(data, path="model.keras"):
    return inspect([InMemory(path, data)])


def problems(*layers):
    (file,) = inspected(archive(model(*layers))).inspection.files
    return [(each.kind, each.text) for each in file.problems]


def test_a_model_is_described_by_its_configuration():
    found = inspected(
        archive(
            model(compile_config={"optimizer": {"class_name": "Adam", "module": "keras.optimizers"}, "loss": "mse"})
        )
    )
    (file,) = found.inspection.files
    assert (file.format, file.problems) == ("keras", ())
    assert dict(file.facts) == {
        "producer": "keras 3.15.1", "architecture": "Sequential", "name": "sequential", "nodes": "2",
        "operators": "Dense 1, InputLayer 1", "optimizer": "Adam", "loss": "mse",
    }  # fmt: skip
    assert found.interface.inputs == (Field("float32", "x", ("?", "4")),)


def test_an_archive_is_known_by_its_entries_whatever_its_name():
    assert inspected(archive(model()), "model.bin").inspection.kind == "keras"


def test_lambda_layers_and_what_is_imported_are_named():
    assert problems(LAMBDA) == [
        ("dangerous", "its Lambda 'twice' is code that runs when it is loaded or used"),
        ("dangerous", "its __lambda__ is code that runs when it is loaded or used"),
    ]
    system = {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}
    download = {"module": "keras.utils", "class_name": "function", "config": "get_file", "registered_name": "get_file"}
    nested = {"module": "keras.layers", "class_name": "TimeDistributed", "config": {"layer": [{"deep": system}]}}
    assert problems(nested) == [("dangerous", "loading it imports os.system")]
    assert problems(download) == [("dangerous", "loading it imports keras.utils.get_file")]
    assert problems({"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {}}) == [
        ("dangerous", "its TorchModuleWrapper is code that runs when it is loaded or used")
    ]
    assert problems(
        {"module": "keras.layers", "class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}}
    ) == [("dangerous", "loading its StringLookup reads the file '/etc/passwd'")]


def test_classes_that_are_not_of_keras_are_unknown():
    assert problems({"module": None, "class_name": "D", "config": {}, "registered_name": "mine>D"}) == [
        ("unknown", "it needs the class 'mine>D', which is not Keras's own")
    ]
    assert problems({"module": "keras_hub.src.models", "class_name": "Bert", "config": {}}) == [
        ("unknown", "loading it imports keras_hub.src.models.Bert")
    ]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (archive(b"[]"), "it has a configuration that names no class"),
        (archive(b"{"), "it has a configuration that is no JSON: Input data was truncated"),
        (packed([("config.json", b"{}"), ("metadata.json", b"\xff")]),
         "it has a configuration that is no JSON: JSON is malformed: invalid character (byte 0)"),
        (archive(b'{"class_name": ' + b"[" * 100_000),
         "it has a configuration that is no JSON: maximum recursion depth exceeded while deserializing an object"),
        (b"PK\x03\x04", "it is a broken zip archive: File is not a zip file"),
    ],
)  # fmt: skip
def test_a_broken_archive_is_a_problem(data, text):
    (file,) = inspected(data).inspection.files
    assert [(each.kind, each.text) for each in file.problems] == [("invalid", text)]


def test_a_configuration_that_is_too_long_is_not_read():
    (file,) = inspected(archive(b" " * (5 << 20))).inspection.files
    assert [(each.kind, each.text) for each in file.problems] == [
        ("unverified", f"it was not read: its configuration has {5 << 20} bytes")
    ]


def test_the_configuration_in_an_older_file_is_found():
    config = {"class_name": "Sequential", "config": {"name": "old", "layers": [INPUT, LAMBDA]}}
    data = b"\x89HDF\r\n\x1a\n\0" + bytes(500) + json.dumps(config).encode() + bytes(20)
    found = inspected(data, "model.h5")
    (file,) = found.inspection.files
    assert (file.format, file.fact("architecture"), file.fact("operators")) == (
        "keras-hdf5", "Sequential", "InputLayer 1, Lambda 1",
    )  # fmt: skip
    assert [each.kind for each in file.problems] == ["dangerous", "dangerous"]


def test_other_hdf5_files_are_known_and_no_more():
    for data in (b"\x89HDF\r\n\x1a\n\x02" + bytes(50), bytes(512) + b"\x89HDF\r\n\x1a\n\x02"):
        (file,) = inspected(data, "weights.h5").inspection.files
        assert (file.format, file.facts, file.problems) == ("hdf5", (("format-version", "2"),), ())
    (file,) = inspected(b"x", "weights.h5").inspection.files
    assert [each.text for each in file.problems] == ["it does not begin as HDF5"]
