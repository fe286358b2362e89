"""The evidence of a check: what a file, standard input or a command gave is a document, or a content of the store."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from msgspec import Struct

from modelkeep.domain.hashing import digest_of
from modelkeep.domain.manifest import ManifestFile
from modelkeep.domain.text import printable
from modelkeep.domain.verbs.check import MOST_IN_DOCUMENT
from modelkeep.errors import UsageError
from modelkeep.rendering import human_size
from modelkeep.store.bucket.interface import Bucket
from modelkeep.store.content.hashing import content_of
from modelkeep.store.content.sweep_mark import StoredBytes
from modelkeep.store.content.writer import ContentWriter
from modelkeep.store.ingest.source import Stamp, changed
from modelkeep.store.named_paths import status_of
from modelkeep.store.os_errors import explain_source_errors

STDIN = "-"
#: A report is smaller; what is larger belongs into an artifact.
_MOST_BYTES = 1 << 30


class Evidence(Struct, frozen=True):
    """The digest and size of evidence; its bytes where it is a document, else what checks that the store has them."""

    digest: str
    size_bytes: int
    document: bytes | None = None
    ensure_present: Callable[[], None] | None = None

    @property
    def stored_bytes(self) -> int | None:
        """The size of what the store has, None of a document."""
        return None if self.document is not None else self.size_bytes


def from_bytes(data: bytes) -> Evidence | None:
    """Return the evidence that some bytes are, `MOST_IN_DOCUMENT` at most; None for no bytes."""
    return Evidence(digest_of(data), len(data), data) if data else None


def from_file(bucket: Bucket, path: str, *, dry_run: bool) -> Evidence:
    """Return the evidence in a file, or in standard input where the path is ``-``; what is large is stored durably.

    A dry run stores nothing. Raises ``NotFound`` where there is no file, ``UsageError`` for what is no regular file, is
    empty or larger than 1 GiB, and ``Conflict`` for a file that changes while it is read.
    """
    shown = "standard input" if path == STDIN else printable(path)
    with explain_source_errors(path), _opened(path) as file:
        first = file.read(MOST_IN_DOCUMENT + 1) or b""  # None: a file of the system that has nothing to read yet
        while len(first) <= MOST_IN_DOCUMENT and (more := file.read(MOST_IN_DOCUMENT + 1 - len(first))):
            first += more
        if not first:
            message = f"{shown} is empty: it is evidence of nothing"
            raise UsageError(message, "leave out --evidence, or look at what should have written it")
        if len(first) <= MOST_IN_DOCUMENT:
            return Evidence(digest_of(first), len(first), first)
        stream = cast("BinaryIO", _Bounded(first, file, shown))
        if dry_run:
            content = content_of(stream, lambda _data: None)
            return Evidence(content.digest, content.size)
        stored = StoredBytes(bucket)
        with ContentWriter(bucket) as writer:
            content = writer.add_stream(stream)
            writer.commit()
    needed = (ManifestFile(content.digest, "evidence", content.size),)
    return Evidence(content.digest, content.size, None, lambda: stored.ensure_present(needed))


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """Open a regular file, or standard input; a file that has changed in the end raises ``Conflict``."""
    if path == STDIN:
        if sys.stdin is None:
            message = "standard input is closed"
            raise UsageError(message, "name a file instead of '-'")
        yield sys.stdin.buffer
        return
    if not path:
        message = "the evidence is a file without a name"
        raise UsageError(message, "--evidence report.html")
    seen = status_of(path)
    if not stat.S_ISREG(seen.st_mode):
        what = "a directory" if stat.S_ISDIR(seen.st_mode) else "a pipe, a socket or a device"
        message = f"'{printable(path)}' is {what}: evidence is a regular file"
        raise UsageError(message, "--evidence - reads standard input")
    if seen.st_size > _MOST_BYTES:
        raise _too_large(printable(path))
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    with open(descriptor, "rb", buffering=0) as file:
        stamp = Stamp.of(os.fstat(descriptor))
        if not os.path.samestat(os.fstat(descriptor), seen):
            raise changed(printable(path))
        yield cast("BinaryIO", file)
        if not stamp.is_of(os.fstat(descriptor)):
            raise changed(printable(path))


class _Bounded(io.RawIOBase):
    """A stream with what was read of it already, that refuses to go on for ever."""

    def __init__(self, first: bytes, rest: BinaryIO, shown: str) -> None:
        self._first = memoryview(first)
        self._rest = rest
        self._shown = shown
        self._left = _MOST_BYTES - len(first)

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Read into a buffer."""
        if self._first:
            count = min(len(buffer), len(self._first))
            buffer[:count] = self._first[:count]
            self._first = self._first[count:]
            return count
        data = self._rest.read(len(buffer)) or b""
        buffer[: len(data)] = data
        self._left -= len(data)
        if self._left < 0:
            raise _too_large(self._shown)
        return len(data)


def _too_large(shown: str) -> UsageError:
    message = f"'{shown}' is larger than {human_size(_MOST_BYTES)}"
    return UsageError(message, "evidence is a report: put data into an artifact, or record where it lies with -m")
