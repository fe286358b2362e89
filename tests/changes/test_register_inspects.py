"""`register` looks into the files: what it finds is recorded, what is dangerous told, and nothing of it makes it fail."""

import json
from types import ModuleType

import pytest
from changing import effects, overtaken, refused
from model_files import safetensors
from world import World, entries

from modelkeep.domain.known_documents import FileInspection, Problem
from modelkeep.formats import inspection, known_formats
from modelkeep.formats.interface import FoundInFile
from modelkeep.formats.known_formats import FileFormat

SIGNATURE = {"inputs": [{"name": "x", "dtype": "float32"}], "outputs": [{"dtype": "int64"}]}
OTHER = {"inputs": [{"name": "y", "dtype": "float32"}]}


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
def model(world):
    """Return a file of safetensors with six parameters."""
    path = world.work / "model.safetensors"
    path.write_bytes(safetensors({"w": (2, 3)}))
    return path


def documents(world):
    """Return how many documents of each kind there are beside the manifests."""
    kinds = [json.loads(data)["format"] for (data,) in world.rows("SELECT bytes FROM document")]
    return sorted(kind for kind in kinds if kind != "modelkeep manifest 1")


def test_what_is_in_the_files_is_recorded_and_said(world, r, model):
    made = r.register("fraud", model)
    assert (made.notes[0], made.warnings) == ("97 B in 1 file, safetensors (6 parameters)", ())
    found = r.version("fraud@1").inspection
    assert (found.format, found.formats, found.parameters, found.tensors) == ("safetensors", ("safetensors",), 6, 1)
    assert (found.since, found.problems) == (r.version("fraud@1").created, ())
    assert [each.formats for each in r.versions("fraud")] == [("safetensors",)]
    assert documents(world) == ["modelkeep inspection 1"]
    assert world.verify().ok


def test_the_same_bytes_again_change_nothing_and_another_inspection_makes_no_difference(world, r, model):
    r.register("fraud", model, inspect=False)
    assert (r.version("fraud@1").inspection, r.versions("fraud")[0].formats, documents(world)) == (None, (), [])
    before = entries(world)
    assert not r.register("fraud", model).changed
    assert entries(world) == before
    change = r.supplement("fraud@1", inspect=True)
    assert effects(change) == ["inspection: none -> safetensors (6 parameters)"]
    assert not r.register("fraud", model).changed
    assert r.version("fraud@1", as_of="seq:2").inspection is None


def test_files_of_no_known_format_leave_no_document(world, r):
    r.register("fraud", world.model(b"notes", "notes.md"))
    assert (r.version("fraud@1").inspection, documents(world)) == (None, [])
    assert refused(r.supplement, "fraud@1", inspect=True)[:2] == (
        "NotFound",
        "no file of fraud@1 is of a format that modelkeep knows",
    )


def test_what_is_wrong_with_a_file_is_a_warning(world, r, model):
    model.write_bytes(safetensors({"w": (2, 3)}, gap=4))
    made = r.register("fraud", model)
    warning = "model.safetensors: invalid: the tensor 'w' begins at byte 4, not where the one before it ends"
    assert made.warnings == (warning,)
    assert [each.sentence for each in r.version("fraud@1").inspection.serious] == [warning]
    again = r.register("fraud", model, if_exists="new", dry_run=True)
    assert (again.changed, again.warnings) == (True, (warning,))


@pytest.mark.parametrize("fails", ["reader", "all", "store"])
def test_nothing_that_goes_wrong_makes_a_registration_fail(world, r, model, monkeypatch, fails):
    def fail(*_given):
        raise MemoryError

    reader = ModuleType("reader")
    reader.inspect = fail
    if fails == "reader":
        monkeypatch.setattr(FileFormat, "load", lambda _form: reader)
    elif fails == "all":
        monkeypatch.setattr(inspection, "inspect", fail)
    else:
        monkeypatch.setattr(known_formats, "format_of", fail)
        monkeypatch.setattr(inspection, "format_of", fail)
    made = r.register("fraud", model)
    (warning,) = made.warnings
    expected = {
        "reader": "model.safetensors: unverified: its reader failed: MemoryError: ",
        "all": "its files were not inspected: MemoryError",
        "store": "its files were not inspected: MemoryError",
    }
    assert (made.ref, warning) == ("fraud@1", expected[fails])
    assert world.verify().ok


def test_a_danger_is_told_first_and_does_not_refuse(world, r, model, monkeypatch):
    reader = ModuleType("reader")
    reader.inspect = lambda file, _budget: FoundInFile(
        FileInspection(file.path, "pickle", problems=(Problem("dangerous", "it imports os.system"),))
    )
    monkeypatch.setattr(FileFormat, "load", lambda _form: reader)
    made = r.register("fraud", model, metrics={"auc": "high"})
    assert made.warnings[0] == "model.safetensors: dangerous: it imports os.system"
    assert r.versions("fraud")[0].formats == ("pickle",)


def test_a_signature_that_is_given_is_recorded_and_compared(world, r, model):
    r.register("fraud", model, signature=SIGNATURE)
    (given,) = r.version("fraud@1").signature.inputs
    assert (given.name, given.dtype, given.shape, given.optional) == ("x", "float32", (), False)
    assert not r.register("fraud", model, signature=SIGNATURE).changed
    assert not r.register("fraud", model).changed
    assert refused(r.register, "fraud", model, signature=OTHER)[1] == (
        "these bytes are fraud@1 already, with another signature"
    )
    # What was recorded is understood as a signature again.
    assert not r.supplement("fraud@1", signature=r.version("fraud@1").signature).changed


def test_an_inspection_later_replaces_no_signature_that_was_given(world, r, model):
    r.register("fraud", model, signature=SIGNATURE, inspect=False)
    r.supplement("fraud@1", inspect=True)
    assert r.version("fraud@1").signature.inputs[0].name == "x"


def test_a_version_that_another_took_the_place_of_meanwhile_is_not_given_its_inspection(world, r, model):
    r.register("fraud", model, inspect=False, alias="champion")
    other = world.work / "other.safetensors"
    other.write_bytes(safetensors({"w": (4,)}))

    def replace_it():
        r.register("fraud", other, alias="champion")

    late = overtaken(world, replace_it)
    assert refused(late.supplement, "fraud@champion", inspect=True)[0] == "Conflict"
