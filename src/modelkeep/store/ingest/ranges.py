"""Files as they were found on disk, read by ranges."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from modelkeep.store.content.ranged_file import Fetch, LastRange, RangedFile
from modelkeep.store.ingest.artifact import name_all
from modelkeep.store.ingest.selection import Selection
from modelkeep.store.ingest.source import Source, open_source, require_unchanged
from modelkeep.store.ingest.walk import find
from modelkeep.store.os_errors import source_error


def found_files(paths: Sequence[str], selection: Selection) -> list[RangedFile]:
    """Return the files that `ingest` would take of some paths; secrets are no reason to refuse, nothing is kept of them."""
    return source_files(find(name_all(paths, selection), selection, secrets=True).sources)


def source_files(sources: Iterable[Source]) -> list[RangedFile]:
    """Return files that were found; ``Conflict`` where one is another by the time it is read."""
    last = LastRange()
    return [RangedFile(each.path, each.stamp.size, _fetch_of(each), last) for each in sources]


def _fetch_of(source: Source) -> Fetch:
    def fetch(start: int, length: int) -> bytes:
        descriptor = open_source(source)
        try:
            data = os.pread(descriptor, length, start)
            require_unchanged(source, descriptor)
        except OSError as error:
            raise source_error(error, source.shown) from error
        finally:
            os.close(descriptor)
        return data

    return fetch
