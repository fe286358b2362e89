"""Whether a file or directory is an artifact already, byte for byte."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from modelkeep.domain.manifest import Form, Manifest, ManifestFile
from modelkeep.store.content.hashing import content_of_file
from modelkeep.store.content.workers import Progress, each
from modelkeep.store.ingest.selection import LEFT_OUT


def holds(path: str, manifest: Manifest, form: Form) -> bool:
    """Say whether a file or directory has exactly the bytes of a manifest.

    In a directory, empty directories and what ``register`` would leave out (``__pycache__``, ``.DS_Store`` …)
    do not count. Any other file that is missing, different or too many does, and so does one that cannot be read.
    """
    try:
        if form == "file":
            return _equal(path, manifest.files[0])
        if not os.path.isdir(path):
            return False
        sizes = {file.path: file.size for file in manifest.files}
        names = frozenset(name for file in manifest.files for name in file.path.split("/"))
        if dict(_files(path, names)) != sizes:
            return False
        return all(each(lambda file: _equal(os.path.join(path, file.path), file), manifest.files, Progress(0, None)))
    except OSError:
        return False


def _files(root: str, names: frozenset[str]) -> Iterator[tuple[str, int]]:
    """Yield path and size of every file below a directory; -1 is the size of anything but a regular file.

    What ``register`` leaves out is skipped, unless the artifact has it among its ``names``.
    """
    waiting = [""]
    while waiting:
        inner = waiting.pop()
        with os.scandir(os.path.join(root, inner)) as entries:
            for entry in entries:
                if entry.name in LEFT_OUT and entry.name not in names:
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
        return content_of_file(descriptor, file.size, _no_progress).digest == file.digest
    finally:
        os.close(descriptor)


def _no_progress(_size: int) -> None:
    """Report nothing."""
