"""`migrate`: the log's format rises. There is one format yet, so nothing can be raised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.domain.record import Ordinal
from modelkeep.domain.verbs.interface import Command, Decision, Question
from modelkeep.domain.verbs.wording import Texts
from modelkeep.errors import Conflict

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry


class Migrate(Command, frozen=True):
    """Raise the log's format."""

    format: Ordinal
    schema: Ordinal
    root: str | None = None


def decide(_question: Question, command: Migrate) -> Decision:
    """Refuse: there is no other format."""
    message = f"there is no format {command.format} to raise the log to"
    raise Conflict(message)


def sentence(_entry: Entry, command: Migrate, _texts: Texts) -> str:
    """Return what the entry did."""
    return f"raised the log to format {command.format}"
