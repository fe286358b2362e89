"""What the tests of the store share: a store on disk, and one in memory."""

from pathlib import Path

import pytest
from memory_bucket import MemoryBucket

from modelkeep.store.bucket.directory import DirectoryBucket, create_store


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the directory of an empty store."""
    root = tmp_path / "registry" / "store"
    root.parent.mkdir()
    create_store(str(root))
    return root


@pytest.fixture
def artifacts(root: Path) -> DirectoryBucket:
    """Return an empty store on disk."""
    return DirectoryBucket(str(root))


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty directory, which is the current one."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


@pytest.fixture(params=["directory", "memory"])
def bucket(request, root: Path):
    """Return each bucket in turn: what is tested with it is the contract."""
    return DirectoryBucket(str(root)) if request.param == "directory" else MemoryBucket()
