"""Models as lines of a list: who holds their stages, what is newest, what is in development."""

from __future__ import annotations

from collections.abc import Iterator

from modelkeep.domain.answers.versions import AskedFor, InDevelopment, ModelRow
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import shared
from modelkeep.store.db.sql.statement import statement
from modelkeep.store.db.sql.version_states import (
    Standing,
    count_deleted,
    deleted_and_used,
    holders,
    newest,
    newest_undeleted,
    standing,
    walk,
)

NAMES = statement(shared.MODEL_NAMES)

LABEL = statement("""
SELECT CASE WHEN KNOWN(version.label_seq) THEN label END, time FROM version WHERE model = :model AND number = :number
""")

ENTRY = """
SELECT entry_index.time, entry_action.actor
FROM entry_index JOIN entry_action ON entry_action.seq = entry_index.seq WHERE entry_index.seq = :seq
"""

DESCRIPTION = statement("""
SELECT text FROM description WHERE model = :model AND version = :version AND HOLDS(description)
""")

OPEN_REQUESTS = statement("""
SELECT request.stage, request.version, request.since_seq, entry_index.time, entry_action.actor
FROM request
JOIN entry_index ON entry_index.seq = request.since_seq
JOIN entry_action ON entry_action.seq = request.since_seq
WHERE request.model = :model AND HOLDS(request) ORDER BY request.since_seq
""")

_PAGE = 64
_FIRST = "\x01"  # what no name has in it: it sorts before whatever follows a name


def names(reader: Reader, at: int | None, prefix: str = "") -> Iterator[tuple[int, str]]:
    """Yield models by name, those whose name begins so (without case), a page at a time."""
    low = prefix
    while page := NAMES.rows(reader, at, low=low, end=prefix + shared.LAST, count=_PAGE):
        yield from ((model, name) for model, name, _ in page)
        low = page[-1][2] + _FIRST


def model_row(reader: Reader, at: int | None, model: int, name: str) -> ModelRow:
    """Return the line of a model as it stands at a moment."""
    highest = newest(reader, at, model)
    gone = count_deleted(reader, at, model, 1, highest)
    used = deleted_and_used(reader, at, model) if gone else frozenset()
    there = standing(reader, at, model, 1, highest, deleted=used)
    left = newest_undeleted(reader, at, model) or highest if gone else highest

    def numbers() -> Iterator[tuple[int, Standing]]:
        """Return the numbers that were not deleted, newest first; without deletions no further query is needed."""
        if gone:
            return walk(reader, at, model)
        return ((number, there) for number in range(highest, 0, -1))

    archived = sum(min(last, highest) - first + 1 for first, last in there.archived)
    out = archived + (_count_deleted_unarchived(reader, at, model, there, highest) if gone else 0)
    elsewhere = (there.bad | there.held | frozenset(there.stages) | frozenset(there.shares)) - used
    waiting = highest - out - sum(not there.is_archived(number) for number in elsewhere)
    return ModelRow(
        name=name,
        newest=left,
        newest_label=LABEL.one(reader, at, model=model, number=left)[0] if left else None,
        latest=next((number for number, how in numbers() if how.is_latest(number)), None),
        versions=highest - gone,
        created=entry(reader, model)[0],
        archived=0 < highest == out,
        holders=holders(reader, at, model),
        development=_development(reader, at, model, numbers(), waiting),
        description=description(reader, at, model, 0),
        requests=tuple(AskedFor(*row) for row in OPEN_REQUESTS.rows(reader, at, model=model)),
    )


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
    label, time = LABEL.one(reader, at, model=model, number=number)
    return InDevelopment(number, label, time, waiting - 1)


def _count_deleted_unarchived(reader: Reader, at: int | None, model: int, there: Standing, highest: int) -> int:
    """Return how many deleted versions are not archived as well: those between the archived ranges."""
    found, after = 0, 1
    for first, last in (*there.archived, (highest + 1, highest + 1)):
        found += count_deleted(reader, at, model, after, first - 1)
        after = last + 1
    return found
