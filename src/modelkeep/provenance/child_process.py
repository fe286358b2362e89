"""A child process with a time limit, without the 10 ms that ``subprocess`` costs to import.

``promote`` asks git one question; the answer must not cost more than the work itself.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

_CHUNK = 1 << 16
_MOST = 1 << 20


class Outcome(Struct, frozen=True):
    """What a process said; ``code`` is None if it was ended before it ended by itself."""

    code: int | None
    out: bytes
    err: bytes


#: Is given what the process writes, as it comes; False says that this is enough.
Take = Callable[[bytes], bool]


def find(program: str, environ: Mapping[str, str]) -> str | None:
    """Return the path of a program in the absolute directories of PATH, else None.

    What PATH names relatively (``.``) is passed over: a downloaded directory with a ``git`` in it
    is no reason to run that.
    """
    endings = (".exe",) if sys.platform == "win32" else ("",)
    for directory in environ.get("PATH", os.defpath).split(os.pathsep):
        for ending in endings:
            path = os.path.join(directory, program + ending)
            if os.path.isabs(path) and os.path.isfile(path) and os.access(path, os.X_OK):
                return path
    return None


def run(arguments: Sequence[str], environ: Mapping[str, str], deadline: float, take: Take | None = None) -> Outcome:
    """Run a program (an absolute path and its arguments) without input until ``time.monotonic()``
    reaches the deadline; then it and its children are killed.

    At most 1 MiB of its output is kept; ``take`` gets all of it instead. Raises ``OSError`` if it
    cannot be started and ``ValueError`` if an argument has a NUL in it.
    """  # noqa: D205
    if sys.platform == "win32":
        return _run_anywhere(arguments, environ, deadline, take)
    return _run_posix(arguments, environ, deadline, take)


def _run_posix(arguments: Sequence[str], environ: Mapping[str, str], deadline: float, take: Take | None) -> Outcome:
    out, out_end = os.pipe()
    err, err_end = os.pipe()
    pid = 0
    code: int | None = None
    try:
        try:
            pid = os.posix_spawn(
                arguments[0],
                tuple(arguments),
                environ,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, out_end, 1),
                    (os.POSIX_SPAWN_DUP2, err_end, 2),
                ],
                setpgroup=0,  # so that it can be killed with its children
                setsigdef=[signal.SIGPIPE],  # Python ignores it, and would hand that down
            )
        finally:
            os.close(out_end)
            os.close(err_end)
        said, complained, ended = _read(out, err, deadline, take)
        if ended:
            code = _wait(pid, deadline)
    finally:
        os.close(out)
        os.close(err)
        if pid and code is None:
            _kill(pid)
    return Outcome(code, said, complained)


def _read(out: int, err: int, deadline: float, take: Take | None) -> tuple[bytes, bytes, bool]:
    """Return what came through two pipes, and whether both were read to their end in time."""
    import select

    kept = {out: bytearray(), err: bytearray()}
    poll = select.poll()
    for pipe in kept:
        poll.register(pipe, select.POLLIN)
    still_open = set(kept)
    while still_open:
        left = deadline - time.monotonic()
        ready = poll.poll(left * 1000) if left > 0 else []
        if not ready:
            break
        for pipe, _ in ready:
            data = os.read(pipe, _CHUNK)
            if not data:
                poll.unregister(pipe)
                still_open.discard(pipe)
            elif pipe == out and take is not None:
                if not take(data):
                    return b"", bytes(kept[err]), False
            elif len(kept[pipe]) < _MOST:
                kept[pipe] += data
    return bytes(kept[out]), bytes(kept[err]), not still_open


def _wait(pid: int, deadline: float) -> int | None:
    """Return the exit code of a process that closed its output; None if it does not end in time."""
    while True:
        try:
            done, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:  # the program around us lets the system reap its children
            return 0
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= deadline:
            return None
        time.sleep(0.0002)


def _kill(pid: int) -> None:
    import contextlib

    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def _run_anywhere(arguments: Sequence[str], environ: Mapping[str, str], deadline: float, take: Take | None) -> Outcome:
    import subprocess

    left = max(deadline - time.monotonic(), 0.001)
    try:
        done = subprocess.run(
            list(arguments), env=dict(environ), stdin=subprocess.DEVNULL, capture_output=True, timeout=left, check=False
        )
    except subprocess.TimeoutExpired:
        return Outcome(None, b"", b"")
    if take is not None:
        take(done.stdout)
        return Outcome(done.returncode, b"", done.stderr)
    return Outcome(done.returncode, done.stdout[:_MOST], done.stderr[:_MOST])
