"""The stages of a registry, lowest first."""

from __future__ import annotations

from modelkeep.domain.stages import StageDef
from modelkeep.store.db.sql import shared
from modelkeep.store.db.sql.statement import Connection, statement

STAGES = statement(shared.STAGES)


def stages(connection: Connection, at: int | None) -> tuple[StageDef, ...]:
    """Return the stages that were declared at a moment."""
    rows = STAGES.rows(connection, at)
    return tuple(StageDef(name, protected=bool(kept), synonyms=tuple(words.split())) for name, kept, words in rows)
