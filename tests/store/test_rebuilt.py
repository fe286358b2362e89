"""Tables are compared slice by slice: how many rows a slice has is nothing that a finding depends on."""

import sqlite3

import pytest
from world import World, tell_story

from modelkeep.domain import chain
from modelkeep.domain.details import Details
from modelkeep.store.queries import checking
from modelkeep.store.rebuilt import Rebuilt

EDITS = {
    "nothing": [],
    "a value here and there": [
        "UPDATE tenure SET opened_by = 'x' WHERE since_seq IN (3, 12)",
        "UPDATE entry_index SET time = 'x' WHERE seq IN (1, 5, 24)",
    ],
    "rows out": ["DELETE FROM entry_about WHERE seq % 3 = 0", "DELETE FROM metric", "DELETE FROM entry_action WHERE seq > 20"],
    "rows in": ["INSERT INTO entry_action SELECT seq + 100, action, actor FROM entry_action", "INSERT INTO model VALUES (1)"],
    "keys moved": ["UPDATE entry_about SET version = version + 1 WHERE version = 3", "UPDATE model SET seq = 3 WHERE seq = 2"],
    "texts that are none": ["UPDATE tag SET key = CAST(x'ff' AS TEXT) WHERE since_seq = 2", "UPDATE alias SET alias = 'Ä' WHERE since_seq = 5"],
}  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    return tell_story(World(tmp_path_factory.mktemp("told")))


def differences(world, slice_rows):
    """Return what a comparison of every table finds, with so many rows at a time."""
    rebuilt = Rebuilt(slice_rows)
    real = checking.lenient(sqlite3.connect(world.database))
    try:
        for stored in checking.page(real, None, checking.Beside()):
            details = None if stored.text is None else Details.parse(stored.text)
            rebuilt.add(stored.entry, stored.hash, details, stored.documents)
        return {table.name: list(rebuilt.differences(table, lambda query: query(real))) for table in rebuilt.tables()}
    finally:
        real.close()
        rebuilt.close()


@pytest.mark.parametrize("edit", sorted(EDITS))
def test_any_size_of_a_slice_finds_the_same(told, tmp_path, edit):
    world = told.copy(tmp_path / "copy")
    world.edit(*EDITS[edit])
    whole = differences(world, 1000)
    assert any(whole.values()) == bool(EDITS[edit])
    for slice_rows in (1, 2, 3, 7, 24):
        assert differences(world, slice_rows) == whole


def test_a_log_is_read_page_by_page(told):
    connection = checking.lenient(sqlite3.connect(told.database))
    whole = checking.page(connection, None, checking.Beside())
    assert [each.seq for each in whole] == list(range(1, 25))
    assert checking.page(connection, 20, checking.Beside()) == whole[20:]
    assert checking.page(connection, 24, checking.Beside()) == []
    assert whole[1].hash == chain.hash_of(told.entries()[1])
    connection.close()
