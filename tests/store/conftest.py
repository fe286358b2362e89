"""What the tests of the store share: a store on disk, and a bucket in memory that proves the contract is no directory's."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelkeep.errors import IntegrityError
from modelkeep.store.bucket.directory import DirectoryBucket, create_store
from modelkeep.store.content.artifacts import Artifacts


class MemoryBucket:
    """The smallest bucket there can be."""

    def __init__(self):
        self.blobs: dict[str, bytes] = {}
        self.trash: dict[str, bytes] = {}

    def begin(self, *, many: bool = False):
        del many  # there is nothing to sync
        return MemoryBatch(self)

    def open(self, key: str):
        if key not in self.blobs:
            message = f"the bytes of {key} are missing"
            raise IntegrityError(message)
        return io.BytesIO(self.blobs[key])

    def size(self, key: str) -> int | None:
        return len(self.blobs[key]) if key in self.blobs else None

    def swept(self, key: str) -> int | None:
        return len(self.trash[key]) if key in self.trash else None

    def bring_back(self, key: str) -> bool:
        if key in self.trash:
            self.blobs[key] = self.trash.pop(key)
            return True
        return False

    def delete(self, key: str) -> None:
        self.blobs.pop(key, None)

    def keys(self) -> Iterator[str]:
        return iter(self.blobs)

    def local_path(self, key: str) -> str | None:
        assert key.startswith("sha256:")


class MemoryBatch:
    def __init__(self, bucket: MemoryBucket):
        self.repaired: list[str] = []
        self.bucket = bucket
        self.noted: dict[str, MemoryDraft] = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def draft(self):
        return MemoryDraft()

    def adopt(self, _descriptor):
        """Have no file."""

    def written(self):
        return frozenset()

    def let_go(self):
        pass

    def part(self):
        return frozenset()

    def withdraw(self, _asking):
        pass

    def put(self, key, draft):
        self.noted.setdefault(key, draft)

    def spare(self, key, draft):
        self.noted.setdefault(key, draft)

    def keep(self, key, size):
        return self.bucket.size(key) == size

    def commit(self):
        return frozenset([key for key in self.noted if self._publish(key)])

    def again(self, key):
        return key in self.noted and (self._publish(key) or True)

    def _publish(self, key):
        there, data = self.bucket.blobs.get(key), bytes(self.noted[key].data)
        if there is not None and len(there) == len(data):
            return False
        if there is not None:
            self.repaired.append(key)
        self.bucket.blobs[key] = data
        return True


class MemoryDraft:
    def __init__(self):
        self.data = bytearray()

    def write(self, data):
        self.data += data

    def fill(self, copy):
        """Have no file."""

    def finish(self):
        pass

    def discard(self):
        self.data.clear()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the directory of an empty store."""
    root = tmp_path / "registry" / "store"
    root.parent.mkdir()
    create_store(str(root))
    return root


@pytest.fixture
def artifacts(root: Path) -> Artifacts:
    """Return an empty store on disk."""
    return Artifacts(DirectoryBucket(str(root)))


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
