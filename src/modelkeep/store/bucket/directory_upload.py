"""Drafts on their way into a directory bucket: files first, then their names, then the directories.

Whatever is visible under a key is durable. Only commands that write bytes import this module.
"""

from __future__ import annotations

import itertools
import os
import stat
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Self, TypeVar, cast

from modelkeep.store.bucket.directory_drafts import boot_id, lock_directory, make_directory
from modelkeep.store.bucket.interface import Draft, NotWritten
from modelkeep.store.durable import status_of, sync_directory, sync_file, sync_file_system
from modelkeep.store.os_errors import explain_store_errors, not_a_blob, store_error

if TYPE_CHECKING:
    from types import TracebackType

_T = TypeVar("_T")


class DirectoryDraft:
    """A file that is written under a temporary name."""

    def __init__(self, path: str, root: str, *, sync: bool) -> None:
        self.path = path
        self._root = root
        self._sync = sync
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

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

    def publish(self, place: str) -> bool:
        """Give a finished draft its place, in one step; False where bytes were there, which it replaces."""
        there = status_of(place)
        if there is not None and not stat.S_ISREG(there.st_mode):
            raise not_a_blob(place)
        os.rename(self.path, place)
        self.path = ""
        return there is None

    def discard(self) -> None:
        """Remove the temporary name; a file that was published stays in its place."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            with suppress(OSError):
                os.close(descriptor)
        if self.path:
            path, self.path = self.path, ""
            with suppress(OSError):  # gc removes what stays: this failure must not hide the error that led here
                os.unlink(path)


class DirectoryUpload:
    """Files on their way into a directory bucket, until they are flushed in a directory that is made with the first."""

    def __init__(self, root: str, place_of: Callable[[str], str], *, many: bool) -> None:
        self._root = root
        self._place_of = place_of
        self._many = many
        self._directory = ""
        self._descriptor = -1
        self._making = threading.Lock()
        self._numbers = itertools.count(1)
        self._drafts: list[DirectoryDraft] = []
        self._committed: dict[str, DirectoryDraft] = {}
        self._kept: set[str] = set()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the temporary names of all drafts, flushed or not, and their directory, and release its lock."""
        try:
            for draft in self._drafts:
                draft.discard()
        finally:
            if self._descriptor >= 0:
                with suppress(OSError):  # what a repair set aside stays in it
                    os.rmdir(self._directory)
                os.close(self._descriptor)
                self._descriptor = -1

    def draft(self) -> DirectoryDraft:
        """Return an empty draft."""
        with explain_store_errors(self._root):
            draft = DirectoryDraft(f"{self._place()}/{next(self._numbers)}", self._root, sync=not self._many)
        self._drafts.append(draft)
        return draft

    def commit(self, draft: Draft, key: str) -> None:
        """Note that a finished draft is to stand under a key."""
        if self._committed.setdefault(key, cast("DirectoryDraft", draft)) is not draft:
            draft.discard()

    def keep(self, key: str) -> None:
        """Note that the name of a key is to be made durable."""
        self._kept.add(key)

    def flush(self) -> frozenset[str]:
        """Sync the files, give them their names, sync the directories."""
        committed, kept = self._committed, self._kept
        self._committed, self._kept = {}, set()
        with explain_store_errors(self._root):
            many = self._many and bool(committed)
            # The system has kept its write errors for this descriptor since before the first draft.
            if many and not sync_file_system(self._descriptor):
                for draft in committed.values():
                    sync_file(draft.path)
            shards = self._shards(committed)
            for shard in shards:
                make_directory(shard)
            new = frozenset(key for key, draft in committed.items() if draft.publish(self._place_of(key)))
            named = shards | self._shards(kept)
            if named and not (many and sync_file_system(self._descriptor)):
                for directory in [*named, os.path.join(self._root, "blobs", "sha256")]:
                    sync_directory(directory)
        return new

    def set_aside(self, key: str) -> str | None:
        """Keep what stands under a key as ``damaged-<hex>``, a second name of the file or a copy of it.

        The file stays in its place meanwhile. What is no file holds no bytes, and a directory would be in the way of
        the right ones: it is moved.
        """
        place = self._place_of(key)
        there = status_of(place)
        if there is None:
            return None
        directory = self._place()
        aside = os.path.join(directory, f"damaged-{os.path.basename(place)}")
        if not stat.S_ISREG(there.st_mode):
            os.rename(place, aside)
        else:
            try:
                os.link(place, aside)
            except OSError:  # a file of another account (`fs.protected_hardlinks`), or no links here
                self._copy(place, aside)
        sync_directory(directory)
        return aside

    def _place(self) -> str:
        """Return the directory of the drafts; it is made, and locked, if it is not there yet."""
        with self._making:
            while self._descriptor < 0:
                self._make_directory()
        return self._directory

    def _make_directory(self) -> None:
        path = os.path.join(self._root, "tmp", f"{boot_id()}-{os.getpid()}-{os.urandom(8).hex()}")
        make_directory(os.path.dirname(path))  # a tool that copies no empty directories may have left it out
        make_directory(path)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:  # gc removed it before it was locked
            return
        lock_directory(descriptor, wait=True)  # where it cannot be had, the age of the drafts must do
        there = status_of(path)
        if there is None or not os.path.samestat(there, os.fstat(descriptor)):
            os.close(descriptor)
            return
        self._directory, self._descriptor = path, descriptor

    def _copy(self, place: str, aside: str) -> None:
        from shutil import copyfileobj

        draft = self.draft()
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb", buffering=0) as source:
            copyfileobj(source, draft)
        draft.finish()
        sync_file(draft.path)
        draft.publish(aside)

    def _shards(self, keys: Iterable[str]) -> set[str]:
        return {os.path.dirname(self._place_of(key)) for key in keys}
