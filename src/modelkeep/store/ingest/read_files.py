"""The files that were found, read by a few threads: each once, and refused where it is not what it was."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias

from modelkeep.domain.manifest import ManifestFile
from modelkeep.store.content.adding import Adding
from modelkeep.store.content.hashing import Content, content_of_bytes, content_of_file
from modelkeep.store.content.workers import Progress, each
from modelkeep.store.ingest.selection import refuse_secret, secret_bytes
from modelkeep.store.ingest.source import Directories, Source, changed, require_unchanged
from modelkeep.store.ingest.walk import Found
from modelkeep.store.os_errors import source_error

#: Told how many bytes are done and how many there are (0 when nobody knows), from any thread.
Tell: TypeAlias = Callable[[int, int], None]
#: Answers which contents of some sizes in bytes there are, by size; a few of each will do.
Known: TypeAlias = Callable[[Collection[int]], Mapping[int, Sequence[str]]]

_HEADER_BYTES = 65_536
# What is shorter is read whole: it is hashed before anything is written, and written from memory.
_IN_MEMORY = 1024 * 1024


def read_all(
    found: Found, adding: Adding | None, known: Known | None, tell: Tell | None, *, move: bool = False
) -> list[ManifestFile]:
    """Read all files that were found, into the store or only to know them; errors are those of ``ingest``."""
    progress = Progress(sum(source.stamp.size for source in found.sources), tell)
    big = {source.stamp.size for source in found.sources if source.stamp.size >= _IN_MEMORY}
    alike = known(big) if known is not None and big else {}

    def read(source: Source) -> ManifestFile:
        size = source.stamp.size
        descriptor = directories.open(source)
        try:
            if size < _IN_MEMORY:
                content = _take_small(source, descriptor, adding)
                progress.add(content.size)
            else:
                content = take_big(source, descriptor)
            require_unchanged(source, descriptor, moved=move)
        except OSError as error:
            raise source_error(error, source.shown) from error
        finally:
            os.close(descriptor)
        if content.size != size:
            raise changed(source.shown)
        return ManifestFile(content.digest, source.path, content.size)

    def take_big(source: Source, descriptor: int) -> Content:
        size = source.stamp.size
        _require_no_secret(source, os.pread(descriptor, _HEADER_BYTES, 0))
        if adding is None:
            return content_of_file(descriptor, size, progress.add)
        return adding.take_file(descriptor, size, progress.add, alike.get(size, ()), move=move)

    with Directories() as directories:
        return each(read, found.sources, progress)


def _take_small(source: Source, descriptor: int, adding: Adding | None) -> Content:
    """Take in a file that fits into memory: it is hashed before anything is written."""
    size = source.stamp.size
    data = os.read(descriptor, size + 1)
    if len(data) != size or not data:  # a file of /proc is longer than it says
        data += os.read(descriptor, 1)
    if len(data) != size:
        raise changed(source.shown)
    _require_no_secret(source, data)
    return content_of_bytes(data) if adding is None else adding.take_bytes(data)


def _require_no_secret(source: Source, first: bytes) -> None:
    if source.guarded and (what := secret_bytes(first)):
        raise refuse_secret(source.shown, source.inner or source.path, what)
