"""`migrate --rebuild`: tables that were edited or emptied are made again from the log; nothing else is touched."""

import os

import pytest
from world import World, changed, every, let_an_index_lie, tell_all

from modelkeep.errors import IntegrityError, SchemaMismatch
from modelkeep.store.db.sqlite import schema
from modelkeep.store.db.sqlite.private_tables import in_memory

_LOG = {"entry", "details", "document"}
_TABLES = sorted({name for (name,) in in_memory().rows("SELECT name FROM sqlite_schema WHERE type = 'table'")} - _LOG)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Return a registry with a row in every table; to be copied, not to be harmed."""
    return tell_all(World(tmp_path_factory.mktemp("all")))


@pytest.fixture
def world(told, tmp_path):
    return told.copy(tmp_path / "copy")


def rows(world):
    return {name: sorted(world.rows(f"SELECT * FROM {name}"), key=repr) for name in (*_TABLES, *_LOG)}


@pytest.mark.parametrize("table", _TABLES)
def test_an_emptied_table_is_made_again_from_the_log(world, table):
    before = rows(world)
    world.edit(f"DELETE FROM {table}")
    done = world.registry.migrate(rebuild=True)
    assert done.changed is (before[table] != [])
    assert rows(world) == before


def test_an_edited_row_is_put_right_after_a_backup_of_the_database(world):
    before = rows(world)
    world.edit("UPDATE metric SET value = '0.999'", "DELETE FROM tenure WHERE stage = 'production'")
    wrong = world.verify().errors
    done = world.registry.migrate(rebuild=True)
    assert (done.changed, done.table_errors, done.schema_before, done.schema_after) == (
        True,
        wrong,
        schema.VERSION,
        schema.VERSION,
    )
    assert rows(world) == before
    assert os.path.basename(done.backup).startswith(f"registry.db.backup-{schema.VERSION}-20261123T09")
    assert world.verify().findings == ()
    os.replace(done.backup, world.database)
    assert world.verify().errors == wrong


def test_tables_that_are_right_are_not_written(world):
    before = every(world.home)
    done = world.registry.migrate(rebuild=True)
    assert (done.changed, done.table_errors, done.backup) == (False, 0, None)
    assert every(world.home) == before


def test_a_dry_run_counts_and_writes_nothing(world):
    world.edit("DELETE FROM tenure")
    before = every(world.home)
    done = world.registry.migrate(rebuild=True, dry_run=True)
    assert (done.changed, done.dry_run, done.backup) == (True, True, None)
    assert done.table_errors == world.verify().errors
    assert every(world.home) == before


def test_a_log_that_is_not_whole_makes_no_tables(world):
    world.edit("DELETE FROM tenure")
    entries = world.entries()
    entries[3] = changed(entries[3], lambda value: value["observed"].update(user="mallory"))
    world.write_log(entries)
    before = every(world.home)
    with pytest.raises(
        IntegrityError, match="the tables cannot be made again, for more than the tables is wrong: entry 5"
    ):
        world.registry.migrate(rebuild=True)
    assert every(world.home) == before


def test_an_index_that_lies_is_no_table(world):
    let_an_index_lie(world)
    with pytest.raises(IntegrityError) as caught:
        world.registry.migrate(rebuild=True)
    assert caught.value.hint == "modelkeep verify --log"


def test_an_older_registry_is_migrated_first(world):
    world.edit("PRAGMA user_version = 2")
    with pytest.raises(SchemaMismatch) as caught:
        world.registry.migrate(rebuild=True)
    assert caught.value.hint == "modelkeep migrate        (makes a backup first)"


def test_the_tables_of_a_backup_are_made_again_too(world, tmp_path):
    world.edit("DELETE FROM tenure")
    world.registry.backup(tmp_path / "backup")
    backup = world.at(tmp_path / "backup")
    assert backup.registry.migrate(rebuild=True).changed is True
    assert backup.verify().findings == ()
    assert world.registry.backup(tmp_path / "backup").ok
