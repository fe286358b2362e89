"""gc removes what no version needs, says why, and is stopped by whatever makes the log doubtful."""

import hashlib
import os
import sqlite3
from datetime import timedelta

import pytest
from world import World, changed, every, rechained, store_bytes

from modelkeep.domain.answers.maintenance import Garbage
from modelkeep.errors import Busy, IntegrityError, RegistryUnavailable, SchemaMismatch, UsageError
from modelkeep.maintenance.gc import gc
from modelkeep.store.bucket import directory_drafts
from modelkeep.store.bucket.directory import DirectoryBucket
from modelkeep.store.bucket.directory_drafts import boot_id
from modelkeep.store.bucket.directory_places import opened
from modelkeep.store.content.sweep_mark import read_mark
from modelkeep.store.db.sqlite.database import Database

GRACE = "7d"
OLD_BOOT = "0" * 32
NOBODY = 4_000_000  # no process has this number: the kernel's largest is 4,194,304, and here nobody starts so many


@pytest.fixture
def world(tmp_path):
    """Return a registry with two versions, a year after they were made as files count time."""
    world = World(tmp_path)
    world.register(content=b"one")
    world.register(content=b"two!")
    world.pass_time(days=365)
    return world


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def blob(world, content):
    name = hashlib.sha256(content).hexdigest()
    return world.home / "store" / "blobs" / "sha256" / name[:2] / name


def abandoned(world, content=b"abandoned"):
    """Put bytes into the store that no entry follows: a register that was killed before its transaction."""
    store_bytes(world.context.bucket, content)
    return blob(world, content)


def left(world, name, *contents):
    """Leave a directory in store/tmp as a writer does."""
    place = world.home / "store" / "tmp" / name
    place.mkdir()
    for number, content in enumerate(contents, start=1):
        (place / str(number)).write_bytes(content)
    return place


def here():
    return f"{boot_id()}-{NOBODY}-{os.urandom(8).hex()}"


def kept(world):
    return sorted(path.name for path in (world.home / "store" / "blobs").rglob("*") if path.is_file())


# What goes --------------------------------------------------------------------------------------


def test_bytes_of_no_version_are_removed_and_all_others_stay(world):
    place = abandoned(world)
    found = world.registry.gc()
    assert found.garbage == (Garbage("blob", digest(b"abandoned"), 9, "never registered"),)
    assert (found.changed, found.files, found.freed_bytes, found.young_files) == (True, 1, 9, 0)
    assert not place.exists()
    assert kept(world) == sorted(hashlib.sha256(each).hexdigest() for each in (b"one", b"two!"))
    assert world.findings() == []
    assert world.registry.gc().changed is False


def test_a_dry_run_tells_the_same_and_changes_nothing(world):
    abandoned(world)
    left(world, here(), b"half")
    before = every(world.home)
    would = world.registry.gc(dry_run=True)
    assert every(world.home) == before
    done = world.registry.gc()
    assert would.garbage == done.garbage != ()
    assert (would.dry_run, would.freed_bytes, would.files) == (True, done.freed_bytes, done.files)


def test_nothing_is_written_to_the_database(world):
    abandoned(world)
    before = (world.database.read_bytes(), world.database.stat().st_mtime_ns)
    assert world.registry.gc().changed
    assert (world.database.read_bytes(), world.database.stat().st_mtime_ns) == before


def test_garbage_within_the_grace_period_is_kept_and_counted(world):
    place = abandoned(world, b"young")
    world.moment = world.moment.fromtimestamp(place.stat().st_ctime + 6 * 86_400, world.moment.tzinfo)
    found = world.registry.gc()
    assert (found.garbage, found.young_files, found.young_bytes) == ((), 1, 5)
    assert place.exists()
    world.pass_time(days=1)
    assert world.registry.gc().freed_bytes == 5


def test_a_grace_period_of_zero_ignores_clocks(world):
    world.moment = world.moment.replace(year=1990)
    place = abandoned(world)
    assert world.registry.gc().garbage == ()
    assert place.exists()
    assert world.registry.gc(grace="0").freed_bytes == 9


def test_blobs_are_removed_in_batches_between_which_other_writers_run(world, monkeypatch):
    for number in range(3):
        abandoned(world, b"%d" % number)
    locks = []
    writing = Database.writing

    def counted(database):
        locks.append(len(kept(world)))
        return writing(database)

    monkeypatch.setattr(Database, "writing", counted)
    assert gc(world.context, grace=timedelta(0), dry_run=False, hold_seconds=0).files == 3
    assert locks == [5, 4, 3]


def test_a_needed_blob_is_never_removed_whatever_its_age(world):
    for path in (world.home / "store" / "blobs").rglob("*"):
        os.utime(path, (0, 0))
    assert world.registry.gc(grace="0").garbage == ()
    assert world.findings() == []


def test_archived_and_bad_versions_keep_their_bytes(world):
    world.registry.mark("fraud@1", "bad")
    world.registry.archive("fraud@2")
    assert world.registry.gc(grace="0").garbage == ()


# Leftovers ---------------------------------------------------------------------------------------


def test_drafts_of_a_killed_writer_are_removed_at_once(world):
    place = left(world, here(), b"half", b"a file")
    found = world.registry.gc(grace="3650d")
    assert found.garbage == (Garbage("leftover", str(place), 10, "left by a process that ended"),)
    assert found.files == 2
    assert not place.exists()


def test_a_draft_that_is_a_blob_as_well_frees_nothing(world):
    place = left(world, here())
    os.link(blob(world, b"one"), place / "1")
    found = world.registry.gc()
    assert [each.size_bytes for each in found.garbage] == [0]
    assert not place.exists()
    assert world.findings() == []


def test_a_directory_whose_writer_holds_its_lock_is_left_alone(world):
    import fcntl

    place = left(world, here(), b"half")
    descriptor = os.open(place, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    assert world.registry.gc(grace="0").garbage == ()
    assert place.exists()
    os.close(descriptor)
    assert world.registry.gc(grace="0").files == 1


@pytest.mark.parametrize("local", [True, False])
def test_drafts_of_an_earlier_boot_are_judged_by_age_where_other_machines_write(world, local):
    place = left(world, f"{OLD_BOOT}-17-{'a' * 16}", b"half")
    for path in (place / "1", place):
        os.utime(path, (0, 0))
    with opened(str(world.home / "store"), "tmp") as tmp:
        (found,) = directory_drafts.find_stale(tmp, local=local)
    assert found.writer == ("gone" if local else "unsure")


def test_gc_removes_the_drafts_of_an_earlier_boot_of_this_machine(world):
    place = left(world, f"{OLD_BOOT}-17-{'a' * 16}", b"half")
    for path in (place / "1", place):
        os.utime(path, (0, 0))
    world.moment = world.moment.fromtimestamp(60, world.moment.tzinfo)  # a minute later: any grace period is longer
    assert world.registry.gc().files == 1


def test_drafts_of_another_boot_may_be_another_machines_and_are_kept_for_a_day(world):
    place = left(world, f"{OLD_BOOT}-17-{'a' * 16}", b"half")
    (found,) = world.context.bucket.stale_drafts()
    assert found.writer == "unsure"
    written = world.moment.fromtimestamp(place.stat().st_mtime, world.moment.tzinfo)
    world.moment = written + timedelta(hours=23)
    assert world.registry.gc(grace="0").young_files == 1
    world.moment = written + timedelta(hours=25)
    assert world.registry.gc(grace="2d").young_files == 1
    assert world.registry.gc(grace="0").files == 1


def test_a_damaged_file_kept_by_a_repair_is_removed_after_the_grace_period(world):
    place = left(world, here(), b"half")
    (place / ("damaged-" + "0" * 64)).write_bytes(b"bad")
    world.moment = world.moment.fromtimestamp(place.stat().st_mtime + 6 * 86_400, world.moment.tzinfo)
    assert world.registry.gc().young_files == 1
    world.pass_time(days=1)
    (found,) = world.registry.gc().garbage
    assert found == Garbage("damaged", str(place), 7, "damaged, and kept when it was repaired")
    assert not place.exists()


# What is not ours --------------------------------------------------------------------------------


def test_unknown_files_in_the_store_are_reported_and_kept(world):
    store = world.home / "store"
    (store / "README").write_text("mine")
    (store / "tmp" / "notes").write_text("mine")
    (store / "blobs" / "sha256" / "zz").mkdir()
    shelf = blob(world, b"one").parent
    (shelf / "notes.txt").write_text("mine")
    (shelf / ("0" * 64)).write_text("on the wrong shelf")
    link = shelf / (shelf.name + "f" * 62)
    link.symlink_to("/etc/passwd")
    odd = left(world, here(), b"x")
    (odd / "directory").mkdir()
    before = every(world.home)
    found = world.registry.gc(grace="0")
    assert sorted(found.unknown) == sorted(
        map(
            str,
            [
                store / "README", store / "tmp" / "notes", store / "blobs" / "sha256" / "zz",
                shelf / "notes.txt", shelf / ("0" * 64), link, odd,
            ],
        )
    )  # fmt: skip
    assert (found.changed, every(world.home)) == (False, before)


# Publishers meanwhile ---------------------------------------------------------------------------


def test_a_sweep_that_removes_something_leaves_another_mark_and_no_other_does(world):
    bucket = world.context.bucket
    before = read_mark(bucket)
    assert world.registry.gc(grace="0").files == 0
    assert read_mark(bucket) == before is not None
    abandoned(world)
    world.registry.gc(grace="0", dry_run=True)
    assert read_mark(bucket) == before
    world.registry.gc(grace="0")
    assert read_mark(bucket) not in {before, None}


def test_while_bytes_are_removed_there_is_no_mark_and_a_killed_sweep_leaves_none(world, monkeypatch):
    bucket, marks = world.context.bucket, []
    abandoned(world)
    delete = DirectoryBucket.delete

    def killed(found, key):
        marks.append(read_mark(found))
        delete(found, key)
        raise KeyboardInterrupt

    monkeypatch.setattr(DirectoryBucket, "delete", killed)
    with pytest.raises(KeyboardInterrupt):
        world.registry.gc(grace="0")
    assert marks == [None]
    assert read_mark(bucket) is None
    world.register(content=b"three")
    assert world.findings() == []


def test_a_blob_that_is_registered_while_the_sweep_looks_stays(world, monkeypatch):
    abandoned(world, b"wanted")
    other = World(world.root, create=False)
    other.count = iter(range(1000, 2000))
    other.moment = world.moment
    writing = Database.writing

    def first_register(database):
        if not begun:
            begun.append(True)
            registered.append(other.register(content=b"wanted").ref)
        return writing(database)

    begun, registered = [], []
    monkeypatch.setattr(Database, "writing", first_register)
    found = world.registry.gc(grace="0")
    assert registered == ["fraud@3"]
    assert found.garbage == ()
    assert world.findings() == []


# What makes the log doubtful ---------------------------------------------------------------------


def refused(world, match, kind=IntegrityError, **how):
    before = every(world.home)
    for dry_run in (True, False):
        with pytest.raises(kind, match=match) as caught:
            world.registry.gc(grace="0", dry_run=dry_run, **how)
        assert every(world.home) == before
    return caught.value


def test_a_missing_row_of_a_needed_blob_stops_gc(world):
    abandoned(world)
    world.edit("DELETE FROM version_blob WHERE version = 1")
    error = refused(world, f"by the log a version needs {digest(b'one')}, by the tables none")
    assert error.hint == "modelkeep verify --log"


def test_a_forged_deletion_in_the_tables_stops_gc(world):
    world.edit("INSERT INTO deleted (model, version, seq, skipped) VALUES (2, 1, 3, 0)")
    refused(world, f"by the log a version needs {digest(b'one')}")


def test_a_blob_that_only_the_tables_need_is_kept(world):
    place = abandoned(world)
    name = digest(b"abandoned")
    world.edit(f"INSERT INTO version_blob VALUES (2, 1, 'extra', '{name}', 9)")
    assert world.registry.gc(grace="0").garbage == ()
    assert place.exists()


def test_a_gap_in_the_log_stops_gc(world):
    abandoned(world)
    world.edit("DELETE FROM entry WHERE seq = 2")
    refused(world, "the log is not whole at entry 2")


def test_a_changed_entry_stops_gc(world):
    abandoned(world)
    entries = world.entries()
    world.write_log(
        [entries[0], changed(entries[1], lambda entry: {**entry, "clock": entry["time"][:-2] + "9Z"}), entries[2]]
    )
    refused(world, "the log is not whole at entry")


def test_a_changed_manifest_stops_gc(world):
    abandoned(world)
    world.edit("UPDATE document SET bytes = CAST(replace(CAST(bytes AS TEXT), 'model', 'motel') AS BLOB)")
    refused(world, "the log is not whole at entry 2: its manifest was changed")


def test_a_restored_older_database_stops_gc(world):
    old = world.database.read_bytes()
    world.register(content=b"newer")
    world.database.write_bytes(old)
    error = refused(world, "this account saw entry 4 of the log, and the log ends at 3")
    assert "verify --accept-head" in error.hint
    assert world.verify(accept_head=True).ok
    world.pass_time(days=365)
    assert [each.place for each in world.registry.gc().garbage] == [digest(b"newer")]


def test_a_log_that_forked_stops_gc(world):
    abandoned(world)
    entries = world.entries()
    other = rechained([*entries[:2], changed(entries[2], lambda entry: {**entry, "time": entry["time"]})], first=1)
    assert other == entries  # a forger who changes nothing
    world.write_log(rechained([entries[0], changed(entries[1], _other_user), entries[2]]))
    refused(world, "this account saw entry 3 of the log, and the log has another one there|not whole")


def _other_user(entry):
    return {**entry, "observed": {**entry["observed"], "user": "eve"}}


def test_a_changed_schema_stops_gc(world):
    abandoned(world)
    connection = sqlite3.connect(world.database)
    connection.execute("CREATE TABLE mine (a)")
    connection.commit()
    connection.close()
    refused(world, "the schema of the registry was changed")


def test_an_older_schema_is_migrated_first(world):
    abandoned(world)
    connection = sqlite3.connect(world.database)
    connection.executescript("DROP INDEX version_blob_size; DROP TABLE deleted; PRAGMA user_version = 1")
    connection.close()
    assert world.registry.gc(grace="0", dry_run=True).files == 1
    with pytest.raises(SchemaMismatch, match="older schema"):
        world.registry.gc(grace="0")
    assert blob(world, b"abandoned").exists()


def test_a_store_whose_disk_is_not_mounted_is_told(world):
    (world.home / "store").rename(world.home / "elsewhere")
    (world.home / "store").mkdir()
    with pytest.raises(RegistryUnavailable, match="the store is not there"):
        world.registry.gc()


def test_gc_waits_for_the_lock_no_longer_than_lock_wait(world):
    abandoned(world)
    world.context.database.lock_wait = 0.1
    with Database(str(world.home)).writing(), pytest.raises(Busy):
        world.registry.gc(grace="0")
    assert blob(world, b"abandoned").exists()


@pytest.mark.parametrize("text", ["", "7", "-1d", "7 d", "1y", "99999999999d", "999999999w", "7d\x1b"])
def test_a_grace_that_is_no_length_of_time_is_refused(world, text):
    with pytest.raises(UsageError, match="grace: not a length of time"):
        world.registry.gc(grace=text)


def test_a_store_behind_a_link_is_cleaned_where_it_is(tmp_path):
    from modelkeep.registry import create_registry, open_registry

    create_registry(tmp_path / "r", store=tmp_path / "bytes")
    name = hashlib.sha256(b"x").hexdigest()
    shelf = tmp_path / "bytes" / "blobs" / "sha256" / name[:2]
    shelf.mkdir()
    (shelf / name).write_bytes(b"x")
    assert open_registry(tmp_path / "r").gc(grace="0").files == 1
    assert list(shelf.iterdir()) == []


# What only deleted versions need -----------------------------------------------------------------


def test_bytes_of_deleted_versions_go_and_say_whose_they_were(world):
    world.registry.delete("fraud@1", message="trial")
    world.pass_time(days=8)
    found = world.registry.gc()
    (row,) = found.garbage
    assert (row.kind, row.place, row.size_bytes) == ("blob", digest(b"one"), 3)
    assert row.reason == "only fraud@1, deleted 2027-11-23 by ana"
    assert kept(world) == [hashlib.sha256(b"two!").hexdigest()]
    assert world.findings() == []
    assert world.registry.gc().changed is False


def test_bytes_of_a_deleted_model_go_and_say_whose_they_were(world):
    world.registry.delete("fraud", all_versions=True)
    reasons = sorted(row.reason for row in world.registry.gc(grace="0").garbage)
    assert reasons == [f"only fraud@{number}, deleted 2027-11-23 by ana" for number in (1, 2)]


def test_the_grace_period_of_a_deleted_version_begins_with_its_deletion(world):
    world.registry.delete("fraud@1")
    world.pass_time(days=6)
    assert world.registry.gc().young_files == 1
    world.pass_time(days=1)
    assert world.registry.gc().files == 1


def test_bytes_that_another_version_needs_too_stay(world):
    world.register("churn", content=b"one")
    world.registry.delete("fraud@1")
    assert world.registry.gc(grace="0").garbage == ()
    world.registry.delete("churn@1")
    (row,) = world.registry.gc(grace="0").garbage
    assert row.reason.startswith("only churn@1 and 1 more, deleted ")
    assert world.findings() == []


def test_bytes_of_a_deleted_version_that_are_registered_again_stay(world):
    world.registry.delete("fraud@1")
    assert world.register(content=b"one").ref == "fraud@3"
    assert world.registry.gc(grace="0").garbage == ()
    assert world.findings() == []


def test_bytes_of_a_deleted_version_that_are_registered_after_the_sweep_are_stored_again(world):
    world.registry.delete("fraud@1")
    assert world.registry.gc(grace="0").files == 1
    assert world.register(content=b"one").ref == "fraud@3"
    assert world.findings() == []


def test_a_deletion_that_only_the_log_has_removes_nothing_yet(world):
    world.registry.delete("fraud@1")
    world.edit("DELETE FROM deleted")
    assert world.registry.gc(grace="0").garbage == ()
    assert blob(world, b"one").exists()
