"""Code: the commit that a version was made from, and whether anything was changed since.

The artifact's work tree is looked at first, then the current directory's. The commit is read from the
repository's files (`git_repository`); what was changed is asked of git, in a way that cannot run anything
the repository brings (`git_program`). git missing or slow means unknown, never a failure; the note says why.

**Dirty** counts tracked files that are not as in the commit, staged or not. Untracked files do not
count: nearly every work tree has some, the artifact often among them. Nor does what is not committed
inside of a submodule; another commit of it does.
**The digest** of a dirty tree is the SHA-256 of ``git diff HEAD --binary --full-index --no-renames``
(git's own defaults for the rest), so a diff that was kept elsewhere can be matched with it.
**A file with a filter** (git-lfs, nbstripout) cannot be compared without running the filter. Where its
size or time changed, it is not known whether it was changed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from msgspec import Struct

from modelkeep.domain.text import check_text, printable
from modelkeep.errors import NotFound
from modelkeep.provenance.git_program import Config, Git, GitFailed, PrivateRepository, find_git, private_repository
from modelkeep.provenance.git_repository import (
    OBJECT_NAME,
    Head,
    Repository,
    find_repository,
    is_of_another_user,
    read_head,
    read_regular,
)
from modelkeep.provenance.urls import scrub

_MOST_CONFIG_BYTES = 1 << 20
_ACCOUNT_KEYS = r"^(core\.(autocrlf|eol|attributesfile)|user\.(name|email))$"
_STATUS = (
    "status", "--porcelain=v2", "-z", "--untracked-files=no", "--no-ahead-behind", "--no-renames",
    "--ignore-submodules=dirty",
)  # fmt: skip
_DIFF = (
    "diff", "HEAD", "--binary", "--full-index", "--no-renames", "--no-color", "--no-ext-diff", "--no-textconv",
    "--submodule=short", "--ignore-submodules=dirty",
)  # fmt: skip
_EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # of no bytes
_NOT_INSTALLED = "git is not installed"
_FOREIGN = "the repository belongs to another user (git's safe.directory may allow it)"
_ASK_FOR_HASH = "--code with a full commit hash, or --code none"


class Code(Struct, frozen=True):
    """The code a version was made from; None is what is not known.

    ``commit`` is the full hash, ``diff`` the digest of what was changed since and not committed,
    ``remote`` a scrubbed URL, ``note`` why something is unknown, for a person.
    """

    commit: str | None = None
    dirty: bool | None = None
    diff: str | None = None
    remote: str | None = None
    branch: str | None = None
    note: str | None = None


def capture(paths: Sequence[str], cwd: str, rev: str = "auto", environ: Mapping[str, str] | None = None) -> Code:
    """Return the code that artifacts at these paths (relative to ``cwd``) were made from.

    ``rev`` is ``auto``, ``none``, or what git shall resolve: a branch, a tag, a commit. One that
    does not resolve raises ``NotFound``; a full hash is believed where it cannot be looked up.
    """
    if rev == "none":
        return Code()
    environ = os.environ if environ is None else environ
    found = (find_repository(place) for place in _places(paths, cwd))
    repositories = list(dict.fromkeys(repository for repository in found if repository is not None))
    if rev != "auto":
        return _named(check_text(rev, "--code"), repositories, environ)
    codes = []
    for repository in repositories:
        code = _capture_one(repository, environ)
        if code.commit is not None:
            return code
        codes.append(code)
    return codes[0] if codes else Code()


def identity(cwd: str, environ: Mapping[str, str]) -> str | None:
    """Return the user of git's configuration, the address rather than the name; None where there is none."""
    git = find_git(environ)
    if git is None:
        return None
    known: dict[str, str] = {}
    with suppress(GitFailed):
        known |= git.config_of_account(_ACCOUNT_KEYS)
    with suppress(GitFailed):
        known |= _config_with_user(git, cwd, environ)
    return known.get("user.email") or known.get("user.name")


def _places(paths: Sequence[str], cwd: str) -> Iterator[str]:
    """Yield the directories to look at: those of the artifacts, then the current one."""
    for path in [*(path for path in paths if path != "-"), cwd]:
        place = os.path.join(cwd, path)
        yield place if os.path.isdir(place) else os.path.dirname(place)


def _config_with_user(git: Git, cwd: str, environ: Mapping[str, str]) -> Config:
    """Return the configuration of the current directory's repository, if it has a user in it."""
    repository = find_repository(cwd)
    if repository is None or not _is_trusted(repository, git, environ):
        return ()
    data = read_regular(os.path.join(repository.common_dir, "config"), _MOST_CONFIG_BYTES)
    if data is None or b"user" not in data.lower():
        return ()
    with private_repository(git, repository) as private:
        return private.config()


def _is_trusted(repository: Repository, git: Git | None, environ: Mapping[str, str]) -> bool:
    """Tell whether a repository is ours, or git's ``safe.directory`` names its work tree."""
    if not is_of_another_user(repository, environ):
        return True
    if git is None:
        return False
    trusted = False
    for _, path in git.config_of_account(r"^safe\.directory$"):
        above = path.removesuffix("*")
        trusted |= path in {"*", repository.work_tree} or (above != path and repository.work_tree.startswith(above))
    return trusted


def _capture_one(repository: Repository, environ: Mapping[str, str]) -> Code:
    """Return the code of one work tree."""
    git = find_git(environ)
    try:
        if not _is_trusted(repository, git, environ):
            return Code(note=_FOREIGN)
        head = read_head(repository)
        if head.commit is None:
            return Code(branch=head.branch, note="the work tree has no commit, or none that can be read")
        if git is None:
            return Code(head.commit, branch=head.branch, note=_NOT_INSTALLED)
        return _with_changes(git, repository, head)
    except GitFailed as error:
        return Code(note=str(error))


def _with_changes(git: Git, repository: Repository, head: Head) -> Code:
    """Return the commit with its remote and the changes; without them where git does not answer."""
    assert head.commit is not None
    remote = None
    dirty = None
    try:
        with private_repository(git, repository) as private:
            config = private.config()
            remote = _remote(config, head.branch)
            private.open(head.commit, config, git.config_of_account(_ACCOUNT_KEYS))
            dirty, note = _changes(private)
            diff = _diff(private) if dirty and note is None else None
            if diff == _EMPTY:  # only line ends or the like differ, which git does not keep
                dirty, diff = False, None
    except GitFailed as error:
        return Code(head.commit, dirty, None, remote, head.branch, str(error))
    return Code(head.commit, dirty, diff, remote, head.branch, note)


def _changes(private: PrivateRepository) -> tuple[bool | None, str | None]:
    """Return whether a tracked file was changed, and a note where a filter keeps us from knowing which."""
    paths, staged = [], False
    for record in private.run(*_STATUS).split(b"\0"):
        if record[:2] == b"1 " and record[3:4] == b".":  # changed in the index alone
            staged = True
        elif record[:2] in {b"1 ", b"u "}:
            paths.append(record.split(b" ", 8 if record[:1] == b"1" else 10)[-1])
    if not paths:
        return staged, None
    filters = private.attribute_of(paths, "filter")
    filtered = [path for path, name in zip(paths, filters, strict=True) if name not in {b"unspecified", b"unset"}]
    if not filtered:
        return True, None
    note = f"a filter of git is not run, so it is unknown whether {printable(os.fsdecode(filtered[0]))} was changed"
    return True if staged or len(filtered) < len(paths) else None, note


def _diff(private: PrivateRepository) -> str | None:
    """Return the digest of what was changed; None where git does not write it in time."""
    import hashlib

    digest = hashlib.sha256()
    try:
        private.run(*_DIFF, write=digest.update)
    except GitFailed:
        return None
    return f"sha256:{digest.hexdigest()}"


def _remote(config: Config, branch: str | None) -> str | None:
    """Return the scrubbed URL of the branch's remote, else of origin, else of the first one."""
    found: dict[str, str] = {}
    for key, value in config:
        found.setdefault(key, value)
    names = (found.get(f"branch.{branch}.remote"), "origin")
    urls = [url for name in names if (url := found.get(f"remote.{name}.url"))]
    urls += [url for key, url in found.items() if key.startswith("remote.") and key.endswith(".url")]
    return scrub(urls[0]) if urls else None


def _named(rev: str, repositories: Sequence[Repository], environ: Mapping[str, str]) -> Code:
    """Return the commit that a person named."""
    shown = printable(rev)
    git = find_git(environ)
    if git is None or not repositories:
        if OBJECT_NAME.fullmatch(rev):
            return Code(rev, note="not looked up: no git work tree here")
        message = f"there is no git work tree here in which '{shown}' could be looked up"
        raise NotFound(message, _ASK_FOR_HASH)
    for repository in repositories:
        try:
            code = _resolve(rev, git, repository, environ)
        except GitFailed as error:
            if OBJECT_NAME.fullmatch(rev):
                return Code(rev, note=f"not looked up: {error}")
            message = f"cannot look up the commit '{shown}': {error}"
            raise NotFound(message, _ASK_FOR_HASH) from error
        if code is not None:
            return code
    message = f"git knows no commit '{shown}' in {repositories[0].work_tree}"
    raise NotFound(message, "--code auto|none|REV, as `git rev-parse REV` understands it")


def _resolve(rev: str, git: Git, repository: Repository, environ: Mapping[str, str]) -> Code | None:
    """Return the commit that a repository has for a revision, None where it has none."""
    if not _is_trusted(repository, git, environ):
        raise GitFailed(_FOREIGN)
    head = read_head(repository)
    with private_repository(git, repository) as private:
        config = private.config()
        private.open(head.commit or "0" * 40, config, ())
        private.link_references()
        answer = private.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}", accept=(0, 1))
    commit = answer.decode(errors="replace").strip()
    return Code(commit, remote=_remote(config, None)) if OBJECT_NAME.fullmatch(commit) else None
