"""Registration of bytes: a file of 1 GiB, 2,000 files of 50 KB, the same file again; beside programs that copy and hash.

Each run writes into fresh directories: to delete an old one just before would slow down the new one.
"""

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.inside import Mlflow
from benchmarks.programs import PROGRAM, PYTHON
from benchmarks.timing import Measured, Timed, beside, environment, process
from modelkeep.registry import create_registry

MIB = 1024 * 1024
FILES, FILE_BYTES = 2_000, 50_000
DIGEST = "import hashlib, sys; hashlib.file_digest(open(sys.argv[1], 'rb', buffering=0), 'sha256')"
# BentoML keeps what is put into a directory of its own; it has no command for that.
BENTOML = (
    "import bentoml, shutil, sys\nwith bentoml.models.create('bench') as model: shutil.copy(sys.argv[1], model.path)"
)


@dataclass(frozen=True, slots=True)
class Memory:
    """How many bytes more a command needs at its peak than an idle one."""

    work: str
    ours_bytes: int
    idle_bytes: int
    bound_mib: int

    @property
    def ok(self) -> bool:
        """Whether the promise is kept."""
        return self.ours_bytes - self.idle_bytes <= self.bound_mib * MIB

    def row(self) -> str:
        """Return the line of a Markdown table."""
        ours, idle = (f"{size / MIB:.0f} MiB" for size in (self.ours_bytes, self.idle_bytes))
        more = f"+{(self.ours_bytes - self.idle_bytes) / MIB:.0f} MiB"
        return (
            f"| {self.work} | {ours} | {idle} | {more} | ≤ +{self.bound_mib} MiB | {'yes' if self.ok else '**no**'} |"
        )


def measured(
    directory: str, home: str, runs: int, peers: str, mlflow: Mlflow | None, size: int
) -> Iterator[Measured | Memory]:
    """Yield the rows; ``peers`` is an interpreter beside which DVC and BentoML may be installed."""
    with tempfile.TemporaryDirectory(dir=directory) as place:
        bench = _Bench(place, home)
        big, many = os.path.join(place, "big.bin"), os.path.join(place, "many")
        _write(big, size)
        os.mkdir(many)
        for number in range(FILES):
            _write(os.path.join(many, f"{number:04}.bin"), FILE_BYTES)
        os.sync()
        named = "1 GiB" if size == 1024 * MIB else f"{size // MIB} MiB"
        yield from _one_file(bench, big, named, runs)
        bench.big = False
        yield bench.beside(
            f"register {FILES:,} files of {FILE_BYTES // 1000} KB, beside `cp -r; syncfs; sha256sum`",
            bench.register(many),
            bench.shell(f"cp -r {many} $NEW && sync -f $NEW && find $NEW -type f -exec sha256sum {{}} +"),
            bound=1,
            faster=True,
            runs=runs,
        )
        bench.big = True
        for peer, theirs in _peers(bench, big, peers, mlflow):
            yield bench.beside(
                f"register {named}, beside {peer}",
                bench.register(big),
                theirs,
                bound=None,
                faster=True,
                runs=min(runs, 3),
            )


def _one_file(bench: "_Bench", big: str, named: str, runs: int) -> Iterator[Measured | Memory]:
    copied = bench.shell(f"cp {big} $NEW && sync $NEW && openssl dgst -sha256 $NEW")
    hashed = process([PYTHON, "-c", DIGEST, big], bench.environ, bench.home)
    work = f"register {named}, beside"
    ours = bench.register(big)
    yield bench.beside(f"{work} `cp; fsync; openssl dgst -sha256`", ours, copied, bound=1.5, faster=True, runs=runs)
    yield bench.beside(f"{work} `hashlib.file_digest` alone", ours, hashed, bound=1.5, faster=False, runs=runs)
    again = bench.again(big)
    work = f"register {named} that is there, beside `hashlib.file_digest`"
    yield bench.beside(work, again, hashed, bound=1.5, faster=False, runs=runs)
    idle = _peak([PROGRAM, "list"], bench.new_registry())
    yield Memory(f"memory to register {named}", _peak([*bench.words, big], bench.new_registry()), idle, 40)
    bench.sweep()


class _Bench:
    """Runs programs in fresh directories, which are removed when nothing is timed."""

    words = (PROGRAM, "register", "bench", "--code", "none")

    def __init__(self, place: str, home: str) -> None:
        self.home = home
        self.environ = environment(home)
        self._place = place
        self.big = True
        self._numbers = itertools.count()
        self._made: list[str] = []

    def new_path(self) -> str:
        self._made.append(os.path.join(self._place, f"new-{next(self._numbers)}"))
        return self._made[-1]

    def new_registry(self) -> dict[str, str]:
        return self.registry_at(self.new_path())

    def registry_at(self, path: str) -> dict[str, str]:
        """Make a registry and return an environment that names it."""
        create_registry(path)
        return {**self.environ, "MODELKEEP_REGISTRY": path}

    def register(self, path: str) -> Timed:
        """Return a function that registers a path in an empty registry."""
        return self.fresh(lambda new: ([*self.words, path], self.registry_at(new)))

    def again(self, path: str) -> Timed:
        """Return a function that registers the same path once more, as a new version each time."""
        environ = self.registry_at(os.path.join(self._place, "kept"))
        run = process([*self.words, path, "--if-exists", "new"], environ, self.home)
        run()
        return run

    def shell(self, script: str) -> Timed:
        return self.fresh(lambda new: (["sh", "-ec", script], {**self.environ, "NEW": new}))

    def fresh(self, what: Callable[[str], tuple[list[str], dict[str, str]]]) -> Timed:
        """Return a function that runs a program with a path at which there is nothing yet."""

        def run() -> float:
            if self.big:  # or the memory for files runs out; one large file is soon deleted
                self.sweep()
            return process(*what(self.new_path()), self.home)()

        return run

    def beside(self, work: str, ours: Timed, theirs: Timed, **how: object) -> Measured:
        try:
            return beside(work, ours, theirs, **how)
        finally:
            self.sweep()

    def sweep(self) -> None:
        """Remove what the runs left, and wait for the disk."""
        for path in self._made:
            if os.path.isdir(path):
                shutil.rmtree(path)
            elif os.path.exists(path):
                os.unlink(path)
        self._made.clear()
        os.sync()


def _peers(bench: _Bench, big: str, python: str, mlflow: Mlflow | None) -> Iterator[tuple[str, Timed]]:
    if mlflow is not None and mlflow.version is not None:
        yield f"MLflow {mlflow.version} (no hash, nothing durable)", lambda: mlflow.ask("register", big)
    beside_it = os.path.dirname(python)
    dvc = os.path.join(beside_it, "dvc")
    if os.path.exists(dvc):

        def add(new: str) -> tuple[list[str], dict[str, str]]:
            os.mkdir(new)
            subprocess.run([dvc, "init", "-q", "--no-scm"], cwd=new, env=bench.environ, check=True)
            os.link(big, os.path.join(new, "big.bin"))
            return [dvc, "--cd", new, "add", "-q", "big.bin"], bench.environ

        yield "DVC's `add` (MD5, nothing durable)", bench.fresh(add)
    if not subprocess.run([python, "-c", "import bentoml"], capture_output=True, check=False).returncode:
        yield (
            "BentoML (no hash, nothing durable)",
            bench.fresh(lambda new: ([python, "-c", BENTOML, big], {**bench.environ, "BENTOML_HOME": new})),
        )


def _peak(command: list[str], environ: dict[str, str]) -> int:
    """Return the peak memory of a program in bytes."""
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)\n"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code, *command], env=environ, capture_output=True, check=True)
    return int(done.stdout)


def _write(path: str, size: int) -> None:
    """Write a file of random bytes."""
    with open(path, "wb") as file:
        while size:
            size -= file.write(os.urandom(min(size, 16 * MIB)))
