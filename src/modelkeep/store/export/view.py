"""The views behind ``modelkeep path``: an artifact under its real names, as symbolic links into the store.

    <cache>/<registry id>-<its directory>/<digest in hex>/<path> -> <registry>/store/blobs/sha256/ab/ab12…
    <cache>/<registry id>-<its directory>/<digest in hex>.checked

A view is complete or absent. Every byte was hashed when it was made, and is hashed again where a blob has changed since:
the note beside the view has the sizes and times of the blobs as they were then. Two registries share no view: the
directory's name holds a hash of where the registry is, for a copy has the same id. Views are only in the user's cache,
which no other account may change; nothing is written in the registry. `_local_files` is the one place that asks where
bytes are: a bucket that is no directory needs a checked copy in the cache there, and nothing else changes.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable

from modelkeep.domain.manifest import Form, Manifest, ManifestFile
from modelkeep.domain.text import printable
from modelkeep.errors import IntegrityError, UsageError
from modelkeep.local_path import real_path
from modelkeep.store.access.rename_rights import others_may_rename
from modelkeep.store.bucket.interface import Bucket
from modelkeep.store.content.artifacts import missing_from, require
from modelkeep.store.content.hashing import content_of
from modelkeep.store.content.workers import Progress, each
from modelkeep.store.durable import make_directories
from modelkeep.store.export.draft import Draft, remove_stale_drafts
from modelkeep.store.named_paths import name_on_disk, open_directory
from modelkeep.store.opened_directory import OpenedDirectory
from modelkeep.store.os_errors import explain_destination_errors

_OTHER_CACHE = "set MODELKEEP_CACHE to a directory of your own"
#: How the name of the note beside a view ends.
_CHECKED = ".checked"
_LARGEST_NOTE = 256


def view(
    bucket: Bucket,
    manifest: Manifest,
    form: Form,
    *,
    cache_dir: str,
    registry_id: str,
    directory: str,
    inner: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> str:
    """Return the path of an artifact: of the file, of the directory, or of ``inner`` (a path inside a tree).

    The view is made on first use, and made again where its links do not lead into this store; a missing or wrong byte
    raises ``IntegrityError``, and an ``OSError`` of the cache ``UsageError`` or ``RegistryUnavailable``. ``directory``
    is that of the registry; ``inner`` must be in the manifest.
    """
    if not (registry_id.isascii() and registry_id.isalnum()):  # it becomes a directory's name
        message = f"not the id of a registry: '{printable(registry_id)}'"
        raise IntegrityError(message, "modelkeep verify --log")
    links = _local_files(bucket, manifest)
    where = hashlib.sha256(os.fsencode(real_path(directory))).hexdigest()[:16]
    views = os.path.join(real_path(cache_dir), f"{registry_id}-{where}")
    name = manifest.digest.removeprefix("sha256:")
    place = os.path.join(views, name)
    state = _state(bucket, manifest)
    with explain_destination_errors(place, _OTHER_CACHE):
        _require_private(views)
        make_directories(views, 0o700)
        if _note(place) != state or not _is_whole(place, links):
            _check(bucket, manifest, progress)
            if _state(bucket, manifest) != state:
                message = f"the stored bytes of {manifest.digest} are being changed"
                raise IntegrityError(message, "modelkeep verify --bytes")
            with open_directory(views) as opened:
                remove_stale_drafts(opened)
                make_view(opened, name, links, state)
    if inner is not None:
        return os.path.join(place, name_on_disk(inner))
    return os.path.join(place, name_on_disk(manifest.files[0].path)) if form == "file" else place


def _local_files(bucket: Bucket, manifest: Manifest) -> dict[str, str]:
    """Return for each path of an artifact the file of this machine that has its bytes."""
    missing = missing_from(bucket, manifest.files)
    if missing:
        first = missing[0]
        message = f"the bytes of '{printable(first.path)}' ({first.digest}) are missing from the store or cut off"
        raise IntegrityError(message, "modelkeep verify --bytes")
    files = {file.path: bucket.local_path(file.digest) for file in manifest.files}
    found = {name_on_disk(path): local for path, local in files.items() if local is not None}
    if len(found) < len(files):
        message = "this store has no paths on this machine"
        raise UsageError(message, "modelkeep get REF DEST")
    return found


def _state(bucket: Bucket, manifest: Manifest) -> str:
    """Return what tells whether a blob of an artifact has changed: a hash of their sizes and times."""
    digests = sorted({file.digest for file in manifest.files})
    there = bucket.stat_all(digests)
    return hashlib.sha256("\n".join(repr(there.get(digest)) for digest in digests).encode()).hexdigest()


def _check(bucket: Bucket, manifest: Manifest, progress: Callable[[int, int], None] | None) -> None:
    """Hash every byte; a wrong one raises ``IntegrityError``."""
    counted = Progress(manifest.size_bytes, progress)

    def check(file: ManifestFile) -> None:
        with bucket.get(file.digest) as stream:
            require(file, content_of(stream, lambda chunk: counted.add(len(chunk)), expected=file.size))

    each(check, manifest.files, counted)


def _require_private(views: str) -> None:
    """Raise ``UsageError`` where another account may change a view after it was checked."""
    where = others_may_rename(real_path(views))
    if where is not None:
        message = f"the cache {printable(views)} can be changed by other accounts: they may write in {printable(where)}"
        raise UsageError(message, _OTHER_CACHE)


def _is_whole(place: str, links: dict[str, str]) -> bool:
    """Say whether a view exists and each of its links leads where it must."""
    try:
        return all(os.readlink(os.path.join(place, path)) == local for path, local in links.items())
    except OSError:
        return False


def _note(place: str) -> str:
    """Return what the note beside a view says, nothing where there is none. A pipe is not waited for."""
    try:
        descriptor = os.open(f"{place}{_CHECKED}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return os.read(descriptor, _LARGEST_NOTE).decode("ascii", "replace")
    except OSError:  # a directory
        return ""
    finally:
        os.close(descriptor)


def make_view(views: OpenedDirectory, name: str, links: dict[str, str], state: str) -> None:
    """Make a view in one step, in the place of a wrong one, and then the note beside it."""
    place = os.path.join(views.path, name)
    draft = Draft(views, "tree", 0o700)
    try:
        for path, local in links.items():
            above, _, last = path.rpartition("/")
            with draft.root.below(above, make=True) as directory:
                os.symlink(local, last, dir_fd=directory.descriptor)
        if not _is_whole(place, links):
            draft.replace(name)
    finally:
        draft.discard()
    note = Draft(views, "file", 0o600)
    try:
        os.write(note.descriptor, state.encode())
        note.replace(f"{name}{_CHECKED}")
    finally:
        note.discard()
