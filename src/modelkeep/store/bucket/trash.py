"""The trash of a directory store: where what nobody references waits for a second look.

<root>/trash/<64 hex digits>   a blob under its digest, as it lay on its shelf

A sweep renames blobs here under the database's write lock; whoever needs one renames it back under
the same lock. So the bytes of a version are on their shelf whenever its entry is written.

A full disk may have no room for the directory, or for one more name in it. There a blob goes at once,
under the same lock: who needed it would have his entry, and who comes to need it looks under the lock
whether it is there, as he does for what was in the trash and is no more.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress

from msgspec import Struct

from modelkeep.store.durable import sync_directory
from modelkeep.store.os_errors import NO_SPACE

TRASH = "trash"


class Thrown(Struct, frozen=True):
    """The names of blobs that are in the trash now, and of those that are gone because it had no room."""

    moved: frozenset[str]
    removed: frozenset[str]


def bring_back(root: str, name: str, shelf: str) -> bool:
    """Put a blob back on its shelf, durably; False where the trash does not hold it.

    ``name`` are its 64 hex digits, ``shelf`` is the directory it belongs in. To be called under the
    database's write lock.
    """
    trash = os.path.join(root, TRASH)
    try:
        os.rename(os.path.join(trash, name), os.path.join(shelf, name))
    except FileNotFoundError:
        return False
    sync_directory(shelf)
    sync_directory(trash)
    return True


def throw(root: str, names: Iterable[tuple[str, str]]) -> Thrown:
    """Move blobs (name and shelf of each) into the trash, or remove them where it has no room; return which.

    To be called under the database's write lock, with blobs that nobody references. Nothing is synced, so
    that nobody waits for the disk: a power cut leaves garbage here or there, and whoever needs some of
    it meanwhile syncs what it does itself.
    """
    trash = _made(root)
    moved, removed = [], []
    for name, shelf in names:
        path = os.path.join(shelf, name)
        with suppress(FileNotFoundError):  # somebody else sweeps, too
            if trash is not None and _renamed(path, os.path.join(trash, name)):
                moved.append(name)
            else:
                os.unlink(path)
                removed.append(name)
    return Thrown(frozenset(moved), frozenset(removed))


def empty(root: str, names: Iterable[str]) -> list[str]:
    """Remove blobs from the trash for good; return the names of those that were there.

    To be called under the database's write lock, with blobs that nobody references. Nothing is synced.
    """
    trash = os.path.join(root, TRASH)
    removed = []
    for name in names:
        try:
            os.unlink(os.path.join(trash, name))
        except FileNotFoundError:
            continue
        removed.append(name)
    return removed


def settle(root: str, shelves: Iterable[str]) -> None:
    """Make what was moved and removed durable. The trash first: a blob may then stand in both, and never in none."""
    with suppress(FileNotFoundError):  # there was no room to make it
        sync_directory(os.path.join(root, TRASH))
    for shelf in sorted(shelves):
        sync_directory(shelf)


def _renamed(path: str, place: str) -> bool:
    """Rename; False where the disk has no room for the name."""
    try:
        os.rename(path, place)
    except OSError as error:
        if error.errno not in NO_SPACE:
            raise
        return False
    return True


def _made(root: str) -> str | None:
    """Return the trash, made if need be: as open to the group as the store is; None where there is no room for it."""
    from modelkeep.store.bucket.drafts import make_directory  # most commands only look whether something lies there

    trash = os.path.join(root, TRASH)
    try:
        if make_directory(trash):
            sync_directory(root)
    except OSError as error:
        if error.errno not in NO_SPACE:
            raise
        return None
    return trash
