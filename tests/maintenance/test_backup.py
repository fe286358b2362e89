"""`backup`: at each moment the old backup or the new one, and never a name without its bytes."""

import os
import shutil
import sqlite3
import stat
from itertools import pairwise
from pathlib import Path

import pytest
from world import World, every, tell_story

from modelkeep.errors import (
    Busy,
    Conflict,
    IntegrityError,
    ModelkeepError,
    NotFound,
    RegistryUnavailable,
    UsageError,
)
from modelkeep.maintenance import backup as backing_up
from modelkeep.maintenance import repair as repairing
from modelkeep.registry import create_registry
from modelkeep.store import backup_place as backup_bytes
from modelkeep.store.backup_mark import backup_of
from modelkeep.store.backup_place import BackupPlace
from modelkeep.store.bucket.directory import DirectoryBucket, create_store
from modelkeep.store.bucket.directory_drafts import boot_id
from modelkeep.store.content.hashing import content_of_bytes
from modelkeep.store.content.workers import Progress
from modelkeep.store.db.sqlite.database import Database
from modelkeep.store.db.sqlite.database_copy import Pace, copy_database


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Return a registry in which everything happened; to be copied, not to be harmed."""
    return tell_story(World(tmp_path_factory.mktemp("told")))


@pytest.fixture
def world(told, tmp_path):
    return told.copy(tmp_path / "world")


@pytest.fixture
def dest(tmp_path):
    return tmp_path / "backup"


def back_up(world, dest, **how):
    return backing_up.back_up(world.context, str(dest), **{"dry_run": False, "progress": None, **how})


def opened(directory, world, tmp_path):
    """Return a registry as somebody on another machine has it, who remembers nothing."""
    return world.at(directory, tmp_path / "elsewhere")


def dump(path):
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def test_a_backup_is_a_registry_with_the_same_answers(world, dest, tmp_path):
    made = back_up(world, dest)
    assert (made.ok, made.changed, made.path, made.findings) == (True, True, str(dest), ())
    assert (made.entries, made.versions, made.blobs, made.new_blobs) == (24, 4, 3, 3)
    assert made.size_bytes == made.new_bytes
    copy = opened(dest, world, tmp_path)
    assert copy.verify().findings == ()
    assert copy.registry.models() == world.registry.models()
    assert copy.registry.history() == world.registry.history()
    assert dump(dest / "registry.db") == dump(world.database)


def test_a_flipped_byte_in_the_backup_is_found_and_copied_again_with_verify(world, dest, tmp_path):
    back_up(world, dest)
    assert back_up(world, dest, verify=True).changed is False
    blob = min((dest / "store/blobs/sha256").rglob("?" * 64))
    right = blob.read_bytes()
    blob.chmod(0o644)
    blob.write_bytes(bytes([right[0] ^ 1]) + right[1:])
    blob.chmod(0o444)
    assert back_up(world, dest).new_blobs == 0
    assert back_up(world, dest, verify=True, dry_run=True).new_blobs == 1
    again = back_up(world, dest, verify=True)
    assert (again.ok, again.changed, again.new_blobs, again.new_bytes) == (True, True, 1, len(right))
    assert blob.read_bytes() == right
    assert back_up(world, dest, verify=True).changed is False
    assert opened(dest, world, tmp_path).verify().ok


def test_a_backup_is_private_and_its_blobs_are_read_only(world, dest):
    back_up(world, dest)
    assert stat.S_IMODE(dest.stat().st_mode) == 0o700
    blobs = [path for path in (dest / "store" / "blobs").rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in blobs} == {0o444}
    assert sorted(path.name for path in dest.iterdir()) == ["backup.json", "registry.db", "registry.lock", "store"]
    assert list((dest / "store" / "tmp").iterdir()) == []


def test_a_backup_in_a_group_directory_belongs_to_the_group_whatever_the_umask(world, dest):
    dest.mkdir()
    dest.chmod(0o2770)
    before = os.umask(0o077)
    try:
        back_up(world, dest)
        back_up(world, dest)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (dest, *dest.iterdir())}
    files = dict.fromkeys(("backup.json", "registry.db", "registry.lock"), 0o660)
    assert modes == {dest.name: 0o2770, "store": 0o2770, **files}


def test_a_path_that_is_too_long_is_refused(world, dest):
    with pytest.raises(UsageError, match="cannot be written"):
        back_up(world, dest.parent / ("x" * 300))


def test_a_second_backup_copies_only_new_blobs(world, dest):
    back_up(world, dest)
    inodes = {path.name: path.stat().st_ino for path in (dest / "store" / "blobs").rglob("*") if path.is_file()}
    again = back_up(world, dest)
    assert (again.changed, again.new_blobs, again.new_bytes) == (False, 0, 0)
    world.register(content=b"a new one")
    made = back_up(world, dest)
    assert (made.changed, made.new_blobs, made.new_bytes) == (True, 1, 9)
    for path in (dest / "store" / "blobs").rglob("*"):
        assert not path.is_file() or inodes.get(path.name, path.stat().st_ino) == path.stat().st_ino


def test_a_dry_run_tells_what_is_new_and_writes_nothing(world, dest):
    made = back_up(world, dest, dry_run=True)
    assert (made.dry_run, made.new_blobs, made.entries, made.head_seq) == (True, 3, 24, 24)
    assert not dest.exists()
    real = back_up(world, dest)
    assert (real.new_blobs, real.new_bytes, real.head_hash) == (made.new_blobs, made.new_bytes, made.head_hash)
    world.register(content=b"a new one")
    before = every(dest)
    assert back_up(world, dest, dry_run=True).new_bytes == 9
    assert every(dest) == before


def test_every_change_is_refused_in_a_backup(world, dest, tmp_path):
    back_up(world, dest)
    copy = opened(dest, world, tmp_path)
    before = every(dest)
    for change in (
        copy.register,
        lambda: copy.registry.promote("fraud@1", "production"),
        lambda: copy.registry.tag("fraud@1", {"a": "b"}, dry_run=True),
    ):
        with pytest.raises(Conflict, match=f"{dest} is a backup of {world.home}, and takes no changes") as caught:
            change()
        assert caught.value.hint == f"to make it a registry of its own, for good: rm {dest}/backup.json"
    assert every(dest) == before
    assert copy.registry.status().backup_of == str(world.home)
    assert world.registry.status().backup_of is None
    (dest / "backup.json").unlink()
    copy.register()
    assert copy.registry.status().backup_of is None


def test_a_backup_restored_in_place_is_the_registry_again(world, dest, tmp_path):
    back_up(world, dest)
    shutil.rmtree(world.home)
    shutil.copytree(dest, world.home)
    assert world.verify().findings == ()
    world.registry.tag("fraud@1", {"a": "b"}, dry_run=True)
    assert (world.home / "backup.json").exists()
    # a change that is refused, or has nothing to do, writes no entry: the registry still is the backup
    with pytest.raises(Conflict, match="not 9 as expected"):
        world.registry.promote("fraud@1", "production", expect="9")
    assert not world.registry.retire("fraud", "production").changed
    assert (world.home / "backup.json").exists()
    world.register()
    assert not (world.home / "backup.json").exists()
    back_up(world, dest)
    # and may move again, as any registry
    world.home.rename(tmp_path / "moved")
    world.at(tmp_path / "moved").register()
    assert back_up(world.at(tmp_path / "moved"), dest).ok


def test_a_backup_of_the_backup_into_its_place_restores_it_byte_by_byte(world, dest, tmp_path):
    back_up(world, dest)
    copy = opened(dest, world, tmp_path)
    shutil.rmtree(world.home)
    restored = back_up(copy, world.home)
    assert restored.new_blobs == 3
    assert world.verify().findings == ()
    for _ in range(2):
        with pytest.raises(Conflict, match="is a registry itself and no backup"):
            back_up(copy, world.home)
        world.register()
    assert back_up(copy, tmp_path / "third").ok
    assert backup_of(str(tmp_path / "third")) == str(world.home)


def test_a_restore_warns_clients_that_saw_a_newer_log_until_they_accept(world, dest):
    back_up(world, dest)
    world.register()
    world.register()
    shutil.rmtree(world.home)
    shutil.copytree(dest, world.home)
    world.said.clear()
    world.registry.models()
    assert world.said == [
        "warning: the log went backwards: this account saw entry 26, and the log ends at 24; see modelkeep verify --log"
    ]
    assert [line.partition(":")[0] for line in world.findings()] == ["error head entry 26"]
    assert world.verify(accept_head=True).ok
    world.register()
    assert world.findings() == []


def test_a_first_backup_of_a_log_that_went_backwards_is_made_with_a_warning(world, dest):
    before = world.database.read_bytes()
    world.registry.tag("churn", {"seen": "yes"})
    world.database.write_bytes(before)
    world.said.clear()
    assert world.registry.backup(dest).entries == 24
    assert world.said == [
        "warning: the log went backwards: this account saw entry 25, and the log ends at 24; see modelkeep verify --log"
    ]


def test_a_backup_inside_a_shared_registry_is_refused_as_such(world):
    world.home.chmod(0o777)
    for inside, message in (("", "is the registry itself"), ("backup", "one is inside the other")):
        with pytest.raises(UsageError, match=message):
            world.registry.backup(world.home / inside)


def test_a_backup_behind_the_seen_head_raises_no_warning(world, dest):
    back_up(world, dest)
    world.register()
    copy = world.at(dest)
    found = copy.verify()
    assert (found.ok, found.errors, found.warnings) == (True, 0, 1)
    assert found.findings[0].message.startswith("it is a backup, and older: this account saw entry ")
    (head,) = [each for each in copy.registry.doctor().findings if each.code == "head"]
    assert (head.severity, head.message.partition(",")[0]) == ("ok", f"the last entry of a backup of {world.home}")
    copy.said.clear()
    copy.registry.models()
    assert copy.said == []


# What is refused


def test_a_directory_with_other_things_is_refused_and_left_alone(world, dest):
    dest.mkdir()
    (dest / "thesis.txt").write_text("mine")
    with pytest.raises(Conflict, match=r"holds other things: thesis.txt"):
        back_up(world, dest)
    assert every(dest) == {"thesis.txt": b"mine"}


def test_another_registrys_backup_is_refused(world, dest, tmp_path):
    other = World(tmp_path / "other")
    other.edit("UPDATE registry SET id = 'another'")
    back_up(other, dest)
    before = every(dest)
    with pytest.raises(Conflict, match="is a backup of another registry"):
        back_up(world, dest)
    assert every(dest) == before


def test_a_registry_is_no_place_for_a_backup(world, tmp_path):
    other = World(tmp_path / "other")
    with pytest.raises(Conflict, match="is a registry itself and no backup"):
        back_up(world, other.home)


@pytest.mark.parametrize("where", ["registry", "registry/store/blobs", "registry/backup", ".", "store", "link"])
def test_a_backup_inside_its_registry_or_around_it_is_refused(world, where):
    shutil.move(world.home / "store", world.root / "store")
    (world.home / "store").symlink_to(world.root / "store")
    (world.root / "link").symlink_to(world.home)
    before = every(world.root)
    with pytest.raises(UsageError, match=r"one is inside the other|is the registry itself"):
        back_up(world, world.root / where)
    assert every(world.root) == before


def test_a_backup_whose_store_leads_to_the_registrys_own_is_none(world, dest):
    back_up(world, dest)
    shutil.rmtree(dest / "store")
    (dest / "store").symlink_to(world.home / "store")
    before = every(world.root)
    with pytest.raises(UsageError, match="one is inside the other"):
        back_up(world, dest)
    assert every(world.root) == before


def test_a_missing_parent_directory_and_a_file_are_refused(world, dest):
    with pytest.raises(NotFound, match="there is no directory"):
        back_up(world, dest / "below")
    dest.write_text("a file")
    with pytest.raises(UsageError, match="cannot be written"):
        back_up(world, dest)


def test_a_mark_that_cannot_be_read_protects_what_is_there(world, dest, tmp_path):
    back_up(world, dest)
    for text in ("", "{", "[]", '{"format": "other"}', "[" * 5000):
        (dest / "backup.json").write_text(text)
        with pytest.raises(Conflict):
            back_up(world, dest)
        with pytest.raises(Conflict, match="is a backup of a registry"):
            opened(dest, world, tmp_path).register()
    for make in (os.mkdir, os.mkfifo, lambda path: os.symlink("/dev/zero", path)):
        (dest / "backup.json").unlink() if not (dest / "backup.json").is_dir() else (dest / "backup.json").rmdir()
        make(dest / "backup.json")
        with pytest.raises(Conflict, match="is a backup of a registry"):
            opened(dest, world, tmp_path).register()


def test_a_log_that_went_backwards_does_not_overwrite_a_newer_backup(world, dest, tmp_path):
    old = world.copy(tmp_path / "old")
    world.register()
    back_up(world, dest)
    before = every(dest)
    with pytest.raises(Conflict, match="has an entry 25 that the registry does not have"):
        back_up(old, dest)
    assert every(dest) == before


def test_a_damaged_database_does_not_overwrite_a_good_backup(world, dest):
    back_up(world, dest)
    before = every(dest)
    data = bytearray(world.database.read_bytes())
    place = data.rindex(b"risk/Fraud")
    page = place // 4096 * 4096
    data[page : page + 64] = b"\xff" * 64
    world.database.write_bytes(data)
    with pytest.raises(IntegrityError):
        back_up(world, dest)
    assert every(dest) == before


def test_two_backups_to_one_place_do_not_mix(world, dest, monkeypatch):
    def meanwhile(*_words, **_how):
        monkeypatch.undo()
        with pytest.raises(Busy, match="is running, or gc or a repair in it"):
            back_up(world, dest)
        raise KeyboardInterrupt

    monkeypatch.setattr(backing_up, "copy_database", meanwhile)
    with pytest.raises(KeyboardInterrupt):
        back_up(world, dest)
    assert back_up(world, dest).ok


def test_gc_keeps_the_blobs_of_a_backup_that_is_still_running(world, dest, tmp_path, monkeypatch):
    back_up(world, dest)
    world.register(content=b"a new one")
    finish = BackupPlace.finish

    def meanwhile(*words):
        with pytest.raises(Busy, match="is running, or gc or a repair in it"):
            opened(dest, world, tmp_path).registry.gc(grace="0")
        finish(*words)

    monkeypatch.setattr(BackupPlace, "finish", meanwhile)
    assert back_up(world, dest).new_blobs == 1
    assert opened(dest, world, tmp_path).verify().findings == ()
    assert opened(dest, world, tmp_path).registry.gc(grace="0").garbage == ()


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_repair_in_a_backup_and_a_backup_to_it_keep_each_other_out(world, dest, tmp_path, monkeypatch, dry_run):
    back_up(world, dest)
    backup = opened(dest, world, tmp_path)
    (blob, *_) = dest.glob("store/blobs/sha256/*/*")
    blob.unlink()

    def repaired():
        return backup.verify(log=False, repair=str(world.home), dry_run=dry_run)

    def meanwhile(act):
        monkeypatch.undo()
        with pytest.raises(Busy, match="is running, or gc or a repair in it"):
            act()
        raise KeyboardInterrupt

    monkeypatch.setattr(backing_up, "copy_database", lambda *_words: meanwhile(repaired))
    with pytest.raises(KeyboardInterrupt):
        back_up(world, dest)
    monkeypatch.setattr(repairing, "examine", lambda *_words, **_how: meanwhile(lambda: back_up(world, dest)))
    with pytest.raises(KeyboardInterrupt):
        repaired()
    assert (repaired().ok, repaired().repaired > 0) == (True, dry_run)
    assert back_up(world, dest).ok


def test_gc_in_a_backup_that_is_behind_says_how_to_renew_it(world, dest):
    back_up(world, dest)
    world.register(content=b"a new one")
    with pytest.raises(IntegrityError) as refused:
        world.at(dest).registry.gc(grace="0")
    assert refused.value.hint == f"modelkeep --registry {world.home} backup {dest}"
    back_up(world, dest)
    assert world.at(dest).registry.gc(grace="0").garbage == ()


# What is damaged on either side


def test_a_damaged_blob_is_reported_and_the_others_are_copied(world, dest, tmp_path):
    contents = [b"model %d" % number for number in range(3)]
    for content in contents:
        world.register("more", content)
    world.damage(contents[0], None)
    world.damage(contents[1], b"MODEL 1")
    made = back_up(world, dest)
    assert (made.ok, made.new_blobs) == (False, 4)
    told = sorted(f"{each.severity} {each.place}: {each.message[:21]}" for each in made.findings)
    assert told == ["error more@1: model.onnx: the bytes", "error more@2: model.onnx: its bytes"]
    copy = opened(dest, world, tmp_path)
    assert sorted(each.place for each in copy.verify().findings) == ["more@1", "more@2"]
    assert all("missing" in each.message for each in copy.verify().findings)


def test_a_good_copy_in_the_backup_outlives_damage_in_the_registry(world, dest):
    world.register("more", b"precious")
    back_up(world, dest)
    world.damage(b"precious", b"PRECIOUS")
    assert back_up(world, dest).ok
    assert world.verify(log=False, repair=str(dest)).ok
    assert world.blob(b"precious").read_bytes() == b"precious"


def test_a_blob_that_is_cut_short_in_the_backup_is_copied_again(world, dest, tmp_path):
    world.register("more", b"precious")
    back_up(world, dest)
    copy = opened(dest, world, tmp_path)
    copy.damage(b"precious", b"prec")
    made = back_up(world, dest)
    assert (made.ok, made.new_blobs) == (True, 1)
    assert copy.verify().findings == ()


def test_a_directory_in_the_place_of_a_blob_is_moved_away(world, dest, tmp_path):
    world.register("more", b"precious")
    back_up(world, dest)
    copy = opened(dest, world, tmp_path)
    copy.damage(b"precious", None).mkdir()
    assert back_up(world, dest).ok
    assert copy.verify().findings == ()


def test_a_version_deleted_meanwhile_is_no_error(world, dest, tmp_path, monkeypatch):
    """Its bytes may be gone before they are copied: then the database is copied again, which knows of it."""
    world.register("more", b"soon gone")
    real, turns = backup_bytes.copy_contents, []

    def meanwhile(*words):
        if not turns:
            world.edit("DELETE FROM version_blob WHERE size_bytes = 9")  # what a deletion leaves behind
            world.damage(b"soon gone", None)
        turns.append(1)
        return real(*words)

    monkeypatch.setattr(backing_up, "copy_contents", meanwhile)
    made = back_up(world, dest)
    assert (made.ok, len(turns)) == (True, 2)
    assert opened(dest, world, tmp_path).verify(log=False).findings == ()


def test_memory_does_not_grow_with_the_contents(world, tmp_path, monkeypatch):
    contents = []
    for number in range(12):
        data = b"content %d" % number
        world.register("more", data)
        contents.append(content_of_bytes(data))
    bucket = DirectoryBucket(str(tmp_path / "store"))
    create_store(bucket.root)
    seen = []
    real = backup_bytes.each

    def measured(work, items, progress):
        seen.append(len(items))
        return real(work, items, progress)

    monkeypatch.setattr(backup_bytes, "each", measured)
    copied = backup_bytes.copy_contents(world.context.bucket, bucket, contents, Progress(0, None), at_once=5)
    assert [trouble for _, trouble in copied] == [None] * 12
    assert seen == [5, 5, 2]


def test_progress_ends_at_what_is_new(world, dest):
    told = []
    made = back_up(world, dest, progress=lambda *pair: told.append(pair))
    assert told[-1] == (made.new_bytes, made.new_bytes)


# The copy of the database


def test_a_write_between_two_steps_restarts_the_copy(world, tmp_path):
    steps = []

    class Busier(sqlite3.Connection):
        def backup(self, target, *, progress, **more):
            def watch(status, remaining, total):
                steps.append(remaining)
                if len(steps) in (1, 3):
                    world.register()
                progress(status, remaining, total)

            return super().backup(target, progress=watch, **more)

    copy = tmp_path / "copy.db"
    _copy_with(world, Busier, copy, step_pages=10)
    assert any(later >= earlier for earlier, later in pairwise(steps))
    assert dump(copy) == dump(world.database)


def test_behind_constant_writers_a_backup_queues_once(world, tmp_path):
    import fcntl

    queued = []

    class Busiest(sqlite3.Connection):
        def backup(self, target, *, progress, **more):
            def watch(status, remaining, total):
                with open(world.home / "registry.lock") as file:
                    try:
                        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        queued.append(True)
                    else:
                        fcntl.flock(file, fcntl.LOCK_UN)
                        if remaining:
                            world.register()  # as long as nobody stands before them
                progress(status, remaining, total)

            return super().backup(target, progress=watch, **more)

    # more than SQLite holds in memory, so that what is broken off has reached the file
    world.edit(("INSERT INTO document (digest, bytes) VALUES ('large', ?)", b"x" * 8_000_000))
    copy = tmp_path / "copy.db"
    _copy_with(world, Busiest, copy, step_pages=1000)
    assert queued
    assert dump(copy) == dump(world.database)


def test_writers_wait_for_a_backup_only_a_bounded_time(world, tmp_path):
    pace = Pace(step_pages=1, restarts=-1, longest_turn_seconds=-1.0)
    with pytest.raises(Busy, match="longer than writers may be kept waiting"):
        copy_database(world.context.database, str(tmp_path / "copy.db"), pace)


def _copy_with(world, kind, path, *, step_pages):
    from modelkeep.store.db.sqlite import database as sqlite

    connect = sqlite.sqlite3.connect
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite.sqlite3, "connect", lambda *words, **more: connect(*words, **{"factory": kind, **more}))
        copy_database(world.context.database, str(path), Pace(step_pages=step_pages))


def test_an_account_that_may_only_read_can_back_up_unless_writers_never_pause(world, dest, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can become another account")
    for path in (tmp_path, *list(tmp_path.parents)[:3]):
        path.chmod(path.stat().st_mode | 0o055)
    for path in [world.root, world.home, *world.home.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    dest.mkdir()
    os.chown(dest, 12345, 12345)

    def as_another(act, outcome):
        child = os.fork()
        if child == 0:
            os.setgid(12345)
            os.setuid(12345)
            try:
                os._exit(0 if act() else 1)
            except Busy as error:
                os._exit(6 if "may not make writers wait" in error.message else 1)
            finally:
                os._exit(1)  # whatever else it was: the child runs no further tests
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == outcome

    assert as_another(lambda: back_up(world, dest).ok, 0)
    assert as_another(lambda: copy_database(world.context.database, f"{dest}/copy.db", Pace(restarts=-1)), 6)


def test_a_backup_without_a_registry_is_refused(tmp_path, dest):
    world = World(tmp_path, create=False)
    with pytest.raises(RegistryUnavailable):
        back_up(world, dest)
    assert not dest.exists()


def test_a_registry_whose_directory_is_not_utf8_is_backed_up(world, dest):
    odd = os.fsencode(world.home) + b"\xff"
    os.rename(world.home, odd)
    made = world.at(os.fsdecode(odd))
    assert back_up(made, dest).ok
    assert backup_of(str(dest)) == os.fsdecode(odd)
    assert back_up(made, dest).changed is False


def test_a_registry_that_was_moved_takes_its_backup_along(world, dest, tmp_path):
    back_up(world, dest)
    world.home.rename(tmp_path / "moved")
    moved = world.at(tmp_path / "moved")
    assert back_up(moved, dest).ok
    assert backup_of(str(dest)) == str(tmp_path / "moved")


def test_the_leftovers_of_a_killed_backup_are_removed(world, dest):
    back_up(world, dest)
    left, kept = (dest / "store" / "tmp" / f"{boot}-4000000-{'a' * 16}" for boot in (boot_id(), "0" * 32))
    left.mkdir()
    (left / "1").write_bytes(b"half")
    kept.mkdir()
    (kept / "damaged-00").write_bytes(b"for a look")
    (dest / "registry.db.new").write_bytes(b"half")
    back_up(world, dest)
    assert [path for path in every(dest) if "/tmp/" in path] == [f"store/tmp/{kept.name}/damaged-00"]
    assert not (dest / "registry.db.new").exists()
    assert not left.exists()


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"")])
@pytest.mark.parametrize("holds", ["some bytes", "no bytes yet"])
def test_an_unfinished_backup_is_named_with_the_command_that_completes_it(world, dest, tmp_path, harm, holds):
    back_up(world, dest)
    harm(dest / "registry.db")
    if holds == "no bytes yet":
        for shelf in (dest / "store" / "blobs" / "sha256").iterdir():
            shutil.rmtree(shelf)
    go_on = f"modelkeep --registry {world.home} backup {dest}"
    for ask in (opened(dest, world, tmp_path).registry.models, lambda: create_registry(dest)):
        with pytest.raises(ModelkeepError) as told:
            ask()
        assert told.value.message == f"{dest} is a backup of {world.home} that was begun and is not complete"
        assert told.value.hint == go_on
    found = opened(dest, world, tmp_path).registry.doctor().findings
    assert go_on in [each.hint for each in found if (each.severity, each.code) == ("error", "database")]
    assert back_up(world, dest).changed
    assert opened(dest, world, tmp_path).registry.verify().ok


def test_an_unfinished_restore_is_named_with_the_command_that_completes_it(world, dest, tmp_path):
    back_up(world, dest)
    world.home.rename(tmp_path / "away")
    backup = opened(dest, world, tmp_path)
    back_up(backup, world.home)
    (world.home / "registry.db").unlink()
    for shelf in (world.home / "store" / "blobs" / "sha256").iterdir():
        shutil.rmtree(shelf)
    for ask in (world.registry.models, lambda: create_registry(world.home)):
        with pytest.raises(ModelkeepError) as told:
            ask()
        assert told.value.message == f"{world.home} is being put back from a backup, and that is not complete"
        assert told.value.hint == f"modelkeep --registry BACKUP backup {world.home}"
    assert back_up(backup, world.home).changed
    assert world.at(world.home).registry.verify().ok


def test_a_backup_of_an_unmounted_store_is_refused_at_once(world, dest):
    (world.home / "store").rename(world.root / "away")
    with pytest.raises(RegistryUnavailable, match="the store is not there"):
        back_up(world, dest)
    assert not dest.exists()


def test_many_lost_files_are_looked_up_together(tmp_path, dest, monkeypatch):
    world = World(tmp_path / "many")
    source = tmp_path / "source"
    source.mkdir()
    for number in range(40):
        (source / str(number)).write_text(str(number))
    world.registry.register("many", str(source), code="none")
    for number in range(40):
        world.damage(str(number).encode(), None)
    opened = []
    reading = Database.reading
    monkeypatch.setattr(Database, "reading", lambda database: opened.append(1) or reading(database))
    found = world.registry.backup(dest)
    assert (found.ok, len(found.findings)) == (False, 40)
    assert len(opened) < 15
