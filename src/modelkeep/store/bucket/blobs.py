"""The bucket that is a directory, on this machine or on a mount.

<root>/blobs/sha256/ab/ab12…     one file per content, mode 0444
<root>/tmp/<boot>-<pid>-<rand>/  files being written, recognisable as leftovers after a crash
<root>/trash/                    what a sweep takes away, for a moment
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from modelkeep.errors import IntegrityError, RegistryUnavailable
from modelkeep.store.bucket import trash
from modelkeep.store.bucket.trash import TRASH
from modelkeep.store.durable import status_of, sync_directory
from modelkeep.store.os_errors import not_a_blob, of_the_store

if TYPE_CHECKING:
    from modelkeep.store.bucket.batch import DirectoryBatch

_PREFIX = "sha256:"
_HEX = "0123456789abcdef"


def create_store(root: str) -> None:
    """Make the directories of a store, durably; what is there already stays.

    The trash is among them, though most never need it: on a full disk it could not be made.
    """
    from modelkeep.store.bucket.drafts import make_directory

    root = os.path.abspath(root)
    with of_the_store(root):
        for name in ("", "blobs", "blobs/sha256", "tmp", TRASH):
            path = os.path.join(root, name).rstrip("/")
            make_directory(path)
            sync_directory(path)
            sync_directory(os.path.dirname(path))


class DirectoryBucket:
    """A bucket in a directory of this machine."""

    def __init__(self, root: str) -> None:
        self.root = os.path.abspath(root)
        self._blobs = os.path.join(self.root, "blobs", "sha256")

    def begin(self, *, many: bool = False) -> DirectoryBatch:
        """Begin to put; with ``many``, one sync of the file system stands for one of each file."""
        from modelkeep.store.bucket.batch import DirectoryBatch

        return DirectoryBatch(self, many=many)

    def open(self, key: str) -> BinaryIO:
        """Open for reading, unbuffered; a key that is not there raises ``IntegrityError``."""
        path = self.local_path(key)
        with of_the_store(self.root):
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            except FileNotFoundError:
                message = f"the bytes of {key} are missing from the store: there is no {path}"
                raise IntegrityError(message, "modelkeep verify --bytes") from None
            except OSError as error:
                if error.errno not in {errno.ELOOP, errno.ENXIO}:
                    raise
                raise not_a_blob(path) from None
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.close(descriptor)
                raise not_a_blob(path)
            return os.fdopen(descriptor, "rb", buffering=0)

    def size(self, key: str) -> int | None:
        """Return the size in bytes, None where no regular file is there."""
        with of_the_store(self.root):
            try:
                status = os.lstat(self.local_path(key))
            except FileNotFoundError:
                self._look_for_the_store()
                return None
        return status.st_size if stat.S_ISREG(status.st_mode) else None

    def swept(self, key: str) -> int | None:
        """Return the size in bytes of a blob in the trash, None where none is there."""
        with of_the_store(self.root):
            status = status_of(os.path.join(self.root, TRASH, os.path.basename(self.local_path(key))))
        return status.st_size if status is not None and stat.S_ISREG(status.st_mode) else None

    def bring_back(self, key: str) -> bool:
        """Put a blob back from the trash, durably; False where it is not there. Under the database's write lock."""
        shelf, name = os.path.split(self.local_path(key))
        with of_the_store(self.root):
            return trash.bring_back(self.root, name, shelf)

    def delete(self, key: str) -> None:
        """Remove a blob for good; nothing happens where it is not there."""
        path = self.local_path(key)
        with of_the_store(self.root):
            try:
                os.unlink(path)
            except FileNotFoundError:
                return
            sync_directory(os.path.dirname(path))

    def keys(self) -> Iterator[str]:
        """Yield every key, in no order; names that are no digests are passed over."""
        with of_the_store(self.root), os.scandir(self._blobs) as shelves:
            for shelf in shelves:
                if not shelf.is_dir(follow_symlinks=False):
                    continue
                with os.scandir(shelf.path) as blobs:
                    yield from (_PREFIX + blob.name for blob in blobs if _is_hex(blob.name))

    def local_path(self, key: str) -> str:
        """Return the absolute path of a blob, whether it is there or not."""
        name = key.removeprefix(_PREFIX)
        if not key.startswith(_PREFIX) or not _is_hex(name):
            message = f"not a digest: {key!r}"
            raise IntegrityError(message)
        return f"{self._blobs}/{name[:2]}/{name}"

    def _look_for_the_store(self) -> None:
        if not os.path.isdir(self._blobs):
            message = f"the store is not there: {self._blobs} is no directory"
            raise RegistryUnavailable(message, "is the disk it is on mounted?")


def _is_hex(name: str) -> bool:
    return len(name) == 64 and not name.strip(_HEX)
