"""Whether a file is a pickle, by its first bytes: they can be followed, up to an end, a call, or as far as they are here."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from modelkeep.formats.byte_sources import ByteSource, EndOfBytes
from modelkeep.formats.compressions import NotUnpacked, compression_of, unpacked
from modelkeep.formats.interface import Budget, Malformed, OverBudget
from modelkeep.formats.pickle_machine import HIGHEST_PROTOCOL, Machine
from modelkeep.formats.pickle_opcodes import INSTRUCTIONS, run
from modelkeep.formats.pickle_scan import Findings, Scan
from modelkeep.formats.pickle_values import Room

_PROTO = 0x80
_HEAD_BYTES = 4096
_STEPS, _FEWEST_STEPS = 500, 3
_SECONDS = 0.5


class _More(Exception):
    """The pickle goes on behind the bytes that are here, and before the end of the file."""


class _Head(ByteSource):
    """The first bytes of a file of a size."""

    def __init__(self, head: bytes, size: int) -> None:
        super().__init__(iter((head,)), Budget(_SECONDS))
        self._rest = size - len(head)
        self._head = len(head)

    def skip(self, length: int) -> None:
        """Pass over bytes."""
        if self.tell() + length > self._head + self._rest:
            raise EndOfBytes
        super().skip(length)

    def _next_piece(self, wanted: int) -> bytes:
        piece = super()._next_piece(wanted)
        if not piece and self._rest >= wanted:
            raise _More
        return piece


def has_header(head: bytes) -> bool:
    """Tell whether bytes begin as a pickle of protocol 2 and later does."""
    return len(head) > 2 and head[0] == _PROTO and head[1] <= HIGHEST_PROTOCOL and head[2] in INSTRUCTIONS


def is_pickle(head: bytes, size: int) -> bool:
    """Tell whether a file of a size is a pickle, compressed or not."""
    compression = compression_of(head)
    if compression is not None:
        try:
            inside = b"".join(itertools.islice(_as_far_as_possible(head, compression), 1))[:_HEAD_BYTES]
        except NotUnpacked:
            return True  # the reader says that nobody knows what is in it
        if is_plain_pickle(inside, 1 << 62):
            return True
        if not inside and compression == "bz2" and size > len(head):
            return True  # its first block is longer; the reader looks into it
    return is_plain_pickle(head, size)


def is_plain_pickle(head: bytes, size: int) -> bool:
    """Tell whether a file of a size is a pickle that is not compressed."""
    if head[:1] == bytes([_PROTO]):
        return has_header(head)
    if not head or head[0] not in INSTRUCTIONS:
        return False
    found = Findings()
    budget = Budget(_SECONDS)
    machine = Machine(_Head(head, size), Scan(found, budget, depth=_STEPS), budget, Room())
    try:
        run(machine, _STEPS)
    except (Malformed, EndOfBytes, OverBudget):
        return found.calls > 0 and _are_names(found)
    except _More:
        return _are_names(found)
    return machine.steps >= _FEWEST_STEPS and _are_names(found)


def _are_names(found: Findings) -> bool:
    """Tell whether what would be imported is called as things are in Python, and not as lines of a text are."""
    return all(part.isidentifier() for each in found.globals for part in each.ref.split("."))


def _as_far_as_possible(head: bytes, compression: str) -> Iterator[bytes]:
    try:
        yield from unpacked(iter((head,)), compression)
    except NotUnpacked:
        raise
    except Malformed:
        return
