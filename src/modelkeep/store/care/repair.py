"""Putting right bytes in the place of damaged or missing ones, in one step, with the damaged ones kept.

The new bytes are hashed as they are written, made durable under a passing name and renamed to their
place; a kill at any moment leaves what was there or the right bytes. What was damaged stays among the
leftovers below ``tmp``, as ``damaged-<hex>``, until those are collected; where it cannot be kept, that
is told, and the right bytes take its place all the same.
"""

from __future__ import annotations

import errno
import os
import stat
from functools import partial
from typing import BinaryIO

from modelkeep.errors import ModelkeepError, UsageError
from modelkeep.store.bucket.batch import DirectoryBatch
from modelkeep.store.bucket.batch_interface import Bucket
from modelkeep.store.bucket.directory import DirectoryBucket, create_store
from modelkeep.store.bucket.drafts import DirectoryDraft
from modelkeep.store.content.checking import examine
from modelkeep.store.content.copying import copy_file
from modelkeep.store.content.hashing import content_of
from modelkeep.store.content.page_cache import passing
from modelkeep.store.durable import sync_directory
from modelkeep.store.os_errors import of_the_store

_TRASH = "trash"
_PREFIX = "sha256:"


class Mending:
    """Puts contents of one store right. With ``dry_run`` it writes nothing and tells what it could.

    ``kept`` says of each content that was put right where the damaged file is now, ``unkept`` why it is nowhere.
    """

    def __init__(self, bucket: Bucket, *, dry_run: bool) -> None:
        if not isinstance(bucket, DirectoryBucket):
            message = "only a store in a directory of this machine can be repaired file by file"
            raise UsageError(message)
        self.bucket = bucket
        self.kept: dict[str, str] = {}
        self.unkept: dict[str, str] = {}
        self._dry_run = dry_run

    def is_right(self, digest: str, size: int) -> bool:
        """Say whether a content is whole by now: somebody else may have been quicker."""
        trouble = examine(self.bucket, digest, size, quick=False)
        return trouble is None or not trouble.lost

    def take(self, digest: str, size: int, stream: BinaryIO) -> bool:
        """Put what a stream yields in the place of a content; False, and nothing done, where it is something else.

        A failing stream raises ``OSError``, a failing store ``RegistryUnavailable``.
        """
        if self._dry_run:
            self._require_place()
            found = content_of(passing(stream, size))
            return (found.digest, found.size) == (digest, size)
        with self.bucket.begin() as batch:
            draft = batch.draft()
            found = content_of(passing(stream, size), draft.write)
            if (found.digest, found.size) != (digest, size):
                return False
            draft.finish()
            with of_the_store(self.bucket.root):
                self._place(digest, batch, draft)
        return True

    def bring_back(self, digest: str, size: int) -> bool:
        """Take a content from what was thrown away; False where it is not there or not right."""
        path = os.path.join(self.bucket.root, _TRASH, digest.removeprefix(_PREFIX))
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb", buffering=0) as stream:
                return stat.S_ISREG(os.fstat(descriptor).st_mode) and self.take(digest, size, stream)
        except OSError:
            return False

    def make_store(self) -> None:
        """Make the directories of the store again where they are lost.

        Not where the store is a link: the disk that it leads to is away.
        """
        if self._is_to_be_made() and not self._dry_run:
            create_store(self.bucket.root)

    def _is_to_be_made(self) -> bool:
        lost = not os.path.isdir(os.path.join(self.bucket.root, "blobs", "sha256"))
        return lost and not os.path.islink(self.bucket.root)

    def _require_place(self) -> None:
        """Raise what a repair would raise that can write nothing here."""
        tmp = os.path.join(self.bucket.root, "tmp")
        if self._is_to_be_made():
            return
        with of_the_store(self.bucket.root):
            os.stat(tmp)
            if not os.access(tmp, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), tmp)

    def _place(self, digest: str, batch: DirectoryBatch, draft: DirectoryDraft) -> None:
        path = self.bucket.local_path(digest)
        if self._keep_beside(digest, path, os.path.dirname(draft.path), batch):
            os.replace(draft.path, path)
            sync_directory(os.path.dirname(path))
        else:
            batch.put(digest, draft)
            batch.commit()

    def _keep_beside(self, digest: str, path: str, directory: str, batch: DirectoryBatch) -> bool:
        """Keep what is in a content's place in another directory; say whether a file is still in its place as well.

        A damaged file stays where it is until the right one takes its place: it gets a second name, or, where
        that is refused (a colleague's file under ``fs.protected_hardlinks``, a file system without links), a
        copy. One that cannot be copied either, for it cannot be read or the disk is full, is lost to the right
        one, which matters more than a look at the wrong one; ``unkept`` says why. What is no file holds no
        bytes, and a directory would be in the way: it is moved.
        """
        aside = os.path.join(directory, f"damaged-{digest.removeprefix(_PREFIX)}")
        try:
            regular = stat.S_ISREG(os.lstat(path).st_mode)
        except FileNotFoundError:
            return False
        if not regular:
            os.rename(path, aside)
        elif not _linked(path, aside):
            try:
                _copy(path, aside, batch)
            except (OSError, ModelkeepError) as error:
                self.unkept[digest] = _reason(error)
                return True
        sync_directory(directory)
        self.kept[digest] = aside
        return regular


def _linked(path: str, other: str) -> bool:
    """Give a file a second name; False where that is refused, for whatever reason: a copy may do."""
    try:
        os.link(path, other)
    except OSError:
        return False
    return True


def _copy(path: str, other: str, batch: DirectoryBatch) -> None:
    """Copy a file: all of it is there under the other name, and durable, or nothing is."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb", buffering=0):
        draft = batch.draft()
        draft.fill(partial(copy_file, descriptor, size=os.fstat(descriptor).st_size, count=_uncounted))
        draft.finish()
    draft.replace(other)


def _uncounted(_size: int) -> None:
    """Nobody waits for this."""


def _reason(error: OSError | ModelkeepError) -> str:
    return error.message if isinstance(error, ModelkeepError) else (error.strerror or str(error)).lower()
