"""Models as lines of the matrix: who holds their stages, what is newest, what waits in development."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from modelkeep.domain.answers.versions import Holder, InDevelopment, ModelRow
from modelkeep.domain.stages import Stages
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import shared
from modelkeep.store.db.sql.statement import EVER, statement
from modelkeep.store.db.sql.version_states import (
    Holding,
    Standing,
    count_deleted,
    deleted_and_used,
    holders,
    newest,
    newest_left,
    standing,
    walk,
)

NAMES = statement(shared.MODEL_NAMES)

HELD_BY = """
SELECT CASE WHEN version.label_seq <= :at THEN version.label END, entry_index.time, entry_action.actor
FROM version, entry_index, entry_action
WHERE version.model = :model AND version.number = :version
    AND entry_index.seq = :since AND entry_action.seq = :since
"""

LABEL = """
SELECT CASE WHEN label_seq <= :at THEN label END, time FROM version WHERE model = :model AND number = :number
"""

ENTRY = """
SELECT entry_index.time, entry_action.actor
FROM entry_index JOIN entry_action ON entry_action.seq = entry_index.seq WHERE entry_index.seq = :seq
"""

DESCRIPTION = statement("""
SELECT text FROM description WHERE model = :model AND version = :version AND HOLDS(description)
""")

_PAGE = 64
_FIRST = "\x01"  # what no name has in it: it sorts before whatever follows a name


class Overview(Struct, frozen=True):
    """What a line and a page of a model share; ``highest`` is the newest number given, deleted or not."""

    highest: int
    versions: int
    newest: int
    newest_label: str | None
    latest: int | None
    archived: bool
    created: str
    actor: str
    holding: tuple[Holding, ...]
    holders: tuple[Holder, ...]
    development: InDevelopment | None
    description: str | None


def names(reader: Reader, at: int | None, prefix: str = "") -> Iterator[tuple[int, str]]:
    """Yield models by name, those whose name begins so (without case), a page at a time."""
    low = prefix
    while page := NAMES.rows(reader, at, low=low, end=prefix + shared.LAST, count=_PAGE):
        yield from ((model, name) for model, name, _ in page)
        low = page[-1][2] + _FIRST


def model_row(reader: Reader, at: int | None, model: int, name: str, stages: Stages) -> ModelRow:
    """Return the line of a model."""
    seen = overview(reader, at, model, stages)
    return ModelRow(
        name=name,
        newest=seen.newest,
        newest_label=seen.newest_label,
        latest=seen.latest,
        versions=seen.versions,
        created=seen.created,
        archived=seen.archived,
        holders=seen.holders,
        development=seen.development,
        description=seen.description,
    )


def overview(reader: Reader, at: int | None, model: int, stages: Stages) -> Overview:
    """Return how a model stands at a moment."""
    highest = newest(reader, at, model)
    holding = holders(reader, at, model, stages)
    gone = count_deleted(reader, at, model, 1, highest)
    used = deleted_and_used(reader, at, model) if gone else frozenset()
    there = standing(reader, at, model, (1, highest), holding, deleted=used)
    left = newest_left(reader, at, model) or highest if gone else highest

    def numbers() -> Iterator[tuple[int, Standing]]:
        """Yield what is left, newest first; where nothing was deleted, how all stands is known already."""
        if gone:
            return walk(reader, at, model, holding, left)
        return ((number, there) for number in range(highest, 0, -1))

    out = _archived(there, highest) + (_gone_beside(reader, at, model, there, highest) if gone else 0)
    waiting = highest - out - _outside(there, (there.bad | there.held | frozenset(there.stages)) - used)
    label = reader.one(LABEL, model=model, number=left, at=at or EVER)[0] if left else None
    created, actor = entry(reader, model)
    return Overview(
        highest=highest,
        versions=highest - gone,
        newest=left,
        newest_label=label,
        latest=next((number for number, how in numbers() if how.is_latest(number)), None),
        archived=0 < highest == out,
        created=created,
        actor=actor,
        holding=holding,
        holders=tuple(_holder(reader, at, model, each) for each in holding),
        development=_development(reader, at, model, numbers(), waiting),
        description=description(reader, at, model, 0),
    )


def _holder(reader: Reader, at: int | None, model: int, each: Holding) -> Holder:
    """Return the version that holds a stage, since when, and who put it there."""
    values = {"model": model, "version": each.version, "since": each.since_seq, "at": at or EVER}
    label, since, actor = reader.one(HELD_BY, **values)
    return Holder(each.stage, each.version, label, since, actor)


def entry(reader: Reader, seq: int) -> tuple[str, str]:
    """Return when an entry was written and by whom."""
    time, actor = reader.one(ENTRY, seq=seq)
    return time, actor


def description(reader: Reader, at: int | None, model: int, version: int) -> str | None:
    """Return the description of a version, or of the model for version 0."""
    row = DESCRIPTION.row(reader, at, model=model, version=version)
    return None if row is None else str(row[0])


def _development(
    reader: Reader, at: int | None, model: int, numbers: Iterator[tuple[int, Standing]], waiting: int
) -> InDevelopment | None:
    """Return the newest of the versions in development, where any are waiting."""
    if waiting <= 0:
        return None
    number = next(number for number, how in numbers if how.state(number) == "development")
    label, time = reader.one(LABEL, model=model, number=number, at=at or EVER)
    return InDevelopment(number, label, time, waiting - 1)


def _archived(there: Standing, highest: int) -> int:
    """Count the archived versions."""
    return sum(min(last, highest) - first + 1 for first, last in there.archived)


def _gone_beside(reader: Reader, at: int | None, model: int, there: Standing, highest: int) -> int:
    """Count the deleted versions that are not archived too: those between the archived ones."""
    found, after = 0, 1
    for first, last in (*there.archived, (highest + 1, highest + 1)):
        found += count_deleted(reader, at, model, after, first - 1)
        after = last + 1
    return found


def _outside(there: Standing, numbers: frozenset[int]) -> int:
    """Count the numbers that are not archived."""
    if not there.archived:
        return len(numbers)
    return sum(1 for number in numbers if not there.is_archived(number))
