"""Replaying the log into an empty database: what rebuilding, `verify` and older schemas rest on.

It reads only the three tables of the log, which every schema has, page by page.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from modelkeep.domain.details import Details
from modelkeep.domain.entry import Entry, documents_of, hash_entry, parse_entry
from modelkeep.domain.project import project
from modelkeep.errors import Damaged
from modelkeep.store.db.ledger import apply_changes

_PAGE = 500
_ENTRIES = "SELECT seq, bytes FROM entry WHERE seq > ? ORDER BY seq LIMIT ?"
_DETAILS = "SELECT text FROM details WHERE digest = ?"
_DOCUMENT = "SELECT bytes FROM document WHERE digest = ?"


def replay(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Project every entry of ``source`` into ``target``, log included."""
    for seq, data in entries(source):
        entry = parse_entry(data)
        details, documents = named_by(source, entry)
        target.execute("INSERT INTO entry (seq, bytes) VALUES (?, ?)", (seq, data))
        if details is not None:
            target.execute("INSERT INTO details (digest, text) VALUES (?, ?)", (details.digest, details.text))
        for digest, document in documents.items():
            target.execute(
                "INSERT INTO document (digest, bytes) SELECT ?, ? WHERE NOT EXISTS "
                "(SELECT 1 FROM document WHERE digest = ?)",
                (digest, document, digest),
            )
        apply_changes(target, project(entry, hash_entry(data), details, documents))


def entries(connection: sqlite3.Connection, after: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield the number and bytes of every entry, in order, a page at a time."""
    while page := connection.execute(_ENTRIES, (after, _PAGE)).fetchall():
        yield from page
        after = page[-1][0]


def named_by(connection: sqlite3.Connection, entry: Entry) -> tuple[Details | None, dict[str, bytes]]:
    """Return the details and documents that an entry names; a missing one raises ``Damaged``."""
    details = None
    if entry.intent.details is not None:
        row = connection.execute(_DETAILS, (entry.intent.details,)).fetchone()
        if row is None:
            message = f"the details {entry.intent.details} of entry {entry.seq} are missing"
            raise Damaged(message)
        details = Details.parse(row[0])
    documents: dict[str, bytes] = {}
    for digest in documents_of(entry):
        row = connection.execute(_DOCUMENT, (digest,)).fetchone()
        if row is None:
            message = f"the document {digest} of entry {entry.seq} is missing"
            raise Damaged(message)
        documents[digest] = row[0]
    return details, documents
