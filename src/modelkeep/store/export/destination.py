"""The place that `get` writes to: what a destination means, and what may be replaced there.

``--force`` replaces what an earlier `get` could have written: a regular file, or a directory that holds files of an
artifact and nothing that an artifact cannot have. What is modelkeep's own or the system's is never written to.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from modelkeep.domain.manifest import Form, Manifest
from modelkeep.domain.text import printable
from modelkeep.errors import Conflict, UsageError
from modelkeep.local_path import real_path
from modelkeep.store.named_paths import name_from_disk, open_directory
from modelkeep.store.opened_directory import OpenedDirectory
from modelkeep.store.os_errors import explain_destination_errors

#: Names that no artifact's directory has, and what they tell.
_OF_OTHERS = {
    ".git": "a git work tree",
    ".modelkeep": "a registry",
    "registry.db": "a registry",
    "backup.json": "a backup",
}
#: What tells that a directory may be a registry, or a backup.
_MARKS = ("registry.db", "backup.json")
#: What is a registry's own wherever one of the marks is, also where the rest is missing.
_OWN = ("store", "registry.", "backup.json")
#: What every registry and backup has beside its database: one of these, or both.
_BESIDE = ("registry.lock", "store")
#: An artifact's paths have at most 1024 bytes.
_DEEPEST = 512


class Destination(Struct, frozen=True):
    """A name in an opened directory, and the path of both as the user knows it."""

    directory: OpenedDirectory
    name: str
    path: str

    def status(self) -> os.stat_result | None:
        """Return the ``lstat`` of the destination, None where nothing is there."""
        return self.directory.status(self.name)

    def is_empty_directory(self) -> bool:
        """Tell whether an empty directory is there."""
        status = self.status()
        if status is None or not stat.S_ISDIR(status.st_mode):
            return False
        with self.directory.enter(self.name) as found:
            return found.is_empty()


def open_destination(dest: str, form: Form, name: str, *, to_stdout: str = "modelkeep get REF -") -> Destination:
    """Return the place that the artifact gets: ``dest``, or ``name`` in the directory that ``dest`` means.

    A destination that ends in ``/``, ``.`` or ``..`` is a directory, and is made where it is missing. ``to_stdout`` is what
    writes to standard output instead.
    """
    if not dest:
        message = "an empty destination"
        raise UsageError(message, "modelkeep get REF DEST")
    into = dest.endswith("/") or os.path.basename(dest) in {".", ".."}
    place = dest if into or (form == "file" and os.path.isdir(dest)) else None
    path = dest if place is None else os.path.join(place, name)
    with explain_destination_errors(path):
        if place is None:
            directory = open_directory(os.path.dirname(dest) or ".")
        else:
            try:
                directory = open_directory(place, make=into)
            except (FileExistsError, NotADirectoryError):
                message = f"'{printable(place.rstrip('/'))}' is not a directory"
                raise Conflict(message, "leave out the / at the end, or name another place") from None
    found = Destination(directory, os.path.basename(path), path)
    try:
        _require_outside(found, to_stdout)
    except BaseException:
        directory.close()
        raise
    return found


def _require_outside(place: Destination, to_stdout: str) -> None:
    """Raise ``Conflict`` for a place inside a registry, a backup or a store, and for one of the system's."""
    real = Path(real_path(place.directory.path), place.name)
    top = real.parts[1:2] if real.parts[1:3] != ("dev", "shm") else ()
    if top in {("dev",), ("proc",), ("sys",)}:
        message = f"'{printable(place.path)}' belongs to the system: nothing is written there"
        raise Conflict(message, f"to write to standard output: {to_stdout}")
    for inner, directory in zip((real, *real.parents), real.parents, strict=False):
        own = inner.name.startswith(_OWN) and any(os.path.lexists(directory / name) for name in _MARKS)
        if own or directory.name == ".modelkeep" or _is_registry(directory) or _is_store(directory):
            message = f"'{printable(place.path)}' is inside the registry {printable(str(directory))}"
            raise Conflict(message, "name another destination")


def _is_registry(directory: Path) -> bool:
    """Tell whether a directory is a registry or a backup: a program of others may call a file registry.db too.

    The database is not opened: closing it would end the locks that this process has on it.
    """
    return os.path.isfile(directory / "registry.db") and any(os.path.lexists(directory / name) for name in _BESIDE)


def _is_store(directory: Path) -> bool:
    return os.path.isdir(directory / "tmp") and os.path.isdir(directory / "blobs/sha256")


def require_replaceable(
    place: Destination, manifest: Manifest, form: Form, *, force: bool, known: Callable[[str], bool]
) -> os.stat_result | None:
    """Return what is to be replaced, None for nothing or an empty directory; ``Conflict`` where it must stay.

    ``known`` tells whether the directory at a path is a version of the registry.
    """
    status = place.status()
    if status is None or (form == "tree" and place.is_empty_directory()):
        return None
    shown, mode = printable(place.path), status.st_mode
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode) or (stat.S_ISLNK(mode) and os.path.isfile(place.path))):
        what = "a link, and not to a regular file" if stat.S_ISLNK(mode) else "a device, a pipe or a socket"
        message = f"'{shown}' is {what}: it will not be replaced"
        raise Conflict(message, _elsewhere(place.path))
    if stat.S_ISDIR(mode):
        if form == "file":
            message = f"'{shown}' is a directory, and the artifact is a file"
            raise Conflict(message, "name another destination")
        with place.directory.enter(place.name) as directory:
            status = os.fstat(directory.descriptor)  # what is judged is what may be replaced
            why = _why_kept(directory, {file.path for file in manifest.files}, known if force else lambda _path: False)
        if why is not None:
            message = f"'{shown}' {why}: it will not be replaced"
            raise Conflict(message, "name a directory of its own")
    if not force:
        message = f"'{shown}' exists and is something else"
        raise Conflict(message, "--force replaces it")
    return status


def _elsewhere(path: str) -> str:
    """Return a hint for what can be written to and not replaced."""
    mode = os.stat(path).st_mode if os.path.exists(path) else 0
    if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
        return f"to write to it: modelkeep get REF - > {printable(path)}"
    return "name another destination"


def _why_kept(directory: OpenedDirectory, wanted: set[str], known: Callable[[str], bool]) -> str | None:
    """Return why a directory must not be replaced: for where it is, or for what is in it."""
    status = os.fstat(directory.descriptor)
    for what, place in (("the current directory", "."), ("your home directory", os.path.expanduser("~"))):
        real = Path(real_path(place))
        if any(above.exists() and os.path.samestat(status, os.stat(above)) for above in (real, *real.parents)):
            return f"is, or holds, {what}"
    holds_files = shares_one = False
    for base, names, files, descriptor in os.fwalk(".", dir_fd=directory.descriptor, onerror=_raise):
        inside = base.removeprefix(".").removeprefix("/")
        if inside.count("/") > _DEEPEST:
            return f"is deeper than {_DEEPEST} directories, which no artifact is"
        for name in (*names, *files):
            path = os.path.join(inside, name)
            other = _OF_OTHERS.get(name) or _not_of_artifacts(name, descriptor, status.st_dev)
            if other is not None:
                return f"holds {other}, '{printable(path)}'"
            shares_one = shares_one or name_from_disk(path) in wanted
        holds_files = holds_files or bool(files)
    if holds_files and not shares_one and not known(directory.stable_path):
        return "holds no file of this artifact"
    return None


def _not_of_artifacts(name: str, directory: int, device: int) -> str | None:
    """Return what a name in a directory is, where no artifact has such a thing; None for any other."""
    found = os.stat(name, dir_fd=directory, follow_symlinks=False)
    if found.st_dev != device:
        return "another file system"
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        return "what no artifact has"
    is_store = name == "blobs" and _has_directory(directory, "blobs/sha256") and _has_directory(directory, "tmp")
    return "the store of a registry" if is_store else None


def _has_directory(directory: int, path: str) -> bool:
    try:
        return stat.S_ISDIR(os.stat(path, dir_fd=directory, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _raise(error: OSError) -> None:
    raise error
