"""The contents that a registry needs: each once, by its digest, a page at a time. What `backup` copies."""

from __future__ import annotations

from modelkeep.store.db.interface import Reader

_PAGE = 1000
_NEEDED = """
SELECT DISTINCT digest, size_bytes FROM version_blob
WHERE (digest, size_bytes) > (:digest, :size) {alive}
ORDER BY digest, size_bytes LIMIT :most
"""
_ONE = "SELECT EXISTS (SELECT 1 FROM version_blob WHERE digest = :digest {alive})"
_DELETED = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'deleted')"
#: Of a deleted version no bytes are needed; a schema that knows no deletion has no such table.
_ALIVE = """
AND NOT EXISTS (
    SELECT 1 FROM deleted WHERE deleted.model = version_blob.model AND deleted.version = version_blob.version
)
"""


def needed(reader: Reader, after: tuple[str, int] = ("", 0), *, page_rows: int = _PAGE) -> list[tuple[str, int]]:
    """Return the next digests and sizes in bytes that undeleted versions need."""
    digest, size = after
    return [
        (str(name), int(count))
        for name, count in reader.rows(_alive(reader, _NEEDED), digest=digest, size=size, most=page_rows)
    ]


def is_needed(reader: Reader, digest: str) -> bool:
    """Tell whether an undeleted version needs a content."""
    return bool(reader.one(_alive(reader, _ONE), digest=digest)[0])


def broken(reader: Reader) -> str | None:
    """Return the first thing that SQLite finds wrong with the file in a quick look, None where it finds nothing."""
    (found,) = reader.one("PRAGMA quick_check(1)")
    return None if found == "ok" else str(found)


def _alive(reader: Reader, statement: str) -> str:
    knows = reader.one(_DELETED)[0]
    return statement.format(alive=_ALIVE if knows else "")
