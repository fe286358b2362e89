"""Row changes as data: which rows of the tables an event inserts, and which it closes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from msgspec import Struct

from modelkeep.domain.search.words import searched_text, words
from modelkeep.errors import Damaged

if TYPE_CHECKING:
    from modelkeep.domain.details import Details
    from modelkeep.domain.entry import Entry, Subject
    from modelkeep.domain.verbs.interface import End

Cell: TypeAlias = str | int | None
Row: TypeAlias = dict[str, Cell]
C = TypeVar("C")


class Insert(Struct, frozen=True):
    """A new row."""

    table: str
    row: Row


class Close(Struct, frozen=True):
    """The present rows (``until_seq`` NULL) that match ``where`` end at an entry; ``sets`` says how.

    ``where`` holds column, comparison (``=``, ``<=``, ``>=``) and value.
    """

    table: str
    where: tuple[tuple[str, str, Cell], ...]
    until_seq: int
    sets: tuple[tuple[str, Cell], ...] = ()


class Assign(Struct, frozen=True):
    """Columns of a row that had no value get one, for ever; ``where`` is as in `Close`."""

    table: str
    where: tuple[tuple[str, str, Cell], ...]
    sets: tuple[tuple[str, Cell], ...]


class DeleteVersions(Struct, frozen=True):
    """Every version of a model that has no row of ``deleted`` gets one."""

    model: int
    seq: int


RowChange: TypeAlias = Insert | Close | Assign | DeleteVersions
Changes: TypeAlias = Iterator[RowChange]

#: How a share of a stage ended, where no verb says it: its version got the whole stage, or another share.
WHOLE, RESIZED = "whole", "share"


class Recorded(NamedTuple):
    """An entry with its details (None: it has none) and its documents by digest."""

    entry: Entry
    details: Details | None
    documents: Mapping[str, bytes]

    @property
    def seq(self) -> int:
        """The number of the entry."""
        return self.entry.seq

    @property
    def subject(self) -> Subject:
        """What the entry's intent is about; ``Damaged`` where its events need a subject and it has none."""
        if self.entry.intent.subject is None:
            message = f"entry {self.seq}: an event without the subject it needs"
            raise Damaged(message)
        return self.entry.intent.subject

    def command(self, kind: type[C]) -> C:
        """Return the command of the kind that the entry's events need, else raise ``Damaged``."""
        command = self.entry.intent.command
        if not isinstance(command, kind):
            message = f"entry {self.seq}: an event that does not follow from its intent"
            raise Damaged(message)
        return command

    def document(self, digest: str | None, what: str) -> bytes:
        """Return the bytes of a document that the entry names, else raise ``Damaged``."""
        data = None if digest is None else self.documents.get(digest)
        if data is None:
            message = f"the {what} {digest} is not among the documents"
            raise Damaged(message)
        return data

    def opened(self, table: str, row: Row) -> Insert:
        """Return a row that holds from this entry on."""
        return Insert(table, {**row, "since_seq": self.seq, "until_seq": None})

    def word_rows(self, model: int, version: int, texts: Sequence[tuple[str, str]]) -> Changes:
        """Yield a row for each word of texts that are opened by this entry, each with its field."""
        found = {(word, field) for field, text in texts for word in words(searched_text(field, text))}
        for word, field in sorted(found):
            row: Row = {"word": word, "model": model, "version": version, "field": field, "since_seq": self.seq}
            yield Insert("word", row)

    def tenure_row(
        self, model: int, stage: str, version: int, *, by: str | None = None, came_from: int | None, **more: Cell
    ) -> Insert:
        """Return the row of a tenure that the entry opens; ``by`` is the verb, where it is not that of the intent.

        ``more`` are its ``share`` and ``slots``, ``request``, ``waived`` and ``verdict``.
        """
        row: Row = {"model": model, "stage": stage, "version": version, "came_from": came_from}
        row |= {"share": None, "slots": None}
        opened = {"opened_by": by or self.entry.intent.kind, "request": None, "waived": 0, "verdict": None}
        return self.opened("tenure", {**row, **opened, **more, "ended_by": None, "ended_for": None})

    def ended_rows(
        self, model: int, ends: Sequence[End], successor: int | None = None, *, by: str | None = None
    ) -> Changes:
        """Yield the ends of tenures: by which verb, and for which version."""
        sets = (("ended_by", by or self.entry.intent.kind), ("ended_for", successor))
        for end in ends:
            named = (("stage", "=", end.stage), ("version", "=", end.version), ("since_seq", "=", end.tenure))
            yield Close("tenure", (("model", "=", model), *named), self.seq, sets)
