"""The state while a log is replayed entry by entry: head, registry and stages are kept, not looked up again."""

from __future__ import annotations

from modelkeep.domain.entry import Entry
from modelkeep.domain.stages import StageDef
from modelkeep.domain.state import Head
from modelkeep.domain.verbs.init import RegistryCreated
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.state import SqlState


class ReplayState(SqlState):
    """The state after the last entry that was projected; `follow` is given each."""

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
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

    def stages(self) -> tuple[StageDef, ...]:
        """Return the stages, lowest first."""
        if self._stages is None:
            self._stages = super().stages()
        return self._stages
