"""The bucket that is a directory, on this machine or on a mount.

<root>/blobs/sha256/ab/ab12…     one file per key, mode 0444
<root>/tmp/<boot>-<pid>-<rand>/  the drafts of one writer (`directory_drafts`)
<root>/owner.json, <root>/gc-mark  the notes
"""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from modelkeep.domain.text import is_hex
from modelkeep.errors import IntegrityError, RegistryUnavailable
from modelkeep.store.bucket.interface import Blob, StaleDraft
from modelkeep.store.durable import sync_directory
from modelkeep.store.os_errors import explain_store_errors, not_a_blob

if TYPE_CHECKING:
    from modelkeep.store.bucket.directory_upload import DirectoryUpload

TMP = "tmp"
_PREFIX = "sha256:"
_KEY_DIGITS, _SHARD_DIGITS = 64, 2
_WRITABLE = 0o222
_NOTES = frozenset({"owner.json", "gc-mark"})
_LONGEST_NOTE = 65_536


def create_store(root: str) -> None:
    """Make the directories of a bucket, durably; what is there already stays."""
    from modelkeep.store.bucket.directory_drafts import make_directory

    root = os.path.abspath(root)
    with explain_store_errors(root):
        for name in ("", "blobs", "blobs/sha256", TMP):
            path = os.path.join(root, name).rstrip("/")
            make_directory(path)
            sync_directory(path)
            sync_directory(os.path.dirname(path))


class DirectoryBucket:
    """A bucket in a directory of this machine."""

    def __init__(self, root: str) -> None:
        self.root = os.path.abspath(root)
        self._blobs = os.path.join(self.root, "blobs", "sha256")
        self._unsettled: set[str] = set()

    def upload(self, *, many: bool = False) -> DirectoryUpload:
        """Return an upload; with ``many``, one sync of the file system stands for one of each draft."""
        from modelkeep.store.bucket.directory_upload import DirectoryUpload

        with explain_store_errors(self.root):
            self.require_present()
        return DirectoryUpload(self.root, self.local_path, many=many)

    def get(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """Open a key for reading, unbuffered; a key that is not there raises ``IntegrityError``."""
        path = self.local_path(key)
        with explain_store_errors(self.root):
            try:
                file = os.fdopen(_open(path), "rb", buffering=0)
            except FileNotFoundError:
                self.require_present()
                message = f"the bytes of {key} are missing from the store: there is no {path}"
                raise IntegrityError(message, "modelkeep verify --bytes") from None
            if length is None:
                file.seek(start)
                return file
            with file:
                return io.BytesIO(os.pread(file.fileno(), length, start))

    def stat(self, key: str) -> Blob | None:
        """Return what ``lstat`` tells of a key, None where no regular file is there."""
        with explain_store_errors(self.root):
            try:
                status = os.lstat(self.local_path(key))
            except FileNotFoundError:
                self.require_present()
                return None
        return _blob(key, status) if stat.S_ISREG(status.st_mode) else None

    def list(self) -> Iterator[Blob]:
        """Yield every key, shard by shard."""
        with explain_store_errors(self.root):
            self.require_present()
            for shard in _entries(self._blobs):
                if _is_shard(shard):
                    yield from _blobs_in(shard)

    def delete(self, key: str) -> None:
        """Remove the file of a key."""
        path = self.local_path(key)
        with explain_store_errors(self.root), suppress(FileNotFoundError):
            os.unlink(path)
            self._unsettled.add(os.path.dirname(path))

    def settle(self) -> None:
        """Sync every directory that a key was deleted from."""
        with explain_store_errors(self.root):
            while self._unsettled:
                sync_directory(self._unsettled.pop())

    def local_path(self, key: str) -> str:
        """Return the absolute path of a key, whether it is there or not."""
        name = key.removeprefix(_PREFIX)
        if not key.startswith(_PREFIX) or not is_hex(name, _KEY_DIGITS):
            message = f"not a digest: {key!r}"
            raise IntegrityError(message)
        return f"{self._blobs}/{name[:_SHARD_DIGITS]}/{name}"

    def read_note(self, name: str) -> bytes | None:
        """Return the bytes of a note, at most 64 KiB of them."""
        with explain_store_errors(self.root):
            try:
                descriptor = _open(os.path.join(self.root, name))
            except FileNotFoundError:
                return None
            try:
                return os.read(descriptor, _LONGEST_NOTE)
            finally:
                os.close(descriptor)

    def write_note(self, name: str, data: bytes, *, new: bool = False) -> bool:
        """Write a note as a file that everybody in the store may read and nobody may write to."""
        from modelkeep.store.durable import rename_new

        with explain_store_errors(self.root), self.upload() as upload:
            draft = upload.draft()
            draft.write(data)
            draft.finish()
            try:
                (rename_new if new else os.rename)(draft.path, os.path.join(self.root, name))
            except FileExistsError:
                return False
            sync_directory(self.root)
        return True

    def remove_note(self, name: str) -> None:
        """Remove the file of a note."""
        with explain_store_errors(self.root), suppress(FileNotFoundError):
            os.unlink(os.path.join(self.root, name))
            sync_directory(self.root)

    def stale_drafts(self) -> Iterator[StaleDraft]:
        """Yield what lies in ``tmp``, those of living writers too."""
        from modelkeep.store.access.mounts import mount_of
        from modelkeep.store.bucket import directory_drafts

        with explain_store_errors(self.root):
            mount = mount_of(self.root)
            local = mount is not None and not mount.network
            yield from directory_drafts.find_stale(os.path.join(self.root, TMP), local=local)

    def remove_stale(self, stale: StaleDraft) -> bool:
        """Remove the directory of a writer that ended."""
        from modelkeep.store.bucket import directory_drafts

        with explain_store_errors(self.root):
            return directory_drafts.remove_stale(stale.place)

    def unknown(self) -> Iterator[str]:
        """Yield the paths of what modelkeep did not make: only names are looked at, nothing is opened."""
        from modelkeep.store.bucket import directory_drafts

        with explain_store_errors(self.root):
            yield from (each.path for each in _entries(self.root) if each.name not in {"blobs", TMP, *_NOTES})
            yield from (each.path for each in _entries(os.path.dirname(self._blobs)) if each.name != "sha256")
            for shard in _entries(self._blobs):
                if _is_shard(shard):
                    yield from (each.path for each in _entries(shard.path) if not _is_key_in(shard, each))
                else:
                    yield shard.path
            yield from directory_drafts.find_unknown(os.path.join(self.root, TMP))

    def require_present(self) -> None:
        """Raise ``RegistryUnavailable`` where the directory is not there: the disk it is on may not be mounted."""
        try:
            there = stat.S_ISDIR(os.stat(self._blobs).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            there = False
        if not there:
            message = f"the store is not there: {self._blobs} is no directory"
            raise RegistryUnavailable(message, "is the disk it is on mounted?")


def _open(path: str) -> int:
    """Open a regular file for reading; ``IntegrityError`` where anything else stands there."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno not in {errno.ELOOP, errno.ENXIO}:
            raise
        raise not_a_blob(path) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise not_a_blob(path)
    return descriptor


def _blob(key: str, status: os.stat_result) -> Blob:
    # The ctime: the mtime may be older than the file's coming, after a backup was restored.
    return Blob(key, status.st_size, status.st_ctime, writable=bool(status.st_mode & _WRITABLE))


def _entries(path: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as found:
            return sorted(found, key=lambda entry: entry.name)
    except FileNotFoundError:
        return []


def _blobs_in(shard: os.DirEntry[str]) -> Iterator[Blob]:
    for entry in _entries(shard.path):
        if _is_key_in(shard, entry):
            with suppress(FileNotFoundError):  # it was deleted meanwhile
                yield _blob(_PREFIX + entry.name, entry.stat(follow_symlinks=False))


def _is_shard(entry: os.DirEntry[str]) -> bool:
    return is_hex(entry.name, _SHARD_DIGITS) and entry.is_dir(follow_symlinks=False)


def _is_key_in(shard: os.DirEntry[str], entry: os.DirEntry[str]) -> bool:
    mine = is_hex(entry.name, _KEY_DIGITS) and entry.name.startswith(shard.name)
    return mine and entry.is_file(follow_symlinks=False)
