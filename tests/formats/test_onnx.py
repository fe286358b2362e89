"""ONNX: what is found in files that other programs made, and what is wrong with some."""

import pytest
from model_files import InMemory, OnDisk
from model_makers import message, onnx, onnx_graph, onnx_node, onnx_tensor, onnx_value

from modelkeep.domain.known_documents import Field, Problem, Tensor
from modelkeep.formats.inspection import inspect


def inspected(data):
    return inspect([InMemory("model.onnx", data)]).inspection.files[0]


def test_the_model_of_magika_is_read_without_its_weights(real_models):
    file = OnDisk(real_models["magika.onnx"])
    found = inspect([file])
    (inspection,) = found.inspection.files
    facts = dict(inspection.facts)
    assert facts.pop("operators").startswith("Mul 24, Add 11, Reshape 8, Expand 7, Cast 6, ReduceSum 5")
    assert facts == {
        "producer": "tf2onnx 1.16.1 15c810", "ir-version": "8", "opset": "15", "other-opsets": "ai.onnx.ml 2", "graph": "tf2onnx",
        "nodes": "95", "tensors": "36", "parameters": "784519", "dtypes": "float32 19, int32 9, int64 8",
    }  # fmt: skip
    assert inspection.tensors[0] == Tensor("slice_axes__119", "int32", ("4",))
    assert found.interface.inputs == (Field("int32", "bytes", ("unk__214", "2048")),)
    assert found.interface.outputs == (Field("float32", "target_label", ("unk__215", "214")),)
    assert inspection.problems == ()
    assert file.asked < file.size / 5


def test_a_model_with_branches_counts_the_operators_in_them(real_models):
    found = inspect([OnDisk(real_models["silero.onnx"])])
    facts = dict(found.inspection.files[0].facts)
    assert facts["nodes"] == "689"
    assert facts["operators"].startswith("Constant 341, Slice 60, Unsqueeze 46, Identity 34, Concat 26, If 25")
    assert (facts["parameters"], facts["constants"]) == ("0", "545601")
    assert [each.name for each in found.interface.inputs] == ["input", "state", "sr"]


def test_signatures_agree_with_those_of_the_runtime(real_models):
    onnxruntime = pytest.importorskip("onnxruntime")
    for name in ("magika.onnx", "silero.onnx", "pitch.onnx"):
        session = onnxruntime.InferenceSession(real_models[name], providers=["CPUExecutionProvider"])
        found = inspect([OnDisk(real_models[name])]).interface
        for ours, theirs in ((found.inputs, session.get_inputs()), (found.outputs, session.get_outputs())):
            assert [(each.name, len(each.shape)) for each in ours] == [(each.name, len(each.shape)) for each in theirs]


def external(path):
    return onnx_tensor("w", [2], None, 1, (13, message((1, "location"), (2, path))), (14, 1))


def test_weights_in_other_files_are_named_and_must_be_there():
    model = onnx(onnx_graph(weights=[external("w/model.data"), external("w/model.data")]))
    beside = [InMemory("sub/model.onnx", model), InMemory("sub/w/model.data", b"12345678")]
    found = inspect(beside).inspection.files[0]
    assert (found.fact("external-data"), found.fact("parameters"), found.problems) == ("w/model.data", "4", ())
    told = "it needs the file 'w/model.data', which is not there"
    assert inspected(model).problems == (Problem("invalid", told),)
    assert inspect([beside[0], InMemory("w/model.data", b"")]).inspection.files[0].problems == (
        Problem("invalid", told),
    )


def test_weights_that_older_models_list_among_the_inputs_are_none():
    graph = onnx_graph(
        weights=[onnx_tensor("w", [1], bytes(4))], inputs=[onnx_value("x", ["n", 3]), onnx_value("w", [1])]
    )
    found = inspect([InMemory("model.onnx", onnx(graph))]).interface
    assert found.inputs == (Field("float32", "x", ("n", "3")),)


def test_values_that_are_no_tensors_are_told_with_what_they_hold():
    sequence = message((4, message((1, message((1, message((1, 7))))))))
    mapping = message((4, message((1, message((5, message((1, 8), (2, message((1, message((1, 1))))))))))))
    graph = onnx_graph(outputs=[message((1, "s"), (2, sequence)), message((1, "m"), (2, mapping))])
    found = inspect([InMemory("model.onnx", onnx(graph))]).interface
    assert [each.dtype for each in found.outputs] == ["sequence<int64>", "sequence<map<string,float32>>"]


BROKEN = {
    "outside": (onnx(onnx_graph(weights=[external("../../etc/passwd")])),
                "the tensor 'w' lies in the file '../../etc/passwd', which is not beside the model"),
    "absolute": (onnx(onnx_graph(weights=[external("/etc/passwd")])),
                 "the tensor 'w' lies in the file '/etc/passwd', which is not beside the model"),
    "in a constant": (onnx(onnx_graph(nodes=[onnx_node("Constant", (5, message((5, external("/x")))))])),
                      "the tensor 'w' lies in the file '/x', which is not beside the model"),
    "size": (onnx(onnx_graph(weights=[onnx_tensor("w", [2, 2], bytes(15))])),
             "the tensor 'w' has 15 bytes, not those of its shape"),
    "negative": (onnx(onnx_graph(weights=[onnx_tensor("w", [-2], b"")])), "the tensor 'w' has a negative size"),
    "type": (onnx(onnx_graph(weights=[onnx_tensor("w", [2], b"", 99)])), "the tensor 'w' is of the unknown type 99"),
    "no opset": (onnx(onnx_graph(), opsets=()), "it does not say its opset"),
    "no graph": (message((1, 8)), "it has no graph"),
    "empty": (b"", "it has no graph"),
    "text": (b"\x08\x01\x0cello world", "it has a field of the unknown kind 4 before byte 3"),
    "cut": (onnx(onnx_graph(weights=[onnx_tensor("w", [99], bytes(396))]))[:100],
            "it has a field of 412 bytes at byte 17, and what it is part of ends at byte 100"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_a_problem(name):
    data, text = BROKEN[name]
    assert [(each.kind, each.text) for each in inspected(data).problems] == [("invalid", text)]


def test_operators_of_other_domains_are_noted():
    found = inspected(
        onnx(onnx_graph(nodes=[onnx_node("Fast", (7, "com.example")), onnx_node("Relu", (7, "ai.onnx"))]))
    )
    assert found.fact("operators") == "Relu 1, com.example.Fast 1"
    assert [(each.kind, each.text) for each in found.problems] == [
        ("note", "it needs operators of the domain 'com.example'")
    ]
