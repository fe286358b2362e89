"""Older registries are read as they are and migrated when asked, after a backup; newer ones are refused."""

import os
import sqlite3

import pytest
from world import World, every, tell_story

from modelkeep.errors import Conflict, IntegrityError, SchemaMismatch
from modelkeep.maintenance.migrate import migrate
from modelkeep.store.db.sqlite import schema
from modelkeep.store.db.sqlite.connection import Transaction
from modelkeep.store.db.sqlite.database import Database
from modelkeep.store.db.sqlite.migrate import TODAY, Plan

# A next script as a later release might have it: it adds an index, and a table is projected anew.
_NEXT = ["CREATE INDEX mark_since ON mark (since_seq)", "DELETE FROM alias"]
TODAYS, COMING = schema.VERSION, schema.VERSION + 1


def _statements(number):
    return schema.statements(number) if number < COMING else _NEXT


def _fingerprint():
    connection = sqlite3.connect(":memory:")
    for number in range(1, COMING + 1):
        for statement in _statements(number):
            connection.execute(statement)
    return schema.fingerprint(Transaction(connection))


NEXT = Plan(COMING, _statements, _fingerprint(), rebuilds=frozenset({COMING}))


@pytest.fixture
def world(tmp_path):
    return tell_story(World(tmp_path))


@pytest.fixture
def older(world):
    """Return a registry of schema 0, which had the log and not much more."""
    world.before = {
        name: world.rows(f"SELECT * FROM {name}")
        for (name,) in world.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")
    }
    projected = [name for name in world.before if name not in ("entry", "details", "document")]
    world.edit(
        *[f"DROP TABLE {name}" for name in projected], "CREATE TABLE picture (it TEXT)", "PRAGMA user_version = 0"
    )
    return world


def test_a_registry_of_today_has_nothing_to_migrate(world):
    before = every(world.home)
    done = migrate(world.context, dry_run=False)
    assert (done.changed, done.schema_before, done.schema_after, done.backup) == (False, TODAYS, TODAYS, None)
    assert every(world.home) == before
    assert TODAY.fingerprint == schema.FINGERPRINT


def test_a_dry_run_tells_and_writes_nothing(world):
    before = every(world.home)
    done = migrate(world.context, dry_run=True, plan=NEXT)
    assert (done.changed, done.schema_before, done.schema_after, done.backup) == (True, TODAYS, COMING, None)
    assert every(world.home) == before


def test_the_missing_scripts_are_applied_after_a_backup(world):
    log, aliases = world.entries(), world.rows("SELECT * FROM alias")
    done = migrate(world.context, dry_run=False, plan=NEXT)
    assert (done.changed, done.schema_before, done.schema_after) == (True, TODAYS, COMING)
    assert os.path.basename(done.backup).startswith(f"registry.db.backup-{TODAYS}-20261123T09")
    assert world.rows("PRAGMA user_version") == [(COMING,)]
    assert world.rows("SELECT name FROM sqlite_schema WHERE name = 'mark_since'") == [("mark_since",)]
    assert world.entries() == log
    assert world.rows("SELECT * FROM alias") == aliases  # made from the log again
    assert migrate(world.context, dry_run=False, plan=NEXT).changed is False


def test_the_backup_is_the_registry_as_it_was(world, tmp_path):
    done = migrate(world.context, dry_run=False, plan=NEXT)
    os.replace(done.backup, world.database)
    assert world.verify().findings == ()


def test_a_newer_registry_is_refused_and_not_touched(world):
    migrate(world.context, dry_run=False, plan=NEXT)
    before = every(world.home)
    for act in (
        world.registry.models,
        world.register,
        world.verify,
        lambda: migrate(world.context, dry_run=False),
    ):
        with pytest.raises(
            SchemaMismatch, match=f"the registry has schema {COMING}, this modelkeep knows {TODAYS}"
        ) as caught:
            act()
        assert caught.value.exit_code == 7
        assert caught.value.hint == "install a newer modelkeep"
    assert {name for name in every(world.home) if not name.startswith("store/")} == {
        name for name in before if not name.startswith("store/")
    }
    assert world.rows("PRAGMA user_version") == [(COMING,)]


def test_a_failed_script_leaves_the_old_registry(world):
    broken = Plan(COMING, lambda _number: [*_NEXT, "CREATE TABLE alias (it TEXT)"], "sha256:0")
    with pytest.raises(IntegrityError):
        migrate(world.context, dry_run=False, plan=broken)
    assert world.rows("PRAGMA user_version") == [(TODAYS,)]
    assert world.verify().findings == ()


def test_scripts_that_do_not_lead_to_the_schema_they_should_are_taken_back(world):
    other = Plan(COMING, _statements, "sha256:0")
    with pytest.raises(
        IntegrityError, match=f"the schema {TODAYS} of the registry was changed by something other than modelkeep"
    ):
        migrate(world.context, dry_run=False, plan=other)
    assert world.verify().findings == ()


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_backup_is_not_migrated_nor_said_to_be(world, tmp_path, dry_run):
    place = tmp_path / "backup"
    world.registry.backup(place)
    with pytest.raises(Conflict, match="takes no changes"):
        migrate(world.at(place).context, dry_run=dry_run, plan=NEXT)


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_schema_that_something_else_has_changed_is_not_migrated_nor_said_to_be(world, dry_run):
    world.edit("CREATE TABLE picture (it TEXT)")
    with pytest.raises(IntegrityError, match="was changed by something other than modelkeep"):
        migrate(world.context, dry_run=dry_run, plan=NEXT)
    assert [name for name in every(world.home) if "backup" in name] == []


def test_an_older_registry_is_read_by_replay(older):
    database = Database(str(older.home))
    before = older.database.read_bytes()
    with database.reading() as connection:
        for table, rows in older.before.items():
            assert connection.rows(f"SELECT * FROM {table}") == rows
    assert older.registry.version("risk/Fraud@1").state == "active" or older.registry.version("risk/Fraud@1")
    assert older.database.read_bytes() == before


def test_writing_to_an_older_registry_is_refused_with_the_command_that_helps(older):
    with pytest.raises(SchemaMismatch) as caught:
        older.registry.promote("churn@1", "staging")
    assert caught.value.exit_code == 7
    assert caught.value.hint == "modelkeep migrate        (makes a backup first)"


def test_an_older_registry_is_verified_by_its_log(older):
    found = older.verify()
    assert found.ok
    assert [each.message for each in found.findings] == [
        "it is older than this modelkeep's: the tables are made from the log when they are read",
    ]
    assert (found.entries, found.blobs) == (24, 3)
