"""Is a file one of the contents that the store has? Answered by comparing the bytes, so both are known to be right.

A file that is equal to a stored content is hashed while it is compared: it is read once, and nothing is written.
At the first difference the comparison ends, and the file is copied instead.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from typing import BinaryIO

from modelkeep.errors import ModelkeepError
from modelkeep.store.bucket.interface import Bucket
from modelkeep.store.content.hashing import Content, Count, content_of, read_fully

_CHUNK = 128 * 1024


def equal_content(bucket: Bucket, descriptor: int, size: int, digests: Sequence[str], count: Count) -> Content | None:
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


def is_stored(bucket: Bucket, content: Content) -> bool:
    """Tell whether a content is in the bucket, with the right bytes: they are hashed."""
    try:
        there = bucket.stat(content.digest)
        if there is None or there.size != content.size:
            return False
        with bucket.get(content.digest) as stored:
            return content_of(stored) == content
    except (ModelkeepError, OSError):
        return False


def _compared(descriptor: int, stored: BinaryIO, digest: str, count: Count) -> Content | None:
    seen, done = hashlib.sha256(), 0
    # Two bytearrays are compared in one go, two views byte by byte.
    buffer, other = bytearray(_CHUNK), bytearray(_CHUNK)
    while got := os.preadv(descriptor, [buffer], done):
        if read_fully(stored, memoryview(other)[:got]) != got or buffer[:got] != other[:got]:
            return None
        seen.update(memoryview(buffer)[:got])
        done += got
        count(got)
    content = Content("sha256:" + seen.hexdigest(), done)
    return content if content.digest == digest else None


def _equal_at(descriptor: int, stored: BinaryIO, place: int) -> bool:
    stored.seek(place)
    mine, other = os.pread(descriptor, _CHUNK, place), bytearray(_CHUNK)
    return mine == other[: read_fully(stored, memoryview(other))]
