"""Calls that Python's ``os`` lacks: durable directories, ``syncfs``, atomic exchange of two names, files for another account."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress

from modelkeep.store.opened_directory import OpenedDirectory

_AT_FDCWD = -100
_RENAME_NOREPLACE = 1
_RENAME_EXCHANGE = 2
_NOT_SUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM}


def sync_directory(path: str) -> None:
    """Make the names in a directory durable; raise ``OSError`` where that fails."""
    with OpenedDirectory.at(path) as directory:
        directory.sync()


def make_directories(path: str, mode: int = 0o777) -> None:
    """Make a directory and its missing parents durably; an existing one stays as it is.

    ``mode`` is that of the last directory, as in `os.makedirs`.
    """
    with suppress(FileNotFoundError, NotADirectoryError):
        os.stat(path)  # a path that is too long is refused before a part of it is made
    missing = [path]
    while not os.path.exists(above := os.path.dirname(missing[-1].rstrip("/")) or "."):
        missing.append(above)
    for each in reversed(missing):
        try:
            os.mkdir(each, mode if each is path else 0o777)
        except FileExistsError:
            if not os.path.isdir(each):
                raise
        else:
            sync_directory(os.path.dirname(each.rstrip("/")) or ".")


def sync_file_system(descriptor: int) -> bool:
    """Make a whole file system durable in one call; return False where the system has no such call.

    Write errors since ``descriptor`` was opened are raised as ``OSError``, so open it before writing.
    """
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "syncfs"):
        return False
    if library.syncfs(ctypes.c_int(descriptor)) != 0:
        code = ctypes.get_errno()
        if code == errno.ENOSYS:
            return False
        raise OSError(code, os.strerror(code))
    return True


def create_file(path: str, mode: int, data: bytes = b"") -> os.stat_result:
    """Make a file with a mode and a few bytes, durably; return its status. ``FileExistsError`` if it exists.

    In a shared (setgid) directory the umask does not count. What root makes belongs to the owner and the group of the
    directory that it is in, whatever takes the place of that directory or of the file meanwhile.
    """
    with OpenedDirectory.at(os.path.dirname(path) or ".") as directory:
        around = os.fstat(directory.descriptor)
        descriptor = directory.create(os.path.basename(path), mode)
        try:
            give_to_owner(descriptor, around)
            if around.st_mode & stat.S_ISGID:
                os.fchmod(descriptor, mode)
            if data:
                os.write(descriptor, data)
                os.fsync(descriptor)
            return os.fstat(descriptor)
        finally:
            os.close(descriptor)


def give_to_owner(descriptor: int, owner: os.stat_result) -> None:
    """Let what root has made belong to the owner and the group of what it is a part of.

    Only root gives files away. In a registry that is shared, a member's files get its group from their directory.
    Raises ``RegistryUnavailable`` where root may not: in a container, or on a mount that maps it to another account.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    status = os.fstat(descriptor)
    if (status.st_uid, status.st_gid) == (owner.st_uid, owner.st_gid):
        return
    try:
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    except OSError as error:
        from modelkeep.errors import RegistryUnavailable
        from modelkeep.store.access.permissions import user_name

        name, why = user_name(owner.st_uid), (error.strerror or str(error)).lower()
        message = f"what root makes in a registry of {name} cannot be given to {name}: {why}"
        raise RegistryUnavailable(message, f"run the command as {name}") from error


def exchange(one: str, other: str, *, dir_fd: int | None = None) -> bool:
    """Swap two names, of an open directory where one is given, in one step; False where the system or disk cannot."""
    return _renameat2(one, other, _RENAME_EXCHANGE, dir_fd)


def rename_new(old: str, new: str, *, dir_fd: int | None = None) -> None:
    """Rename to a name that must not exist yet, in an open directory where one is given; ``FileExistsError`` if it does."""
    if _renameat2(old, new, _RENAME_NOREPLACE, dir_fd):
        return
    with suppress(FileNotFoundError):
        os.stat(new, dir_fd=dir_fd, follow_symlinks=False)
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)
    os.rename(old, new, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)


def _renameat2(old: str, new: str, flag: int, dir_fd: int | None) -> bool:
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "renameat2"):
        return False
    directory = _AT_FDCWD if dir_fd is None else dir_fd
    if library.renameat2(directory, os.fsencode(old), directory, os.fsencode(new), ctypes.c_uint(flag)) == 0:
        return True
    code = ctypes.get_errno()
    if code in _NOT_SUPPORTED:
        return False
    raise OSError(code, os.strerror(code), new)
