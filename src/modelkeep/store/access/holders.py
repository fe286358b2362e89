"""The process that holds a lock on a file: its account, and whether it is stopped (Linux)."""

from __future__ import annotations

import os
import time

from msgspec import Struct

from modelkeep.store.access.permissions import user_name

_TABLE = "/proc/locks"


class Holder(Struct, frozen=True):
    """A process of this machine that holds a lock."""

    pid: int
    user: str
    stopped: bool

    def __str__(self) -> str:
        return f"process {self.pid} of {self.user}{', which is stopped,' if self.stopped else ''}"


def holder_of(path: str, table: str | None = None, *, readers: bool = True) -> Holder | None:
    """Return the process that holds a lock on a file, a writer before a reader; None where none is known.

    Without ``readers``, one that only reads is passed over.
    ``table`` is the text of ``/proc/locks`` (proc(5)), which lists no process of another machine or container.
    """
    try:
        status = os.stat(path)
        if table is None:
            with open(_TABLE, encoding="ascii") as file:
                table = file.read()
    except (OSError, ValueError):
        return None
    held = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    rows = [row for line in table.splitlines() if len(row := line.split()) >= 6 and row[5] == held]
    for row in sorted(rows, key=lambda row: row[3] != "WRITE"):
        if (
            (readers or row[3] == "WRITE")
            and row[4].isdigit()
            and (pid := int(row[4])) not in {0, os.getpid()}
            and (found := _process(pid)) is not None
        ):
            return found
    return None


def running_seconds(pid: int) -> float | None:
    """Return for how long a process has been running, None where that is not known."""
    try:
        ticks = int(_stat(pid)[19])
    except (OSError, IndexError, ValueError):
        return None
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def _process(pid: int) -> Holder | None:
    try:
        uid = os.stat(f"/proc/{pid}").st_uid
        state = _stat(pid)[0]
    except (OSError, IndexError):
        return None
    return Holder(pid, user_name(uid), state == b"T")


def _stat(pid: int) -> list[bytes]:
    """Return the fields of ``/proc/PID/stat`` (proc(5)) from the state on: the name before it may hold anything."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        return file.read().rpartition(b")")[2].split()
