"""A hook's command: an argument vector without a shell, the event on its standard input, and a limit of time.

It runs in a session of its own, in the directory of the user's config, or in / where a registry names it. At the limit,
and when the user interrupts, its whole process group is ended. The beginning of its output is kept for the message of a
failure.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping

from modelkeep.hooks.delivery import HookFailed
from modelkeep.hooks.hook import Hook
from modelkeep.rendering import counted

_MOST_OUTPUT_BYTES = 8 << 10
_CHUNK = 1 << 16
#: How often a command is polled whose children may hold its output, and how long its group may take to end when asked.
_LOOK_SECONDS, _GRACE_SECONDS = 0.05, 2.0


def run_command(hook: Hook, body: bytes, environ: Mapping[str, str]) -> str:
    """Run the command and return the beginning of what it wrote; anything but exit code 0 raises ``HookFailed``."""
    deadline = time.monotonic() + hook.timeout_seconds
    try:
        with tempfile.TemporaryFile() as stdin:
            stdin.write(body)
            stdin.seek(0)
            process = subprocess.Popen(
                [_program(hook, environ), *hook.command[1:]], stdin=stdin, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, cwd=hook.directory, env=dict(environ), start_new_session=True,
            )  # fmt: skip
    except (OSError, ValueError) as error:
        message = f"cannot be run: {getattr(error, 'strerror', None) or error}"
        raise HookFailed(message) from error
    output = bytearray()
    try:
        with process:
            try:
                ended = _follow(process, deadline, output)
            finally:
                _end(process)
    finally:
        text = output.decode(errors="replace").strip()
    if not ended:
        message = f"took longer than {counted(hook.timeout_seconds, 'second')} and was killed"
        raise HookFailed(message, output=text)
    if process.returncode:
        how = f"exit code {process.returncode}" if process.returncode > 0 else f"killed by signal {-process.returncode}"
        raise HookFailed(how, output=text)
    return text


def _program(hook: Hook, environ: Mapping[str, str]) -> str:
    """Return the path of the program: from the hook's directory, or from the absolute directories of PATH."""
    name = hook.command[0]
    if os.sep in name:
        return os.path.join(hook.directory, name)
    directories = environ.get("PATH", os.defpath).split(os.pathsep)
    found = shutil.which(name, path=os.pathsep.join(each for each in directories if os.path.isabs(each)))
    if found is None:
        message = f"there is no program '{name}' in PATH"
        raise HookFailed(message)
    return found


def _follow(process: subprocess.Popen[bytes], deadline: float, output: bytearray) -> bool:
    """Read what a process writes until it has ended, and return whether that was before the deadline.

    Children of it may hold its output for longer; they are not waited for.
    """
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        is_open = True
        while process.poll() is None:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if not is_open:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(left)
            elif selector.select(min(left, _LOOK_SECONDS)):
                is_open = _read(process.stdout.fileno(), output)
    while is_open and len(output) < _MOST_OUTPUT_BYTES:
        before = len(output)
        is_open = _read(process.stdout.fileno(), output) and len(output) > before
    return True


def _read(descriptor: int, output: bytearray) -> bool:
    """Read the bytes that have arrived, keep the beginning of them, and return whether more may come."""
    try:
        chunk = os.read(descriptor, _CHUNK)
    except BlockingIOError:
        return True
    output += chunk[: max(_MOST_OUTPUT_BYTES - len(output), 0)]
    return bool(chunk)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the process group of a process that still runs to end, and kill what is left of the group."""
    if process.poll() is not None:
        return
    try:
        _signal_group(process, signal.SIGTERM)
        until = time.monotonic() + _GRACE_SECONDS
        while _signal_group(process, 0) and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
            process.poll()
    finally:
        _signal_group(process, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)


def _signal_group(process: subprocess.Popen[bytes], number: int) -> bool:
    """Send a signal to the group of a process; return whether there is one."""
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
