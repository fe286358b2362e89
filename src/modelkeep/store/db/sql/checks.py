"""The results of the checks of a version, as they were known at a moment."""

from __future__ import annotations

from modelkeep.store.db.interface import Reader, Row
from modelkeep.store.db.sql.statement import statement

_RESULTS = """
SELECT check_result.name, check_result.result, check_result.expires, check_result.evidence,
    coalesce(check_result.evidence_bytes,
        (SELECT length(bytes) FROM document WHERE document.digest = check_result.evidence)),
    check_result.seq, entry_index.time, entry_action.actor
FROM check_result
JOIN entry_index ON entry_index.seq = check_result.seq
JOIN entry_action ON entry_action.seq = check_result.seq
WHERE check_result.model = :model AND check_result.version = :number AND KNOWN(check_result.seq)
"""

ALL = statement(f"{_RESULTS} ORDER BY check_result.name, check_result.seq DESC")

NEWEST = statement(f"""{_RESULTS}
    AND NOT EXISTS (
        SELECT 1 FROM check_result AS newer
        WHERE newer.model = :model AND newer.version = :number AND newer.name = check_result.name
            AND newer.seq > check_result.seq AND KNOWN(newer.seq))
ORDER BY check_result.name
""")

TEXTS = """
SELECT field, value FROM entry_text WHERE seq = :seq AND field IN ('reason', 'check.command', 'check.outcome')
"""

DOCUMENT = """
SELECT bytes FROM document WHERE digest = :digest
"""


def results(reader: Reader, at: int | None, model: int, number: int, *, newest: bool) -> list[Row]:
    """Return the results of a version's checks by name, of each the newest first.

    A row is name, result, expires, evidence, its size in bytes, and the entry with its time and actor.
    """
    return (NEWEST if newest else ALL).rows(reader, at, model=model, number=number)


def texts(reader: Reader, seq: int) -> dict[str, str]:
    """Return the reason of an entry and what was run, by the field of its details."""
    return dict(reader.rows(TEXTS, seq=seq))


def document(reader: Reader, digest: str) -> bytes | None:
    """Return evidence that is a document; None where it is a content of the store."""
    row = reader.row(DOCUMENT, digest=digest)
    return None if row is None else row[0]
