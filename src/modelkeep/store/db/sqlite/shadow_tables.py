"""The tables as the log makes them: `verify` decides on them and compares the real tables with them.

They are in a private file that is gone with the process, so that memory does not grow with the log. The indexes
that only answers need and the triggers that keep a log from being changed are left out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

from msgspec import Struct

from modelkeep.domain import checks as rules
from modelkeep.domain.details import Details
from modelkeep.domain.entry import Entry
from modelkeep.domain.governed_state import PolicyInForce
from modelkeep.domain.project import project
from modelkeep.domain.stages import StageDef
from modelkeep.domain.state import Head
from modelkeep.domain.text import printable
from modelkeep.domain.verbs.init import RegistryCreated
from modelkeep.domain.verbs.policy import PolicySet
from modelkeep.errors import Damaged, ModelkeepError
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.ledger import apply_changes
from modelkeep.store.db.sqlite import raw_rows, schema
from modelkeep.store.db.sqlite.connection import Transaction
from modelkeep.store.db.sqlite.private_tables import of_temporary_files, scratch
from modelkeep.store.db.state import SqlState

Row: TypeAlias = tuple[Any, ...]
#: Of these only the digests are compared: the content was compared with its digest already.
_BY_NAME = {"details": "text", "document": "bytes"}
_SHOWN_CHARACTERS = 80
#: Rows of a table that are compared at once.
_SLICE_ROWS = 2000
#: The indexes that deciding looks things up in; those that are unique are rules.
_DECIDING_INDEXES = frozenset(
    {"archived_last", "model_name_folded", "open_item_version", "tenure_stage", "version_digest"}
)
#: What contents are looked up by.
_CONTENT_INDEXES = ("version_blob_digest", "check_result_content")

_HAS_DETAILS = "SELECT 1 FROM details WHERE digest = :digest"
_KEEP_DETAILS = "INSERT OR IGNORE INTO details (digest, text) VALUES (:digest, '')"
#: Documents whose bytes a later decision may ask for; of the others their digests are enough.
_ASKED_FOR = (b'"modelkeep inspection 1"', b'"modelkeep interface 1"')
_KEEP_DOCUMENT = "INSERT OR IGNORE INTO document (digest, bytes) VALUES (:digest, :bytes)"


class Table(Struct, frozen=True):
    """A table: its columns, and which of them make a row's key, by name and by place."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    places: tuple[int, ...]

    def key_of(self, row: Row) -> tuple[tuple[int, Any], ...]:
        """Return a row's key as something that sorts as SQLite does."""
        return tuple(_sortable(row[place]) for place in self.places)

    def named(self, row: Row) -> str:
        """Return a row's key as a person reads it."""
        return ", ".join(f"{column} {_shown(row[place])}" for column, place in zip(self.key, self.places, strict=True))


class ReplayState(SqlState):
    """The state after the last entry that was projected; `follow` is given each."""

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self._head: Head | None = None
        self._registry: str | None = None
        self._stages: tuple[StageDef, ...] | None = None
        self._policy: PolicyInForce | None = None

    def follow(self, entry: Entry, entry_hash: str) -> None:
        """Go on to the state after an entry, which was projected."""
        self._head = Head(entry.seq, entry_hash, entry.time)
        if any(isinstance(event, (RegistryCreated, PolicySet)) for event in entry.events):
            self._registry = self._stages = None
            self._policy = super().policy()

    def head(self) -> Head | None:
        """Return the newest entry."""
        return self._head

    def registry_id(self) -> str | None:
        """Return the registry's id."""
        if self._registry is None:
            self._registry = super().registry_id()
        return self._registry

    def policy(self) -> PolicyInForce | None:
        """Return the policy that is in force."""
        return self._policy

    def stages(self) -> tuple[StageDef, ...]:
        """Return the stages, lowest first."""
        if self._stages is None:
            self._stages = super().stages()
        return self._stages


class Rebuilt:
    """An empty registry, into which entries are projected one by one."""

    def __init__(self, slice_rows: int = _SLICE_ROWS) -> None:
        self._slice_rows = slice_rows
        with _temporary_space():
            self.writer = scratch()
            self._left_out = _leave_out(self.writer)
            self.writer.run("BEGIN")
        self.state = ReplayState(self.writer)

    def close(self) -> None:
        """Remove the private file."""
        self.writer.close()

    def names_details(self, digest: str) -> bool:
        """Tell whether an entry before names these details."""
        return self.writer.row(_HAS_DETAILS, digest=digest) is not None

    def judge(self, entry: Entry, details: Details | None, documents: Mapping[str, bytes]) -> rules.Problem | None:
        """Decide again on the state before the entry; return the problem where the log has another decision."""
        with _temporary_space():
            return rules.judge(self.state, entry, details, documents)

    def add(self, entry: Entry, entry_hash: str, details: Details | None, documents: Mapping[str, bytes]) -> None:
        """Project one entry, all of it or nothing; what cannot be projected raises ``Damaged``."""
        with _temporary_space():
            self.writer.run("SAVEPOINT entry")
            try:
                self._project(entry, entry_hash, details, documents)
            except (ModelkeepError, sqlite3.Error, ValueError, ArithmeticError, LookupError) as error:
                if isinstance(error, sqlite3.Error) and _is_of_the_disk(error):
                    raise
                self.writer.run("ROLLBACK TO entry")
                message = f"it cannot be projected: {error}"
                raise Damaged(message) from error
            finally:
                self.writer.run("RELEASE entry")
        self.state.follow(entry, entry_hash)

    def _project(self, entry: Entry, entry_hash: str, details: Details | None, documents: Mapping[str, bytes]) -> None:
        if entry.intent.details is not None:
            self.writer.run(_KEEP_DETAILS, digest=entry.intent.details)
        for digest, data in documents.items():
            kept = data if any(each in data for each in _ASKED_FOR) else b""
            self.writer.run(_KEEP_DOCUMENT, digest=digest, bytes=kept)
        apply_changes(self.writer, project(entry, entry_hash, details, documents))

    def by_content(self) -> Transaction:
        """Return the tables, with the indexes that find the versions which need a content."""
        with _temporary_space():
            for name in _CONTENT_INDEXES:
                if name in self._left_out:
                    self.writer.run(self._left_out.pop(name))
        return self.writer

    def tables(self) -> list[Table]:
        """Return every table that is made from the log."""
        return [self._table(name) for name in raw_rows.table_names(self.writer) if name != "entry"]

    def differences(
        self, table: Table, read: Callable[[Callable[[Transaction], list[Row]]], list[Row]]
    ) -> Iterator[str]:
        """Yield how the real table differs, row for row.

        ``read`` runs a query on the registry as it is, after it made sure that what was rebuilt is of
        the same moment. Both sides are read slice by slice, up to the key that both have reached.
        """
        after: Row | None = None
        while True:
            reached = after

            def query(reader: Transaction, reached: Row | None = reached) -> list[Row]:
                return self._slice(reader, table, reached)

            found = read(query)
            with _temporary_space():
                made = self._slice(self.writer, table, after)
            if found == made and len(found) == self._slice_rows:  # as nearly all are
                after = found[-1]
                continue
            real, right = _readable(found), _readable(made)
            last = self._reached(table, real, right)
            if last is not None:
                real = [row for row in real if table.key_of(row) <= table.key_of(last)]
                right = [row for row in right if table.key_of(row) <= table.key_of(last)]
            yield from _compared(table, real, right)
            if last is None:
                return
            if after is not None and table.key_of(last) <= table.key_of(*_readable([after])):
                yield "its rows do not come in the order of their key"
                return
            after = last

    def _table(self, name: str) -> Table:
        rows = self.writer.rows(f"PRAGMA table_info({name})")
        columns = [str(row[1]) for row in rows if row[1] != _BY_NAME.get(name)]
        key = [str(row[1]) for row in sorted(rows, key=lambda row: row[5]) if row[5]]
        return Table(name, tuple(columns), tuple(key), tuple(columns.index(column) for column in key))

    def _slice(self, reader: Transaction, table: Table, after: Row | None) -> list[Row]:
        columns, key = ", ".join(table.columns), ", ".join(table.key)
        values = [] if after is None else [_bound(after[place]) for place in table.places]
        marks = ", ".join("CAST(? AS TEXT)" if isinstance(value, bytes) else "?" for value in values)
        where = "" if after is None else f"WHERE ({key}) > ({marks})"
        statement = f"SELECT {columns} FROM {table.name} {where} ORDER BY {key} LIMIT {self._slice_rows}"
        return reader.raw_rows(statement, values)

    def _reached(self, table: Table, real: list[Row], right: list[Row]) -> Row | None:
        """Return the row up to which both slices are complete, None where both have come to the end."""
        full = [rows[-1] for rows in (real, right) if len(rows) == self._slice_rows]
        return min(full, key=table.key_of, default=None)


def _compared(table: Table, real: list[Row], right: list[Row]) -> Iterator[str]:
    there = {table.key_of(row): row for row in real}
    wanted = {table.key_of(row): row for row in right}
    for key in sorted(there.keys() | wanted.keys()):
        if key not in there:
            yield f"the row {table.named(wanted[key])} is missing"
        elif key not in wanted:
            yield f"the row {table.named(there[key])} follows from no entry"
        elif there[key] != wanted[key]:
            pairs = zip(table.columns, there[key], wanted[key], strict=True)
            odd = [
                f"{name} is {_shown(is_)}, by the log {_shown(right_)}" for name, is_, right_ in pairs if is_ != right_
            ]
            yield f"the row {table.named(wanted[key])}: {'; '.join(odd)}"


def _leave_out(writer: Transaction) -> dict[str, str]:
    """Drop what only costs time here; return the statements that would make it again, by name."""
    left_out = {}
    for kind, name, sql in writer.rows(schema.SCHEMA):
        if kind == "trigger" or (
            kind == "index" and name not in _DECIDING_INDEXES and not sql.startswith("CREATE UNIQUE")
        ):
            writer.run(f"DROP {kind} {name}")
            left_out[name] = sql
    return left_out


def _temporary_space() -> AbstractContextManager[None]:
    return of_temporary_files("the tables cannot be made again beside the real ones")


def _is_of_the_disk(error: sqlite3.Error) -> bool:
    name = getattr(error, "sqlite_errorname", "")
    return name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_NOMEM", "SQLITE_CORRUPT"))


def _readable(rows: list[Row]) -> list[Row]:
    """Return rows with their text as text; what no entry leads to may be no UTF-8."""
    return [
        tuple(value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value for value in row)
        for row in rows
    ]


def _bound(value: Any) -> Any:
    """Return a part of a key as it is handed back to SQLite: text may be no UTF-8."""
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value


def _sortable(value: Any) -> tuple[int, Any]:
    """Return a value as something that sorts as SQLite does, whatever its type."""
    if value is None:
        return 0, 0
    if isinstance(value, str):
        return 2, value.encode("utf-8", "surrogateescape")
    return (3, value) if isinstance(value, bytes) else (1, value)


def _shown(value: Any) -> str:
    if value is None:
        return "NULL"
    text = printable(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
