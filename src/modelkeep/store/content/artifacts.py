"""The artifacts of a registry: content-addressed bytes in a bucket, hashed on the way in and on the way out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from io import UnsupportedOperation
from typing import TYPE_CHECKING, BinaryIO

from modelkeep.domain.text import printable
from modelkeep.errors import IntegrityError
from modelkeep.store.bucket.interface import Bucket, NotWritten

if TYPE_CHECKING:
    from modelkeep.domain.manifest import ManifestFile
    from modelkeep.store.content.hashing import Content, Count
    from modelkeep.store.content.writer import ContentWriter


class Artifacts:
    """The contents of a registry's artifacts."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket

    def has(self, digest: str, size: int) -> bool:
        """Tell whether a content is there with that size in bytes; its bytes are not read."""
        there = self.bucket.stat(digest)
        return there is not None and there.size == size

    def absent(self, files: Iterable[ManifestFile]) -> tuple[ManifestFile, ...]:
        """Return the files whose content is not there, or is there with another size."""
        return tuple(file for file in files if not self.has(file.digest, file.size))

    def open(self, digest: str) -> BinaryIO:
        """Open a content for reading; a missing one raises ``IntegrityError``. The bytes are not checked."""
        return self.bucket.get(digest)

    def local_path(self, digest: str) -> str | None:
        """Return the absolute path of a content on this machine, None where the bucket has no such paths."""
        return self.bucket.local_path(digest)

    def copy(self, file: ManifestFile, target: int, count: Count) -> None:
        """Copy the bytes of a file into an empty open one, hashing what landed there.

        A wrong byte raises ``IntegrityError`` at the end: the caller throws away what it wrote. What
        the target refuses is a `NotWritten`.
        """
        from modelkeep.store.content.copying import copy_file
        from modelkeep.store.content.hashing import Content, content_of

        with self.open(file.digest) as stream:
            try:
                descriptor = stream.fileno()
            except UnsupportedOperation:  # a bucket need not be made of files
                descriptor = -1
            try:
                if descriptor < 0:
                    found = content_of(stream, _into(target, count))
                else:
                    found = copy_file(descriptor, target, file.size, count)
                    found = Content(found.digest, max(found.size, os.fstat(descriptor).st_size))
            except NotWritten:
                raise
            except OSError as error:
                message = f"the store's bytes of '{printable(file.path)}' cannot be read: {_reason(error)}"
                raise IntegrityError(message, "modelkeep verify --bytes") from error
        require(file, found)

    def writer(self, *, many: bool = False) -> ContentWriter:
        """Return a writer of contents, to be used in a ``with`` block that ends with ``commit``."""
        from modelkeep.store.content.writer import ContentWriter

        return ContentWriter(self.bucket, many=many)

    def add_stream(self, stream: BinaryIO) -> Content:
        """Add the bytes of a stream up to its end, durably."""
        with self.writer() as writer:
            content = writer.add_stream(stream)
            writer.commit()
        return content


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


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
