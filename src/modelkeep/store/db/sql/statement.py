"""Statements in two forms: as things stand now, and as they stood right after an entry.

Whether a row held at a moment is written once: ``HOLDS(tenure)`` becomes ``tenure.until_seq IS NULL`` for now, for
which there are partial indexes, and a comparison with ``:at`` for the past. ``KNOWN(version.seq)`` becomes TRUE for
now, and for the past a test that the entry was in the log at that moment.
"""

from __future__ import annotations

import functools

from modelkeep.store.db.interface import Reader, Row, Value
from modelkeep.store.db.sql import shared

#: An entry after every other one: what ``:at`` is where a statement with one form is asked about now.
EVER = 2**62


class Statement:
    """One SELECT: ``now``, and ``past`` with the parameter ``:at``; each form is made when it is first used."""

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

    def rows(self, reader: Reader, at: int | None, **values: Value) -> list[Row]:
        """Return all rows after entry ``at``, None for now."""
        return reader.rows(self.now, **values) if at is None else reader.rows(self.past, at=at, **values)

    def row(self, reader: Reader, at: int | None, **values: Value) -> Row | None:
        """Return the first row, None where there is none."""
        return reader.row(self.now, **values) if at is None else reader.row(self.past, at=at, **values)

    def one(self, reader: Reader, at: int | None, **values: Value) -> Row:
        """Return the first row of a SELECT that always has one; see `Reader.one`."""
        return reader.one(self.now, **values) if at is None else reader.one(self.past, at=at, **values)

    def recall(self, reader: Reader, at: int | None, **values: Value) -> list[Row]:
        """Return all rows, which the reader remembers; see `Reader.recall`."""
        return reader.recall(self.now, **values) if at is None else reader.recall(self.past, at=at, **values)


def statement(text: str) -> Statement:
    """Return both forms of a SELECT that is written with ``HOLDS`` and ``KNOWN``."""
    return Statement(text, text)
