"""Files as they were found on disk, read by ranges."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from modelkeep.store.content.ranged_file import Fetch, LastRange, RangedFile
from modelkeep.store.ingest.artifact import name_all
from modelkeep.store.ingest.selection import Selection
from modelkeep.store.ingest.source import Source, SourceOpener, require_unchanged
from modelkeep.store.ingest.walk import find
from modelkeep.store.os_errors import source_error


@contextmanager
def found_files(paths: Sequence[str], selection: Selection) -> Iterator[list[RangedFile]]:
    """Yield the files that `ingest` would take of some paths; secrets are no reason to refuse, nothing is kept of them."""
    with source_files(find(name_all(paths, selection), selection, secrets=True).sources) as files:
        yield files


@contextmanager
def source_files(sources: Sequence[Source]) -> Iterator[list[RangedFile]]:
    """Yield files that were found; reading one that is another by now raises ``Conflict``."""
    last = LastRange()
    with SourceOpener(sources) as opener:
        yield [RangedFile(each.path, each.stamp.size, _fetch_of(each, opener), last) for each in sources]


def _fetch_of(source: Source, opener: SourceOpener) -> Fetch:
    def fetch(start: int, length: int) -> bytes:
        descriptor = opener.open(source)
        try:
            data = os.pread(descriptor, length, start)
            require_unchanged(source, descriptor)
        except OSError as error:
            raise source_error(error, source.shown) from error
        finally:
            os.close(descriptor)
        return data

    return fetch
