"""The log, the schema and the tables as they are stored, for `verify`: nothing that is read is believed.

Each function reads a slice in one short transaction of its caller's, so that writers need not wait.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from msgspec import Struct

from modelkeep.domain.entry import LARGEST_ENTRY, Entry, documents_of, hash_entry, parse_entry
from modelkeep.errors import Damaged, SchemaMismatch
from modelkeep.store.db.interface import Reader

PAGE = 400
#: A larger value is not held before it is wanted.
_LARGE_BYTES = 32 * 1024
#: Bytes of entries and documents that are held at once.
_MOST_BYTES = 16 * 1024 * 1024
#: A file up to this size is looked through at once, a larger one table by table.
SMALL_BYTES = 64 * 1024 * 1024

# The greatest number is the end of the log; the bytes of that row may be anything.
HEAD = "SELECT seq, substr(bytes, 1, 65536) FROM entry ORDER BY seq DESC LIMIT 1"
ENTRIES = """
SELECT seq, CASE WHEN length(bytes) <= 65535 THEN bytes END FROM entry WHERE seq > :after ORDER BY seq LIMIT :most
"""
FIRST_ENTRIES = ENTRIES.replace("WHERE seq > :after ", "")
ENTRY = "SELECT bytes FROM entry WHERE seq = :seq"
REGISTRY = "SELECT id FROM registry ORDER BY seq LIMIT 1"
TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"


class Stored(Struct, frozen=True):
    """One row of the log, with what it names; ``entry`` is None where ``trouble`` says why it cannot be read.

    ``hash`` is the hash of the stored bytes; ``kinds`` says of each document of which kind it should be.
    """

    seq: int
    hash: str
    entry: Entry | None
    trouble: str | None
    text: str | None
    documents: dict[str, bytes | None]
    kinds: dict[str, str]


def head(reader: Reader) -> tuple[int, bytes] | None:
    """Return the number and bytes of the last row of the log."""
    row = reader.row(HEAD)
    return None if row is None else (row[0], row[1] if isinstance(row[1], bytes) else b"")


def page(reader: Reader, after: int | None) -> list[Stored]:
    """Return the next rows of the log after number ``after`` (None: from the lowest there is).

    Raises ``Damaged`` where a row comes twice: paging from the last row would never end.
    """
    statement = FIRST_ENTRIES if after is None else ENTRIES
    rows = []
    for seq, data in reader.rows(statement, after=after, most=PAGE):
        if after is not None and seq <= after:
            message = f"the rows of the log do not come in the order of their numbers: {seq} after {after}"
            raise Damaged(message, "modelkeep verify --log")
        after = seq
        rows.append((seq, data, *_parsed(data)))
    entries = [entry for *_, entry, _ in rows if entry is not None]
    texts = _Named(reader, "details", "text", (entry.intent.details for entry in entries))
    documents = _Named(reader, "document", "bytes", (digest for entry in entries for digest in documents_of(entry)))
    found: list[Stored] = []
    held = 0
    for seq, data, entry, trouble in rows:
        stored = _stored(seq, data, entry, trouble, texts, documents)
        found.append(stored)
        held += (len(data) if entry else 0) + sum(len(document or b"") for document in stored.documents.values())
        if held > _MOST_BYTES:
            break
    return found


def registry_id(reader: Reader) -> str | None:
    """Return the id that the tables give the registry."""
    row = reader.row(REGISTRY)
    return None if row is None else str(row[0])


def table_names(reader: Reader) -> list[str]:
    """Return the names of all tables."""
    return [name for (name,) in reader.rows(TABLES)]


def size_bytes(reader: Reader) -> int:
    """Return the size of the file, as it is in the reader's snapshot."""
    (pages,), (page_bytes,) = (reader.one(f"PRAGMA {name}") for name in ("page_count", "page_size"))
    return int(pages) * int(page_bytes)


def first_damage(reader: Reader) -> str | None:
    """Return the first thing that SQLite finds wrong with the file in a quick look, None where it finds nothing."""
    (found,) = reader.one("PRAGMA quick_check(1)")
    return None if found == "ok" else str(found)


def broken_pages(reader: Reader, table: str | None, *, deep: bool) -> list[str]:
    """Return what SQLite finds wrong with a table (None: with the whole file), with ``deep`` in its indexes too."""
    check = "integrity_check" if deep else "quick_check"
    what = "" if table is None else f"({table})"
    return [str(text) for (text,) in reader.rows(f"PRAGMA {check}{what}") if text != "ok"]


def entry_bytes(reader: Reader, seq: int) -> bytes | None:
    """Return the bytes of an entry as they lie there."""
    row = reader.row(ENTRY, seq=seq)
    return row[0] if row is not None and isinstance(row[0], bytes) else None


def digest_of(data: bytes) -> str:
    """Return ``sha256:`` and the hex of the SHA-256 of some bytes: for many of them this one is the quickest."""
    return f"sha256:{sha256(data).hexdigest()}"


class _Named:
    """The details or documents that the entries of a page name, read in the order in which they are stored.

    That order is the order of the entries, so nearly all lie together, and a look-up by digest costs as much as ten
    rows read in turn (DESIGN asks for 30,000 entries a second). What does not lie there, or is large, is looked up.
    """

    def __init__(self, reader: Reader, table: str, column: str, digests: Iterable[str | None]) -> None:
        self._reader = reader
        self._one = f"SELECT {column} FROM {table} WHERE digest = :digest"
        together = (
            f"SELECT digest, {column} FROM {table} WHERE rowid <= "
            f"(SELECT max(rowid) FROM {table} WHERE digest IN (:first, :last)) AND length({column}) <= {_LARGE_BYTES} "
            "ORDER BY rowid DESC LIMIT :most"
        )
        wanted = list(dict.fromkeys(digest for digest in digests if digest is not None))
        self._values: dict[str, Any] = {}
        if wanted:
            self._values = dict(reader.rows(together, first=wanted[0], last=wanted[-1], most=len(wanted)))

    def get(self, digest: str) -> Any:
        """Return the value under a digest, None where there is none."""
        if digest in self._values:
            return self._values[digest]
        row = self._reader.row(self._one, digest=digest)
        return None if row is None else row[0]


def _parsed(data: object) -> tuple[Entry | None, str | None]:
    """Return the entry that bytes are, or why they are none."""
    if not isinstance(data, bytes):
        return None, f"longer than {LARGEST_ENTRY} bytes, or no bytes at all"
    try:
        return parse_entry(data), None
    except (Damaged, SchemaMismatch) as error:
        return None, error.message


def _stored(
    seq: int, data: object, entry: Entry | None, trouble: str | None, texts: _Named, documents: _Named
) -> Stored:
    digest = hash_entry(data, digest_of) if isinstance(data, bytes) else "unknown"
    if entry is None:
        return Stored(seq, digest, None, trouble, None, {}, {})
    text = None if entry.intent.details is None else texts.get(entry.intent.details)
    kinds = documents_of(entry)
    named = {name: documents.get(name) for name in kinds}
    return Stored(
        seq,
        digest,
        entry,
        None,
        None if text is None else str(text),
        {name: found if isinstance(found, bytes) else None for name, found in named.items()},
        kinds,
    )
