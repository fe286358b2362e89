"""Bringing an older schema to today's: a backup through SQLite, then the numbered scripts, all or none.

The log is never touched. A script that changes what is projected is named in ``rebuilds``: every other table is emptied
before it, and made from the log again after it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct

from modelkeep.domain.entry import hash_entry, parse_entry
from modelkeep.domain.project import project
from modelkeep.errors import IntegrityError, RegistryUnavailable
from modelkeep.store.db.interface import Writer
from modelkeep.store.db.ledger import apply_changes, entries, named_by
from modelkeep.store.db.sqlite import schema
from modelkeep.store.db.sqlite.connection import Transaction
from modelkeep.store.db.sqlite.database_copy import write_copy
from modelkeep.store.durable import rename_new, sync_directory

_FRESH = "registry.db.backup.new"
_TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('sqlite_stat1', 'sqlite_stat4')"


class Plan(Struct, frozen=True):
    """The scripts there are: ``statements`` returns those of one number, ``fingerprint`` is of what all lead to."""

    version: int
    statements: Callable[[int], list[str]]
    fingerprint: str
    rebuilds: frozenset[int] = frozenset()


TODAY = Plan(schema.VERSION, schema.statements, schema.FINGERPRINT, rebuilds=frozenset({4, 5, 6}))


def upgrade(writer: Writer, plan: Plan, since: int) -> None:
    """Apply every script after ``since`` inside the caller's transaction.

    Raises ``IntegrityError`` where that does not lead to the schema it should: the one before was not
    as the scripts had made it.
    """
    projects_again = any(number > since for number in plan.rebuilds)
    if projects_again:
        _empty_projection(writer)
    schema.apply(writer, since, plan.version, plan.statements)
    if schema.fingerprint(writer) != plan.fingerprint:
        message = (
            f"the schema {since} of the registry was changed by something other than modelkeep: it was not migrated"
        )
        raise IntegrityError(message, "modelkeep verify --log        (nothing was changed)")
    if projects_again:
        _project(writer)


def rebuild(writer: Writer) -> None:
    """Empty every table but the log's and make it again from the log, inside the caller's transaction."""
    _empty_projection(writer)
    _project(writer)


def _empty_projection(writer: Writer) -> None:
    writer.run("PRAGMA defer_foreign_keys = ON")
    for (table,) in writer.rows(_TABLES):
        if table not in schema.LOG_TABLES:
            writer.rows(f"DELETE FROM {table}")


def _project(writer: Writer) -> None:
    for _, data in entries(writer):
        entry = parse_entry(data)
        apply_changes(writer, project(entry, hash_entry(data), *named_by(writer, entry)))


def back_up(reader: Transaction, path: str) -> None:
    """Copy the database as it stands, durably, to a new file that is as open to the group as the registry.

    It is called under the writers' lock. The file gets its name when it is whole; an interrupted copy is
    replaced by the next one.
    """
    fresh = os.path.join(os.path.dirname(path), _FRESH)
    try:
        try:
            write_copy(reader, fresh)
            rename_new(fresh, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(fresh)
            raise
        sync_directory(os.path.dirname(path))
    except OSError as error:
        message = f"no backup can be written: {path}: {error.strerror}"
        raise RegistryUnavailable(message, "nothing was changed") from error
