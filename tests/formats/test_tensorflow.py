"""TensorFlow's SavedModel and TensorFlow Lite: what is found in models that other programs made, and in hostile ones."""

import pytest
from model_files import InMemory, OnDisk, files_below
from model_makers import flat, message

from modelkeep.domain.known_documents import Field, Part
from modelkeep.formats.inspection import inspect


def told(found):
    return [(each.kind, each.text) for _, each in found.inspection.all_problems]


def test_the_saved_model_of_basic_pitch(real_models):
    found = inspect(files_below(real_models["pitch.savedmodel"]))
    inspection = found.inspection
    (file,) = inspection.files
    facts = dict(file.facts)
    assert facts.pop("operators").startswith(
        "Const 1521, Transpose 355, ExpandDims 274, ReadVariableOp 265, Identity 203"
    )
    assert facts == {
        "producer": "tensorflow 2.4.1", "format-version": "1", "tags": "serve", "signatures": "serving_default", "nodes": "4001",
        "tensors": "73", "parameters": "50441", "dtypes": "float32 72, int64 1",
    }  # fmt: skip
    assert inspection.kind == "saved-model"
    assert inspection.parts == (
        Part("graph", "saved_model.pb", paths=("saved_model.pb",)),
        Part("weights", "variables", paths=("variables/variables.data-00000-of-00001", "variables/variables.index")),
    )
    assert found.interface.inputs == (Field("float32", "input_2", ("?", "43844", "1")),)
    assert [(each.name, each.shape) for each in found.interface.outputs] == [
        ("contour", ("?", "172", "264")), ("note", ("?", "172", "88")), ("onset", ("?", "172", "88")),
    ]  # fmt: skip
    assert told(found) == []


def saved_model(*operators, variable=None, sizes=1):
    nodes = [(1, message((1, "n"), (2, each))) for each in operators]
    function = message((1, message((1, "f"))), (3, message((1, "m"), (2, "Relu"))))
    shape = message(*[(2, message((1, 3)))] * sizes, (2, message((1, -1))))
    tensor = message((1, "in:0"), (2, 1), (3, shape))
    signature = message((1, "serving_default"), (2, message((1, message((1, "x"), (2, tensor))))))
    node = [] if variable is None else [(7, message((1, message((7, message((1, 1), (2, shape), (6, variable)))))))]
    graph = message(
        (1, message((4, "serve"), (5, "2.16.1"))), (2, message(*nodes, (2, message((1, function))))), (5, signature)
    )
    return message((1, 1), (2, graph + message(*node)))


def test_operators_that_reach_for_files_are_dangerous():
    found = inspect([InMemory("a/saved_model.pb", saved_model("ReadFile", "MatMul", "WriteFile", "ReadFile"))])
    assert found.inspection.files[0].fact("operators") == "ReadFile 2, MatMul 1, Relu 1, WriteFile 1"
    assert told(found) == [
        ("dangerous", "it runs the operator 'ReadFile' 2 times"),
        ("dangerous", "it runs the operator 'WriteFile' 1 times"),
    ]
    assert found.interface.inputs == (Field("float32", "x", ("3", "?")),)


def test_variables_without_their_file_are_a_problem():
    data = saved_model("MatMul", variable="w")
    found = inspect([InMemory("a/saved_model.pb", data)])
    assert told(found) == [("invalid", "it has 1 variables, and no file variables/variables.index")]
    whole = [
        InMemory(f"a/{name}", body) for name, body in (("saved_model.pb", data), ("variables/variables.index", b""))
    ]
    assert told(inspect(whole)) == []


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "it has no graph"),
        (saved_model("MatMul")[:40], "it has a field of 107 bytes at byte 4, and what it is part of ends at byte 40"),
        (saved_model("MatMul", variable="w", sizes=65), "it has a shape of more than 64 dimensions"),
    ],
)  # fmt: skip
def test_a_broken_saved_model_is_a_problem(data, text):
    assert told(inspect([InMemory("saved_model.pb", data)])) == [("invalid", text)]


def test_the_lite_model_of_basic_pitch(real_models):
    file = OnDisk(real_models["pitch.tflite"])
    found = inspect([file])
    facts = dict(found.inspection.files[0].facts)
    assert facts.pop("operators").startswith("TRANSPOSE 44, RESHAPE 33, CONV_2D 32, EXPAND_DIMS 19, PAD 15")
    assert facts == {
        "format-version": "3", "description": "MLIR Converted.", "nodes": "222", "tensors": "67", "parameters": "35905",
        "dtypes": "int32 43, float32 24",
    }  # fmt: skip
    assert found.interface.inputs == (Field("float32", "serving_default_input_2:0", ("?", "43844", "1")),)
    assert [each.shape for each in found.interface.outputs] == [
        ("?", "172", "88"),
        ("?", "172", "88"),
        ("?", "172", "264"),
    ]
    assert told(found) == []


def lite(**more):
    graph = {
        0: [{0: [2, 3], 1: 0, 2: 1, 3: "w"}, {0: [1, 4], 1: 2, 3: "x", 7: [-1, 4]}],
        1: [1],
        2: [1],
        3: [{0: 0}, {0: 1}],
    }
    return {0: 3, 1: [{3: 9}, {3: 32, 1: "Fast"}], 2: [graph], 3: "made", 4: [{}, {0: [0] * 6}], **more}


def test_operators_of_others_are_noted_and_open_sizes_kept():
    found = inspect([InMemory("a.tflite", flat(lite()))])
    assert dict(found.inspection.files[0].facts) == {
        "format-version": "3", "description": "made", "nodes": "2", "operators": "FULLY_CONNECTED 1, custom.Fast 1",
        "tensors": "1", "parameters": "6", "dtypes": "float32 1",
    }  # fmt: skip
    assert found.interface.inputs == (Field("int32", "x", ("?", "4")),)
    assert told(found) == [("note", "it needs the operator 'custom.Fast'")]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "it ends at byte 0, and bytes 4 to 8 are expected"),
        (b"\0" * 20, "it has no TFL3 at byte 4"),
        (b"\xff\xff\xff\x7fTFL3", f"it ends at byte 8, and bytes {0x7FFFFFFF} to {0x7FFFFFFF + 4} are expected"),
        (flat(lite())[:120], "it ends at byte 120, and bytes 118 to 122 are expected"),
    ],
)
def test_a_broken_lite_model_is_a_problem(data, text):
    assert told(inspect([InMemory("a.tflite", data)])) == [("invalid", text)]
