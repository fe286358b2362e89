"""The clever half of the store: every byte that comes in is hashed, every byte that is there once is kept once."""

from __future__ import annotations

import itertools
import os
import select
import stat
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO, Self

from modelkeep.domain.quick import dataclass
from modelkeep.domain.text import printable
from modelkeep.errors import IntegrityError, UsageError
from modelkeep.store.bucket import Batch, Bucket, Draft
from modelkeep.store.troubles import of_the_source

if TYPE_CHECKING:
    from types import TracebackType

    from modelkeep.domain.manifest import ManifestFile

#: Bytes read at a time. More is slower: it does not stay in the processor's cache.
CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Content:
    """What some bytes are: their digest and how many there are."""

    digest: str
    size: int


class Artifacts:
    """Content-addressed bytes in a bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket

    def has(self, digest: str, size: int) -> bool:
        """Say whether a content is there with that size in bytes; its bytes are not read."""
        return self.bucket.size(digest) == size

    def absent(self, files: Iterable[ManifestFile]) -> tuple[ManifestFile, ...]:
        """Return the files whose content is not there, or is there with another size."""
        return tuple(file for file in files if not self.has(file.digest, file.size))

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

    def copy(self, file: ManifestFile, write: Callable[[memoryview], object]) -> None:
        """Hand out the bytes of a file, hashing what is handed out.

        A wrong byte raises ``IntegrityError`` at the end: the caller throws away what it wrote.
        """
        with self.open(file.digest) as stream:
            found = _hashed(_readable(chunks_of(stream), file), write)
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
        """Forget what was not committed."""
        self._batch.__exit__(kind, error, trace)

    def take(self, stream: BinaryIO, look: Callable[[memoryview], object] | None = None) -> Content:
        """Take in what a stream yields up to its end; may be called from several threads.

        ``look`` sees the bytes as they pass. What fits into one chunk and is there already is
        never written; what is longer is known only when it has been.
        """
        import hashlib

        chunks = chunks_of(stream)
        first = next(chunks, memoryview(b""))
        if look is not None:
            look(first)
        if len(first) < CHUNK:  # the stream ended within it
            content = Content("sha256:" + hashlib.sha256(first).hexdigest(), len(first))
            if not self._is_there(content):
                draft = self._batch.draft()
                draft.write(first)
                draft.finish()
                self._put(content, draft)
            return content
        draft = self._batch.draft()

        def write(data: memoryview) -> None:
            if look is not None and data is not first:
                look(data)
            draft.write(data)

        content = _hashed(itertools.chain((first,), chunks), write)
        if self._is_there(content):
            draft.discard()
        else:
            draft.finish()
            self._put(content, draft)
        return content

    def commit(self) -> int:
        """Make everything taken durable and visible; return how many bytes were not there before."""
        return sum(self._sizes.get(key, 0) for key in self._batch.commit())

    def _is_there(self, content: Content) -> bool:
        if self._bucket.size(content.digest) != content.size:
            return False
        self._batch.keep(content.digest)
        return True

    def _put(self, content: Content, draft: Draft) -> None:
        self._sizes[content.digest] = content.size
        self._batch.put(content.digest, draft)


def content_of(stream: BinaryIO, look: Callable[[memoryview], object] | None = None) -> Content:
    """Return what a stream yields up to its end; ``look`` sees the bytes as they pass."""
    return _hashed(chunks_of(stream), look)


def require(file: ManifestFile, found: Content) -> None:
    """Raise ``IntegrityError`` where bytes are not those of the manifest."""
    if found.digest != file.digest:
        message = f"the store's bytes of '{printable(file.path)}' are damaged: they are {found.digest} instead of {file.digest}"
        raise IntegrityError(message, "modelkeep verify --bytes")


def _readable(chunks: Iterator[memoryview], file: ManifestFile) -> Iterator[memoryview]:
    try:
        yield from chunks
    except OSError as error:
        message = (
            f"the store's bytes of '{printable(file.path)}' cannot be read: {(error.strerror or str(error)).lower()}"
        )
        raise IntegrityError(message, "modelkeep verify --bytes") from error


def chunks_of(stream: BinaryIO) -> Iterator[memoryview]:
    """Yield the bytes of a stream, ``CHUNK`` at a time; a view is valid until the next one is asked for."""
    buffer = memoryview(bytearray(CHUNK))
    read = getattr(stream, "readinto", None)
    while True:
        filled = 0
        while filled < CHUNK:
            got = read(buffer[filled:]) if read is not None else _read_into(stream, buffer[filled:])
            if got is None:  # a pipe that somebody made non-blocking has nothing yet; it has not ended
                select.select([stream], [], [])
                continue
            if got == 0:
                break
            filled += got
        if filled:
            yield buffer[:filled]
        if filled < CHUNK:
            return


def _read_into(stream: BinaryIO, view: memoryview) -> int | None:
    data: bytes | None = stream.read(len(view))
    if data is None:
        return None
    view[: len(data)] = data
    return len(data)


def _hashed(chunks: Iterable[memoryview], look: Callable[[memoryview], object] | None) -> Content:
    import hashlib

    seen, size = hashlib.sha256(), 0
    for chunk in chunks:
        seen.update(chunk)
        size += len(chunk)
        if look is not None:
            look(chunk)
    return Content("sha256:" + seen.hexdigest(), size)
