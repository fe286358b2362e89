"""The head of a log: all that a client needs to remember of it."""

from __future__ import annotations

from msgspec import Struct


class Head(Struct, frozen=True):
    """The newest entry of a log: its number, hash and time."""

    seq: int
    hash: str
    time: str
