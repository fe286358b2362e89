"""Is what stands in a place already this artifact, byte for byte?"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import Literal

from modelkeep.domain.manifest import Manifest, ManifestFile
from modelkeep.store.content.hashing import content_of_file
from modelkeep.store.content.workers import Progress, each
from modelkeep.store.ingest.selection import LEFT_OUT


def holds(path: str, manifest: Manifest, form: Literal["file", "tree"]) -> bool:
    """Say whether a file or directory has exactly the bytes of a manifest.

    In a directory, what ``register`` would leave out (``__pycache__``, ``.DS_Store`` …) and empty
    directories do not count; any other file more, less or different does. What cannot be read is different.
    """
    try:
        if form == "file":
            return _equal(path, manifest.files[0])
        wanted = {file.path: file for file in manifest.files}
        if not os.path.isdir(path):
            return False
        there = dict(_files(path, "", frozenset(_names(manifest))))
        return (
            there.keys() == wanted.keys()
            and all(there[name] == file.size for name, file in wanted.items())
            and all(each(lambda file: _equal(os.path.join(path, file.path), file), manifest.files, Progress(0, None)))
        )
    except OSError:
        return False


def _names(manifest: Manifest) -> Iterator[str]:
    for file in manifest.files:
        yield from file.path.split("/")


def _files(root: str, inner: str, wanted: frozenset[str]) -> Iterator[tuple[str, int]]:
    """Yield path and size of all below a directory; -1 is the size of what is no regular file."""
    waiting = [inner]
    while waiting:
        inner = waiting.pop()
        with os.scandir(os.path.join(root, inner)) as entries:
            for entry in entries:
                if entry.name in LEFT_OUT and entry.name not in wanted:
                    continue
                below = f"{inner}/{entry.name}" if inner else entry.name
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(below)
                    continue
                status = entry.stat(follow_symlinks=False)
                yield below, status.st_size if stat.S_ISREG(status.st_mode) else -1


def _equal(path: str, file: ManifestFile) -> bool:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size != file.size:
            return False
        return content_of_file(descriptor, file.size, _unheard).digest == file.digest
    finally:
        os.close(descriptor)


def _unheard(_size: int) -> None:
    """Nobody waits for this."""
