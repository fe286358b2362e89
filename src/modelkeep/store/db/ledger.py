"""The log and its picture, written together: one intent, one entry, one transaction.

Under the lock, on the writer's own connection: read the state, look outside it, decide, append the
entry, project it. Everything before is preparation and everything after is telling.
"""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias, cast

from msgspec import Struct, field

from modelkeep.domain.decide import AlreadySo, decide
from modelkeep.domain.details import Details
from modelkeep.domain.entry import Entry, Intent, Observed, hash_entry, parse_entry
from modelkeep.domain.project import Assign, Bury, Change, Close, Insert, project
from modelkeep.domain.verbs import AnyEvent
from modelkeep.domain.verbs.rows import Cell
from modelkeep.errors import Conflict, ModelkeepError
from modelkeep.store.db.state import SqlState

#: A document of more bytes takes longer to be projected than the statements take to be compiled.
_LONG = 16 * 1024
#: What the writer sees outside the log, given the state under the lock.
Look: TypeAlias = Callable[[SqlState], Observed]

_APPEND = "INSERT INTO entry (seq, bytes) VALUES (?, ?)"
_READ = "SELECT bytes FROM entry WHERE seq = ?"
_KEEP_DETAILS = "INSERT INTO details (digest, text) VALUES (?, ?)"
_KEEP_DOCUMENT = "INSERT INTO document (digest, bytes) VALUES (?, ?)"
_HAS_DETAILS = "SELECT 1 FROM details WHERE digest = ?"
_HAS_DOCUMENT = "SELECT 1 FROM document WHERE digest = ?"
_BURY = """
INSERT INTO deleted (model, version, seq, skipped) SELECT model, number, ?, 0 FROM version
WHERE model = ? AND NOT EXISTS (
    SELECT 1 FROM deleted WHERE deleted.model = version.model AND deleted.version = version.number)
"""


class Draft(Struct, frozen=True):
    """An intent and what it names: its details, and the documents that may be new here."""

    intent: Intent
    details: Details | None = None
    documents: Mapping[str, bytes] = field(default_factory=dict)


class Outcome(Struct, frozen=True):
    """What became of an intent: the entry it left and its hash, or why there was nothing to do."""

    entry: Entry | None
    already: AlreadySo | None
    entry_hash: str | None = None


def ask(connection: sqlite3.Connection, draft: Draft, look: Look, now: str) -> Outcome:
    """Decide without writing: the same decision and the same errors as `append`."""
    return _decided(SqlState(connection), draft, look, now)


def prepare(connection: sqlite3.Connection, draft: Draft, look: Look, now: str) -> None:
    """Decide as `append` will, and have its statements compiled, which takes longer than carrying them out.

    What is refused is told by `append`: by then it may be right.
    """
    try:
        entry = _decided(SqlState(connection), draft, look, now).entry
    except ModelkeepError:
        return
    if entry is None or sum(map(len, draft.documents.values())) > _LONG:
        return
    log = [_APPEND]
    if draft.details is not None:
        connection.execute(_HAS_DETAILS, (draft.details.digest,)).fetchone()
        log.append(_KEEP_DETAILS)
    for digest in draft.documents:
        connection.execute(_HAS_DOCUMENT, (digest,)).fetchone()
        log.append(_KEEP_DOCUMENT)
    for statement in dict.fromkeys((*log, *map(_statement, project(entry, "", draft.details, draft.documents)))):
        connection.executemany(statement, ())


def append(connection: sqlite3.Connection, draft: Draft, look: Look, now: str) -> Outcome:
    """Carry out an intent inside the caller's write transaction.

    The same intent again is answered with the entry it led to; the same id with other bytes raises
    ``Conflict``, as does whatever `decide` refuses.
    """
    state = SqlState(connection)
    before = state.entry_of_intent(draft.intent.id)
    if before is not None:
        return Outcome(_repeated(connection, before, draft.intent), None)
    outcome = _decided(state, draft, look, now)
    if outcome.entry is None:
        return outcome
    return Outcome(outcome.entry, None, _write(connection, outcome.entry, draft))


def apply_changes(connection: sqlite3.Connection, changes: Iterable[Change]) -> None:
    """Make row changes; table and column names come from `project`, never from outside.

    New rows of one form that come one after the other are one call of the driver.
    """
    form, rows = "", list[tuple[Cell, ...]]()
    for change in changes:
        match change:
            case Insert(row=row):
                statement = _statement(change)
                if statement != form:
                    if rows:
                        connection.executemany(form, rows)
                    form, rows = statement, []
                rows.append(tuple(row.values()))
            case _:
                if rows:
                    connection.executemany(form, rows)
                form, rows = "", []
                connection.execute(_statement(change), _values(change))
    if rows:
        connection.executemany(form, rows)


def _statement(change: Change) -> str:
    match change:
        case Insert(table, row):
            return _insert(table, tuple(row))
        case Close(table, where, _, sets):
            tests = [("until_seq", "IS NULL"), *((column, f"{sign} ?") for column, sign, _ in where)]
            return _update(table, ("until_seq", *(column for column, _ in sets)), tuple(tests))
        case Assign(table, where, sets):
            return _update(
                table,
                tuple([column for column, _ in sets]),
                tuple([(column, f"{sign} ?") for column, sign, _ in where]),
            )
        case Bury():
            return _BURY


def _values(change: Close | Assign | Bury) -> tuple[Cell, ...]:
    """Return the values for the statement of a change, in its order."""
    match change:
        case Close(_, where, until_seq, sets):
            return (until_seq, *(value for _, value in sets), *(value for _, _, value in where))
        case Assign(_, where, sets):
            return (*(value for _, value in sets), *(value for _, _, value in where))
        case Bury(model, seq):
            return (seq, model)


@functools.cache
def _insert(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


@functools.cache
def _update(table: str, sets: tuple[str, ...], tests: tuple[tuple[str, str], ...]) -> str:
    settings = ", ".join(f"{column} = ?" for column in sets)
    return f"UPDATE {table} SET {settings} WHERE {' AND '.join(f'{column} {test}' for column, test in tests)}"


def _decided(state: SqlState, draft: Draft, look: Look, now: str) -> Outcome:
    head = state.head()
    time = now if head is None else max(now, head.time)
    observed = look(state)
    decision = decide(state, draft.intent, observed, time)
    if isinstance(decision, AlreadySo):
        return Outcome(None, decision)
    entry = Entry(
        seq=1 if head is None else head.seq + 1,
        prev=None if head is None else head.hash,
        clock=None if now == time else now,
        time=time,
        intent=draft.intent,
        observed=observed,
        events=cast("tuple[AnyEvent, ...]", decision),
    )
    return Outcome(entry, None)


def _repeated(connection: sqlite3.Connection, seq: int, intent: Intent) -> Entry:
    entry = parse_entry(connection.execute(_READ, (seq,)).fetchone()[0])
    if entry.intent.to_bytes() != intent.to_bytes():
        message = f"the log has another intent with the id {intent.id}"
        raise Conflict(message)
    return entry


def _write(connection: sqlite3.Connection, entry: Entry, draft: Draft) -> str:
    data = entry.to_bytes()
    parse_entry(data)  # nothing is written that could not be read
    entry_hash = hash_entry(data)
    connection.execute(_APPEND, (entry.seq, data))
    if draft.details is not None:
        digest = draft.details.digest
        if connection.execute(_HAS_DETAILS, (digest,)).fetchone():
            message = "these details belong to another entry"
            raise Conflict(message)
        connection.execute(_KEEP_DETAILS, (digest, draft.details.text))
    for digest, document in draft.documents.items():
        if not connection.execute(_HAS_DOCUMENT, (digest,)).fetchone():
            connection.execute(_KEEP_DOCUMENT, (digest, document))
    apply_changes(connection, project(entry, entry_hash, draft.details, draft.documents))
    return entry_hash
