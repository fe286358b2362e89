"""The SQL that `tables.py` describes, and a check that the numbered migration scripts lead to it.

A script stays for ever once a registry was made by it: 0001 was made from here, later ones are
written by hand. ``python -m tools.schema_sql`` prints the SQL that they must lead to.
"""

from __future__ import annotations

import sqlite3
import sys

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from modelkeep.store.db import tables
from modelkeep.store.db.sqlite import schema
from modelkeep.store.db.sqlite.connection import Transaction

_TRIGGERS = """\
CREATE TRIGGER {table}_is_not_replaced BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;

CREATE TRIGGER {table}_is_not_updated BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;

CREATE TRIGGER {table}_is_not_deleted BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;
"""


def script() -> str:
    """Return the SQL that makes the schema of `tables` at once."""
    dialect = sqlite.dialect()
    parts: list[str] = []
    for table in SQLModel.metadata.sorted_tables:
        parts.append(_tidy(str(CreateTable(table).compile(dialect=dialect))))
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        parts += [_tidy(str(CreateIndex(index).compile(dialect=dialect))) for index in indexes]
    for name in tables.APPEND_ONLY:
        parts.append(_TRIGGERS.format(table=name, key="seq" if name == "entry" else "digest"))
    return "\n".join(parts)


def fingerprint_of_tables() -> str:
    """Return the fingerprint of a database made from `tables`."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(script())
    return schema.fingerprint(Transaction(connection))


def fingerprint_of_migrations() -> str:
    """Return the fingerprint of a database made by all migration scripts, one after the other."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.apply(Transaction(connection), 0)
    return schema.fingerprint(Transaction(connection))


def problem() -> str | None:
    """Return how tables, migration scripts and the pinned fingerprint disagree; None where they agree."""
    expected = fingerprint_of_tables()
    if fingerprint_of_migrations() != expected:
        return "store/db/migrations: the scripts do not lead to the schema of tables.py: a script is missing"
    if expected != schema.FINGERPRINT:
        return f"store/db/sqlite/schema.py: FINGERPRINT must be {expected}"
    return None


def _tidy(statement: str) -> str:
    lines = (line.rstrip().replace("\t", "    ") for line in statement.strip().splitlines())
    return "\n".join(lines) + ";\n"


if __name__ == "__main__":
    sys.stdout.write(script())
