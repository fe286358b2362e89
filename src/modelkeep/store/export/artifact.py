"""Copying an artifact out of the store: every byte is checked, and the destination gets all of it or nothing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import BinaryIO

from msgspec import Struct

from modelkeep.domain.manifest import Form, Manifest, ManifestFile
from modelkeep.errors import ModelkeepError, UsageError
from modelkeep.store.bucket.interface import Bucket
from modelkeep.store.content.artifacts import copy_out, require
from modelkeep.store.content.hashing import Content, chunks_of, content_of
from modelkeep.store.content.workers import Progress, each
from modelkeep.store.durable import sync_directory, sync_file, sync_file_system
from modelkeep.store.export.destination import draft_beside, put_in_place, remove, require_replaceable, target_of
from modelkeep.store.os_errors import explain_destination_errors

#: From so many files on, one sync of the file system takes less time than one of each.
_MANY = 16


class Exported(Struct, frozen=True):
    """Where the artifact is, and whether anything had to be written for it."""

    path: str
    changed: bool


def export(
    bucket: Bucket,
    manifest: Manifest,
    form: Form,
    dest: str,
    *,
    default_name: str,
    force: bool,
    progress: Callable[[int, int], None] | None = None,
) -> Exported:
    """Copy an artifact out of the store, every byte checked.

    Where ``dest`` means a directory (`target_of`), the artifact goes into it under the file's name or
    ``default_name``; otherwise ``dest`` is the artifact. The same bytes there: nothing changes. Something else
    there is a ``Conflict``, unless ``force`` replaces it. Files are 0644 and directories 0755, less the umask.

    Raises ``IntegrityError`` for a missing or wrong byte in the store, ``NotFound`` for a directory
    that is not there and ``UsageError`` for a destination that cannot be written; each leaves the
    destination as it was.
    """
    name = manifest.files[0].path if form == "file" else default_name
    target = target_of(dest, form, name)
    with explain_destination_errors(target):
        if os.path.lexists(target):
            if holds(target, manifest, form):
                return Exported(target, changed=False)
            require_replaceable(target, form, force=force)
        draft = draft_beside(target)
        try:
            counted = Progress(manifest.size_bytes, progress)
            if form == "file":
                _write_file(bucket, manifest.files[0], draft, counted, sync=True)
            else:
                _write_tree(bucket, manifest, draft, counted)
            put_in_place(draft, target, form, force=force)
            sync_directory(os.path.dirname(target) or ".")
        finally:
            remove(draft)  # an unfinished draft, or what it replaced
    return Exported(target, changed=True)


def export_stream(bucket: Bucket, manifest: Manifest, out: BinaryIO) -> None:
    """Write a single file to a stream; not one byte leaves before all of them were checked.

    The file is read twice. The second reading is compared with the first chunk by chunk, so a disk that
    returns other bytes then is caught too. Raises ``UsageError`` for several files and ``IntegrityError``
    as ``export`` does.
    """
    if len(manifest.files) != 1:
        message = f"only a single file can be written to standard output, and this is {len(manifest.files)} files"
        raise UsageError(message, "modelkeep get REF DIRECTORY")
    file = manifest.files[0]
    checked: list[bytes] = []
    with bucket.get(file.digest) as stream:
        require(file, content_of(stream, lambda chunk: checked.append(hashlib.sha256(chunk).digest())))
        stream.seek(0)
        for chunk, first in zip(chunks_of(stream), checked, strict=True):
            if hashlib.sha256(chunk).digest() != first:
                require(file, Content("other bytes when read again", file.size))
            _write_all(out, chunk)
    out.flush()


def _write_all(out: BinaryIO, chunk: memoryview) -> None:
    while chunk:
        written = out.write(chunk)
        chunk = chunk[written:]


def _write_file(bucket: Bucket, file: ManifestFile, path: str, progress: Progress, *, sync: bool) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    with os.fdopen(descriptor, "wb", buffering=0):
        copy_out(bucket, file, descriptor, progress.add)
        if sync:
            os.fsync(descriptor)


def _write_tree(bucket: Bucket, manifest: Manifest, root: str, progress: Progress) -> None:
    directories = _make_directories(root, manifest)
    many = len(manifest.files) > _MANY
    watch = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:

        def write(file: ManifestFile) -> None:
            _write_file(bucket, file, os.path.join(root, file.path), progress, sync=not many)

        each(write, manifest.files, progress)
        if many and sync_file_system(watch):
            return
        if many:
            for file in manifest.files:
                sync_file(os.path.join(root, file.path))
        for directory in directories:
            sync_directory(directory)
    finally:
        os.close(watch)


def _make_directories(root: str, manifest: Manifest) -> list[str]:
    """Make the directories of an artifact, the outer before the inner, and return them."""
    inner = {str(above) for file in manifest.files for above in PurePosixPath(file.path).parents} - {"."}
    directories = [root, *(os.path.join(root, path) for path in sorted(inner))]
    for directory in directories:
        os.mkdir(directory, 0o755)
    return directories


def holds(path: str, manifest: Manifest, form: Form) -> bool:
    """Say whether a file or directory has exactly the bytes of a manifest, and so would be registered as the same.

    What ``register`` leaves out (``__pycache__``, ``.DS_Store`` …) does not count, unless the artifact has it.
    Nothing is read where a path or a size differs.
    """
    from modelkeep.store.ingest.artifact import name_all, read_all
    from modelkeep.store.ingest.selection import IGNORE_FILE, LEFT_OUT, Selection
    from modelkeep.store.ingest.walk import find

    if os.path.isdir(path) != (form == "tree"):
        return False
    names = {name for file in manifest.files for name in file.path.split("/")}
    filename = manifest.files[0].path if form == "file" else None
    # An artifact that has its .modelkeepignore may have what that names too.
    include = ("*",) if IGNORE_FILE in names else tuple(names & LEFT_OUT)
    selection = Selection(include=include, filename=filename)
    try:
        found = find(name_all([path], selection), selection, secrets=True)
        sizes = {source.path: source.stamp.size for source in found.sources}
        if sizes != {file.path: file.size for file in manifest.files}:
            return False
        return Manifest.of(read_all(found, None, None, None)).digest == manifest.digest
    except (ModelkeepError, OSError):
        return False
