"""Reading the files that were found, in a few threads: each once, and refused where it has changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias

from modelkeep.domain.manifest import ManifestFile
from modelkeep.store.content.hashing import Content, content_of_bytes, content_of_file
from modelkeep.store.content.workers import Progress, each
from modelkeep.store.content.writer import ContentWriter
from modelkeep.store.ingest.selection import refuse_secret, secret_bytes
from modelkeep.store.ingest.source import Directories, Source, changed, require_unchanged
from modelkeep.store.ingest.walk import Found
from modelkeep.store.os_errors import source_error

#: Called with the bytes that are done and the bytes there are (0: unknown), from any thread.
Report: TypeAlias = Callable[[int, int], None]
#: Returns which contents of some sizes in bytes the store has, by size; a few of each will do.
ContentsOfSizes: TypeAlias = Callable[[Collection[int]], Mapping[int, Sequence[str]]]

_HEADER_BYTES = 65_536
#: What is shorter is read whole: it is hashed before anything is written, and written from memory.
_IN_MEMORY = 1024 * 1024


def read_all(
    found: Found, writer: ContentWriter | None, stored: ContentsOfSizes | None, report: Report | None
) -> list[ManifestFile]:
    """Read all files that were found, into the store or only to hash them; errors are those of ``ingest``."""
    progress = Progress(sum(source.stamp.size for source in found.sources), report)
    large = {source.stamp.size for source in found.sources if source.stamp.size >= _IN_MEMORY}
    same_size = stored(large) if stored is not None and large else {}

    def read(source: Source) -> ManifestFile:
        size = source.stamp.size
        descriptor = directories.open(source)
        try:
            if size < _IN_MEMORY:
                content = _read_small(source, descriptor, writer)
                progress.add(content.size)
            else:
                content = read_large(source, descriptor)
            require_unchanged(source, descriptor)
        except OSError as error:
            raise source_error(error, source.shown) from error
        finally:
            os.close(descriptor)
        if content.size != size:
            raise changed(source.shown)
        return ManifestFile(content.digest, source.path, content.size)

    def read_large(source: Source, descriptor: int) -> Content:
        size = source.stamp.size
        _require_no_secret(source, os.pread(descriptor, _HEADER_BYTES, 0))
        if writer is None:
            return content_of_file(descriptor, size, progress.add)
        return writer.add_file(descriptor, size, progress.add, same_size.get(size, ()))

    with Directories() as directories:
        return each(read, found.sources, progress)


def _read_small(source: Source, descriptor: int, writer: ContentWriter | None) -> Content:
    """Read a file that fits into memory."""
    size = source.stamp.size
    data = os.read(descriptor, size + 1)
    if len(data) != size or not data:  # a file of /proc is longer than it says
        data += os.read(descriptor, 1)
    if len(data) != size:
        raise changed(source.shown)
    _require_no_secret(source, data)
    return content_of_bytes(data) if writer is None else writer.add_bytes(data)


def _require_no_secret(source: Source, first: bytes) -> None:
    if source.guarded and (what := secret_bytes(first)):
        raise refuse_secret(source.shown, source.inner or source.path, what)
