"""Handing an artifact out: every byte is checked on its way, and the destination gets all of it or nothing.

What is written stands beside the destination under a name that begins with ``.modelkeep-`` until it
is whole, checked and durable; then one rename puts it in place.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO, Literal

from msgspec import Struct

from modelkeep.domain.manifest import Manifest, ManifestFile
from modelkeep.domain.text import printable
from modelkeep.errors import Conflict, UsageError
from modelkeep.store.content.artifacts import Artifacts, require
from modelkeep.store.content.hashing import Content, chunks_of, content_of
from modelkeep.store.content.workers import Progress, each
from modelkeep.store.durable import exchange, make_directories, rename_new, sync_directory, sync_file_system
from modelkeep.store.export.compare import holds
from modelkeep.store.os_errors import explain_destination_errors

PREFIX = ".modelkeep-"
_MANY = 16


class Exported(Struct, frozen=True):
    """Where the artifact is, and whether anything had to be written for it."""

    path: str
    changed: bool


def export(
    artifacts: Artifacts,
    manifest: Manifest,
    form: Literal["file", "tree"],
    dest: str,
    *,
    default_name: str,
    force: bool,
    progress: Callable[[int, int], None] | None = None,
) -> Exported:
    """Copy an artifact out of the store, every byte checked.

    ``dest`` that ends in ``/`` (or in ``.`` or ``..``), and for a file an existing directory: the
    artifact goes into it, as the file's name or as ``default_name``. Otherwise ``dest`` is the
    artifact. The same bytes there: nothing changes. Something else: ``Conflict``, unless ``force``
    replaces it, at once or not at all. Files are 0644 and directories 0755, less the umask.

    Raises ``IntegrityError`` for a missing or wrong byte in the store, ``NotFound`` for a directory
    that is not there and ``UsageError`` for a destination that cannot be written; each leaves the
    destination as it was.
    """
    name = manifest.files[0].path if form == "file" else default_name
    target = _target(dest, form, name)
    with explain_destination_errors(target):
        if os.path.lexists(target):
            if holds(target, manifest, form):
                return Exported(target, changed=False)
            _refuse(target, form, force=force)
        parent = os.path.dirname(target) or "."
        fresh = os.path.join(parent, f"{PREFIX}{os.urandom(8).hex()}")
        try:
            counted = Progress(manifest.size_bytes, progress)
            if form == "file":
                _write_file(artifacts, manifest.files[0], fresh, counted, sync=True)
            else:
                _write_tree(artifacts, manifest, fresh, counted)
            _put(fresh, target, form, force=force)
            sync_directory(parent)
        finally:
            _remove(fresh)  # what was displaced, or what was not finished
    return Exported(target, changed=True)


def export_stream(artifacts: Artifacts, manifest: Manifest, out: BinaryIO) -> None:
    """Write a single file to a stream; not one byte leaves before all of them were checked.

    The second reading is compared with the first chunk by chunk, so that a disk which changes its
    mind is caught too. Raises ``UsageError`` for a tree and ``IntegrityError`` as ``export`` does.
    """
    if len(manifest.files) != 1:
        message = f"only a single file can be written to standard output, and this is {len(manifest.files)} files"
        raise UsageError(message, "modelkeep get REF DIRECTORY")
    file = manifest.files[0]
    seen: list[bytes] = []
    with artifacts.open(file.digest) as stream:
        require(file, content_of(stream, lambda chunk: seen.append(hashlib.sha256(chunk).digest())))
        stream.seek(0)
        for chunk, first in zip(chunks_of(stream), seen, strict=True):
            if hashlib.sha256(chunk).digest() != first:
                require(file, Content("other bytes when read again", file.size))
            _write_all(out, chunk)
    out.flush()


def _write_all(out: BinaryIO, chunk: memoryview) -> None:
    while chunk:
        written = out.write(chunk)
        chunk = chunk[written:]


def _target(dest: str, form: Literal["file", "tree"], name: str) -> str:
    if not dest:
        message = "an empty destination"
        raise UsageError(message, "modelkeep get REF DEST")
    into = dest.endswith("/") or os.path.basename(dest) in {".", ".."}
    directory = dest.rstrip("/") or "/"
    if into:
        with explain_destination_errors(dest):
            try:
                make_directories(directory)
            except (FileExistsError, NotADirectoryError):
                message = f"'{printable(directory)}' is not a directory"
                raise Conflict(message, "leave out the / at the end, or name another place") from None
    return os.path.join(dest, name) if into or (form == "file" and os.path.isdir(dest)) else dest


def _refuse(target: str, form: Literal["file", "tree"], *, force: bool) -> None:
    """Raise ``Conflict`` where what is there must stay."""
    shown = printable(target)
    status = os.lstat(target)
    directory = stat.S_ISDIR(status.st_mode)
    if form == "tree" and _is_empty_directory(target):
        return
    if not force:
        message = f"'{shown}' is there already and is something else"
        raise Conflict(message, "--force replaces it")
    if not (directory or stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)):
        # Root could: a /dev/null that is a file harms every program of the machine.
        message = f"'{shown}' is a device, a pipe or a socket: it will not be replaced"
        raise Conflict(message, "name another destination, or - for standard output")
    if directory and form == "file":
        message = f"'{shown}' is a directory, and the artifact is a file"
        raise Conflict(message, "name another destination")
    if directory:
        real = os.path.realpath(target)
        for what, place in (("the current directory", os.getcwd()), ("your home directory", os.path.expanduser("~"))):
            if os.path.commonpath([real, os.path.realpath(place)]) == real:
                message = f"'{shown}' is, or holds, {what}: it will not be replaced"
                raise Conflict(message, "name a directory of its own")
        for mine, what in ((".git", "a git work tree"), ("registry.db", "a registry"), (".modelkeep", "a registry")):
            if os.path.lexists(os.path.join(target, mine)):
                message = f"'{shown}' holds {what}: it will not be replaced"
                raise Conflict(message, "name a directory of its own")


def _write_file(artifacts: Artifacts, file: ManifestFile, path: str, progress: Progress, *, sync: bool) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    with os.fdopen(descriptor, "wb", buffering=0):
        artifacts.copy(file, descriptor, progress.add)
        if sync:
            os.fsync(descriptor)


def _write_tree(artifacts: Artifacts, manifest: Manifest, fresh: str, progress: Progress) -> None:
    os.mkdir(fresh, 0o755)
    directories = {fresh: None}  # in order, and each once
    for file in manifest.files:
        for end, character in enumerate(file.path):
            if character == "/" and (directory := os.path.join(fresh, file.path[:end])) not in directories:
                os.mkdir(directory, 0o755)
                directories[directory] = None
    many = len(manifest.files) > _MANY
    watch = os.open(fresh, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:

        def write(file: ManifestFile) -> None:
            _write_file(artifacts, file, os.path.join(fresh, file.path), progress, sync=not many)

        each(write, manifest.files, progress)
        if many and sync_file_system(watch):
            return
        for file in manifest.files if many else ():
            _sync_file(os.path.join(fresh, file.path))
        for directory in directories:
            sync_directory(directory)
    finally:
        os.close(watch)


def _sync_file(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _put(fresh: str, target: str, form: Literal["file", "tree"], *, force: bool) -> None:
    """Give what was written its name: in one step, so that nobody ever sees half of it."""
    empty = form == "tree" and _is_empty_directory(target)
    if empty or not force:
        try:
            if empty:
                os.chmod(fresh, stat.S_IMODE(os.lstat(target).st_mode))  # `mktemp -d` makes it private: it stays so
                os.rename(fresh, target)
            else:
                rename_new(fresh, target)
        except OSError as error:
            if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
                raise
            message = f"'{printable(target)}' was made by somebody else meanwhile"
            raise Conflict(message, "--force replaces it") from None
    elif form == "file" or not os.path.lexists(target):
        os.rename(fresh, target)
    elif not exchange(fresh, target):
        _swap_aside(fresh, target)


def _is_empty_directory(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path) and not os.listdir(path)


def _swap_aside(fresh: str, target: str) -> None:
    """Replace a directory where the system cannot exchange two names: the old one is brought back on failure."""
    aside = fresh + "-old"
    os.rename(target, aside)
    try:
        os.rename(fresh, target)
    except BaseException:
        os.rename(aside, target)
        raise
    os.rename(aside, fresh)


def _remove(path: str) -> None:
    """Remove a file, a link or a whole directory, if it is there; never follows a link."""
    import shutil

    with suppress(OSError):
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
        elif os.path.lexists(path):
            os.unlink(path)
