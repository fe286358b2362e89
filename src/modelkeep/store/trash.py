"""The trash of a directory store: where what nobody references waits for a second look.

<root>/trash/<64 hex digits>   a blob under its digest, as it lay on its shelf

A sweep renames blobs here under the database's write lock; whoever needs one renames it back under
the same lock. So the bytes of a version are on their shelf whenever its entry is written.
"""

from __future__ import annotations

import os

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
