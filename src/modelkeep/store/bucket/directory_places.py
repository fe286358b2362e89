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
from contextlib import contextmanager

from modelkeep.errors import IntegrityError, RegistryUnavailable
from modelkeep.store.durable import give_to_owner
from modelkeep.store.os_errors import not_a_blob

# Windows has no such flag, and imports this module.
_DIRECTORY = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
#: The errors of opening a directory where something else stands.
_OTHER = frozenset({errno.ELOOP, errno.ENOTDIR})
_LONGEST_NOTE = 65_536


@contextmanager
def opened(root: str, *names: str) -> Iterator[int]:
    """Yield a descriptor of the directory ``root/names…``; ``FileNotFoundError`` where it is not there.

    Raises ``RegistryUnavailable`` for a link on the way, ``Conflict`` for a root that is a link which its bucket does
    not know of.
    """
    descriptor = _open_root(root)
    path = root
    try:
        for name in names:
            path, above = f"{path}/{name}", descriptor
            descriptor = open_below(above, name, path)
            os.close(above)
        yield descriptor
    finally:
        os.close(descriptor)


def open_below(above: int, name: str, path: str) -> int:
    """Open a directory in an open one; errors name its whole path."""
    try:
        return os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
    except OSError as error:
        if error.errno in _OTHER and (what := status_below(above, name)) is not None and stat.S_ISLNK(what.st_mode):
            message = f"{path} is a symbolic link, and none is followed inside a registry"
            raise RegistryUnavailable(message, f"ls -ld {path}        (who made it?)") from None
        raise OSError(error.errno, error.strerror, path) from error


def open_regular(above: int, name: str, path: str) -> int:
    """Open a regular file in an open directory for reading; ``IntegrityError`` where anything else stands there."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=above)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:
            raise not_a_blob(path) from None
        raise OSError(error.errno, error.strerror, path) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise not_a_blob(path)
    return descriptor


def read_note(bucket: int, name: str, path: str) -> bytes | None:
    """Return the first 64 KiB of a note in an open bucket, None where there is none."""
    try:
        descriptor = open_regular(bucket, name, path)
    except FileNotFoundError:
        return None
    try:
        return os.read(descriptor, _LONGEST_NOTE)
    finally:
        os.close(descriptor)


def status_below(above: int, name: str) -> os.stat_result | None:
    """Return the ``lstat`` of a name in an open directory, None where nothing is there."""
    try:
        return os.stat(name, dir_fd=above, follow_symlinks=False)
    except FileNotFoundError:
        return None


def make_directory(above: int, name: str, path: str, root: os.stat_result) -> int:
    """Make a directory in an open one, if it is not there yet, and return it opened.

    It gets the owner of the bucket (``root``) where root makes it, and is as open to the group as the one it lies in. A
    process may have been killed before it could do that: the next one of its account does, as long as the directory is
    empty. Another directory of this account, which was moved here, keeps its owner and its mode.
    """
    try:
        os.mkdir(name, dir_fd=above)
    except FileExistsError:
        pass
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from error
    descriptor = open_below(above, name, path)
    try:
        status = os.fstat(descriptor)
        if status.st_uid == os.geteuid() and _is_empty(descriptor):
            give_to_owner(descriptor, root)
            around = os.fstat(above).st_mode
            wanted = stat.S_IMODE(around) & ~stat.S_ISVTX
            if around & stat.S_ISGID and stat.S_IMODE(status.st_mode) != wanted:
                os.fchmod(descriptor, wanted)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _is_empty(directory: int) -> bool:
    with os.scandir(directory) as entries:
        return next(entries, None) is None


def require_shared(bucket: int, root: str) -> None:
    """Raise ``RegistryUnavailable`` where the owner of a bucket could not change what this account would make there."""
    owner, account = os.fstat(bucket), os.geteuid()
    shared = stat.S_ISGID | stat.S_IWGRP
    if account in {0, owner.st_uid} or owner.st_mode & shared == shared:
        return
    from modelkeep.store.access import access_lists
    from modelkeep.store.access.permissions import user_name

    if access_lists.read(bucket, access_lists.DEFAULT):
        return
    name = user_name(owner.st_uid)
    message = f"the store {root} belongs to {name}, who could not change what this account makes there"
    raise RegistryUnavailable(message, f"{name} can share it: modelkeep init {os.path.dirname(root)} --shared GROUP")


def _open_root(root: str) -> int:
    try:
        return os.open(root, _DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno not in _OTHER or not os.path.islink(root):
            raise
    descriptor = os.open(root, _DIRECTORY)
    try:
        _require_named(descriptor, root)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _require_named(bucket: int, root: str) -> None:
    """Raise ``Conflict`` where an open bucket does not name the directory of the link that led to it."""
    from modelkeep.store.bucket.owner_note import OWNER, require_named  # few stores are behind a link

    try:
        data = read_note(bucket, OWNER, f"{os.path.realpath(root)}/{OWNER}")
    except IntegrityError:
        data = b""
    if data is None and status_below(bucket, "blobs") is None:  # a mount point, and no disk
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), f"{root}/blobs")
    require_named(data, root)
