"""How the versions of a model stand: deleted, archived, bad, holding a stage, or none of it; and the stages there are.

Versions are looked at in windows of consecutive numbers, the newest first, so that an answer about
the newest fifty costs the same in a model of a hundred or of a hundred thousand.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from modelkeep.domain.answers.versions import Deletion, Holder, Marked, Share, StageShare
from modelkeep.domain.stages import StageDef
from modelkeep.domain.state import state_of
from modelkeep.errors import Damaged
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import shared
from modelkeep.store.db.sql.statement import Statement, statement

NEWEST = shared.NEWEST_NUMBER

SEQ_AT_LEAST = """
SELECT seq FROM version WHERE model = :model AND number >= :number ORDER BY number LIMIT 1
"""

ARCHIVED = statement("""
SELECT first, last FROM archived
WHERE model = :model AND first <= :last AND last >= :first AND HOLDS(archived) ORDER BY first, last
""")

BAD = statement("""
SELECT version FROM mark WHERE model = :model AND version BETWEEN :first AND :last AND HOLDS(mark)
""")

HELD = statement("""
SELECT DISTINCT version FROM tenure
WHERE model = :model AND version BETWEEN :first AND :last AND KNOWN(tenure.since_seq)
""")

# A stage has one holder at a time, so only the newest tenure can be the one that held at a moment.
HOLDERS = Statement(
    now=shared.HOLDERS,
    past=shared.HOLDERS.replace(
        "HOLDS(tenure)",
        """tenure.since_seq = (
        SELECT newest.since_seq FROM tenure AS newest
        WHERE newest.model = :model AND newest.stage = stage.name AND newest.since_seq <= :at AND newest.share IS NULL
        ORDER BY newest.since_seq DESC LIMIT 1)
    AND (tenure.until_seq IS NULL OR tenure.until_seq > :at)""",
    ),
)

# The index of shares alone leads to them, however many tenures there were.
SHARES = statement("""
SELECT stage, version, share, waived FROM tenure
WHERE model = :model AND share IS NOT NULL AND HOLDS(tenure) ORDER BY stage, version
""")

DELETION = statement("""
SELECT deleted.seq, entry_index.time, entry_action.actor,
    (SELECT value FROM entry_text WHERE seq = deleted.seq AND field = 'reason' ORDER BY position LIMIT 1)
FROM deleted
JOIN entry_index ON entry_index.seq = deleted.seq
JOIN entry_action ON entry_action.seq = deleted.seq
WHERE deleted.model = :model AND deleted.version = :number AND KNOWN(deleted.seq)
""")

MARKED = statement("""
SELECT mark.since_seq, entry_index.time, entry_action.actor, COALESCE(
    (SELECT value FROM entry_text WHERE seq = mark.since_seq AND field = 'reason' ORDER BY position LIMIT 1),
    (SELECT 'signal ' || name || ' ' || value FROM signal WHERE seq = mark.since_seq))
FROM mark
JOIN entry_index ON entry_index.seq = mark.since_seq
JOIN entry_action ON entry_action.seq = mark.since_seq
WHERE mark.model = :model AND mark.version = :number AND HOLDS(mark)
""")

DELETED_NUMBERS = statement("""
SELECT version FROM deleted WHERE model = :model AND version BETWEEN :first AND :last AND KNOWN(deleted.seq)
""")

DELETED_COUNT = statement("""
SELECT count(*) FROM deleted WHERE model = :model AND version BETWEEN :first AND :last AND KNOWN(deleted.seq)
""")

# Those that hold or held a stage or are marked, which are few, lead to the deleted ones.
DELETED_AND_USED = statement("""
SELECT version FROM deleted WHERE model = :model AND KNOWN(deleted.seq) AND version IN (
    SELECT version FROM tenure WHERE tenure.model = :model AND KNOWN(tenure.since_seq)
    UNION SELECT version FROM mark WHERE mark.model = :model AND HOLDS(mark))
""")

STAGES = statement(shared.STAGES)

_WINDOW, _GROWTH, _WIDEST = 64, 4, 4096
_ENDLESS = 10**18


class Standing(Struct, frozen=True):
    """The states of some versions of a model; ``archived`` are disjoint ranges in order."""

    archived: tuple[tuple[int, int], ...]
    bad: frozenset[int]
    held: frozenset[int]
    stages: Mapping[int, tuple[str, ...]]
    shares: Mapping[int, tuple[StageShare, ...]]
    deleted: frozenset[int]

    def is_archived(self, number: int) -> bool:
        """Tell whether a version is archived."""
        place = bisect_right(self.archived, (number, _ENDLESS))
        return place > 0 and self.archived[place - 1][1] >= number

    def state(self, number: int) -> str:
        """Return the state of a version."""
        return state_of(
            archived=self.is_archived(number),
            bad=number in self.bad,
            active=number in self.stages or number in self.shares,
            held=number in self.held,
            deleted=number in self.deleted,
        )

    def is_latest(self, number: int) -> bool:
        """Tell whether ``latest`` may mean this version."""
        return number not in self.bad and number not in self.deleted and not self.is_archived(number)


def newest(reader: Reader, at: int | None, model: int) -> int:
    """Return the highest number that was given by a moment, 0 for none.

    Numbers and entries grow together, so a past one is found by halving.
    """
    highest = int(reader.one(NEWEST, model=model)[0] or 0)
    if at is None:
        return highest

    def given_by(number: int) -> int:
        """Return the entry of the first version that has this number or a higher one."""
        return int(reader.one(SEQ_AT_LEAST, model=model, number=number)[0])

    return bisect_right(range(1, highest + 1), at, key=given_by)


def holders(reader: Reader, at: int | None, model: int) -> tuple[Holder, ...]:
    """Return who holds the stages of a model and who has shares of them, highest stage first."""
    beside: dict[str, list[Share]] = {}
    for stage, version, share, waived in SHARES.recall(reader, at, model=model):
        beside.setdefault(stage, []).append(Share(version, share / 100, waived))
    return tuple(
        Holder(stage, version, label, since, actor, tuple(beside.get(stage, ())), waived)
        for stage, version, label, since, actor, waived in HOLDERS.recall(reader, at, model=model)
    )


def standing(
    reader: Reader,
    at: int | None,
    model: int,
    first: int,
    last: int,
    *,
    deleted: frozenset[int] | None = None,
) -> Standing:
    """Return how the versions from ``first`` to ``last`` stand.

    ``deleted`` are the deleted ones that count, where the caller knows better than to read them all.
    """
    if deleted is None:
        deleted = deleted_numbers(reader, at, model, first, last)
    stages: dict[int, tuple[str, ...]] = {}
    shares: dict[int, tuple[StageShare, ...]] = {}
    for each in holders(reader, at, model):
        stages[each.version] = (*stages.get(each.version, ()), each.stage)
        for one in each.shares:
            shares[one.version] = (*shares.get(one.version, ()), StageShare(each.stage, one.share))
    return Standing(
        archived=_merged(ARCHIVED.rows(reader, at, model=model, first=first, last=last)),
        bad=frozenset(number for (number,) in BAD.rows(reader, at, model=model, first=first, last=last)),
        held=frozenset(number for (number,) in HELD.rows(reader, at, model=model, first=first, last=last)),
        stages=stages,
        shares=shares,
        deleted=deleted,
    )


def states_of(
    reader: Reader, at: int | None, versions: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], tuple[str, tuple[str, ...]]]:
    """Return the state of each of some versions (model and number) and the stages that it holds, in a few SELECTs a model."""
    numbers: dict[int, set[int]] = {}
    for model, number in versions:
        numbers.setdefault(model, set()).add(number)
    found: dict[tuple[int, int], tuple[str, tuple[str, ...]]] = {}
    for model, wanted in numbers.items():
        there = standing(reader, at, model, min(wanted), max(wanted))
        found |= {(model, each): (there.state(each), there.stages.get(each, ())) for each in wanted}
    return found


def _merged(ranges: Sequence[tuple[int, ...]]) -> tuple[tuple[int, int], ...]:
    """Return ranges, sorted by their beginnings, as disjoint ones that do not touch."""
    found: list[tuple[int, int]] = []
    for first, last in ranges:
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


def walk(reader: Reader, at: int | None, model: int, *, deleted: bool = False) -> Iterator[tuple[int, Standing]]:
    """Yield the numbers of a model downwards, each with how its window stands; with ``deleted`` those as well.

    The windows grow, up to ``_WIDEST``. A window that was deleted as a whole is skipped after one count.
    """
    beyond, size = newest(reader, at, model) + 1, _WINDOW
    while beyond > 1:
        first, last = max(1, beyond - size), beyond - 1
        beyond, size = first, min(size * _GROWTH, _WIDEST)
        gone = count_deleted(reader, at, model, first, last)
        if gone == last - first + 1 and not deleted:
            continue
        there = standing(reader, at, model, first, last, deleted=None if gone else frozenset())
        for number in range(last, first - 1, -1):
            if deleted or number not in there.deleted:
                yield number, there


def newest_undeleted(reader: Reader, at: int | None, model: int) -> int | None:
    """Return the highest number that was not deleted."""
    return next((number for number, _ in walk(reader, at, model)), None)


def latest(reader: Reader, at: int | None, model: int) -> int | None:
    """Return the highest number that was not archived, deleted or bad."""
    numbers = walk(reader, at, model)
    return next((number for number, there in numbers if there.is_latest(number)), None)


def in_development(reader: Reader, at: int | None, model: int) -> int | None:
    """Return the highest number in development."""
    numbers = walk(reader, at, model)
    return next((number for number, there in numbers if there.state(number) == "development"), None)


def deletion(reader: Reader, at: int | None, model: int, number: int) -> Deletion | None:
    """Return who deleted a version, when and why; None where it was there at that moment."""
    row = DELETION.row(reader, at, model=model, number=number)
    return None if row is None else Deletion(*row)


def marked(reader: Reader, at: int | None, model: int, number: int) -> Marked | None:
    """Return who marked a version bad, when and why; None where it was good at that moment."""
    row = MARKED.row(reader, at, model=model, number=number)
    return None if row is None else Marked(*row)


def deleted_numbers(reader: Reader, at: int | None, model: int, first: int, last: int) -> frozenset[int]:
    """Return the numbers from ``first`` to ``last`` that were deleted by a moment."""
    rows = DELETED_NUMBERS.rows(reader, at, model=model, first=first, last=last)
    return frozenset(number for (number,) in rows)


def count_deleted(reader: Reader, at: int | None, model: int, first: int, last: int) -> int:
    """Return how many numbers from ``first`` to ``last`` were deleted; it is cheap even for very many."""
    row = DELETED_COUNT.row(reader, at, model=model, first=first, last=last)
    return 0 if row is None else int(row[0])


def deleted_and_used(reader: Reader, at: int | None, model: int) -> frozenset[int]:
    """Return the numbers that were deleted and had held a stage or been marked."""
    return frozenset(number for (number,) in DELETED_AND_USED.rows(reader, at, model=model))


def stages(reader: Reader, at: int | None) -> tuple[StageDef, ...]:
    """Return the stages that were declared at a moment; no registry is without one."""
    rows = STAGES.recall(reader, at)
    if not rows:
        message = "the tables have no stage"
        raise Damaged(message)
    return tuple(StageDef(name, protected=bool(kept), synonyms=tuple(words.split())) for name, kept, words in rows)
