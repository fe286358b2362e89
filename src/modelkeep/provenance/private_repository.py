"""A directory of ours through which git sees the data of a repository, and nothing that can run.

git runs programs that a repository names: hooks, filters, monitors, external diffs, transports. All are found through
the repository's directory or its configuration. So git is given a directory of ours instead: a configuration that we
write, no hooks, a detached HEAD, and a copy of the index. Of the repository itself it sees data alone: objects,
attributes and the files of the work tree. The account's configuration is not seen either. Why: docs/decisions/0021.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence

from modelkeep.domain.text import pattern
from modelkeep.provenance.git import Config, Git, GitFailed, Repository, read_regular

_MOST_BYTES, _MOST_INDEX_BYTES = 1 << 20, 64 << 20
#: What a repository may say of how its files stand on disk. The values are words: none can name a program.
_WORK_TREE_KEYS = frozenset({
    "core.autocrlf", "core.checkstat", "core.eol", "core.filemode", "core.ignorecase", "core.precomposeunicode",
    "core.symlinks", "core.trustctime", "extensions.objectformat",
})  # fmt: skip
_WORD = pattern(r"[A-Za-z0-9]{1,20}")


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
        self._copy(os.path.join(common, "packed-refs"), packed, _MOST_INDEX_BYTES)

    def run(
        self, *arguments: str, accept: Iterable[int] = (0,), write: Callable[[bytes], object] | None = None
    ) -> bytes:
        """Ask git in the work tree; errors as `Git.run` has them."""
        return self._git.run(arguments, self._environ, cwd=self._repository.work_tree, accept=accept, write=write)

    def attribute_of(self, paths: Sequence[bytes], attribute: str) -> list[bytes]:
        """Return the value that an attribute has for each path."""
        listing = b"\0".join(paths) + b"\0"
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
        found = [read_regular(path, _MOST_BYTES) for path in (of_account, of_repository)]
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
