"""What reports read of a period: entries of some kinds, and what was open or ran at its end."""

from __future__ import annotations

from modelkeep.store.db.interface import Reader, Row
from modelkeep.store.db.sql.statement import EVER, statement

REGISTERED = """
SELECT count(*) FROM version WHERE seq BETWEEN :first AND :last AND model BETWEEN :least AND :most
"""

APPROVAL = """
SELECT approval.seq, entry_index.time, entry_action.actor, approval.roles
FROM approval JOIN entry_index ON entry_index.seq = approval.seq JOIN entry_action ON entry_action.seq = approval.seq
WHERE approval.request = :request ORDER BY approval.seq
"""

ORIGIN = """
SELECT entry_action.actor,
    (SELECT value FROM entry_text WHERE entry_text.seq = version.seq AND field = 'author' ORDER BY position LIMIT 1)
FROM version JOIN entry_action ON entry_action.seq = version.seq
WHERE version.model = :model AND version.number = :number
"""

ACTOR = """
SELECT actor FROM entry_action WHERE seq = :seq
"""

REASON = """
SELECT value FROM entry_text WHERE seq = :seq AND field = 'reason' ORDER BY position LIMIT 1
"""

# Those that were opened or closed in the period, and those that were open at its end.
ITEMS = """
SELECT since_seq, item, model, version, CASE WHEN until_seq <= :last THEN until_seq END
FROM open_item
WHERE since_seq <= :last AND (since_seq >= :first OR until_seq IS NULL OR until_seq >= :first)
    AND model BETWEEN :least AND :most
ORDER BY since_seq, version
"""

DEPLOYMENTS = statement("""
SELECT deployment.since_seq, entry_index.time, entry_action.actor, deployment.model, deployment.version,
    deployment.target, deployment.status, deployment.share
FROM deployment
JOIN entry_index ON entry_index.seq = deployment.since_seq
JOIN entry_action ON entry_action.seq = deployment.since_seq
WHERE HOLDS(deployment) AND deployment.model BETWEEN :least AND :most
ORDER BY deployment.target, deployment.model, deployment.version
""")

HEAD_AT = """
SELECT seq, time, hash FROM entry_index WHERE seq = :seq
"""

FIRST_AND_LAST = """
SELECT (SELECT time FROM entry_index WHERE seq = :first), (SELECT time FROM entry_index WHERE seq = :last)
"""


def registered(reader: Reader, model: int | None, first: int, last: int) -> int:
    """Return how many versions were registered."""
    return int(reader.one(REGISTERED, **_models(model), first=first, last=last)[0])


def items(reader: Reader, model: int | None, first: int, last: int) -> list[Row]:
    """Return what a person has or had to look at: entry, item, model, version, and the entry that closed it by then."""
    return reader.rows(ITEMS, **_models(model), first=first, last=last)


def deployments(reader: Reader, at: int, model: int | None) -> list[Row]:
    """Return what ran after entry ``at``."""
    return DEPLOYMENTS.rows(reader, at, **_models(model))


def _models(model: int | None) -> dict[str, int]:
    """Return the least and the greatest model that is meant: one, or any."""
    return {"least": 0, "most": EVER} if model is None else {"least": model, "most": model}
