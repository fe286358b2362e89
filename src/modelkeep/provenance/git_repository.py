"""A git repository on disk: where it is, whose it is, and the commit that HEAD names.

Nothing here starts a program. A repository may have come with a model that a stranger made, so every
file is read by `read_regular`: a regular file of a bounded size, never waited for. The layout is that
of gitrepository-layout(5). References in a reftable are not read: their commit is unknown.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

from msgspec import Struct

from modelkeep.domain.text import pattern
from modelkeep.locate import other_owner

#: A full object name: SHA-1 or SHA-256.
OBJECT_NAME = pattern(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_BRANCHES = "refs/heads/"
_MOST_REFERENCE_BYTES, _MOST_PACKED_BYTES = 4 << 10, 64 << 20
_MOST_LINKS = 5  # symbolic references that lead to one another


class Repository(Struct, frozen=True):
    """Where a repository keeps what: all are absolute paths.

    ``entry`` is what is called ``.git`` in the work tree. ``git_dir`` has HEAD and the index,
    ``common_dir`` the objects, references and configuration; they differ in a linked work tree.
    """

    work_tree: str
    entry: str
    git_dir: str
    common_dir: str


class Head(Struct, frozen=True):
    """What HEAD names: a branch (None if detached) and its commit (None if there is none, or it cannot be read)."""

    branch: str | None
    commit: str | None


def find_repository(directory: str) -> Repository | None:
    """Return the repository whose work tree holds a directory, the nearest one upwards; None where there is none."""
    place = os.path.realpath(directory)
    while True:
        if (found := _repository_in(place)) is not None:
            return found
        below, place = place, os.path.dirname(place)
        if place == below:
            return None


def is_of_another_user(repository: Repository, environ: Mapping[str, str]) -> bool:
    """Tell whether a part of a repository belongs to an account that is neither this one nor root."""
    paths = (repository.work_tree, repository.entry, repository.git_dir, repository.common_dir)
    return any(other_owner(path, environ) is not None for path in paths)


def read_head(repository: Repository) -> Head:
    """Return the branch and the commit that HEAD names."""
    text = _read_line(os.path.join(repository.git_dir, "HEAD"))
    branch = None
    for _ in range(_MOST_LINKS):
        if text is None or not text.startswith("ref: "):
            break
        name = text.removeprefix("ref: ").strip()
        if not name.startswith("refs/") or ".." in name.split("/"):
            return Head(branch, None)
        if branch is None:
            branch = name.removeprefix(_BRANCHES)
        text = _read_line(os.path.join(repository.common_dir, name)) or _packed(repository, name)
    return Head(branch, text if text is not None and OBJECT_NAME.fullmatch(text) else None)


def read_regular(path: str, most_bytes: int) -> bytes | None:
    """Return what is in a regular file; None for anything else, for a larger file, and for one that cannot be read.

    A FIFO is not waited for, a device not read.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # opening a device may do something
            return None
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > most_bytes:
                return None
            data = file.read(most_bytes + 1)
    except (OSError, ValueError):
        return None
    return data if len(data) <= most_bytes else None


def _repository_in(place: str) -> Repository | None:
    """Return the repository whose ``.git`` stands in a directory."""
    entry = os.path.join(place, ".git")
    git_dir = entry
    if os.path.isfile(entry):
        link = _read_line(entry) or ""
        git_dir = os.path.normpath(os.path.join(place, link.removeprefix("gitdir: ")))
    elif not os.path.isfile(os.path.join(entry, "HEAD")):
        return None
    common = _read_line(os.path.join(git_dir, "commondir"))
    common_dir = git_dir if common is None else os.path.normpath(os.path.join(git_dir, common))
    return Repository(place, entry, git_dir, common_dir)


def _read_line(path: str) -> str | None:
    """Return the one line of a small file; None where it cannot be had."""
    data = read_regular(path, _MOST_REFERENCE_BYTES)
    if data is None or b"\0" in data:
        return None
    return os.fsdecode(data).rstrip("\n")


def _packed(repository: Repository, name: str) -> str | None:
    """Return the object that ``packed-refs`` has for a reference."""
    data = read_regular(os.path.join(repository.common_dir, "packed-refs"), _MOST_PACKED_BYTES) or b""
    end = data.find(b" " + os.fsencode(name) + b"\n")
    return None if end < 0 else data[data.rfind(b"\n", 0, end) + 1 : end].decode("ascii", "replace")
