"""The log and its projection, written together: one intent, one entry, one transaction.

`append` reads the state under the writers' lock, decides, appends the entry and projects it. `decide_on` decides
the same on a snapshot and writes nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from modelkeep.domain import decide
from modelkeep.domain import entry as chain
from modelkeep.domain.decide import AlreadySo
from modelkeep.domain.details import Details
from modelkeep.domain.entry import Entry, Observed
from modelkeep.domain.intents import Intent
from modelkeep.domain.project import Change, Close, Insert, project
from modelkeep.errors import Conflict
from modelkeep.store.db.interface import Reader, Value, Writer
from modelkeep.store.db.state import SqlState

APPEND = "INSERT INTO entry (seq, bytes) VALUES (:seq, :bytes)"
READ = "SELECT bytes FROM entry WHERE seq = :seq"
KEEP_DETAILS = "INSERT INTO details (digest, text) VALUES (:digest, :text)"
HAS_DETAILS = "SELECT 1 FROM details WHERE digest = :digest"
KEEP_DOCUMENT = """
INSERT INTO document (digest, bytes)
SELECT :digest, :bytes WHERE NOT EXISTS (SELECT 1 FROM document WHERE digest = :digest)
"""


class Draft(Struct, frozen=True):
    """An intent and what it names: its details, and the documents that may be new here."""

    intent: Intent
    details: Details | None = None
    documents: Mapping[str, bytes] = field(default_factory=dict)


class Outcome(Struct, frozen=True):
    """What became of an intent: the entry that it led to and its hash, or why there was nothing to do."""

    entry: Entry | None
    already: AlreadySo | None
    entry_hash: str | None = None


def decide_on(reader: Reader, draft: Draft, observed: Observed, now: str) -> Outcome:
    """Decide without writing: the same decision and the same errors as `append`."""
    return _decided(SqlState(reader), draft, observed, now)


def append(writer: Writer, draft: Draft, observed: Observed, now: str) -> Outcome:
    """Carry out an intent inside the caller's transaction.

    The same intent again is answered with the entry that it led to; the same id with other bytes raises
    ``Conflict``, as does what `decide` refuses.
    """
    state = SqlState(writer)
    before = state.entry_of_intent(draft.intent.id)
    if before is not None:
        return Outcome(_repeated(writer, before, draft.intent), None)
    outcome = _decided(state, draft, observed, now)
    entry = outcome.entry
    if entry is None:
        return outcome
    details = draft.details
    if details is not None and writer.row(HAS_DETAILS, digest=details.digest) is not None:
        message = "these details belong to another entry"
        raise Conflict(message)
    entry_hash = write(writer, entry, entry.to_bytes(), details, draft.documents)
    return Outcome(entry, None, entry_hash)


def write(writer: Writer, entry: Entry, data: bytes, details: Details | None, documents: Mapping[str, bytes]) -> str:
    """Write one entry with what it names, and what follows from it in the other tables; return its hash."""
    entry_hash = chain.hash_of(data)
    writer.run(APPEND, seq=entry.seq, bytes=data)
    if details is not None:
        writer.run(KEEP_DETAILS, digest=details.digest, text=details.text)
    for digest, document in documents.items():
        writer.run(KEEP_DOCUMENT, digest=digest, bytes=document)
    apply_changes(writer, project(entry, entry_hash, details, documents))
    return entry_hash


def apply_changes(writer: Writer, changes: Iterable[Change]) -> None:
    """Make row changes; table and column names come from `project`, never from outside.

    New rows for the same columns that follow each other are one call of the driver.
    """
    statement, rows = "", list[Mapping[str, Value]]()
    for change in changes:
        match change:
            case Insert(table, row):
                wanted = _insert(table, tuple(row))
                if wanted != statement and rows:
                    writer.run_many(statement, rows)
                    rows = []
                statement = wanted
                rows.append(row)
            case Close():
                if rows:
                    writer.run_many(statement, rows)
                    rows = []
                _close(writer, change)
    if rows:
        writer.run_many(statement, rows)


@functools.cache
def _insert(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(f':{column}' for column in columns)})"


def _close(writer: Writer, change: Close) -> None:
    settings = ["until_seq = :until_seq", *(f"{column} = :set_{column}" for column, _ in change.sets)]
    tests = ["until_seq IS NULL", *(f"{column} {sign} :where_{n}" for n, (column, sign, _) in enumerate(change.where))]
    values: dict[str, Value] = {"until_seq": change.until_seq}
    values |= {f"set_{column}": value for column, value in change.sets}
    values |= {f"where_{n}": value for n, (_, _, value) in enumerate(change.where)}
    writer.run(f"UPDATE {change.table} SET {', '.join(settings)} WHERE {' AND '.join(tests)}", **values)


def _decided(state: SqlState, draft: Draft, observed: Observed, now: str) -> Outcome:
    head = state.head()
    time = now if head is None else max(now, head.time)
    decision = decide.decide(state, draft.intent, observed, time)
    if isinstance(decision, AlreadySo):
        return Outcome(None, decision)
    entry = Entry(
        seq=1 if head is None else head.seq + 1,
        prev=None if head is None else head.hash,
        clock=now,
        time=time,
        intent=draft.intent,
        observed=observed,
        events=decision,
    )
    return Outcome(entry, None)


def _repeated(reader: Reader, seq: int, intent: Intent) -> Entry:
    entry = chain.parse(reader.rows(READ, seq=seq)[0][0])
    if entry.intent.to_bytes() != intent.to_bytes():
        message = f"the log has another intent with the id {intent.id}"
        raise Conflict(message)
    return entry
