"""Names that a blob has outside of the store: whoever writes to one of them changes what is registered.

`register --move` leaves one when it is killed after its entry; a hard link that somebody made is one, too.
A blob's own names are the one on its shelf and those of drafts, while their writer lives or after it died.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from contextlib import suppress

from msgspec import Struct

from modelkeep.domain.patterns import pattern
from modelkeep.store.access.mounts import mount_of
from modelkeep.store.care import stale_tmp
from modelkeep.store.care.stale_tmp import Leftover
from modelkeep.store.durable import status_of

# See `moved.MovedDraft`.
_MOVED = pattern(r"[0-9]+-([0-7]{4})\+?")


class Drafted(Struct, frozen=True):
    """A file in ``store/tmp`` with more than one name; ``mode`` is what it had as a file that was to be moved in."""

    path: str
    status: os.stat_result
    of: Leftover
    mode: int | None


def drafted(root: str) -> Iterator[Drafted]:
    """Yield the drafts of a store that have another name."""
    mount = mount_of(root)
    local = mount is not None and not mount.network
    for place in stale_tmp.leftovers(root, local=local):
        with suppress(OSError), os.scandir(place.path) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
                        moved = _MOVED.fullmatch(entry.name)
                        yield Drafted(entry.path, status, place, int(moved[1], 8) if moved else None)


class SecondNames:
    """Tells which blobs of a store have a name outside; may be asked by several threads."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._asking = threading.Lock()

    def outside(self, path: str) -> bool:
        """Tell whether a blob has a name that neither its shelf nor a draft explains; not while its writer is at work.

        The drafts are looked at anew and before the blob: those that go meanwhile take a name with them.
        """
        with self._asking:  # a directory whose lock another thread tries seems to have a writer
            drafts = list(drafted(self._root))
        status = status_of(path)
        if status is None:
            return False
        mine = [each for each in drafts if os.path.samestat(each.status, status)]
        return status.st_nlink > 1 + len(mine) and not any(each.of.fate == "alive" for each in mine)


def give_back(draft: Drafted, drafts: int) -> None:
    """Give a file that was to be moved in its own mode again; one that has not just one name beside its ``drafts`` stays.

    To be called when it stands on no shelf.
    """
    if draft.mode is not None:
        with suppress(OSError):
            if os.lstat(draft.path).st_nlink == drafts + 1:
                os.chmod(draft.path, draft.mode)
