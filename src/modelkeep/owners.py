"""Whose directories and files are used without being asked for: ours, root's, and under sudo the caller's."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # typing costs a third of a completion
if TYPE_CHECKING:
    from collections.abc import Mapping


def our_uids(environ: Mapping[str, str]) -> tuple[int, ...]:
    """Return the accounts whose files we use: ours, root's (who could replace this program), and under sudo the caller's."""
    if not hasattr(os, "geteuid"):
        return ()
    uid = os.geteuid()
    caller = environ.get("SUDO_UID", "")
    return (0, int(caller)) if uid == 0 and caller.isascii() and caller.isdigit() else (0, uid)


def other_owner(path: str, environ: Mapping[str, str]) -> int | None:
    """Return the other account that owns a path or its link's target; None where there is none, or no such path."""
    ours = our_uids(environ)
    for status_of in (os.lstat, os.stat):
        try:
            owner = status_of(path).st_uid
        except (OSError, ValueError):
            return None
        if ours and owner not in ours:
            return owner
    return None


def judge(path: str, environ: Mapping[str, str]) -> tuple[bool, tuple[int, int]]:
    """Tell whether a path, and what it leads to, is ours; and the device and inode of what was looked at.

    Where nothing is there, the numbers are those of no directory.
    """
    ours = our_uids(environ)
    try:
        link, status = os.lstat(path), os.stat(path)
    except (OSError, ValueError):
        return True, (0, 0)
    return not ours or {link.st_uid, status.st_uid} <= set(ours), (status.st_dev, status.st_ino)
