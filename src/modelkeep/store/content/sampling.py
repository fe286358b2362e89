"""Is a file likely to be one of the contents that are there? A few samples tell, without reading it.

A model that was trained again has the very size of the one before and other bytes: to hash it first, only
to find that it must be copied too, would be to read it twice. Samples decide nothing but which is tried first.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import BinaryIO

from modelkeep.errors import ModelkeepError
from modelkeep.store.bucket.batch_interface import Bucket

_SAMPLES = 32
_SAMPLE_BYTES = 4096


def looks_like_one_of(bucket: Bucket, descriptor: int, size: int, digests: Sequence[str]) -> bool:
    """Say whether an open file has the samples of one of some contents, which all have its size."""
    return any(_is_alike(bucket, descriptor, size, digest) for digest in digests)


def _is_alike(bucket: Bucket, descriptor: int, size: int, digest: str) -> bool:
    try:
        if bucket.size(digest) != size:
            return False
        stream = bucket.open(digest)
    except ModelkeepError:  # swept away, or damaged: then it is no reason to spare the copy
        return False
    with stream:
        return all(_at(stream, at) == os.pread(descriptor, _SAMPLE_BYTES, at) for at in _positions(size))


def _at(stream: BinaryIO, position: int) -> bytes | None:
    try:
        stream.seek(position)
        return stream.read(_SAMPLE_BYTES)
    except OSError:  # what the store cannot read is like nothing
        return None


def _positions(size: int) -> list[int]:
    """Return where the samples begin: from the middle to the ends, for headers are alike more often than weights."""
    last = max(size - _SAMPLE_BYTES, 0)
    spread = [last * number // (_SAMPLES - 1) for number in range(_SAMPLES)]
    return sorted(spread, key=lambda at: abs(2 * at - last))
