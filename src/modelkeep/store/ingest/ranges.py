"""Files as they were found on disk, read by ranges."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256

from modelkeep.store.content.ranged_file import Fetch, LastRange, RangedFile
from modelkeep.store.ingest.artifact import name_all
from modelkeep.store.ingest.selection import Selection
from modelkeep.store.ingest.source import Source, SourceOpener, require_unchanged
from modelkeep.store.ingest.walk import find
from modelkeep.store.os_errors import source_error

_MOST_HASHED, _HASHED_AT_ONCE = 256 << 20, 1 << 20


@contextmanager
def found_files(paths: Sequence[str], selection: Selection) -> Iterator[list[RangedFile]]:
    """Yield the files that `ingest` would take of some paths; secrets are no reason to refuse, nothing is kept of them."""
    with source_files(find(name_all(paths, selection), selection, secrets=True).sources) as files:
        yield files


@contextmanager
def source_files(sources: Sequence[Source]) -> Iterator[list[RangedFile]]:
    """Yield files that were found; reading one that is another by now raises ``Conflict``."""
    last = _Shared()
    with SourceOpener(sources) as opener:
        yield [_FoundFile(each.path, each.stamp.size, _fetch_of(each, opener), last) for each in sources]


class _Shared(LastRange):
    """The range that was fetched last, and how many bytes may still be hashed."""

    to_hash = _MOST_HASHED


class _FoundFile(RangedFile):
    """A file on disk; its bytes are hashed where its digest is asked for, as long as all files together are not too large."""

    _last: _Shared

    @property
    def digest(self) -> str | None:
        """That of its bytes, None where hashing them would take too long."""
        if self._digest is None and self.size <= self._last.to_hash:
            self._last.to_hash -= self.size
            hashed = sha256()
            for start in range(0, self.size, _HASHED_AT_ONCE):
                hashed.update(self.read(start, _HASHED_AT_ONCE))
            self._digest = f"sha256:{hashed.hexdigest()}"
        return self._digest


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
