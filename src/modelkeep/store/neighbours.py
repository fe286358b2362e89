"""What lies beside a database: the files in which SQLite would write, looked at before it does.

Light by contract: completion imports it.
"""

from __future__ import annotations

import os
import stat

_ENDINGS = ("-journal", "-wal", "-shm")


def odd_neighbour(path: str) -> str | None:
    """Return the path of a journal of a database that is no regular file, None where there is none.

    SQLite waits for a pipe of that name, also through ^C, and others may write through a link.
    """
    for ending in _ENDINGS:
        try:
            mode = os.lstat(path + ending).st_mode
        except OSError:
            continue
        if not stat.S_ISREG(mode):
            return path + ending
    return None
