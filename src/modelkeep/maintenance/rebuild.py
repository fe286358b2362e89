"""`migrate --rebuild`: make every table again from the log, where a table was edited, emptied or damaged.

The log is checked first, with every decision in it. Where it is not whole, the tables are all that is left of what is
missing, so nothing is written.
"""

from __future__ import annotations

from contextlib import closing

from msgspec.structs import replace

from modelkeep.context import Context
from modelkeep.domain.answers.maintenance import Migration
from modelkeep.errors import IntegrityError
from modelkeep.maintenance.findings import Findings
from modelkeep.maintenance.migrate import backup_path
from modelkeep.maintenance.verify_log import LogCheck
from modelkeep.reads.authority import require_permission_by_log
from modelkeep.store.backup_place import no_backup_beside
from modelkeep.store.db.sqlite import migrate as migrations
from modelkeep.store.db.sqlite import schema


def rebuild(context: Context, *, dry_run: bool) -> Migration:
    """Make the tables again, after a backup; nothing is written where they are right. See `Registry.migrate`."""
    with context.database.raw() as connection:
        schema.check(connection)
    errors = _table_errors(context)
    found = Migration(errors > 0, schema.VERSION, schema.VERSION, None, dry_run=dry_run, table_errors=errors)
    if found.changed:
        require_permission_by_log(context, "migrate")
    if not found.changed or dry_run:
        return found
    with no_backup_beside(context.directory), context.database.writing() as writer:
        backup = backup_path(context, schema.VERSION)
        # SQLite cannot copy from a connection that is in a write transaction.
        with context.database.raw() as source:
            migrations.back_up(source, backup)
        migrations.rebuild(writer)
    return replace(found, backup=backup)


def _table_errors(context: Context) -> int:
    """Return how many rows differ from what the log makes; raise ``IntegrityError`` where anything else is wrong."""
    findings = Findings()
    with closing(LogCheck(context, findings, deep=True)) as check:
        check.run()
    for each in findings.all():
        if each.severity == "error" and each.code != "table":
            message = (
                f"the tables cannot be made again, for more than the tables is wrong: {each.place}: {each.message}"
            )
            raise IntegrityError(message, "modelkeep verify --log")
    return findings.count("error")
