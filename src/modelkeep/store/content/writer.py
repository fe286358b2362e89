"""Contents on their way into the bucket: each is hashed as it is written, and kept once.

Whether a file is one of the stored contents is answered by comparing the bytes, so both are known to be right. A file
that is equal to a stored content is hashed while it is compared: it is read once, and nothing is written. At the first
difference the comparison ends, and the file is copied instead.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, BinaryIO, Self

from modelkeep.errors import ModelkeepError
from modelkeep.store.bucket.interface import Bucket, Draft
from modelkeep.store.content.checking import examine
from modelkeep.store.content.copying import copy_file
from modelkeep.store.content.hashing import Content, Count, content_of, content_of_bytes, content_of_file, read_fully

if TYPE_CHECKING:
    from types import TracebackType

_CHUNK = 128 * 1024


class ContentWriter:
    """Several contents that come in together, in a ``with`` block with ``commit`` in it.

    Several threads may add contents. ``repaired`` are the digests of which the bucket had a damaged copy, which
    ``commit`` replaces.
    """

    def __init__(self, bucket: Bucket, *, many: bool = False) -> None:
        self.repaired: list[str] = []
        self._bucket = bucket
        self._upload = bucket.upload(many=many)
        self._sizes: dict[str, int] = {}

    def __enter__(self) -> Self:
        """Begin."""
        self._upload.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the drafts that were not committed."""
        self._upload.__exit__(kind, error, trace)

    def add_stream(self, stream: BinaryIO, look: Callable[[memoryview], object] | None = None) -> Content:
        """Add the bytes of a stream up to its end; ``look`` sees them as they pass."""
        draft = self._upload.draft()

        def write(data: memoryview) -> None:
            if look is not None:
                look(data)
            draft.write(data)

        return self._commit(content_of(stream, write), draft)

    def add_bytes(self, data: bytes | memoryview) -> Content:
        """Add bytes in memory; nothing is written where they are stored already."""
        content = content_of_bytes(data)
        if not self._is_stored(content):
            draft = self._upload.draft()
            draft.write(data)
            self._commit_new(content, draft)
        return content

    def add_file(self, descriptor: int, size: int, count: Count, digests: Sequence[str] = ()) -> Content:
        """Add the first ``size`` bytes of an open regular file, or all there are where it is shorter.

        ``digests`` are stored contents of that size: nothing is written where the file is equal to one of them.
        """
        content = _equal_content(self._bucket, descriptor, size, digests, count)
        if content is not None:
            self._upload.keep(content.digest)
            return content
        draft = self._upload.draft()
        landed = draft.fill(lambda target: copy_file(descriptor, target, size, count))
        if landed is None:  # this bucket has no files to copy into
            landed = content_of_file(descriptor, size, count, draft.write)
        return self._commit(landed, draft)

    def commit(self) -> int:
        """Make all that was added durable and visible; return how many bytes were not there, or not right."""
        return sum(self._sizes[key] for key in {*self._upload.flush(), *self.repaired})

    def _commit(self, content: Content, draft: Draft) -> Content:
        if self._is_stored(content):
            draft.discard()
        else:
            self._commit_new(content, draft)
        return content

    def _commit_new(self, content: Content, draft: Draft) -> None:
        draft.finish()
        self._sizes[content.digest] = content.size
        self._upload.commit(draft, content.digest)

    def _is_stored(self, content: Content) -> bool:
        """Tell whether a content need not be written. One that is there is hashed before it counts."""
        if content.digest in self._sizes:
            return True
        if self._upload.stat(content.digest) is None:
            return False
        trouble = examine(self._bucket, content.digest, content.size, quick=False)
        if trouble is None or not trouble.lost:
            self._upload.keep(content.digest)
            return True
        self.repaired.append(content.digest)
        return False


def _equal_content(bucket: Bucket, descriptor: int, size: int, digests: Sequence[str], count: Count) -> Content | None:
    """Return the one of some stored contents that an open file of ``size`` bytes is equal to, None where there is none.

    A model that was trained again has the size of the one before, and often equal bytes at the beginning. So two
    other places are compared first, and only one content is compared as a whole.
    """
    for digest in digests:
        try:
            there = bucket.stat(digest)
            if there is None or there.size != size:
                continue
            with bucket.get(digest) as stored:
                places = (max(size - _CHUNK, 0), size // 2)
                if all(_equal_at(descriptor, stored, place) for place in places):
                    stored.seek(0)
                    return _compared(descriptor, stored, digest, count)
        except (ModelkeepError, OSError):  # a content that cannot be read is equal to nothing
            continue
    return None


def _compared(descriptor: int, stored: BinaryIO, digest: str, count: Count) -> Content | None:
    seen, done = hashlib.sha256(), 0
    # Two bytearrays are compared in one go, two views byte by byte.
    buffer, other = bytearray(_CHUNK), bytearray(_CHUNK)
    while got := os.preadv(descriptor, [buffer], done):
        if read_fully(stored, memoryview(other)[:got]) != got or buffer[:got] != other[:got]:
            count(-done)  # it is read again, to be copied
            return None
        seen.update(memoryview(buffer)[:got])
        done += got
        count(got)
    content = Content("sha256:" + seen.hexdigest(), done)
    if content.digest == digest:
        return content
    count(-done)
    return None


def _equal_at(descriptor: int, stored: BinaryIO, place: int) -> bool:
    stored.seek(place)
    mine, other = os.pread(descriptor, _CHUNK, place), bytearray(_CHUNK)
    return mine == other[: read_fully(stored, memoryview(other))]
