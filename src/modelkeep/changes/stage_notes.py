"""The notes of `promote` and `rollback`: skipped stages, and facts about the version that came back."""

from __future__ import annotations

from datetime import datetime

from modelkeep.domain.stages import StageDef
from modelkeep.domain.times import parse_stored
from modelkeep.domain.verbs.rollback import StageRolledBack
from modelkeep.rendering import human_age
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.annotations import aliases_of, ever_held, last_tenure, newest_metrics
from modelkeep.store.db.sql.references import Resolved
from modelkeep.store.db.state import SqlState

_MOST_METRICS = 3


def skipped(reader: Reader, found: Resolved, where: StageDef) -> tuple[str, ...]:
    """Return a note for each stage below that the version never held."""
    notes = []
    for stage in SqlState(reader).stages():
        if stage.name == where.name:
            break
        if not ever_held(reader, found.model, found.number or 0, stage.name):
            notes.append(f"note: {found.ref} was never in {stage.name}")
    return tuple(notes)


def went_back(
    reader: Reader,
    name: str,
    event: StageRolledBack,
    *,
    marked: bool,
    now: datetime,
) -> tuple[str, ...]:
    """Return why the version that came back counts as good, and what the one that was left still is."""
    left, back = f"{name}@{event.from_}", f"{name}@{event.to}"
    parts = []
    before = last_tenure(reader, event.model, event.to, event.stage)
    if before is not None:
        since, until = (parse_stored(text) for text in before)
        ended = human_age(now - until)
        parts.append(f"{back} was live for {human_age(until - since)}, until {ended} ago")
    metrics = newest_metrics(reader, event.model, event.to)
    parts += [f"{metric} {value}" for metric, value in list(metrics.items())[:_MOST_METRICS]]
    notes = ["; ".join(parts)] if parts else []
    if marked:
        notes.append(f"{left} is marked bad (undo: modelkeep mark {left} good)")
    aliases = aliases_of(reader, event.model, event.from_)
    if aliases:
        notes.append(f"still pointing at {left}: {', '.join(f'{name}@{alias}' for alias in aliases)}")
    return tuple(notes)
