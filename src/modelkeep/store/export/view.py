"""The view behind ``modelkeep path``: an artifact under its real names, as symbolic links into the store.

    <cache>/<registry id>/<digest in hex>/<path> -> <registry>/store/blobs/sha256/ab/ab12…

A view is complete or absent. It is only ever in the user's cache: nothing is written in the registry.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import Literal

from modelkeep.domain.manifest import Manifest, ManifestFile
from modelkeep.domain.text import printable
from modelkeep.errors import IntegrityError, NotFound, UsageError
from modelkeep.store.content.artifacts import Artifacts
from modelkeep.store.durable import exchange
from modelkeep.store.os_errors import explain_destination_errors

_INSTEAD = "set MODELKEEP_CACHE to a directory of your own"


def view(
    artifacts: Artifacts,
    manifest: Manifest,
    form: Literal["file", "tree"],
    *,
    cache_dir: str,
    registry_id: str,
    inner: str | None = None,
) -> str:
    """Return the path of an artifact: of the file, of the directory, or of ``inner`` (a path inside a tree).

    The view is made on first use, and made anew where its links do not lead into this store. The
    blobs are looked at (existence, size), not read: a missing or truncated one raises
    ``IntegrityError``. ``NotFound`` for an ``inner`` that the artifact does not have, ``UsageError``
    where the cache cannot be written.
    """
    if not (registry_id.isascii() and registry_id.isalnum()):  # it becomes a directory's name
        message = f"not the id of a registry: '{printable(registry_id)}'"
        raise IntegrityError(message)
    if inner is not None:
        inner = _inside(manifest, inner)
    damaged = artifacts.absent(manifest.files)
    if damaged:
        first = damaged[0]
        message = f"the bytes of '{printable(first.path)}' ({first.digest}) are missing from the store or cut off"
        raise IntegrityError(message, "modelkeep verify --bytes")
    links = {file.path: _blob(artifacts, file) for file in manifest.files}
    home = os.path.join(os.path.abspath(cache_dir), registry_id)
    place = os.path.join(home, manifest.digest.removeprefix("sha256:"))
    if not _leads(place, links):
        with explain_destination_errors(place, _INSTEAD):
            os.makedirs(home, mode=0o700, exist_ok=True)
            _require_ours(home)
            _make(home, place, links)
    else:
        _require_ours(home)
    if inner is not None:
        return os.path.join(place, inner)
    return os.path.join(place, manifest.files[0].path) if form == "file" else place


def _require_ours(home: str) -> None:
    """Raise ``UsageError`` where others may turn the links of a view elsewhere after we looked at them."""
    with explain_destination_errors(home):
        status = os.lstat(home)
    why = None
    if not stat.S_ISDIR(status.st_mode):
        why = "is a link"
    elif hasattr(os, "geteuid") and status.st_uid not in {os.geteuid(), 0}:
        why = "belongs to another user"
    elif status.st_mode & stat.S_IWOTH:
        why = "may be written by everybody"
    if why:
        message = f"the cache {home} {why}: what it leads to could be changed at any time"
        raise UsageError(message, _INSTEAD)


def _inside(manifest: Manifest, inner: str) -> str:
    """Return a path inside the artifact: one of its files, or a directory of them."""
    wanted = inner.rstrip("/")
    if any(file.path == inner or file.path.startswith(wanted + "/") for file in manifest.files) and wanted:
        return wanted
    from difflib import get_close_matches

    close = get_close_matches(inner, [file.path for file in manifest.files], n=3, cutoff=0.5)
    message = f"the artifact has no file '{printable(inner)}'"
    if not close:
        close = [file.path for file in manifest.files[:3]]
    more = ", …" if len(manifest.files) > len(close) else ""
    raise NotFound(message, "it has " + ", ".join(printable(path) for path in close) + more)


def _blob(artifacts: Artifacts, file: ManifestFile) -> str:
    path = artifacts.local_path(file.digest)
    if path is None:
        message = "this store has no paths on this machine"
        raise UsageError(message, "modelkeep get REF DEST")
    return path


def _leads(place: str, links: dict[str, str]) -> bool:
    """Say whether a view is there and each of its links leads where it must."""
    try:
        return all(os.readlink(os.path.join(place, path)) == blob for path, blob in links.items())
    except OSError:
        return False


def _make(home: str, place: str, links: dict[str, str]) -> None:
    import shutil

    fresh = os.path.join(home, f".modelkeep-{os.urandom(8).hex()}")
    try:
        os.mkdir(fresh, 0o700)
        for path, blob in links.items():
            name = os.path.join(fresh, path)
            os.makedirs(os.path.dirname(name), mode=0o700, exist_ok=True)
            os.symlink(blob, name)
        try:
            os.rename(fresh, place)
        except OSError as error:
            if error.errno not in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}:
                raise
            if not _leads(place, links):  # else another process was quicker, and right
                _replace(fresh, place)
    finally:
        if os.path.islink(fresh) or os.path.isfile(fresh):
            os.unlink(fresh)
        else:
            shutil.rmtree(fresh, ignore_errors=True)


def _replace(fresh: str, place: str) -> None:
    if exchange(fresh, place):
        return
    aside = fresh + "-old"
    os.rename(place, aside)
    os.rename(fresh, place)
    with suppress(OSError):
        os.rename(aside, fresh)
