"""Tables are compared slice by slice: how many rows a slice has is nothing that a finding depends on."""

import os
import re
import sqlite3

import pytest
from msgspec.structs import replace
from world import World, tell_story

from modelkeep.domain.details import Details
from modelkeep.domain.entry import hash_entry
from modelkeep.errors import Damaged, RegistryUnavailable
from modelkeep.store.db.sql import deciding, reachable
from modelkeep.store.db.sql.statement import Statement
from modelkeep.store.db.sqlite import raw_rows
from modelkeep.store.db.sqlite.connection import Transaction
from modelkeep.store.db.sqlite.shadow_tables import Rebuilt

EDITS = {
    "nothing": [],
    "a value here and there": [
        "UPDATE tenure SET opened_by = 'x' WHERE since_seq IN (3, 12)",
        "UPDATE entry_index SET time = 'x' WHERE seq IN (1, 5, 24)",
    ],
    "rows out": ["DELETE FROM entry_about WHERE seq % 3 = 0", "DELETE FROM metric", "DELETE FROM entry_action WHERE seq > 20"],
    "rows in": ["INSERT INTO entry_action SELECT seq + 100, action, actor, account, uid, login, login_user, user_namespace FROM entry_action", "INSERT INTO model VALUES (1)"],
    "keys moved": ["UPDATE entry_about SET version = version + 1 WHERE version = 3", "UPDATE model SET seq = 3 WHERE seq = 2"],
    "texts that are none": ["UPDATE tag SET key = CAST(x'ff' AS TEXT) WHERE since_seq = 2", "UPDATE alias SET alias = 'Ä' WHERE since_seq = 5"],
}  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    return tell_story(World(tmp_path_factory.mktemp("told")))


def differences(world, slice_rows):
    """Return what a comparison of every table finds, with so many rows at a time."""
    rebuilt = Rebuilt(slice_rows)
    real = Transaction(sqlite3.connect(world.database))
    try:
        for stored in raw_rows.page(real, None):
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
    connection = Transaction(sqlite3.connect(told.database))
    whole = raw_rows.page(connection, None)
    assert [each.seq for each in whole] == list(range(1, 25))
    assert raw_rows.page(connection, 20) == whole[20:]
    assert raw_rows.page(connection, 24) == []
    assert whole[1].hash == hash_entry(told.entries()[1])
    connection.close()


def given(world):
    """Return what `Rebuilt.add` takes, entry by entry."""
    connection = Transaction(sqlite3.connect(world.database))
    try:
        return [
            (stored.entry, stored.hash, None if stored.text is None else Details.parse(stored.text), stored.documents)
            for stored in raw_rows.page(connection, None)
        ]
    finally:
        connection.close()


def rows(reader):
    return {name: reader.rows(f"SELECT * FROM {name}") for name in raw_rows.table_names(reader)}


def test_an_entry_that_cannot_be_projected_leaves_no_trace_and_those_before_it_stay(told):
    entries = given(told)
    wrong = replace(entries[3][0], intent=replace(entries[3][0].intent, id="f" * 32))
    for count in range(4, len(entries)):
        right, tried = Rebuilt(), Rebuilt()
        for each in entries[:count]:
            right.add(*each)
            tried.add(*each)
        for _ in (1, 2):
            with pytest.raises(Damaged, match="it cannot be projected: UNIQUE constraint failed"):
                tried.add(wrong, "sha256:x", *entries[3][2:])
        assert rows(tried.writer) == rows(right.writer)
        tried.add(*entries[count])
        right.add(*entries[count])
        assert rows(tried.writer) == rows(right.writer)
        right.close()
        tried.close()


def test_more_entries_than_are_undone_together_are_kept(told):
    entries = given(told)
    rebuilt = Rebuilt()
    for each in entries:
        rebuilt.add(*each)
    last = entries[-1][0]
    note = next(each for each in entries if each[0].intent.kind == "note")
    for number in range(250):
        seq = last.seq + 1 + number
        details = Details((replace(note[2].lines[0], value=str(number)),))
        intent = replace(note[0].intent, id=f"e{number:031x}", details=details.digest)
        rebuilt.add(replace(note[0], seq=seq, intent=intent), f"sha256:{number}", details, {})
    with pytest.raises(Damaged):
        rebuilt.add(*entries[5])
    assert rebuilt.writer.connection.execute("SELECT max(seq), count(*) FROM entry_index").fetchone() == (274, 274)
    assert rebuilt.state.head().seq == 274
    rebuilt.close()


def test_no_room_for_the_tables_is_told_as_that_and_is_no_finding(told):
    rebuilt = Rebuilt()
    (pages,) = rebuilt.writer.connection.execute("PRAGMA page_count").fetchone()
    rebuilt.writer.connection.execute(f"PRAGMA max_page_count = {pages}")
    entry, _, details, documents = given(told)[0]
    with pytest.raises(RegistryUnavailable, match="the tables cannot be made again beside the real ones: ") as caught:
        rebuilt.add(entry, "x" * 500_000, details, documents)
    assert "TMPDIR" in caught.value.hint
    rebuilt.close()


def test_the_tables_leave_no_file_behind_even_while_they_are_used(told, tmp_path, monkeypatch):
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    rebuilt = Rebuilt()
    rebuilt.writer.connection.execute("PRAGMA cache_size = 1")
    for each in given(told):
        rebuilt.add(*each)
    assert os.listdir(tmp_path) == []
    rebuilt.close()


def test_deciding_finds_its_rows_through_an_index_here_too(told):
    rebuilt = Rebuilt()
    texts = {name: each.now if isinstance(each, Statement) else each for name, each in vars(deciding).items()}
    statements = {name: text for name, text in texts.items() if name.isupper() and "SELECT" in text}
    assert len(statements) > 15
    for name, text in statements.items():
        values = dict.fromkeys(re.findall(r":([a-z_]+)", text), 1)
        plan = [row[3] for row in rebuilt.writer.connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]
        scanned = {match[1] for line in plan if (match := re.match(r"SCAN (?!CONSTANT)(\w+)", line))}
        few = {"registry", "stage", "policy", "role_binding", "entry_index"}
        rare = {
            "ALIAS_OF_ANY_MODEL": {"alias"},
            "STAGE_IS_HELD": {"tenure"},
            "OPEN_REQUESTS": {"request"},
        }  # of a new policy
        assert scanned <= few | rare.get(name, set()), (name, plan)
        assert "entry_index" not in scanned or name == "HEAD"
    rebuilt.close()


def test_contents_are_found_by_digest_through_an_index_once_somebody_asks_for_them(told):
    rebuilt = Rebuilt()
    for each in given(told):
        rebuilt.add(*each)
    for _ in (1, 2):
        connection = rebuilt.by_content()
        plan = connection.rows(
            f"EXPLAIN QUERY PLAN {reachable.NEEDED_FROM}",
            digest="",
            model=0,
            version=0,
            path="",
            end="sha256:g",
            most=1,
        )
        assert "SEARCH version_blob USING COVERING INDEX version_blob_digest (digest>? AND digest<?)" in [
            row[3] for row in plan
        ]
    rebuilt.close()
