"""`supplement`: what is told of a version after it was registered; the newest of each counts, and the same is no change."""

import json

import pytest
from changing import effects, overtaken, refused
from msgspec.structs import replace
from world import World, entries

from modelkeep.domain.known_documents import Environment
from modelkeep.errors import Denied
from modelkeep.provenance.captured_environment import Captured
from modelkeep.provenance.lock_files import from_file
from modelkeep.registry import Registry

SIGNATURE = {"inputs": [{"name": "x", "dtype": "float32"}], "outputs": [{"dtype": "int64"}]}


@pytest.fixture
def world(tmp_path):
    """Return a registry with fraud@1."""
    world = World(tmp_path)
    world.register()
    return world


def test_a_licence_and_a_signature_are_added_and_replaced(world, r):
    change = r.supplement("fraud@1", licence="apache-2.0", signature=SIGNATURE)
    assert effects(change) == ["licence: none -> Apache-2.0", "signature: none -> (x float32) -> (int64)"]
    assert r.version("fraud@1").licence == "Apache-2.0"
    again = r.supplement("fraud@1", licence="Apache-2.0", signature=SIGNATURE)
    assert (again.changed, again.why) == (False, "fraud@1 has that already")
    assert effects(r.supplement("fraud@1", licence="MIT")) == ["licence: Apache-2.0 -> MIT"]
    assert r.version("fraud@1", as_of="seq:3").licence == "Apache-2.0"
    assert world.verify().ok


def test_a_signature_is_read_from_a_file_as_mlflow_writes_it_too(world, r):
    for name, text in {
        "signature.json": json.dumps(SIGNATURE),
        "signature.yaml": "inputs:\n- {name: x, dtype: float32}\noutputs:\n- dtype: int64\n",
        "MLmodel": "flavors:\n  sklearn: {}\nsignature:\n"
        """  inputs: '[{"type": "float32", "name": "x"}]'\n  outputs: '[{"type": "int64"}]'\n""",
    }.items():
        (world.work / name).write_text(text)
        change = r.supplement("fraud@1", signature=world.work / name, dry_run=True)
        assert effects(change) == ["signature: none -> (x float32) -> (int64)"], name


def test_a_file_that_says_no_signature_is_named(world, r):
    path = world.work / "signature.json"
    path.write_text('{"inputs": 3}')
    kind, message, _ = refused(r.supplement, "fraud@1", signature=path)
    assert (kind, message) == ("UsageError", f"{path}: the inputs of a signature are a list, not 3")
    assert refused(r.supplement, "fraud@1", signature=world.work / "none.json")[0] == "NotFound"
    assert refused(r.supplement, "fraud@1", signature=7)[1] == (
        "signature is a path or an object with inputs and outputs, not the int 7"
    )


def test_a_file_of_packages_keeps_the_python_and_the_machine_that_were_recorded(world, r):
    about = Environment(python="3.12.1", system="Linux", machine="aarch64", packages=(("numpy", "1.0"),))
    (world.work / "m").write_bytes(b"m")
    captured = {"auto": Captured(about, "/venv")}

    def environment(given, seen):
        return captured.get(given) or from_file(str(world.work / given), seen, None)

    r = Registry(replace(world.context, environment=environment), r._located)
    r.register("m", [world.work / "m"], env="auto")
    (world.work / "requirements.txt").write_text("numpy==2.4.6\n")
    r.supplement("m@1", env=world.work / "requirements.txt")
    found = r.version("m@1").environment
    assert (found.python, found.machine, found.packages) == ("3.12.1", "aarch64", {"numpy": "2.4.6"})
    assert r.supplement("m@1", env=world.work / "requirements.txt").changed is False


def test_nothing_to_add_and_a_bare_name_are_refused(r):
    assert refused(r.supplement, "fraud@1") == (
        "UsageError",
        "supplement needs something to add",
        "modelkeep supplement fraud@1 --licence Apache-2.0",
    )
    assert refused(r.supplement, "fraud", licence="MIT")[2] == "modelkeep supplement fraud@1 --licence Apache-2.0"


def test_a_dry_run_writes_nothing(world, r):
    before = entries(world)
    assert r.supplement("fraud@1", licence="MIT", dry_run=True).changed
    assert (entries(world), r.version("fraud@1").licence) == (before, None)


def test_a_version_that_was_deleted_meanwhile_gets_nothing(world, r):
    late = overtaken(world, lambda: r.delete("fraud@1", force=True))
    assert refused(late.supplement, "fraud@1", licence="MIT")[0] == "Conflict"


def test_the_refusal_of_a_policy_names_the_line_that_adds_the_licence(world, r):
    policy = world.work / "policy.toml"
    policy.write_text('[[stages]]\nname = "staging"\nrequire = ["licence"]\n[[stages]]\nname = "production"\n')
    r.set_policy(policy)
    with pytest.raises(Denied) as error:
        r.promote("fraud@1", "staging")
    assert "to say its licence: modelkeep supplement fraud@1 --licence SPDX" in error.value.message.splitlines()
    r.supplement("fraud@1", licence="MIT")
    assert r.promote("fraud@1", "staging").changed
