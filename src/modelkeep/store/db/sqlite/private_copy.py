"""A private copy of the registry's tables, for notebooks: a cell left open must not hold up writers."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool
from sqlmodel import Session

from modelkeep.store.db.sqlite.database import Database


@contextmanager
def session(database: Database) -> Iterator[Session]:
    """Yield a SQLModel session on a copy of the registry as it is now; the copy goes with it.

    The copy is made through SQLite's backup interface into a temporary file. Changes made in it
    change nothing in the registry.
    """
    with tempfile.TemporaryDirectory(prefix="modelkeep-") as directory:
        path = f"{directory}/snapshot.db"
        with database.reading() as source:
            target = sqlite3.connect(path)
            try:
                source.connection.backup(target)
            finally:
                target.close()
        engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
        try:
            with Session(engine) as opened:
                yield opened
        finally:
            engine.dispose()
