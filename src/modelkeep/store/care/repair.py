"""Replacing damaged or missing contents of a store by right bytes, in one step; the damaged file is kept.

The new bytes are hashed as they are written, made durable in a draft and renamed to their place. A kill
at any moment leaves what was there, or the right bytes. The damaged file stays below ``tmp`` as
``damaged-<hex>`` until `gc` removes it. Where it cannot be kept, the right bytes replace it all the same.
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
from modelkeep.store.os_errors import explain_store_errors

_TRASH = "trash"
_PREFIX = "sha256:"


class StoreRepair:
    """Repairs contents of one store. A dry run writes nothing and says what it could repair.

    ``kept`` says of each repaired content where the damaged file is now, ``not_kept`` why it is nowhere.
    """

    def __init__(self, bucket: Bucket, *, dry_run: bool) -> None:
        if not isinstance(bucket, DirectoryBucket):
            message = "only a store in a directory of this machine can be repaired file by file"
            raise UsageError(message)
        self.bucket = bucket
        self.kept: dict[str, str] = {}
        self.not_kept: dict[str, str] = {}
        self._dry_run = dry_run

    def is_right(self, digest: str, size: int) -> bool:
        """Say whether a content is whole by now: another process may have repaired it."""
        trouble = examine(self.bucket, digest, size, quick=False)
        return trouble is None or not trouble.lost

    def replace(self, digest: str, size: int, stream: BinaryIO) -> bool:
        """Put what a stream yields in the place of a content; False, and nothing changed, where it is something else.

        A failing stream raises ``OSError``, a failing store ``RegistryUnavailable``.
        """
        if self._dry_run:
            self._require_writable()
            found = content_of(passing(stream, size))
            return (found.digest, found.size) == (digest, size)
        with self.bucket.begin() as batch:
            draft = batch.draft()
            found = content_of(passing(stream, size), draft.write)
            if (found.digest, found.size) != (digest, size):
                return False
            draft.finish()
            with explain_store_errors(self.bucket.root):
                self._place(digest, batch, draft)
        return True

    def bring_back(self, digest: str, size: int) -> bool:
        """Take a content from the trash; False where it is not there or not right."""
        path = os.path.join(self.bucket.root, _TRASH, digest.removeprefix(_PREFIX))
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb", buffering=0) as stream:
                return stat.S_ISREG(os.fstat(descriptor).st_mode) and self.replace(digest, size, stream)
        except OSError:
            return False

    def make_store(self) -> None:
        """Make the directories of the store again where they are lost.

        Not where the store is a link: then its disk is not mounted.
        """
        if self._is_lost() and not self._dry_run:
            create_store(self.bucket.root)

    def _is_lost(self) -> bool:
        lost = not os.path.isdir(os.path.join(self.bucket.root, "blobs", "sha256"))
        return lost and not os.path.islink(self.bucket.root)

    def _require_writable(self) -> None:
        """Raise what a repair would raise that cannot write here."""
        tmp = os.path.join(self.bucket.root, "tmp")
        if self._is_lost():
            return
        with explain_store_errors(self.bucket.root):
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
        """Keep the damaged file in another directory; say whether a file is still in the content's place.

        It stays in its place until the right one replaces it. It gets a second name, or a copy where a hard
        link is refused (``fs.protected_hardlinks``, or a file system without them). Where it cannot be copied
        either, because it cannot be read or the disk is full, ``not_kept`` says why, and the right bytes replace
        it: they matter more. Anything but a file is moved: a directory would be in the way.
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
                self.not_kept[digest] = _reason(error)
                return True
        sync_directory(directory)
        self.kept[digest] = aside
        return regular


def _linked(path: str, other: str) -> bool:
    """Give a file a second name; False where that is refused."""
    try:
        os.link(path, other)
    except OSError:
        return False
    return True


def _copy(path: str, other: str, batch: DirectoryBatch) -> None:
    """Copy a file durably; the other name has all of it or does not exist."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb", buffering=0):
        draft = batch.draft()
        draft.fill(partial(copy_file, descriptor, size=os.fstat(descriptor).st_size, count=_uncounted))
        draft.finish()
    draft.replace(other)


def _uncounted(_size: int) -> None:
    """Report no progress."""


def _reason(error: OSError | ModelkeepError) -> str:
    return error.message if isinstance(error, ModelkeepError) else (error.strerror or str(error)).lower()
