"""A bucket in memory: the second that the contract is tested with, and the shortest statement of what a bucket is."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, BinaryIO, Self, TypeVar

from modelkeep.errors import IntegrityError
from modelkeep.store.bucket.interface import Blob, Contents, Draft, StaleDraft

if TYPE_CHECKING:
    from types import TracebackType

_T = TypeVar("_T")


class MemoryBucket:
    """Bytes under keys, in a dictionary."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.damaged: dict[str, bytes] = {}
        self._since: dict[str, float] = {}
        self._notes: dict[str, bytes] = {}

    def upload(self, *, many: bool = False) -> MemoryUpload:
        """Return an upload."""
        del many  # nothing is synced
        return MemoryUpload(self)

    def put(self, key: str, data: bytes) -> bool:
        """Put bytes under a key; False where some were there."""
        new = key not in self.blobs
        self.blobs[key] = data
        self._since[key] = time.time()
        return new

    def get(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """Return the bytes of a key, or a range of them."""
        if key not in self.blobs:
            message = f"the bytes of {key} are missing from the store"
            raise IntegrityError(message, "modelkeep verify --bytes")
        return io.BytesIO(self.blobs[key][start : None if length is None else start + length])

    def reading(self) -> AbstractContextManager[Contents]:
        """Return the bucket itself: nothing has to be opened."""
        return nullcontext(self)

    def stat(self, key: str) -> Blob | None:
        """Tell what is known of a key."""
        return Blob(key, len(self.blobs[key]), self._since[key]) if key in self.blobs else None

    def stat_all(self, keys: Iterable[str]) -> dict[str, Blob]:
        """Tell what is known of several keys."""
        return {key: blob for key in keys if (blob := self.stat(key)) is not None}

    def list(self) -> Iterator[Blob]:
        """Yield every key."""
        return (Blob(key, len(data), self._since[key]) for key, data in [*self.blobs.items()])

    def delete(self, key: str) -> None:
        """Remove a key."""
        self.blobs.pop(key, None)

    def settle(self) -> None:
        """Do nothing: nothing is durable here."""

    def local_path(self, key: str) -> str | None:
        """Return None: memory has no paths."""

    def read_note(self, name: str) -> bytes | None:
        """Return a note."""
        return self._notes.get(name)

    def write_note(self, name: str, data: bytes) -> None:
        """Write a note."""
        self._notes[name] = data

    def remove_note(self, name: str) -> None:
        """Remove a note."""
        self._notes.pop(name, None)

    def stale_drafts(self) -> Iterator[StaleDraft]:
        """Yield nothing: drafts end with their process."""
        return iter(())

    def remove_stale(self, stale: StaleDraft) -> bool:
        """Return False: there is nothing to remove."""
        del stale
        return False

    def unknown(self) -> Iterator[str]:
        """Yield nothing."""
        return iter(())


class MemoryDraft:
    """Bytes that are collected."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        self.data += data

    def fill(self, copy: Callable[[int], _T]) -> _T | None:
        """Return None: this draft is no file."""

    def finish(self) -> None:
        """End the draft."""

    def discard(self) -> None:
        """Forget the bytes."""
        self.data.clear()


class MemoryUpload:
    """Drafts that come in together."""

    def __init__(self, bucket: MemoryBucket) -> None:
        self._bucket = bucket
        self._committed: dict[str, bytes] = {}

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Forget what was not flushed."""
        self._committed.clear()

    def draft(self) -> MemoryDraft:
        """Return an empty draft."""
        return MemoryDraft()

    def commit(self, draft: Draft, key: str) -> None:
        """Give a draft its key."""
        if not isinstance(draft, MemoryDraft):
            message = f"not a draft of this bucket: {draft!r}"
            raise TypeError(message)
        self._committed.setdefault(key, bytes(draft.data))

    def stat(self, key: str) -> Blob | None:
        """Tell what is known of a key of the bucket."""
        return self._bucket.stat(key)

    def keep(self, key: str) -> None:
        """Do nothing: nothing is durable here."""

    def flush(self) -> frozenset[str]:
        """Make visible what was committed."""
        new = frozenset([key for key, data in self._committed.items() if self._bucket.put(key, data)])
        self._committed.clear()
        return new

    def set_aside(self, key: str) -> str | None:
        """Keep a copy of what stands under a key."""
        if key not in self._bucket.blobs:
            return None
        self._bucket.damaged[key] = self._bucket.blobs[key]
        return f"memory:damaged/{key}"
