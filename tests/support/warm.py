"""Commands at little cost: a process that has loaded modelkeep forks for each.

Loading Python and modelkeep takes most of a command's time, ten times more under strace, and changes
nothing on any disk. From where it has loaded, the fork is the program: its descriptors, limits and
directory, its ``main``, its exit. It is a process of its own, which can be struck and killed as one.

A fork does not prove that the program starts: a test of starting, of signals or of shells starts the program itself.
"""

import atexit
import ctypes
import functools
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

SECONDS = 60
#: Whether this system can tell when a fork has ended.
POSSIBLE = hasattr(os, "pidfd_open")
_PR_SET_PTRACER, _ANY = 0x59616D61, ctypes.c_ulong(-1)
_LIMITS = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]
#: What is read from the environment by a command, and not by Python or SQLite as it starts (SQLite: TMPDIR).
_READ_LATE = ("MODELKEEP_", "XDG_", "GIT_", "HOME", "PATH")


def settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what a process that has loaded must have been started with."""
    return {name: value for name, value in environ.items() if not name.startswith(_READ_LATE)}


class Warm:
    """A process that has loaded modelkeep, and forks for each command that is run."""

    def __init__(self, python: Sequence[str | Path], environ: Mapping[str, str]) -> None:
        self.settings = settings(environ)
        self._control, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [*python, __file__, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd="/",  # it lies in no directory that has to go
                env=environ,
                pass_fds=[theirs.fileno()],
            )

    def close(self) -> None:
        """End the process."""
        self._control.close()
        self._process.wait(timeout=SECONDS)

    def run(
        self,
        words: Iterable[str | bytes | os.PathLike[str]],
        environ: Mapping[str, str],
        cwd: str | os.PathLike[str],
        *,
        script: str = "modelkeep",
        code: str | None = None,
        stdin: bytes = b"",
        limits: Mapping[int, tuple[int, int]] | None = None,
        held: Callable[[int], AbstractContextManager[object]] | None = None,
        timeout: float = SECONDS,
    ) -> tuple[int, bytes, bytes]:
        """Run a command, or with ``code`` a step in Python; return its exit code, what it printed, and what it said.

        ``limits`` are of `resource`; all else a process inherits is this one's. ``held`` holds the fork before it begins.
        """
        umask = os.umask(0)
        os.umask(umask)
        job = {
            "words": [script, *map(os.fsdecode, words)],
            "code": code,
            "environ": dict(environ),
            "cwd": os.fspath(cwd),
            "umask": umask,
            "on": sorted(os.sched_getaffinity(0)),
            "limits": {**{each: resource.getrlimit(each) for each in _LIMITS}, **(limits or {})},
            "held": held is not None,
        }
        (read_in, write_in), (read_out, write_out), (read_err, write_err) = (os.pipe() for _ in range(3))
        connection, its = socket.socketpair()
        with its:
            socket.send_fds(self._control, [b"."], [its.fileno(), read_in, write_out, write_err])
        for each in (read_in, write_out, write_err):
            os.close(each)
        with connection, connection.makefile("rw") as line:
            print(json.dumps(job), file=line, flush=True)
            pid = int(line.readline())
            with (held or nullcontext)(pid):
                print("go", file=line, flush=True)
                out, err = _communicated(pid, stdin, write_in, read_out, read_err, timeout)
            ended = int(line.readline())
        if ended == -signal.SIGALRM:
            raise subprocess.TimeoutExpired(job["words"], timeout)
        return ended, out, err


@functools.cache
def of_checkout() -> Warm:
    """Return the process that has loaded modelkeep from where the tests see it; it is started once and ends with them."""
    import modelkeep

    found = [str(Path(modelkeep.__file__).parent.parent), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    libraries = os.pathsep.join(dict.fromkeys(found))
    environ = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONPATH": libraries}
    server = Warm([sys.executable, "-S"], {**environ, "PYTHONDONTWRITEBYTECODE": "1"})
    atexit.register(server.close)
    return server


def struck(options: Iterable[str]) -> Callable[[int], AbstractContextManager[object]]:
    """Return what lets strace with these options hold a process as long as it lives."""

    @contextmanager
    def held(pid: int) -> Iterator[None]:
        words = ["strace", *options, "-p", str(pid)]
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as tracer:
            said = tracer.stderr.readline()
            if f"Process {pid} attached" not in said:
                os.kill(pid, signal.SIGKILL)
                raise AssertionError(said + tracer.stderr.read())
            yield
            tracer.communicate(timeout=SECONDS)  # what it logs is whole when it ends

    return held


def _communicated(pid: int, stdin: bytes, write: int, out: int, err: int, timeout: float) -> tuple[bytes, bytes]:
    """Give a process its input and return what it prints and says; one that takes too long is ended by SIGALRM."""
    read = [b"", b""]

    def reader(at: int, descriptor: int) -> None:
        with os.fdopen(descriptor, "rb") as file:
            read[at] = file.read()

    late = threading.Timer(timeout, os.kill, (pid, signal.SIGALRM))
    threads = [threading.Thread(target=reader, args=each) for each in ((0, out), (1, err))]
    for each in (late, *threads):
        each.start()
    with suppress(BrokenPipeError), os.fdopen(write, "wb") as file:
        file.write(stdin)
    for each in threads:
        each.join()
    late.cancel()
    return read[0], read[1]


def _serve(control: socket.socket) -> None:
    """Fork for each connection that comes; tell each how its fork has ended."""
    running: dict[int, tuple[int, socket.socket]] = {}
    while True:
        ready, _, _ = select.select([control, *running], [], [])
        for each in ready:
            if each in running:
                pid, connection = running.pop(each)
                os.close(each)
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                with connection, suppress(OSError):
                    connection.sendall(b"%d\n" % code)
                continue
            message, descriptors, _, _ = socket.recv_fds(control, 1, 4)
            if not message:
                return
            connection = socket.socket(fileno=descriptors[0])
            pid = os.fork()
            if pid == 0:
                _become(descriptors)
            for descriptor in descriptors[1:]:
                os.close(descriptor)
            running[os.pidfd_open(pid)] = pid, connection


def _become(descriptors: Sequence[int]) -> None:
    """Be the command that is wanted, as soon as it may begin."""
    from modelkeep.cli.main import main

    text = b""
    while not text.endswith(b"\n"):
        text += os.read(descriptors[0], 1 << 16) or os._exit(99)
    job: dict[str, Any] = json.loads(text)
    if job["held"]:
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANY, 0, 0, 0)  # strace is no ancestor
    os.sched_setaffinity(0, job["on"])
    os.umask(job["umask"])
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["environ"])
    sys.argv = job["words"]
    os.write(descriptors[0], b"%d\n" % os.getpid())
    os.read(descriptors[0], 3) or os._exit(99)
    for here, there in enumerate(descriptors[1:]):
        os.dup2(there, here)
    os.closerange(3, 1 << 12)
    for name, limit in job["limits"].items():
        resource.setrlimit(int(name), limit)
    if job["code"] is not None:
        exec(compile(job["code"], "<step>", "exec"), {"__name__": "__main__"})
        sys.exit()
    sys.exit(main())


def _load() -> None:
    """Load all of modelkeep, and what it loads when it is needed."""
    import encodings.ascii
    import gc
    import importlib
    import pkgutil
    import tomllib

    import modelkeep

    assert encodings.ascii
    assert tomllib

    for module in pkgutil.walk_packages(modelkeep.__path__, "modelkeep."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    gc.freeze()


if __name__ == "__main__":
    _load()
    sys.path[0] = os.path.dirname(sys.executable)  # where the program lies
    _serve(socket.socket(fileno=int(sys.argv[1])))
