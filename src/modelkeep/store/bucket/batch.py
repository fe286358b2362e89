"""What is put into a directory bucket together: visible when all of it is durable, and at hand until nobody needs it there.

Only who writes bytes imports it; most commands look at blobs and no more.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Protocol, Self

from modelkeep.errors import ModelkeepError
from modelkeep.store.bucket.batch_interface import Asking, Draft
from modelkeep.store.bucket.drafts import TMP, DirectoryDraft, Workplace, make_directory, make_tmp
from modelkeep.store.bucket.moved import MovedDraft
from modelkeep.store.content.copying import copy_file
from modelkeep.store.durable import status_of, sync_directory, sync_file_system
from modelkeep.store.os_errors import explain_store_errors, not_a_blob, store_error

if TYPE_CHECKING:
    from types import TracebackType

_FEW_DIRECTORIES = 16
_SHELF_OF_KEY = len("sha256:00")
#: The names of an adopted file when it has none outside any more.
_SHELF_AND_DRAFT = 2


class Shelves(Protocol):
    """What a batch knows of its bucket: where it is, and where each blob stands in it."""

    root: str

    def local_path(self, key: str) -> str:
        """Return the absolute path of a blob, whether it is there or not."""


class DirectoryBatch:
    """Files on their way into a directory bucket, in a directory of their own until nobody needs them there."""

    def __init__(self, bucket: Shelves, *, many: bool) -> None:
        self.repaired: list[str] = []
        self._bucket = bucket
        self._many = many
        self._place = Workplace(bucket.root)
        self._drafts: list[DirectoryDraft] = []
        self._noted: dict[str, DirectoryDraft] = {}
        self._spare: dict[str, DirectoryDraft] = {}
        self._kept: set[str] = set()
        self._watch = -1

    def __enter__(self) -> Self:
        """Begin; with many files, from here on the system keeps its write errors for us."""
        if self._many:
            with explain_store_errors(self._bucket.root):
                self._watch = self._opened(os.path.join(self._bucket.root, TMP))
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

    def _opened(self, tmp: str) -> int:
        with suppress(FileNotFoundError):
            return os.open(tmp, os.O_RDONLY | os.O_CLOEXEC)
        make_tmp(self._bucket.root)
        return os.open(tmp, os.O_RDONLY | os.O_CLOEXEC)

    def draft(self) -> DirectoryDraft:
        """Return an empty draft; may be called from several threads."""
        try:
            draft = DirectoryDraft(self._place.new_path(), self._bucket.root, sync=not self._many)
        except OSError as error:
            raise store_error(error, self._bucket.root) from error
        self._drafts.append(draft)
        return draft

    def adopt(self, descriptor: int) -> MovedDraft | None:
        """Return a draft that is an open file of the user's itself; None where it must be copied."""
        with explain_store_errors(self._bucket.root):
            path = self._place.new_path()
        draft = MovedDraft(os.fstat(descriptor), path, self._bucket.root, sync=not self._many)
        self._drafts.append(draft)  # first: an interruption then finds it
        try:
            draft.take(descriptor)
        except OSError:
            draft.discard()
            return None
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
            raise store_error(error, self._bucket.root) from error
        if status is None or not stat.S_ISREG(status.st_mode) or status.st_size != size or status.st_nlink > 1:
            return False
        self._kept.add(key)
        return True

    def commit(self) -> frozenset[str]:
        """Files first, then their names, then the directories: whatever is visible is durable."""
        with explain_store_errors(self._bucket.root):
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

    def _adopted(self) -> list[tuple[str, MovedDraft]]:
        """Return what stands on its shelf and is a file of the user's itself."""
        return [(key, draft) for key, draft in self._moved() if self._names(key, draft)]

    def _moved(self) -> list[tuple[str, MovedDraft]]:
        return [(key, draft) for key, draft in self._noted.items() if isinstance(draft, MovedDraft) and draft.path]

    def _names(self, key: str, draft: MovedDraft) -> int:
        """Return how many names a blob has that is this draft; 0 where it is another file, or none."""
        with suppress(OSError):
            status = status_of(self._bucket.local_path(key))
            if status is not None and os.path.samestat(status, draft.status()):
                return status.st_nlink
        return 0

    def written(self) -> frozenset[str]:
        """Return the keys of adopted files that somebody has written to since they were hashed."""
        return frozenset(key for key, draft in self._moved() if not draft.is_as_it_was())

    def let_go(self) -> None:
        """Take note that what was adopted is the store's by now."""
        for draft in self._drafts:
            if isinstance(draft, MovedDraft):
                draft.let_go()

    def part(self) -> frozenset[str]:
        """Give what was adopted and still has a name outside bytes of its own: nobody else may have a pen for them.

        To be called when all names outside should be gone. Returned is what could not be copied: it stays as it is.
        """
        still = set()
        for key, draft in self._adopted():
            if self._names(key, draft) > _SHELF_AND_DRAFT:
                with suppress(OSError, ModelkeepError):
                    if self.renew(key):
                        draft.stay()
                        continue
                still.add(key)
        return frozenset(still)

    def withdraw(self, asking: Asking) -> None:
        """Take what was adopted off its shelf where nothing needs it; what is needed gets bytes of its own."""
        if not self._adopted():
            return
        with suppress(OSError, ModelkeepError), asking() as is_needed:
            for key, _ in self._adopted():
                if not is_needed(key):
                    with suppress(OSError):
                        os.unlink(self._bucket.local_path(key))
        self.part()

    def renew(self, key: str) -> bool:
        """Give a blob bytes of its own, durably and in one step; False, and nothing done, where they are not right."""
        path = self._bucket.local_path(key)
        with explain_store_errors(self._bucket.root), open(path, "rb", buffering=0) as stream:
            own = DirectoryDraft(self._place.new_path(), self._bucket.root, sync=True)
            self._drafts.append(own)
            size = os.fstat(stream.fileno()).st_size
            landed = own.fill(partial(copy_file, stream.fileno(), size=size, count=_uncounted))
            own.finish()
            if landed.digest != key:
                own.discard()
                return False
            os.rename(own.path, path)
            own.path = ""
            sync_directory(os.path.dirname(path))
        return True

    def again(self, key: str) -> bool:
        """Put a key that was swept away after the commit in its place again, durably; False without a draft of it."""
        draft = self._noted.get(key) or self._spare.get(key)
        if draft is None or not draft.path:
            return False
        with explain_store_errors(self._bucket.root):
            shelf = os.path.dirname(self._bucket.local_path(key))
            make_directory(shelf)
            self._publish(key, draft)
            sync_directory(shelf)
            sync_directory(os.path.dirname(shelf))
        return True

    def _shelves(self, keys: Iterable[str]) -> set[str]:
        one_of_each = {key[:_SHELF_OF_KEY]: key for key in keys}
        return {os.path.dirname(self._bucket.local_path(key)) for key in one_of_each.values()}

    def _publish(self, key: str, draft: DirectoryDraft) -> bool:
        """Give a draft its place; say whether its bytes were not there before."""
        path = self._bucket.local_path(key)
        if draft.link(path):
            return True
        status = status_of(path)
        if status is not None:
            if not stat.S_ISREG(status.st_mode):
                raise not_a_blob(path)
            mine = draft.status()
            whole = status.st_size == mine.st_size
            if whole and (status.st_nlink == 1 or os.path.samestat(status, mine)):
                return False
            if not whole:
                self.repaired.append(key)
        # No hard links here; or a damaged copy, or one that somebody may have a pen for (see `keep`): ours has the right bytes.
        draft.replace(path)
        return status is None or not whole


def _uncounted(_size: int) -> None:
    """Nobody waits for this."""


def _mine(draft: Draft) -> DirectoryDraft:
    if not isinstance(draft, DirectoryDraft):
        message = f"not a draft of this bucket: {draft!r}"
        raise TypeError(message)
    return draft
