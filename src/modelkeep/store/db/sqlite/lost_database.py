"""The errors for a registry that has its store and has lost its database, with the line that brings it back."""

from __future__ import annotations

import os
import stat
from shlex import quote

from modelkeep.domain.text import printable
from modelkeep.errors import RegistryUnavailable
from modelkeep.store import backup_mark
from modelkeep.store.durable import status_of


def lost_database(path: str) -> RegistryUnavailable | None:
    """Return the error for a database that is missing or empty beside stored bytes; None where it is not so.

    Without this error `init` would be the hint: it would begin a new log, to which the stored bytes are garbage.
    A backup has its mark before it has any bytes, so a backup that was interrupted is recognised.
    """
    directory, name = os.path.split(path)
    try:
        there = status_of(path)
        if there is not None and (there.st_size or not stat.S_ISREG(there.st_mode)):
            return None
        if (begun := begun_backup(directory)) is not None:
            return RegistryUnavailable(*begun)
        held = os.listdir(os.path.join(directory, "store", "blobs", "sha256"))
    except OSError:
        return None
    if not held:
        return None
    what = "missing" if there is None else "empty"
    message = f"{printable(directory)} holds the bytes of a registry whose {name} is {what}"
    return RegistryUnavailable(message, bring_back(directory))


def begun_backup(directory: str) -> tuple[str, str] | None:
    """Return message and hint for a directory without a database that is marked as a backup, else None.

    A directory that is marked as a backup of itself is the registry, which is being restored.
    """
    mark = backup_mark.read(directory)
    if mark is None:
        return None
    here = printable(directory)
    of = backup_mark.backup_of(directory)
    if of is None:
        message = f"{here} is being put back from a backup, and that is not complete"
        return message, f"modelkeep --registry BACKUP backup {quote(here)}"
    message = f"{here} is a backup of {printable(of)} that was begun and is not complete"
    return message, f"modelkeep --registry {quote(printable(of)) if mark.of else 'DIR'} backup {quote(here)}"


def bring_back(directory: str) -> str:
    """Return the shell line that copies the database of a backup back; the stored bytes stay as they are.

    It removes the journal of a killed writer, which SQLite would play into the copy.
    """
    journal = os.path.join(directory, "registry.db-journal")
    clear = f"rm {quote(printable(journal))} && " if os.path.lexists(journal) else ""
    copy = f"cp BACKUP/registry.db {quote(printable(directory))}/"
    return f"bring it back from a backup: {clear}{copy}        (docs/backup.md)"
