"""The condition of a registry's database, for `doctor`: nothing that is read is believed, nothing is changed."""

from __future__ import annotations

import os
import sqlite3

from msgspec import Struct
from msgspec.structs import replace

from modelkeep.domain.entry import hash_entry, parse_entry
from modelkeep.domain.state import Head
from modelkeep.errors import Damaged, SchemaMismatch
from modelkeep.store.db.sqlite import private_tables, raw_rows, schema
from modelkeep.store.db.sqlite.connection import ANSWER_WAIT_SECONDS
from modelkeep.store.db.sqlite.database import Database

#: STRICT tables came with it.
OLDEST_SQLITE = (3, 37, 0)


class Probed(Struct, frozen=True):
    """The schema's number, what is odd in it, how the journal works, and the end of the log.

    ``odd`` are kinds, names and fates (missing, changed, unknown). ``trouble`` says why the last entry
    cannot be read. ``registry`` is the id by the last entry that can. ``damage`` is what SQLite finds wrong
    with the file, where that is small enough to be looked through.
    """

    schema: int
    odd: tuple[tuple[str, str, str], ...]
    journal_mode: str
    size_bytes: int
    head: Head | None
    registry: str | None
    trouble: str | None
    damage: str | None

    @property
    def has_log(self) -> bool:
        """Whether the tables of the log are modelkeep's: a view in the place of one may yield rows for ever."""
        return schema.LOG_TABLES.isdisjoint(name for _, name, _ in self.odd)


def sqlite_version() -> str:
    """Return the version of the SQLite that Python was built with."""
    return sqlite3.sqlite_version


def is_too_old() -> bool:
    """Tell whether this SQLite cannot open a registry at all."""
    return sqlite3.sqlite_version_info < OLDEST_SQLITE


def journal_bytes(database: Database, suffix: str) -> int | None:
    """Return the size of a file beside the database (``-journal``, ``-wal``), None where it is not there."""
    try:
        return os.lstat(database.path + suffix).st_size
    except OSError:
        return None


def probe(database: Database) -> Probed:
    """Look at the database; raises what `schema.age` raises for one that is no registry of ours."""
    with database.raw(ANSWER_WAIT_SECONDS) as reader:
        number = schema.age(reader)
        odd = tuple(private_tables.odd_objects(reader))
        (mode,) = reader.one("PRAGMA journal_mode")
        size = raw_rows.size_bytes(reader)
        ours = number == schema.VERSION and not odd  # else it may be made to take for ever
        damage = raw_rows.first_damage(reader) if ours and size <= raw_rows.SMALL_BYTES else None
        found = Probed(number, odd, str(mode), size, None, None, None, damage)
        last = raw_rows.head(reader) if found.has_log else None
        head, registry, trouble = None, None, None
        if last is not None:
            seq, data = last
            try:
                entry = parse_entry(data)
                registry, time = entry.intent.registry, entry.time
            except (Damaged, SchemaMismatch) as error:
                trouble, time = error.message, ""
            head = Head(seq, hash_entry(data), time)
        return replace(found, head=head, registry=registry, trouble=trouble)


def hash_at(database: Database, seq: int) -> str | None:
    """Return the hash of the bytes that stand at a number of the log."""
    with database.raw() as reader:
        data = raw_rows.entry_bytes(reader, seq)
    return None if data is None else hash_entry(data)
