"""Details and documents read ahead, for `verify`: they are stored in the order in which entries name them.

Reading ahead is a guess: what it does not find is looked up by its digest. One look-up costs as much as ten rows
read in turn, and more in a larger registry; DESIGN asks for 30,000 entries a second.
"""

from __future__ import annotations

from typing import Any

from modelkeep.store.db.interface import Reader

_ROWS = 256
#: A larger value is not held before it is asked for.
_MOST_BYTES = 65_536
#: After so many values that were not read ahead, reading goes on from where it stopped.
_PATIENCE = 64


class Prefetch:
    """One table of digests and values, read in the order of its rows."""

    def __init__(self, table: str, column: str) -> None:
        self._one = f"SELECT {column} FROM {table} WHERE digest = :digest"
        self._next = (
            f"SELECT rowid, digest, CASE WHEN length({column}) <= {_MOST_BYTES} THEN {column} END "
            f"FROM {table} WHERE rowid > :after ORDER BY rowid LIMIT {_ROWS}"
        )
        self._last = -(2**63)
        self._kept: dict[str, Any] = {}
        self._missed = 0

    def get(self, reader: Reader, digest: str) -> Any:
        """Return the value under a digest, None where there is none."""
        value = self._kept.pop(digest, None)
        if value is None and (not self._kept or self._missed >= _PATIENCE):
            self._read(reader)
            value = self._kept.pop(digest, None)
        if value is None:
            self._missed += 1
            row = reader.row(self._one, digest=digest)
            return None if row is None else row[0]
        return value

    def _read(self, reader: Reader) -> None:
        rows = reader.rows(self._next, after=self._last)
        self._kept = {digest: value for _, digest, value in rows}
        self._last = rows[-1][0] if rows else self._last
        self._missed = 0
