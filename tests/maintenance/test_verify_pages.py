"""SQLite checks the pages of a large file table by table, and finds what it finds in a small one."""

import pytest
from world import World, let_an_index_lie, tell_story

from modelkeep.errors import IntegrityError
from modelkeep.maintenance.verify_log import broken_pages
from modelkeep.store.db.sqlite.database import Database


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    return tell_story(World(tmp_path_factory.mktemp("told")))


def broken(world, small_bytes, odd=()):
    return [*broken_pages(Database(str(world.home)), odd, small_bytes)]


def test_an_undamaged_file_has_no_broken_pages(told):
    assert broken(told, 0) == []
    assert broken(told, 2**30) == []


def test_an_index_that_lies_is_found_in_its_table_unless_that_is_left_out(told, tmp_path):
    world = told.copy(tmp_path / "copy")
    let_an_index_lie(world)
    large, small = broken(world, 0), broken(world, 2**30)
    assert {place for place, _ in large} == {"alias"}
    assert {place for place, _ in small} == {"registry.db"}
    assert {text for _, text in large} == {text for _, text in small}
    assert broken(world, 0, odd={"alias"}) == []


def test_a_quick_look_leaves_indexes_to_the_full_one(told, tmp_path):
    world = told.copy(tmp_path / "copy")
    let_an_index_lie(world)
    assert [*broken_pages(Database(str(world.home)), (), deep=False)] == []
    assert not world.registry.verify().ok


def test_a_damaged_file_is_an_error(told, tmp_path):
    world = told.copy(tmp_path / "copy")
    data = bytearray(world.database.read_bytes())
    data[100:4096] = bytes(4096 - 100)
    world.database.write_bytes(data)
    with pytest.raises(IntegrityError):
        broken(world, 0)
