"""The mark in a bucket that tells a publisher whether `gc` removed bytes meanwhile.

A sweep removes the mark under the writers' lock, then removes bytes, and then, still under that lock, writes a fresh
random mark. A publisher reads the mark before it stores bytes, or relies on bytes that are there, and again under the
writers' lock, where nothing can be removed. Twice the same mark: nothing was removed in between. Another mark, or
none: the publisher looks whether its bytes are there. A sweep that was killed leaves no mark, and so does one on a
full disk: then every publisher looks. See docs/decisions/0023.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from modelkeep.domain.manifest import ManifestFile
from modelkeep.errors import RegistryUnavailable
from modelkeep.store.bucket.interface import Bucket
from modelkeep.store.content.artifacts import missing_from

_NAME = "gc-mark"


class BytesRemoved(Exception):
    """`gc` removed bytes after they were stored and before an entry referenced them: they are to be stored again."""


class StoredBytes:
    """Bytes that are about to be stored, and that an entry will reference."""

    def __init__(self, bucket: Bucket) -> None:
        """Read the mark; no byte may have been stored, or relied upon, before."""
        self._bucket = bucket
        self._mark = read_mark(bucket)

    def ensure_present(self, files: Iterable[ManifestFile]) -> None:
        """Raise `BytesRemoved` where `gc` removed one of these files; to be called under the writers' lock."""
        unchanged = self._mark is not None and read_mark(self._bucket) == self._mark
        if not unchanged and missing_from(self._bucket, files):
            raise BytesRemoved


def read_mark(bucket: Bucket) -> bytes | None:
    """Return the mark that the last sweep left; None where there is none, which proves nothing."""
    return bucket.read_note(_NAME)


def write_mark(bucket: Bucket) -> None:
    """Write a fresh mark; to be called under the writers' lock, or when nobody knows the bucket yet."""
    bucket.write_note(_NAME, os.urandom(16).hex().encode())


@contextmanager
def sweeping(bucket: Bucket) -> Iterator[None]:
    """Let bytes be removed in the block; to be entered and left under the writers' lock."""
    bucket.remove_note(_NAME)
    yield
    with suppress(RegistryUnavailable):  # a full disk
        write_mark(bucket)
