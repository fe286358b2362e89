"""Commands that are struck, at little cost: a process that has loaded modelkeep forks for each, and strace takes hold of the fork.

Loading Python and modelkeep takes most of a command's time, ten times more under strace, and changes
nothing on any disk. From where it has loaded, the fork is the program: its ``main``, its exit. What is
struck is thus a process of its own, which dies as one.
"""

import atexit
import ctypes
import functools
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SECONDS = 60
_PR_SET_PTRACER, _ANY = 0x59616D61, ctypes.c_ulong(-1)


def ended(
    strace: Iterable[str] | None, words: Iterable[str], environ: Mapping[str, str], cwd: Path
) -> tuple[int, str, str]:
    """Run a command in such an environment, held by strace with these options if any; return its code, stdout, stderr."""
    server = _server(environ["PYTHONPATH"])
    on = sorted(os.sched_getaffinity(0))
    pid = _told(server, {"words": list(words), "environ": dict(environ), "cwd": str(cwd), "on": on})
    try:
        with _held(pid, strace):
            code, out, err = _told(server, "go")
    except AssertionError:
        os.kill(pid, signal.SIGKILL)  # strace did not get it
        _told(server, "go")
        raise
    return code, out, err


@contextmanager
def _held(pid: int, strace: Iterable[str] | None) -> Iterator[None]:
    """Let strace hold a process as long as it lives."""
    if strace is None:
        yield
        return
    words = ["strace", *strace, "-p", str(pid)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as tracer:
        said = tracer.stderr.readline()
        assert f"Process {pid} attached" in said, said + tracer.stderr.read()
        yield
        tracer.communicate(timeout=_SECONDS)  # what it logs is whole when it ends


@functools.cache
def _server(libraries: str) -> subprocess.Popen[str]:
    """Return the process that forks, started once; it lies in no directory that has to go."""
    environ = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONPATH": libraries}
    server = subprocess.Popen(
        [sys.executable, "-S", __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd="/",
        env={**environ, "PYTHONDONTWRITEBYTECODE": "1"},
        text=True,
    )
    atexit.register(_end, server)
    return server


def _end(server: subprocess.Popen[str]) -> None:
    server.stdin.close()
    server.wait(timeout=_SECONDS)
    server.stdout.close()


def _told(server: subprocess.Popen[str], what: object) -> Any:
    server.stdin.write(json.dumps(what) + "\n")
    server.stdin.flush()
    assert select.select([server.stdout], [], [], _SECONDS)[0], f"no answer to {what}"
    return json.loads(server.stdout.readline())


def _serve() -> None:
    """Fork for each line of stdin: the first answer is the fork's number, the second how it ended."""
    _load()
    for line in sys.stdin:
        job = json.loads(line)
        out, err = (os.memfd_create(name) for name in ("out", "err"))
        waits, go = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(go)
            _become(job, waits, out, err)
        os.close(waits)
        print(child, flush=True)
        sys.stdin.readline()
        os.close(go)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps([code, *(_content(each) for each in (out, err))]), flush=True)


def _load() -> None:
    """Load all of modelkeep, and what it loads when it is needed."""
    import encodings.ascii
    import importlib
    import pkgutil
    import tomllib

    import modelkeep

    assert encodings.ascii
    assert tomllib

    for module in pkgutil.walk_packages(modelkeep.__path__, "modelkeep."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _become(job: dict[str, Any], waits: int, out: int, err: int) -> None:
    """Be the command that was wanted, as soon as strace is there."""
    from modelkeep.cli.main import main

    try:
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANY, 0, 0, 0)  # strace is no ancestor
        os.sched_setaffinity(0, job["on"])
        os.chdir(job["cwd"])
        os.environ.clear()
        os.environ.update(job["environ"])
        sys.argv = ["modelkeep", *job["words"]]
        null = os.open(os.devnull, os.O_RDONLY)
        for here, there in enumerate((null, out, err)):
            os.dup2(there, here)
            os.close(there)
        os.read(waits, 1)
        os.close(waits)
        signal.alarm(_SECONDS - 10)
        main()
    finally:
        os._exit(99)  # it did not come to its own end


def _content(descriptor: int) -> str:
    with os.fdopen(descriptor, "rb") as file:
        file.seek(0)
        return file.read().decode(errors="replace")


if __name__ == "__main__":
    _serve()
