"""`migrate`: bring an older registry to today's schema, only when asked, and never without a backup."""

from __future__ import annotations

import os
from datetime import UTC

from modelkeep.context import Context
from modelkeep.domain.answers.maintenance import Migration
from modelkeep.reads.authority import require_permission
from modelkeep.store.backup_mark import require_no_backup
from modelkeep.store.db.sqlite import migrate as migrations
from modelkeep.store.db.sqlite import private_tables, schema
from modelkeep.store.db.sqlite.migrate import Plan

#: The first schema whose log can have a policy.
_FIRST_WITH_POLICY = 4


def migrate(context: Context, *, dry_run: bool, plan: Plan = migrations.TODAY) -> Migration:
    """Run the migration scripts that are missing; see `Registry.migrate`."""
    with context.database.raw() as connection:
        before = schema.age(connection, plan.version)
        if before < plan.version and any(private_tables.odd_objects(connection)):
            raise schema.foreign_schema()
    if _FIRST_WITH_POLICY <= before < plan.version:
        require_permission(context, "migrate")
        require_no_backup(context.directory)
    if before == plan.version or dry_run:
        return Migration(before < plan.version, before, plan.version, None, dry_run=dry_run)
    with context.database.migrating() as connection:
        # Another process may have migrated it a moment ago.
        before = schema.age(connection, plan.version)
        if before == plan.version:
            return Migration(changed=False, schema_before=before, schema_after=before, backup=None)
        backup = backup_path(context, before)
        # SQLite cannot copy from a connection that is in a write transaction.
        with context.database.raw() as source:
            migrations.back_up(source, backup)
        migrations.upgrade(connection, plan, before)
    return Migration(changed=True, schema_before=before, schema_after=plan.version, backup=backup)


def backup_path(context: Context, number: int) -> str:
    """Return a path beside the database, named after its schema and the time."""
    stamp = context.clock().astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    return os.path.join(context.directory, f"{os.path.basename(context.database.path)}.backup-{number}-{stamp}")
