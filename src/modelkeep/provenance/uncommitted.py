"""The uncommitted changes of a work tree: whether a tracked file was changed, and the diff.

git is asked through a `private_repository`, so that it runs nothing of the repository.
"""

from __future__ import annotations

import os

from msgspec import Struct
from msgspec.structs import replace

from modelkeep.domain.text import printable
from modelkeep.provenance.git import Git, GitFailed

_STATUS = (
    "status", "--porcelain=v2", "-z", "--untracked-files=no", "--no-ahead-behind", "--no-renames",
    "--ignore-submodules=dirty",
)  # fmt: skip
_DIFF = (
    "diff", "HEAD", "--binary", "--full-index", "--no-renames", "--no-color", "--no-ext-diff", "--no-textconv",
    "--submodule=short", "--ignore-submodules=dirty",
)  # fmt: skip
_UNTRACKED = ("ls-files", "--others", "--exclude-standard", "--directory", "--no-empty-directory", "-z")
#: The digest of a diff without changes.
EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#: A larger diff is not kept.
MOST_DIFF_BYTES = 1 << 20


class Changes(Struct, frozen=True):
    """The uncommitted changes: the digest and size of the diff, and the diff where it is kept and not too large.

    ``untracked`` are the files that git does not know, which are not in the diff; None where they were not looked for.
    """

    digest: str
    size_bytes: int
    diff: bytes | None = None
    untracked: tuple[str, ...] | None = None


def changed(private: Git) -> tuple[bool | None, str | None]:
    """Return whether a tracked file was changed, and a note where a filter keeps us from knowing which."""
    paths, staged = [], False
    for record in private.run(*_STATUS).split(b"\0"):
        if record[:2] == b"1 " and record[3:4] == b".":  # changed in the index alone
            staged = True
        elif record[:2] in {b"1 ", b"u "}:
            paths.append(record.split(b" ", 8 if record[:1] == b"1" else 10)[-1])
    if not paths:
        return staged, None
    answer = private.run("check-attr", "-z", "--stdin", "filter", stdin=b"\0".join(paths) + b"\0")
    filters = answer.split(b"\0")[2::3]
    filtered = [path for path, name in zip(paths, filters, strict=True) if name not in {b"unspecified", b"unset"}]
    if not filtered:
        return True, None
    note = f"a filter of git is not run, so it is unknown whether {printable(os.fsdecode(filtered[0]))} was changed"
    return True if staged or len(filtered) < len(paths) else None, note


def diff_of(private: Git, *, keep: bool) -> Changes | None:
    """Return what was changed, with its bytes where they are kept; None where git does not write it in time."""
    import hashlib

    digest, kept, size = hashlib.sha256(), bytearray(), 0

    def write(chunk: bytes) -> None:
        nonlocal size
        digest.update(chunk)
        size += len(chunk)
        if keep and size <= MOST_DIFF_BYTES:
            kept.extend(chunk)

    try:
        private.run(*_DIFF, write=write)
    except GitFailed:
        return None
    found = Changes(f"sha256:{digest.hexdigest()}", size)
    if not keep or size > MOST_DIFF_BYTES:
        return found
    return replace(found, diff=bytes(kept), untracked=_untracked(private))


def _untracked(private: Git) -> tuple[str, ...] | None:
    """Return the files and directories that git does not know and that no .gitignore names; None where git says nothing."""
    try:
        names = private.run(*_UNTRACKED).split(b"\0")
    except GitFailed:
        return None
    return tuple(os.fsdecode(name) for name in names if name)
