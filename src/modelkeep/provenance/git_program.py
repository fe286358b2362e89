"""The git program, asked about a repository whose configuration and hooks it never sees.

git runs programs that a repository names: hooks, filters, monitors, external diffs, transports. All
are found through the repository's directory or its configuration. So git is given a directory of ours
instead (`PrivateRepository`): a configuration that we write, no hooks, a detached HEAD, and a copy of
the index. Of the repository itself it sees data alone: objects, attributes and the files of the work
tree. The configuration of the account is not seen either. Why: docs/decisions/0021.

Data can still keep git busy (a FIFO, an object of 40 GB), so it has two seconds and 1 GiB of memory.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from modelkeep.domain.text import pattern, printable
from modelkeep.provenance.git_repository import Repository, read_regular

_SECONDS = 2.0
_MOST_MEMORY_BYTES = 1 << 30
_MOST_OUTPUT_BYTES = 64 << 20
_MOST_CONFIG_BYTES = 1 << 20
_MOST_INDEX_BYTES = 64 << 20
_MOST_PACKED_BYTES = 64 << 20
_CHUNK = 1 << 16

#: What a repository may say of how its files stand on disk. The values are words: none can name a program.
_WORK_TREE_KEYS = frozenset({
    "core.autocrlf", "core.checkstat", "core.eol", "core.filemode", "core.ignorecase", "core.precomposeunicode",
    "core.symlinks", "core.trustctime", "extensions.objectformat",
})  # fmt: skip
_WORD = pattern(r"[A-Za-z0-9]{1,20}")

#: Keys and values in the order of the files, the more specific later.
Config = Sequence[tuple[str, str]]


class GitFailed(Exception):
    """git did not answer; the message says why, for a person."""


class Git(Struct, frozen=True):
    """The program, the environment that it gets, and the moment when all of it must be over."""

    program: str
    environ: Mapping[str, str]
    deadline: float

    def config_of_account(self, keys: str) -> Config:
        """Return what the account's own configuration has under keys that match a regular expression."""
        environ = {**self.environ, "GIT_DIR": os.devnull}  # no repository
        return _parsed(self.run(["config", "-z", "--get-regexp", keys], environ, accept={0, 1}))

    def run(
        self,
        arguments: Sequence[str],
        environ: Mapping[str, str] | None = None,
        *,
        cwd: str = os.sep,
        stdin: str = os.devnull,
        accept: Iterable[int] = (0,),
        write: Callable[[bytes], object] | None = None,
    ) -> bytes:
        """Return what git writes, or hand it to ``write``. ``stdin`` is the path of its input.

        Raises ``GitFailed`` where git cannot be started, takes too long, writes more than 64 MiB that
        are not handed on, or ends with a code that is not in ``accept``.
        """
        command = [self.program, "--no-optional-locks", "--no-pager", *arguments]
        kept, complaint = bytearray(), bytearray()
        try:
            with open(stdin, "rb") as source:
                process = subprocess.Popen(
                    command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd,
                    env=dict(self.environ if environ is None else environ), start_new_session=True,
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


def find_git(environ: Mapping[str, str]) -> Git | None:
    """Return the git of the absolute directories of PATH, with two seconds from now on; None where there is none.

    A relative directory (``.``) is passed over: a model's directory with a ``git`` in it is no reason to run that.
    """
    import shutil

    directories = environ.get("PATH", os.defpath).split(os.pathsep)
    program = shutil.which("git", path=os.pathsep.join(path for path in directories if os.path.isabs(path)))
    if program is None:
        return None
    own = {key: value for key, value in environ.items() if not key.startswith("GIT_")}
    # a partial clone would fetch what it lacks
    own |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
    return Git(program, own, time.monotonic() + _SECONDS)


class PrivateRepository:
    """A directory of ours through which git sees the objects, the index and the work tree of a repository."""

    def __init__(self, git: Git, repository: Repository, directory: str) -> None:
        self._git = git
        self._repository = repository
        self._directory = directory
        self._environ = {
            **git.environ,
            "HOME": directory,
            "XDG_CONFIG_HOME": directory,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_DIR": directory,
            "GIT_WORK_TREE": repository.work_tree,
            "GIT_OBJECT_DIRECTORY": os.path.join(repository.common_dir, "objects"),
        }
        os.mkdir(os.path.join(directory, "refs"))

    def config(self) -> Config:
        """Return the repository's own configuration, read as data and without its includes."""
        source = os.path.join(self._repository.common_dir, "config")
        if not os.path.lexists(source):
            return ()
        path = os.path.join(self._directory, "copied-config")
        if not self._copy(source, path, _MOST_CONFIG_BYTES):
            message = "the repository's configuration is no file of at most 1 MiB"
            raise GitFailed(message)
        return _parsed(self.run("config", "--file", path, "--no-includes", "-z", "--list"))

    def open(self, commit: str, config: Config, account: Config) -> None:
        """Set the commit as HEAD, and take over the index and the settings for files in the work tree."""
        self._write("HEAD", f"{commit}\n")
        settings = {
            key: value for key, value in (*account, *config) if key in _WORK_TREE_KEYS and _WORD.fullmatch(value)
        }
        lines = ["[core]\n\trepositoryformatversion = 1\n"]
        for key, value in settings.items():
            section, _, name = key.partition(".")
            lines.append(f"[{section}]\n\t{name} = {value}\n")
        self._write("config", "".join(lines))
        self._copy_attributes(account)
        index = os.path.join(self._repository.git_dir, "index")
        if os.path.lexists(index) and not self._copy(index, os.path.join(self._directory, "index"), _MOST_INDEX_BYTES):
            message = "the index is no file of at most 64 MiB"
            raise GitFailed(message)

    def link_references(self) -> None:
        """Let git see the references, for a revision that a person named."""
        common = self._repository.common_dir
        os.rmdir(os.path.join(self._directory, "refs"))
        for name in ("refs", "logs"):
            os.symlink(os.path.join(common, name), os.path.join(self._directory, name))
        packed = os.path.join(self._directory, "packed-refs")
        self._copy(os.path.join(common, "packed-refs"), packed, _MOST_PACKED_BYTES)

    def run(
        self, *arguments: str, accept: Iterable[int] = (0,), write: Callable[[bytes], object] | None = None
    ) -> bytes:
        """Ask git in the work tree; errors as `Git.run` has them."""
        return self._git.run(arguments, self._environ, cwd=self._repository.work_tree, accept=accept, write=write)

    def attribute_of(self, paths: Sequence[bytes], attribute: str) -> list[bytes]:
        """Return the value that an attribute has for each path."""
        listing = os.path.join(self._directory, "paths")
        with open(listing, "wb") as file:
            file.write(b"\0".join(paths) + b"\0")
        arguments = ["check-attr", "-z", "--stdin", attribute]
        answer = self._git.run(arguments, self._environ, cwd=self._repository.work_tree, stdin=listing)
        return answer.split(b"\0")[2::3]

    def _copy_attributes(self, account: Config) -> None:
        """Take over the attributes that are not in the work tree: the account's, then the repository's own."""
        home = self._git.environ.get("HOME", "")
        base = self._git.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
        of_account = dict(account).get("core.attributesfile", os.path.join(base, "git", "attributes"))
        if of_account.startswith("~/"):
            of_account = home + of_account[1:]
        of_repository = os.path.join(self._repository.common_dir, "info", "attributes")
        found = [read_regular(path, _MOST_CONFIG_BYTES) for path in (of_account, of_repository)]
        os.mkdir(os.path.join(self._directory, "info"))
        with open(os.path.join(self._directory, "info", "attributes"), "wb") as file:
            file.write(b"\n".join(data for data in found if data is not None))

    def _write(self, name: str, text: str) -> None:
        with open(os.path.join(self._directory, name), "w", encoding="utf-8") as file:
            file.write(text)

    @staticmethod
    def _copy(source: str, target: str, most_bytes: int) -> bool:
        """Copy a regular file with its time, for git compares the index's with those of the files."""
        try:
            time_ns = os.stat(source).st_mtime_ns
        except OSError:
            return False
        data = read_regular(source, most_bytes)
        if data is None:
            return False
        with open(target, "wb") as file:
            file.write(data)
        os.utime(target, ns=(time_ns, time_ns))
        return True


@contextlib.contextmanager
def private_repository(git: Git, repository: Repository) -> Iterator[PrivateRepository]:
    """Make a `PrivateRepository` and remove it again; ``GitFailed`` where the disk refuses."""
    import tempfile

    try:
        with tempfile.TemporaryDirectory(prefix="modelkeep-git-") as directory:
            yield PrivateRepository(git, repository, directory)
    except OSError as error:
        message = f"git could not be asked: {error}"
        raise GitFailed(message) from error


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
