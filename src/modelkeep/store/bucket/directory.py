"""The bucket that is a directory, on this machine or on a mount.

<root>/blobs/sha256/ab/ab12…     one file per key, mode 0444
<root>/tmp/<boot>-<pid>-<rand>/  the drafts of one writer (`directory_drafts`)
<root>/owner.json, <root>/gc-mark  the notes
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from modelkeep.domain.text import is_hex
from modelkeep.errors import IntegrityError, RegistryUnavailable
from modelkeep.store.bucket.directory_places import TMP, BucketDirectory, Identity, opened
from modelkeep.store.bucket.interface import Blob, Contents, StaleDraft
from modelkeep.store.os_errors import explain_store_errors

if TYPE_CHECKING:
    from modelkeep.store.bucket.directory_upload import DirectoryUpload

_BLOBS = ("blobs", "sha256")
_PREFIX = "sha256:"
_KEY_DIGITS, _SHARD_DIGITS = 64, 2
_WRITABLE = 0o222
_NOTES = frozenset({"owner.json", "gc-mark"})


def create_store(root: str, *, elsewhere: bool = False) -> None:
    """Make the directories of a bucket, durably; those that exist stay.

    ``elsewhere``: the bucket's own directory is there, outside of the registry, and keeps its owner and mode.
    """
    root = os.path.abspath(root)
    above, name = os.path.split(root)
    with explain_store_errors(root), ExitStack() as stack:

        def make(around: BucketDirectory, name: str, owner: os.stat_result) -> BucketDirectory:
            made = stack.enter_context(around.make(name, owner))
            made.sync()
            around.sync()
            return made

        around = stack.enter_context(BucketDirectory.at(above))
        if elsewhere or os.path.islink(root):
            bucket = stack.enter_context(opened(root))
            around.sync()
        else:
            bucket = make(around, name, os.fstat(around.descriptor))
        owner = os.fstat(bucket.descriptor)
        make(make(bucket, "blobs", owner), "sha256", owner)
        make(bucket, TMP, owner)


class DirectoryBucket:
    """A bucket in a directory of this machine."""

    def __init__(self, root: str, around: Identity | None = None) -> None:
        """Name its directory, and which directory that must be in (`opened`); None for any."""
        self.root = os.path.abspath(root)
        self.opened = partial(opened, self.root, around=around)
        self._unsettled: set[str] = set()

    def upload(self, *, many: bool = False) -> DirectoryUpload:
        """Return an upload; with ``many``, one sync of the file system stands for one of each draft."""
        from modelkeep.store.bucket.directory_upload import DirectoryUpload

        return DirectoryUpload(self, many=many)

    def get(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """Open a key for reading, unbuffered; a key that is not there raises ``IntegrityError``."""
        with self.reading() as contents:
            return contents.get(key, start, length)

    @contextmanager
    def reading(self) -> Iterator[Contents]:
        """Yield its contents with the directory of the shards open."""
        with explain_store_errors(self.root), self.keys() as keys:
            yield _OpenContents(self, keys)

    def stat(self, key: str) -> Blob | None:
        """Return the ``lstat`` of a key, None where no regular file is there."""
        return self.stat_all((key,)).get(key)

    def stat_all(self, keys: Iterable[str]) -> dict[str, Blob]:
        """Return the ``lstat`` of each key under which a regular file is."""
        with explain_store_errors(self.root), self.keys() as opened:
            return dict(self.blobs_under(opened, keys))

    def blobs_under(self, opened: BucketDirectory, keys: Iterable[str]) -> Iterator[tuple[str, Blob]]:
        """Yield the blobs of some keys in the open directory of the shards, of which each is opened once."""
        for name, those in self.by_shard(keys).items():
            with suppress(FileNotFoundError), opened.enter(name) as shard:
                for key in those:
                    status = shard.status(key.removeprefix(_PREFIX))
                    if status is not None and stat.S_ISREG(status.st_mode):
                        yield key, _blob(key, status)

    def by_shard(self, keys: Iterable[str]) -> dict[str, list[str]]:
        """Return keys by the name of the directory that they lie in."""
        shards: dict[str, list[str]] = {}
        for key in keys:
            shards.setdefault(os.path.basename(os.path.dirname(self.local_path(key))), []).append(key)
        return shards

    def list(self) -> Iterator[Blob]:
        """Yield every key, shard by shard."""
        with explain_store_errors(self.root), self.keys() as keys:
            for entry in keys.entries():
                if _is_shard(entry):
                    yield from self._blobs_in(entry.name)

    def _blobs_in(self, name: str) -> Iterator[Blob]:
        with suppress(FileNotFoundError), self.opened(*_BLOBS, name) as shard:
            for entry in shard.entries():
                if _is_key_in(name, entry) and (status := shard.status(entry.name)) is not None:
                    yield _blob(_PREFIX + entry.name, status)

    def delete(self, key: str) -> None:
        """Remove the file of a key."""
        path = self.local_path(key)
        with explain_store_errors(self.root), self._shard(path) as shard, suppress(FileNotFoundError):
            if shard is not None:
                shard.unlink(os.path.basename(path))
                self._unsettled.add(os.path.basename(os.path.dirname(path)))

    def settle(self) -> None:
        """Sync every directory that a key was deleted from."""
        with explain_store_errors(self.root):
            while self._unsettled:
                with self.opened(*_BLOBS, self._unsettled.pop()) as shard:
                    shard.sync()

    def local_path(self, key: str) -> str:
        """Return the absolute path of a key, whether it is there or not."""
        name = key.removeprefix(_PREFIX)
        if not key.startswith(_PREFIX) or not is_hex(name, _KEY_DIGITS):
            message = f"not a digest: {key!r}"
            raise IntegrityError(message)
        return "/".join((self.root, *_BLOBS, name[:_SHARD_DIGITS], name))

    def read_note(self, name: str) -> bytes | None:
        """Return the bytes of a note, at most 64 KiB of them."""
        with explain_store_errors(self.root):
            try:
                with self.opened() as bucket:
                    return bucket.read_note(name)
            except FileNotFoundError:
                return None

    def write_note(self, name: str, data: bytes) -> None:
        """Write a note as a file that everybody in the store may read and nobody may write to."""
        with explain_store_errors(self.root), self.upload() as upload, self.opened() as bucket:
            draft = upload.draft()
            draft.write(data)
            draft.finish()
            draft.rename(bucket, name)
            bucket.sync()

    def remove_note(self, name: str) -> None:
        """Remove the file of a note."""
        with explain_store_errors(self.root), self.opened() as bucket, suppress(FileNotFoundError):
            bucket.unlink(name)
            bucket.sync()

    def stale_drafts(self) -> Iterator[StaleDraft]:
        """Yield what lies in ``tmp``, those of living writers too."""
        from modelkeep.store.access.mounts import mount_of
        from modelkeep.store.bucket import directory_drafts

        absent = (FileNotFoundError, NotADirectoryError)
        with explain_store_errors(self.root), suppress(*absent), self.opened(TMP) as tmp:
            mount = mount_of(self.root)
            local = mount is not None and not mount.network
            yield from directory_drafts.find_stale(tmp, local=local)

    def remove_stale(self, stale: StaleDraft) -> bool:
        """Remove the directory of a writer that ended."""
        from modelkeep.store.bucket import directory_drafts

        with explain_store_errors(self.root), self.opened(TMP) as tmp:
            return directory_drafts.remove_stale(tmp, os.path.basename(stale.place))

    def unknown(self) -> Iterator[str]:
        """Yield the paths of what modelkeep did not make: only names are looked at, nothing is opened."""
        from modelkeep.store.bucket import directory_drafts

        with explain_store_errors(self.root):
            yield from self._others((), {"blobs", TMP, *_NOTES})
            yield from self._others(("blobs",), {"sha256"})
            with self.keys() as keys:
                shards = [entry.name for entry in keys.entries() if _is_shard(entry)]
            yield from self._others(_BLOBS, {*shards})
            for name in shards:
                with suppress(FileNotFoundError), self.opened(*_BLOBS, name) as shard:
                    ours = {entry.name for entry in shard.entries() if _is_key_in(name, entry)}
                    yield from self._others((*_BLOBS, name), ours)
            with suppress(FileNotFoundError, NotADirectoryError), self.opened(TMP) as tmp:
                yield from directory_drafts.find_unknown(tmp)

    def _others(self, names: tuple[str, ...], known: Collection[str]) -> Iterator[str]:
        with suppress(FileNotFoundError), self.opened(*names) as directory:
            yield from (f"{directory.path}/{each.name}" for each in directory.entries() if each.name not in known)

    @contextmanager
    def keys(self) -> Iterator[BucketDirectory]:
        """Yield the open directory of the shards; ``RegistryUnavailable`` where it is not there: is its disk mounted?"""
        with ExitStack() as stack:
            try:
                keys = stack.enter_context(self.opened(*_BLOBS))
            except (FileNotFoundError, NotADirectoryError):
                message = f"the store is not there: {'/'.join((self.root, *_BLOBS))} is no directory"
                raise RegistryUnavailable(message, "is the disk it is on mounted?") from None
            yield keys

    @contextmanager
    def _shard(self, path: str) -> Iterator[BucketDirectory | None]:
        """Yield the open directory of a key's path, None where there is none."""
        with self.keys() as keys, _shard_in(keys, path) as shard:
            yield shard


class _OpenContents:
    """The contents of a bucket, read below the open directory of its shards."""

    def __init__(self, bucket: DirectoryBucket, keys: BucketDirectory) -> None:
        self._bucket = bucket
        self._keys = keys

    def get(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """Open a key, or a range of its bytes."""
        path = self._bucket.local_path(key)
        descriptor = None
        with explain_store_errors(self._bucket.root):
            with _shard_in(self._keys, path) as shard, suppress(FileNotFoundError):
                descriptor = None if shard is None else shard.open_file(os.path.basename(path))
            if descriptor is None:
                message = f"the bytes of {key} are missing from the store: there is no {path}"
                raise IntegrityError(message, "modelkeep verify --bytes")
            file = os.fdopen(descriptor, "rb", buffering=0)
            if length is None:
                file.seek(start)
                return file
            with file:
                return io.BytesIO(os.pread(file.fileno(), length, start))


@contextmanager
def _shard_in(keys: BucketDirectory, path: str) -> Iterator[BucketDirectory | None]:
    """Yield the directory of a key's path, below that of the shards; None where there is none."""
    with ExitStack() as stack:
        shard = None
        with suppress(FileNotFoundError):
            shard = stack.enter_context(keys.enter(os.path.basename(os.path.dirname(path))))
        yield shard


def _blob(key: str, status: os.stat_result) -> Blob:
    # The ctime: the mtime may be older than the file's coming, after a backup was restored.
    return Blob(key, status.st_size, status.st_ctime, writable=bool(status.st_mode & _WRITABLE))


def _is_shard(entry: os.DirEntry[str]) -> bool:
    return is_hex(entry.name, _SHARD_DIGITS) and entry.is_dir(follow_symlinks=False)


def _is_key_in(shard: str, entry: os.DirEntry[str]) -> bool:
    mine = is_hex(entry.name, _KEY_DIGITS) and entry.name.startswith(shard)
    return mine and entry.is_file(follow_symlinks=False)
