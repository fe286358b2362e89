"""One transaction of SQLite: the reader and the writer of `modelkeep.store.db.interface`."""

from __future__ import annotations

import sqlite3

TYPE_CHECKING = False  # typing costs a third of a completion, which reads in a transaction too
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from modelkeep.store.db.interface import Reader, Row, Value


class Transaction:
    """A connection inside one transaction, with the answers it remembers.

    ``connection`` is for this package alone: what only SQLite can do (PRAGMA, its backup interface).
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._known: dict[tuple[object, ...], list[Row]] = {}

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def rows(self, sql: str, /, **values: Value) -> list[Row]:
        """Return all rows of a SELECT."""
        return self.connection.execute(sql, values).fetchall()

    def row(self, sql: str, /, **values: Value) -> Row | None:
        """Return the first row of a SELECT, None where there is none."""
        row: Row | None = self.connection.execute(sql, values).fetchone()
        return row

    def one(self, sql: str, /, **values: Value) -> Row:
        """Return the first row of a SELECT that always has one; `LookupError` where a damaged table has none."""
        row = self.row(sql, **values)
        if row is None:
            message = f"no row: {' '.join(sql.split())}"
            raise LookupError(message)
        return row

    def recall(self, sql: str, /, **values: Value) -> list[Row]:
        """Return all rows of a SELECT, and remember them until something is written."""
        key = (sql, *values.items())
        if key not in self._known:
            self._known[key] = self.rows(sql, **values)
        return self._known[key]

    def raw_rows(self, sql: str, values: Sequence[object]) -> list[Row]:
        """Return all rows with their text as the bytes that are stored: comparing is quicker than decoding."""
        before = self.connection.text_factory
        self.connection.text_factory = bytes
        try:
            return self.connection.execute(sql, values).fetchall()
        finally:
            self.connection.text_factory = before

    def run(self, sql: str, /, **values: Value) -> None:
        """Run a statement that writes."""
        self._known.clear()
        self.connection.execute(sql, values)

    def run_many(self, sql: str, rows: Iterable[Mapping[str, Value]], /) -> None:
        """Run a statement that writes once for each row of values."""
        self._known.clear()
        self.connection.executemany(sql, rows)

    def take_remembered(self, reader: Reader) -> None:
        """Take over what a snapshot remembers that shows the state before this transaction."""
        if isinstance(reader, Transaction):
            self._known.update(reader._known)  # noqa: SLF001  of the same class
