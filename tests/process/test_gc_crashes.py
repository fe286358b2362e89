"""gc killed at any step loses nothing that is needed, and the next gc finishes what it began."""

import shutil
from pathlib import Path

import pytest
from processes import do, killed_at
from world import store_bytes

from harm import needs_strace
from modelkeep.errors import RegistryUnavailable
from modelkeep.registry import create_registry, open_registry
from modelkeep.store.bucket.directory import DirectoryBucket
from modelkeep.store.bucket.directory_drafts import boot_id
from modelkeep.store.content.sweep_mark import read_mark

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
    """Make a registry with two versions, four blobs nobody needs, and a dead writer's drafts."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    registry, _ = create_registry("registry")
    bucket = DirectoryBucket(str(STORE))
    for number in range(6):
        Path("m").write_text(f"model {number}")
        if number < 2:
            registry.register("fraud", "m", code="none")
            needed = names()
        else:
            store_bytes(bucket, Path("m").read_bytes())
    left = STORE / "tmp" / f"{boot_id()}-4000000-{'a' * 16}"
    left.mkdir()
    for name in "123":
        (left / name).write_text("half")
    shutil.copytree("registry", "base")
    return needed


def names():
    return sorted(path.name for path in BLOBS.rglob("*") if path.is_file())


@pytest.mark.parametrize("call", ["renameat", "unlinkat", "fsync", "mkdirat", "fchmod"])
def test_killed_at_any_step_the_next_sweep_finishes(base, call):
    steps = 0
    for step in range(1, 100):
        shutil.rmtree("registry")
        shutil.copytree("base", "registry")
        lived = killed_at(GC, call, step)
        assert set(base) <= set(names())
        assert do(GC) == (0, "")
        assert names() == base
        assert [*(STORE / "tmp").iterdir()] == []
        assert open_registry("registry").verify().findings == ()
        if lived:
            break
        steps += 1
    assert lived
    assert steps, "no kill was tried"


@pytest.mark.parametrize("error", ["ENOSPC", "EDQUOT"])
@pytest.mark.parametrize("refused", ["mkdirat", "renameat", "write"])
def test_without_room_for_a_mark_gc_removes_garbage_and_leaves_no_mark(base, refused, error):
    assert do(GC, "-e", f"trace={refused}", "-e", f"inject={refused}:error={error}") == (0, "")
    assert names() == base
    assert list((STORE / "tmp").iterdir()) == []
    assert read_mark(DirectoryBucket(str(STORE))) is None


def test_a_mark_that_cannot_be_removed_stops_gc(base):
    before = names()
    assert do(GC, "-e", "trace=unlinkat", "-e", "inject=unlinkat:error=EIO:when=1") == (
        RegistryUnavailable.exit_code,
        "",
    )
    assert names() == before
