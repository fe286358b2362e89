"""The process of a check: a command that is run with a time limit, its output captured and bounded.

The command is the leader of a process group of its own. The group is killed when the time is up, when the command has
ended and left processes behind, and when we are interrupted. A process that has left the group by itself (a daemon) is
not followed; it is not waited for either.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, BinaryIO, cast

from msgspec import Struct

from modelkeep.domain.verbs.check import MOST_IN_DOCUMENT

#: How long a command may take to end by itself after SIGTERM.
GRACE_SECONDS = 5.0
#: How often we look whether the command has ended: a process that it left behind may keep its output open.
_LOOK_SECONDS = 0.05
_CHUNK = 1 << 16
#: Room for the line that says how much was left out of the middle.
_NOTE_BYTES = 100
_PART = (MOST_IN_DOCUMENT - _NOTE_BYTES) // 2


class Ended(Struct, frozen=True):
    """How a command ended: its exit code, None where it had none; the same in words; and what it printed."""

    code: int | None
    outcome: str
    output: bytes


def run_command(
    arguments: Sequence[str],
    *,
    cwd: str,
    environ: Mapping[str, str],
    seconds: float,
    limit: str,
    show: Callable[[bytes], None],
    grace: float = GRACE_SECONDS,
) -> Ended:
    """Run a command without a shell and without standard input; ``show`` gets its output as it comes.

    ``seconds`` is the time limit, ``limit`` the same in words.
    """
    try:
        process = _Process(
            arguments,
            cwd=cwd,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:  # ValueError: an argument with a NUL
        return Ended(None, f"could not be started: {getattr(error, 'strerror', None) or error}", b"")
    with cast("BinaryIO", process.stdout) as pipe:
        return _Run(process, pipe.fileno(), show).to_the_end(seconds, limit, grace)


class _Process(subprocess.Popen[bytes]):
    """A process whose group is killed where we are interrupted while it starts: it may run before ``Popen`` returns."""

    def __init__(self, *args: Any, **more: Any) -> None:
        try:
            super().__init__(*args, **more)
        except (KeyboardInterrupt, SystemExit):
            pid = getattr(self, "pid", None)
            if pid:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(pid, signal.SIGKILL)
                self.wait()
            raise


class _Run:
    """A command that runs, the descriptor of its output, and what it has printed so far."""

    def __init__(self, process: subprocess.Popen[bytes], pipe: int, show: Callable[[bytes], None]) -> None:
        self._process = process
        self._pipe = pipe
        self._show = show
        self._output = BoundedOutput()
        self._open = True
        self._poll = select.poll()
        self._poll.register(pipe, select.POLLIN)

    def to_the_end(self, seconds: float, limit: str, grace: float) -> Ended:
        """Read what the command prints until it has ended or its time is up; nothing of its group is left then."""
        try:
            in_time = self._read_until(time.monotonic() + seconds)
            if not in_time:
                self._kill(signal.SIGTERM)
                self._read_until(time.monotonic() + grace)
        finally:
            # The group is killed while its leader is not reaped: no other process can have its number yet.
            self._kill(signal.SIGKILL)
            code = self._process.wait()
        self._drain()
        if not in_time:
            return Ended(None, f"timed out after {limit}", self._output.data)
        return Ended(code if code >= 0 else None, _outcome(code), self._output.data)

    def _read_until(self, deadline: float) -> bool:
        """Read until the command has ended; False where it has not ended at the deadline."""
        while not self._has_ended():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if not self._open:
                time.sleep(min(left, _LOOK_SECONDS))
            elif self._poll.poll(min(left, _LOOK_SECONDS) * 1000):
                self._read()
        return True

    def _read(self) -> bool:
        """Read once; False at the end, and where a pipe that does not wait is empty."""
        try:
            data = os.read(self._pipe, _CHUNK)
        except BlockingIOError:
            return False
        self._open = bool(data)
        if data:
            self._output.add(data)
            self._show(data)
        return self._open

    def _drain(self) -> None:
        """Read what is in the pipe still; a process that has left the group may write into it for ever."""
        os.set_blocking(self._pipe, False)
        for _ in range(MOST_IN_DOCUMENT // _CHUNK):
            if not self._read():
                break

    def _has_ended(self) -> bool:
        """Tell whether the command has ended; it stays unreaped, so that its process group keeps its number."""
        if not hasattr(os, "waitid"):  # macOS before Python 3.13
            return self._process.poll() is not None
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _kill(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):  # PermissionError: all of it changed its account
            os.killpg(self._process.pid, number)


class BoundedOutput:
    """The beginning and the end of an output, `MOST_IN_DOCUMENT` bytes at most."""

    def __init__(self) -> None:
        self._first = bytearray()
        self._last = bytearray()
        self._size = 0

    def add(self, data: bytes) -> None:
        """Add what comes next."""
        self._size += len(data)
        room = _PART - len(self._first)
        self._first += data[:room]
        self._last += data[room:]
        if len(self._last) > 2 * _PART:
            del self._last[:-_PART]

    @property
    def data(self) -> bytes:
        """The output; where it was too long a line in its middle says how many bytes were left out."""
        last = bytes(self._last[-_PART:])
        left_out = self._size - len(self._first) - len(last)
        note = f"\n[modelkeep left out {left_out} bytes]\n".encode() if left_out else b""
        return bytes(self._first) + note + last


def _outcome(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:  # a real-time signal
        return f"killed by signal {-code}"
