"""How many rows a command shows: as many as ``--limit`` says, else 50 on a terminal and all in a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from modelkeep.cli.context import Call
from modelkeep.cli.usage import positive_number

Row = TypeVar("Row")
_ON_A_TERMINAL = 50


class RowLimit:
    """The limit of one command; ``read`` is how many rows to ask the registry for, None for all.

    On a terminal one row more is read than is shown, to know whether there are more.
    """

    def __init__(self, call: Call, typed: str | None) -> None:
        asked = positive_number(typed, "--limit")
        self._shown = _ON_A_TERMINAL if asked is None and call.has_table else None
        self.read = asked if self._shown is None else self._shown + 1

    def first(self, rows: Sequence[Row]) -> tuple[Sequence[Row], bool]:
        """Return the first rows that are shown, and whether there are more."""
        return rows[: self._shown], self._has_more(rows)

    def last(self, rows: Sequence[Row]) -> tuple[Sequence[Row], bool]:
        """Return the last rows that are shown, and whether there are more."""
        return (rows[-self._shown :] if self._shown else rows), self._has_more(rows)

    def _has_more(self, rows: Sequence[Row]) -> bool:
        return self._shown is not None and len(rows) > self._shown
