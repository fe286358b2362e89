"""Copying an artifact out of the store: every byte is checked, and the destination gets all of it or nothing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import PurePosixPath
from shlex import join
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct

from modelkeep.domain.manifest import Form, Manifest, ManifestFile
from modelkeep.domain.text import printable
from modelkeep.errors import Conflict, ModelkeepError, UsageError
from modelkeep.store.bucket.interface import Contents
from modelkeep.store.content.artifacts import copy_out, require
from modelkeep.store.content.hashing import Content, chunks_of, content_of
from modelkeep.store.content.workers import Progress, each
from modelkeep.store.durable import sync_file_system
from modelkeep.store.export.destination import open_destination, require_replaceable
from modelkeep.store.export.draft import Draft, remove_stale_drafts
from modelkeep.store.named_paths import name_on_disk
from modelkeep.store.opened_directory import OpenedDirectory
from modelkeep.store.os_errors import explain_destination_errors

if TYPE_CHECKING:
    from modelkeep.store.ingest.selection import Selection

#: From so many files on, one sync of the file system takes less time than one of each.
_MANY = 16
#: How many files a hint names at most.
_MOST_NAMED = 5


class Exported(Struct, frozen=True):
    """Where the artifact is, and whether anything had to be written for it."""

    path: str
    changed: bool


def export(
    bucket: Contents,
    manifest: Manifest,
    form: Form,
    dest: str,
    *,
    default_name: str,
    force: bool,
    known: Callable[[str], bool] = lambda _digest: False,
    progress: Callable[[int, int], None] | None = None,
) -> Exported:
    """Copy an artifact out of the store, every byte checked.

    Where ``dest`` means a directory (`open_destination`), the artifact goes into it under the file's name or
    ``default_name``; otherwise ``dest`` is the artifact. The same bytes there: nothing changes. Something else
    there is a ``Conflict``, unless ``force`` replaces it (`require_replaceable`; ``known`` tells whether a version has
    a digest). Files are 0644, or 0755 where the manifest says so, and directories 0755, less the umask.

    Raises ``IntegrityError`` for a missing or wrong byte in the store, ``NotFound`` for a directory that is not there,
    ``RegistryUnavailable`` for a full disk or a missing permission, and ``UsageError`` for a destination that cannot be
    written; each leaves the destination as it was.
    """
    file = manifest.files[0] if form == "file" else None
    place = open_destination(dest, form, name_on_disk(default_name if file is None else file.path))
    with place.directory, explain_destination_errors(place.path):
        lacking = None if place.status() is None else not_executable(place.path, manifest, form)
        if lacking == []:
            return Exported(place.path, changed=False)
        if lacking and not force:
            paths = [place.path if form == "file" else os.path.join(place.path, name_on_disk(each)) for each in lacking]
            what = "is not executable" if form == "file" else f"{len(lacking)} of its files are not executable"
            message = f"'{printable(place.path)}' has these bytes, but {what}"
            raise Conflict(message, printable(f"chmod +x {join(paths[:_MOST_NAMED])}"))
        replaced = require_replaceable(place, manifest, form, force=force, known=lambda path: known(_digest_of(path)))
        remove_stale_drafts(place.directory)
        draft = Draft(place.directory, form, 0o755 if file is None else _mode(file))
        try:
            counted = Progress(manifest.size_bytes, progress)
            if file is None:
                _write_tree(bucket, manifest, draft.root, counted)
            else:
                copy_out(bucket, file, draft.descriptor, counted.add)
                os.fsync(draft.descriptor)
            draft.put_in_place(place, replaced)
            place.directory.sync()
        finally:
            draft.discard()
    return Exported(place.path, changed=True)


def export_stream(bucket: Contents, manifest: Manifest, out: BinaryIO) -> None:
    """Write a single file to a stream; not one byte leaves before all of them were checked.

    The file is read twice. The second reading is compared with the first chunk by chunk, so a disk that returns other
    bytes then is caught too. Raises ``UsageError`` for several files and ``IntegrityError`` as ``export`` does.
    """
    if len(manifest.files) != 1:
        message = f"only a single file can be written to standard output, and this is {len(manifest.files)} files; REF/FILE names one"
        raise UsageError(message, "modelkeep get REF DIR")
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


def _mode(file: ManifestFile) -> int:
    return 0o755 if file.executable else 0o644


def _write_tree(bucket: Contents, manifest: Manifest, root: OpenedDirectory, progress: Progress) -> None:
    directories = _make_directories(root, manifest)
    many = len(manifest.files) > _MANY

    def write(file: ManifestFile) -> None:
        above, _, name = name_on_disk(file.path).rpartition("/")
        with root.below(above) as directory:
            descriptor = directory.create(name, _mode(file))
        try:
            copy_out(bucket, file, descriptor, progress.add)
            if not many:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)

    each(write, manifest.files, progress)
    if many and sync_file_system(root.descriptor):
        return
    for path in directories:
        with root.below(path) as directory:
            if many:
                for name in os.listdir(directory.descriptor):
                    directory.sync_file(name)
            directory.sync()


def _make_directories(root: OpenedDirectory, manifest: Manifest) -> list[str]:
    """Make the directories of an artifact; return their paths, the first one empty."""
    inner = {str(above) for file in manifest.files for above in PurePosixPath(file.path).parents} - {"."}
    paths = [name_on_disk(path) for path in sorted(inner)]
    for path in paths:
        with root.below(path, make=True):
            pass
    return ["", *paths]


def not_executable(path: str, manifest: Manifest, form: Form) -> list[str] | None:
    """Return which files lack their executable bit in a file or directory with exactly the bytes of a manifest, else None.

    Where none does, it would be registered as the same. What ``register`` leaves out (``__pycache__``, ``.DS_Store`` …) does not count, unless the artifact has it.
    A file may be executable where the artifact's is not. Nothing is read where a path or a size differs.
    """
    from modelkeep.store.ingest.selection import IGNORE_FILE, LEFT_OUT, Selection

    if os.path.isdir(path) != (form == "tree"):
        return None
    names = {name for file in manifest.files for name in file.path.split("/")}
    filename = manifest.files[0].path if form == "file" else None
    # An artifact that has its .modelkeepignore may have what that names too.
    include = ("*",) if IGNORE_FILE in names else tuple(names & LEFT_OUT)
    found = _read(
        path, Selection(include=include, filename=filename), {file.path: file.size for file in manifest.files}
    )
    if found is None or [each.digest for each in found.files] != [each.digest for each in manifest.files]:
        return None
    pairs = zip(found.files, manifest.files, strict=True)
    return [wanted.path for here, wanted in pairs if wanted.executable and not here.executable]


def _digest_of(path: str) -> str:
    """Return the digest that a file or directory would be registered with; empty where it could not be."""
    from modelkeep.store.ingest.selection import Selection

    found = _read(path, Selection(), None)
    return "" if found is None else found.digest


def _read(path: str, selection: Selection, sizes: dict[str, int] | None) -> Manifest | None:
    """Return the manifest of the destination; None where it is no artifact, or other paths or sizes than those given."""
    from modelkeep.store.ingest.artifact import name_all, read_all
    from modelkeep.store.ingest.walk import find

    try:
        found = find(name_all([path], selection), selection, secrets=True)
        if sizes is not None and {source.path: source.stamp.size for source in found.sources} != sizes:
            return None
        return Manifest.of(read_all(found, None, None, None))
    except (ModelkeepError, OSError):
        return None
