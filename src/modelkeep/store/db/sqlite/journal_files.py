"""The files beside a database in which SQLite writes (journal, WAL): checked before SQLite opens them.

Light by contract: completion imports it.
"""

from __future__ import annotations

import os
import stat

from modelkeep.errors import IntegrityError

_ENDINGS = ("-journal", "-wal", "-shm")


def check_neighbours(path: str) -> None:
    """Raise ``IntegrityError`` where a journal of a database is no regular file.

    SQLite waits for a pipe of that name, also through ^C, and others may write through a link.
    """
    for ending in _ENDINGS:
        try:
            mode = os.lstat(path + ending).st_mode
        except OSError:
            continue
        if not stat.S_ISREG(mode):
            message = f"{path}{ending} is not a regular file: it was made by something other than modelkeep"
            raise IntegrityError(message, f"ls -l {os.path.dirname(path)}")
