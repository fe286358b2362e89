"""Who holds the registry's locks right now, as the kernel tells it; nothing is locked or opened to find out.

SQLite drops all locks of a process on a file when that process closes any descriptor of it, so the
database is never opened to look. ``/proc/locks`` (proc(5)) names each lock by device and inode.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress

from modelkeep.domain.quick import dataclass

_TABLE = "/proc/locks"


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds a lock for writing: its number, its name, when it began (seconds since 1970).

    ``began`` is None for a process that this one cannot see: of another container.
    """

    pid: int
    name: str
    began: float | None


def writers(paths: Iterable[str], table: str | None = None) -> list[Holder] | None:
    """Return the processes that hold a lock for writing on one of these files, None where nobody can tell.

    ``table`` is the text of ``/proc/locks``; the kernel's own unless given.
    """
    text = _read() if table is None else table
    if text is None:
        return None
    wanted = {found for path in paths if (found := _identity(path)) is not None}
    pids: list[int] = []
    for line in text.splitlines():
        fields = line.split()
        # A line with -> is somebody who waits.
        if len(fields) >= 8 and "->" not in fields and fields[3] == "WRITE" and fields[5] in wanted:
            pids.append(int(fields[4]))
    return [_holder(pid) for pid in dict.fromkeys(pids)]


def _read() -> str | None:
    try:
        with open(_TABLE, encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:
        return None


def _identity(path: str) -> str | None:
    """Return how the kernel's table names a file, None where it is not there."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"


def _holder(pid: int) -> Holder:
    with suppress(OSError):
        began = os.stat(f"/proc/{pid}").st_mtime
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return Holder(pid, file.read().strip(), began)
    return Holder(pid, "unknown", None)
