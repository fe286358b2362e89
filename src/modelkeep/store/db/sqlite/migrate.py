"""Bringing an older schema to today's: a backup through SQLite, then the numbered scripts, all or none.

The log is never touched. A script that changes what is projected is named in ``rebuilds``: after it
every other table is emptied and made from the log again.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct

from modelkeep.domain.entry import hash_entry, parse_entry
from modelkeep.domain.project import project
from modelkeep.errors import IntegrityError, RegistryUnavailable
from modelkeep.store.db.ledger import apply_changes
from modelkeep.store.db.replay import entries, named_by
from modelkeep.store.db.sqlite import schema
from modelkeep.store.durable import create_file, rename_new, sync_directory

_LOG = ("entry", "details", "document")
_FRESH = "registry.db.backup.new"
_TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('sqlite_stat1', 'sqlite_stat4')"


class Plan(Struct, frozen=True):
    """The scripts there are: ``statements`` returns those of one number, ``fingerprint`` is of what all lead to."""

    version: int
    statements: Callable[[int], list[str]]
    fingerprint: str
    rebuilds: frozenset[int] = frozenset()


TODAY = Plan(schema.VERSION, schema.statements, schema.FINGERPRINT)


def upgrade(connection: sqlite3.Connection, plan: Plan, since: int) -> None:
    """Apply every script after ``since`` inside the caller's transaction.

    Raises ``IntegrityError`` where that does not lead to the schema it should: the one before was not
    as the scripts had made it.
    """
    numbers = range(since + 1, plan.version + 1)
    for number in numbers:
        for statement in plan.statements(number):
            connection.execute(statement)
    if plan.rebuilds.intersection(numbers):
        rebuild(connection)
    connection.execute(f"PRAGMA user_version = {plan.version}")
    if schema.fingerprint(connection) != plan.fingerprint:
        message = (
            f"the schema {since} of the registry was changed by something other than modelkeep: it was not migrated"
        )
        raise IntegrityError(message, "modelkeep verify --log        (nothing was changed)")


def rebuild(connection: sqlite3.Connection) -> None:
    """Empty every table but the log's and make it again from the log, inside the caller's transaction."""
    connection.execute("PRAGMA defer_foreign_keys = ON")
    for (table,) in connection.execute(_TABLES).fetchall():
        if table not in _LOG:
            connection.execute(f"DELETE FROM {table}")
    for _, data in entries(connection):
        entry = parse_entry(data)
        apply_changes(connection, project(entry, hash_entry(data), *named_by(connection, entry)))


def back_up(connection: sqlite3.Connection, path: str) -> None:
    """Copy the database as it stands, durably, to a new file that is as open to the group as the registry.

    To be called under the write lock. The file has its name when it is whole; a copy that was broken
    off is in nobody's way, and the next one takes its place.
    """
    fresh = os.path.join(os.path.dirname(path), _FRESH)
    try:
        with suppress(FileNotFoundError):
            os.unlink(fresh)
        create_file(fresh, 0o660)
        try:
            _copy(connection, fresh)
            rename_new(fresh, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(fresh)
            raise
        sync_directory(os.path.dirname(path))
    except OSError as error:
        message = f"no backup can be written: {path}: {error.strerror}"
        raise RegistryUnavailable(message, "nothing was changed") from error


def _copy(connection: sqlite3.Connection, path: str) -> None:
    """Copy the database into an empty file, durably; a file that nobody knows yet needs no journal."""
    target = sqlite3.connect(path)
    try:
        target.execute("PRAGMA journal_mode = OFF")
        connection.backup(target)
    finally:
        target.close()
