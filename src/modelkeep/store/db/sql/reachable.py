"""The contents that a registry needs: each once, by its digest, a page at a time. What `backup` copies."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

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


def needed(connection: sqlite3.Connection, after: tuple[str, int] = ("", 0)) -> list[tuple[str, int]]:
    """Return the next digests and sizes in bytes that undeleted versions need."""
    digest, size = after
    values = {"digest": digest, "size": size, "most": _PAGE}
    return [(str(name), int(count)) for name, count in connection.execute(_alive(connection, _NEEDED), values)]


def all_needed(connection: sqlite3.Connection) -> Iterator[tuple[str, int]]:
    """Yield every digest and size in bytes that undeleted versions need."""
    after = ("", 0)
    while page := needed(connection, after):
        yield from page
        after = page[-1]


def is_needed(connection: sqlite3.Connection, digest: str) -> bool:
    """Tell whether an undeleted version needs a content."""
    return bool(connection.execute(_alive(connection, _ONE), {"digest": digest}).fetchone()[0])


def broken(connection: sqlite3.Connection) -> str | None:
    """Return the first thing that SQLite finds wrong with the file in a quick look, None where it finds nothing."""
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    return None if found == "ok" else str(found)


def _alive(connection: sqlite3.Connection, statement: str) -> str:
    knows = connection.execute(_DELETED).fetchone()[0]
    return statement.format(alive=_ALIVE if knows else "")
