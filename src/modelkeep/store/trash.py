"""The trash of a directory store: where what nobody references waits for a second look.

<root>/trash/<64 hex digits>   a blob under its digest, as it lay on its shelf

A sweep renames blobs here under the database's write lock; whoever needs one renames it back under
the same lock. So the bytes of a version are on their shelf whenever its entry is written.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from modelkeep.store.durable import sync_directory

TRASH = "trash"


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


def throw(root: str, names: Iterable[tuple[str, str]]) -> list[str]:
    """Move blobs (name and shelf of each) into the trash; return the names of those that were there.

    To be called under the database's write lock, with blobs that nobody references. Nothing is synced, so
    that nobody waits for the disk: a power cut leaves garbage here or there, and whoever needs some of
    it meanwhile syncs what it does itself.
    """
    trash = _made(root)
    moved = []
    for name, shelf in names:
        try:
            os.rename(os.path.join(shelf, name), os.path.join(trash, name))
        except FileNotFoundError:  # somebody else sweeps, too
            continue
        moved.append(name)
    return moved


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
    for directory in (os.path.join(root, TRASH), *sorted(shelves)):
        sync_directory(directory)


def _made(root: str) -> str:
    """Return the trash, made if need be: as open to the group as the store is."""
    from modelkeep.store.drafts import make_directory  # most commands only look whether something lies there

    trash = os.path.join(root, TRASH)
    if make_directory(trash):
        sync_directory(root)
    return trash
