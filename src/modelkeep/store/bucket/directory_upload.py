"""Drafts on their way into a directory bucket: files first, then their names, then the directories.

Whatever is visible under a key is durable. Only commands that write bytes import this module.
"""

from __future__ import annotations

import itertools
import os
import stat
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Self, TypeVar, cast

from modelkeep.errors import ModelkeepError
from modelkeep.store.bucket.directory_drafts import boot_id, lock_directory
from modelkeep.store.bucket.directory_places import TMP, BucketDirectory, require_shared
from modelkeep.store.bucket.interface import Blob, Draft, NotWritten
from modelkeep.store.durable import give_to_owner, sync_file_system
from modelkeep.store.os_errors import explain_store_errors, not_a_blob, store_error

if TYPE_CHECKING:
    from types import TracebackType

    from modelkeep.store.bucket.directory import DirectoryBucket

_T = TypeVar("_T")


class DirectoryDraft:
    """A file that is written under a temporary name in an open directory. It belongs to the bucket's ``owner``."""

    def __init__(self, directory: BucketDirectory, name: str, root: str, owner: os.stat_result, *, sync: bool) -> None:
        self._directory = directory
        self._name = name
        self._root = root
        self._sync = sync
        self._descriptor = directory.create(name, 0o600)
        try:
            give_to_owner(self._descriptor, owner)
        except ModelkeepError:
            self.discard()
            raise

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes, all of them."""
        rest = memoryview(data)
        with explain_store_errors(self._root):
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]

    def fill(self, copy: Callable[[int], _T]) -> _T:
        """Have the bytes copied into the open file; what the file refuses is an error of the store."""
        try:
            return copy(self._descriptor)
        except NotWritten as error:
            raise store_error(error, self._root) from error

    def finish(self) -> None:
        """Make the file read-only (mode 0444), sync it where each draft is synced, and close it."""
        descriptor, self._descriptor = self._descriptor, -1
        with explain_store_errors(self._root):
            try:
                os.fchmod(descriptor, 0o444)
                if self._sync:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def sync(self) -> None:
        """Make the bytes of a finished draft durable."""
        self._directory.sync_file(self._name)

    def publish(self, shard: BucketDirectory, name: str) -> bool:
        """Give a finished draft its name in a directory, in one step; False where it replaces bytes."""
        there = shard.status(name)
        if there is not None and not stat.S_ISREG(there.st_mode):
            raise not_a_blob(os.path.join(shard.path, name))
        self.rename(shard, name)
        return there is None

    def rename(self, directory: BucketDirectory, name: str) -> None:
        """Give a finished draft another name, in a directory."""
        self._directory.rename(self._name, name, directory)
        self._name = ""

    def discard(self) -> None:
        """Remove the temporary name; a file that was published stays in its place."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            with suppress(OSError):
                os.close(descriptor)
        if self._name:
            name, self._name = self._name, ""
            with suppress(OSError):  # gc removes what stays: this failure must not hide the error that led here
                self._directory.unlink(name)


class DirectoryUpload:
    """Files on their way into a directory bucket, until they are flushed in a directory that is made with the first.

    The directory of the shards stays open for the questions, of which there are as many as files. What is flushed goes
    where the bucket is at that moment.
    """

    def __init__(self, bucket: DirectoryBucket, *, many: bool) -> None:
        self._bucket = bucket
        self._root = bucket.root
        self._opened = bucket.opened
        self._many = many
        self._held = ExitStack()
        self._directory: BucketDirectory | None = None
        self._making = threading.Lock()
        self._numbers = itertools.count(1)
        self._drafts: list[DirectoryDraft] = []
        self._committed: dict[str, DirectoryDraft] = {}
        self._kept: set[str] = set()

    def __enter__(self) -> Self:
        """Begin; ``RegistryUnavailable`` where the bucket is not there."""
        with explain_store_errors(self._root):
            self._keys = self._held.enter_context(self._bucket.keys())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the temporary names of all drafts, flushed or not, and their directory, and release its lock."""
        try:
            for draft in self._drafts:
                draft.discard()
        finally:
            directory, self._directory = self._directory, None
            if directory is not None:
                with suppress(OSError, ModelkeepError), self._opened(TMP) as tmp:
                    tmp.rmdir(os.path.basename(directory.path))  # what a repair set aside stays in it
                directory.close()
            self._held.close()

    def draft(self) -> DirectoryDraft:
        """Return an empty draft."""
        with explain_store_errors(self._root):
            directory = self._drafts_directory()
            draft = DirectoryDraft(directory, str(next(self._numbers)), self._root, self._owner, sync=not self._many)
        self._drafts.append(draft)
        return draft

    def commit(self, draft: Draft, key: str) -> None:
        """Note that a finished draft is to stand under a key."""
        if self._committed.setdefault(key, cast("DirectoryDraft", draft)) is not draft:
            draft.discard()

    def stat(self, key: str) -> Blob | None:
        """Return the ``lstat`` of a key."""
        with explain_store_errors(self._root):
            return dict(self._bucket.blobs_under(self._keys, (key,))).get(key)

    def keep(self, key: str) -> None:
        """Note that the name of a key is to be made durable."""
        self._kept.add(key)

    def flush(self) -> frozenset[str]:
        """Sync the files, give them their names, sync the directories."""
        committed, kept = self._committed, self._kept
        self._committed, self._kept = {}, set()
        new: set[str] = set()
        with explain_store_errors(self._root):
            many = self._many and bool(committed)
            # The system has kept its write errors for this descriptor since before the first draft.
            if many and not sync_file_system(self._drafts_directory().descriptor):
                for draft in committed.values():
                    draft.sync()
            if not committed and not kept:
                return frozenset()
            with self._opened("blobs", "sha256") as keys:
                for name, those in self._bucket.by_shard(committed).items():
                    with keys.make(name, self._owner) as shard:
                        new.update(key for key in those if committed[key].publish(shard, self._name_of(key)))
                if not (many and sync_file_system(self._drafts_directory().descriptor)):
                    for name in self._bucket.by_shard({*committed, *kept}):
                        with keys.enter(name) as shard:
                            shard.sync()
                    keys.sync()
        return frozenset(new)

    def set_aside(self, key: str) -> str | None:
        """Keep what stands under a key as ``damaged-<hex>``, a second name of the file or a copy of it.

        The file stays in its place meanwhile. What is no file holds no bytes, and a directory would be in the way of
        the right ones: it is moved.
        """
        path, name = os.path.split(self._bucket.local_path(key))
        aside = f"damaged-{name}"
        try:
            with self._opened("blobs", "sha256", os.path.basename(path)) as shard:
                there = shard.status(name)
                if there is None:
                    return None
                directory = self._drafts_directory()
                if not stat.S_ISREG(there.st_mode):
                    shard.rename(name, aside, directory)
                else:
                    try:
                        at = (shard.descriptor, directory.descriptor)
                        os.link(name, aside, src_dir_fd=at[0], dst_dir_fd=at[1], follow_symlinks=False)
                    except OSError:  # a file of another account (`fs.protected_hardlinks`), or no links here
                        self._copy(shard, name, aside)
                directory.sync()
        except FileNotFoundError:
            return None
        return os.path.join(directory.path, aside)

    def _drafts_directory(self) -> BucketDirectory:
        """Return the directory of the drafts; it is made, and locked, if it is not there yet."""
        with self._making:
            while self._directory is None:
                self._directory = self._make_directory()
        return self._directory

    @cached_property
    def _owner(self) -> os.stat_result:
        """The owner and the group of the bucket."""
        with self._opened() as bucket:
            return os.fstat(bucket.descriptor)

    def _make_directory(self) -> BucketDirectory | None:
        name = f"{boot_id()}-{os.getpid()}-{os.urandom(8).hex()}"
        with self._opened() as bucket:
            require_shared(bucket)
            # A tool that copies no empty directories may have left it out.
            tmp = bucket.make(TMP, self._owner)
        with tmp, ExitStack() as stack:
            try:
                made = stack.enter_context(tmp.make(name, self._owner))
            except FileNotFoundError:  # gc removed it before it was locked
                return None
            lock_directory(made.descriptor, wait=True)  # where it cannot be had, the age of the drafts must do
            if not tmp.is_(name, made.descriptor):
                return None
            stack.pop_all()
            return made

    def _copy(self, shard: BucketDirectory, name: str, aside: str) -> None:
        from shutil import copyfileobj

        draft = self.draft()
        with open(shard.open_file(name), "rb", buffering=0) as source:
            copyfileobj(source, draft)
        draft.finish()
        draft.sync()
        draft.rename(self._drafts_directory(), aside)

    def _name_of(self, key: str) -> str:
        return os.path.basename(self._bucket.local_path(key))
