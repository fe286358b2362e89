"""Steps in processes of their own: killed when they are about to make a call, or side by side and spoken to."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
from warm import of_checkout, struck

import modelkeep

SOURCE = os.pathsep.join(str(Path(each.__file__).parent.parent) for each in (modelkeep, msgspec))


def do(code, *strace, **variables):
    """Run a step to its end, under strace with these options if any; return how it ended and what it said on stderr."""
    held = struck(("-f", "-o", os.devnull, *strace)) if strace else None
    ended, _, err = of_checkout().run([], {**os.environ, **variables}, Path.cwd(), code=code, held=held)
    return ended, err.decode()


def killed_at(code, call, step, **variables):
    """Run a step and kill it when it is about to make its n-th such call; return whether it lived."""
    ended, said = do(code, "-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={step}", **variables)
    assert "Traceback" not in said, said
    assert ended in {0, -9}, (ended, said)
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
