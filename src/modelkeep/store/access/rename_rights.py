"""Who may rename what is in a directory, and so put something else in the place of a name."""

from __future__ import annotations

import os
import stat
from contextlib import suppress


def others_may_rename(path: str, trusted_uid: int | None = None) -> str | None:
    """Return the first directory on the way to a path in which another account may rename what is there, None if none.

    That is one that another account owns (not root, nor ``trusted_uid``), or that a group or everybody may write, unless it is
    sticky. A group that holds no account but this one counts as this account.
    The path is absolute and without links: the directory of a link is one too, for the link came meanwhile.
    """
    while True:
        above = os.path.dirname(path)
        with suppress(FileNotFoundError):
            status = os.lstat(path)
            if stat.S_ISLNK(status.st_mode):
                return above
            if stat.S_ISDIR(status.st_mode) and others_may_rename_in(path, status, trusted_uid):
                return path
        if above == path:
            return None
        path = above


def others_may_rename_in(directory: str | int, status: os.stat_result, trusted_uid: int | None = None) -> bool:
    """Tell whether others may rename in a directory: as its owner, by its mode, or by an access list, whose mask is the group's mode."""
    if status.st_uid not in {0, os.geteuid(), trusted_uid}:
        return True
    if status.st_mode & stat.S_ISVTX:
        return False
    if status.st_mode & stat.S_IWOTH:
        return True
    if not status.st_mode & stat.S_IWGRP:
        return False
    with suppress(OSError, AttributeError):  # macOS has no listxattr
        if "system.posix_acl_access" in os.listxattr(directory):
            return True
    return not _is_private(status.st_gid, {os.geteuid(), os.geteuid() if trusted_uid is None else trusted_uid})


def _is_private(gid: int, uids: set[int]) -> bool:
    """Tell whether a group holds none but these accounts, as where each user has a group of the same name."""
    if gid == 0:
        return True
    try:
        import grp
        import pwd

        group, names = grp.getgrgid(gid), {pwd.getpwuid(uid).pw_name for uid in uids}
    except (ImportError, KeyError):
        return False
    return group.gr_name in names and names.issuperset(group.gr_mem)
