"""Which contents some version has, by their size: what a new file of that size may be equal to."""

from __future__ import annotations

from collections.abc import Collection

from modelkeep.store.db.interface import Reader

# Ten thousand versions may have one content: from each digest to the next, the index leaps over them.
NEXT_OF_SIZE = "SELECT min(digest) FROM version_blob WHERE size_bytes = :size AND digest > :after"

# To compare a sample of each takes a moment; and most models are not trained so often in one size.
_MOST = 100


def of_sizes(reader: Reader, sizes: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Return the digests of contents by their size in bytes, a hundred of each at most."""
    return {size: _of_size(reader, size) for size in sizes}


def _of_size(reader: Reader, size: int) -> tuple[str, ...]:
    digests: list[str] = []
    while len(digests) < _MOST:
        after = digests[-1] if digests else ""
        (digest,) = reader.one(NEXT_OF_SIZE, size=size, after=after)
        if digest is None:
            break
        digests.append(digest)
    return tuple(digests)
