"""The stages of a registry, lowest first."""

from __future__ import annotations

from modelkeep.domain.stages import StageDef
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import shared
from modelkeep.store.db.sql.statement import statement

STAGES = statement(shared.STAGES)


def stages(reader: Reader, at: int | None) -> tuple[StageDef, ...]:
    """Return the stages that were declared at a moment."""
    rows = STAGES.recall(reader, at)
    return tuple(StageDef(name, protected=bool(kept), synonyms=tuple(words.split())) for name, kept, words in rows)
