"""Files that are read by ranges: what readers of model formats look at, in a bucket or on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from modelkeep.domain.manifest import ManifestFile
from modelkeep.store.bucket.interface import Bucket

#: Returns the bytes of a range: its start and its length, which lie inside of the file.
Fetch: TypeAlias = Callable[[int, int], bytes]
#: What is fetched at once behind the beginning of a file: readers take many small steps.
_AHEAD = 1 << 18


class LastRange:
    """The range that was fetched last, of whichever file: one is kept, however many files there are."""

    def __init__(self) -> None:
        self.of: RangedFile | None = None
        self.start = 0
        self.data = b""


class RangedFile:
    """One file of an artifact; a range inside of the last one is not fetched again."""

    def __init__(self, path: str, size: int, fetch: Fetch, last: LastRange, digest: str | None = None) -> None:
        self.path = path
        self.size = size
        self._digest = digest
        self._fetch = fetch
        self._last = last

    @property
    def digest(self) -> str | None:
        """That of its bytes, where it is known."""
        return self._digest

    def read(self, start: int, length: int) -> bytes:
        """Return the bytes of a range, fewer where the file ends."""
        length = min(length, self.size - start)
        if length <= 0 or start < 0:
            return b""
        last = self._last
        begin = start - last.start
        if last.of is not self or begin < 0 or begin + length > len(last.data):
            wanted = min(max(length, _AHEAD if start else 0), self.size - start)
            last.of, last.start, last.data, begin = self, start, self._fetch(start, wanted), 0
        return last.data[begin : begin + length]


@contextmanager
def stored_files(bucket: Bucket, files: Iterable[ManifestFile]) -> Iterator[list[RangedFile]]:
    """Yield the files of a manifest as the store has them; reading raises ``IntegrityError`` where it has them not."""
    last = LastRange()

    def fetch_of(digest: str) -> Fetch:
        def fetch(start: int, length: int) -> bytes:
            with contents.get(digest, start, length) as stream:
                return stream.read()

        return fetch

    with bucket.reading() as contents:
        yield [RangedFile(file.path, file.size, fetch_of(file.digest), last, file.digest) for file in files]
