"""The log and its projection, written together: one intent, one entry, one transaction.

`append` reads the state under the writers' lock, decides, appends the entry and projects it. `decide_on` decides
the same on a snapshot and writes nothing. `replay` projects a log into an empty database: it reads only the three
tables of the log, which every schema has, page by page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import cast

from msgspec import Struct, field

from modelkeep.domain.checks import Link, check_document, check_frame, check_link
from modelkeep.domain.decide import decide
from modelkeep.domain.details import Details
from modelkeep.domain.entry import Entry, Intent, Observed, documents_of, hash_entry, parse_entry
from modelkeep.domain.project import project
from modelkeep.domain.verbs.interface import AlreadySo
from modelkeep.domain.verbs.rows import Assign, Close, DeleteVersions, Insert, RowChange
from modelkeep.errors import Conflict, Damaged, IntegrityError
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
_DELETE_VERSIONS = """
INSERT INTO deleted (model, version, seq, skipped) SELECT model, number, :seq, 0 FROM version
WHERE model = :model AND NOT EXISTS (
    SELECT 1 FROM deleted WHERE deleted.model = version.model AND deleted.version = version.number)
"""
_PAGE = 500
_ENTRIES = "SELECT seq, bytes FROM entry WHERE seq > :after ORDER BY seq LIMIT :most"
_DETAILS = "SELECT text FROM details WHERE digest = :digest"
_DOCUMENT = "SELECT bytes FROM document WHERE digest = :digest"
#: New rows in one statement: more would not be quicker.
_ROWS_AT_ONCE = 50


class IntentDraft(Struct, frozen=True):
    """An intent and what it names: its details, and the documents that may be new here."""

    intent: Intent
    details: Details | None = None
    documents: Mapping[str, bytes] = field(default_factory=dict)


class LedgerOutcome(Struct, frozen=True):
    """What became of an intent: the entry that it led to and its hash, or why there was nothing to do."""

    entry: Entry | None
    already: AlreadySo | None
    entry_hash: str | None = None


def decide_on(reader: Reader, draft: IntentDraft, observed: Observed, now: str) -> LedgerOutcome:
    """Decide without writing: the same decision and the same errors as `append`."""
    state = SqlState(reader)
    decided = _make_entry(state, draft, observed, now)
    if isinstance(decided, AlreadySo):
        return LedgerOutcome(None, decided)
    _encode(state, decided, draft)
    return LedgerOutcome(decided, None)


def append(writer: Writer, draft: IntentDraft, observed: Observed, now: str) -> LedgerOutcome:
    """Carry out an intent inside the caller's transaction.

    The same intent again is answered with the entry that it led to; the same id with other bytes raises
    ``Conflict``, as does what `decide` refuses.
    """
    state = SqlState(writer)
    before = state.entry_of_intent(draft.intent.id)
    if before is not None:
        return LedgerOutcome(_entry_of_repeated(writer, before, draft.intent), None)
    decided = _make_entry(state, draft, observed, now)
    if isinstance(decided, AlreadySo):
        return LedgerOutcome(None, decided)
    details = draft.details
    if details is not None and writer.row(HAS_DETAILS, digest=details.digest) is not None:
        message = "these details belong to another entry"
        raise Conflict(message)
    entry_hash = write(writer, decided, _encode(state, decided, draft), details, draft.documents)
    return LedgerOutcome(decided, None, entry_hash)


def write(writer: Writer, entry: Entry, data: bytes, details: Details | None, documents: Mapping[str, bytes]) -> str:
    """Write one entry with what it names, and what follows from it in the other tables; return its hash."""
    entry_hash = hash_entry(data)
    writer.run(APPEND, seq=entry.seq, bytes=data)
    if details is not None:
        writer.run(KEEP_DETAILS, digest=details.digest, text=details.text)
    for digest, document in documents.items():
        writer.run(KEEP_DOCUMENT, digest=digest, bytes=document)
    apply_changes(writer, project(entry, entry_hash, details, documents))
    return entry_hash


def apply_changes(writer: Writer, changes: Iterable[RowChange]) -> None:
    """Make row changes; table and column names come from `project`, never from outside.

    New rows for the same columns that follow each other are one statement, up to `_ROWS_AT_ONCE`.
    """
    for place, group in groupby(changes, key=_place_of_new_row):
        if place is None:
            for change in group:
                _run(writer, cast("Close | Assign | DeleteVersions", change))
            continue
        table, columns = place
        while some := list(islice(group, _ROWS_AT_ONCE)):
            writer.insert(table, columns, [cast("Insert", each).row[column] for each in some for column in columns])


def _place_of_new_row(change: RowChange) -> tuple[str, tuple[str, ...]] | None:
    """Return the table and columns of a new row, None for a change of rows that are there."""
    return (change.table, tuple(change.row)) if isinstance(change, Insert) else None


def _run(writer: Writer, change: Close | Assign | DeleteVersions) -> None:
    """Change rows that are there."""
    match change:
        case Close(table, where, until_seq, sets):
            _update(writer, table, where, (("until_seq", until_seq), *sets), tests=["until_seq IS NULL"])
        case Assign(table, where, sets):
            _update(writer, table, where, sets, tests=[])
        case DeleteVersions(model, seq):
            writer.run(_DELETE_VERSIONS, model=model, seq=seq)


def _update(
    writer: Writer,
    table: str,
    where: Sequence[tuple[str, str, Value]],
    sets: Sequence[tuple[str, Value]],
    *,
    tests: list[str],
) -> None:
    settings = ", ".join(f"{column} = :set_{column}" for column, _ in sets)
    tests += [f"{column} {sign} :where_{n}" for n, (column, sign, _) in enumerate(where)]
    values = {f"set_{column}": value for column, value in sets}
    values |= {f"where_{n}": value for n, (_, _, value) in enumerate(where)}
    writer.run(f"UPDATE {table} SET {settings} WHERE {' AND '.join(tests)}", **values)


def _make_entry(state: SqlState, draft: IntentDraft, observed: Observed, now: str) -> Entry | AlreadySo:
    """Decide, and return the entry that is to be appended; its time is never before that of the last entry."""
    head = state.head()
    time = now if head is None else max(now, head.time)
    decision = decide(state, draft.intent, observed, time, draft.details, draft.documents)
    if isinstance(decision, AlreadySo):
        return decision
    return Entry(
        seq=1 if head is None else head.seq + 1,
        prev=None if head is None else head.hash,
        clock=None if now == time else now,
        time=time,
        intent=draft.intent,
        observed=observed,
        events=decision,
    )


def _encode(state: SqlState, entry: Entry, draft: IntentDraft) -> bytes:
    """Return the bytes of an entry; ``IntegrityError`` where `verify` would find it damaged, so that it is not written."""
    data = entry.to_bytes()
    parse_entry(data, entry)
    head = state.head()
    before = None if head is None else Link(head.seq, head.hash, head.time)
    problems = [*check_link(entry, entry.seq, before), *check_frame(entry, state.registry_id())]
    problems += filter(
        None,
        (
            check_document(digest, kind, draft.documents[digest])
            for digest, kind in documents_of(entry).items()
            if digest in draft.documents
        ),
    )
    for problem in problems:
        if problem.severity == "error":
            message = f"the change was not written, for its entry would be damaged: {problem.message}"
            raise IntegrityError(message, "modelkeep verify --log")
    return data


def _entry_of_repeated(reader: Reader, seq: int, intent: Intent) -> Entry:
    """Return the entry that an intent led to before; ``Conflict`` where it is another intent with the same id.

    Only an intent from elsewhere can be repeated: each one that is made here has a new id.
    """
    entry = parse_entry(reader.rows(READ, seq=seq)[0][0])
    if entry.intent.to_bytes() != intent.to_bytes():
        message = f"the log has another intent with the id {intent.id}"
        raise Conflict(message)
    return entry


def replay(source: Reader, target: Writer) -> None:
    """Project every entry of ``source`` into ``target``, log included."""
    for _, data in entries(source):
        entry = parse_entry(data)
        details, documents = named_by(source, entry)
        write(target, entry, data, details, documents)


def entries(reader: Reader, after: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield the number and bytes of every entry, in order, a page at a time."""
    while page := reader.rows(_ENTRIES, after=after, most=_PAGE):
        yield from page
        after = page[-1][0]


def named_by(reader: Reader, entry: Entry) -> tuple[Details | None, dict[str, bytes]]:
    """Return the details and documents that an entry names; a missing one raises ``Damaged``."""
    details = None
    if entry.intent.details is not None:
        row = reader.row(_DETAILS, digest=entry.intent.details)
        if row is None:
            message = f"the details {entry.intent.details} of entry {entry.seq} are missing"
            raise Damaged(message)
        details = Details.parse(row[0])
    documents: dict[str, bytes] = {}
    for digest in documents_of(entry):
        row = reader.row(_DOCUMENT, digest=digest)
        if row is None:
            message = f"the document {digest} of entry {entry.seq} is missing"
            raise Damaged(message)
        documents[digest] = row[0]
    return details, documents
