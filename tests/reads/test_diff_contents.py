"""`diff` on what is in the files: facts of the format, tensors, the signature."""

import pytest
from model_files import safetensors
from world import World


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def rows(r, *refs):
    """Return the differences in the files: section, key and values."""
    found = r.diff([*refs]).rows
    return [(row.section, row.key, *row.values) for row in found if row.section in {"format", "signature", "tensors"}]


def register(world, tensors, **more):
    path = world.model(safetensors(tensors), "model.safetensors")
    return world.registry.register("fraud", path, code="none", env="none", **more)


def test_tensors_that_were_added_removed_or_reshaped_are_named(world, r):
    register(world, {"a": (2,), "b": (3,), "c": (4,)}, signature={"inputs": [{"name": "x", "dtype": "float32"}]})
    register(world, {"a": (2,), "b": (4,), "d": (5,)}, signature={"inputs": [{"name": "x", "dtype": "float64"}]})
    assert rows(r, "fraud@1", "fraud@2") == [
        ("format", "parameters", 9, 11),
        ("signature", "input x", "float32", "float64"),
        ("tensors", "b", "F32[3]", "F32[4]"),
        ("tensors", "c", "F32[4]", None),
        ("tensors", "d", None, "F32[5]"),
    ]


def test_very_many_tensors_are_counted(world, r):
    register(world, {f"t{number}": (2,) for number in range(60)})
    register(world, {f"t{number}": (3,) if number < 50 else (2,) for number in range(5, 62)})
    assert rows(r, "fraud@1", "fraud@2") == [
        ("format", "parameters", 120, 159),
        ("format", "tensors", 60, 57),
        ("format", "dtypes", "F32 60", "F32 57"),
        ("tensors", "added", 0, 2),
        ("tensors", "removed", 0, 5),
        ("tensors", "reshaped", 0, 45),
    ]


def test_a_version_that_was_not_inspected_has_no_tensors_to_compare(world, r):
    register(world, {"a": (2,)}, inspect=False)
    register(world, {"a": (3,)})
    assert ("format", "format", None, "safetensors") in rows(r, "fraud@1", "fraud@2")
    assert not any(row[0] == "tensors" for row in rows(r, "fraud@1", "fraud@2"))
