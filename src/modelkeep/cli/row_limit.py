"""How many rows of a list are read and shown: ``--limit N``, else 50 on a terminal and all of them otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from modelkeep.cli.call import Call
from modelkeep.cli.usage import positive_number

Row = TypeVar("Row")
ON_A_TERMINAL = 50


class RowLimit:
    """The limit of one command; ``read`` is how many rows to ask the registry for, None for all.

    On a terminal one row more is read than is shown, to know whether there are more.
    """

    def __init__(self, call: Call, typed: str | None) -> None:
        asked = positive_number(typed, "--limit")
        self._shown = ON_A_TERMINAL if asked is None and call.has_table else None
        self.read = asked if self._shown is None else self._shown + 1

    def first(self, rows: Sequence[Row], which: str = "first") -> tuple[Sequence[Row], list[str]]:
        """Return the first rows that are shown, and the note that there are more."""
        if self._shown is None or len(rows) <= self._shown:
            return rows, []
        return rows[: self._shown], [f"only the {which} {self._shown} are shown; --limit N shows more"]
