"""The bucket that is a directory, on this machine or on a mount.

<root>/blobs/sha256/ab/ab12…     one file per content, mode 0444
<root>/tmp/<boot>-<pid>-<rand>/  files being written, recognisable as leftovers after a crash
"""

from __future__ import annotations

import errno
import itertools
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, Self, TypeVar

from modelkeep.errors import IntegrityError, RegistryUnavailable
from modelkeep.store.bucket import Draft
from modelkeep.store.durable import sync_directory, sync_file_system
from modelkeep.store.troubles import of_the_store

if TYPE_CHECKING:
    from types import TracebackType

_T = TypeVar("_T")
_PREFIX = "sha256:"
_HEX = frozenset("0123456789abcdef")
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_FEW_DIRECTORIES = 16


def create_store(root: str) -> None:
    """Make the directories of a store, durably; what is there already stays."""
    root = os.path.abspath(root)
    with of_the_store(root):
        for name in ("", "blobs", "blobs/sha256", "tmp"):
            path = os.path.join(root, name).rstrip("/")
            _make_directory(path)
            sync_directory(path)
            sync_directory(os.path.dirname(path))


def _make_directory(path: str) -> bool:
    """Make one directory, as open to the group as the one it lies in; False where it is there already."""
    try:
        os.mkdir(path)
    except FileExistsError:
        if not os.path.isdir(path):
            raise
        return False
    above = os.stat(os.path.dirname(path)).st_mode
    if above & stat.S_ISGID:  # a shared registry: the colleague's umask must not lock the others out
        os.chmod(path, stat.S_IMODE(above) & ~stat.S_ISVTX)
    return True


class DirectoryBucket:
    """A bucket in a directory of this machine."""

    def __init__(self, root: str) -> None:
        self.root = os.path.abspath(root)
        self._blobs = os.path.join(self.root, "blobs", "sha256")

    def begin(self, *, many: bool = False) -> DirectoryBatch:
        """Begin to put; with ``many``, one sync of the file system stands for one of each file."""
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
                raise _not_a_blob(path) from None
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.close(descriptor)
                raise _not_a_blob(path)
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
        return os.path.join(self._blobs, name[:2], name)

    def _look_for_the_store(self) -> None:
        if not os.path.isdir(self._blobs):
            message = f"the store is not there: {self._blobs} is no directory"
            raise RegistryUnavailable(message, "is the disk it is on mounted?")


class DirectoryBatch:
    """Files on their way into a directory bucket, in a directory of their own until they are durable."""

    def __init__(self, bucket: DirectoryBucket, *, many: bool) -> None:
        self._bucket = bucket
        self._many = many
        self._tmp = os.path.join(bucket.root, "tmp", _tmp_name())
        self._numbers = itertools.count(1)
        self._drafts: list[DirectoryDraft] = []
        self._noted: dict[str, DirectoryDraft] = {}
        self._kept: set[str] = set()
        self._watch = -1

    def __enter__(self) -> Self:
        """Begin; with many files, from here on the system keeps its write errors for us."""
        if self._many:
            with of_the_store(self._bucket.root):
                self._watch = os.open(os.path.join(self._bucket.root, "tmp"), os.O_RDONLY | os.O_CLOEXEC)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove whatever was not committed."""
        try:
            for draft in self._drafts:
                draft.discard()
            _quietly(os.rmdir, self._tmp)
        finally:
            if self._watch >= 0:
                os.close(self._watch)
                self._watch = -1

    def draft(self) -> DirectoryDraft:
        """Return an empty draft; may be called from several threads."""
        with of_the_store(self._bucket.root):
            _make_directory(self._tmp)
            path = os.path.join(self._tmp, str(next(self._numbers)))
            draft = DirectoryDraft(path, self._bucket.root, sync=not self._many)
        self._drafts.append(draft)
        return draft

    def put(self, key: str, draft: Draft) -> None:
        """Note that a finished draft is to stand under a key; of equal ones the first is taken."""
        if not isinstance(draft, DirectoryDraft):
            message = f"not a draft of this bucket: {draft!r}"
            raise TypeError(message)
        if self._noted.setdefault(key, draft) is not draft:
            draft.discard()

    def keep(self, key: str) -> None:
        """Note that a key which was found there is relied upon: its name is made durable too."""
        self._kept.add(key)

    def commit(self) -> frozenset[str]:
        """Files first, then their names, then the directories: whatever is visible is durable."""
        with of_the_store(self._bucket.root):
            if self._many and self._noted and not sync_file_system(self._watch):
                for draft in self._noted.values():
                    draft.sync()
            new = frozenset(key for key, draft in self._noted.items() if self._publish(key, draft))
            shelves = {os.path.dirname(self._bucket.local_path(key)) for key in self._kept.union(self._noted)}
            # Also where nothing is new: another process may have made the name a moment ago and not synced it yet.
            if not (self._many and len(shelves) > _FEW_DIRECTORIES and sync_file_system(self._watch)):
                for shelf in shelves:
                    sync_directory(shelf)
                if shelves:
                    sync_directory(os.path.join(self._bucket.root, "blobs", "sha256"))
        return new

    def _publish(self, key: str, draft: DirectoryDraft) -> bool:
        path = self._bucket.local_path(key)
        _make_directory(os.path.dirname(path))
        try:
            os.link(draft.path, path)
        except FileExistsError:
            there = self._bucket.size(key)
            if there != draft.size:
                raise _damaged(path, there, draft.size) from None
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS or os.path.lexists(path):
                raise
            os.rename(draft.path, path)  # a file system without hard links; equal names are equal bytes
        return True


class DirectoryDraft:
    """A file being written."""

    def __init__(self, path: str, root: str, *, sync: bool) -> None:
        self.path = path
        self.size = 0
        self._root = root
        self._sync = sync
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes, all of them."""
        with of_the_store(self._root):
            rest = memoryview(data)
            while rest:
                written = os.write(self._descriptor, rest)
                self.size += written
                rest = rest[written:]

    def finish(self) -> None:
        """Take the pen away (mode 0444), sync where each file is synced, and close."""
        descriptor, self._descriptor = self._descriptor, -1
        with of_the_store(self._root):
            try:
                os.fchmod(descriptor, 0o444)
                if self._sync:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def sync(self) -> None:
        """Make a finished draft durable by itself."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def discard(self) -> None:
        """Remove the file under its passing name; what was linked to its place stays."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            _quietly(os.close, descriptor)
        if self.path:
            path, self.path = self.path, ""
            _quietly(os.unlink, path)


def _tmp_name() -> str:
    """Return a name that tells which process of which boot is writing, for whoever finds it after a crash."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read().strip().replace("-", "")
    except OSError:
        boot = "unknown"
    return f"{boot}-{os.getpid()}-{os.urandom(8).hex()}"


def _is_hex(name: str) -> bool:
    return len(name) == 64 and _HEX.issuperset(name)


def _not_a_blob(path: str) -> IntegrityError:
    return IntegrityError(f"{path} is not a regular file: somebody changed the store", "modelkeep verify --bytes")


def _damaged(path: str, there: int | None, size: int) -> IntegrityError:
    if there is None:
        return _not_a_blob(path)
    return IntegrityError(
        f"the store's copy of these bytes is damaged: {path} has {there} bytes instead of {size}",
        "modelkeep verify --bytes --repair FILE        (the file you are registering, or a backup)",
    )


def _quietly(act: Callable[[_T], None], what: _T) -> None:
    """Do what only tidies up: its failure must not hide the error that led here."""
    with suppress(OSError):
        act(what)
