"""What a bucket is: a dumb place that keeps bytes under their digest.

A bucket does not hash, compare or know what an artifact is; ``artifacts.py`` does that once for
all buckets. What it promises: a key appears whole and durable or not at all, and what is there
is never overwritten.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, Protocol, Self

if TYPE_CHECKING:
    from types import TracebackType


class Draft(Protocol):
    """Bytes on their way into a bucket, not yet under any key. Used by one thread."""

    def write(self, data: bytes | memoryview, /) -> None:
        """Append bytes."""

    def finish(self) -> None:
        """Say that nothing follows; errors that the system kept back until now are raised here."""

    def discard(self) -> None:
        """Forget the bytes."""


class Batch(Protocol):
    """What is put into a bucket together: leaving the block before ``commit`` leaves no trace."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Forget what was not committed."""

    def draft(self) -> Draft:
        """Return an empty draft; may be called from several threads."""

    def put(self, key: str, draft: Draft) -> None:
        """Note that a finished draft is to stand under a key."""

    def keep(self, key: str) -> None:
        """Note that a key which was found there is relied upon."""

    def commit(self) -> frozenset[str]:
        """Make everything noted durable and visible; return the keys that were not there before.

        A key that is there with another size raises ``IntegrityError``: it is damaged.
        """


class Bucket(Protocol):
    """A dumb place for bytes under keys (``sha256:`` and 64 hex digits)."""

    def begin(self, *, many: bool = False) -> Batch:
        """Begin to put; ``many`` says that so many drafts follow that syncing each would be slow."""

    def open(self, key: str) -> BinaryIO:
        """Open for reading; a key that is not there raises ``IntegrityError``."""

    def size(self, key: str) -> int | None:
        """Return the size in bytes, None where the key is not there."""

    def delete(self, key: str) -> None:
        """Remove a key for good; nothing happens where it is not there."""

    def keys(self) -> Iterator[str]:
        """Yield every key, in no order."""

    def local_path(self, key: str) -> str | None:
        """Return the absolute path under which this machine can read the key, None where it has none."""
