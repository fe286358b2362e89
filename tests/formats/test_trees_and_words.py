"""XGBoost, LightGBM, CatBoost, PMML, fastText and Core ML: what is found, and what is wrong with some files."""

import json
import struct
from pathlib import Path

import pytest
from model_files import InMemory, OnDisk, files_below
from model_makers import flat, message

from modelkeep.domain.known_documents import Field
from modelkeep.formats.inspection import inspect


def facts(found):
    (file,) = found.inspection.files
    return file.format, dict(file.facts)


def told(found):
    return [(each.kind, each.text) for _, each in found.inspection.all_problems]


BOOSTER = {
    "learner": {
        "attributes": {"best_iteration": "3"},
        "feature_names": ["a", "b"],
        "feature_types": ["float", "c"],
        "gradient_booster": {
            "model": {
                "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": "5"},
                "iteration_indptr": [0, 1, 2, 3, 4, 5],
                "tree_info": [0, 0, 0, 0, 0],
                "trees": [{"base_weights": [0.5] * 20, "id": 0, "left_children": [1, -1]}] * 5,
            },
            "name": "gbtree",
        },
        "learner_model_param": {"base_score": "5E-1", "num_class": "3", "num_feature": "2"},
        "objective": {"name": "multi:softprob"},
    },
    "version": [3, 2, 0],
}


def ubjson(value):
    """Return a value as XGBoost writes it: lengths of 64 bits, lists of floats as one block."""
    if isinstance(value, str):
        return b"S" + _length(value) + value.encode()
    if isinstance(value, int):
        return b"l" + struct.pack(">i", value)
    if isinstance(value, float):
        return b"d" + struct.pack(">f", value)
    if isinstance(value, dict):
        return b"{" + b"".join(_length(key) + key.encode() + ubjson(each) for key, each in value.items()) + b"}"
    if value and all(isinstance(each, float) for each in value):
        return b"[$d#" + _length(value) + b"".join(struct.pack(">f", each) for each in value)
    return b"[#" + _length(value) + b"".join(map(ubjson, value))


def _length(value):
    return b"L" + struct.pack(">q", len(value))


def test_xgboost_in_both_encodings():
    for encoding, data in (("json", json.dumps(BOOSTER).encode()), ("ubjson", ubjson(BOOSTER))):
        found = inspect([InMemory("model.bin", data)])
        assert facts(found) == ("xgboost", {
            "producer": "xgboost 3.2.0", "encoding": encoding, "architecture": "gbtree", "objective": "multi:softprob",
            "trees": "5", "features": "2", "classes": "3", "metadata.0": "best_iteration=3",
        })  # fmt: skip
        assert found.interface.inputs == (Field("float", "a"), Field("categorical", "b"))
        assert told(found) == []


def test_what_stands_behind_many_trees_is_found():
    tree = {"base_weights": [0.5] * 300, "id": 0, "left_children": [1.0, -1.0] * 50}
    model = {**BOOSTER["learner"]["gradient_booster"]["model"], "trees": [tree] * 3000}
    learner = {**BOOSTER["learner"], "gradient_booster": {"model": model, "name": "gbtree"}}
    found = inspect([InMemory("x.ubj", ubjson({**BOOSTER, "learner": learner}))])
    assert facts(found)[1]["objective"] == "multi:softprob"


def test_the_old_binary_format_of_xgboost_is_noted():
    found = inspect([InMemory("x.model", b"binf" + bytes(100))])
    assert told(found) == [("note", "it is in the binary format that XGBoost no longer reads")]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b'{"learner": {', "it is no model of XGBoost: Input data was truncated"),
        (b'{"learner": {"attributes": []}}',
         "it is no model of XGBoost: Expected `object`, got `array`"),
        (ubjson(BOOSTER)[:100], "it ends at byte 100, and bytes 98 to 106 are expected"),
        (ubjson({"learner": 1}), "it is no model of XGBoost: Expected `object`, got `int` - at `$.learner`"),
        (b"{" + _length("learner") + b"learner" + b"[" * 200, "it is nested too deeply"),
        (b"{" + _length("learner") + b"learner[$d#L" + struct.pack(">q", 1 << 60),
         f"it ends at byte 30, and a value of {1 << 62} bytes begins at byte 30"),
        (b"{" + _length("learner") + b"learner[#L" + struct.pack(">q", -1), "it has a negative length before byte 28"),
        (b"{" + _length("learner") + b"learner?", "it has the unknown mark '?' before byte 18"),
    ],
)  # fmt: skip
def test_a_broken_model_of_xgboost_is_a_problem(data, text):
    assert told(inspect([InMemory("x", data)])) == [("invalid", text)]


def lightgbm(trees=("Tree=0\nnum_leaves=2\n\n\n", "Tree=1\nnum_leaves=3\n\n\n"), sizes=None):
    listed = " ".join(map(str, sizes or map(len, trees)))
    return (
        "tree\nversion=v4\nnum_class=1\nmax_feature_idx=1\nobjective=binary sigmoid:1\nfeature_names=a b\n"
        f"tree_sizes={listed}\n\n{''.join(trees)}end of trees\n\nparameters:\n[boosting: gbdt]\n"
    ).encode()


def test_lightgbm():
    found = inspect([InMemory("model.txt", lightgbm())])
    assert facts(found) == ("lightgbm", {
        "format-version": "v4", "architecture": "tree", "objective": "binary sigmoid:1", "trees": "2", "features": "2",
    })  # fmt: skip
    assert found.interface.inputs == (Field("float64", "a"), Field("float64", "b"))
    assert told(found) == []
    assert told(inspect([InMemory("model.txt", lightgbm(trees=()))])) == []


def test_a_broken_model_of_lightgbm_is_a_problem():
    assert told(inspect([InMemory("model.txt", lightgbm()[:-60])])) == [
        ("invalid", "its trees do not end where their sizes say")
    ]
    assert told(inspect([InMemory("model.txt", lightgbm(sizes=["x"]))])) == [
        ("invalid", "it has sizes of trees that are no numbers")
    ]
    assert told(inspect([InMemory("model.txt", lightgbm()[:60])])) == [
        ("invalid", "it has no trees, and no end of them")
    ]


def catboost(core):
    return b"CBM1" + struct.pack("<I", len(core)) + core


@pytest.mark.parametrize(("name", "trees", "features"), [("categories", "3", "3"), ("classes", "4", "4")])
def test_what_catboost_wrote_is_what_catboost_says(name, trees, features):
    """Read two models of CatBoost 1.2.10, which is too large to be installed: a regressor with a category, and three classes."""
    path = Path(__file__).parent.parent / "fixtures" / "catboost" / f"{name}.cbm"
    found = inspect([OnDisk(path)])
    assert facts(found) == ("catboost", {
        "format-version": "FlabuffersModel_v1", "producer": "catboost 1.2.10", "trees": trees, "features": features,
        "trained": "2026-11-30T22:52:08Z",
    })  # fmt: skip
    assert told(found) == []


def test_catboost():
    infos = [
        {0: "catboost_version_info", 1: "Git info:\n  Summary: CatBoost release 1.2.10. commit_hash:f8"},
        {0: "train_finish_time", 1: "2026-11-30T19:18:45Z"},
    ]
    core = flat({0: "FlabuffersModel_v1", 1: {2: [1, 2, 3], 4: [{}], 5: [{}, {}]}, 2: infos})
    found = inspect([InMemory("a", catboost(core))])
    assert facts(found) == ("catboost", {
        "format-version": "FlabuffersModel_v1", "producer": "catboost 1.2.10", "trees": "3", "features": "3",
        "trained": "2026-11-30T19:18:45Z",
    })  # fmt: skip
    assert told(inspect([InMemory("a", catboost(core)[:-1])])) == [
        ("invalid", f"it says that its model has {len(core)} bytes, and the file ends before")
    ]
    assert told(inspect([InMemory("a.cbm", b"x" * 20)])) == [("invalid", "it does not begin with CBM1")]


PMML = """<?xml version="1.0"?>{doctype}
<PMML version="4.4" xmlns="http://www.dmg.org/PMML-4_4"><Header><Application name="JPMML" version="1.7"/></Header>
<DataDictionary><DataField name="x" optype="continuous" dataType="double"/><DataField name="y" dataType="string"/></DataDictionary>
<TreeModel functionName="classification"><MiningSchema><MiningField name="x"/><MiningField name="y" usageType="target"/>
</MiningSchema>{inside}</TreeModel></PMML>"""


def test_pmml():
    found = inspect([InMemory("a.xml", PMML.format(doctype="", inside="").encode())])
    assert facts(found) == ("pmml", {
        "format-version": "4.4", "producer": "JPMML 1.7", "architecture": "TreeModel", "task": "classification",
    })  # fmt: skip
    assert found.interface.inputs == (Field("double", "x"),)
    assert found.interface.outputs == (Field("string", "y"),)


@pytest.mark.parametrize(
    ("doctype", "inside", "text"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]>', "&b;", "it declares an entity, which is not resolved"),
        (
            '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
            "&b;",
            "it declares an entity, which is not resolved",
        ),
        ('<!DOCTYPE a [<!ENTITY % b "c">%b;]>', "", "it declares an entity, which is not resolved"),
        ("", "<A>" * 2000 + "</A>" * 2000, "it is nested too deeply"),
        ("", "<A>", "it is no XML: mismatched tag: line 5, column 20"),
    ],
)
def test_entities_of_pmml_are_not_resolved(doctype, inside, text):
    data = PMML.format(doctype=doctype, inside=inside).encode()
    assert told(inspect([InMemory("a.pmml", data)])) == [("invalid", text)]


def test_an_encoding_that_is_not_known_is_a_problem():
    data = b'<?xml version="1.0" encoding="UTF-L"?><PMML/>'
    assert told(inspect([InMemory("a.pmml", data)])) == [("invalid", "it is no XML: unknown encoding: UTF-L")]


def test_a_declaration_in_another_file_is_not_read():
    found = inspect(
        [InMemory("a.pmml", PMML.format(doctype='<!DOCTYPE a SYSTEM "file:///dev/stdin">', inside="&b;").encode())]
    )
    assert (facts(found)[1]["architecture"], told(found)) == ("TreeModel", [])


def test_the_language_model_of_fasttext(real_models):
    file = OnDisk(real_models["langdetect.ftz"])
    assert facts(inspect([file])) == ("fasttext", {
        "format-version": "12", "architecture": "supervised", "dimensions": "16", "vocabulary": "7235", "labels": "176",
        "tokens": "563512702", "loss": "hierarchical softmax", "epochs": "5", "word-ngrams": "1",
        "subwords": "2 to 4, 2000000 buckets",
    })  # fmt: skip
    assert file.asked < file.size / 10


def fasttext(words=5, labels=2, size=7):
    arguments = struct.pack("<14id", 793712314, 12, 4, 5, 1, 1, 5, 1, 3, 3, 0, 0, 0, 100, 0.0001)
    return arguments + struct.pack("<3i2q", size, words, labels, 179, -1) + bytes(200)


def test_fasttext_without_subwords_and_with_wrong_counts():
    assert facts(inspect([InMemory("model.bin", fasttext())]))[1]["loss"] == "softmax"
    for data in (fasttext(words=6), fasttext(words=100, size=102), fasttext(words=-1, size=1)):
        ((kind, text),) = told(inspect([InMemory("model.bin", data)]))
        assert (kind, text.startswith("it says that it has ")) == ("invalid", True)
    assert told(inspect([InMemory("a.ftz", bytes(100))])) == [
        ("invalid", "it begins with 0, which is not fastText's number")
    ]
    assert told(inspect([InMemory("a.ftz", b"")])) == [("invalid", "it ends at byte 0, and bytes 0 to 52 are expected")]


def test_the_package_of_core_ml(real_models):
    found = inspect(files_below(real_models["pitch.mlpackage"]))
    kind, known = facts(found)
    assert known.pop("operators").startswith("const 358, conv 32, pad 24, slice_by_index 9, stack 9, transpose 8")
    assert (kind, known) == ("coreml", {
        "format-version": "6", "architecture": "mlProgram", "nodes": "471",
        "metadata.0": "com.github.apple.coremltools.source=tensorflow==2.12.0",
        "metadata.1": "com.github.apple.coremltools.version=7.0",
    })  # fmt: skip
    assert found.interface.inputs == (Field("float32", "input_2", ("1", "43844", "1")),)
    assert len(found.interface.outputs) == 3


def test_core_ml_with_an_image_and_a_class_of_its_own():
    image = message((1, "photo"), (3, message((4, message((1, 224), (2, 112))), (1000, 1))))
    number = message((1, "n"), (3, message((1, b""))))
    model = message(
        (1, 4),
        (2, message((1, image), (10, number), (100, message((3, "Ana"), (4, "MIT"))))),
        (555, message((10, "Mine"))),
    )
    found = inspect([InMemory("a.mlmodel", model)])
    assert facts(found)[1] == {"format-version": "4", "architecture": "customModel", "author": "Ana", "licence": "MIT"}
    assert found.interface.inputs == (Field("image", "photo", ("112", "224"), optional=True),)
    assert found.interface.outputs == (Field("int64", "n"),)
    assert told(found) == [("unknown", "it needs the class 'Mine', which is not in the file")]
    assert told(inspect([InMemory("a.mlmodel", b"")])) == [("invalid", "it has no description of a model")]
