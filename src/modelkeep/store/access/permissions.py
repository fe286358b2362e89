"""Errors for files that this account may not read or write; they name the file and who may."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress

from modelkeep.errors import RegistryUnavailable

FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def not_permitted(directory: str, path: str, verb: str, error: OSError | None = None) -> RegistryUnavailable:
    """Return the error for a registry that may not be ``read`` or ``written``: the file, the reason, who may."""
    place = nearest(path)
    reason = os.strerror(errno.EACCES) if error is None else error.strerror or str(error)
    message = f"the registry {directory} may not be {verb} by this account: {place}: {reason.lower()}"
    if error is not None and error.errno == errno.EROFS:
        return RegistryUnavailable(message, "the file system is mounted read-only; reading commands work")
    return RegistryUnavailable(message, _ask(place, stat.S_IWGRP if verb == "written" else stat.S_IRGRP))


def check_readable(directory: str, path: str) -> None:
    """Raise ``RegistryUnavailable`` where this account may not even see whether a file is there."""
    try:
        os.stat(path)
    except PermissionError as error:
        raise not_permitted(directory, path, "read", error) from error
    except OSError:
        return


def who_may_write(path: str) -> str:
    """Return in words who may write to a file or directory: its owner, and its group if it may."""
    return _people(path, stat.S_IWGRP)


def user_name(uid: int) -> str:
    """Return the name of an account, ``uid:71001`` where it has none."""
    with suppress(KeyError, ImportError):
        import pwd

        return pwd.getpwuid(uid).pw_name
    return f"uid:{uid}"


def group_name(gid: int) -> str:
    """Return the name of a group, its number where it has none."""
    with suppress(KeyError, ImportError):
        import grp

        return grp.getgrgid(gid).gr_name
    return str(gid)


def _ask(place: str, bit: int) -> str:
    if hasattr(os, "geteuid") and os.stat(place).st_uid == os.geteuid():
        return f"it is yours: ls -ld {place}"
    return f"ask {_people(place, bit)}"


def _people(path: str, bit: int) -> str:
    status = os.stat(path)
    members = f" or a member of the group {group_name(status.st_gid)}" if status.st_mode & bit else ""
    return user_name(status.st_uid) + members


def nearest(path: str) -> str:
    """Return a path, or the nearest directory above it that this account can see: it is the one that bars the way."""
    while True:
        try:
            os.stat(path)
        except OSError:
            above = os.path.dirname(path) or "."
            if above == path:
                return path
            path = above
        else:
            return path
