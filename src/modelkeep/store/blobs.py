"""The bucket that is a directory, on this machine or on a mount.

<root>/blobs/sha256/ab/ab12…     one file per content, mode 0444
<root>/tmp/<boot>-<pid>-<rand>/  files being written, recognisable as leftovers after a crash
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO, Self

from modelkeep.errors import IntegrityError, RegistryUnavailable
from modelkeep.store import trash
from modelkeep.store.bucket import Draft
from modelkeep.store.drafts import DirectoryDraft, Workplace, make_directory, status_of
from modelkeep.store.durable import sync_directory, sync_file_system
from modelkeep.store.moving import MovedDraft
from modelkeep.store.trash import TRASH
from modelkeep.store.troubles import of_the_store, store_trouble

if TYPE_CHECKING:
    from types import TracebackType

_PREFIX = "sha256:"
_HEX = frozenset("0123456789abcdef")
_FEW_DIRECTORIES = 16


def create_store(root: str) -> None:
    """Make the directories of a store, durably; what is there already stays."""
    root = os.path.abspath(root)
    with of_the_store(root):
        for name in ("", "blobs", "blobs/sha256", "tmp"):
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


class DirectoryBatch:
    """Files on their way into a directory bucket, in a directory of their own until nobody needs them there."""

    def __init__(self, bucket: DirectoryBucket, *, many: bool) -> None:
        self.repaired: list[str] = []
        self._bucket = bucket
        self._many = many
        self._place = Workplace(os.path.join(bucket.root, "tmp"))
        self._drafts: list[DirectoryDraft] = []
        self._noted: dict[str, DirectoryDraft] = {}
        self._spare: dict[str, DirectoryDraft] = {}
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
        """Remove whatever was not committed, and the second names of the rest."""
        try:
            for draft in self._drafts:
                draft.discard()
        finally:
            self._place.leave()
            if self._watch >= 0:
                os.close(self._watch)
                self._watch = -1

    def draft(self) -> DirectoryDraft:
        """Return an empty draft; may be called from several threads."""
        try:
            draft = DirectoryDraft(self._place.new_path(), self._bucket.root, sync=not self._many)
        except OSError as error:
            raise store_trouble(error, self._bucket.root) from error
        self._drafts.append(draft)
        return draft

    def adopt(self, descriptor: int) -> MovedDraft | None:
        """Return a draft that is an open file of the user's itself; None where it must be copied."""
        with of_the_store(self._bucket.root):
            path = self._place.new_path()
        try:
            draft = MovedDraft(descriptor, path, self._bucket.root, sync=not self._many)
        except OSError:
            return None
        self._drafts.append(draft)
        return draft

    def put(self, key: str, draft: Draft) -> None:
        """Note that a finished draft is to stand under a key; of equal ones the first is taken."""
        mine = _mine(draft)
        if self._noted.setdefault(key, mine) is not mine:
            mine.discard()

    def spare(self, key: str, draft: Draft) -> None:
        """Have a finished draft at hand under a key that is kept, should it be swept away meanwhile."""
        self._spare[key] = _mine(draft)

    def keep(self, key: str, size: int) -> bool:
        """Rely upon a key: its name is made durable too. False where that would not do.

        A blob with a second name is another writer's that has not ended, or one that was killed:
        after `register --move` that name may be the source's, with somebody's pen. So it is not relied upon.
        """
        try:
            status = status_of(self._bucket.local_path(key))
        except OSError as error:
            raise store_trouble(error, self._bucket.root) from error
        if status is None or not stat.S_ISREG(status.st_mode) or status.st_size != size or status.st_nlink > 1:
            return False
        self._kept.add(key)
        return True

    def commit(self) -> frozenset[str]:
        """Files first, then their names, then the directories: whatever is visible is durable."""
        with of_the_store(self._bucket.root):
            if self._many and self._noted and not sync_file_system(self._watch):
                for draft in self._noted.values():
                    draft.sync()
            shelves = self._shelves(self._noted)
            for shelf in shelves:
                make_directory(shelf)
            new = frozenset(key for key, draft in self._noted.items() if self._publish(key, draft))
            shelves |= self._shelves(self._kept)
            # Also where nothing is new: another process may have made the name a moment ago and not synced it yet.
            if not (self._many and len(shelves) > _FEW_DIRECTORIES and sync_file_system(self._watch)):
                for shelf in shelves:
                    sync_directory(shelf)
                if shelves:
                    sync_directory(os.path.join(self._bucket.root, "blobs", "sha256"))
        return new

    @property
    def adopted(self) -> list[str]:
        """The keys that stand for files of the user's themselves."""
        return [key for key, draft in self._noted.items() if isinstance(draft, MovedDraft)]

    def let_go(self) -> None:
        """Take note that what was adopted is the store's by now."""
        for draft in self._drafts:
            if isinstance(draft, MovedDraft):
                draft.let_go()

    def withdraw(self) -> None:
        """Take what was adopted off its shelf; under the database's write lock."""
        with of_the_store(self._bucket.root):
            for key in self.adopted:
                path, draft = self._bucket.local_path(key), self._noted[key]
                status = status_of(path)
                if status is not None and draft.path and os.path.samestat(status, draft.status()):
                    os.unlink(path)

    def again(self, key: str) -> bool:
        """Put a key that was swept away after the commit in its place again, durably; False without a draft of it."""
        draft = self._noted.get(key) or self._spare.get(key)
        if draft is None or not draft.path:
            return False
        with of_the_store(self._bucket.root):
            shelf = os.path.dirname(self._bucket.local_path(key))
            make_directory(shelf)
            self._publish(key, draft)
            sync_directory(shelf)
            sync_directory(os.path.dirname(shelf))
        return True

    def _shelves(self, keys: Iterable[str]) -> set[str]:
        return {os.path.dirname(self._bucket.local_path(key)) for key in keys}

    def _publish(self, key: str, draft: DirectoryDraft) -> bool:
        """Give a draft its place; say whether its bytes were not there before."""
        path = self._bucket.local_path(key)
        if draft.link(path):
            return True
        status = status_of(path)
        if status is not None:
            if not stat.S_ISREG(status.st_mode):
                raise _not_a_blob(path)
            mine = draft.status()
            whole = status.st_size == mine.st_size
            if whole and (status.st_nlink == 1 or os.path.samestat(status, mine)):
                return False
            if not whole:
                self.repaired.append(key)
        # No hard links here; or a damaged copy, or one that somebody may have a pen for (see `keep`): ours has the right bytes.
        draft.replace(path)
        return status is None or not whole


def _mine(draft: Draft) -> DirectoryDraft:
    if not isinstance(draft, DirectoryDraft):
        message = f"not a draft of this bucket: {draft!r}"
        raise TypeError(message)
    return draft


def _is_hex(name: str) -> bool:
    return len(name) == 64 and _HEX.issuperset(name)


def _not_a_blob(path: str) -> IntegrityError:
    return IntegrityError(f"{path} is not a regular file: somebody changed the store", "modelkeep verify --bytes")
