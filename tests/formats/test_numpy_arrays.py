"""NumPy: arrays by their headers; those of Python objects are named and never loaded."""

import io
import pickle

import numpy as np
import pytest
from model_files import InMemory
from model_makers import packed

from modelkeep.formats.inspection import inspect


def saved(save, *arrays, **named):
    file = io.BytesIO()
    save(file, *arrays, **named)
    return file.getvalue()


def inspected(data, path="x"):
    return inspect([InMemory(path, data)]).inspection.files[0]


def told(file):
    return [(each.kind, each.text) for each in file.problems]


class Hostile:
    def __reduce__(self):
        return (pytest.fail, ("it was unpickled",))


def test_type_and_shape_of_an_array():
    file = inspected(saved(np.save, np.zeros((2, 3), np.float32)))
    assert dict(file.facts) == {"format-version": "1", "tensors": "1", "parameters": "6", "dtypes": "<f4 1"}
    assert (file.format, file.tensors[0].shape, file.problems) == ("npy", ("2", "3"), ())


def test_types_of_the_library_have_the_sizes_that_it_writes():
    for dtype in (
        "?",
        "u1",
        ">i8",
        "f2",
        "c16",
        "S7",
        "U5",
        "M8[ns]",
        "m8[s]",
        "V3",
        [("a", "<f4"), ("b", "<i8", (2,))],
    ):
        file = inspected(saved(np.save, np.zeros((3,), dtype)))
        assert (file.fact("parameters"), file.problems) == ("3", ()), dtype


def test_archives_compressed_or_not():
    for save in (np.savez, np.savez_compressed):
        file = inspected(saved(save, w=np.zeros((40, 50)), n=np.arange(3)))
        assert (file.format, [each.name for each in file.tensors]) == ("npz", ["w", "n"])
        assert (file.fact("tensors"), file.fact("parameters"), file.problems) == ("2", "2003", ())


def test_objects_are_judged_as_the_pickles_that_they_are_and_do_not_run():
    objects = np.array([Hostile(), 1], dtype=object)
    imports = [
        ("unknown", "it imports _pytest.outcomes._Fail, which is not known to be harmless"),
        ("unknown", "it calls an object that it made"),
    ]
    array = saved(np.save, objects)
    assert told(inspected(array)) == [
        *imports,
        ("note", "it holds Python objects, which NumPy unpickles with allow_pickle"),
    ]
    for save in (np.savez, np.savez_compressed):
        file = inspected(saved(save, w=np.zeros(3), o=objects))
        assert told(file) == [
            *imports,
            ("note", "its array 'o' holds Python objects, which NumPy unpickles with allow_pickle"),
        ]
        assert "_pytest.outcomes._Fail" in file.globals
    for harmless in (np.array([{"a": 1}, "text"], object), np.zeros(2, [("a", [("b", "O")])])):
        assert [kind for kind, _ in told(inspected(saved(np.save, harmless)))] == ["note"]
    evil = saved(np.save, np.array([None], object)).partition(b"\n")[0] + b"\ncos\nsystem\n(S'id'\ntR."
    assert [kind for kind, _ in told(inspected(evil))] == ["dangerous", "note"]
    assert [kind for kind, _ in told(inspected(array[:-3]))] == ["unknown", "unknown", "unverified", "note"]


def made(header, data=b"", version=1):
    length = len(header).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + data


GOOD = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}"
BROKEN = {
    "short": (made(GOOD, bytes(7)), "it has 7 bytes of numbers, not the 8 of its shape"),
    "version": (made(GOOD, bytes(8), 9), "it is of the version 9, which is not known"),
    "header": (made(GOOD)[:-1], "it says that its header has 55 bytes"),
    "long header": (made(b" " * 20_000, version=2), "it says that its header has 20000 bytes"),
    "call": (made(b"__import__('os').system('false')"), "it has a header that is no dictionary"),
    "deep": (made(b"(" * 9_000), "it has a header that is no dictionary"),
    "keys": (made(b"{'descr': '<f4'}"), "it has a header without type, order and shape"),
    "unhashable": (made(b"{[]: 1}"), "it has a header that is no dictionary"),
    "list": (made(GOOD.replace(b"(2,)", b"[2]")), "it has a shape that is none"),
    "negative": (made(GOOD.replace(b"2", b"-2")), "it has a shape that is none"),
    "truth": (made(GOOD.replace(b"2", b"True")), "it has a shape that is none"),
    "no array": (b"\x93NUMPY", "it does not begin as an array of NumPy"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_a_problem(name):
    data, text = BROKEN[name]
    assert told(inspected(data, "a.npy")) == [("invalid", text)]
    if name not in {"short", "unhashable"}:
        assert told(inspected(packed([("a.npy", data)]), "a.npz")) == [
            ("invalid", f"it has an array 'a' that {text.removeprefix('it ')}")
        ]


def test_an_entry_that_is_a_pickle_is_no_array():
    (kind, text), *_ = told(inspected(packed([("a.npy", pickle.dumps(1))])))
    assert (kind, text) == ("invalid", "it has an array 'a' that does not begin as an array of NumPy")
