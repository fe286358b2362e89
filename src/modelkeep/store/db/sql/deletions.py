"""What was deleted: who did it and when and why, and how many of some numbers are gone."""

from __future__ import annotations

from modelkeep.domain.answers.versions import Deletion
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.statement import statement

DELETION = statement("""
SELECT deleted.seq, entry_index.time, entry_action.actor,
    (SELECT value FROM entry_text WHERE seq = deleted.seq AND field = 'reason' ORDER BY position LIMIT 1)
FROM deleted
CROSS JOIN entry_index ON entry_index.seq = deleted.seq
CROSS JOIN entry_action ON entry_action.seq = deleted.seq
WHERE deleted.model = :model AND deleted.version = :number AND KNOWN(deleted.seq)
""")

NUMBERS = statement("""
SELECT version FROM deleted WHERE model = :model AND version BETWEEN :first AND :last AND KNOWN(deleted.seq)
""")

COUNT = statement("""
SELECT count(*) FROM deleted WHERE model = :model AND version BETWEEN :first AND :last AND KNOWN(deleted.seq)
""")

# Those that hold or held a stage or are marked, which are few, lead to the deleted ones.
USED = statement("""
SELECT version FROM deleted WHERE model = :model AND KNOWN(deleted.seq) AND version IN (
    SELECT version FROM tenure WHERE tenure.model = :model AND KNOWN(tenure.since_seq)
    UNION SELECT version FROM mark WHERE mark.model = :model AND HOLDS(mark))
""")


def deletion(reader: Reader, at: int | None, model: int, number: int) -> Deletion | None:
    """Return who deleted a version, when and why; None where it was there at that moment."""
    row = DELETION.row(reader, at, model=model, number=number)
    return None if row is None else Deletion(*row)


def numbers(reader: Reader, at: int | None, model: int, first: int, last: int) -> frozenset[int]:
    """Return the numbers from ``first`` to ``last`` that were deleted by a moment."""
    rows = NUMBERS.rows(reader, at, model=model, first=first, last=last)
    return frozenset(number for (number,) in rows)


def count(reader: Reader, at: int | None, model: int, first: int, last: int) -> int:
    """Count them: that is cheap even where they are very many."""
    row = COUNT.row(reader, at, model=model, first=first, last=last)
    return 0 if row is None else int(row[0])


def used(reader: Reader, at: int | None, model: int) -> frozenset[int]:
    """Return the numbers that were deleted and had held a stage or been marked."""
    return frozenset(number for (number,) in USED.rows(reader, at, model=model))
