"""The head of a log: all that a client needs to remember of it."""

from __future__ import annotations

from modelkeep.domain.quick import dataclass


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry of a log: its number, hash and time."""

    seq: int
    hash: str
    time: str
