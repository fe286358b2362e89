"""The file of a paper: what ``report -o``, ``card -o``, ``bom -o`` and ``page -o`` name gets all of it or nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress

from modelkeep.domain.text import printable
from modelkeep.errors import Conflict
from modelkeep.store.export.destination import Destination, open_destination
from modelkeep.store.export.draft import Draft, remove_stale_drafts
from modelkeep.store.os_errors import explain_destination_errors


def require_writable(path: str, *, force: bool) -> None:
    """Raise ``Conflict`` where a paper may not be written: see `write_paper`."""
    with explain_destination_errors(path):
        place = _place(path)
        with place.directory:
            _replaced(place, force=force)


def write_paper(path: str, parts: Iterable[bytes], *, force: bool) -> None:
    """Write a file, durable before it has its name.

    ``Conflict`` where something is there, unless it is a regular file and ``force``; and inside a registry, a backup or a
    store, and for what belongs to the system. A file that is replaced leaves its owner, group and permissions to the new
    one, as far as this account may give them; meanwhile no other account can read the new one.
    """
    with explain_destination_errors(path):
        place = _place(path)
        with place.directory:
            replaced = _replaced(place, force=force)
            remove_stale_drafts(place.directory)
            draft = Draft(place.directory, "file", 0o666 if replaced is None else 0o600)
            try:
                with open(draft.descriptor, "wb", closefd=False) as file:
                    file.writelines(parts)
                if replaced is not None:
                    _keep_access(draft.descriptor, replaced)
                os.fsync(draft.descriptor)
                draft.put_in_place(place, replaced)
                place.directory.sync()
            finally:
                draft.discard()


def _keep_access(descriptor: int, replaced: os.stat_result) -> None:
    """Give a file the owner, group and permissions of another, and nobody more than these where the group cannot be kept."""
    for owner in (replaced.st_uid, -1):  # a member of the group may keep the group alone
        with suppress(OSError):
            os.fchown(descriptor, owner, replaced.st_gid)
            break
    mode = replaced.st_mode & 0o777
    if os.fstat(descriptor).st_gid != replaced.st_gid:
        mode = mode & 0o700 | (mode & mode >> 3 & 0o007)  # the old group is among the others now
    os.fchmod(descriptor, mode)


def _place(path: str) -> Destination:
    if path.endswith("/") or os.path.isdir(path):
        message = f"{printable(path)} is a directory"
        raise Conflict(message, "-o FILE names a file")
    return open_destination(path, "file", "", to_stdout="leave out -o FILE")


def _replaced(place: Destination, *, force: bool) -> os.stat_result | None:
    """Return the file that is to be replaced, None for nothing."""
    status = place.status()
    if status is None:
        return None
    if not stat.S_ISREG(status.st_mode):
        message = f"{printable(place.path)} is there, and is no regular file: it will not be replaced"
        raise Conflict(message, "-o FILE writes to another place")
    if not force:
        message = f"{printable(place.path)} is there already"
        raise Conflict(message, "--force overwrites it; -o FILE writes to another place")
    return status
