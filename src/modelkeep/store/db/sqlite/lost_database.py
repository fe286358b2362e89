"""What to say, and to type, where a registry has its bytes and not its database any more."""

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

    Whoever is told to make a registry there would begin a new log, and the bytes would be its garbage.
    A backup has its mark before it has any bytes: one that was only begun is to be gone on with.
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
    """Return what to say and to type where a directory without a database is marked as a backup, else None.

    One that is marked as a backup of itself is the registry, which is being put back.
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
    """Return the line that puts the database of a backup where it was; the bytes stay as they are.

    The journal of a killed writer fits no other database, and SQLite would play it into this one.
    """
    journal = os.path.join(directory, "registry.db-journal")
    clear = f"rm {quote(printable(journal))} && " if os.path.lexists(journal) else ""
    copy = f"cp BACKUP/registry.db {quote(printable(directory))}/"
    return f"bring it back from a backup: {clear}{copy}        (docs/backup.md)"
