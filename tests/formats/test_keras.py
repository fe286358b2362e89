"""Keras: what its archives and its older HDF5 files say, and what loading them would run."""

import io
import json

import h5py
import numpy as np
import pytest
from model_files import InMemory
from model_makers import packed

from modelkeep.domain.known_documents import Field, Tensor
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
    return packed([("metadata.json", metadata), ("config.json", data)])


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
    ]
    alone = {**DENSE, "config": {**DENSE["config"], "activation": LAMBDA["config"]["function"]}}
    assert problems(alone) == [("dangerous", "its __lambda__ is code that runs when it is loaded or used")]
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
        (archive(b"{"), "it has a configuration that is no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (packed([("config.json", b"{}"), ("metadata.json", b"\xff")]),
         "it has a configuration that is no JSON: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        (archive(b'{"class_name": ' + b"[" * 100_000),
         "it has a configuration that is no JSON: it is nested very deep"),
        (b"PK\x03\x04", "it is a broken zip archive: it has no list of entries at its end, as where it was cut off"),
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


def hdf5(fill, **more):
    """Return a file that h5py writes."""
    file = io.BytesIO()
    with h5py.File(file, "w", **more) as root:
        fill(root)
    return file.getvalue()


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_the_configuration_in_an_older_file_is_found(libver):
    config = {"class_name": "Sequential", "config": {"name": "old", "layers": [INPUT, LAMBDA]}}

    def fill(root):
        root.attrs["model_config"] = json.dumps(config)
        root.attrs["keras_version"] = np.bytes_("2.3.1")
        root.attrs["training_config"] = '{"loss": "mse", "optimizer_config": {"class_name": "Adam", "config": {}}}'
        root["model_weights/dense/dense/kernel:0"] = np.zeros((4, 3), "f4")
        root["optimizer_weights/m"] = np.zeros(5, "f4")

    found = inspected(hdf5(fill, libver=libver), "model.h5")
    (file,) = found.inspection.files
    assert (file.format, dict(file.facts)) == (
        "keras-hdf5",
        {
            "producer": "keras 2.3.1", "architecture": "Sequential", "name": "old", "nodes": "2",
            "operators": "InputLayer 1, Lambda 1", "optimizer": "Adam", "loss": "mse", "tensors": "1",
            "parameters": "12", "dtypes": "float32 1",
        },
    )  # fmt: skip
    assert file.tensors == (Tensor("dense/dense/kernel:0", "float32", ("4", "3")),)
    assert [each.kind for each in file.problems] == ["dangerous"]


def test_other_hdf5_files_tell_their_datasets():
    def fill(root):
        root["a/half"] = np.zeros((2, 3), "f2")
        root["a/flags"] = np.zeros(4, "?")
        root["b"] = ["one", "two"]
        root["c"] = root["a/half"]
        root["d"] = h5py.SoftLink("/a/half")
        root.create_group("empty")

    (file,) = inspected(hdf5(fill), "data.h5").inspection.files
    assert (file.format, dict(file.facts), file.problems) == (
        "hdf5",
        {"format-version": "0", "tensors": "3", "parameters": "12", "dtypes": "bool 1, float16 1, text 1"},
        (),
    )
    assert [(each.name, each.shape) for each in file.tensors] == [
        ("a/flags", ("4",)),
        ("a/half", ("2", "3")),
        ("b", ("2",)),
    ]


def test_hdf5_that_leads_to_other_files_or_is_not_read_to_its_end_is_told():
    def lead(root):
        root["link"] = h5py.ExternalLink("/etc/passwd", "/x")
        root.create_dataset("numbers", (4,), "u1", external=[("/etc/passwd", 0, 4)])

    def many(root):
        for i in range(20):
            root[f"group {i}"] = [i]

    whole = hdf5(lambda root: root.attrs.update(model_config="{}"))
    for data, problem in (
        (hdf5(lead), ("dangerous", "its link 'link' leads to another file")),
        (hdf5(many, libver="latest"), ("unverified", "it was not read to its end: the links of '/' are not read")),
        (whole[:-1], ("invalid", f"it ends at byte {len(whole) - 1}, and says that it has {len(whole)} bytes")),
        (whole, ("invalid", "it has a configuration that names no class")),
        (b"x", ("invalid", "it does not begin as HDF5")),
    ):
        (file,) = inspected(data, "model.h5").inspection.files
        assert [(each.kind, each.text) for each in file.problems][:1] == [problem]
        assert problem[0] == "dangerous" or file.fact("parameters") is None


def test_inputs_come_in_the_order_in_which_the_model_takes_them():
    second = {**INPUT, "config": {**INPUT["config"], "name": "first", "optional": True}}
    config = model(second)
    config["config"]["input_layers"] = {"b": ["first", 0, 0], "a": ["x", 0, 0]}
    assert inspected(archive(config)).interface.inputs == (
        Field("float32", "first", ("?", "4"), optional=True),
        Field("float32", "x", ("?", "4")),
    )
