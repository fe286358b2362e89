"""A few threads for many files: Python lets other threads run while one hashes or writes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")
_MOST = 4


class Stopped(BaseException):
    """Raised in a thread whose work is not wanted any more; never leaves this module."""


class Progress:
    """Adds up bytes from several threads and reports them; a stopped one ends every thread that reports to it."""

    def __init__(self, total: int, report: Callable[[int, int], None] | None) -> None:
        self._lock = threading.Lock()
        self._done = 0
        self._total = total
        self._report = report
        self.stopped = False

    def add(self, size: int) -> None:
        """Count bytes that are done."""
        if self.stopped:
            raise Stopped
        if self._report is not None:
            with self._lock:
                self._done += size
                self._report(self._done, self._total)


def each(
    work: Callable[[_Item], _Answer], items: Sequence[_Item], progress: Progress, *, threads: int | None = None
) -> list[_Answer]:
    """Return the answer of ``work`` to each item, in the order of the items.

    The first error, ^C included, stops the other threads and is raised when they have ended.
    """
    count = min(threads or min(_processors(), _MOST), len(items))
    if count <= 1:
        return [work(item) for item in items]
    answers: dict[int, _Answer] = {}
    errors: list[BaseException] = []
    numbered = iter(enumerate(items))

    def run() -> None:
        try:
            while not progress.stopped:
                with lock:
                    pair = next(numbered, None)
                if pair is None:
                    return
                answers[pair[0]] = work(pair[1])
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again below, in the calling thread
            progress.stopped = True
            errors.append(error)

    lock = threading.Lock()
    others = [threading.Thread(target=run, daemon=True) for _ in range(count - 1)]
    others = [other for other in others if begun(other)]
    run()
    for other in others:  # also after ^C: no thread may go on writing into a directory that is about to be removed
        wait_for(other)
    if errors:
        raise errors[0]
    return [answers[number] for number in range(len(items))]


def begun(thread: threading.Thread) -> bool:
    """Start a thread; False where the system has none left, and the work is to be done without."""
    try:
        thread.start()
    except RuntimeError:
        return False
    return True


def wait_for(thread: threading.Thread) -> None:
    """Wait until a thread has ended; a ^C meanwhile is raised only then."""
    interrupted: KeyboardInterrupt | None = None
    while thread.is_alive():
        try:
            thread.join()
        except KeyboardInterrupt as error:
            interrupted = error
    if interrupted is not None:
        raise interrupted


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
