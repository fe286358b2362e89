"""What lies beside the log, read ahead: details and documents are stored in the order in which entries name them.

Only a hint about where to look next: whatever is not found so is looked up by its digest. One look-up
costs as much as ten rows read in turn, and the more the larger the registry is.
"""

from __future__ import annotations

import sqlite3
from typing import Any

_ROWS = 256
#: A larger value is not held before somebody asks for it.
_MOST_BYTES = 65_536
#: So many look-ups in vain, and what was read ahead is not what is needed next.
_PATIENCE = 64


class Ahead:
    """One table of digests and values, read in the order of its rows."""

    def __init__(self, table: str, column: str) -> None:
        self._one = f"SELECT {column} FROM {table} WHERE digest = ?"
        self._next = (
            f"SELECT rowid, digest, CASE WHEN length({column}) <= {_MOST_BYTES} THEN {column} END "
            f"FROM {table} WHERE rowid > ? ORDER BY rowid LIMIT {_ROWS}"
        )
        self._last = -(2**63)
        self._kept: dict[str, Any] = {}
        self._missed = 0

    def get(self, connection: sqlite3.Connection, digest: str) -> Any:
        """Return the value under a digest, None where there is none."""
        value = self._kept.pop(digest, None)
        if value is None and (not self._kept or self._missed >= _PATIENCE):
            self._read(connection)
            value = self._kept.pop(digest, None)
        if value is None:
            self._missed += 1
            row = connection.execute(self._one, (digest,)).fetchone()
            return None if row is None else row[0]
        return value

    def _read(self, connection: sqlite3.Connection) -> None:
        rows = connection.execute(self._next, (self._last,)).fetchall()
        self._kept = {digest: value for _, digest, value in rows}
        self._last = rows[-1][0] if rows else self._last
        self._missed = 0
