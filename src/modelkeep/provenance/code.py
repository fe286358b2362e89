"""Code: the commit that a version was made from, and whether anything was changed since.

It is that of the work tree which holds the artifact, else the script that runs: no other repository made them. One that
happens to be the current directory's is taken where a person says so, with ``HEAD`` (docs/decisions/0028). The commit
is read from the repository's files; references in a reftable are not read. What was changed is asked of git through a
`private_repository`. git missing or slow means unknown, never a failure; the note says why.

**Dirty** counts tracked files that are not as in the commit, staged or not. Untracked files do not count: nearly every
work tree has some, the artifact often among them. Uncommitted changes inside of a submodule do not count; another
commit of the submodule does. **The digest** of a dirty tree is the SHA-256 of ``git diff HEAD --binary --full-index
--no-renames`` (git's own defaults for the rest), so a diff that was kept elsewhere can be matched with it. **A file
with a filter** (git-lfs, nbstripout) cannot be compared without running the filter. Where its size or time changed, it
is not known whether it was changed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from modelkeep.domain.text import check_text, pattern, printable
from modelkeep.domain.urls import scrub
from modelkeep.errors import NotFound
from modelkeep.locate import resolved
from modelkeep.provenance.git import (
    Config,
    Git,
    GitFailed,
    Repository,
    find_git,
    find_repository,
    is_trusted,
    read_config,
    read_line,
    read_regular,
)
from modelkeep.provenance.private_repository import private_repository
from modelkeep.provenance.uncommitted import EMPTY, Changes, changed, diff_of

_OBJECT_NAME = pattern(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")  # SHA-1 or SHA-256
_MOST_LINKS = 5  # symbolic references that lead to one another
_MOST_PACKED_BYTES = 64 << 20
_ACCOUNT_KEYS = r"^core\.(autocrlf|eol|attributesfile)$"
# The branch in the HEAD of a repository that keeps its references in a reftable is .invalid.
_NO_COMMIT = (
    "the work tree has no commit, or none that can be read",
    "the repository keeps its references in a reftable, which is not read; --code with a full commit hash",
)
_NOT_INSTALLED = "git is not installed"
_FOREIGN = "the repository belongs to another user (git's safe.directory may allow it)"
_ASK_FOR_HASH = "--code with a full commit hash, or --code none"
#: Directories of installed packages, which a work tree may hold without having made them.
_ENVIRONMENTS = frozenset({"site-packages", "dist-packages"})


class Code(Struct, frozen=True):
    """The code that a version was made from; a field that is not known is None.

    ``commit`` is the full hash, ``diff`` the digest of what was changed since and not committed,
    ``remote`` a scrubbed URL, ``work_tree`` the directory where all this was found, ``note`` why something is unknown,
    for a person; ``changes`` has more of the diff, where it was asked for.
    """

    commit: str | None = None
    dirty: bool | None = None
    diff: str | None = None
    remote: str | None = None
    branch: str | None = None
    note: str | None = None
    work_tree: str | None = None
    changes: Changes | None = None


def capture(
    paths: Sequence[str],
    cwd: str,
    rev: str = "auto",
    environ: Mapping[str, str] | None = None,
    script: str | None = None,
    *,
    keep_diff: bool = False,
) -> Code:
    """Return the code that artifacts at these paths (relative to ``cwd``) were made from by a script.

    ``rev`` is ``auto``, ``none``, or what git resolves in the current directory's work tree, else in the artifact's: a
    branch, a tag, a commit; ``HEAD`` comes with what was changed since. One that does not resolve raises ``NotFound``;
    a full hash is believed where it cannot be looked up.
    """
    if rev == "none":
        return Code()
    environ = os.environ if environ is None else environ
    files = [os.path.join(cwd, path) for path in paths if path != "-"]
    made = [*files, script] if script is not None else files
    repositories = _repositories(path for path in made if not _is_installed(path))
    here = _repositories([cwd])
    if rev != "auto":
        return _named(
            check_text(rev, "--code"), list(dict.fromkeys([*here, *repositories])), environ, keep_diff=keep_diff
        )
    if not repositories and here:
        return Code(note=f"it comes from no git work tree; --code HEAD takes the commit of {here[0].work_tree}")
    codes = []
    for repository in repositories:
        code = _capture_one(repository, environ, keep_diff=keep_diff)
        if code.commit is not None:
            return code
        codes.append(code)
    return codes[0] if codes else Code()


def _repositories(paths: Iterable[str]) -> list[Repository]:
    """Return the repositories that hold absolute paths: along a path as it was typed, then with its links resolved.

    What is above ``..`` only the resolved path tells.
    """
    found = []
    for path in paths:
        place = path if os.path.isdir(path) else os.path.dirname(path)
        if os.pardir not in place.split(os.sep):
            found.append(find_repository(place))
        found.append(find_repository(resolved(place)))
    return [repository for repository in dict.fromkeys(found) if repository is not None]


def _is_installed(path: str) -> bool:
    """Tell whether a path is that of an installed package or program, which no work tree around it made."""
    programs = (getattr(os, "__file__", None), sys.executable)  # an embedded Python may have neither
    directories = tuple(os.path.join(os.path.dirname(each), "") for each in programs if each)
    return not _ENVIRONMENTS.isdisjoint(path.split(os.sep)) or path.startswith(directories)


def _capture_one(repository: Repository, environ: Mapping[str, str], *, keep_diff: bool) -> Code:
    """Return the code of one work tree."""
    git = find_git(environ)
    try:
        if not is_trusted(repository, git, environ):
            return Code(note=_FOREIGN)
        branch, commit = _read_head(repository)
        if commit is None:
            return Code(branch=None if branch == ".invalid" else branch, note=_NO_COMMIT[branch == ".invalid"])
        if git is None:
            code = Code(commit, branch=branch, note=_NOT_INSTALLED)
        else:
            code = _with_changes(git, repository, branch, commit, keep_diff=keep_diff)
    except GitFailed as error:
        return Code(note=str(error))
    return replace(code, work_tree=repository.work_tree)


def _with_changes(git: Git, repository: Repository, branch: str | None, commit: str, *, keep_diff: bool) -> Code:
    """Return the commit with its remote and the changes; without them where git does not answer."""
    remote = None
    dirty = None
    changes: Changes | None = None
    try:
        config = git.parse_config(read_config(repository))
        remote = _remote(config, branch)
        account = git.config_of_account(_ACCOUNT_KEYS)
        with private_repository(git, repository, commit, config, account) as private:
            dirty, note = changed(private)
            changes = diff_of(private, keep=keep_diff) if dirty and note is None else None
            if changes is not None and changes.digest == EMPTY:  # only line ends or the like, which git does not keep
                dirty, changes = False, None
    except GitFailed as error:
        return Code(commit, dirty, None, remote, branch, str(error))
    diff = None if changes is None else changes.digest
    return Code(commit, dirty, diff, remote, branch, note, changes=changes if keep_diff else None)


def _remote(config: Config, branch: str | None) -> str | None:
    """Return the scrubbed URL of the branch's remote, else of origin, else of the first one."""
    found: dict[str, str] = {}
    for key, value in config:
        found.setdefault(key, value)
    names = (found.get(f"branch.{branch}.remote"), "origin")
    urls = [url for name in names if (url := found.get(f"remote.{name}.url"))]
    urls += [url for key, url in found.items() if key.startswith("remote.") and key.endswith(".url")]
    return scrub(urls[0]) if urls else None


def _named(rev: str, repositories: Sequence[Repository], environ: Mapping[str, str], *, keep_diff: bool) -> Code:
    """Return the commit that a person named, of the first repository that has it."""
    shown = printable(rev)
    if rev == "HEAD" and repositories:
        head = _capture_one(repositories[0], environ, keep_diff=keep_diff)
        if head.commit is None:
            message = f"cannot look up the commit 'HEAD' of {printable(repositories[0].work_tree)}: {head.note}"
            raise NotFound(message, _ASK_FOR_HASH)
        return head
    git = find_git(environ)
    if git is None or not repositories:
        if _OBJECT_NAME.fullmatch(rev):
            return Code(rev, note="not looked up: no git work tree here")
        message = f"there is no git work tree here in which '{shown}' could be looked up"
        raise NotFound(message, _ASK_FOR_HASH)
    for repository in repositories:
        try:
            code = _resolve(rev, git, repository, environ)
        except GitFailed as error:
            if _OBJECT_NAME.fullmatch(rev):
                return Code(rev, note=f"not looked up: {error}")
            message = f"cannot look up the commit '{shown}': {error}"
            raise NotFound(message, _ASK_FOR_HASH) from error
        if code is not None:
            return code
    message = f"git knows no commit '{shown}' in {printable(repositories[0].work_tree)}"
    raise NotFound(message, "--code auto|none|REV, as `git rev-parse REV` understands it")


def _resolve(rev: str, git: Git, repository: Repository, environ: Mapping[str, str]) -> Code | None:
    """Return the commit that a repository has for a revision, None where it has none."""
    if not is_trusted(repository, git, environ):
        raise GitFailed(_FOREIGN)
    _, head = _read_head(repository)
    config = git.parse_config(read_config(repository))
    with private_repository(git, repository, head or "0" * 40, config, references=True) as private:
        answer = private.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}", accept=(0, 1))
    commit = answer.decode(errors="replace").strip()
    if not _OBJECT_NAME.fullmatch(commit):
        return None
    return Code(commit, remote=_remote(config, None), work_tree=repository.work_tree)


def _read_head(repository: Repository) -> tuple[str | None, str | None]:
    """Return the branch and the commit that HEAD names; None where it is detached, or has none that can be read."""
    text = read_line(os.path.join(repository.git_dir, "HEAD"))
    branch = None
    for _ in range(_MOST_LINKS):
        if text is None or not text.startswith("ref: "):
            break
        name = text.removeprefix("ref: ").strip()
        if not name.startswith("refs/") or ".." in name.split("/"):
            return branch, None
        if branch is None:
            branch = name.removeprefix("refs/heads/")
        text = read_line(os.path.join(repository.common_dir, name)) or _packed(repository, name)
    return branch, text if text is not None and _OBJECT_NAME.fullmatch(text) else None


def _packed(repository: Repository, name: str) -> str | None:
    """Return the object that ``packed-refs`` has for a reference."""
    data = read_regular(os.path.join(repository.common_dir, "packed-refs"), _MOST_PACKED_BYTES) or b""
    end = data.find(b" " + os.fsencode(name) + b"\n")
    return None if end < 0 else data[data.rfind(b"\n", 0, end) + 1 : end].decode("ascii", "replace")
