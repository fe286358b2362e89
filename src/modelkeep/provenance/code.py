"""Code: the commit that a version was made from, and whether anything was changed since.

The artifact's work tree is looked at first, then the current directory's. The commit is read from the repository's
files; references in a reftable are not read. What was changed is asked of git. git missing or slow means unknown,
never a failure; the note says why.

git runs programs that a repository names: hooks, filters, monitors, external diffs, transports. All are found through
the repository's directory or its configuration. So git is given a directory of ours instead (`_PrivateRepository`): a
configuration that we write, no hooks, a detached HEAD, and a copy of the index. Of the repository itself it sees data
alone: objects, attributes and the files of the work tree. Why: docs/decisions/0021.

**Dirty** counts tracked files that are not as in the commit, staged or not. Untracked files do not
count: nearly every work tree has some, the artifact often among them. Nor does what is not committed
inside of a submodule; another commit of it does.
**The digest** of a dirty tree is the SHA-256 of ``git diff HEAD --binary --full-index --no-renames``
(git's own defaults for the rest), so a diff that was kept elsewhere can be matched with it.
**A file with a filter** (git-lfs, nbstripout) cannot be compared without running the filter. Where its
size or time changed, it is not known whether it was changed.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from modelkeep.domain.text import check_text, pattern, printable
from modelkeep.errors import NotFound
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
from modelkeep.provenance.urls import scrub

_OBJECT_NAME = pattern(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")  # SHA-1 or SHA-256
_MOST_LINKS = 5  # symbolic references that lead to one another
_MOST_ATTRIBUTES_BYTES, _MOST_INDEX_BYTES, _MOST_PACKED_BYTES = 1 << 20, 64 << 20, 64 << 20
_ACCOUNT_KEYS = r"^core\.(autocrlf|eol|attributesfile)$"
#: What a repository may say of how its files stand on disk. The values are words: none can name a program.
_WORK_TREE_KEYS = frozenset({
    "core.autocrlf", "core.checkstat", "core.eol", "core.filemode", "core.ignorecase", "core.precomposeunicode",
    "core.symlinks", "core.trustctime", "extensions.objectformat",
})  # fmt: skip
_WORD = pattern(r"[A-Za-z0-9]{1,20}")

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


def _places(paths: Sequence[str], cwd: str) -> Iterator[str]:
    """Yield the directories to look at: those of the artifacts, then the current one."""
    for path in [*(path for path in paths if path != "-"), cwd]:
        place = os.path.join(cwd, path)
        yield place if os.path.isdir(place) else os.path.dirname(place)


def _capture_one(repository: Repository, environ: Mapping[str, str]) -> Code:
    """Return the code of one work tree."""
    git = find_git(environ)
    try:
        if not is_trusted(repository, git, environ):
            return Code(note=_FOREIGN)
        branch, commit = _read_head(repository)
        if commit is None:
            return Code(branch=branch, note="the work tree has no commit, or none that can be read")
        if git is None:
            return Code(commit, branch=branch, note=_NOT_INSTALLED)
        return _with_changes(git, repository, branch, commit)
    except GitFailed as error:
        return Code(note=str(error))


def _with_changes(git: Git, repository: Repository, branch: str | None, commit: str) -> Code:
    """Return the commit with its remote and the changes; without them where git does not answer."""
    remote = None
    dirty = None
    try:
        config = git.parse_config(read_config(repository))
        remote = _remote(config, branch)
        with _private_repository(git, repository) as private:
            private.open(commit, config, git.config_of_account(_ACCOUNT_KEYS))
            dirty, note = _changes(private)
            diff = _diff(private) if dirty and note is None else None
            if diff == _EMPTY:  # only line ends or the like differ, which git does not keep
                dirty, diff = False, None
    except GitFailed as error:
        return Code(commit, dirty, None, remote, branch, str(error))
    return Code(commit, dirty, diff, remote, branch, note)


def _changes(private: _PrivateRepository) -> tuple[bool | None, str | None]:
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


def _diff(private: _PrivateRepository) -> str | None:
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
    message = f"git knows no commit '{shown}' in {repositories[0].work_tree}"
    raise NotFound(message, "--code auto|none|REV, as `git rev-parse REV` understands it")


def _resolve(rev: str, git: Git, repository: Repository, environ: Mapping[str, str]) -> Code | None:
    """Return the commit that a repository has for a revision, None where it has none."""
    if not is_trusted(repository, git, environ):
        raise GitFailed(_FOREIGN)
    _, head = _read_head(repository)
    config = git.parse_config(read_config(repository))
    with _private_repository(git, repository) as private:
        private.open(head or "0" * 40, config, ())
        private.link_references()
        answer = private.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}", accept=(0, 1))
    commit = answer.decode(errors="replace").strip()
    return Code(commit, remote=_remote(config, None)) if _OBJECT_NAME.fullmatch(commit) else None


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


class _PrivateRepository:
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
        self._copy(os.path.join(common, "packed-refs"), packed, _MOST_PACKED_BYTES)

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
        found = [read_regular(path, _MOST_ATTRIBUTES_BYTES) for path in (of_account, of_repository)]
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
def _private_repository(git: Git, repository: Repository) -> Iterator[_PrivateRepository]:
    """Make a `_PrivateRepository` and remove it again; ``GitFailed`` where the disk refuses."""
    import tempfile

    try:
        with tempfile.TemporaryDirectory(prefix="modelkeep-git-") as directory:
            yield _PrivateRepository(git, repository, directory)
    except OSError as error:
        message = f"git could not be asked: {error}"
        raise GitFailed(message) from error
