"""The registry at a glance: how much there is, and what is in production."""

from __future__ import annotations

from msgspec import Struct

from modelkeep.domain.answers.versions import Holder
from modelkeep.errors import Damaged
from modelkeep.store.db.interface import Reader

# The numbers of a model's versions have no gap: the newest one counts them. A model has some left where that
# one is not deleted; the deleted ones are counted only where it is.
COUNTS = """
SELECT (SELECT count(*) FROM (
        SELECT seq, (SELECT max(number) FROM version WHERE version.model = model.seq) AS newest FROM model) AS last
        WHERE NOT EXISTS (SELECT 1 FROM deleted WHERE deleted.model = last.seq AND deleted.version = last.newest)
            OR (SELECT count(*) FROM deleted WHERE deleted.model = last.seq) < last.newest),
    (SELECT coalesce(sum((SELECT max(number) FROM version WHERE version.model = model.seq)), 0) FROM model),
    (SELECT count(*) FROM deleted),
    (SELECT max(seq) FROM entry_index),
    (SELECT id FROM registry)
"""

HEAD = """
SELECT hash FROM entry_index WHERE seq = :seq
"""

#: So many files are added up without being asked to: it takes a few milliseconds, for a million of them 150.
FEW = 10_000

FILES = """
SELECT count(*) FROM (SELECT 1 FROM version_blob LIMIT :most) AS first_few
"""

# The same bytes are stored once. What only deleted versions had may be gone or not: it is not counted.
SIZE = """
SELECT coalesce(sum(size_bytes), 0) FROM (
    SELECT max(size_bytes) AS size_bytes FROM version_blob
    WHERE NOT EXISTS (
        SELECT 1 FROM deleted WHERE deleted.model = version_blob.model AND deleted.version = version_blob.version)
    GROUP BY digest) AS blob
"""

IN_STAGE = """
SELECT model_name.name, tenure.version, version.label, entry_index.time, entry_action.actor
FROM model_name
CROSS JOIN tenure ON tenure.model = model_name.model AND tenure.stage = :stage
    AND tenure.until_seq IS NULL AND tenure.share IS NULL
CROSS JOIN version ON version.model = tenure.model AND version.number = tenure.version
CROSS JOIN entry_index ON entry_index.seq = tenure.since_seq
CROSS JOIN entry_action ON entry_action.seq = tenure.since_seq
WHERE model_name.until_seq IS NULL
ORDER BY model_name.folded
"""


class Counts(Struct, frozen=True):
    """How much a registry holds, what was ``deleted`` aside.

    ``models`` are those with a version left; ``size_bytes`` is what the distinct files need, None where
    they were not added up.
    """

    id: str
    models: int
    versions: int
    deleted: int
    entries: int
    size_bytes: int | None
    head_hash: str


def counts(reader: Reader, *, size: bool) -> Counts:
    """Return how much the registry holds now; many files are added up only where ``size`` asks for it."""
    models, registered, deleted, entries, identity = reader.one(COUNTS)
    head = reader.row(HEAD, seq=entries)
    if head is None or identity is None:
        message = "the log of this registry is empty"
        raise Damaged(message)
    size_bytes = None
    if size or reader.one(FILES, most=FEW + 1)[0] <= FEW:
        (size_bytes,) = reader.one(SIZE)
    return Counts(identity, models, registered - deleted, deleted, entries, size_bytes, head[0])


def in_stage(reader: Reader, stage: str) -> dict[str, Holder]:
    """Return the models that have something in a stage now, by name, and what."""
    rows = reader.rows(IN_STAGE, stage=stage)
    return {name: Holder(stage, version, label, since, actor) for name, version, label, since, actor in rows}
