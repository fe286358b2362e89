"""`tables.py` -> SQL, and whether the numbered scripts lead there: ``python -m modelkeep.store.db.generate`` tells.

Scripts are for ever once a registry was made by them: 0001 was made from here, later ones are written
by hand. What they must add stands in what this prints.
"""

from __future__ import annotations

import sqlite3
import sys

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from modelkeep.store.db import tables
from modelkeep.store.db.sqlite import schema

_TRIGGERS = """\
CREATE TRIGGER {table}_is_not_replaced BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;

CREATE TRIGGER {table}_is_not_updated BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;

CREATE TRIGGER {table}_is_not_deleted BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;
"""


def whole_script() -> str:
    """Return the SQL that makes the schema of `tables` at once."""
    dialect = sqlite.dialect()
    parts: list[str] = []
    for table in SQLModel.metadata.sorted_tables:
        parts.append(_tidy(str(CreateTable(table).compile(dialect=dialect))))
        parts += [
            _tidy(str(CreateIndex(index).compile(dialect=dialect)))
            for index in sorted(table.indexes, key=lambda index: str(index.name))
        ]
    for name in tables.APPEND_ONLY:
        parts.append(_TRIGGERS.format(table=name, key="seq" if name == "entry" else "digest"))
    return "\n".join(parts)


def wanted() -> str:
    """Return the fingerprint of a database made from `tables`."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(whole_script())
    return schema.fingerprint(connection)


def reached() -> str:
    """Return the fingerprint of a database made by all scripts, one after the other."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.apply(connection, 0)
    return schema.fingerprint(connection)


def main() -> None:
    """Tell where scripts, tables and the pinned fingerprint do not agree; ``--print`` shows the SQL of the tables."""
    if "--print" in sys.argv[1:]:
        sys.stdout.write(whole_script())
        return
    if reached() != wanted():
        sys.stderr.write("store/db/migrations: the scripts do not lead to what tables.py says: a script is missing\n")
        sys.exit(1)
    if wanted() != schema.FINGERPRINT:
        sys.stderr.write(f"store/schema.py: FINGERPRINT must be {wanted()}\n")
        sys.exit(1)


def _tidy(statement: str) -> str:
    lines = (line.rstrip().replace("\t", "    ") for line in statement.strip().splitlines())
    return "\n".join(lines) + ";\n"


if __name__ == "__main__":
    main()
