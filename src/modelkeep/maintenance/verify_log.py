"""The log, entry by entry, and the tables it makes: the half of `verify` that reads no artifact.

The log is read in pages, each in a transaction of its own, so that nobody who writes has to wait.
While the tables are compared, others may go on writing: before each slice the entries that came
meanwhile are checked too, in the same transaction, so that both sides are of one moment.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from modelkeep.context import Context
from modelkeep.domain import checks
from modelkeep.domain import entry as chain
from modelkeep.domain.checks import Link
from modelkeep.domain.details import Details
from modelkeep.domain.entry import Entry
from modelkeep.domain.head import Head, compare
from modelkeep.domain.outline import Outline, Outlines
from modelkeep.errors import Damaged
from modelkeep.maintenance.findings import Findings
from modelkeep.maintenance.verify_pages import checking_pages
from modelkeep.store import head_cache
from modelkeep.store.db.sql.statement import Connection
from modelkeep.store.db.sqlite import raw_rows as lying
from modelkeep.store.db.sqlite import schema
from modelkeep.store.db.sqlite.database import in_memory
from modelkeep.store.db.sqlite.raw_rows import Stored, digest_of
from modelkeep.store.db.sqlite.shadow_tables import Rebuilt, Table

T = TypeVar("T")
_LOG_TABLES = frozenset({"entry", "details", "document"})
#: So many entries that came meanwhile are checked without letting go of the slice's moment.
_FEW = 20


class LogCheck:
    """One pass over the log. ``deep`` decides every entry again and compares the tables."""

    def __init__(self, context: Context, findings: Findings, *, deep: bool) -> None:
        self._context = context
        self._findings = findings
        self._rebuilt = Rebuilt() if deep else None
        self._beside = lying.Beside(None if deep else Outlines())
        self._stopped: int | None = None
        self._last: int | None = None
        self._before: Link | None = None
        self._odd: set[str] = set()
        self._known: Head | None = None
        self._known_hash: str | None = None
        self.registry: str | None = None
        self.entries = 0

    @property
    def head(self) -> Head | None:
        """The last entry of the log as it lies there."""
        return None if self._before is None else Head(self._before.seq, self._before.hash, self._before.time or "")

    @property
    def trusted(self) -> Connection | None:
        """The tables as the whole log makes them, None where it could not be replayed to its end."""
        return None if self._rebuilt is None or self._stopped is not None else self._rebuilt.by_content()

    def run(self) -> None:
        """Check everything there is to check; raises only where there is no registry of our age."""
        current = False
        with self._findings.catching("schema"):
            current = self._schema()
        if self._odd & _LOG_TABLES:
            self._findings.error("schema", "log", "the log was not read: its tables are not the ones modelkeep makes")
            return
        with checking_pages(self._context.database, self._odd) as pages:
            with self._findings.catching("log"):
                self._read_log(current=current)
            if current and self._rebuilt is not None:
                self._tables(self._rebuilt)
            with self._findings.catching("database"):
                for place, text in pages():
                    self._findings.error("database", place, text)

    def close(self) -> None:
        """Give the room back."""
        if self._rebuilt is not None:
            self._rebuilt.close()

    def _schema(self) -> bool:
        """Look at the schema before anything is asked of it; return whether it is of today."""
        with self._context.database.raw() as connection:
            current = schema.age(connection) == schema.VERSION
            utf8 = schema.is_utf8(connection)
            with closing(in_memory()) as right:
                odd = [*lying.odd_objects(connection, right)] if current else []
        if not current:
            text = "it is older than this modelkeep's: the tables are made from the log when they are read"
            self._findings.warning("schema", "schema", text)
        if not utf8:
            self._findings.error(
                "schema", "database", "it does not keep its text as UTF-8, so names have another order"
            )
        for kind, name, fate in odd:
            self._odd.add(name)
            self._findings.error("schema", f"{kind} {name}", f"the {kind} is {fate}")
        return current

    def _read_log(self, *, current: bool) -> None:
        with self._context.database.raw() as connection:
            last = lying.head(lying.lenient(connection))
            self._known_from(lying.registry_id(connection) if current and "registry" not in self._odd else None)
        if last is None:
            self._findings.error("seq", "log", "it is empty")
            return
        end, data = last
        _refuse_newer(data)
        while self._last is None or self._last < end:
            with self._context.database.raw() as connection:
                page = lying.page(lying.lenient(connection), self._last, self._beside)
            if not page:
                break
            for stored in page:
                self._take(stored)
        if self._rebuilt is not None and self._stopped is not None:
            self._findings.warning(
                "replay", f"entry {self._stopped}", "nothing after it was decided again, and no table was compared"
            )

    def _take(self, stored: Stored) -> None:
        """Check one row of the log and go on from it."""
        self._last = stored.seq
        self.entries += 1
        place = f"entry {stored.seq}"
        expected = 1 if self._before is None else self._before.seq + 1
        if stored.seq < expected:
            self._findings.error("seq", place, "no entry of a log has this number")
            return
        before = self._before
        if stored.seq > expected:
            gap = f"entry {expected}" if stored.seq == expected + 1 else f"entries {expected} to {stored.seq - 1}"
            self._findings.error("seq", gap, "missing from the log")
            prev = "" if stored.entry is None or stored.entry.prev is None else stored.entry.prev
            before = Link(stored.seq - 1, prev, None if before is None else before.time)
            self._stop(expected)
        if self._known is not None and self._known.seq == stored.seq:
            self._known_hash = stored.hash
        if stored.entry is None:
            self._findings.error("damaged", place, stored.trouble or "it cannot be read")
            self._stop(stored.seq)
        else:
            self._check(stored, stored.entry, before)
        time = before.time if stored.entry is None and before is not None else None
        self._before = Link(stored.seq, stored.hash, time if stored.entry is None else stored.entry.time)

    def _check(self, stored: Stored, entry: Entry | Outline, before: Link | None) -> None:
        place = f"entry {stored.seq}"
        if stored.seq == 1 and entry.intent.registry != self.registry:
            self._known_from(entry.intent.registry)
            self._known_hash = stored.hash if self._known is not None and self._known.seq == 1 else None
        found = [*checks.check_link(entry, stored.seq, before), *checks.check_frame(entry, self.registry)]
        details = None
        named = entry.intent.details
        if self._rebuilt is None:
            found += checks.check_text(entry, stored.text, digest_of)
        else:
            new = named is None or not self._rebuilt.names_details(named)
            details, problems = checks.check_details(entry, stored.text, new=new, sha256=digest_of)
            found += problems
        for digest, data in stored.documents.items():
            if (problem := checks.check_document(digest, data, digest_of)) is not None:
                found.append(problem)
        for problem in found:
            self._findings.add(problem.severity, problem.code, place, problem.message)
        if self._rebuilt is None or self._stopped is not None or isinstance(entry, Outline):
            return
        documents = {digest: data for digest, data in stored.documents.items() if data is not None}
        if len(documents) < len(stored.documents) or (details is None and named is not None):
            self._stop(stored.seq)
        else:
            self._follow(self._rebuilt, stored, entry, details, documents)

    def _follow(
        self, rebuilt: Rebuilt, stored: Stored, entry: Entry, details: Details | None, documents: dict[str, bytes]
    ) -> None:
        place = f"entry {stored.seq}"
        problem = rebuilt.judge(entry)
        if problem is not None:
            self._findings.add(problem.severity, problem.code, place, problem.message)
        try:
            rebuilt.add(entry, stored.hash, details, documents)
        except Damaged as error:
            self._findings.error("decision", place, error.message)
            self._stop(stored.seq)

    def _stop(self, seq: int) -> None:
        """From here on nothing is known of the state that an entry was decided on."""
        if self._stopped is None:
            self._stopped = seq

    def _known_from(self, registry: str | None) -> None:
        self.registry = registry
        self._known = None if registry is None else head_cache.recall(self._context.state_dir, registry)

    def lost(self) -> tuple[str, str] | None:
        """Return place and message where the log is not the one that this account saw last, else None."""
        known, head = self._known, self.head
        if known is None or self._last is None:
            return None
        place = f"entry {known.seq}"
        match compare(known, head, self._known_hash):
            case "continues":
                return None
            case "behind":
                end = "it is empty" if head is None else f"it ends with entry {head.seq}"
                return place, f"the log went backwards: this account saw entry {known.seq} of it, and {end}"
            case _:
                return place, f"it is not the one that this account saw, which had the hash {known.hash}"

    @property
    def is_behind(self) -> bool:
        """Whether the log ends before the entry that this account saw last, and may be only older."""
        return self._known is not None and compare(self._known, self.head, self._known_hash) == "behind"

    def _tables(self, rebuilt: Rebuilt) -> None:
        for table in rebuilt.tables():
            if self._stopped is not None:
                return
            if table.name in self._odd:
                self._findings.error("table", table.name, "not compared: it is not the table that modelkeep makes")
                continue
            with self._findings.catching(table.name):
                self._table(rebuilt, table)

    def _table(self, rebuilt: Rebuilt, table: Table) -> None:
        for difference in rebuilt.differences(table, self._at_one_moment):
            if self._stopped is None:
                self._findings.error("table", table.name, difference)

    def _at_one_moment(self, query: Callable[[Connection], T]) -> T:
        """Ask the registry something when all its entries up to that moment were taken."""
        while True:
            with self._context.database.raw() as connection:
                lying.lenient(connection)
                page = lying.page(connection, self._last, self._beside)
                if not page:
                    return query(connection)
                if len(page) <= _FEW:
                    for stored in page:
                        self._take(stored)
                    if not lying.page(connection, self._last, self._beside):
                        return query(connection)
                    continue
            for stored in page:
                self._take(stored)


def _refuse_newer(data: bytes) -> None:
    """Raise ``SchemaMismatch`` where the log has gone on in a format that came after us.

    A format never falls, so the last entry tells; a higher one anywhere else is damage.
    """
    try:
        chain.parse(data)
    except Damaged:
        return
