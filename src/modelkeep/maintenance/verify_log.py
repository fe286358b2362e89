"""The half of `verify` that reads no artifact: the log, entry by entry, the tables that it makes, and the database file.

The log is read in pages, each in a transaction of its own, so no writer has to wait. Writers may go on while
the tables are compared: the transaction that reads a slice of a table first checks the entries that were written
meanwhile, so both sides are of one moment.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TypeVar

from modelkeep.context import Context
from modelkeep.domain import checks
from modelkeep.domain.checks import Link
from modelkeep.domain.details import Details
from modelkeep.domain.entry import Entry, parse_entry
from modelkeep.domain.state import Head
from modelkeep.errors import Damaged
from modelkeep.maintenance.findings import Findings
from modelkeep.store import head_cache
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sqlite import private_tables, raw_rows, schema
from modelkeep.store.db.sqlite.connection import Transaction
from modelkeep.store.db.sqlite.database import Database
from modelkeep.store.db.sqlite.raw_rows import Stored, digest_of
from modelkeep.store.db.sqlite.shadow_tables import Rebuilt

T = TypeVar("T")
#: The most new entries to check within the transaction that reads a slice; before it, the log is read to its end.
_FEW = 20


class LogCheck:
    """One pass over the log. With ``deep`` every entry is decided again and the tables are compared."""

    def __init__(self, context: Context, findings: Findings, *, deep: bool, kept_head: str | None = None) -> None:
        self._context = context
        self._database = context.database
        self._findings = findings
        self._rebuilt = Rebuilt() if deep else None
        self._stopped: int | None = None
        self._last: int | None = None
        self._before: Link | None = None
        self._is_current = False
        #: The tables, indexes and triggers that are not as modelkeep makes them.
        self._odd: frozenset[str] = frozenset()
        self.registry: str | None = None
        #: The last entry that this account saw, and the hash of the entry that the log has in its place.
        self.known: Head | None = None
        self.hash_at_known: str | None = None
        self.entries = 0
        #: The hash that an entry of this log must have, because it was kept elsewhere.
        self._kept_head = kept_head
        self.has_kept_head = kept_head is None

    @property
    def head(self) -> Head | None:
        """The last entry of the log that was read."""
        return None if self._before is None else Head(self._before.seq, self._before.hash, self._before.time or "")

    @property
    def trusted(self) -> Reader | None:
        """The tables that the log makes, None where it could not be replayed to its end."""
        return None if self._rebuilt is None or self._stopped is not None else self._rebuilt.by_content()

    def run(self) -> None:
        """Run all checks; it raises only where there is no registry, or one that is newer than this modelkeep."""
        with self._findings.catching("schema"):
            self._check_schema()
        if self._odd & schema.LOG_TABLES:
            self._findings.error("schema", "log", "the log was not read: its tables are not the ones modelkeep makes")
            return
        with self._findings.catching("log"):
            self._read_log()
        if self._is_current and self._rebuilt is not None:
            self._compare_tables(self._rebuilt)
        with self._findings.catching("database"):
            for place, text in broken_pages(self._database, self._odd, deep=self._rebuilt is not None):
                self._findings.error("database", place, text)

    def close(self) -> None:
        """Remove the tables that were made from the log."""
        if self._rebuilt is not None:
            self._rebuilt.close()

    def _check_schema(self) -> None:
        """Compare the schema with the one that modelkeep makes, before any table is believed."""
        with self._database.raw() as connection:
            self._is_current = schema.age(connection) == schema.VERSION
            is_utf8 = schema.is_utf8(connection)
            odd = [*private_tables.odd_objects(connection)]
        if not self._is_current:
            text = "it is older than this modelkeep's: the tables are made from the log when they are read"
            self._findings.warning("schema", "schema", text)
        if not is_utf8:
            self._findings.error(
                "schema", "database", "it does not keep its text as UTF-8, so names have another order"
            )
        for kind, name, state in odd:
            self._findings.error("schema", f"{kind} {name}", f"the {kind} is {state}")
        self._odd = frozenset(name for _, name, _ in odd)

    def _read_log(self) -> None:
        has_registry = self._is_current and "registry" not in self._odd
        with self._database.raw() as connection:
            last = raw_rows.head(connection)
            self._set_registry(raw_rows.registry_id(connection) if has_registry else None)
        if last is None:
            self._findings.error("seq", "log", "it is empty")
            return
        end, data = last
        _refuse_newer(data)
        at_end = False
        while not at_end:
            with self._database.raw() as connection:
                page = raw_rows.page(connection, self._last)
            for stored in page:
                self._check_row(stored)
            at_end = not page or (page[-1].seq >= end and len(page) <= _FEW)
        if self._rebuilt is not None and self._stopped is not None:
            text = "no entry after it was decided again, and no table was compared"
            self._findings.warning("replay", f"entry {self._stopped}", text)

    def _check_row(self, stored: Stored) -> None:
        """Check the next row of the log."""
        self._last = stored.seq
        self.entries += 1
        place = f"entry {stored.seq}"
        before = self._before
        expected = 1 if before is None else before.seq + 1
        if stored.seq < expected:
            self._findings.error("seq", place, "no entry of a log has this number")
            return
        if stored.seq > expected:
            before = self._gap(stored, expected)
        self._compare_known(stored)
        if stored.entry is None:
            self._findings.error("damaged", place, stored.trouble or "it cannot be read")
            self._stop(stored.seq)
            time = None if before is None else before.time
        else:
            self._check(stored, stored.entry, before)
            time = stored.entry.time
        self._before = Link(stored.seq, stored.hash, time)

    def _gap(self, stored: Stored, expected: int) -> Link:
        """Report missing entries, and return the link that lets the check go on behind them."""
        last = stored.seq - 1
        place = f"entry {expected}" if last == expected else f"entries {expected} to {last}"
        self._findings.error("seq", place, "missing from the log")
        self._stop(expected)
        prev = "" if stored.entry is None or stored.entry.prev is None else stored.entry.prev
        return Link(last, prev, None if self._before is None else self._before.time)

    def _check(self, stored: Stored, entry: Entry, before: Link | None) -> None:
        place = f"entry {stored.seq}"
        if stored.seq == 1 and entry.intent.registry != self.registry:
            self._set_registry(entry.intent.registry)
            self._compare_known(stored)
        found = [*checks.check_link(entry, stored.seq, before), *checks.check_frame(entry, self.registry)]
        named = entry.intent.details
        new = self._rebuilt is None or named is None or not self._rebuilt.names_details(named)
        details, problems = checks.check_details(entry, stored.text, new=new, sha256=digest_of)
        found += problems
        for digest, data in stored.documents.items():
            if (problem := checks.check_document(digest, stored.kinds[digest], data, digest_of)) is not None:
                found.append(problem)
        for problem in found:
            self._findings.add(problem.severity, problem.code, place, problem.message)
        if self._rebuilt is None or self._stopped is not None:
            return
        documents = {digest: data for digest, data in stored.documents.items() if data is not None}
        if len(documents) < len(stored.documents) or (details is None and named is not None):
            self._stop(stored.seq)
        else:
            self._replay(self._rebuilt, stored, entry, details, documents)

    def _replay(
        self, rebuilt: Rebuilt, stored: Stored, entry: Entry, details: Details | None, documents: dict[str, bytes]
    ) -> None:
        place = f"entry {stored.seq}"
        problem = rebuilt.judge(entry, details, documents)
        if problem is not None:
            self._findings.add(problem.severity, problem.code, place, problem.message)
        try:
            rebuilt.add(entry, stored.hash, details, documents)
        except Damaged as error:
            self._findings.error("decision", place, error.message)
            self._stop(stored.seq)

    def _stop(self, seq: int) -> None:
        """End the replay: the state on which later entries were decided is not known."""
        if self._stopped is None:
            self._stopped = seq

    def _set_registry(self, registry: str | None) -> None:
        self.registry = registry
        self.known = None if registry is None else head_cache.recall(self._context.state_dir, registry)
        self.hash_at_known = None

    def _compare_known(self, stored: Stored) -> None:
        self.has_kept_head = self.has_kept_head or stored.hash == self._kept_head
        if self.known is not None and self.known.seq == stored.seq:
            self.hash_at_known = stored.hash

    def _compare_tables(self, rebuilt: Rebuilt) -> None:
        for table in rebuilt.tables():
            if self._stopped is not None:
                return
            if table.name in self._odd:
                self._findings.error("table", table.name, "not compared: it is not the table that modelkeep makes")
                continue
            with self._findings.catching(table.name):
                for difference in rebuilt.differences(table, self._at_end_of_log):
                    if self._stopped is None:
                        self._findings.error("table", table.name, difference)

    def _at_end_of_log(self, query: Callable[[Transaction], T]) -> T:
        """Run a query in a transaction in which every entry has been checked."""
        with self._database.raw() as connection:
            while page := raw_rows.page(connection, self._last):
                for stored in page:
                    self._check_row(stored)
            return query(connection)


def broken_pages(
    database: Database, odd: Collection[str], small_bytes: int = raw_rows.SMALL_BYTES, *, deep: bool = True
) -> Iterator[tuple[str, str]]:
    """Yield what SQLite itself finds wrong, and in which table (``registry.db``: in the whole file).

    With ``deep`` it compares each index with its table too (``integrity_check`` in place of ``quick_check``). SQLite
    lets no writer in meanwhile, so a file above ``small_bytes`` is checked table by table. Tables named in ``odd`` are
    left out: their schema is not modelkeep's.
    """
    with database.raw() as connection:
        small = raw_rows.size_bytes(connection) <= small_bytes
        names = [None] if small else [name for name in raw_rows.table_names(connection) if name not in odd]
    for name in names:
        with database.raw() as connection:
            broken = raw_rows.broken_pages(connection, name, deep=deep)
        for text in broken:
            yield name or "registry.db", text


def _refuse_newer(data: bytes) -> None:
    """Raise ``SchemaMismatch`` where the last entry of the log has a newer format than this modelkeep knows.

    A format never falls, so the last entry has the highest; a higher one elsewhere is damage.
    """
    try:
        parse_entry(data)
    except Damaged:
        return
