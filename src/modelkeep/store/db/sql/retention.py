"""Which versions a policy's retention does not keep, page by page."""

from __future__ import annotations

from modelkeep.domain.policy.rules import Retention
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.statement import EVER

MODELS = """
SELECT model FROM model_name WHERE until_seq IS NULL ORDER BY model
"""

_IS_THERE = """
version.model = :model
    AND NOT EXISTS (SELECT 1 FROM deleted WHERE deleted.model = version.model AND deleted.version = version.number)
    AND (:with_archived = 1 OR NOT EXISTS (
        SELECT 1 FROM archived
        WHERE archived.model = version.model AND first <= number AND last >= number AND until_seq IS NULL))
"""

# The newest version that `keep_last` does not keep.
NEWEST = f"""
SELECT number FROM version WHERE {_IS_THERE} ORDER BY number DESC LIMIT 1 OFFSET :keep_last
"""

# A stage that was protected under any policy keeps what was in it.
PRUNABLE = f"""
SELECT number FROM version
WHERE {_IS_THERE}
    AND number BETWEEN :first AND :newest AND time < :before
    AND NOT EXISTS (
        SELECT 1 FROM tenure WHERE tenure.model = version.model AND tenure.version = version.number
            AND (until_seq IS NULL OR stage IN (SELECT name FROM stage WHERE protected = 1)))
    AND number NOT IN (SELECT version FROM alias WHERE model = :model AND until_seq IS NULL)
    AND NOT EXISTS (
        SELECT 1 FROM request
        WHERE request.model = version.model AND request.version = version.number AND until_seq IS NULL)
    AND NOT EXISTS (
        SELECT 1 FROM deployment
        WHERE deployment.model = version.model AND deployment.version = version.number AND until_seq IS NULL)
    AND NOT EXISTS (
        SELECT 1 FROM open_item
        WHERE open_item.model = version.model AND open_item.version = version.number AND until_seq IS NULL)
    AND NOT EXISTS (
        SELECT 1 FROM parent JOIN tenure ON tenure.model = parent.model AND tenure.version = parent.version
        WHERE parent.parent_model = version.model AND parent.parent_version = version.number
            AND tenure.until_seq IS NULL)
ORDER BY number LIMIT :limit
"""


def models(reader: Reader) -> list[int]:
    """Return the models that are not deleted, in the order they were created."""
    return [model for (model,) in reader.rows(MODELS)]


def prunable(
    reader: Reader, retention: Retention, model: int, before: str, *, first: int = 1, last: int = EVER, limit: int
) -> list[int]:
    """Return the versions from ``first`` to ``last`` that the retention does not keep; ``before`` is the time of keep_newer.

    Only what ``then`` could still change counts: to `keep_last` too. What is in use is always kept: what holds a stage
    or ever held a protected one, has an alias, an open request, a deployment or an open item, or is a parent of a version
    that holds a stage.
    """
    with_archived = int(retention.then == "delete")
    row = reader.row(NEWEST, model=model, with_archived=with_archived, keep_last=retention.keep_last or 0)
    if row is None:
        return []
    newest = min(int(row[0]), last)
    rows = reader.rows(
        PRUNABLE, model=model, with_archived=with_archived, first=first, newest=newest, before=before, limit=limit
    )
    return [number for (number,) in rows]
