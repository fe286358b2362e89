"""Whether the schema of a database is the one that modelkeep makes. It is checked before any table is believed."""

from __future__ import annotations

from msgspec import Struct

from modelkeep.maintenance.findings import Findings
from modelkeep.store.db.sqlite import raw_rows, schema
from modelkeep.store.db.sqlite.database import Database


class CheckedSchema(Struct, frozen=True):
    """Whether the schema is today's, and the names of the tables, indexes and triggers that are not as they should be."""

    is_current: bool = False
    odd: frozenset[str] = frozenset()


def check_schema(database: Database, findings: Findings) -> CheckedSchema:
    """Compare the schema of a database with the one that modelkeep makes; raises for a newer one, and where there is none."""
    with database.raw() as connection:
        is_current = schema.age(connection) == schema.VERSION
        is_utf8 = schema.is_utf8(connection)
        odd = [*raw_rows.odd_objects(connection)] if is_current else []
    if not is_current:
        text = "it is older than this modelkeep's: the tables are made from the log when they are read"
        findings.warning("schema", "schema", text)
    if not is_utf8:
        findings.error("schema", "database", "it does not keep its text as UTF-8, so names have another order")
    for kind, name, state in odd:
        findings.error("schema", f"{kind} {name}", f"the {kind} is {state}")
    return CheckedSchema(is_current, frozenset(name for _, name, _ in odd))
