"""What a technical documentation says of a version besides its page: checks, signals, deployments, open items."""

from __future__ import annotations

from modelkeep.store.db.interface import Reader, Row
from modelkeep.store.db.sql.statement import EVER

CHECKS = """
SELECT check_result.name, check_result.result, entry_index.time, entry_action.actor, check_result.evidence,
    check_result.expires, check_result.seq
FROM check_result
JOIN entry_index ON entry_index.seq = check_result.seq
JOIN entry_action ON entry_action.seq = check_result.seq
WHERE model = :model AND version = :version AND check_result.seq <= :last ORDER BY check_result.seq
"""

# The newest first: monitoring may have sent very many.
SIGNALS = """
SELECT signal.name, signal.value, entry_index.time, signal.observations
FROM signal JOIN entry_index ON entry_index.seq = signal.seq
WHERE model = :model AND version = :version AND signal.seq <= :last ORDER BY signal.seq DESC LIMIT :most
"""

DEPLOYMENTS = """
SELECT deployment.target, deployment.status, entry_index.time,
    (SELECT time FROM entry_index AS ended WHERE ended.seq = deployment.until_seq AND ended.seq <= :last)
FROM deployment JOIN entry_index ON entry_index.seq = deployment.since_seq
WHERE model = :model AND version = :version AND since_seq <= :last ORDER BY since_seq
"""

ITEMS = """
SELECT open_item.item, entry_index.time, CASE WHEN until_seq <= :last THEN until_seq END
FROM open_item JOIN entry_index ON entry_index.seq = open_item.since_seq
WHERE model = :model AND version = :version AND since_seq <= :last ORDER BY since_seq
"""


def rows(reader: Reader, statement: str, at: int | None, model: int, version: int, **more: int) -> list[Row]:
    """Return what one of the statements above finds of a version after entry ``at``."""
    return reader.rows(statement, model=model, version=version, last=at or EVER, **more)
