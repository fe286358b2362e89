"""The clever half of the store: every byte that comes in is hashed, every byte that is there once is kept once."""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import UnsupportedOperation
from typing import TYPE_CHECKING, BinaryIO, Self

from modelkeep.domain.text import printable
from modelkeep.errors import IntegrityError, UsageError
from modelkeep.store.bucket import Batch, Bucket, Draft
from modelkeep.store.copying import NotWritten, copy_file
from modelkeep.store.hashing import (
    CHUNK,
    Content,
    Count,
    Hashing,
    chunks_of,
    content_of,
    content_of_bytes,
    content_of_file,
    hashed,
)
from modelkeep.store.sampling import looks_like_one_of
from modelkeep.store.troubles import of_the_source

if TYPE_CHECKING:
    from types import TracebackType

    from modelkeep.domain.manifest import ManifestFile

__all__ = ["CHUNK", "Adding", "Artifacts", "Content", "chunks_of", "content_of", "require"]


class Artifacts:
    """Content-addressed bytes in a bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket

    def has(self, digest: str, size: int) -> bool:
        """Say whether a content is there with that size in bytes; its bytes are not read."""
        return self.bucket.size(digest) == size

    def absent(self, files: Iterable[ManifestFile], *, swept: bool = False) -> tuple[ManifestFile, ...]:
        """Return the files whose content is not there, or is there with another size.

        With ``swept``, what was swept away and can be brought back is there.
        """
        gone = tuple(file for file in files if not self.has(file.digest, file.size))
        return tuple(file for file in gone if self.bucket.swept(file.digest) != file.size) if swept else gone

    def bring_back(self, files: Iterable[ManifestFile]) -> None:
        """Put what was swept away in its place again where it can be; under the database's write lock."""
        for file in self.absent(files):
            self.bucket.bring_back(file.digest)

    def open(self, digest: str) -> BinaryIO:
        """Open a content for reading; a missing one raises ``IntegrityError``. The bytes are not checked."""
        return self.bucket.open(digest)

    def local_path(self, digest: str) -> str | None:
        """Return the absolute path of a content on this machine, None where the store has no such paths."""
        return self.bucket.local_path(digest)

    def check(self, file: ManifestFile) -> str | None:
        """Read a content and say what is wrong with it, None where nothing is."""
        size = self.bucket.size(file.digest)
        if size is None:
            return "missing"
        if size != file.size:
            return f"{size} bytes instead of {file.size}"
        try:
            with self.open(file.digest) as stream:
                found = content_of(stream)
        except OSError as error:
            return f"cannot be read: {(error.strerror or str(error)).lower()}"
        return None if found.digest == file.digest else f"its bytes are {found.digest} instead of {file.digest}"

    def copy(self, file: ManifestFile, target: int, count: Count) -> None:
        """Hand out the bytes of a file into an empty open one, hashing what landed there.

        A wrong byte raises ``IntegrityError`` at the end: the caller throws away what it wrote. What
        the target refuses is a ``NotWritten``.
        """
        with self.open(file.digest) as stream:
            try:
                descriptor = stream.fileno()
            except UnsupportedOperation:  # not every store is made of files
                found = hashed(_readable(chunks_of(stream), file), _into(target, count))
            else:
                try:
                    found = copy_file(descriptor, target, file.size, count)
                    found = Content(found.digest, max(found.size, os.fstat(descriptor).st_size))
                except NotWritten:
                    raise
                except OSError as error:
                    raise _unreadable(file, error) from error
        require(file, found)

    def adding(self, *, many: bool = False) -> Adding:
        """Begin to add contents, to be used in a ``with`` block that ends with ``commit``."""
        return Adding(self.bucket, many=many)

    def add_stream(self, stream: BinaryIO) -> Content:
        """Add what a stream yields up to its end, durably."""
        with self.adding() as adding:
            content = adding.take(stream)
            adding.commit()
        return content

    def add_file(self, path: str) -> Content:
        """Add the bytes of a regular file of this machine, durably."""
        with of_the_source(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb", buffering=0) as stream:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    message = f"'{printable(path)}' is not a file"
                    raise UsageError(message)
                return self.add_stream(stream)


class Adding:
    """Contents on their way in: each is read once, and hashed as it is written."""

    def __init__(self, bucket: Bucket, *, many: bool) -> None:
        self._bucket = bucket
        self._batch: Batch = bucket.begin(many=many)
        self._sizes: dict[str, int] = {}

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

    def take_file(self, descriptor: int, size: int, count: Count, alike: Sequence[str] = ()) -> Content:
        """Take in the first ``size`` bytes of an open regular file, or all there are; from several threads.

        ``alike`` are contents of just that size. Where samples of one of them are those of the file, the
        file is first only hashed: most likely it is there, and nothing need be written. Else it is copied at once.
        """
        if looks_like_one_of(self._bucket, descriptor, size, alike):
            content = content_of_file(descriptor, size, count)
            if self._batch.keep(content.digest, content.size):
                return content
            count = _again(count)
        draft = self._batch.draft()
        landed = draft.fill(lambda target: copy_file(descriptor, target, size, count))
        if landed is None:  # this bucket has no files to copy into
            landed = _Reading(descriptor, count).copy(size, draft.write)
        self._put(landed, draft)
        return landed

    def commit(self) -> int:
        """Make everything taken durable and visible; return how many bytes were not there before."""
        return sum(self._sizes.get(key, 0) for key in self._batch.commit())

    @property
    def repaired(self) -> tuple[str, ...]:
        """The digests of which the store had a damaged copy, which now is none."""
        return tuple(self._batch.repaired)

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


def require(file: ManifestFile, found: Content) -> None:
    """Raise ``IntegrityError`` where bytes are not those of the manifest."""
    shown = printable(file.path)
    if found.digest != file.digest:
        message = f"the store's bytes of '{shown}' are damaged: they are {found.digest} instead of {file.digest}"
        raise IntegrityError(message, "modelkeep verify --bytes")
    if found.size != file.size:
        message = f"the store's bytes of '{shown}' are damaged: there are {found.size} instead of {file.size}"
        raise IntegrityError(message, "modelkeep verify --bytes")


def _into(target: int, count: Count) -> Callable[[memoryview], None]:
    def write(data: memoryview) -> None:
        size = len(data)
        while data:
            try:
                data = data[os.write(target, data) :]
            except OSError as error:
                raise NotWritten(error.errno, error.strerror) from error
        count(size)

    return write


def _readable(chunks: Iterator[memoryview], file: ManifestFile) -> Iterator[memoryview]:
    try:
        yield from chunks
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: ManifestFile, error: OSError) -> IntegrityError:
    why = (error.strerror or str(error)).lower()
    message = f"the store's bytes of '{printable(file.path)}' cannot be read: {why}"
    return IntegrityError(message, "modelkeep verify --bytes")
