"""What a bucket is: a dumb place that keeps bytes under their digest.

A bucket does not hash or compare, and knows neither artifacts nor versions: `store.content` does that
once, above every bucket. What a bucket promises: a key appears whole and durable or not at all.

A key is ``sha256:`` and 64 hex digits. Beside the keys a bucket keeps a few small texts, its notes:
whose it is (`store.ownership`) and when bytes were last removed (`store.content.sweep_mark`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, BinaryIO, Protocol, Self, TypeVar

from msgspec import Struct

if TYPE_CHECKING:
    from types import TracebackType

_T = TypeVar("_T")


class NotWritten(OSError):
    """A draft refused bytes that `Draft.fill` copies into it."""


class Blob(Struct, frozen=True):
    """The facts that a bucket has of a key without reading its bytes.

    ``since`` (seconds since 1970) is when the bytes came, as they are, to where they are. ``writable``: it is a
    file that some account may write to, which no file of a bucket should be.
    """

    key: str
    size: int
    since: float
    writable: bool = False


class StaleDraft(Struct, frozen=True):
    """The drafts of one writer that did not remove them, or has not yet.

    ``writer`` is ``gone``, ``alive`` or ``unsure``. ``damaged``: a repair keeps a damaged blob there, to be
    looked at. ``size_bytes`` is what removing the drafts frees; ``changed`` the newest time (seconds
    since 1970) at which one of them was written.
    """

    place: str
    writer: str
    files: int
    size_bytes: int
    changed: float
    damaged: bool = False


class Draft(Protocol):
    """Bytes on their way into a bucket, under no key yet. One thread uses it."""

    def write(self, data: bytes | memoryview, /) -> None:
        """Append bytes."""

    def fill(self, copy: Callable[[int], _T], /) -> _T | None:
        """Call ``copy`` with the descriptor of the empty draft and return its answer; None where a draft is no file.

        ``copy`` raises `NotWritten` for what that file refuses.
        """

    def finish(self) -> None:
        """End the draft: nothing follows. Errors that the system kept back until now are raised here."""

    def discard(self) -> None:
        """Remove the draft."""


class Upload(Protocol):
    """Several drafts that come into a bucket together; a ``with`` block removes the drafts that were not flushed."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Remove every draft that was not flushed."""

    def draft(self) -> Draft:
        """Return an empty draft; several threads may call this."""

    def commit(self, draft: Draft, key: str) -> None:
        """Give a finished draft its key, to take effect with ``flush``; several threads may call this.

        Of several drafts with one key the first is taken. Bytes that are there already are replaced.
        """

    def stat(self, key: str) -> Blob | None:
        """Tell what is known of a key of the bucket; several threads may call this, for many keys."""

    def keep(self, key: str) -> None:
        """Rely upon a key that is there: ``flush`` makes it durable too, for another writer may not have done so yet."""

    def flush(self) -> frozenset[str]:
        """Make all that was committed durable and visible; return the keys that were not there before."""

    def set_aside(self, key: str) -> str | None:
        """Keep a copy of what stands under a key among the stale drafts; return where, None where nothing stands there.

        Raises ``OSError`` where it cannot be kept.
        """


class Contents(Protocol):
    """Bytes under their digest, to be read."""

    def get(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """Open a key, or a range of its bytes, for unbuffered reading; ``IntegrityError`` where it is not there."""


class Bucket(Contents, Protocol):
    """A dumb place for bytes under their digest."""

    def upload(self, *, many: bool = False) -> Upload:
        """Return an upload; ``many`` says that syncing each of its drafts would be slow."""

    def reading(self) -> AbstractContextManager[Contents]:
        """Return its contents for many reads: what every key has in common on the way to it is opened once."""

    def stat(self, key: str) -> Blob | None:
        """Tell what is known of a key; None where it is not there."""

    def stat_all(self, keys: Iterable[str]) -> dict[str, Blob]:
        """Tell what is known of several keys, by key; a key that is not there is left out."""

    def list(self) -> Iterator[Blob]:
        """Yield every key, in no order."""

    def delete(self, key: str) -> None:
        """Remove a key; nothing happens where it is not there. A power cut may undo it until ``settle``."""

    def settle(self) -> None:
        """Make every ``delete`` so far durable."""

    def local_path(self, key: str) -> str | None:
        """Return the absolute path under which this machine can read a key; None where there is none."""

    def read_note(self, name: str) -> bytes | None:
        """Return the note of that name, None where there is none."""

    def write_note(self, name: str, data: bytes) -> None:
        """Write a note, durably and at once."""

    def remove_note(self, name: str) -> None:
        """Remove a note, durably; nothing happens where there is none."""

    def stale_drafts(self) -> Iterator[StaleDraft]:
        """Yield the drafts of every writer that is not at work any more, or may not be."""

    def remove_stale(self, stale: StaleDraft) -> bool:
        """Remove the drafts of a writer that ended; False where they are gone already or the writer lives after all."""

    def unknown(self) -> Iterator[str]:
        """Yield the places of what lies in the bucket and is neither a key, a note nor a draft."""
