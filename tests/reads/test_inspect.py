"""`inspect`: what was recorded of a version, what is in its bytes, what is in files here; nothing is waited for or run."""

import io
import os
from pathlib import Path

import pytest
from changing import refused
from model_files import safetensors
from world import World

from modelkeep.domain.answers.inspections import TensorRow


@pytest.fixture
def world(tmp_path):
    """Return a registry with fraud@1: a directory of two files of safetensors and a text."""
    world = World(tmp_path)
    tree = world.work / "tree"
    (tree / "more").mkdir(parents=True)
    (tree / "w.safetensors").write_bytes(safetensors({"w": (2, 3)}))
    (tree / "more" / "b.safetensors").write_bytes(safetensors({"b": (3,)}, gap=4))
    (tree / "notes.txt").write_text("notes")
    world.registry.register("fraud", str(tree), code="none", env="none")
    return world


def test_what_was_recorded_is_shown_and_with_fresh_the_bytes(world, r):
    found = r.inspect("fraud@1")
    assert (found.recorded, found.ref, found.inspection.parameters) == (True, "fraud@1", 9)
    assert [each.path for each in found.inspection.files] == ["more/b.safetensors", "w.safetensors"]
    assert found.tensors == (
        TensorRow("more/b.safetensors", "b", "F32", ("3",)),
        TensorRow("w.safetensors", "w", "F32", ("2", "3")),
    )
    assert {each.kind for each in found.inspection.serious} == {"invalid"}
    fresh = r.inspect("fraud@1", fresh=True)
    assert (fresh.recorded, fresh.inspection.files, fresh.tensors) == (False, found.inspection.files, found.tensors)
    assert (fresh.inspection.digest, fresh.inspection.since) == (None, None)


def test_a_bare_name_is_its_latest_version(world, r):
    assert r.inspect("fraud").ref == "fraud@1"
    assert world.said[-1] == "note: fraud is taken as fraud@latest"


@pytest.mark.parametrize("fresh", [False, True])
def test_one_file_or_directory_of_a_version_is_shown_alone(world, r, fresh):
    one = r.inspect("fraud@1/w.safetensors", fresh=fresh)
    assert (one.inspection.parameters, one.inspection.problems) == (6, ())
    assert r.inspect("fraud@1/more", fresh=fresh).inspection.parameters == 3
    assert refused(r.inspect, "fraud@1/none", fresh=fresh)[0] == "NotFound"


def test_a_version_that_was_not_inspected_is_read_now(world, r):
    r.register("late", world.work / "tree", inspect=False, env="none")
    found = r.inspect("late@1")
    assert (found.recorded, found.inspection.parameters) == (False, 9)
    r.supplement("late@1", inspect=True)
    assert r.inspect("late@1").recorded
    assert not r.inspect("late@1", as_of="seq:3").recorded


def test_bytes_that_are_missing_or_deleted_are_said(world, r):
    world.blob((world.work / "tree" / "w.safetensors").read_bytes()).unlink()
    assert r.inspect("fraud@1").recorded
    assert refused(r.inspect, "fraud@1", fresh=True)[0] == "IntegrityError"
    r.delete("fraud@1")
    assert r.inspect("fraud@1").recorded
    assert refused(r.inspect, "fraud@1", fresh=True)[0] == "NotFound"


def test_a_file_and_a_directory_here_are_read(world, r, monkeypatch):
    monkeypatch.chdir(world.work)
    path = "tree/w.safetensors"
    assert (r.inspect(path).recorded, r.inspect(path).ref, r.inspect(path).inspection.parameters) == (False, None, 6)
    assert r.inspect(Path("tree")).inspection.parameters == 9
    assert r.inspect("./tree/notes.txt").inspection is None
    assert refused(r.inspect, "s3://bucket/model")[1] == "PATH takes a path of this machine, not 's3://bucket/model'"


def test_the_parts_of_a_directory_here_have_the_digests_that_they_get_when_it_is_registered(world, r):
    tree = world.work / "hf"
    tree.mkdir()
    (tree / "config.json").write_text('{"model_type": "bert"}')
    (tree / "model.safetensors").write_bytes(safetensors({"w": (1,)}))
    (tree / "vocab.txt").write_text("a")
    (tree / "merges.txt").write_text("b")
    here = r.inspect(tree).inspection.parts
    assert [each.role for each in here] == ["weights", "tokenizer"]
    assert None not in {each.digest for each in here}
    r.register("hf", tree, env="none")
    assert r.inspect("hf@1").inspection.parts == here
    with (tree / "vocab.txt").open("wb") as file:
        file.truncate(300 << 20)
    assert [each.digest is None for each in r.inspect(tree).inspection.parts] == [False, True]


def test_standard_input_is_read_in_any_order_up_to_a_bound(r, monkeypatch):
    data = safetensors({"w": (2, 3)})
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    found = r.inspect("-")
    assert (found.what, found.inspection.formats, found.inspection.parameters) == ("-", ("safetensors",), 6)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(bytes((64 << 20) + 1))))
    assert refused(r.inspect, "-")[:2] == ("UsageError", "'-' is larger than 64 MiB")


def test_a_version_comes_before_a_file_that_is_called_like_it(world, r, monkeypatch):
    monkeypatch.chdir(world.work)
    (world.work / "fraud@1").write_bytes(safetensors({"evil": (1,)}))
    (world.work / "fraud").write_bytes(safetensors({"here": (1, 1)}))
    assert r.inspect("fraud@1").ref == "fraud@1"
    assert r.inspect("./fraud@1").tensors[0].name == "evil"
    assert r.inspect(Path("fraud@1")).tensors[0].name == "evil"
    assert r.inspect("fraud").tensors[0].name == "here"
    (world.work / "other@7").write_bytes(safetensors({"other": (1,)}))
    assert r.inspect("other@7").tensors[0].name == "other"


def test_what_is_neither_a_model_nor_a_file_is_said(world, r):
    world.said.clear()
    assert refused(r.inspect, "nothing") == (
        "NotFound",
        "there is no model nothing, and no file of that name here",
        "modelkeep list",
    )
    assert world.said == []  # not that nothing is taken as nothing@latest
    assert refused(r.inspect, "./nothing")[0] == "NotFound"
    assert refused(r.inspect, "nothing@1")[:2] == ("NotFound", "there is no model nothing")


def test_pipes_are_refused_and_links_followed_only_where_that_is_asked_for(world, r):
    tree = world.work / "odd"
    tree.mkdir()
    os.symlink(world.work / "tree" / "w.safetensors", tree / "link.safetensors")
    assert refused(r.inspect, tree)[0] == "UsageError"
    assert r.inspect(tree, follow_symlinks=True).inspection.parameters == 6
    os.mkfifo(tree / "pipe.safetensors")
    assert "is a pipe (FIFO), not a file" in refused(r.inspect, tree, follow_symlinks=True)[1]
    assert "is a pipe (FIFO), not a file" in refused(r.inspect, tree / "pipe.safetensors")[1]
