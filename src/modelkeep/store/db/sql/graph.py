"""What stands beside a version or a dataset in the lineage: environments, evaluations, deployments, the same bytes."""

from __future__ import annotations

from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.statement import statement

ENVIRONMENT = statement("""
SELECT value FROM version_fact
WHERE model = :model AND version = :number AND kind = 'environment' AND KNOWN(version_fact.seq) ORDER BY seq DESC LIMIT 1
""")

ENVIRONMENTS = statement("""
SELECT DISTINCT value FROM version_fact
WHERE kind = 'environment' AND value >= :low AND value < :high AND KNOWN(version_fact.seq) ORDER BY value LIMIT 10
""")

FROM_ENVIRONMENT = statement("""
SELECT model, version, max(seq) FROM version_fact
WHERE kind = 'environment' AND value = :digest AND KNOWN(version_fact.seq) GROUP BY model, version ORDER BY max(seq)
""")

EVALUATED_ON = statement("""
SELECT on_name, on_version, on_digest FROM metric
WHERE model = :model AND version = :number AND on_name IS NOT NULL AND KNOWN(metric.seq)
GROUP BY on_name, on_version, on_digest ORDER BY min(seq), on_name, on_version, on_digest
""")

TARGETS = statement("""
SELECT target FROM deployment
WHERE model = :model AND version = :number AND HOLDS(deployment) ORDER BY since_seq, target
""")

AT_TARGET = statement("""
SELECT model, version FROM deployment WHERE target = :target AND HOLDS(deployment) ORDER BY since_seq, model, version
""")

# The recorded datasets with some bytes, and what versions were made from that has these bytes.
RECORDED_BYTES = statement("""
SELECT name, data_version FROM data_version
WHERE digest >= :low AND digest < :high AND KNOWN(data_version.seq) ORDER BY seq
""")

RECORDED_CHECKSUM = statement("""
SELECT name, data_version FROM data_version WHERE checksum = :checksum AND KNOWN(data_version.seq) ORDER BY seq
""")

_NAMED = """
SELECT dataset.name, dataset.data_version, dataset.digest
FROM dataset JOIN version ON version.model = dataset.model AND version.number = dataset.version
WHERE {} AND KNOWN(version.seq)
GROUP BY dataset.name, dataset.data_version, dataset.digest ORDER BY min(version.seq), dataset.name
"""

NAMED_BYTES = statement(_NAMED.format("dataset.digest = :digest AND dataset.data_version IS NULL"))

# The second condition is that of the index.
NAMED_CHECKSUM = statement(
    _NAMED.format(
        "dataset.data_version = :checksum AND dataset.data_version >= 'md5:' AND dataset.data_version < 'md5;'"
    )
)

OF_DATASET = statement("""
SELECT data_version.digest, data_version.checksum, entry_index.time
FROM data_version JOIN entry_index ON entry_index.seq = data_version.seq
WHERE data_version.name = :name AND data_version.data_version = :version AND KNOWN(data_version.seq)
""")

TIME = "SELECT time FROM version WHERE model = :model AND number = :number"


def from_environment(reader: Reader, at: int | None, digest: str) -> list[tuple[int, int]]:
    """Return the versions whose environment was this one as of entry ``at``: a later one takes its place."""
    rows = FROM_ENVIRONMENT.rows(reader, at, digest=digest)
    return [(row[0], row[1]) for row in rows if environment(reader, at, row[0], row[1]) == digest]


def environment(reader: Reader, at: int | None, model: int, number: int) -> str | None:
    """Return the digest of the environment of a version."""
    row = ENVIRONMENT.row(reader, at, model=model, number=number)
    return None if row is None else str(row[0])


def same_bytes(reader: Reader, at: int | None, name: str, version: str | None) -> list[tuple[str, str]]:
    """Return name and version of the recorded datasets with the bytes of one that is only named."""
    if version is None:
        return []
    if version.startswith("sha256:"):
        rows = RECORDED_BYTES.rows(reader, at, low=version, high=version + "g")
    elif version.startswith("md5:"):
        rows = RECORDED_CHECKSUM.rows(reader, at, checksum=version)
    else:
        return []
    return [(row[0], row[1]) for row in rows if (row[0], row[1]) != (name, version)]


def named_with(
    reader: Reader, at: int | None, digest: str | None, checksum: str | None
) -> list[tuple[str, str | None, str | None]]:
    """Return name, version and digest of what versions name by the bytes of a recorded dataset."""
    rows = [] if digest is None else NAMED_BYTES.rows(reader, at, digest=digest)
    rows = [*rows, *([] if checksum is None else NAMED_CHECKSUM.rows(reader, at, checksum=checksum))]
    return [(row[0], row[1], row[2]) for row in rows]
