"""Which contents versions have and need, by the tables; and of which deleted versions a content was."""

from __future__ import annotations

from msgspec import Struct

from modelkeep.domain.subset import EVERYTHING, Subset
from modelkeep.domain.times import parse_stored
from modelkeep.store.db.interface import Reader, Value

#: Rows in a page.
SLICE = 2000

# A version needs its files, and the evidence of its checks that is too large for a document. In a statement `{digest}`,
# `{path}` and so on are the columns of the one or the other. Each half has its conditions: SQLite hands those of a UNION
# down to the halves only in part, and would sort all contents for each page.
_FILES = {
    "digest": "version_blob.digest",
    "size": "version_blob.size_bytes",
    "path": "version_blob.path",
    "model": "version_blob.model",
    "version": "version_blob.version",
    "tables": "version_blob",
    "where": "WHERE",
}
_EVIDENCE = {
    "digest": "check_result.evidence",
    "size": "check_result.evidence_bytes",
    "path": "'evidence of the check ' || check_result.name",
    "model": "check_result.model",
    "version": "check_result.version",
    "tables": "check_result",
    "where": "WHERE check_result.evidence_bytes IS NOT NULL AND",
}

# Of a deleted version no bytes are needed.
_LEFT = "NOT EXISTS (SELECT 1 FROM deleted WHERE deleted.model = {model} AND deleted.version = {version})"

_NEEDED = f"""
SELECT {{digest}} AS digest, {{size}} AS size_bytes, {{path}} AS path, {{model}} AS model, {{version}} AS version,
    (SELECT name FROM model_name WHERE model_name.model = {{model}} AND until_seq IS NULL) AS name
FROM {{tables}} {{where}} {_LEFT} AND """


def _of_both(statement: str, rest: str = "", union: str = "UNION ALL") -> str:
    """Return a statement about files and evidence; ``rest`` is about both together."""
    return f"{statement.format(**_FILES)}\n{union}\n{statement.format(**_EVIDENCE)}\n{rest}".strip()


_IS_NEEDED = f"EXISTS (SELECT 1 FROM {{tables}} {{where}} {{digest}} = :digest AND {_LEFT})"

IS_NEEDED = f"SELECT {_IS_NEEDED.format(**_FILES)} OR {_IS_NEEDED.format(**_EVIDENCE)}"

NEEDED_FROM = _of_both(
    f"{_NEEDED} ({{digest}}, {{model}}, {{version}}, {{path}}) > (:digest, :model, :version, :path) AND {{digest}} < :end",
    "ORDER BY digest, model, version, path LIMIT :most",
)

NEEDING = _of_both(f"{_NEEDED} {{digest}} = :digest", "ORDER BY model, version, path LIMIT :most")

NEEDED_BY = _of_both(f"{_NEEDED} {{model}} = :model AND {{version}} = :version", "ORDER BY path")

_FILE_LEFT = _LEFT.format(**_FILES)

# Evidence that is also a file of a version counts once.
TOTAL_BYTES = f"""
SELECT (
    SELECT coalesce(sum(size_bytes), 0) FROM (
        SELECT DISTINCT digest, size_bytes FROM version_blob
        WHERE digest >= :first AND digest < :end AND {_FILE_LEFT}) AS content
) + (
    SELECT coalesce(sum(evidence_bytes), 0) FROM (
        SELECT DISTINCT evidence, evidence_bytes FROM check_result
        WHERE evidence_bytes IS NOT NULL AND evidence >= :first AND evidence < :end AND {_LEFT.format(**_EVIDENCE)}
        AND NOT EXISTS (SELECT 1 FROM version_blob WHERE digest = evidence AND {_FILE_LEFT})) AS content
)
"""

VERSIONS = "SELECT (SELECT count(*) FROM version) - (SELECT count(*) FROM deleted WHERE skipped = 0)"

# A version may have the same content under several paths.
NEEDED_ONCE = _of_both(
    """
SELECT {version} AS version, deleted.seq AS seq, entry_index.time, entry_action.actor,
    (SELECT name FROM model_name WHERE model_name.model = {model} ORDER BY since_seq DESC LIMIT 1)
FROM {tables}
JOIN deleted ON deleted.model = {model} AND deleted.version = {version}
JOIN entry_index ON entry_index.seq = deleted.seq
JOIN entry_action ON entry_action.seq = deleted.seq
{where} {digest} = :digest""",
    "ORDER BY seq DESC, version DESC",
    union="UNION",
)

# Ten thousand versions may have one content: from each digest to the next, the index leaps over them.
NEXT_OF_SIZE = "SELECT min(digest) FROM version_blob WHERE size_bytes = :size AND digest > :after"
# To compare a sample of each takes a moment; and most models are not trained so often in one size.
_MOST_OF_SIZE = 100


class Needed(Struct, frozen=True):
    """A content that a version needs: which file of it, and its size in bytes."""

    digest: str
    size: int
    path: str
    model: int
    version: int
    name: str


def needed(reader: Reader, after: Needed | None, part: Subset = EVERYTHING) -> list[Needed]:
    """Return the next contents of a subset that undeleted versions need, ordered by digest."""
    digest, model, version, path = part.first, -1, 0, ""
    if after is not None:
        digest, model, version, path = after.digest, after.model, after.version, after.path
    return _needed(
        reader, NEEDED_FROM, digest=digest, model=model, version=version, path=path, end=part.end, most=SLICE
    )


def needing(reader: Reader, digest: str, most: int) -> list[Needed]:
    """Return the first versions that need a content, and which file of each it is."""
    return _needed(reader, NEEDING, digest=digest, most=most)


def needed_by(reader: Reader, model: int, version: int) -> list[Needed]:
    """Return the contents that one version needs: none where it was deleted."""
    return _needed(reader, NEEDED_BY, model=model, version=version)


def _needed(reader: Reader, statement: str, **values: Value) -> list[Needed]:
    # A damaged row is found here, where it is read: a wrong size would be added up elsewhere.
    return [
        Needed(str(digest), int(size), str(path), model, version, name or f"model {model}")
        for digest, size, path, model, version, name in reader.rows(statement, **values)
    ]


def total_bytes(reader: Reader, part: Subset = EVERYTHING) -> int:
    """Return the sizes of all distinct contents of a part together."""
    return int(reader.one(TOTAL_BYTES, first=part.first, end=part.end)[0])


def version_count(reader: Reader) -> int:
    """Return how many versions there are, the deleted ones aside."""
    return int(reader.one(VERSIONS)[0])


def is_needed(reader: Reader, digest: str) -> bool:
    """Tell whether an undeleted version needs a content."""
    return bool(reader.one(IS_NEEDED, digest=digest)[0])


class Gone(Struct, frozen=True):
    """The deleted versions that a content was of: the last of them, how many more, when it was deleted and by whom."""

    ref: str
    more: int
    time: str
    actor: str


def was_needed(reader: Reader, digest: str) -> Gone | None:
    """Return the deleted versions that a content was of, None where no version ever needed it."""
    rows = reader.rows(NEEDED_ONCE, digest=digest)
    if not rows:
        return None
    version, _, time, actor, name = rows[0]
    return Gone(f"{name}@{version}", len(rows) - 1, str(time), str(actor))


def since(changed: float, gone: Gone | None) -> float:
    """Return since when (seconds since 1970) no version needs a content: since its last deletion, or since it came."""
    return changed if gone is None else max(changed, parse_stored(gone.time).timestamp())


def of_size(reader: Reader, size: int) -> tuple[str, ...]:
    """Return the digests of contents of a size in bytes, a hundred at most: a new file of that size may be one of them."""
    digests: list[str] = []
    while len(digests) < _MOST_OF_SIZE:
        after = digests[-1] if digests else ""
        (digest,) = reader.one(NEXT_OF_SIZE, size=size, after=after)
        if digest is None:
            break
        digests.append(digest)
    return tuple(digests)
