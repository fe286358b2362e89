"""Replacing damaged or missing contents of a store by right bytes, in one step; the damaged file is kept.

The new bytes are hashed as they are written, made durable in a draft and renamed to their place. A kill
at any moment leaves what was there, or the right bytes. The damaged file stays below ``tmp`` as
``damaged-<hex>`` until `gc` removes it. Where it cannot be kept, the right bytes replace it all the same.
"""

from __future__ import annotations

import errno
import os
from typing import BinaryIO

from modelkeep.errors import ModelkeepError, UsageError
from modelkeep.store.bucket.directory import DirectoryBucket, create_store
from modelkeep.store.bucket.interface import Bucket, Upload
from modelkeep.store.content.checking import examine
from modelkeep.store.content.hashing import content_of
from modelkeep.store.content.page_cache import read_once
from modelkeep.store.os_errors import explain_store_errors


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
            found = content_of(read_once(stream, size))
            return (found.digest, found.size) == (digest, size)
        with self.bucket.upload() as upload:
            draft = upload.draft()
            found = content_of(read_once(stream, size), draft.write)
            if (found.digest, found.size) != (digest, size):
                return False
            draft.finish()
            self._set_aside(digest, upload)
            upload.commit(draft, digest)
            upload.flush()
        return True

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

    def _set_aside(self, digest: str, upload: Upload) -> None:
        """Keep the damaged bytes; ``not_kept`` says why where they cannot be read or the disk is full."""
        try:
            aside = upload.set_aside(digest)
        except (OSError, ModelkeepError) as error:
            self.not_kept[digest] = error.message if isinstance(error, ModelkeepError) else _reason(error)
        else:
            if aside is not None:
                self.kept[digest] = aside


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
