"""The views behind ``modelkeep path``: an artifact under its real names, as symbolic links into the store.

    <cache>/<registry id>/<digest in hex>/<path> -> <registry>/store/blobs/sha256/ab/ab12…

A view is complete or absent. Views are only in the user's cache; nothing is written in the registry.
`_local_files` is the one place that asks where bytes are: a bucket that is no directory needs a checked
copy in the cache there, and nothing else changes.
"""

from __future__ import annotations

import errno
import os
import stat

from modelkeep.domain.manifest import Form, Manifest
from modelkeep.domain.text import printable
from modelkeep.errors import IntegrityError, NotFound, UsageError
from modelkeep.store.bucket.interface import Bucket
from modelkeep.store.content.artifacts import missing_files
from modelkeep.store.export.destination import PREFIX, remove, swap
from modelkeep.store.os_errors import explain_destination_errors

_OTHER_CACHE = "set MODELKEEP_CACHE to a directory of your own"


def view(
    bucket: Bucket,
    manifest: Manifest,
    form: Form,
    *,
    cache_dir: str,
    registry_id: str,
    inner: str | None = None,
) -> str:
    """Return the path of an artifact: of the file, of the directory, or of ``inner`` (a path inside a tree).

    The view is made on first use, and made again where its links do not lead into this store. Presence and size of the
    blobs are checked, their bytes are not: a missing or truncated one raises ``IntegrityError``. ``NotFound`` for an
    ``inner`` that the artifact does not have, ``UsageError`` where the cache cannot be written.
    """
    if not (registry_id.isascii() and registry_id.isalnum()):  # it becomes a directory's name
        message = f"not the id of a registry: '{printable(registry_id)}'"
        raise IntegrityError(message)
    if inner is not None:
        inner = _path_inside(manifest, inner)
    links = _local_files(bucket, manifest)
    views = os.path.join(os.path.abspath(cache_dir), registry_id)
    place = os.path.join(views, manifest.digest.removeprefix("sha256:"))
    if _is_whole(place, links):
        _require_private(views)
    else:
        with explain_destination_errors(place, _OTHER_CACHE):
            os.makedirs(views, mode=0o700, exist_ok=True)
            _require_private(views)
            make_view(views, place, links)
    if inner is not None:
        return os.path.join(place, inner)
    return os.path.join(place, manifest.files[0].path) if form == "file" else place


def _local_files(bucket: Bucket, manifest: Manifest) -> dict[str, str]:
    """Return for each path of an artifact the file of this machine that has its bytes."""
    missing = missing_files(bucket, manifest.files)
    if missing:
        first = missing[0]
        message = f"the bytes of '{printable(first.path)}' ({first.digest}) are missing from the store or cut off"
        raise IntegrityError(message, "modelkeep verify --bytes")
    files = {file.path: bucket.local_path(file.digest) for file in manifest.files}
    found = {path: local for path, local in files.items() if local is not None}
    if len(found) < len(files):
        message = "this store has no paths on this machine"
        raise UsageError(message, "modelkeep get REF DEST")
    return found


def _path_inside(manifest: Manifest, inner: str) -> str:
    """Return a path inside the artifact: one of its files, or a directory of them."""
    wanted = inner.rstrip("/")
    if wanted and any(file.path == inner or file.path.startswith(wanted + "/") for file in manifest.files):
        return wanted
    from difflib import get_close_matches

    paths = [file.path for file in manifest.files]
    near = get_close_matches(inner, paths, n=3, cutoff=0.5) or paths[:3]
    more = ", …" if len(paths) > len(near) else ""
    message = f"the artifact has no file '{printable(inner)}'"
    raise NotFound(message, "it has " + ", ".join(map(printable, near)) + more)


def _require_private(views: str) -> None:
    """Raise ``UsageError`` where another account may change the links of a view after they were checked."""
    with explain_destination_errors(views):
        status = os.lstat(views)
    why = None
    if not stat.S_ISDIR(status.st_mode):
        why = "is a link"
    elif hasattr(os, "geteuid") and status.st_uid not in {os.geteuid(), 0}:
        why = "belongs to another user"
    elif status.st_mode & stat.S_IWOTH:
        why = "can be written by every account"
    if why:
        message = f"the cache {views} {why}, so what its links lead to could change at any time"
        raise UsageError(message, _OTHER_CACHE)


def _is_whole(place: str, links: dict[str, str]) -> bool:
    """Say whether a view exists and each of its links leads where it must."""
    try:
        return all(os.readlink(os.path.join(place, path)) == local for path, local in links.items())
    except OSError:
        return False


def make_view(views: str, place: str, links: dict[str, str]) -> None:
    """Make a view in one step, in the place of a wrong one; one that another process made meanwhile stays."""
    draft = os.path.join(views, f"{PREFIX}{os.urandom(8).hex()}")
    try:
        os.mkdir(draft, 0o700)
        for path, local in links.items():
            name = os.path.join(draft, path)
            os.makedirs(os.path.dirname(name), mode=0o700, exist_ok=True)
            os.symlink(local, name)
        try:
            os.rename(draft, place)
        except OSError as error:
            if error.errno not in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}:
                raise
            if not _is_whole(place, links):
                swap(draft, place)
    finally:
        remove(draft)
