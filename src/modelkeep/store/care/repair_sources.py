"""Where right bytes may still be: a file, a directory tree, another registry, a backup. None of it is believed.

Files of a tree are found by their size and then hashed; no symbolic link in it is followed, nothing but
a regular file is opened for reading, and what cannot be read is passed over and counted.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

from modelkeep.domain.text import printable
from modelkeep.errors import ModelkeepError, UsageError
from modelkeep.store.bucket.directory import DirectoryBucket
from modelkeep.store.content.hashing import content_of
from modelkeep.store.content.page_cache import passing
from modelkeep.store.ingest.source import open_below
from modelkeep.store.os_errors import of_the_source

#: Below a registry or a backup, and below a store that is kept elsewhere.
_BLOBS = (("store", "blobs", "sha256"), ("blobs", "sha256"))
#: Takes a content from an open file if the file really has it: its digest, the file, its name for people.
Take = Callable[[str, BinaryIO, str], object]


class Spares:
    """One place to look in. ``unread`` counts what was there and could not be read."""

    def __init__(self, path: str) -> None:
        """Look at what was typed; ``NotFound`` or ``UsageError`` where nothing can come from it."""
        self.path = path
        self.unread = 0
        with of_the_source(path):
            mode = os.stat(path).st_mode
        if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
            message = f"'{printable(path)}' is no file and no directory: nothing is read from it"
            raise UsageError(message)
        self._is_directory = stat.S_ISDIR(mode)
        found = (path, *(os.path.join(path, *below) for below in _BLOBS if os.path.isdir(os.path.join(path, *below))))
        #: The store in it, where it is a registry or a backup.
        self.store = os.path.dirname(os.path.dirname(found[1])) if len(found) > 1 else None

    def offer(self, wanted: Mapping[str, int], take: Take) -> None:
        """Hand every file that seems to be a wanted content to ``take``.

        ``wanted`` are digests and sizes in bytes; it may shrink meanwhile.
        """
        if self.store is not None:
            self._by_digest(DirectoryBucket(self.store), wanted, take)
        elif self._is_directory:
            self._below(wanted, take)
        else:
            self._file("", wanted, take)

    def _by_digest(self, bucket: DirectoryBucket, wanted: Mapping[str, int], take: Take) -> None:
        for digest, size in list(wanted.items()):
            try:
                stream = bucket.open(digest) if bucket.size(digest) == size else None
            except ModelkeepError:
                self.unread += 1
                continue
            if stream is not None:
                # Only what fails in reading is passed over: what fails in writing is the end.
                with stream, self._passing_over():
                    take(digest, stream, bucket.local_path(digest))

    def _below(self, wanted: Mapping[str, int], take: Take) -> None:
        sizes = frozenset(wanted.values())
        tried: set[tuple[int, int]] = set()
        waiting = [""]
        while waiting and wanted:
            inner = waiting.pop()
            for name, status in self._listed(inner):
                below = f"{inner}/{name}" if inner else name
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(below)
                elif stat.S_ISREG(status.st_mode) and status.st_size in sizes:
                    identity = (status.st_dev, status.st_ino)
                    if identity not in tried:  # the same file under many names is read once
                        if status.st_nlink > 1:
                            tried.add(identity)
                        self._file(below, wanted, take)

    def _listed(self, inner: str) -> Iterator[tuple[str, os.stat_result]]:
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

    def _file(self, inner: str, wanted: Mapping[str, int], take: Take) -> None:
        """Hash a file and hand it over from its beginning where somebody wants it."""
        with self._passing_over():
            descriptor = open_below(self.path, inner, follow=not inner)
            with os.fdopen(descriptor, "rb", buffering=0) as stream:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    return
                found = content_of(passing(stream, status.st_size))
                if wanted.get(found.digest) == found.size:
                    stream.seek(0)
                    take(found.digest, stream, os.path.join(self.path, inner) if inner else self.path)

    @contextmanager
    def _passing_over(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            self.unread += 1
