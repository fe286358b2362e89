"""Row changes as data: what is inserted, what ends, and the parts of an entry they are made from."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

from msgspec import Struct

from modelkeep.domain import intents
from modelkeep.domain.entry import Entry
from modelkeep.errors import Damaged

Value: TypeAlias = str | int | None
Row: TypeAlias = dict[str, Value]
A = TypeVar("A")


class Insert(Struct, frozen=True):
    """A new row."""

    table: str
    row: Row


class Close(Struct, frozen=True):
    """The present rows (``until_seq`` NULL) that match ``where`` end here; ``sets`` says how.

    ``where`` holds column, comparison (``=``, ``<=``, ``>=``) and value.
    """

    table: str
    where: tuple[tuple[str, str, Value], ...]
    until_seq: int
    sets: tuple[tuple[str, Value], ...] = ()


Change: TypeAlias = Insert | Close


def opened(table: str, row: Row, seq: int) -> Insert:
    """Return a row that holds from an entry on."""
    return Insert(table, {**row, "since_seq": seq, "until_seq": None})


def subject(entry: Entry) -> intents.Subject:
    """Return what the entry's intent is about, which its events need."""
    if entry.intent.subject is None:
        message = f"entry {entry.seq}: an event without the subject it needs"
        raise Damaged(message)
    return entry.intent.subject


def arguments(entry: Entry, kind: type[A]) -> A:
    """Return the arguments of the kind that the entry's events need."""
    if not isinstance(entry.intent.arguments, kind):
        message = f"entry {entry.seq}: an event that does not follow from its intent"
        raise Damaged(message)
    return entry.intent.arguments
