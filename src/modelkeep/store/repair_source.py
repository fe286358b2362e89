"""Where right bytes may be found: in a file, a directory tree, another registry, or a backup. None of it is trusted.

In a tree the files of a wanted size are hashed. Symbolic links in it are not followed, only regular
files are opened, and what cannot be read is skipped and counted.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from modelkeep.domain.text import printable
from modelkeep.errors import ModelkeepError, UsageError
from modelkeep.local_path import real_path
from modelkeep.store.bucket.directory import DirectoryBucket
from modelkeep.store.bucket.interface import Bucket
from modelkeep.store.content.hashing import Content, content_of
from modelkeep.store.ingest.source import open_below
from modelkeep.store.os_errors import explain_source_errors

#: Where a store is in a registry or backup, and in a store that is kept elsewhere.
_STORES = ("store", "")
#: Called with a content, an open file that may have it, and the file's name for people.
Take = Callable[[Content, BinaryIO, str], object]


class RepairSource:
    """One place to look for right bytes. ``unread`` counts the files there that could not be read."""

    def __init__(self, path: str) -> None:
        """Look at the place; ``NotFound`` or ``UsageError`` where no bytes can come from it."""
        self.path = path
        self.unread = 0
        with explain_source_errors(path):
            mode = os.stat(path).st_mode
        if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
            message = f"'{printable(path)}' is neither a file nor a directory: nothing is read from it"
            raise UsageError(message)
        self._is_directory = stat.S_ISDIR(mode)
        found = next((below for below in _STORES if os.path.isdir(os.path.join(path, below, "blobs", "sha256"))), None)
        #: The store of the registry or backup, None where the place is neither.
        self._store = None if found is None else DirectoryBucket(os.path.join(real_path(path), found))

    def is_bucket(self, bucket: Bucket) -> bool:
        """Tell whether this is the place of a bucket, under whatever name."""
        if self._store is None or not isinstance(bucket, DirectoryBucket):
            return False
        return real_path(self._store.root) == real_path(bucket.root)

    def offer(self, wanted: set[Content], take: Take) -> None:
        """Call ``take`` with every file that may be a wanted content; it may remove some from ``wanted``."""
        if self._store is not None:
            self._from_store(self._store, wanted, take)
        elif self._is_directory:
            self._from_tree(wanted, take)
        else:
            self._from_file("", wanted, take)

    def _from_store(self, bucket: DirectoryBucket, wanted: set[Content], take: Take) -> None:
        for content in list(wanted):
            try:
                there = bucket.stat(content.digest)
                stream = bucket.get(content.digest) if there is not None and there.size == content.size else None
            except ModelkeepError:
                self.unread += 1
                continue
            if stream is not None:
                with stream, self._skipping():
                    take(content, stream, bucket.local_path(content.digest))

    def _from_tree(self, wanted: set[Content], take: Take) -> None:
        sizes = {content.size for content in wanted}
        read: set[tuple[int, int]] = set()
        waiting = [""]
        while waiting and wanted:
            inner = waiting.pop()
            for name, status in self._entries(inner):
                below = f"{inner}/{name}" if inner else name
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(below)
                elif stat.S_ISREG(status.st_mode) and status.st_size in sizes:
                    identity = (status.st_dev, status.st_ino)
                    if identity not in read:  # a file with several hard links is read once
                        if status.st_nlink > 1:
                            read.add(identity)
                        self._from_file(below, wanted, take)

    def _entries(self, inner: str) -> Iterator[tuple[str, os.stat_result]]:
        try:
            descriptor = open_below(self.path, inner, follow=not inner, directory=True)
        except OSError:
            self.unread += 1
            return
        try:
            with os.scandir(descriptor) as entries:
                for entry in entries:
                    try:
                        yield entry.name, entry.stat(follow_symlinks=False)
                    except OSError:
                        self.unread += 1
        finally:
            os.close(descriptor)

    def _from_file(self, inner: str, wanted: set[Content], take: Take) -> None:
        """Hash a file, and call ``take`` with it from its beginning where its content is wanted."""
        with self._skipping():
            descriptor = open_below(self.path, inner, follow=not inner)
            with os.fdopen(descriptor, "rb", buffering=0) as stream:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    return
                found = content_of(stream, expected=status.st_size)
                if found in wanted:
                    stream.seek(0)
                    take(found, stream, os.path.join(self.path, inner) if inner else self.path)

    @contextmanager
    def _skipping(self) -> Iterator[None]:
        """Count a file that cannot be read. A store that cannot be written raises another error, which ends the repair."""
        try:
            yield
        except OSError:
            self.unread += 1
