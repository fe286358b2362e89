"""The fair queue of writers: a blocking ``flock`` on a side file, with a deadline.

SQLite's own back-off starves writers (2.3 s against 0.15 s at 32 of them), and polling an ``flock``
brings the starvation back. So the main thread blocks in the kernel and lets an interval timer break
the wait; other threads, and programs that use the timer, poll.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from modelkeep.errors import RegistryUnavailable
from modelkeep.store.access.permissions import not_permitted
from modelkeep.store.db.sqlite.errors import busy
from modelkeep.store.os_errors import TOO_MANY_FILES, too_many_files

_POLL_SECONDS = 0.02


class _TimedOut(Exception):
    """The timer ended the wait."""


@contextmanager
def queued(path: str, deadline: float, waited: float) -> Iterator[None]:
    """Hold the side file's lock; ``Busy`` when it is not had by ``deadline`` (monotonic seconds)."""
    with _side_file(path) as descriptor:
        if descriptor is not None and not _try_lock(descriptor) and not _wait(descriptor, deadline):
            raise busy(path, f"is writing to it; waited {waited:g} s")
        yield


@contextmanager
def _side_file(path: str) -> Iterator[int | None]:
    """Yield the open side file; None where SQLite's own lock alone keeps writers apart, safe but less fair."""
    try:
        import fcntl  # noqa: F401  Windows has none
    except ImportError:
        yield None
        return
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:  # a copy of a registry may lack it
        yield None
        return
    except OSError as error:
        if error.errno == errno.ELOOP:
            message = f"{path} is a symbolic link: it was made by something other than modelkeep"
            raise RegistryUnavailable(message, f"rm {path}        (it only orders who writes)") from error
        if error.errno in TOO_MANY_FILES:
            raise too_many_files(os.path.dirname(path)) from error
        raise not_permitted(os.path.dirname(path), path, "written", error) from error
    try:
        yield descriptor
    finally:
        release(descriptor)
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without such locks: SQLite's own lock remains, and says what it cannot lock
        pass
    return True


def release(descriptor: int) -> None:
    """Release a lock explicitly: closing is not enough where another thread has forked a process meanwhile."""
    with suppress(ImportError, OSError):
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _wait(descriptor: int, deadline: float) -> bool:
    remaining = deadline - time.monotonic()
    if remaining > 0 and _may_use_timer():
        return _wait_in_kernel(descriptor, remaining)
    while time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        if _try_lock(descriptor):
            return True
    return False


def _may_use_timer() -> bool:
    """Tell whether the timer and its signal are free for us: main thread, no other alarm."""
    import signal
    import threading

    return (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
        and signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    )


def _wait_in_kernel(descriptor: int, remaining: float) -> bool:
    import fcntl
    import signal

    waiting = True

    def wake(_signal: int, _frame: object) -> None:
        # An alarm that comes late must not break what follows, and leave the timer to kill the process.
        if waiting:
            raise _TimedOut

    before = signal.signal(signal.SIGALRM, wake)
    try:
        # The interval repeats the signal, should the first come before the call blocks.
        signal.setitimer(signal.ITIMER_REAL, remaining, 0.1)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        waiting = False
    except _TimedOut:
        return False
    finally:
        waiting = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return True
