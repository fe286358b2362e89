"""The directories of a directory bucket, each opened below the one before and never through a symbolic link.

Everything in a bucket is reached through descriptors of its directories: an account that may write there can swap
a directory for a link at any moment, and `gc` would remove what the link leads to. Only the bucket's own directory may
be a link, and only one that the bucket knows of (`owner_note`).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self, TypeAlias

from modelkeep.errors import IntegrityError, RegistryUnavailable
from modelkeep.store.durable import give_to_owner
from modelkeep.store.opened_directory import OpenedDirectory
from modelkeep.store.os_errors import not_a_blob, replaced_registry

#: The errors of opening a directory where something else stands.
_OTHER = frozenset({errno.ELOOP, errno.ENOTDIR})
_LONGEST_NOTE = 65_536
#: The directory of all drafts.
TMP = "tmp"

#: The device and the inode of a directory.
Identity: TypeAlias = tuple[int, int]


class BucketDirectory(OpenedDirectory):
    """A directory of a bucket: a link in it was made from outside, and so was what is no regular file."""

    def enter(self, name: str) -> Self:
        """Open a directory inside; ``RegistryUnavailable`` for a link."""
        try:
            return super().enter(name)
        except OSError as error:
            there = self.status(name) if error.errno in _OTHER else None
            if there is None or not stat.S_ISLNK(there.st_mode):
                raise
            path = os.path.join(self.path, name)
            message = f"{path} is a symbolic link, and none is followed inside a registry"
            raise RegistryUnavailable(message, f"ls -ld {path}        (who made it?)") from None

    def open_file(self, name: str) -> int:
        """Open a regular file for reading; ``IntegrityError`` where anything else stands there."""
        try:
            descriptor = super().open_file(name)
        except OSError as error:
            if error.errno in {errno.ELOOP, errno.ENXIO}:
                raise not_a_blob(error.filename) from None
            raise
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise not_a_blob(os.path.join(self.path, name))
        return descriptor

    def read_note(self, name: str) -> bytes | None:
        """Return the first 64 KiB of a note, None where there is none."""
        try:
            descriptor = self.open_file(name)
        except FileNotFoundError:
            return None
        try:
            return os.read(descriptor, _LONGEST_NOTE)
        finally:
            os.close(descriptor)

    def make(self, name: str, owner: os.stat_result) -> Self:
        """Make a directory inside, if it is not there yet, and return it opened.

        It gets the ``owner`` of the bucket where root makes it, and is as open to the group as the one it lies in. A
        process may have been killed before it could do that: the next one of its account does, as long as the directory
        is empty. Another directory of this account, which was moved here, keeps its owner and its mode.
        """
        with suppress(FileExistsError), self._named(name):
            os.mkdir(name, dir_fd=self.descriptor)
        made = self.enter(name)
        try:
            status = os.fstat(made.descriptor)
            if status.st_uid == os.geteuid() and made.is_empty():
                give_to_owner(made.descriptor, owner)
                around = os.fstat(self.descriptor).st_mode
                wanted = stat.S_IMODE(around) & ~stat.S_ISVTX
                if around & stat.S_ISGID and stat.S_IMODE(status.st_mode) != wanted:
                    os.fchmod(made.descriptor, wanted)
        except BaseException:
            made.close()
            raise
        return made


@contextmanager
def opened(root: str, *names: str, around: Identity | None = None) -> Iterator[BucketDirectory]:
    """Yield the directory ``root/names…``; ``FileNotFoundError`` where it is not there.

    ``around`` is the device and inode of the directory that the bucket must be in; another may have taken its name.

    Raises ``RegistryUnavailable`` for a link on the way, ``Conflict`` for a root that is a link which its bucket does
    not know of.
    """
    with _open_root(root, around) as bucket, bucket.below("/".join(names)) as directory:
        yield directory


def require_shared(bucket: BucketDirectory) -> None:
    """Raise ``RegistryUnavailable`` where the owner of a bucket could not change what this account would make there."""
    owner, account = os.fstat(bucket.descriptor), os.geteuid()
    shared = stat.S_ISGID | stat.S_IWGRP
    if account in {0, owner.st_uid} or owner.st_mode & shared == shared:
        return
    from modelkeep.store.access import access_lists
    from modelkeep.store.access.permissions import user_name

    if access_lists.read(bucket.descriptor, access_lists.DEFAULT):
        return
    name = user_name(owner.st_uid)
    message = f"the store {bucket.path} belongs to {name}, who could not change what this account makes there"
    raise RegistryUnavailable(
        message, f"{name} can share it: modelkeep init {os.path.dirname(bucket.path)} --shared GROUP"
    )


def _open_root(root: str, around: Identity | None) -> BucketDirectory:
    try:
        bucket, is_link = BucketDirectory.at(root, follow=False), False
    except OSError as error:
        if error.errno not in _OTHER or not os.path.islink(root):
            raise
        bucket, is_link = BucketDirectory.at(root), True
    try:
        if is_link:
            _require_named(bucket)
        if around is not None:
            above = os.stat(os.path.dirname(root)) if is_link else os.stat("..", dir_fd=bucket.descriptor)
            _require_same(above, around, os.path.dirname(root))
    except BaseException:
        bucket.close()
        raise
    return bucket


def _require_same(there: os.stat_result, directory: Identity, path: str) -> None:
    if (there.st_dev, there.st_ino) != directory:
        raise replaced_registry(path)


def _require_named(bucket: BucketDirectory) -> None:
    """Raise ``Conflict`` where an open bucket does not name the directory of the link that led to it."""
    from modelkeep.store.bucket.owner_note import OWNER, require_named  # few stores are behind a link

    try:
        data = bucket.read_note(OWNER)
    except IntegrityError:
        data = b""
    if data is None and bucket.status("blobs") is None:  # a mount point, and no disk
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), f"{bucket.path}/blobs")
    require_named(data, bucket.path)
