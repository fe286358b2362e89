"""What harm is done to: a command that is one row of a table, the place it works in, the call at which it is struck.

``Scene``   a command line, and what must stand before it; the rows are in scenes.py
``Place``   a directory with a registry, files, cache, config: made once for a scene, brought back before each harm
``Strike``  one system call of the command, and what happens at it: a kill, or an error of the disk
``Played``  a scene that was set up and played once unharmed: what it looks like before and after, and its points

What came of it is judged in reckoning.py.
``Place.run`` runs the command as a process of its own: a program, or, where it is struck, a fork that
strace holds (warm.py). strace counts the calls of one name in one thread, so a point is a name and a number.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from warm import of_checkout, struck

import modelkeep
from modelkeep.errors import ModelkeepError
from modelkeep.registry import open_registry

#: Every call that changes what is on a disk. `openat` counts where it makes a file.
CHANGING = (
    "write,writev,pwrite64,pwritev,fsync,fdatasync,syncfs,sync_file_range,rename,renameat,renameat2,link,linkat,unlink,unlinkat,"
    "rmdir,mkdir,mkdirat,ftruncate,fallocate,copy_file_range,sendfile,symlink,symlinkat,chmod,fchmod,fchmodat,chown,fchown,fchownat,lchown,setxattr,lsetxattr,fsetxattr,utimensat,ioctl,openat"
)
#: What strace cannot count before Python has begun, and what changes nothing: terminals are asked by ioctl.
_CLONE = re.compile(r"ioctl\(.*FICLONE")
_MAKES = re.compile(r"openat\(.*O_CREAT")
_LINE = re.compile(r"^(\d+) +(\w+)\(")
_TEMPORARY = ".modelkeep-"

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has strace")
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="apt-get install strace")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount: run it as root, or look into CI")

_LIBRARIES = [str(Path(modelkeep.__file__).parent.parent), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]


@dataclass(frozen=True)
class Scene:
    """A command to be harmed: a row of the table."""

    name: str
    words: tuple[str, ...]
    prepare: Callable[["Place"], object] = lambda _place: None
    #: Whether an answer or a file tells that it was done; else only the store does.
    visible: bool = True
    #: Whether what it answered must outlive the power; a view in a cache is made again.
    lasting: bool = True
    #: Whether it takes files away from `work` once they are registered; see moves.py.
    moves: bool = False

    def __str__(self) -> str:
        """Name the row in test ids."""
        return self.name


@dataclass(frozen=True)
class Strike:
    """The n-th call of a name, and what strace does at it; ``onwards``: at every later one, too."""

    call: str
    number: int
    what: str = "signal=SIGKILL"
    onwards: bool = False

    def __str__(self) -> str:
        """Tell it as strace wants it."""
        return f"{self.call}:{self.what}:when={self.number}{'+' if self.onwards else ''}"


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    stdout: str
    stderr: str
    #: Whether it made the struck call once more after that: else an error that stays is the same as one that goes.
    went_on: bool = True

    @property
    def killed(self) -> bool:
        return self.code in {-9, 137}


class Place:
    """A directory in which everything lies that a command may touch, and a copy of it as it was."""

    def __init__(self, root: Path, kept: Path, state: Path | None = None) -> None:
        self.root, self.kept = root, kept
        self.registry, self.work = root / "team" / "registry", root / "work"
        self.cache, self.config, self.backup = root / "cache", root / "config", root / "backup"
        self.state = state or root / "state"
        self.environ = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(root),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "MODELKEEP_REGISTRY": str(self.registry),
            "XDG_STATE_HOME": str(self.state),
            "XDG_CACHE_HOME": str(self.cache),
            "XDG_CONFIG_HOME": str(self.config),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "PYTHONPATH": os.pathsep.join(dict.fromkeys(_LIBRARIES)),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def run(self, words: Iterable[str], strike: Strike | None = None) -> Ended:
        """Run a command to its end, or to where it is struck."""
        if strike is None:
            return self._run(words)
        options = ("-e", f"trace={strike.call}", "-e", f"inject={strike}")
        if strike.onwards or "error" not in strike.what:
            return self._traced(("-o", os.devnull, *options), words)
        ended, lines = self._logged(options, words)
        made = Counter(match[1] for match in map(_LINE.match, lines) if match)
        return replace(ended, went_on=max(made.values(), default=0) > strike.number)

    def forked(self, words: Iterable[str]) -> Ended:
        """Run a command as a fork that nothing strikes but the disk."""
        return self._fork(words)

    def must(self, *words: str) -> str:
        """Run a command that is to be done; return what it printed."""
        ended = self.run(words)
        assert ended.code == 0, (words, ended)
        return ended.stdout

    def traced(self, words: Iterable[str], calls: str = CHANGING) -> list[str]:
        """Run a command and return its calls, a line each, as strace tells them with the paths of descriptors."""
        ended, lines = self._logged(("-y", "-s", "200", "-e", f"trace={calls}"), words)
        assert ended.code == 0, ended
        return lines

    def keep(self) -> None:
        """Take the copy that `bring_back` brings back."""
        shutil.rmtree(self.kept, ignore_errors=True)
        shutil.copytree(self.root, self.kept, symlinks=True)
        if self.state.exists() and not self.state.is_relative_to(self.root):
            shutil.copytree(self.state, self.kept / "state", symlinks=True)

    def bring_back(self, kept: Path | None = None) -> None:
        """Put everything back to what it was when it was kept."""
        kept = kept or self.kept
        for part in {"state", *(path.name for path in self.root.iterdir()), *os.listdir(kept)}:
            there = self.state if part == "state" else self.root / part
            shutil.rmtree(there, ignore_errors=True)
            if (kept / part).exists():
                shutil.copytree(kept / part, there, symlinks=True)

    def look(self) -> dict[str, object]:
        """Return all that can be told apart: what the registry answers, and the files outside of it."""
        config = self.config / "modelkeep" / "config.toml"
        return {
            "registry": self._answers(self.registry),
            "backup": self._answers(self.backup) if self.backup.exists() else None,
            "work": self.look_outside(),
            "view": self._view(),
            "config": config.read_text() if config.exists() else None,
        }

    def _view(self) -> dict[str, bytes]:
        """Return the files of the views; the note beside each has times in it."""
        found = _files(self.cache / "modelkeep")
        return {name: data for name, data in found.items() if not name.endswith(".checked")}

    def look_outside(self) -> dict[str, bytes]:
        """Return the content of each file in the directory where the commands run."""
        return _files(self.work)

    def print(self) -> bytes:
        """Return what tells apart any two states of the disk, times aside; nobody opens the registry for it."""
        print_ = hashlib.sha256()
        for top in dict.fromkeys((self.root, self.state)):
            for path in sorted(top.rglob("*")):
                about = path.lstat()
                what = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else ""
                held = (about.st_mode, about.st_nlink, about.st_uid, about.st_gid)
                print_.update(repr((str(path), held, what)).encode())
        return print_.digest()

    def leftovers(self) -> list[str]:
        """Return what lies in the store beside the blobs."""
        return [str(path.relative_to(self.registry)) for path in (self.registry / "store" / "tmp").glob("*")]

    def findings(self) -> list[str]:
        """Return what a whole verification finds, warnings too; nothing where there is no registry yet."""
        with self.at_home():
            if self._answers(self.registry) is None:
                return []
            return [
                f"{each.code} {each.place}: {each.message}" for each in open_registry(self.registry).verify().findings
            ]

    @contextmanager
    def at_home(self) -> Iterator[None]:
        """Let this process be the same user, in the same directory, as the commands are."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environ.items():
                if name.startswith(("XDG_", "MODELKEEP_")):
                    patch.setenv(name, value)
            yield

    def _answers(self, directory: Path) -> object:
        with self.at_home():
            try:
                registry = open_registry(directory)
                models = registry.models(all=True)
            except ModelkeepError as error:
                told = error.hint or ""
                if error.exit_code == 7 and ("modelkeep init" in told or f" backup {self.backup}" in told):
                    return None  # nothing there yet, and what to type is told
                raise
            versions = [version for model in models for version in registry.versions(model.name, all=True)]
            return (
                [(v.ref, v.state, v.stages, v.aliases, v.tags, v.digest) for v in versions],
                [(t.ref, t.stage, t.until is None, t.began.reason) for m in models for t in registry.history(m.name)],
            )

    def _logged(self, strace: Iterable[str], words: Iterable[str]) -> tuple[Ended, list[str]]:
        log = self.root.parent / f"{self.root.name}.calls"
        ended = self._traced(("-o", str(log), *strace), words)
        lines = log.read_text(errors="replace").splitlines()
        log.unlink()
        return ended, lines

    def _traced(self, strace: Iterable[str], words: Iterable[str]) -> Ended:
        return self._fork(words, held=struck(("-f", *strace)))

    def _fork(self, words: Iterable[str], **more: Any) -> Ended:
        code, out, err = of_checkout().run(words, self.environ, self.work, **more)
        return Ended(code, out.decode(errors="replace"), err.decode(errors="replace"))

    def _run(self, words: Iterable[str]) -> Ended:
        done = subprocess.run(
            [sys.executable, "-S", "-m", "modelkeep", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            cwd=self.work,
            env=self.environ,
            timeout=60,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


@dataclass(frozen=True)
class Played:
    """A scene in its place, what can be seen before its command and after it, and the points of the command."""

    scene: Scene
    place: Place
    old: dict[str, object]
    new: dict[str, object]
    points: list[tuple[str, int]]
    #: What a verification finds before: nothing, unless the command is there to mend it.
    findings: list[str]
    #: The states of the disk that were judged and found good, and what was seen in them.
    judged: dict[bytes, dict[str, object]] = field(default_factory=dict)


def play(scene: Scene, place: Place, beginning: Path) -> Played:
    """Copy what all scenes begin with, play this one to see what it does, and bring back where it began."""
    place.bring_back(beginning)
    scene.prepare(place)
    place.keep()
    old, findings = place.look(), place.findings()
    lines = place.traced(scene.words)
    new = place.look()
    assert place.findings() == []
    place.bring_back()
    assert place.look() == old
    return Played(scene, place, old, new, points(lines), findings)


def points(lines: Iterable[str]) -> list[tuple[str, int]]:
    """Return every point at which a command that made these calls can be struck, in the order of the calls.

    strace counts the calls of each thread by itself: whichever comes to the number first is struck.
    """
    made: Counter[tuple[str, str]] = Counter()
    found: dict[tuple[str, int], None] = {}
    for line in lines:
        match = _LINE.match(line)
        if match is None:
            continue
        thread, call = match[1], match[2]
        made[thread, call] += 1
        if (call == "openat" and not _MAKES.search(line)) or (call == "ioctl" and not _CLONE.search(line)):
            continue
        found[call, made[thread, call]] = None
    return list(found)


@contextmanager
def one_processor() -> Iterator[None]:
    """Keep this process and its children on one processor: many files are then taken in by one thread, in order.

    Workers of the test session take different ones.
    """
    before = os.sched_getaffinity(0)
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    os.sched_setaffinity(0, {sorted(before)[number % len(before)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def in_memory(otherwise: Path) -> Iterator[Path]:
    """Make a directory in memory where there is one, else in the other directory; it is gone at the end."""
    shm = Path("/dev/shm")
    made = Path(tempfile.mkdtemp(prefix="modelkeep-harm-", dir=shm if os.access(shm, os.W_OK) else otherwise))
    try:
        yield made
    finally:
        shutil.rmtree(made)


def sampled(every: Iterable[tuple[str, int]], most: int) -> list[tuple[str, int]]:
    """Return of each call the first, the last and some between, at most so many."""
    by_call: dict[str, list[int]] = {}
    for call, number in every:
        by_call.setdefault(call, []).append(number)
    return [(call, number) for call, numbers in by_call.items() for number in spread(numbers, most)]


def spread(items, most):
    """Return the first, the last and some between, at most so many."""
    if len(items) <= most:
        return items
    if most == 1:
        return items[-1:]
    return [items[round(step * (len(items) - 1) / (most - 1))] for step in range(most)]


def _files(top: Path) -> dict[str, bytes]:
    """Return the content of each file, links followed; what is being written does not count."""
    found = {}
    for folder, names, files in os.walk(top, followlinks=True):
        names[:] = [name for name in names if not name.startswith(_TEMPORARY)]
        for name in files:
            if not name.startswith(_TEMPORARY):
                path = Path(folder, name)
                found[str(path.relative_to(top))] = path.read_bytes()
    return found
