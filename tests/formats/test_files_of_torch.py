"""Files that PyTorch wrote: what modelkeep says of each is what PyTorch said. Where PyTorch is installed, of new ones too."""

import io
import json
import pickle
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from model_files import InMemory, OnDisk
from model_makers import packed

from modelkeep.domain.known_documents import Field
from modelkeep.formats.inspection import inspect

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = ROOT / "fixtures" / "torch"
FORMATS = {"trace.pt": "torchscript", "export.pt2": "torch-export", "distributed/.metadata": "pickle"}


def compare(place):
    said = json.loads((place / "said.json").read_text())
    assert len(said) == 9
    for name, told in said.items():
        found = inspect([OnDisk(place / name)])
        (file,) = found.inspection.files
        assert file.format == FORMATS.get(name, "pytorch"), name
        tensors = [[each.name, each.dtype, [int(size) for size in each.shape]] for each in file.tensors]
        ordered = sorted if name == "export.pt2" else list
        assert ordered(tensors) == told["tensors"], name
        assert file.fact("parameters") == str(told["parameters"]), name
        assert file.problems == (), name
    (part,) = inspect([OnDisk(place / "distributed" / "__0_0.distcp")]).inspection.files
    assert (part.format, part.fact("entries"), part.problems) == ("torch-distributed", "9", ())
    exported = inspect([OnDisk(place / "export.pt2")])
    assert exported.interface.inputs[0].shape[1:] == ("3", "8", "8")
    assert exported.interface.outputs[0].shape[1:] == ("4",)
    return exported


def test_what_pytorch_wrote_is_what_pytorch_says():
    exported = compare(WRITTEN)
    (file,) = exported.inspection.files
    assert (file.fact("producer"), file.fact("opset"), file.fact("dtypes")) == (
        "torch 2.13.0+cpu", "aten 10", "float32 8, int64 1",
    )  # fmt: skip
    assert file.fact("operators") == "argmax 1, batch_norm 1, conv2d 1, embedding 1, linear 1, mean.dim 1"
    assert exported.interface.inputs == (Field("float32", "x", ("s77", "3", "8", "8")),)


if find_spec("torch"):

    @pytest.mark.slow  # PyTorch takes seconds to load
    def test_what_pytorch_writes_today_is_what_pytorch_says(tmp_path):
        subprocess.run(
            [sys.executable, ROOT / "support" / "torch_models.py", tmp_path], check=True, capture_output=True
        )
        compare(tmp_path)


def exported(graph, *entries):
    listed = {"config": {}}
    data = packed(
        [
            ("m/archive_format", b"pt2"),
            ("m/models/model.json", json.dumps(graph).replace("\\\\u", "\\u").encode()),
            ("m/data/weights/model_weights_config.json", json.dumps(listed).encode()),
            *entries,
        ],
        0,
    )
    (file,) = inspect([InMemory("m.pt2", data)]).inspection.files
    return file


def size(text):
    return {"sizes": [{"as_expr": {"expr_str": text}}]}


def test_what_loading_an_exported_model_would_run_is_named():
    class Evil:
        def __reduce__(self):
            return (eval, ("1",))

    inner = packed([("w/data.pkl", pickle.dumps(Evil(), 2))], 0)
    for graph, entries, problem in (
        ({}, [("m/data/weights/weight_0", inner)], ("dangerous", "it imports __builtin__.eval, which can run code as soon as the file is loaded")),
        ({}, [("m/data/aotinductor/model/a.so", b"")], ("dangerous", "loading it runs compiled code: m/data/aotinductor/model/a.so")),
        ({"range": size("__import__('os').system('x')")}, [], ("dangerous", "loading it evaluates \"__import__('os').system('x')\"")),
        ({"range": {"expr\\u005fstr": "evil()"}}, [], ("dangerous", "it has plain letters written as escapes, which hide what loading evaluates")),
        ({}, [("m/data/weights/weight_0", packed([("a.pt", inner)], 0))], ("unverified", "it has an archive in it, 'a.pt', which was not read")),
    ):  # fmt: skip
        assert [(each.kind, each.text) for each in exported(graph, *entries).problems] == [problem]
    assert exported({"range": size("Symbol('s0', positive=True, integer=True)*2 + 1")}).problems == ()


@pytest.mark.parametrize("graph", [[], {"graph_module": 3}, {"graph_module": {"graph": {"nodes": [1]}}}])
def test_a_graph_that_is_none_is_told(graph):
    file = exported(graph)
    assert (file.format, [each.kind for each in file.problems]) == ("torch-export", ["invalid"])


def test_the_inputs_that_were_traced_are_no_tensors_of_the_model():
    (file,) = inspect([OnDisk(WRITTEN / "trace.pt")]).inspection.files
    assert {each.name.partition(".")[0] for each in file.tensors} == {"conv", "norm", "words"}


def test_the_class_of_a_module_in_a_file_of_old_is_known_without_its_source():
    class Writer(pickle.Pickler):
        told = False

        def persistent_id(self, value):
            if value is not Counter or self.told:
                return None
            self.told = True  # the class itself is a part of its id
            return ("module", value, "/home/ana/counter.py", "import os")

    data = io.BytesIO()
    for each in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
        pickle.dump(each, data, 2)
    Writer(data, 2).dump(Counter())
    pickle.dump([], data, 2)
    (file,) = inspect([InMemory("m.pt", data.getvalue())]).inspection.files
    assert file.fact("class") == f"{__name__}.Counter"
    assert [each.kind for each in file.problems] == ["unknown"]


class Counter:
    """A class of one's own."""


def test_archives_behind_each_other_are_all_read():
    class Evil:
        def __reduce__(self):
            return (eval, ("1",))

    harmless = packed([("archive/data.pkl", pickle.dumps({}, 2))], 0)
    evil = packed([("archive/data.pkl", pickle.dumps(Evil(), 2))], 0)
    for data, kinds in ((harmless * 3, []), (evil + harmless * 2, ["dangerous"])):
        (file,) = inspect([InMemory("checkpoint/__0_0.distcp", data)]).inspection.files
        assert (file.format, file.fact("entries")) == ("torch-distributed", "3")
        assert [each.kind for each in file.problems] == kinds
