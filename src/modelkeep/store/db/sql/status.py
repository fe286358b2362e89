"""What `status` reads: how much there is, and what is in production."""

from modelkeep.store.db.sql.shared import IN_ORDER

# The numbers of a model's versions have no gap: the newest one counts them. A model has some left where that
# one is not deleted; the deleted ones are counted only where it is.
COUNTS = """
SELECT (SELECT count(*) FROM (
        SELECT seq, (SELECT max(number) FROM version WHERE version.model = model.seq) AS newest FROM model) AS last
        WHERE NOT EXISTS (SELECT 1 FROM deleted WHERE deleted.model = last.seq AND deleted.version = last.newest)
            OR (SELECT count(*) FROM deleted WHERE deleted.model = last.seq) < last.newest),
    (SELECT coalesce(sum((SELECT max(number) FROM version WHERE version.model = model.seq)), 0) FROM model),
    (SELECT count(*) FROM deleted)
"""

FILES = """
SELECT count(*) FROM (SELECT 1 FROM version_blob LIMIT :most) AS first_few
"""

# The same bytes are stored once. Bytes that only deleted versions had are not counted: gc may have removed them.
SIZE = """
SELECT coalesce(sum(size_bytes), 0) FROM (
    SELECT max(size_bytes) AS size_bytes FROM version_blob
    WHERE NOT EXISTS (
        SELECT 1 FROM deleted WHERE deleted.model = version_blob.model AND deleted.version = version_blob.version)
    GROUP BY digest) AS blob
"""

IN_STAGE = f"""
SELECT model_name.name, model_name.model, tenure.version, version.label, entry_index.time, entry_action.actor, tenure.waived
FROM model_name
{IN_ORDER} tenure ON tenure.model = model_name.model AND tenure.stage = :stage
    AND tenure.until_seq IS NULL AND tenure.share IS NULL
JOIN version ON version.model = tenure.model AND version.number = tenure.version
JOIN entry_index ON entry_index.seq = tenure.since_seq
JOIN entry_action ON entry_action.seq = tenure.since_seq
WHERE model_name.until_seq IS NULL
ORDER BY model_name.folded
"""

SHARES_IN_STAGE = """
SELECT model, version, share, waived FROM tenure
WHERE stage = :stage AND share IS NOT NULL AND until_seq IS NULL ORDER BY model, version
"""

OPEN_ITEMS = """
SELECT open_item.since_seq, item, model, version, entry_index.time, entry_action.actor
FROM open_item
JOIN entry_index ON entry_index.seq = open_item.since_seq
JOIN entry_action ON entry_action.seq = open_item.since_seq
WHERE until_seq IS NULL ORDER BY open_item.since_seq LIMIT :most
"""

OPEN_COUNTS = """
SELECT (SELECT count(*) FROM open_item WHERE until_seq IS NULL), (SELECT count(*) FROM request WHERE until_seq IS NULL)
"""
