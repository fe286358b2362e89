"""Datasets: those that were recorded, and those that versions, metrics and other datasets name."""

from __future__ import annotations

from modelkeep.store.db.interface import Reader, Value
from modelkeep.store.db.sql.shared import LAST
from modelkeep.store.db.sql.statement import Statement, statement

_TEXT = "(SELECT value FROM entry_text WHERE seq = data_version.seq AND field = '{}' ORDER BY position LIMIT 1)"

_RECORDED = f"""
SELECT data_version.name, data_version.data_version, data_version.seq, data_version.digest, data_version.checksum,
    data_version.row_count, data_version.schema_digest, entry_index.time, entry_action.actor,
    {_TEXT.format("location")}, {_TEXT.format("reason")}
FROM data_version
JOIN entry_index ON entry_index.seq = data_version.seq
JOIN entry_action ON entry_action.seq = data_version.seq
WHERE KNOWN(data_version.seq) AND """

RECORDED = statement(_RECORDED + "data_version.name >= :low AND data_version.name < :end")

OF_NAME = statement(_RECORDED + "data_version.name = :name ORDER BY data_version.seq DESC")

# A number has nine digits at most, so model and version make one number.
_BETWEEN = "{0} >= :low AND {0} < :end"
_MENTIONS = """
SELECT dataset.name, dataset.data_version, dataset.digest,
    count(DISTINCT dataset.model * 1000000000 + dataset.version) FROM dataset {version}
WHERE {dataset} GROUP BY dataset.name, dataset.data_version, dataset.digest
UNION ALL SELECT on_name, on_version, on_digest, count(DISTINCT metric.model * 1000000000 + metric.version) FROM metric
WHERE {metric} AND KNOWN(metric.seq) GROUP BY on_name, on_version, on_digest
UNION ALL SELECT parent_name, parent_version, data_parent.digest, 0 FROM data_parent {recorded}
WHERE {parent} GROUP BY parent_name, parent_version, data_parent.digest
"""
_JOIN_VERSION = "JOIN version ON version.model = dataset.model AND version.number = dataset.version"
_JOIN_RECORDED = (
    "JOIN data_version ON data_version.name = data_parent.name AND data_version.data_version = data_parent.data_version"
)


def _mentions(condition: str) -> Statement:
    """Return the SELECT of what is named; now it needs the indexes of the names alone."""
    found = {
        "dataset": condition.format("dataset.name"),
        "metric": condition.format("on_name"),
        "parent": condition.format("parent_name"),
    }
    then = {
        "dataset": found["dataset"] + " AND version.seq <= :at",
        "parent": found["parent"] + " AND data_version.seq <= :at",
        "metric": found["metric"],
    }
    return Statement(
        _MENTIONS.format(version="", recorded="", **found),
        _MENTIONS.format(version=_JOIN_VERSION, recorded=_JOIN_RECORDED, **then),
    )


MENTIONED = _mentions(_BETWEEN)

MENTIONED_OF_NAME = _mentions("{0} = :name")

PARENTS = """
SELECT parent_name, parent_version, digest FROM data_parent
WHERE name = :name AND data_version = :version ORDER BY position
"""

_CHILDREN = """
SELECT data_parent.name, data_parent.data_version
FROM data_parent JOIN data_version ON data_version.name = data_parent.name
    AND data_version.data_version = data_parent.data_version
WHERE data_parent.parent_name = :name AND KNOWN(data_version.seq) AND """

CHILDREN = statement(_CHILDREN + "data_parent.parent_version = :version ORDER BY data_version.seq")

CHILDREN_OF_DIGEST = statement(
    _CHILDREN
    + """data_parent.parent_version IS NULL AND substr(data_parent.digest, 1, length(:version)) = :version
ORDER BY data_version.seq"""
)

CHILDREN_OF_NAME = statement(
    _CHILDREN + "data_parent.parent_version IS NULL AND data_parent.digest IS NULL ORDER BY data_version.seq"
)

_EVALUATED = "SELECT model, version FROM metric WHERE on_name = :name AND KNOWN(metric.seq) AND "
_IN_ORDER = " GROUP BY model, version ORDER BY min(seq)"

EVALUATED = statement(_EVALUATED + "on_version = :version" + _IN_ORDER)

EVALUATED_DIGEST = statement(
    _EVALUATED + "on_version IS NULL AND substr(on_digest, 1, length(:version)) = :version" + _IN_ORDER
)

EVALUATED_NAME = statement(_EVALUATED + "on_version IS NULL AND on_digest IS NULL" + _IN_ORDER)

DOCUMENT = "SELECT bytes FROM document WHERE digest = :digest"


def bounds(prefix: str) -> dict[str, Value]:
    """Return the parameters for the names that begin so."""
    return {"low": prefix, "end": prefix + LAST}


def document(reader: Reader, digest: str) -> bytes:
    """Return the bytes of a document."""
    found: bytes = reader.one(DOCUMENT, digest=digest)[0]
    return found


def parents(reader: Reader, name: str, version: str) -> list[tuple[str, str | None, str | None]]:
    """Return name, version and digest of what a recorded dataset was made from."""
    return [(row[0], row[1], row[2]) for row in reader.rows(PARENTS, name=name, version=version)]


def children(reader: Reader, at: int | None, name: str, version: str | None) -> list[tuple[str, str]]:
    """Return name and version of the recorded datasets that were made from one."""
    asked = _by_version(version, CHILDREN_OF_NAME, CHILDREN_OF_DIGEST, CHILDREN)
    return list(dict.fromkeys((row[0], row[1]) for row in asked.rows(reader, at, **_values(name, version))))


def evaluated(reader: Reader, at: int | None, name: str, version: str | None) -> list[tuple[int, int]]:
    """Return model and number of the versions whose metrics were measured on a dataset."""
    asked = _by_version(version, EVALUATED_NAME, EVALUATED_DIGEST, EVALUATED)
    return [(row[0], row[1]) for row in asked.rows(reader, at, **_values(name, version))]


def _by_version(version: str | None, of_name: Statement, of_digest: Statement, of_version: Statement) -> Statement:
    return of_name if version is None else of_digest if version.startswith("sha256:") else of_version


def _values(name: str, version: str | None) -> dict[str, Value]:
    return {"name": name} if version is None else {"name": name, "version": version}
