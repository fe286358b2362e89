"""Replaying the log into an empty database: what rebuilding, `verify` and older schemas rest on.

It reads only the three tables of the log, which every schema has, page by page.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelkeep.domain.details import Details
from modelkeep.domain.entry import Entry, documents_of, parse_entry
from modelkeep.errors import Damaged
from modelkeep.store.db import ledger
from modelkeep.store.db.interface import Reader, Writer

_PAGE = 500
_ENTRIES = "SELECT seq, bytes FROM entry WHERE seq > :after ORDER BY seq LIMIT :most"
_DETAILS = "SELECT text FROM details WHERE digest = :digest"
_DOCUMENT = "SELECT bytes FROM document WHERE digest = :digest"


def replay(source: Reader, target: Writer) -> None:
    """Project every entry of ``source`` into ``target``, log included."""
    for _, data in entries(source):
        entry = parse_entry(data)
        details, documents = named_by(source, entry)
        ledger.write(target, entry, data, details, documents)


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
