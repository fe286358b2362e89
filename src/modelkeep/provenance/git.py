"""Code: the commit a version was made from, asked of git in two seconds or not known.

The artifact's work tree is looked at first, then the current directory's. Git missing, slow, or
of the opinion that the directory belongs to somebody else means unknown, never a failure; the
note says which. ``GIT_*`` is cleared, so that a hook's or a CI job's variables do not point us to
another repository, and nothing is written (``--no-optional-locks``).

**Dirty** counts tracked files that are not as in the commit, staged or not; untracked ones do not
count, for nearly every work tree has some, the artifact often among them. **The digest** of a dirty
tree is the SHA-256 of ``git diff HEAD --binary --full-index --no-renames`` (git's own defaults for
the rest), so a diff that was kept elsewhere can be matched with it. What is not committed inside of a
submodule does not count.

**No program that a work tree names is run**: it may have come with the model. A file monitor is switched
off, nothing is fetched, submodules are not entered, and where the tree's own configuration has a filter
(other than git-lfs) only the commit is asked.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from modelkeep.domain.patterns import pattern
from modelkeep.domain.text import check_text, printable
from modelkeep.errors import NotFound
from modelkeep.provenance import child_process
from modelkeep.provenance.urls import scrub

_SECONDS = 2.0
_SECONDS_STATUS = 1.5  # what is left is for asking the commit alone
_FULL = pattern(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REMOTES = r"^(remote\..*\.url|branch\..*\.remote)$"
_FILTERS = r"^filter\..*\.(clean|process)$"
_LFS = frozenset({"git-lfs clean -- %f", "git-lfs filter-process"})
_IDENTITY = r"^user\.(name|email)$"
_DIFF = (
    "diff", "HEAD", "--binary", "--full-index", "--no-renames", "--no-color", "--no-ext-diff", "--no-textconv",
    "--src-prefix=a/", "--dst-prefix=b/", "--unified=3", "--inter-hunk-context=0", "--diff-algorithm=default",
    "--indent-heuristic", "--submodule=short", "--no-relative", "--ignore-submodules=dirty",
)  # fmt: skip


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
    does not resolve raises ``NotFound``; a full hash is believed where there is no git to ask.
    """
    if rev == "none":
        return Code()
    deadline = time.monotonic() + _SECONDS
    places = [place for place in _places(paths, cwd) if _below_git(place)]
    if rev == "auto" and not places:
        return Code()
    git = _Git.find(os.environ if environ is None else environ, deadline)
    if rev != "auto":
        return _given(check_text(rev, "--code"), git, places)
    if git is None:
        return Code(note="git is not installed")
    best = Code()
    for place in places:
        code = _look(git, place)
        if code.commit is not None:
            return code
        best = best if best.note else code
    return best


def identity(cwd: str, environ: Mapping[str, str] | None = None) -> str | None:
    """Return who git's configuration says the user is, the address rather than the name; or None."""
    git = _Git.find(os.environ if environ is None else environ, time.monotonic() + _SECONDS)
    if git is None:
        return None
    found = dict(git.config(cwd, _IDENTITY))
    return found.get("user.email") or found.get("user.name")


class _Git(Struct, frozen=True):
    """The program, the environment it gets and the moment at which all of it must be over."""

    program: str
    environ: Mapping[str, str]
    deadline: float

    @classmethod
    def find(cls, environ: Mapping[str, str], deadline: float) -> _Git | None:
        program = child_process.find("git", environ)
        clean = {key: value for key, value in environ.items() if not key.startswith("GIT_")}
        clean |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
        # a partial clone fetches what it lacks, through a program of its choice
        clean |= {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
        return None if program is None else cls(program, clean, deadline)

    def run(
        self, place: str, *arguments: str, take: child_process.Take | None = None, deadline: float | None = None
    ) -> child_process.Outcome:
        """Ask git in a directory. What cannot be started or asked is an outcome without a code."""
        # a repository's own fsmonitor is a program of its choice
        command = [self.program, "--no-optional-locks", "--no-pager", "-c", "core.fsmonitor=false", "-C", place]
        try:
            return child_process.run([*command, *arguments], self.environ, deadline or self.deadline, take)
        except (OSError, ValueError):
            return child_process.Outcome(None, b"", b"")

    def config(self, place: str, pattern: str) -> Iterator[tuple[str, str]]:
        """Yield keys and values of the configuration, the more specific later."""
        for item in self.run(place, "config", "-z", "--get-regexp", pattern).out.split(b"\0"):
            key, _, value = item.decode(errors="replace").partition("\n")
            if value:
                yield key, value

    def filter_of(self, place: str, deadline: float) -> str | None:
        """Return the key of a filter that a work tree's own configuration names, empty for none, None for no answer."""
        outcome = self.run(place, "config", "--show-scope", "-z", "--get-regexp", _FILTERS, deadline=deadline)
        if outcome.code is None:
            return None
        if outcome.code not in {0, 1}:
            return "what this git cannot tell"
        words = outcome.out.decode(errors="replace").split("\0")
        for scope, item in zip(words[::2], words[1::2], strict=False):
            key, _, value = item.partition("\n")
            if scope not in {"system", "global"} and value and value not in _LFS:
                return printable(key)
        return ""


def _places(paths: Sequence[str], cwd: str) -> Iterator[str]:
    """Yield the directories to look at: the artifacts' own, each once, then the current one."""
    seen = set()
    for path in [*(path for path in paths if path != "-"), cwd]:
        place = os.path.join(cwd, path)
        place = place if os.path.isdir(place) else os.path.dirname(place)
        if place not in seen:
            seen.add(place)
            yield place


def _below_git(place: str) -> bool:
    """Say whether git may find a work tree here; it saves starting it where there is none."""
    place = os.path.realpath(place)
    while not os.path.lexists(os.path.join(place, ".git")):
        below, place = place, os.path.dirname(place)
        if place == below:
            return False
    return True


def _look(git: _Git, place: str) -> Code:
    """Return what git tells of a work tree."""
    slow = f"git did not answer within {_SECONDS:.0f} seconds"
    soon = git.deadline - _SECONDS + _SECONDS_STATUS
    key = git.filter_of(place, soon)
    if key is None:
        return _commit_alone(git, place, slow)
    if key:
        note = f"the work tree's own configuration names a program ({key}): it was not run, so changes are unknown"
        return _commit_alone(git, place, note)
    status = _Status()
    outcome = git.run(
        place, "status", "--porcelain=v2", "--branch", "-z", "--untracked-files=no", "--no-ahead-behind",
        "--ignore-submodules=dirty", take=status.take, deadline=soon,
    )  # fmt: skip
    if outcome.code is None and status.dirty is None:
        return _commit_alone(git, place, slow)
    if outcome.code:
        return Code(note=_why(outcome.err))
    branch = status.headers.get("branch.head")
    branch = None if branch == "(detached)" else branch
    commit = status.headers.get("branch.oid", "")
    if not _FULL.fullmatch(commit):
        return Code(branch=branch, note="the work tree has no commit yet")
    dirty = bool(status.dirty)
    code = Code(commit, dirty, remote=_remote(git, place, branch), branch=branch)
    return replace(code, diff=_diff(git, place)) if dirty else code


class _Status:
    """What ``git status`` writes, read until it is known whether anything was changed."""

    __slots__ = ("_rest", "dirty", "headers")

    def __init__(self) -> None:
        self._rest = b""
        self.headers: dict[str, str] = {}
        self.dirty: bool | None = None

    def take(self, data: bytes) -> bool:
        *records, self._rest = (self._rest + data).split(b"\0")
        for record in records:
            if not record.startswith(b"# "):
                self.dirty = True
                return False
            key, _, value = record[2:].decode(errors="replace").partition(" ")
            self.headers[key] = value
        return True


def _commit_alone(git: _Git, place: str, note: str) -> Code:
    """Return the commit, and why nothing else is known."""
    outcome = git.run(place, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    commit = outcome.out.decode(errors="replace").strip()
    return Code(commit if _FULL.fullmatch(commit) else None, note=note)


def _diff(git: _Git, place: str) -> str | None:
    """Return the digest of what was changed; None if it did not come in time."""
    import hashlib

    digest = hashlib.sha256()

    def take(data: bytes) -> bool:
        digest.update(data)
        return True

    outcome = git.run(place, *_DIFF, take=take)
    return "sha256:" + digest.hexdigest() if outcome.code == 0 else None


def _remote(git: _Git, place: str, branch: str | None) -> str | None:
    """Return the scrubbed URL of the branch's remote, else of origin, else of the first one."""
    found: dict[str, str] = {}
    for key, value in git.config(place, _REMOTES):
        found.setdefault(key, value)
    names = (found.get(f"branch.{branch}.remote"), "origin")
    urls = [url for name in names if (url := found.get(f"remote.{name}.url"))]
    urls += [url for key, url in found.items() if key.startswith("remote.")]
    return scrub(urls[0]) if urls else None


def _given(rev: str, git: _Git | None, places: Sequence[str]) -> Code:
    """Return the commit that a person named."""
    shown = printable(rev)
    if git is None or not places:
        if _FULL.fullmatch(rev):
            return Code(rev, note="not looked up: no git work tree here")
        message = f"there is no git work tree here in which '{shown}' could be looked up"
        raise NotFound(message, "--code with a full commit hash, or --code none")
    for place in places:
        outcome = git.run(place, "rev-parse", "--verify", "--quiet", "--end-of-options", rev + "^{commit}")
        commit = outcome.out.decode(errors="replace").strip()
        if outcome.code == 0 and _FULL.fullmatch(commit):
            return Code(commit, remote=_remote(git, place, None))
        if outcome.code not in {0, 1}:
            why = _why(outcome.err)
            if _FULL.fullmatch(rev):
                return Code(rev, note=f"not looked up: {why}")
            message = f"cannot look up the commit '{shown}': {why}"
            raise NotFound(message, "--code with a full commit hash, or --code none")
    message = f"git knows no commit '{shown}' in {places[0]}"
    raise NotFound(message, "--code auto|none|REV, as `git rev-parse REV` understands it")


def _why(complaint: bytes) -> str:
    if b"dubious ownership" in complaint:
        return "git does not trust the work tree: it belongs to another user (git's safe.directory)"
    lines = complaint.decode(errors="replace").strip().splitlines()
    return f"git says: {printable(lines[0])[:200]}" if lines else "git did not answer"
