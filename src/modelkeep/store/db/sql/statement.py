"""Statements in two forms: as things stand now, and as they stood right after an entry.

What a row that can change was worth at a moment is written once: ``HOLDS(tenure)`` becomes
``tenure.until_seq IS NULL`` now, for which there are partial indexes, and a comparison with ``:at``
for the past. ``KNOWN(version.seq)`` is what was in the log by then.
"""

from __future__ import annotations

import functools
import sqlite3
from typing import Any, TypeAlias

from modelkeep.store.db.sql import shared

#: What every question is asked on; only the store knows what it is.
Connection: TypeAlias = sqlite3.Connection
#: What a statement's parameters may be.
Value: TypeAlias = str | int | None
#: A row is unpacked where its statement is known, and nowhere else.
Row: TypeAlias = tuple[Any, ...]


class Statement:
    """One SELECT: ``now``, and ``past`` with the parameter ``:at``. Of the many there are a command needs few forms."""

    def __init__(self, now: str, past: str) -> None:
        """Take both forms, in which ``HOLDS`` and ``KNOWN`` may still stand."""
        self._now, self._past = now, past

    @functools.cached_property
    def now(self) -> str:
        """The form for things as they stand."""
        return shared.now(self._now)

    @functools.cached_property
    def past(self) -> str:
        """The form for things as they stood."""
        return shared.past(self._past)

    def rows(self, connection: Connection, at: int | None, **values: Value) -> list[Row]:
        """Return all rows after entry ``at``, None for now."""
        text = self.now if at is None else self.past
        return connection.execute(text, {**values, "at": at}).fetchall()

    def row(self, connection: Connection, at: int | None, **values: Value) -> Row | None:
        """Return the first row, None where there is none."""
        text = self.now if at is None else self.past
        row: Row | None = connection.execute(text, {**values, "at": at}).fetchone()
        return row


def statement(text: str) -> Statement:
    """Return both forms of a SELECT that is written with ``HOLDS`` and ``KNOWN``."""
    return Statement(text, text)
