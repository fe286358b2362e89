"""Verify by doing harm: every edit is found and named, and where nothing was edited nothing is."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from itertools import islice, zip_longest

import pytest
from log_kinds import events, intents
from msgspec.structs import replace
from world import World, changed, every, let_an_index_lie, rechained, store_bytes, tell_all, tell_story

from modelkeep.domain.entry import hash_entry, parse_entry
from modelkeep.errors import Damaged, IntegrityError, RegistryUnavailable, SchemaMismatch, UsageError
from modelkeep.maintenance.findings import Findings
from modelkeep.maintenance.verify import verify
from modelkeep.store.db import ledger
from modelkeep.store.db.sqlite import schema
from modelkeep.store.db.sqlite.connection import Transaction
from modelkeep.store.db.sqlite.database import Database
from modelkeep.store.db.sqlite.private_tables import in_memory

_LOG = {"entry", "details", "document"}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Return a registry in which everything happened; to be copied, not to be harmed."""
    return tell_story(World(tmp_path_factory.mktemp("told")))


@pytest.fixture
def world(told, tmp_path):
    return told.copy(tmp_path / "copy")


@pytest.fixture(scope="module")
def told_all(tmp_path_factory):
    """Return a registry with a row in every table; to be copied, not to be harmed."""
    return tell_all(World(tmp_path_factory.mktemp("all")))


@pytest.fixture
def full(told_all, tmp_path):
    return told_all.copy(tmp_path / "copy")


def columns():
    """Return every column of every table there is, so that a new one cannot be forgotten."""
    reader = in_memory()
    tables = {name for (name,) in reader.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    tables.remove("origin")  # nothing that the API can do imports yet; see tests/domain/test_origin.py
    return [
        (table, row[1], row[2], bool(row[3]))
        for table in sorted(tables)
        for row in reader.rows(f"PRAGMA table_info({table})")
    ]


def test_a_healthy_registry_has_no_findings(world):
    found = world.verify()
    assert found.findings == ()
    assert (found.ok, found.entries, found.versions, found.blobs) == (True, 24, 4, 3)
    assert found.head_hash == hash_entry(world.entries()[-1])


def test_the_story_leaves_a_row_in_every_table(told_all):
    assert told_all.verify().findings == ()
    tables = {table for table, *_ in columns()}
    assert [table for table in sorted(tables) if not told_all.rows(f"SELECT 1 FROM {table} LIMIT 1")] == []


def rounds(rows):
    """Return columns in rounds, of a table one at a time: what is wrong in one table hides nothing in another.

    A round has so few that each of its findings is told.
    """
    found = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    together = (filter(None, each) for each in zip_longest(*found.values()))
    return [few for each in together for few in batched(each)]


def batched(items):
    """Return lists of ten."""
    waiting = iter(items)
    return [*iter(lambda: list(islice(waiting, 10)), [])]


def _edited(kind, value):
    return {"INTEGER": lambda: (value or 0) + 100, "TEXT": lambda: f"{value or ''}x", "BLOB": lambda: value + b" "}[
        kind
    ]()


@pytest.mark.parametrize(
    "edited", rounds([row for row in columns() if row[0] not in _LOG]), ids=lambda edited: edited[0][1]
)
def test_an_edited_column_is_found_and_named(full, edited):
    keys, edits = {}, []
    for table, column, kind, _ in edited:
        keys[table], place, value = _a_row(full, table, column)
        where = f"({', '.join(keys[table])}) = ({_marks(keys[table])})"
        edits.append((f"UPDATE {table} SET {column} = ? WHERE {where}", _edited(kind, value), *place))
    full.edit(*edits)
    found = full.findings(bytes_=False)
    for table, column, *_ in edited:
        told = [line for line in found if line.startswith(f"error table {table}: the row ")]
        assert len(told) == (2 if column in keys[table] else 1), (table, column, found)
        assert all(column in line for line in told)


@pytest.mark.parametrize(("table", "column", "kind", "_required"), [row for row in columns() if row[0] in _LOG])
def test_an_edited_column_of_the_log_is_found(full, table, column, kind, _required):
    key, place, value = _a_row(full, table, column)
    where = f"({', '.join(key)}) = ({_marks(key)})"
    full.edit((f"UPDATE {table} SET {column} = ? WHERE {where}", _edited(kind, value), *place))
    assert full.findings(bytes_=False)


def test_an_optional_column_that_was_emptied_is_found(told_all, tmp_path):
    emptied = 0
    for number, optional in enumerate(rounds([row for row in columns() if not row[3]])):
        world, done = told_all.copy(tmp_path / str(number)), []
        for table, column, *_ in optional:
            key, place, value = _a_row(world, table, column)
            if value is None:
                continue  # the story leaves it empty
            try:
                world.edit((f"UPDATE {table} SET {column} = NULL WHERE ({', '.join(key)}) = ({_marks(key)})", *place))
            except sqlite3.IntegrityError:
                continue  # the schema lets only one such row stand
            done.append((table, column))
        found = world.findings(bytes_=False)
        assert len(found) == len(done)
        for table, column in done:
            (line,) = [line for line in found if line.startswith(f"error table {table}: the row ")]
            assert f": {column} is NULL, by the log " in line
        emptied += len(done)
    assert emptied > 10


@pytest.mark.parametrize("tables", batched(sorted({table for table, *_ in columns()} - _LOG)), ids=" ".join)
def test_a_removed_row_of_each_table_is_found(full, tables):
    for table in tables:
        key, place, _ = _a_row(full, table)
        full.edit((f"DELETE FROM {table} WHERE ({', '.join(key)}) = ({_marks(key)})", *place))
    found = full.findings(bytes_=False)
    for table in tables:
        told = [line for line in found if line.startswith(f"error table {table}: the row ")]
        assert any("is missing" in line for line in told), table


@pytest.mark.parametrize("table", sorted(_LOG))
def test_a_removed_row_of_the_log_is_found(full, table):
    key, place, _ = _a_row(full, table)
    full.edit((f"DELETE FROM {table} WHERE ({', '.join(key)}) = ({_marks(key)})", *place))
    assert full.findings(bytes_=False)


@pytest.mark.parametrize("tables", batched(sorted({table for table, *_ in columns()} - {"entry"})), ids=" ".join)
def test_an_added_row_of_each_table_is_found(full, tables):
    for table in tables:
        columns_ = [row for row in columns() if row[0] == table]
        row = {column: {"INTEGER": 77, "TEXT": "x", "BLOB": b"x"}[kind] for _, column, kind, _ in columns_}
        row |= {"form": "file"} if table == "version" else {}
        row |= {name: 1 for name in ("protected", "symlinks", "skipped", "trained_guessed") if name in row}
        full.edit((f"INSERT INTO {table} ({', '.join(row)}) VALUES ({_marks(row)})", *row.values()))
    found = full.findings(bytes_=False)
    assert len(found) == len(tables)
    for table in tables:
        (line,) = [line for line in found if line.startswith(f"error table {table}: the row ")]
        assert "follows from no entry" in line


def test_the_wrong_row_is_named_with_its_key_and_both_values(world):
    world.edit("UPDATE tenure SET stage = 'production' WHERE version = 3")
    assert world.findings() == [
        "error table tenure: the row model 2, version 3, stage production, since_seq 17 follows from no entry",
        "error table tenure: the row model 2, version 3, stage staging, since_seq 17 is missing",
    ]


# The log


def test_any_changed_entry_is_found(world):
    for number, data in enumerate(world.entries()):
        other = world.copy(world.root.parent / f"changed-{number}")
        entries = other.entries()
        entries[number] = changed(data, lambda value: value["observed"].update(user="mallory"))
        other.write_log(entries)
        found = other.findings(bytes_=False)
        assert any(line.startswith(f"error chain entry {number + 2}: ") for line in found) or number == 23
        assert any("head entry 24" in line or f"entry_index: the row seq {number + 1}:" in line for line in found)


@pytest.mark.slow
def test_any_changed_bit_of_an_entry_is_found(world):
    data = bytearray(world.entries()[1])
    for place in range(0, len(data), 7):
        data[place] ^= 1
        world.edit(("UPDATE entry SET bytes = ? WHERE seq = 2", bytes(data)))
        assert not world.verify(bytes_=False, quick=True).ok
        data[place] ^= 1
    world.edit(("UPDATE entry SET bytes = ? WHERE seq = 2", bytes(data)))
    assert world.verify().findings == ()


def test_any_removed_entry_is_found(world):
    for seq in range(1, 24):
        other = world.copy(world.root.parent / f"removed-{seq}")
        other.edit(("DELETE FROM entry WHERE seq = ?", seq))
        assert f"error seq entry {seq}: missing from the log" in other.findings(bytes_=False, quick=True)
        entries = other.entries()
        other.write_log(entries)  # moved up, so that no number is missing
        assert not other.verify(bytes_=False, quick=True).ok
        other.write_log(rechained(entries))
        assert not other.verify(bytes_=False).ok


def test_swapped_entries_are_found(world):
    entries = world.entries()
    for one, two in [(2, 3), (5, 9), (0, 1), (22, 23)]:
        swapped = list(entries)
        swapped[one], swapped[two] = swapped[two], swapped[one]
        world.write_log(swapped)
        found = world.findings(bytes_=False)
        assert f"error seq entry {one + 1}: it says it is entry {two + 1}" in found
        assert f"error seq entry {two + 1}: it says it is entry {one + 1}" in found


def test_an_inserted_entry_is_found(world):
    entries = world.entries()
    for place in (1, 5, 24):
        world.write_log([*entries[:place], entries[5], *entries[place:]])
        assert not world.verify(bytes_=False).ok


def test_a_forged_entry_at_the_end_is_judged_by_the_rules(world):
    entries = world.entries()
    forged = changed(entries[22], lambda value: value.update(seq=25, prev=hash_entry(entries[23])))
    world.write_log([*entries, forged])
    found = world.findings(bytes_=False)
    assert found[0].startswith("error time entry 25: its time ")
    assert found[1].startswith("error details entry 25: its details sha256:")
    assert found[1].endswith("belong to an entry before it")
    assert found[2].startswith("error decision entry 25: register could not have been written: the log has an intent ")


FORGED = {
    "a bad version goes into production": (
        "churn@2", "production", intents.Promote(),
        [events.VersionPromoted(came_from=24, ends=(events.End("production", 24, 1),), model=23, stage="production", version=2)],
        "promote could not have been written: churn@2 is marked bad",
    ),
    "it says that it displaced nobody": (
        "fraud@3", "production", intents.Promote(),
        [events.VersionPromoted(model=2, stage="production", version=3)],
        ('event 1 is {"kind":"VersionPromoted","model":2,"stage":"production","version":3}, '
        'by the rules it is {"came_from":12,"kind":"VersionPromoted","model":2,"stage":"production","version":3}'),
    ),
    "it says less than happened": (
        "churn@2", "production", intents.Promote(force=True),
        [],
        None,
    ),
    "it says more than happened": (
        "fraud@3", None, intents.Mark("bad"),
        [events.VersionMarked("bad", 2, 3), events.AliasSet("golden", 2, 3)],
        'event 2 is {"alias":"golden","kind":"AliasSet","model":2,"version":3}, by the rules it is none',
    ),
    "a version is where it is already": (
        "churn@1", "production", intents.Promote(),
        [events.VersionPromoted(came_from=24, ends=(events.End("production", 24, 1),), model=23, stage="production", version=1)],
        "promote could not have been written: nothing to do, churn@1 is in production",
    ),
    "a version in production is archived": (
        "churn@1", None, intents.Archive(all=False, undo=False),
        [events.VersionArchived(ends=(events.End("production", 24, 1),), first=1, last=1, model=23)],
        "archive could not have been written: churn@1 is in production, which is protected",
    ),
    "a name goes from one model to another": (
        "churn", None, intents.Rename("fraud"), [events.ModelRenamed(23)],
        "rename could not have been written: the name fraud belongs to the model risk/Fraud",
    ),
    "a rollback goes to what never was there": (
        "churn@1", "production", intents.Rollback(keep_good=True, to=2),
        [events.StageRolledBack(ends=(events.End("production", 24, 1),), from_=1, model=23, stage="production", to=2)],
        "rollback could not have been written: churn@2 never held production",
    ),
    "an alias has the name of a stage": (
        "churn@1", None, intents.Alias(("prod",), ()), [events.AliasSet("prod", 23, 1)],
        "alias could not have been written: 'prod' is a stage here, and an alias may not have a stage's name",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(FORGED))
def test_an_entry_that_was_written_around_the_tool_is_judged(world, what):
    ref, stage, arguments, happened, finding = FORGED[what]
    world.register("churn", content=b"other")
    world.registry.mark("churn@2", "bad")
    if not happened:
        with pytest.raises(Damaged, match="entry: no events"):
            parse_entry(_forged(world, ref, stage, arguments, happened).to_bytes())
        return
    # chained, projected, remembered: whoever may write the file may write anything into it
    entry = _forged(world, ref, stage, arguments, happened)
    connection = sqlite3.connect(world.database, isolation_level=None)
    ledger.write(Transaction(connection), entry, entry.to_bytes(), None, {})
    connection.close()
    assert world.findings() == [f"error decision entry 27: {finding}"]


def _forged(world, ref, stage, arguments, happened):
    last = parse_entry(world.entries()[-1])
    found = world.registry.resolve(ref) if "@" in ref else None
    model = 23 if "churn" in ref else 2
    intent = replace(
        last.intent,
        id="f" * 32,
        command=arguments,
        subject=intents.Subject(
            digest=found and found.digest,
            model=model,
            name=ref.split("@")[0],
            stage=stage,
            version=found and found.version,
        ),
        details=None,
        seen=intents.Seen(hash_entry(world.entries()[-1]), last.seq),
    )
    return replace(last, seq=last.seq + 1, prev=hash_entry(world.entries()[-1]), intent=intent, events=tuple(happened))


def test_a_cut_tail_is_found_where_the_head_is_remembered_until_it_is_accepted(world):
    before = World(world.root.parent / "before")
    before.register()
    short = before.copy(world.root.parent / "short")
    before.register()
    # somebody puts the shorter registry back, whole and fitting: nothing in it is wrong
    (before.home / "registry.db").write_bytes(short.database.read_bytes())
    assert before.findings() == [
        "error head entry 3: the log went backwards: this account saw entry 3 of it, and it ends with entry 2",
    ]
    assert before.verify(accept_head=True).ok
    assert before.findings() == []


def test_another_log_of_the_same_length_is_found_where_the_head_is_remembered(tmp_path):
    one = World(tmp_path / "one")
    other = one.copy(tmp_path / "other")
    one.register(message="this happened")
    other.register(message="no, this")
    (one.home / "registry.db").write_bytes(other.database.read_bytes())
    (found,) = one.findings(bytes_=False)
    assert found.startswith("error head entry 2: it is not the one that this account saw, which had the hash sha256:")
    one.forget()
    assert one.findings(bytes_=False) == []


def test_a_log_that_was_written_anew_is_found_by_a_head_that_was_kept_elsewhere(tmp_path):
    one = World(tmp_path / "one")
    other = one.copy(tmp_path / "other")
    one.register(message="this happened")
    other.register(message="no, this")
    kept = one.verify(bytes_=False).head_hash
    one.register()
    for quick in (False, True):
        assert one.findings(bytes_=False, quick=quick, head=kept) == []  # the log went on since
        assert one.findings(bytes_=False, quick=quick, head=kept.removeprefix("sha256:").upper()) == []
    (one.home / "registry.db").write_bytes(other.database.read_bytes())
    one.forget()
    assert one.findings(bytes_=False) == []
    text = (
        f"error kept log: no entry has the hash {kept}: this is another log, it was written anew, "
        "or its newest entries are missing"
    )
    for quick in (False, True):
        assert one.findings(bytes_=False, quick=quick, head=kept) == [text]
    for wrong in (kept[:-1], "", "7", f"sha512:{kept}"):
        with pytest.raises(UsageError, match="--head takes the hash of an entry"):
            one.verify(head=wrong)
    with pytest.raises(UsageError, match="--head is about the log"):
        one.verify(log=False, head=kept)


def test_a_clean_verify_remembers_the_head_and_one_with_findings_does_not(world):
    world.forget()
    world.edit("DELETE FROM alias")
    assert not world.verify().ok
    assert every(world.root / "state") == {}
    (world.home / "registry.db").unlink()
    other = tell_story(World(world.root.parent / "clean"))
    other.forget()
    assert other.verify(bytes_=False).ok
    head = f"24 {hash_entry(other.entries()[-1])}\n".encode()
    assert list(every(other.root / "state").values()) == [head]


def test_a_clock_that_was_far_behind_is_a_warning(tmp_path):
    world = World(tmp_path)
    world.pass_time(hours=2)
    world.register()
    world.pass_time(hours=-1, minutes=-30)
    world.register()
    found = world.verify()
    assert found.ok
    assert [(each.severity, each.code, each.place) for each in found.findings] == [("warning", "clock", "entry 3")]
    assert found.findings[0].message == "the clock of the machine that wrote it was 89 minutes behind the log"


# What lies beside the log


def test_a_details_text_that_was_changed_taken_out_or_redacted_is_found(world):
    (digest, text) = world.rows("SELECT digest, text FROM details WHERE text LIKE '%first good one%'")[0]
    world.edit(("UPDATE details SET text = replace(text, 'good', 'best') WHERE digest = ?", digest))
    found = world.findings(bytes_=False)
    assert found[0].startswith("error details entry 2: its details were changed: they are sha256:")
    line = text.split("\n")[1]
    import hashlib

    redacted = text.replace(line, "sha256:" + hashlib.sha256(line.encode()).hexdigest())
    world.edit(("UPDATE details SET text = ? WHERE digest = ?", redacted, digest))
    found = world.findings(bytes_=False)
    assert found[0] == "error details entry 2: line 1 of its details was taken out, and no entry says so"
    world.edit(("DELETE FROM details WHERE digest = ?", digest))
    found = world.findings(bytes_=False)
    assert found[0] == f"error details entry 2: its details {digest} are missing"
    assert found[-1] == "warning replay entry 2: no entry after it was decided again, and no table was compared"


def test_a_manifest_that_was_changed_or_taken_out_is_found(world):
    ((digest,),) = world.rows("SELECT digest FROM version WHERE model = 2 AND number = 1")
    world.edit(
        (
            "UPDATE document SET bytes = CAST(replace(bytes, 'model.onnx', 'moral.onnx') AS BLOB) WHERE digest = ?",
            digest,
        )
    )
    assert world.findings(bytes_=False)[0].startswith(
        "error document entry 2: its manifest was changed: the bytes are "
    )
    world.edit(("DELETE FROM document WHERE digest = ?", digest))
    assert world.findings(bytes_=False)[0] == f"error document entry 2: its manifest {digest} is missing"


def test_text_that_is_no_utf8_is_a_finding_and_no_crash(world):
    for table, column in (("tag", "value"), ("details", "text"), ("model_name", "name"), ("registry", "id")):
        other = world.copy(world.root.parent / f"bad-{table}")
        other.edit(f"UPDATE {table} SET {column} = CAST(x'ff' AS TEXT)")
        assert not other.verify().ok


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"null", b"[]", b"\xff\xfe", b'{"a":1e400}', b"[" * 60000, b'{"format":"modelkeep entry 1"}',
     b'{"format":"modelkeep entry ' + b"9" * 5000 + b'"}', "modelkeep".encode("utf-16"), b"x" * 70000],
    ids=lambda data: repr(data[:30]),
)  # fmt: skip
def test_an_entry_of_any_bytes_is_a_finding_and_no_crash(world, data):
    world.edit(("UPDATE entry SET bytes = ? WHERE seq = 5", data))
    found = world.findings(bytes_=False)
    assert found[0].startswith("error damaged entry 5: ")
    assert found[1].startswith("error chain entry 6: it holds on to sha256:")


def test_impossible_entry_numbers_are_findings(world):
    first = world.entries()[0]
    for seq in (-(2**63), -1, 0):
        world.edit(("INSERT INTO entry VALUES (?, ?)", seq, first))
    world.edit(("INSERT INTO entry VALUES (?, ?)", 2**63 - 1, first))
    found = world.findings(bytes_=False)
    assert found[:3] == [
        f"error seq entry {seq}: no entry of a log has this number" for seq in (-9223372036854775808, -1, 0)
    ]
    assert found[3] == f"error seq entries 25 to {2**63 - 2}: missing from the log"


def test_an_emptied_log_is_found(world):
    world.edit("DELETE FROM entry")
    assert world.findings(bytes_=False)[0] == "error seq log: it is empty"


def test_control_characters_in_findings_are_escaped(world):
    entries = world.entries()
    entries[4] = changed(entries[4], lambda value: value["intent"].update(details="sha256:\x1b]0;owned\x07\u202e"))
    world.write_log(entries)
    found = world.findings(bytes_=False)
    assert "error details entry 5: its details sha256:\\x1b]0;owned\\x07\\u202e are missing" in found
    world.edit('CREATE VIEW "a\x1b[2J" AS SELECT 1')
    assert "error schema view a\\x1b[2J: the view is unknown" in world.findings(bytes_=False)


# The schema and the file


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("CREATE TRIGGER evil AFTER INSERT ON tenure BEGIN DELETE FROM mark; END", "trigger evil: the trigger is unknown"),
        ("CREATE TRIGGER sqlitex AFTER INSERT ON tenure BEGIN DELETE FROM mark; END", "trigger sqlitex: the trigger is unknown"),
        ("DROP TRIGGER entry_is_not_deleted", "trigger entry_is_not_deleted: the trigger is missing"),
        ("DROP INDEX alias_now", "index alias_now: the index is missing"),
        ("CREATE VIEW answers AS SELECT 1", "view answers: the view is unknown"),
        ("ALTER TABLE alias ADD COLUMN more TEXT", "table alias: the table is changed"),
        ("DROP TABLE alias", "table alias: the table is missing"),
    ],
)  # fmt: skip
def test_an_odd_object_of_the_schema_is_named(world, statement, finding):
    connection = sqlite3.connect(world.database)
    connection.execute(statement)
    connection.close()
    found = world.findings()
    assert any(line.endswith(finding) for line in found), found


def test_whatever_is_missing_from_the_schema_is_named(told, tmp_path):
    objects = told.rows("SELECT type, name FROM sqlite_schema WHERE sql IS NOT NULL")
    assert len(objects) > 40
    world = told.copy(tmp_path / "copy")
    for kind, name in objects:
        shutil.copy(told.database, world.database)
        with closing(sqlite3.connect(world.database)) as connection:
            connection.execute(f"DROP {kind} {name}")
        if kind == "table":
            assert f"error schema {kind} {name}: the {kind} is missing" in world.findings(bytes_=False)
        with pytest.raises(
            IntegrityError, match="the schema of the registry was changed by something other than modelkeep"
        ):
            world.registry.models()
    for few in batched([each for each in objects if each[0] != "table"]):
        shutil.copy(told.database, world.database)
        with closing(sqlite3.connect(world.database)) as connection:
            for kind, name in few:
                connection.execute(f"DROP {kind} {name}")
        missing = {f"error schema {kind} {name}: the {kind} is missing" for kind, name in few}
        assert missing <= {*world.findings(bytes_=False)}


def test_a_log_that_is_a_view_is_not_read(world):
    connection = sqlite3.connect(world.database)
    connection.execute("ALTER TABLE entry RENAME TO hidden")
    connection.execute(
        "CREATE VIEW entry AS WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq FROM n) SELECT seq, x'' AS bytes FROM n"
    )
    connection.close()
    found = world.findings(bytes_=False)
    assert found[-1] == "error schema log: the log was not read: its tables are not the ones modelkeep makes"


@pytest.mark.slow
def test_flipped_pages_of_the_file_are_found_and_no_crash(world):
    original = world.database.read_bytes()
    clean = 0
    for place in range(0, len(original), 1511):
        data = bytearray(original)
        data[place : place + 16] = bytes(byte ^ 0x55 for byte in data[place : place + 16])
        world.database.write_bytes(data)
        try:
            found = world.verify()
        except (RegistryUnavailable, SchemaMismatch):
            continue  # not a registry any more, or one from the future: said so
        # what SQLite keeps for itself (free bytes of a page, counters of its header) may change unseen
        clean += found.ok and _all_rows(data, world.root) != _all_rows(original, world.root)
    assert clean == 0


def test_a_schema_that_is_no_text_is_a_finding_of_verify_and_an_error_elsewhere(world):
    connection = sqlite3.connect(world.database, isolation_level=None)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_schema SET sql = CAST(x'fffe20ff' AS TEXT) WHERE name = 'tag'")
    connection.close()
    assert not world.verify().ok
    with pytest.raises(IntegrityError) as caught:
        world.registry.models()
    assert caught.value.exit_code == 5


def test_a_truncated_file_is_found(world):
    data = world.database.read_bytes()
    for length in (100, 4096, len(data) // 2, len(data) - 4096):
        world.database.write_bytes(data[:length])
        assert not world.verify().ok


def overwrite(world, *tables):
    """Make the first page of some tables unreadable."""
    data = bytearray(world.database.read_bytes())
    for name, page in world.rows("SELECT name, rootpage FROM sqlite_schema"):
        if name not in tables:
            continue
        data[(page - 1) * 4096 : (page - 1) * 4096 + 64] = b"\xff" * 64
    world.database.write_bytes(data)


def test_an_error_of_the_file_is_reported_once_with_every_place_it_stopped(world):
    damaged = f"the database of {world.home} is damaged: database disk image is malformed"
    overwrite(world, "version")
    assert world.findings(bytes_=False) == [f"error database version: {damaged}"]
    overwrite(world, "model", "tenure")
    assert world.findings(bytes_=False) == [f"error database database: {damaged}; met in model, tenure, version"]
    assert world.verify(bytes_=False).errors == 1
    overwrite(world, "entry")
    (line,) = world.findings(bytes_=False)
    assert line.startswith(
        f"error database database: {damaged}; met in log, alias, approval, archived, check_result, data_parent, "
    )
    assert line.endswith(", tenure, version, version_blob, version_fact, word")


def test_errors_past_the_limit_are_counted_and_hide_no_other_finding():
    findings = Findings()
    for number in range(30):
        with findings.catching("log"):
            message = f"trouble {number}"
            raise IntegrityError(message)
    findings.warning("mode", "fraud@1", "it can be written to")
    with findings.catching("alias"):
        message = "trouble 29"
        raise IntegrityError(message)
    kept = findings.all()
    assert [kept[0].message, kept[-1].message] == ["it can be written to", "and 5 more of this kind"]
    assert [each.place for each in kept[1:-1]] == ["log"] * 25
    assert findings.count("error") == 30


def test_an_index_that_lies_is_found(world):
    let_an_index_lie(world)
    found = world.findings(bytes_=False)
    assert any(line.startswith("error database registry.db: ") and "alias_now" in line for line in found), found


class _Interrupted(Database):
    """A database that somebody else writes to just before the n-th time that it is looked at."""

    def __init__(self, world, turn):
        super().__init__(str(world.home))
        self.world, self.turn = world, turn

    @contextmanager
    def raw(self):
        self.turn -= 1
        if self.turn == 0:
            self.world.register("churn", metrics={"auc": "0.9"}, stage="production", tags={"owner": "me"})
            self.world.registry.promote("risk/Fraud@1", "production")
        with super().raw() as connection:
            yield connection


@pytest.mark.parametrize("quick", [False, True])
def test_writes_during_a_verify_neither_wait_nor_cause_findings(told, tmp_path, quick):
    turns = 0
    for turn in range(1, 100):
        world = told.copy(tmp_path / str(turn))
        database = _Interrupted(world, turn)
        context = replace(world.context, database=database)
        found = verify(context, (), log=True, bytes_=True, quick=quick, accept_head=False, progress=None)
        assert found.findings == (), turn
        if database.turn > 0:
            break
        assert found.entries in {24, 26}
        turns += 1
    assert turns > (3 if quick else 20)


# The bytes


def test_a_flipped_byte_is_found_with_version_and_file(world):
    blob = _blob(world, "fraud@1")
    data = bytearray(blob.read_bytes())
    data[0] ^= 1
    blob.chmod(0o644)
    blob.write_bytes(data)
    (found,) = world.findings()
    assert found.startswith("error blob risk/Fraud@1: model.onnx: its bytes are sha256:")
    assert world.verify(quick=True).ok  # which reads no byte


def test_a_quick_check_finds_missing_and_shortened_blobs(world):
    _blob(world, "fraud@1").unlink()
    blob = _blob(world, "fraud@2")
    blob.chmod(0o644)
    blob.write_bytes(b"short")
    for how in ({}, {"quick": True}, {"log": False}):
        found = sorted(line.split(" (")[0] for line in world.findings(**how))
        assert found == [
            "error blob risk/Fraud@1: model.onnx: missing",
            "error blob risk/Fraud@2: model.onnx: 5 bytes instead of 8",
        ]


@pytest.mark.parametrize("quick", [False, True])
def test_a_size_that_is_no_number_is_damage_of_the_database(world, quick):
    connection = sqlite3.connect(world.database, isolation_level=None)
    ((sql,),) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'version_blob'").fetchall()
    for text in (sql.replace("NOT NULL", ""), sql):
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'version_blob'", (text,))
        connection.close()
        connection = sqlite3.connect(world.database, isolation_level=None)
        if text != sql:
            connection.execute("UPDATE version_blob SET size_bytes = NULL")
    connection.close()
    found = world.registry.verify(log=False, bytes=True, quick=quick)
    assert "NULL value in version_blob.size_bytes" in str(found.findings)


def test_a_blob_of_two_versions_is_read_once_and_reported_for_both(world):
    seen = []
    assert world.verify(progress=lambda *pair: seen.append(pair)).blobs == 3
    assert seen == [(done, 20) for done in (seen[0][0], seen[1][0], 20)]
    _blob(world, "churn@1").unlink()
    places = [each.place for each in world.verify().findings]
    assert places == ["risk/Fraud@3", "churn@1"]


def test_only_the_versions_asked_for_are_checked(world):
    _blob(world, "fraud@1").unlink()
    assert world.verify("fraud@2", log=False).findings == ()
    assert [each.place for each in world.verify("fraud@1", "fraud@2", log=False).findings] == ["risk/Fraud@1"]
    assert world.verify("churn", log=False).versions == 1


def test_a_blob_that_is_something_else_is_found(world):
    blob = _blob(world, "fraud@1")
    target = world.root / "elsewhere"
    target.write_bytes(blob.read_bytes())
    blob.unlink()
    blob.symlink_to(target)
    assert [each.code for each in world.verify().findings] == ["blob"]
    blob.unlink()
    os.mkfifo(blob)
    assert [each.code for each in world.verify().findings] == ["blob"]


def test_garbage_is_no_finding(world):
    store_bytes(world.context.bucket, b"abandoned")
    assert world.verify().findings == ()


def test_a_store_that_is_not_there_is_found(world):
    (world.home / "store").rename(world.root / "gone")
    assert {each.code for each in world.verify().findings} == {"blob"}


def test_a_verification_writes_nothing_but_the_head(world):
    before = every(world.home)
    world.verify()
    assert every(world.home) == before


def test_a_removed_row_of_version_blob_hides_no_missing_blob(world):
    _blob(world, "fraud@1").unlink()
    world.edit("DELETE FROM version_blob WHERE model = 2 AND version = 1")
    codes = {each.code for each in world.verify().findings}
    assert codes == {"table", "blob"}


def _blob(world, ref):
    files = world.rows(
        "SELECT version_blob.digest FROM version_blob JOIN model_name USING (model) WHERE folded LIKE ? AND version = ?",
        f"%{ref.split('@')[0]}",
        int(ref.split("@")[1]),
    )
    digest = files[0][0].removeprefix("sha256:")
    return world.home / "store" / "blobs" / "sha256" / digest[:2] / digest


def _a_row(world, table, column=None):
    """Return the key's columns, one row's key and its value in a column, which is not NULL where that can be."""
    rows = world.rows(f"PRAGMA table_info({table})")
    key = [row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5]]
    column = column or key[0]
    order = ", ".join(f"{name} DESC" for name in key)
    (row,) = world.rows(f"SELECT {', '.join(key)}, {column} FROM {table} ORDER BY {column} IS NULL, {order} LIMIT 1")
    return key, row[:-1], row[-1]


def _marks(key):
    return ", ".join("?" * len(key))


def _all_rows(data, root):
    path = root / "dump.db"
    path.write_bytes(data)
    connection = sqlite3.connect(path)
    connection.text_factory = bytes
    try:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall()
        return [connection.execute(f"SELECT * FROM {name.decode()}").fetchall() for (name,) in tables]
    finally:
        connection.close()
        path.unlink()


@pytest.mark.parametrize("word", ["active"])
def test_a_stage_that_was_declared_before_its_word_was_reserved_stays_valid(tmp_path, word):
    world = World(tmp_path, stages=["tested", "production"])
    (first,) = world.entries()
    world.write_log([first.replace(b'"tested"', f'"{word}"'.encode())])
    world.forget()
    world.registry.migrate(rebuild=True)
    assert world.findings() == []
    world.register()
    world.registry.promote("fraud@1", word)
    assert world.registry.version(f"fraud@{word}").ref == "fraud@1"
    assert world.findings() == []


@pytest.mark.process
@pytest.mark.parametrize("number", [schema.VERSION, schema.VERSION - 1], ids=["today's", "older"])
@pytest.mark.parametrize("words", [["verify", "--log"], ["doctor"], ["list"]], ids=" ".join)
def test_a_view_without_an_end_in_the_place_of_the_log_is_not_read(world, words, number):
    with closing(sqlite3.connect(world.database)) as connection:
        connection.execute("ALTER TABLE entry RENAME TO kept")
        connection.execute(
            "CREATE VIEW entry (seq, bytes) AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
            "SELECT x, x'00' FROM c"
        )
        connection.execute(f"PRAGMA user_version = {number}")
    command = [sys.executable, "-m", "modelkeep", "--registry", world.home, *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)
    assert done.returncode == 5
    text = "the table entry is missing" if words == ["doctor"] else "the table is missing" if "verify" in words else ""
    assert text in done.stdout
    assert ("the schema of the registry was changed by something other than modelkeep" in done.stderr) == (not text)


def test_a_head_is_accepted_where_the_log_is_right_whatever_the_bytes_are_like(world):
    before = world.database.read_bytes()
    world.registry.tag("churn@1", {"later": "1"})
    world.database.write_bytes(before)
    world.damage(b"third", None)
    assert {(each.severity, each.code) for each in world.verify(accept_head=True).findings} == {
        ("warning", "head"), ("error", "blob"),
    }  # fmt: skip
    assert {(each.severity, each.code) for each in world.verify().findings} == {("error", "blob")}
