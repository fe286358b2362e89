"""The draft of an artifact: beside its destination, under a name of ours, until it is whole, checked and durable.

One rename puts it in place. A writer holds the lock of its draft (``flock``), so one that is not locked is a dead
writer's: the next `get` in that directory removes it.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress

from modelkeep.domain.manifest import Form
from modelkeep.domain.text import pattern, printable
from modelkeep.errors import Conflict
from modelkeep.store.bucket.directory_drafts import lock_directory
from modelkeep.store.durable import exchange, rename_new
from modelkeep.store.export.destination import Destination
from modelkeep.store.opened_directory import OpenedDirectory

PREFIX = ".modelkeep-"
_NAME = pattern(r"\.modelkeep-[0-9a-f]{16}")
#: Another process that removes what dead writers left may take a new draft for one, once or twice.
_TRIES = 10


class Draft:
    """An empty file or directory under a new name, open and locked."""

    def __init__(self, directory: OpenedDirectory, form: Form, mode: int) -> None:
        self._directory = directory
        self._form = form
        for _ in range(_TRIES):
            self._name = f"{PREFIX}{os.urandom(8).hex()}"
            if form == "tree":
                os.mkdir(self._name, mode, dir_fd=directory.descriptor)
                try:
                    self.descriptor = directory.enter(self._name).descriptor
                except FileNotFoundError:
                    continue
            else:
                self.descriptor = directory.create(self._name, mode)
            if form == "tree" and os.listdir(self.descriptor):  # the directory's owner has put another one there
                os.close(self.descriptor)
                continue
            if lock_directory(self.descriptor) is not False and directory.is_(self._name, self.descriptor):
                return
            self.discard()
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    @property
    def root(self) -> OpenedDirectory:
        """The directory of a tree."""
        return OpenedDirectory(self.descriptor, os.path.join(self._directory.path, self._name))

    def discard(self) -> None:
        """Close the draft; remove it, unless it was put in place."""
        if self._name:
            if self._form == "tree":
                self.root.clear()
            with suppress(OSError):
                (self._directory.rmdir if self._form == "tree" else self._directory.unlink)(self._name)
        os.close(self.descriptor)

    def put_in_place(self, place: Destination, replaced: os.stat_result | None) -> None:
        """Rename the draft to its destination in one step: no other process sees half of it.

        ``replaced`` is what may be replaced there, and is removed; where another thing is there, ``Conflict``. A file is
        renamed over a file without a comparison: one that another process put there in the last moment is lost.
        """
        try:
            if replaced is None and self._form == "tree" and place.is_empty_directory():
                there = place.status()
                if there is not None:  # a directory of `mktemp -d` is private, and stays so
                    os.fchmod(self.descriptor, there.st_mode & 0o777)
                self._directory.rename(self._name, place.name)
            elif replaced is None or place.status() is None:
                rename_new(self._name, place.name, dir_fd=self._directory.descriptor)
            elif self._form == "file":
                self._directory.rename(self._name, place.name)
            elif not self._exchange(place.name, replaced):
                raise _taken(place)
        except OSError as error:
            if error.errno not in {errno.EEXIST, errno.ENOTEMPTY, errno.EISDIR}:
                raise
            raise _taken(place) from None
        self._name = ""

    def replace(self, name: str) -> None:
        """Rename the draft in one step over the destination, which is removed."""
        there = self._directory.status(name)
        if there is None or self._form == "file":
            self._directory.rename(self._name, name)
        elif not self._exchange(name, there):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)
        self._name = ""

    def _exchange(self, name: str, replaced: os.stat_result) -> bool:
        """Exchange the draft with the destination and remove the old one; False, and undone, where it is another file."""
        swap(self._directory, self._name, name)
        there = self._directory.status(self._name)
        if there is None or not os.path.samestat(there, replaced):
            swap(self._directory, self._name, name)
            return False
        if not stat.S_ISDIR(there.st_mode):
            self._directory.remove(self._name)
            return True
        with suppress(OSError):
            with self._directory.enter(self._name) as old:
                if os.path.samestat(os.fstat(old.descriptor), replaced):
                    old.clear()
            self._directory.rmdir(self._name)
        return True


def _taken(place: Destination) -> Conflict:
    message = f"'{printable(place.path)}' was made by another process meanwhile"
    return Conflict(message, "--force replaces it")


def swap(directory: OpenedDirectory, draft: str, target: str) -> None:
    """Exchange two names: in one step, or in three where the system cannot."""
    if not exchange(draft, target, dir_fd=directory.descriptor):
        swap_in_steps(directory, draft, target)


def swap_in_steps(directory: OpenedDirectory, draft: str, target: str) -> None:
    """Exchange two names with three renames; after an error the destination is what it was."""
    aside = draft + "-old"
    directory.rename(target, aside)
    try:
        directory.rename(draft, target)
    except BaseException:
        directory.rename(aside, target)
        raise
    directory.rename(aside, draft)


def remove_stale_drafts(directory: OpenedDirectory) -> None:
    """Remove the drafts of this account whose writers died, where no other account could have put one there."""
    with suppress(OSError):
        names = [name for name in os.listdir(directory.descriptor) if _NAME.fullmatch(name)]
        if names and not directory.others_may_rename_inside():
            for name in names:
                _remove_stale(directory, name)


def _remove_stale(directory: OpenedDirectory, name: str) -> None:
    with suppress(OSError):
        descriptor = directory.open_file(name)
        try:
            status = os.fstat(descriptor)
            ours = status.st_uid == os.geteuid() and (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode))
            if ours and lock_directory(descriptor) is True and directory.is_(name, descriptor):
                directory.remove(name)
        finally:
            os.close(descriptor)
