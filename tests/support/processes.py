"""Steps in processes of their own: killed when they are about to make a call, or side by side and spoken to."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec

import modelkeep

SOURCE = os.pathsep.join(str(Path(each.__file__).parent.parent) for each in (modelkeep, msgspec))


def do(code, *wrapped):
    """Run a step to its end; return how it ended and what it said on stderr."""
    done = subprocess.run(
        [*wrapped, sys.executable, "-S", "-c", code],
        env={**os.environ, "PYTHONPATH": SOURCE, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
        text=True,
    )
    return done.returncode, done.stderr


def killed_at(code, call, step):
    """Run a step and kill it when it is about to make its n-th such call; return whether it lived."""
    strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}"]
    ended, said = do(code, *strace, "-e", f"inject={call}:signal=SIGKILL:when={step}")
    assert "Traceback" not in said, said
    assert ended in {0, -9, 137}, (ended, said)
    return ended == 0


def start(code, cwd, *words, under=()):
    """Begin a step that is spoken to through its pipes; the fixture `started` tidies up after it."""
    return subprocess.Popen(
        [*under, sys.executable, "-c", code, *map(str, words)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": SOURCE},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
