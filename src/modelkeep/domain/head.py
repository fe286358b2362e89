"""The head of a log: all that a client needs to remember of it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Head(Struct, frozen=True):
    """The newest entry of a log: its number, hash and time."""

    seq: int
    hash: str
    time: str


def compare(known: Head, end: Head | None, hash_there: str | None) -> Literal["continues", "behind", "different"]:
    """Say how a log stands to a head that was seen of it before.

    ``end`` is the last entry of the log, None where it has none; ``hash_there`` the hash of its entry with the
    number of the known one. ``behind``: it ends before. ``different``: it has another entry there.
    """
    if hash_there == known.hash:
        return "continues"
    return "behind" if end is None or end.seq < known.seq else "different"
