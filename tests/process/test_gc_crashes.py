"""gc killed at any step loses nothing that is needed, and the next gc finishes what it began."""

import os
import shutil
from pathlib import Path

import pytest
from processes import do, killed_at

from harm import needs_strace
from modelkeep.errors import RegistryUnavailable
from modelkeep.registry import create_registry, open_registry
from modelkeep.store.bucket import trash
from modelkeep.store.bucket.directory import DirectoryBucket
from modelkeep.store.care import stale_tmp
from modelkeep.store.content.artifacts import Artifacts

pytestmark = [pytest.mark.linux, pytest.mark.slow, needs_strace]

GC = """
import sys
from modelkeep.errors import ModelkeepError
from modelkeep.registry import open_registry
try:
    open_registry("registry").gc(grace="0")
except ModelkeepError as error:
    sys.exit(error.exit_code)
"""
STORE = Path("registry", "store")
BLOBS = STORE / "blobs" / "sha256"


@pytest.fixture
def base(tmp_path, monkeypatch):
    """Make a registry with two versions, three blobs nobody needs, one more in the trash, and a dead writer's drafts.

    A blob that is needed lies in the trash as well: as if its publisher had not brought it back.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    registry, _ = create_registry("registry")
    artifacts = Artifacts(DirectoryBucket(str(STORE)))
    for number in range(6):
        Path("m").write_text(f"model {number}")
        if number < 2:
            registry.register("fraud", "m", code="none")
            needed = names()
        else:
            added = artifacts.add_file("m").digest.removeprefix("sha256:")
    for name in (added, needed[0]):
        trash.throw(str(STORE), [(name, str(BLOBS / name[:2]))])
    left = STORE / "tmp" / f"{stale_tmp.boot_id()}-4000000-{'a' * 16}"
    left.mkdir()
    for name in "123":
        (left / name).write_text("half")
    shutil.copytree("registry", "base")
    return needed


def names():
    return sorted(path.name for path in BLOBS.rglob("*") if path.is_file())


@pytest.mark.parametrize("call", ["rename", "unlink", "unlinkat", "fsync", "rmdir"])
def test_killed_at_any_step_the_next_sweep_finishes(base, call):
    steps = 0
    for step in range(1, 100):
        shutil.rmtree("registry")
        shutil.copytree("base", "registry")
        lived = killed_at(GC, call, step)
        assert set(base[1:]) <= set(names())
        assert do(GC) == (0, "")
        assert names() == base
        assert [*(STORE / "trash").iterdir(), *(STORE / "tmp").iterdir()] == []
        assert open_registry("registry").verify().findings == ()
        if lived:
            break
        steps += 1
    assert lived
    assert steps, "no kill was tried"


@pytest.mark.parametrize("error", ["ENOSPC", "EDQUOT"])
@pytest.mark.parametrize("refused", ["mkdir", "rename"])
def test_without_room_in_the_trash_what_nobody_needs_goes_at_once(base, refused, error):
    onwards = 1
    if refused == "mkdir":  # as older releases made a store
        shutil.rmtree(STORE / "trash")
        missing = {base[0]}
    else:
        onwards, missing = 2, set()  # the first one brings back what is needed
    strace = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={refused}"]
    assert do(GC, *strace, "-e", f"inject={refused}:error={error}:when={onwards}+") == (0, "")
    assert set(names()) == set(base) - missing
    assert not list(STORE.glob("trash/*"))
    assert list((STORE / "tmp").iterdir()) == []


@pytest.mark.parametrize("refused", ["mkdir", "rename"])
def test_another_error_of_the_trash_ends_the_sweep_and_nothing_is_removed(base, refused):
    shutil.rmtree(STORE / "trash")
    before = names()
    strace = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={refused}"]
    assert do(GC, *strace, "-e", f"inject={refused}:error=EIO") == (RegistryUnavailable.exit_code, "")
    assert names() == before
