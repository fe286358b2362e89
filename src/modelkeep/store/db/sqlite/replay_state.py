"""The state while a log is followed entry by entry: what the entry before has just said need not be looked up."""

from __future__ import annotations

import sqlite3

from modelkeep.domain.entry import Entry
from modelkeep.domain.head import Head
from modelkeep.domain.stages import StageDef
from modelkeep.domain.verbs.init import RegistryCreated
from modelkeep.store.db.state import SqlState


class Following(SqlState):
    """The state after the last entry that was projected; `follow` is told of each."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._head: Head | None = None
        self._registry: str | None = None
        self._stages: tuple[StageDef, ...] | None = None

    def follow(self, entry: Entry, entry_hash: str) -> None:
        """Go on to the state after an entry, which was projected."""
        self._head = Head(entry.seq, entry_hash, entry.time)
        if any(isinstance(event, RegistryCreated) for event in entry.events):
            self._registry = self._stages = None

    def head(self) -> Head | None:
        """Return the newest entry."""
        return self._head

    def registry_id(self) -> str | None:
        """Return the registry's id."""
        if self._registry is None:
            self._registry = super().registry_id()
        return self._registry

    def hash_at(self, seq: int) -> str | None:
        """Return the hash of an entry: mostly the one before is asked for."""
        if self._head is not None and self._head.seq == seq:
            return self._head.hash
        return super().hash_at(seq)

    def stages(self) -> tuple[StageDef, ...]:
        """Return the stages, lowest first."""
        if self._stages is None:
            self._stages = super().stages()
        return self._stages
