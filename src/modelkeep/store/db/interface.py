"""How the registry asks its database: a reader sees one snapshot, a writer is one transaction behind the writers' lock.

Both run SQL text with named parameters (``:model``) and return rows. A database is a package beside this module
that makes them; nothing else knows its driver.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

#: What a parameter of a statement may be.
Value: TypeAlias = str | int | bytes | None
#: A row is unpacked where its statement is known, and nowhere else.
Row: TypeAlias = tuple[Any, ...]


class Reader(Protocol):
    """One snapshot of the registry: while it is open, the same statement always has the same answer."""

    def rows(self, sql: str, /, **values: Value) -> list[Row]:
        """Return all rows of a SELECT."""

    def row(self, sql: str, /, **values: Value) -> Row | None:
        """Return the first row of a SELECT, None where there is none."""

    def one(self, sql: str, /, **values: Value) -> Row:
        """Return the first row of a SELECT that always has one; `LookupError` where a damaged table has none."""

    def recall(self, sql: str, /, **values: Value) -> list[Row]:
        """Return all rows of a SELECT, and remember them until this or another connection writes: for few and small rows."""


class Writer(Reader, Protocol):
    """One transaction, the only one that writes; the caller that opened it commits it."""

    def run(self, sql: str, /, **values: Value) -> None:
        """Run a statement that writes."""

    def insert(self, table: str, columns: Sequence[str], values: Sequence[Value], /) -> None:
        """Insert rows in one statement; ``values`` are those of the first row, then of the next one."""
