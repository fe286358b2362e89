"""Files of PyTorch before 1.6: five pickles behind each other, then the storages, each with its length before it."""

from __future__ import annotations

from collections.abc import Sequence

from modelkeep.formats.pickle_tensors import storage_sizes
from modelkeep.formats.pickle_values import Node, Value

_MAGIC = 0x1950A86A20F9469CFC6C
#: How many pickles it has.
PICKLES = 5
_LENGTH_BYTES = 8
#: How such a file begins.
BEGIN = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."


def is_legacy(roots: Sequence[Value]) -> bool:
    """Tell whether pickles are the beginning of such a file."""
    return bool(roots) and roots[0] == _MAGIC


def storages_follow(roots: Sequence[Value]) -> bool:
    """Tell whether the last of its pickles was read, and the storages are next."""
    return is_legacy(roots) and len(roots) == PICKLES


def storage_bytes(persistent: Sequence[Node]) -> int:
    """Return how many bytes the storages have."""
    return sum(size + _LENGTH_BYTES for size in storage_sizes(persistent).values())
