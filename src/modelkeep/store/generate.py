"""`tables.py` -> migration 0001, as SQL: ``python -m modelkeep.store.generate`` renews it.

Only the making of the first script knows SQLAlchemy; later scripts are written by hand.
"""

from __future__ import annotations

import os
import sqlite3
import sys

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from modelkeep.store import schema, tables

_TRIGGERS = """\
CREATE TRIGGER {table}_is_not_replaced BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;

CREATE TRIGGER {table}_is_not_updated BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;

CREATE TRIGGER {table}_is_not_deleted BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;
"""


def first_script() -> str:
    """Return the SQL that makes the schema of `tables`."""
    dialect = sqlite.dialect()
    parts = ["-- Made from tables.py by `make docs`; do not edit.\n"]
    for table in SQLModel.metadata.sorted_tables:
        parts.append(_tidy(str(CreateTable(table).compile(dialect=dialect))))
        parts += [
            _tidy(str(CreateIndex(index).compile(dialect=dialect)))
            for index in sorted(table.indexes, key=lambda index: str(index.name))
        ]
    for name in tables.APPEND_ONLY:
        parts.append(_TRIGGERS.format(table=name, key="seq" if name == "entry" else "digest"))
    return "\n".join(parts)


def fingerprint_of(sql: str) -> str:
    """Return the fingerprint of a database made by a script."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(sql)
    return schema.fingerprint(connection)


def main() -> None:
    """Write the script; tell when the fingerprint that `schema` pins has to follow."""
    sql = first_script()
    with open(os.path.join(os.path.dirname(schema.__file__), "migrations", "0001.sql"), "w", encoding="utf-8") as file:
        file.write(sql)
    if fingerprint_of(sql) != schema.FINGERPRINT:
        sys.stderr.write(f"store/schema.py: FINGERPRINT must be {fingerprint_of(sql)}\n")
        sys.exit(1)


def _tidy(statement: str) -> str:
    lines = (line.rstrip().replace("\t", "    ") for line in statement.strip().splitlines())
    return "\n".join(lines) + ";\n"


if __name__ == "__main__":
    main()
