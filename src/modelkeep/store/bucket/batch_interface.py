"""The interface of `batch.py`, which `interface.py` replaces: it goes as soon as nobody imports it.

A bucket does not hash, compare or know what an artifact is; ``artifacts.py`` does that once for
all buckets. What it promises: a key appears whole and durable or not at all, and what is there
is never overwritten, unless its size tells that it is damaged.

What nobody references may be swept away, under the database's write lock, and brought back until the
sweep is over. A batch stays open until the transaction is over that relies on it: it has all that it put at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, BinaryIO, Protocol, Self, TypeAlias, TypeVar

if TYPE_CHECKING:
    from types import TracebackType

_T = TypeVar("_T")
#: Holds the database's write lock while its block lasts, and answers there whether a version needs a key.
Asking: TypeAlias = Callable[[], AbstractContextManager[Callable[[str], bool]]]


class Draft(Protocol):
    """Bytes on their way into a bucket, not yet under any key. Used by one thread."""

    def write(self, data: bytes | memoryview, /) -> None:
        """Append bytes."""

    def fill(self, copy: Callable[[int], _T], /) -> _T | None:
        """Have the bytes copied into an open, empty file, and return what ``copy`` did; None where there is no such file.

        ``copy`` raises ``NotWritten`` for what that file refuses.
        """

    def finish(self) -> None:
        """Say that nothing follows; errors that the system kept back until now are raised here."""

    def discard(self) -> None:
        """Forget the bytes."""


class Batch(Protocol):
    """What is put into a bucket together: leaving the block before ``commit`` leaves no trace."""

    @property
    def repaired(self) -> Sequence[str]:
        """The keys that were there with another size, which was damage: they are whole now."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Forget what was not committed."""

    def draft(self) -> Draft:
        """Return an empty draft; may be called from several threads."""

    def adopt(self, descriptor: int) -> Draft | None:
        """Return a draft, whole already, that is an open file of the user's itself; None where it must be copied."""

    def put(self, key: str, draft: Draft) -> None:
        """Note that a finished draft is to stand under a key."""

    def spare(self, key: str, draft: Draft) -> None:
        """Have a finished draft at hand under a key that is kept, should it be swept away meanwhile."""

    def keep(self, key: str, size: int) -> bool:
        """Rely upon a key; False where it is not there with that size, or somebody may still write to it."""

    def commit(self) -> frozenset[str]:
        """Make everything noted durable and visible; return the keys that were not there before.

        A key that is there with another size is damaged: it is replaced and counts as new.
        """

    def written(self) -> frozenset[str]:
        """Return the keys of adopted files that somebody has written to since they were hashed."""

    def let_go(self) -> None:
        """Take note that what was adopted is the bucket's by now."""

    def part(self) -> frozenset[str]:
        """Give what was adopted and still has a name outside bytes of its own; return what could not get them."""

    def withdraw(self, asking: Asking) -> None:
        """Take what was adopted out of its place where nothing needs it; else give it bytes of its own."""

    def again(self, key: str) -> bool:
        """Put a key that was swept away after the commit in its place again, durably; False without a draft of it."""


class Bucket(Protocol):
    """A dumb place for bytes under keys (``sha256:`` and 64 hex digits)."""

    def begin(self, *, many: bool = False) -> Batch:
        """Begin to put; ``many`` says that so many drafts follow that syncing each would be slow."""

    def open(self, key: str) -> BinaryIO:
        """Open for reading; a key that is not there raises ``IntegrityError``."""

    def size(self, key: str) -> int | None:
        """Return the size in bytes, None where the key is not there."""

    def swept(self, key: str) -> int | None:
        """Return the size in bytes of a key that was swept away and can be brought back, None where there is none."""

    def bring_back(self, key: str) -> bool:
        """Put a key that was swept away in its place again, durably; False where it cannot be.

        To be called under the database's write lock.
        """

    def delete(self, key: str) -> None:
        """Remove a key for good; nothing happens where it is not there."""

    def keys(self) -> Iterator[str]:
        """Yield every key, in no order."""

    def local_path(self, key: str) -> str | None:
        """Return the absolute path under which this machine can read the key, None where it has none."""
