"""Contents on their way into the store: each is read once, hashed as it is written, and kept once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, BinaryIO, Self

from modelkeep.store.bucket.batch_interface import Asking, Batch, Bucket, Draft
from modelkeep.store.content.copying import copy_file, share
from modelkeep.store.content.hashing import (
    CHUNK,
    Content,
    Count,
    Hashing,
    chunks_of,
    content_of_bytes,
    content_of_file,
    hashed,
)
from modelkeep.store.content.sampling import looks_like_one_of

if TYPE_CHECKING:
    from types import TracebackType

    from modelkeep.domain.manifest import ManifestFile


class Adding:
    """Contents that come in together; to be used in a ``with`` block, with ``commit`` in it."""

    def __init__(self, bucket: Bucket, *, many: bool) -> None:
        self._bucket = bucket
        self._batch: Batch = bucket.begin(many=many)
        self._sizes: dict[str, int] = {}
        self._new: frozenset[str] = frozenset()

    def __enter__(self) -> Self:
        """Begin."""
        self._batch.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Forget what was not committed, and what was kept at hand of the rest."""
        self._batch.__exit__(kind, error, trace)

    def take(
        self, stream: BinaryIO, look: Callable[[memoryview], object] | None = None, *, once: bool = False
    ) -> Content:
        """Take in what a stream yields up to its end; may be called from several threads.

        ``look`` sees the bytes as they pass. What fits into one chunk and is there already is
        never written; what is longer is known only when it has been. ``once``: nobody can read this
        again, so it is kept at hand until the block ends even where it is there already.
        """
        chunks = chunks_of(stream)
        first = next(chunks, memoryview(b""))
        if look is not None:
            look(first)
        if len(first) < CHUNK and not once:  # the stream ended within it
            return self.take_bytes(first)
        draft = self._batch.draft()

        def write(data: memoryview) -> None:
            if look is not None and data is not first:
                look(data)
            draft.write(data)

        content = hashed(itertools.chain((first,), chunks) if len(first) == CHUNK else (first,), write)
        self._put(content, draft, spare=once)
        return content

    def take_bytes(self, data: bytes | memoryview) -> Content:
        """Take in bytes in memory: where they are there already, nothing is written."""
        content = content_of_bytes(data)
        if not self._batch.keep(content.digest, content.size):
            draft = self._batch.draft()
            draft.write(data)
            self._finish(content, draft)
        return content

    def take_file(
        self, descriptor: int, size: int, count: Count, alike: Sequence[str] = (), *, move: bool = False
    ) -> Content:
        """Take in the first ``size`` bytes of an open regular file, or all there are; from several threads.

        ``alike`` are contents of just that size. Where samples of one of them are those of the file, the
        file is first only hashed: most likely it is there, and nothing need be written. Else it is copied at
        once, or with ``move`` taken as it is where that can be.
        """
        if looks_like_one_of(self._bucket, descriptor, size, alike):
            content = content_of_file(descriptor, size, count)
            if self._batch.keep(content.digest, content.size):
                return content
            count = _again(count)
        draft = self._batch.draft()
        if move and not draft.fill(lambda target: share(descriptor, target)):
            adopted = self._batch.adopt(descriptor)
            if adopted is not None:
                draft.discard()
                content = content_of_file(descriptor, size, count)
                self._put(content, adopted)
                return content
        landed = draft.fill(lambda target: copy_file(descriptor, target, size, count))
        if landed is None:  # this bucket has no files to copy into
            landed = _Reading(descriptor, count).copy(size, draft.write)
        self._put(landed, draft)
        return landed

    def commit(self) -> int:
        """Make everything taken durable and visible; return how many bytes were not there before."""
        self._new = self._batch.commit()
        return sum(self._sizes.get(key, 0) for key in self._new)

    @property
    def repaired(self) -> tuple[str, ...]:
        """The digests of which the store had a damaged copy, which now is none."""
        return tuple(self._batch.repaired)

    def let_go(self) -> None:
        """Take note that what was moved is registered."""
        self._batch.let_go()

    def written(self) -> frozenset[str]:
        """Return the digests of files that were to be moved and that somebody has written to meanwhile."""
        return self._batch.written()

    def part(self) -> frozenset[str]:
        """See that what was moved is the store's alone, also where its first name stays; return what is not."""
        return self._batch.part()

    def withdraw(self, asking: Asking) -> None:
        """Take what was to be moved and will not be out of the store again, or what is needed of it out of reach."""
        self._batch.withdraw(asking)

    def damaged(self, files: Iterable[ManifestFile]) -> frozenset[str]:
        """Return the digests of which the store's bytes were there before and are not right: they are read again."""
        from modelkeep.store.content.checking import examine  # few have anything to take away

        found = {file.digest: file.size for file in files if file.digest not in self._new}
        troubles = {digest: examine(self._bucket, digest, size, quick=False) for digest, size in found.items()}
        return frozenset(digest for digest, trouble in troubles.items() if trouble is not None and trouble.lost)

    def absent(self, files: Iterable[ManifestFile]) -> tuple[ManifestFile, ...]:
        """Return the files whose content is not there by now."""
        return tuple(file for file in files if self._bucket.size(file.digest) != file.size)

    def put_back(self, digest: str) -> bool:
        """Put a content that somebody swept away in its place again; False where nothing of it is at hand.

        To be called under the database's write lock, after ``commit``.
        """
        return self._bucket.bring_back(digest) or self._batch.again(digest)

    def _put(self, content: Content, draft: Draft, *, spare: bool = False) -> None:
        there = self._batch.keep(content.digest, content.size)
        if there and not spare:
            draft.discard()
        elif there:
            draft.finish()
            self._batch.spare(content.digest, draft)
        else:
            self._finish(content, draft)

    def _finish(self, content: Content, draft: Draft) -> None:
        draft.finish()
        self._sizes[content.digest] = content.size
        self._batch.put(content.digest, draft)


class _Reading(Hashing):
    """A file that is read and handed on by hand."""

    def copy(self, size: int, write: Callable[[memoryview], object]) -> Content:
        self._write = write
        self.read_to(size)
        return self.content

    def _read(self, view: memoryview) -> int:
        got = super()._read(view)
        self._write(view[:got])
        return got


def _again(count: Count) -> Count:
    """Return what counts nothing, for these bytes were counted, and still stops when it should."""
    return lambda _size: count(0)
