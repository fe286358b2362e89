"""The contents of an artifact's files in a bucket: are they there, and copying one out, hashed where it lands."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from io import UnsupportedOperation
from typing import TYPE_CHECKING, TypeVar

from modelkeep.domain.text import printable
from modelkeep.errors import IntegrityError
from modelkeep.store.bucket.interface import Bucket, Contents, NotWritten

if TYPE_CHECKING:
    from modelkeep.domain.manifest import ManifestFile
    from modelkeep.store.content.hashing import Content, Count

#: Both have a digest and a size in bytes.
_File = TypeVar("_File", "ManifestFile", "Content")


def missing_from(bucket: Bucket, files: Iterable[_File]) -> tuple[_File, ...]:
    """Return the files or contents that are not there, or are there with another size; no byte is read."""
    files = tuple(files)
    there = bucket.stat_all(file.digest for file in files)
    return tuple(file for file in files if file.digest not in there or there[file.digest].size != file.size)


def copy_out(bucket: Contents, file: ManifestFile, target: int, count: Count) -> None:
    """Copy the bytes of a file into an empty open one, hashing what landed there.

    A wrong byte raises ``IntegrityError`` at the end: the caller throws away what it wrote. What
    the target refuses is a `NotWritten`.
    """
    from modelkeep.store.content.copying import copy_file
    from modelkeep.store.content.hashing import Content, content_of

    with bucket.get(file.digest) as stream:
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
            reason = (error.strerror or str(error)).lower()
            message = f"the store's bytes of '{printable(file.path)}' cannot be read: {reason}"
            raise IntegrityError(message, "modelkeep verify --bytes") from error
    require(file, found)


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
