"""The harm that the story does to a registry from outside: a wrong bit, a forged row, a rewritten entry."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing


def flip_a_bit(path: str) -> None:
    """Change one bit in the middle of a file and restore its times and mode.

    Names, sizes and times show nothing of it.
    """
    before = os.stat(path)
    os.chmod(path, 0o600)
    with open(path, "r+b") as file:
        file.seek(before.st_size // 2)
        (byte,) = file.read(1)
        file.seek(before.st_size // 2)
        file.write(bytes([byte ^ 1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    os.chmod(path, before.st_mode & 0o777)


def forge(registry: str, statement: str) -> None:
    """Run one statement on the database as its owner could, with the triggers dropped and made again."""
    with closing(sqlite3.connect(os.path.join(registry, "registry.db"), isolation_level=None)) as database:
        triggers = database.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        database.execute("BEGIN IMMEDIATE")
        for name, _ in triggers:
            database.execute(f'DROP TRIGGER "{name}"')
        changed = database.execute(statement).rowcount
        for _, sql in triggers:
            database.execute(sql)
        database.execute("COMMIT")
    if changed < 1:
        message = f"nothing was forged: {statement}"
        raise LookupError(message)
