"""Many commands at little cost: a process that has loaded modelkeep forks for each round of them.

``Answers(environ, cwd).to([("list", "--json"), …])`` returns how each ended and what it said. A round is
a process of its own, so that one which dies, loops or holds what it should not is found out.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

_CPU_SECONDS = 20


class Answers:
    """Asks in a process that was loaded once; end it with ``close``."""

    def __init__(self, environ, cwd):
        self.process = subprocess.Popen(
            [sys.executable, "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=cwd,
            env=environ,
            text=True,
        )

    def to(self, commands):
        """Return (exit code, stdout, stderr) of each command, or how the round ended: ``killed by 11``."""
        self.process.stdin.write(json.dumps([list(words) for words in commands]) + "\n")
        self.process.stdin.flush()
        told = json.loads(self.process.stdout.readline())
        return told if isinstance(told, str) else [tuple(each) for each in told]

    def close(self):
        """End the process."""
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()


def _serve():
    import modelkeep.cli.app
    import modelkeep.cli.main

    assert modelkeep.cli.app
    answer_on = os.dup(1)
    with os.fdopen(answer_on, "w") as answers:
        for line in sys.stdin:
            answers.write(json.dumps(_round(json.loads(line), modelkeep.cli.main.answer)) + "\n")
            answers.flush()


def _round(commands, answer):
    with tempfile.TemporaryDirectory() as place:
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
            code = 1
            try:
                told = [_one(words, answer, Path(place)) for words in commands]
                Path(place, "told").write_text(json.dumps(told))
                code = 0
            finally:
                os._exit(code)
        status = os.waitpid(child, 0)[1]
        if status:
            return f"killed by {signal.Signals(status).name}" if os.WIFSIGNALED(status) else f"ended {status}"
        return json.loads(Path(place, "told").read_text())


def _one(words, answer, place):
    streams = [os.open(place / name, os.O_RDWR | os.O_CREAT | os.O_TRUNC) for name in ("out", "err")]
    for number, stream in enumerate(streams, start=1):
        os.dup2(stream, number)
        os.close(stream)
    sys.argv = ["modelkeep", *words]
    code = answer()
    sys.stdout.flush()
    sys.stderr.flush()
    return code, *((place / name).read_bytes().decode(errors="replace") for name in ("out", "err"))


if __name__ == "__main__":
    _serve()
