"""git: the program, the repositories that it is asked about, and the identity in its configuration.

A repository may have come with a model that a stranger made. git is never run in one: it gets its data on standard
input, or a directory of ours as its repository (`code`). Each file is read by `read_regular`: a regular file of a bounded
size, never waited for. The layout is that of gitrepository-layout(5). Why: docs/decisions/0021.

Data can still keep git busy (a FIFO, an object of 40 GB), so it has two seconds and 1 GiB of memory.
"""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO

from msgspec import Struct

from modelkeep.domain.text import printable
from modelkeep.locate import resolved
from modelkeep.owners import other_owner

_SECONDS = 2.0
_MOST_MEMORY_BYTES = 1 << 30
_MOST_OUTPUT_BYTES = 64 << 20
_MOST_CONFIG_BYTES = 1 << 20
_MOST_LINE_BYTES = 4 << 10
_CHUNK = 1 << 16

#: Keys and values in the order of the files, the more specific later.
Config = Sequence[tuple[str, str]]


class GitFailed(Exception):
    """git did not answer; the message says why, for a person."""


class Repository(Struct, frozen=True):
    """Where a repository keeps what: all are absolute paths.

    ``entry`` is what is called ``.git`` in the work tree. ``git_dir`` has HEAD and the index,
    ``common_dir`` the objects, references and configuration; they differ in a linked work tree.
    """

    work_tree: str
    entry: str
    git_dir: str
    common_dir: str


class Git(Struct, frozen=True):
    """The program, its environment and directory, and the deadline of all that it runs."""

    program: str
    environ: Mapping[str, str]
    deadline: float
    cwd: str = os.sep

    def config_of_account(self, keys: str) -> Config:
        """Return what the account's own configuration has under keys that match a regular expression."""
        return _parsed(self.run("config", "-z", "--get-regexp", keys, accept={0, 1}))

    def parse_config(self, data: bytes) -> Config:
        """Return what a configuration has, without its includes."""
        return _parsed(self.run("config", "--file", "-", "--no-includes", "-z", "--list", stdin=data)) if data else ()

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        accept: Iterable[int] = (0,),
        write: Callable[[bytes], object] | None = None,
    ) -> bytes:
        """Return what git writes, or hand it to ``write``.

        Raises ``GitFailed`` where git cannot be started, takes too long, writes more than 64 MiB that
        are not handed on, or ends with a code that is not in ``accept``.
        """
        command = [self.program, "--no-optional-locks", "--no-pager", *arguments]
        kept, complaint = bytearray(), bytearray()
        try:
            with _file_of(stdin) as source:
                process = subprocess.Popen(
                    command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    cwd=self.cwd, env=dict(self.environ), start_new_session=True,
                )  # fmt: skip
            with process, _killed_at_the_end(process):
                _limit_memory(process.pid)
                for chunk, is_error in _chunks(process, self.deadline):
                    if is_error:
                        complaint += chunk[: _CHUNK - len(complaint)]
                    elif write is not None:
                        write(chunk)
                    elif len(kept) < _MOST_OUTPUT_BYTES:
                        kept += chunk
                    else:
                        message = "git has more to say than is read"
                        raise GitFailed(message)
                code = process.wait(max(self.deadline - time.monotonic(), 0))
        except (subprocess.TimeoutExpired, TimeoutError):
            message = f"git did not answer within {_SECONDS:.0f} seconds"
            raise GitFailed(message) from None
        except (OSError, ValueError) as error:
            message = f"git could not be run: {error}"
            raise GitFailed(message) from error
        if code not in accept:
            lines = complaint.decode(errors="replace").strip().splitlines()
            raise GitFailed(f"git says: {printable(lines[0])[:200]}" if lines else f"git ended with {code}")
        return bytes(kept)


def identity(cwd: str, environ: Mapping[str, str]) -> str | None:
    """Return the user of git's configuration, the address rather than the name; None where there is none."""
    git = find_git(environ)
    if git is None:
        return None
    known: dict[str, str] = {}
    with contextlib.suppress(GitFailed):
        known |= git.config_of_account(r"^user\.(name|email)$")
    repository = find_repository(cwd)
    with contextlib.suppress(GitFailed):
        if repository is not None and is_trusted(repository, git, environ):
            data = read_config(repository)
            if b"user" in data.lower():
                known |= git.parse_config(data)
    return known.get("user.email") or known.get("user.name")


def find_git(environ: Mapping[str, str]) -> Git | None:
    """Return the git of the absolute directories of PATH, outside any repository; None where there is none.

    It has two seconds from now on.

    A relative directory (``.``) is passed over: a model's directory with a ``git`` in it is no reason to run that.
    """
    import shutil

    directories = environ.get("PATH", os.defpath).split(os.pathsep)
    program = shutil.which("git", path=os.pathsep.join(path for path in directories if os.path.isabs(path)))
    if program is None:
        return None
    own = {key: value for key, value in environ.items() if not key.startswith("GIT_")}
    own |= {
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",  # a partial clone would fetch what it lacks
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_DIR": os.devnull,
    }
    return Git(program, own, time.monotonic() + _SECONDS)


def find_repository(directory: str) -> Repository | None:
    """Return the repository whose work tree holds an absolute directory, the nearest one upwards; None without one.

    Upwards is along the path as it is written: a link belongs to the work tree that it lies in.
    """
    place = directory
    while True:
        if (found := _repository_in(place)) is not None:
            return found
        below, place = place, os.path.dirname(place)
        if place == below:
            return None


def is_trusted(repository: Repository, git: Git | None, environ: Mapping[str, str]) -> bool:
    """Tell whether a repository is ours or root's, or git's ``safe.directory`` names its work tree."""
    parts = (repository.work_tree, repository.entry, repository.git_dir, repository.common_dir)
    if all(other_owner(path, environ) is None for path in parts):
        return True
    if git is None:
        return False
    trusted = False
    for _, path in git.config_of_account(r"^safe\.directory$"):
        above = path.removesuffix("*")
        trusted |= path in {"*", repository.work_tree} or (above != path and repository.work_tree.startswith(above))
    return trusted


def read_config(repository: Repository) -> bytes:
    """Return the text of a repository's own configuration, b"" where there is none."""
    path = os.path.join(repository.common_dir, "config")
    data = read_regular(path, _MOST_CONFIG_BYTES) if os.path.lexists(path) else b""
    if data is None:
        message = "the repository's configuration is no file of at most 1 MiB"
        raise GitFailed(message)
    return data


def read_regular(path: str, most_bytes: int) -> bytes | None:
    """Return what is in a regular file; None for anything else, for a larger file, and for one that cannot be read.

    A FIFO is not waited for, a device not read.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # opening a device may do something
            return None
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > most_bytes:
                return None
            data = file.read(most_bytes + 1) or b""  # None: one of /proc has nothing to say yet
    except (OSError, ValueError):
        return None
    return data if len(data) <= most_bytes else None


def read_line(path: str) -> str | None:
    """Return the one line of a small file; None where it cannot be had."""
    data = read_regular(path, _MOST_LINE_BYTES)
    if data is None or b"\0" in data:
        return None
    return os.fsdecode(data).rstrip("\n")


def _repository_in(place: str) -> Repository | None:
    """Return the repository whose ``.git`` stands in a directory."""
    if not os.path.lexists(os.path.join(place, ".git")):
        return None
    place = resolved(place)
    entry = os.path.join(place, ".git")
    git_dir = entry
    if os.path.isfile(entry):
        link = read_line(entry) or ""
        git_dir = os.path.normpath(os.path.join(place, link.removeprefix("gitdir: ")))
    elif not os.path.isfile(os.path.join(entry, "HEAD")):
        return None
    common = read_line(os.path.join(git_dir, "commondir"))
    common_dir = git_dir if common is None else os.path.normpath(os.path.join(git_dir, common))
    return Repository(place, entry, git_dir, common_dir)


@contextlib.contextmanager
def _file_of(data: bytes) -> Iterator[IO[bytes]]:
    """Yield an open file that has the data."""
    if not data:
        with open(os.devnull, "rb") as nothing:
            yield nothing
        return
    import tempfile

    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        yield file


def _chunks(process: subprocess.Popen[bytes], deadline: float) -> Iterator[tuple[bytes, bool]]:
    """Yield what a process writes, and whether it is a complaint, until it ends; ``TimeoutError`` at the deadline."""
    import selectors

    with selectors.DefaultSelector() as selector:
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            left = deadline - time.monotonic()
            ready = selector.select(left) if left > 0 else []
            if not ready:
                raise TimeoutError
            for key, _ in ready:
                if chunk := os.read(key.fd, _CHUNK):
                    yield chunk, key.fileobj is process.stderr
                else:
                    selector.unregister(key.fileobj)


@contextlib.contextmanager
def _killed_at_the_end(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kill a process and its children where it has not ended by itself."""
    import signal

    try:
        yield
    finally:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)


def _limit_memory(pid: int) -> None:
    """Limit the memory of a process, where the system can do so from outside (Linux)."""
    import resource

    if hasattr(resource, "prlimit"):
        with contextlib.suppress(OSError, ValueError):
            resource.prlimit(pid, resource.RLIMIT_DATA, (_MOST_MEMORY_BYTES, _MOST_MEMORY_BYTES))


def _parsed(listing: bytes) -> Config:
    """Return the keys and values of ``git config -z``."""
    items = (item.decode(errors="replace").partition("\n") for item in listing.split(b"\0"))
    return [(key, value) for key, _, value in items if value]
