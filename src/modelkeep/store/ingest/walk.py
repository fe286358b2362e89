"""The walk that finds the regular files of an artifact below the typed paths.

A file that is left out is counted, a refused one is an error. The walk ends whatever the symbolic links below a
directory are like: no directory is visited more than 16 times.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from shlex import quote

from modelkeep.domain.manifest import LARGEST_MANIFEST, check_path
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError
from modelkeep.local_path import real_path
from modelkeep.store.ingest.selection import (
    IGNORE_FILE,
    LEFT_OUT,
    UNFINISHED,
    Globs,
    Selection,
    ignored_globs,
    refuse_secret,
    secret_name,
)
from modelkeep.store.ingest.source import Source, Stamp, changed, open_below
from modelkeep.store.named_paths import name_from_disk, status_of
from modelkeep.store.os_errors import explain_source_errors, source_error

#: What a file takes in a manifest beside its path.
_BYTES_IN_MANIFEST = len('{"digest":"sha256:","path":"","size":},') + 64 + len("100000")
#: Two links a level to the next level make 2**levels paths.
_MOST_VISITS = 16

#: Typed paths, each with its name in the artifact; None: the contents of this directory, without its own name.
Named = list[tuple[str, str | None]]


@dataclass(slots=True)
class Found:
    """The files below some typed paths, in the order of their paths in the artifact, and what was left out."""

    sources: list[Source] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    links: int = 0
    empty_directories: int = 0
    #: Globs of --exclude and --include that matched nothing.
    unused: tuple[str, ...] = ()
    manifest_bytes: int = 0

    def notes(self) -> tuple[str, ...]:
        """Return notes about the files that the artifact lacks or changes."""
        notes = []
        if self.left_out:
            notes.append("left out: " + ", ".join(_times(name, n) for name, n in sorted(self.left_out.items())))
        if self.links:
            notes.append(f"copied what {_plural(self.links, 'symbolic link leads', 'symbolic links lead')} to")
        if self.empty_directories:
            notes.append("not kept: " + _plural(self.empty_directories, "empty directory", "empty directories"))
        if colons := [source.path for source in self.sources if ":" in source.path]:
            more = f" and {len(colons) - 1} more" if len(colons) > 1 else ""
            notes.append(
                f"warning: no file can be called '{printable(colons[0])}'{more} on Windows, because of the colon"
            )
        notes += [f"warning: '{printable(glob)}' matched nothing" for glob in self.unused]
        return tuple(notes)


def find(named: Named, selection: Selection, *, secrets: bool) -> Found:
    """Return the regular files of some typed paths, each with its name in the artifact.

    Names that are refused, symbolic links, devices and, unless ``secrets`` allows them, files of secrets raise
    ``UsageError``; a path that is not there raises ``NotFound``.
    """
    found = Found()
    include, exclude = (
        Globs(tuple(map(name_from_disk, selection.include))),
        Globs(tuple(map(name_from_disk, selection.exclude))),
    )
    for root, name in named:
        _Walk(root, selection, found, include, exclude, secrets=secrets).start(name)
    found.unused = (*exclude.unused, *include.unused)
    found.sources.sort(key=lambda source: source.path)
    return found


class _Walk:
    """The walk below one typed path."""

    def __init__(
        self, root: str, selection: Selection, found: Found, include: Globs, exclude: Globs, *, secrets: bool
    ) -> None:
        self._root = root
        self._selection = selection
        self._found = found
        self._secrets = secrets
        self._include = include
        self._exclude = exclude
        self._ignored = Globs(())
        self._visits: Counter[tuple[int, int]] = Counter()

    def start(self, name: str | None) -> None:
        """Visit the typed path: a file goes in under ``name``, a directory with the files below it."""
        shown = printable(self._root)
        with explain_source_errors(self._root):
            status = status_of(self._root)
        if not stat.S_ISDIR(status.st_mode):
            inside = name or name_from_disk(os.path.basename(self._root))
            if not self._left_out(inside, "by --exclude", self._exclude):
                self._file(inside, "", status, followed=False)
            return
        if name is not None:
            check_path(name)
            if name in LEFT_OUT and not self._include.match(name, directory=True):
                self._found.left_out[name] += 1
                return
            if self._left_out(name, "by --exclude", self._exclude, directory=True):
                return
        with explain_source_errors(self._root):
            descriptor = open_below(self._root, "", follow=True, directory=True)
        try:
            self._ignored = Globs(ignored_globs(descriptor, shown))
            if _is_registry(descriptor):
                message = f"'{shown}' is a registry, not an artifact"
                raise UsageError(message)
        finally:
            os.close(descriptor)
        self._directory("", name + "/" if name else "", ((status.st_dev, status.st_ino),))

    def _directory(self, inner: str, prefix: str, above: tuple[tuple[int, int], ...]) -> None:
        """Visit a directory and those below it, one after the other (the length of a path bounds their depth)."""
        waiting = [(inner, above)]
        while waiting:
            inner, above = waiting.pop()
            shown = os.path.join(self._root, inner) if inner else self._root
            with explain_source_errors(shown):
                follow = self._selection.follow_symlinks or not inner
                descriptor = open_below(self._root, inner, follow=follow, directory=True)
                try:
                    if inner and _is_registry(descriptor):
                        self._found.left_out["a registry"] += 1
                        continue
                    with os.scandir(descriptor) as entries:
                        empty = True
                        for entry in entries:
                            empty = False
                            below = f"{inner}/{entry.name}" if inner else entry.name
                            deeper = self._entry(descriptor, entry, below, prefix, above)
                            if deeper is not None:
                                waiting.append((below, (*above, deeper)))
                    self._found.empty_directories += empty
                finally:
                    os.close(descriptor)

    def _entry(
        self,
        descriptor: int,
        entry: os.DirEntry[str],
        inner: str,
        prefix: str,
        above: tuple[tuple[int, int], ...],
    ) -> tuple[int, int] | None:
        """Take a file, or return the identity of a directory that is to be visited too."""
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError as error:
            raise changed(self._shown(inner)) from error
        link = stat.S_ISLNK(status.st_mode)
        if self._is_left_out(inner, directory=stat.S_ISDIR(status.st_mode)):
            return None
        if link:
            status = self._through(descriptor, entry.name, inner, self._shown(inner))
        if not stat.S_ISDIR(status.st_mode):
            self._file(prefix + name_from_disk(inner), inner, status, followed=link)
            return None
        check_path(prefix + name_from_disk(inner))
        identity = (status.st_dev, status.st_ino)
        if self._selection.follow_symlinks:
            shown = self._shown(inner)
            self._visits[identity] += 1
            if identity in above:
                message = f"'{shown}' leads in a circle: it is a symbolic link to a directory above itself"
                raise UsageError(message, f"leave it out with --exclude {printable(inner)!r}")
            if self._visits[identity] > _MOST_VISITS:
                message = f"'{shown}' is reached in more than {_MOST_VISITS} ways through symbolic links"
                raise UsageError(message, f"leave it out with --exclude {printable(inner)!r}")
            self._found.links += link
        return identity

    def _shown(self, inner: str) -> str:
        return printable(os.path.join(self._root, inner))

    def _through(self, descriptor: int, name: str, inner: str, shown: str) -> os.stat_result:
        """Return the status of what a symbolic link leads to; ``UsageError`` without --follow-symlinks."""
        if not self._selection.follow_symlinks:
            message = f"'{shown}' is a symbolic link"
            hint = "--follow-symlinks copies the files they lead to; --exclude leaves them out"
            raise UsageError(message, hint)
        try:
            status = os.stat(name, dir_fd=descriptor)
        except FileNotFoundError:
            message = f"'{shown}' is a symbolic link that leads to nothing"
            raise UsageError(message, f"leave it out with --exclude {printable(inner)!r}") from None
        except OSError as error:
            raise source_error(error, shown) from error
        # Both the link and the end of a chain of links: each may have a harmless name.
        ways = (os.readlink(name, dir_fd=descriptor), real_path(os.path.join(self._root, inner)))
        target = next(filter(None, map(secret_name, ways)), None)
        if target and not self._secrets and not self._include.match(inner):
            raise refuse_secret(shown, inner, target)
        return status

    def _file(self, path: str, inner: str, status: os.stat_result, *, followed: bool) -> None:
        """Take a regular file; refuse any other kind, and secrets."""
        guarded = not self._secrets and not self._include.match(name_from_disk(inner) or path)
        executable = bool(status.st_mode & stat.S_IXUSR)
        source = Source(path, self._root, inner, Stamp.of(status), self._selection.follow_symlinks, guarded, executable)
        if not stat.S_ISREG(status.st_mode):
            message = f"'{source.shown}' is {_kind(status.st_mode)}, not a file"
            hint = "to register what a pipe yields, use - and --filename" if stat.S_ISFIFO(status.st_mode) else None
            raise UsageError(message, hint)
        what = secret_name(inner or path) if guarded else None
        if what:
            raise refuse_secret(source.shown, inner or path, what)
        self._found.sources.append(source)
        self._found.links += followed
        self._found.manifest_bytes += len(source.path.encode(errors="replace")) + _BYTES_IN_MANIFEST
        if self._found.manifest_bytes > LARGEST_MANIFEST:
            message = (
                f"there are more than {len(self._found.sources):,} files, and a version's list of files may have "
                f"{LARGEST_MANIFEST >> 20} MiB"
            )
            raise UsageError(message, f"register one file that holds them: tar -cf files.tar {quote(self._root)}")

    def _is_left_out(self, inner: str, *, directory: bool) -> bool:
        """Tell, and count, whether a name, ``--exclude`` or ``.modelkeepignore`` leaves this path out."""
        path = name_from_disk(inner)
        if self._include.match(path, directory=directory):
            return False
        self._exclude.match(path, directory=directory)  # it has matched something, though it need not
        name = path.rpartition("/")[2]
        if name in LEFT_OUT or UNFINISHED.fullmatch(name):
            if name != IGNORE_FILE:
                self._found.left_out[name if name in LEFT_OUT else "by a get that was killed"] += 1
            return True
        return self._left_out(path, "by --exclude", self._exclude, directory=directory) or self._left_out(
            path, f"by {IGNORE_FILE}", self._ignored, directory=directory
        )

    def _left_out(self, inner: str, why: str, globs: Globs, *, directory: bool = False) -> bool:
        if not globs.match(inner, directory=directory) or self._include.match(inner, directory=directory):
            return False
        self._found.left_out[why] += 1
        return True


def _is_registry(descriptor: int) -> bool:
    """Tell whether an open directory is a registry, which would grow while it is registered in itself."""
    return all(os.access(name, os.F_OK, dir_fd=descriptor) for name in ("registry.db", "store"))


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a pipe (FIFO)"
    if stat.S_ISSOCK(mode):
        return "a socket"
    return "a device"


def _plural(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _times(name: str, count: int) -> str:
    if name.startswith("by "):
        return f"{count} {name}"
    return name if count == 1 else f"{name} ({count} times)"
