"""A registry that was written once, by the release that made its format, answers the same for ever."""

import json
import shutil
from pathlib import Path

import pytest
from log_kinds import COMMANDS as KINDS
from make_fixture import FIXTURE, answers
from world import World, every

from modelkeep.domain.entry import parse_entry
from modelkeep.errors import SchemaMismatch
from modelkeep.registry import open_registry
from modelkeep.store.db.sqlite import schema

PINNED = json.loads(FIXTURE.with_name("registry-1.answers.json").read_text(encoding="utf-8"))


@pytest.fixture
def world(tmp_path):
    shutil.copytree(FIXTURE, tmp_path / "registry")
    (tmp_path / "registry" / "store" / "tmp").mkdir(exist_ok=True)
    for blob in (tmp_path / "registry" / "store" / "blobs").glob("*/*/*"):
        blob.chmod(0o444)  # git keeps no modes
    world = World(tmp_path, create=False)
    world.pass_time(days=1)
    return world


def test_the_fixture_holds_every_kind_of_entry(world):
    kinds = {parse_entry(data).intent.kind for data in world.entries()}
    later = {
        "policy",
        "role",
        "request",
        "approve",
        "reject",
        "check",
        "deploy",
        "signal",
        "acknowledge",
        "supplement",
        "data",
    }
    assert kinds == set(KINDS) - later - {"migrate", "delete", "create"}


def test_the_fixture_keeps_verifying(world):
    found = world.verify()
    assert found.ok
    assert [each.code for each in found.findings] == ["schema"]
    assert (found.entries, found.versions, found.blobs, found.size_bytes) == (28, 5, 4, 24)
    assert found.head_hash == "sha256:e31b00ed2e9baf0003d4db396e48233b0a42e5daa9e5c080a403bb6edb38fb73"


def test_the_fixture_keeps_answering(world):
    now = json.loads(json.dumps(answers(world.registry)))
    assert now.keys() == PINNED.keys()
    for question, answer in PINNED.items():
        assert _agrees(now[question], answer), question


def test_the_fixture_can_be_written_to_once_it_is_migrated(world):
    with pytest.raises(SchemaMismatch):
        world.register("fraud")
    done = world.registry.migrate()
    assert (done.changed, done.schema_before, done.schema_after) == (True, 1, schema.VERSION)
    assert world.verify().findings == ()
    world.register("fraud")
    world.registry.promote("risk/Fraud@4", "production")
    assert world.registry.version("fraud@production").version == 4
    assert world.verify().findings == ()


def test_reading_the_fixture_writes_nothing_into_it():
    before = every(FIXTURE)
    assert open_registry(FIXTURE).version("churn@production").version == 1
    assert every(FIXTURE) == before
    assert not [path for path in before if path.endswith("-journal")]
    assert Path(FIXTURE, "registry.lock").read_bytes() == b""


def _agrees(now, pinned):
    """Tell whether an answer still says all it said; it may say more."""
    if isinstance(pinned, dict):
        return all(key in now and _agrees(now[key], value) for key, value in pinned.items())
    if isinstance(pinned, list):
        return len(now) == len(pinned) and all(map(_agrees, now, pinned))
    return now == pinned
