"""The clever half of the store: every byte that comes in is hashed, every byte that is there once is kept once."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from io import UnsupportedOperation
from typing import TYPE_CHECKING, BinaryIO

from modelkeep.domain.text import printable
from modelkeep.errors import IntegrityError, UsageError
from modelkeep.store.bucket.batch_interface import Bucket
from modelkeep.store.os_errors import explain_source_errors

if TYPE_CHECKING:
    from modelkeep.domain.manifest import ManifestFile
    from modelkeep.store.content.adding import Adding
    from modelkeep.store.content.hashing import Content, Count


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
        from modelkeep.store.content.hashing import content_of

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
        from modelkeep.store.content.copying import NotRead, copy_file
        from modelkeep.store.content.hashing import Content, chunks_of, hashed

        with self.open(file.digest) as stream:
            try:
                descriptor = stream.fileno()
            except UnsupportedOperation:  # not every store is made of files
                found = hashed(_readable(chunks_of(stream), file), _into(target, count))
            else:
                try:
                    found = copy_file(descriptor, target, file.size, count)
                    found = Content(found.digest, max(found.size, os.fstat(descriptor).st_size))
                except NotRead as error:
                    raise _unreadable(file, error) from error
        require(file, found)

    def adding(self, *, many: bool = False) -> Adding:
        """Begin to add contents, to be used in a ``with`` block that ends with ``commit``."""
        from modelkeep.store.content.adding import Adding

        return Adding(self.bucket, many=many)

    def add_stream(self, stream: BinaryIO) -> Content:
        """Add what a stream yields up to its end, durably."""
        with self.adding() as adding:
            content = adding.take(stream)
            adding.commit()
        return content

    def add_file(self, path: str) -> Content:
        """Add the bytes of a regular file of this machine, durably."""
        with explain_source_errors(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb", buffering=0) as stream:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    message = f"'{printable(path)}' is not a file"
                    raise UsageError(message)
                return self.add_stream(stream)


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
    from modelkeep.store.bucket.interface import NotWritten

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
