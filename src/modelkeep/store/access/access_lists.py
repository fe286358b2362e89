"""POSIX access lists: permissions of further groups, beside owner, group and others.

They are read and written as extended attributes (acl(5), ``linux/posix_acl_xattr.h``): a version, then
sorted entries of eight bytes. Where there are none, writing raises ``OSError`` with ``ENOTSUP``.
"""

from __future__ import annotations

import errno
import os
import struct
from contextlib import suppress

ACCESS = "system.posix_acl_access"
#: The list of a directory that new files and directories in it inherit, whatever the umask.
DEFAULT = "system.posix_acl_default"

_VERSION = 2
_USER_OBJ, _GROUP_OBJ, _GROUP, _MASK, _OTHER = 1, 4, 8, 16, 32
_NO_ID = LARGEST_ID = 0xFFFFFFFF
_NONE = {errno.ENODATA, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


def of_mode(mode: int, readers: int | None = None) -> bytes:
    """Return the list that grants what a mode grants, and lets one more group read what the owner may read.

    As a default list it replaces the umask.
    """
    user, group, other = (mode >> 6) & 7, (mode >> 3) & 7, mode & 7
    more = [] if readers is None else [(_GROUP, user & 5, readers), (_MASK, user | group)]
    entries = [(_USER_OBJ, user), (_GROUP_OBJ, group), *more, (_OTHER, other)]
    whole = (struct.pack("<HHI", *entry[:2], *(entry[2:] or (_NO_ID,))) for entry in entries)
    return struct.pack("<I", _VERSION) + b"".join(whole)


def are_supported(path: str | int) -> bool:
    """Tell whether the file system keeps access lists."""
    if not hasattr(os, "getxattr"):
        return False
    try:
        os.getxattr(path, ACCESS)
    except OSError as error:
        return error.errno == errno.ENODATA
    return True


def groups_in(data: bytes) -> tuple[int, ...]:
    """Return the ids of the groups that a list allows to read; () for bytes that are no list."""
    if len(data) % 8 != 4 or struct.unpack_from("<I", data)[0] != _VERSION:
        return ()
    entries = struct.iter_unpack("<HHI", data[4:])
    return tuple(gid for tag, allowed, gid in entries if tag == _GROUP and allowed & 4)


def read(path: str | int, name: str = ACCESS) -> bytes:
    """Return the list of a file or directory, b"" where it has none."""
    if not hasattr(os, "getxattr"):
        return b""
    try:
        return os.getxattr(path, name)
    except OSError as error:
        if error.errno not in _NONE:
            raise
        return b""


def write(path: str | int, data: bytes, name: str = ACCESS) -> None:
    """Set the list of a file or directory; b"" removes it."""
    if data and not hasattr(os, "setxattr"):
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))
    if data:
        os.setxattr(path, name, data)
    elif read(path, name):
        with suppress(FileNotFoundError):
            os.removexattr(path, name)
