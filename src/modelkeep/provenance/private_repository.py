"""A directory of ours through which git sees the data of a repository, and nothing that can run.

git runs programs that a repository names: hooks, filters, monitors, external diffs, transports. All are found through
the repository's directory or its configuration. So git is given a directory of ours instead: a configuration that we
write, no hooks, a detached HEAD, and a copy of the index. Of the repository itself it sees data alone: objects,
attributes and the files of the work tree. The account's configuration is not seen either. Why: docs/decisions/0021.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator

from msgspec.structs import replace

from modelkeep.domain.text import pattern, printable
from modelkeep.local_path import real_path
from modelkeep.provenance.git import Config, Git, GitFailed, Repository, read_regular

_MOST_BYTES, _MOST_INDEX_BYTES = 1 << 20, 64 << 20
#: What a repository may say of how its files stand on disk. The values are words: none can name a program.
_WORK_TREE_KEYS = frozenset({
    "core.autocrlf", "core.checkstat", "core.eol", "core.filemode", "core.ignorecase", "core.precomposeunicode",
    "core.symlinks", "core.trustctime", "extensions.objectformat",
})  # fmt: skip
_WORD = pattern(r"[A-Za-z0-9]{1,20}")


@contextlib.contextmanager
def private_repository(
    git: Git, repository: Repository, commit: str, config: Config, account: Config = (), *, references: bool = False
) -> Iterator[Git]:
    """Yield git in the work tree of a repository, with a directory of ours as its repository, removed at the end.

    ``commit`` is its HEAD; of ``config`` and ``account`` it has the settings for files in the work tree. With
    ``references`` it sees those, for a revision that a person named. ``GitFailed`` where the disk refuses.
    """
    import tempfile

    try:
        place = real_path(tempfile.gettempdir())
        if _is_open_to_others(place):
            message = f"other accounts may change the directory for temporary files, {printable(place)}"
            raise GitFailed(message)
        with tempfile.TemporaryDirectory(prefix="modelkeep-git-", dir=place) as directory:
            _write(directory, "HEAD", f"{commit}\n".encode())
            _write(directory, "config", _settings((*account, *config)))
            _write(directory, "info/attributes", _attributes(git, repository, account))
            _write(directory, "info/exclude", _read_own(repository, "exclude"))
            _copy_index(repository, directory)
            if references:
                _link_references(repository, directory)
            else:
                os.mkdir(os.path.join(directory, "refs"))
            environ = {
                **git.environ,
                "HOME": directory,
                "XDG_CONFIG_HOME": directory,
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_DIR": directory,
                "GIT_WORK_TREE": repository.work_tree,
                "GIT_OBJECT_DIRECTORY": os.path.join(repository.common_dir, "objects"),
            }
            yield replace(git, environ=environ, cwd=repository.work_tree)
    except OSError as error:
        message = f"git could not be asked: {error}"
        raise GitFailed(message) from error


def _is_open_to_others(directory: str) -> bool:
    """Tell whether another account could put a directory of its own in the place of one that we make here.

    Where the usual places are full, Python takes the current directory.
    """
    if not hasattr(os, "geteuid"):  # Windows
        return False
    status = os.stat(directory)
    writable = status.st_mode & stat.S_IWOTH or (status.st_mode & stat.S_IWGRP and status.st_gid != os.getegid())
    if status.st_uid not in {0, os.geteuid()} or (writable and not status.st_mode & stat.S_ISVTX):
        return True
    above = os.path.dirname(directory)
    return above != directory and _is_open_to_others(above)


def _settings(config: Config) -> bytes:
    """Return a configuration with what may be taken over, the last value of each key."""
    lines = ["[core]\n\trepositoryformatversion = 1\n"]
    for key, value in dict(config).items():
        if key in _WORK_TREE_KEYS and _WORD.fullmatch(value):
            section, _, name = key.partition(".")
            lines.append(f"[{section}]\n\t{name} = {value}\n")
    return "".join(lines).encode()


def _attributes(git: Git, repository: Repository, account: Config) -> bytes:
    """Return the attributes that are not in the work tree: the account's, then the repository's own."""
    home = git.environ.get("HOME", "")
    base = git.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    of_account = dict(account).get("core.attributesfile", os.path.join(base, "git", "attributes"))
    if of_account.startswith("~/"):
        of_account = home + of_account[1:]
    return b"\n".join((read_regular(of_account, _MOST_BYTES) or b"", _read_own(repository, "attributes")))


def _read_own(repository: Repository, name: str) -> bytes:
    """Return a file of patterns that a repository has for itself."""
    return read_regular(os.path.join(repository.common_dir, "info", name), _MOST_BYTES) or b""


def _copy_index(repository: Repository, directory: str) -> None:
    """Copy the index with its time, for git compares that with the times of the files."""
    source, target = os.path.join(repository.git_dir, "index"), os.path.join(directory, "index")
    if not os.path.lexists(source):
        return
    time_ns = os.stat(source).st_mtime_ns  # before its bytes are read: a later time could hide a change
    data = read_regular(source, _MOST_INDEX_BYTES)
    if data is None:
        message = "the index is no file of at most 64 MiB"
        raise GitFailed(message)
    _write(directory, "index", data)
    os.utime(target, ns=(time_ns, time_ns))


def _link_references(repository: Repository, directory: str) -> None:
    common = repository.common_dir
    for name in ("refs", "logs"):
        os.symlink(os.path.join(common, name), os.path.join(directory, name))
    packed = read_regular(os.path.join(common, "packed-refs"), _MOST_INDEX_BYTES)
    if packed is not None:
        _write(directory, "packed-refs", packed)


def _write(directory: str, name: str, data: bytes) -> None:
    path = os.path.join(directory, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
