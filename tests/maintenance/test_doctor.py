"""doctor tells each trouble that was made, with what to do, and answers where other commands fail."""

import fcntl
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from world import World, every, store_bytes

import modelkeep
from modelkeep.domain.entry import hash_entry
from modelkeep.errors import RegistryUnavailable
from modelkeep.locate import Located
from modelkeep.maintenance.doctor import place
from modelkeep.registry import Registry
from modelkeep.store import head_cache
from modelkeep.store.access.mounts import mount_of
from modelkeep.store.bucket.directory_drafts import boot_id
from modelkeep.store.db.sqlite import schema
from modelkeep.store.db.sqlite.database import Database

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")
NOBODY = 65534


@pytest.fixture
def world(tmp_path):
    """Return a registry in good order with two versions, whose clock is the machine's."""
    before = os.umask(0o022)
    world = World(tmp_path)
    world.moment = datetime.now(UTC)
    world.register(content=b"one")
    world.register(content=b"two!")
    world.pass_time(seconds=-10)
    yield world
    os.umask(before)


def told(world, *severities):
    """Return what doctor says that is not in order, a line each."""
    found = world.registry.doctor()
    wanted = severities or ("warning", "error")
    for each in found.findings:
        assert each.severity == "ok" or each.hint, each
    return [
        f"{each.severity} {each.code} {each.place.removeprefix(str(world.root))}: {each.message} -> {each.hint}"
        for each in found.findings
        if each.severity in wanted
    ]


def test_doctor_names_the_directory_that_modelkeep_is_installed_in(world):
    (found,) = [each for each in world.registry.doctor().findings if each.code == "modelkeep"]
    assert found.place == str(Path(modelkeep.__file__).parent)


def only(world, code):
    """Return the finding of a code; nothing else may be out of order."""
    found = [each for each in world.registry.doctor().findings if each.severity != "ok"]
    assert [each.code for each in found] == [code], found
    return found[0]


def codes(world):
    return {each.code for each in world.registry.doctor().findings if each.severity == "ok"}


# In order ----------------------------------------------------------------------------------------


def test_a_healthy_registry_has_only_findings_that_are_ok(world):
    found = world.registry.doctor()
    assert [each for each in found.findings if each.severity != "ok"] == []
    assert (found.ok, found.registry) == (True, str(world.home))
    assert {
        "mount", "directory", "access", "database", "lock", "store", "space", "umask", "writer", "schema", "journal",
        "head", "bytes", "garbage", "leftovers", "clock", "python", "sqlite", "modelkeep", "typer", "cache", "memory",
        "origin", "owners",
    } == {each.code for each in found.findings}  # fmt: skip
    assert [each.place for each in found.findings if each.code == "modelkeep"] == [os.path.dirname(modelkeep.__file__)]


def test_doctor_changes_nothing(world):
    before = every(world.root)
    world.registry.doctor()
    assert every(world.root) == before
    assert list((world.home / "store" / "tmp").iterdir()) == []


def test_a_missing_or_empty_directory_is_an_error_that_hints_at_init(tmp_path):
    world = World(tmp_path, create=False)
    for _ in range(2):
        with pytest.raises(RegistryUnavailable, match="there is nothing at") as caught:
            world.registry.doctor()
        assert caught.value.hint == f"modelkeep init {world.home}"
        world.home.mkdir(exist_ok=True)


# The place ---------------------------------------------------------------------------------------


def test_a_mount_with_broken_locks_is_an_error():
    line = "21 1 0:30 / / rw shared:1 - nfs server:/x rw,vers=3,nolock"
    found = place.mount_finding("/srv/models", mount_of("/srv/models", line), needs_locks=True)
    assert (found.severity, found.code, found.place) == ("error", "locks", "/srv/models")
    assert found.message.startswith("nfs mounted at / (rw,vers=3,nolock): nfs with nolock: its locks stay")
    assert found.hint == "mount it without nolock, or keep the registry on a local disk"


@pytest.mark.parametrize(
    ("line", "said"),
    [("nfs4 server:/x rw,vers=4.2", "other machines may write there"), ("ext4 /dev/sda1 ro", "nobody can write there")],
)
def test_a_network_mount_and_a_read_only_one_are_warned_of(line, said):
    kind, source, options = line.split()
    line = f"21 1 0:30 / / {options.split(',')[0]} shared:1 - {kind} {source} {options}"
    found = place.mount_finding("/srv/models", mount_of("/srv/models", line), needs_locks=True)
    assert (found.severity, found.code) == ("warning", "mount")
    assert said in found.message


@pytest.mark.parametrize(
    ("mode", "severity", "said", "hint"),
    [
        (0o777, "error", "every account of this machine can replace the log", "chmod o-w"),
        (0o3770, "error", "it is sticky", "chmod -t"),
        (0o770, "warning", "new files do not get its group", "chmod g+s"),
    ],
)
def test_a_wrong_mode_of_the_directory_is_reported_with_its_chmod(world, mode, severity, said, hint):
    world.home.chmod(mode)
    found = [each for each in world.registry.doctor().findings if each.code == "directory"]
    assert [(each.severity, each.hint) for each in found] == [(severity, f"{hint} {world.home}")]
    assert f"mode {mode:04o}" in found[0].message
    assert said in found[0].message


def test_files_of_a_shared_registry_that_lock_the_group_out(world):
    world.home.chmod(0o2770)
    for name in ("blobs", "blobs/sha256", "tmp"):
        (world.home / "store" / name).chmod(0o2770)
    (world.home / "store").chmod(0o2770)
    world.database.chmod(0o640)
    found = only_with(world, "lock", "database")
    assert {each.hint for each in found} == {f"chmod g+w {world.database}", f"chmod g+w {world.home}/registry.lock"}
    for name in ("registry.db", "registry.lock"):
        (world.home / name).chmod(0o660)
    assert told(world) == []
    (world.home / "store" / "tmp").chmod(0o755)
    assert only(world, "store").hint == f"chmod g+ws {world.home}/store/tmp"


def only_with(world, *codes):
    found = [each for each in world.registry.doctor().findings if each.severity != "ok"]
    assert sorted(each.code for each in found) == sorted(codes), found
    return found


@needs_root
def test_a_file_of_another_group_than_the_shared_directory(world):
    world.home.chmod(0o2770)
    for path in (world.home / "store").rglob("*"):
        if path.is_dir():
            path.chmod(0o2770)
    (world.home / "store").chmod(0o2770)
    for name in ("registry.db", "registry.lock"):
        (world.home / name).chmod(0o660)
    os.chown(world.database, -1, NOBODY)
    found = only(world, "database")
    assert (found.severity, found.hint.split()[0], found.hint.split()[-1]) == ("error", "chgrp", str(world.database))


@pytest.mark.parametrize("name", ["registry.db", "registry.lock"])
def test_a_world_writable_file_is_an_error(world, name):
    (world.home / name).chmod(0o666)
    found = only(world, "database" if name.endswith("db") else "lock")
    assert (found.severity, found.hint) == ("error", f"chmod o-w {world.home / name}")


def test_a_missing_lock_file_is_a_warning(world):
    (world.home / "registry.lock").unlink()
    assert only(world, "lock").severity == "warning"


def test_a_store_link_without_target_is_an_error(world):
    (world.home / "store").rename(world.root / "disk")
    (world.home / "store").symlink_to(world.root / "disk")
    assert only(world, "owner").hint.endswith(f"modelkeep init {world.home} --store {world.root}/disk")
    modelkeep.create_registry(world.home, store=world.root / "disk")
    assert told(world) == []
    (world.root / "disk").rename(world.root / "unmounted")
    found = only(world, "store")
    assert (found.severity, found.place) == ("error", f"{world.home}/store")
    assert found.message == f"it leads to {world.root}/disk, which is not there"


def test_a_store_without_its_directories(world):
    (world.home / "store" / "tmp").rmdir()
    found = only(world, "store")
    assert (found.severity, found.place) == ("warning", f"{world.home}/store/tmp")
    assert (found.message, found.hint) == (
        "it is missing: the next register makes it again",
        f"mkdir {world.home}/store/tmp",
    )
    (world.home / "store").chmod(0o2770)
    assert only(world, "store").hint == f"mkdir -m 2770 {world.home}/store/tmp"
    (world.home / "store").chmod(0o755)
    (world.home / "store" / "blobs").rename(world.root / "blobs")
    assert [(each.severity, each.hint) for each in only_with(world, "store", "store", "store")] == [
        *(
            (
                "error",
                f"mkdir -p {world.home}/store/{name}        (where it was empty, else modelkeep verify --repair BACKUP)",
            )
            for name in ("blobs", "blobs/sha256")
        ),
        ("warning", f"mkdir {world.home}/store/tmp"),
    ]


def test_a_world_writable_store_is_an_error(world):
    (world.home / "store" / "blobs").chmod(0o777)
    assert only(world, "store").hint == f"chmod o-w {world.home}/store/blobs"


def test_a_sticky_store(world):
    (world.home / "store" / "tmp").chmod(0o1755)
    found = only(world, "store")
    assert (found.severity, found.hint) == ("warning", f"chmod -t {world.home}/store/tmp")


@pytest.mark.parametrize("name", ["store", "store/blobs", "store/tmp"])
def test_a_file_in_the_place_of_a_directory_of_the_store_is_not_called_missing(world, name):
    place = world.home / name
    os.rename(place, f"{world.root}/away")
    place.touch()
    assert told(world) == [
        f"error store /registry/{name}: it is not a directory -> ls -ld {place}        (who made it?)"
    ]


def test_a_stored_file_that_is_writable(world):
    blob = next(path for path in (world.home / "store" / "blobs").rglob("*") if path.is_file())
    blob.chmod(0o644)
    found = only(world, "bytes")
    assert (found.severity, found.place) == ("warning", "fraud@1" if blob.read_bytes() == b"one" else "fraud@2")
    assert f"chmod 0444 {blob}" in found.message


def test_an_umask_that_locks_its_own_account_out(world):
    before = os.umask(0o777)
    try:
        found = only(world, "umask")
    finally:
        os.umask(before)
    assert (found.severity, found.place) == ("warning", "0777")


@pytest.mark.linux
@needs_root
def test_a_disk_that_is_nearly_full_and_one_without_room_for_files(tmp_path):
    world = World(tmp_path)
    world.moment = datetime.now(UTC)
    bytes_, files = "are free", "more files can be made"
    for options, said in (
        ("size=64m", [bytes_]),
        ("size=2000m,nr_inodes=60", [files]),
        ("size=64m,nr_inodes=60", [files, bytes_]),
    ):
        disk = tmp_path / options.replace(",", "-")
        disk.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], check=False, capture_output=True)
        if done.returncode:
            pytest.skip("this machine does not let us mount")
        try:
            (world.home / "store").rename(tmp_path / "away")
            subprocess.run(["cp", "-a", f"{tmp_path}/away", disk / "store"], check=True)
            (world.home / "store").symlink_to(disk / "store")
            modelkeep.create_registry(world.home, store=disk / "store")
            found = only_with(world, *["space"] * len(said))
            assert {(each.severity, each.place) for each in found} == {("warning", str(disk / "store"))}
            assert all(text in each.message for text, each in zip(said, found, strict=True))
        finally:
            (world.home / "store").unlink()
            (tmp_path / "away").rename(world.home / "store")
            subprocess.run(["umount", "-l", disk], check=True)


# The database ------------------------------------------------------------------------------------


def test_a_missing_database_beside_its_store(world):
    world.database.unlink()
    found = only(world, "database")
    assert (found.severity, found.message) == ("error", "it is missing")


def test_an_empty_database(world):
    world.database.write_bytes(b"")
    assert only(world, "database").message == "it is empty"


@pytest.mark.parametrize("content", [b"garbage" * 1000, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_file_that_is_no_database_is_an_error(world, content):
    world.database.write_bytes(content)
    found = only(world, "database")
    assert (found.severity, found.place) == ("error", str(world.database))
    assert found.hint == (
        "what can be read: modelkeep verify --log; "
        f"bring it back from a backup: cp BACKUP/registry.db {world.home}/        (docs/backup.md)"
    )


def test_a_database_of_another_program(world):
    world.database.unlink()
    connection = sqlite3.connect(world.database)
    connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    found = only(world, "database")
    assert (found.severity, found.message) == ("error", "this SQLite file is not a modelkeep registry")


@pytest.mark.parametrize(
    ("number", "severity", "hint"), [(1, "warning", "modelkeep migrate"), (99, "error", "install a newer modelkeep")]
)
def test_a_schema_of_another_age(world, number, severity, hint):
    world.edit(f"PRAGMA user_version = {number}")
    found = only(world, "schema")
    assert (found.severity, found.hint) == (severity, hint)


def test_a_schema_that_somebody_changed(world):
    world.edit("CREATE TABLE mine (a)", "DROP INDEX version_blob_size")
    found = only_with(world, "schema", "schema")
    assert [each.message for each in found] == [
        "the index version_blob_size is missing",
        "the table mine is unknown",
    ]


def test_of_many_changes_to_the_schema_the_rest_is_counted(world):
    world.edit(*(f"CREATE TABLE mine{number} (a)" for number in range(7)))
    found = only_with(world, *["schema"] * 6)
    assert [each.message for each in found][4:] == [
        "the table mine4 is unknown",
        "and 2 more of the schema are not as they should be",
    ]


def test_a_database_that_was_switched_to_wal(world):
    connection = sqlite3.connect(world.database)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA user_version = {schema.VERSION}")
    found = only_with(world, "journal", "wal")
    assert {each.severity for each in found} == {"warning"}
    connection.close()


def test_a_journal_that_a_killed_writer_left(world):
    code = (
        "import os, signal, sys\n"
        "from modelkeep.store.db.sqlite.database import Database\n"
        "with Database(sys.argv[1]).writing() as writer:\n"
        "    writer.run('PRAGMA cache_size = 1')\n"
        "    writer.run(\"UPDATE model_name SET name = 'x'\")\n"
        "    for number in range(2000):\n"
        "        writer.run('INSERT INTO run VALUES (2, 1, :id, 0, :x)', id=number + 10, x='x' * 500)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, world.home], check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    before = every(world.home)
    found = only(world, "journal")
    assert (found.severity, found.place) == ("warning", f"{world.database}-journal")
    assert "a writer was killed" in found.message
    assert every(world.home) == before
    world.registry.status()
    assert told(world) == []


def test_doctor_names_the_process_that_is_writing(world):
    code = (
        "import sys\n"
        "from modelkeep.store.db.sqlite.database import Database\n"
        "with Database(sys.argv[1]).writing():\n"
        "    print('has it', flush=True); sys.stdin.readline()\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", code, world.home], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert writer.stdout.readline() == "has it\n"
        assert told(world) == []
        (line,) = [each.message for each in world.registry.doctor().findings if each.code == "writer"]
        assert line.startswith(f"process {writer.pid} of ")
        assert line.endswith(" ago, is writing")
        os.kill(writer.pid, signal.SIGSTOP)
        os.waitpid(writer.pid, os.WUNTRACED)
        found = only(world, "writer")
        assert (found.severity, found.hint) == ("warning", f"kill -CONT {writer.pid}")
    finally:
        os.kill(writer.pid, signal.SIGCONT)
        writer.communicate("\n")
    assert [each.message for each in world.registry.doctor().findings if each.code == "writer"] == [
        "no process of this machine is writing"
    ]


# The log -----------------------------------------------------------------------------------------


def test_a_log_that_went_backwards(world):
    old = world.database.read_bytes()
    world.register(content=b"newer")
    world.database.write_bytes(old)
    found = only(world, "head")
    assert (found.severity, found.message) == ("error", "the log went backwards: this account saw entry 4")
    assert "verify --accept-head" in found.hint


def test_a_log_that_was_rewritten(world):
    head_cache.replace(world.context.state_dir, world.registry.id, 2, hash_entry(b"other"))
    found = only(world, "head")
    assert (found.severity, found.place) == ("error", "entry 2")


def test_a_log_without_entries_and_one_whose_last_cannot_be_read(world):
    world.edit("UPDATE entry SET bytes = x'00' WHERE seq = 3")
    assert only(world, "log").message.startswith("the last entry cannot be read: ")
    world.edit("DELETE FROM entry")
    assert only(world, "log").message == "it has no entry"


# What is stored ----------------------------------------------------------------------------------


def test_bytes_that_are_missing_or_cut_off(world):
    blobs = sorted(path for path in (world.home / "store" / "blobs").rglob("*") if path.is_file())
    blobs[0].unlink()
    blobs[1].chmod(0o644)
    blobs[1].write_bytes(b"")
    blobs[1].chmod(0o444)
    found = only_with(world, "bytes", "bytes")
    assert {each.severity for each in found} == {"error"}
    assert {each.place for each in found} == {"fraud@1", "fraud@2"}
    assert {each.hint for each in found} == {"modelkeep verify --bytes --repair PATH        (a backup)"}


def test_garbage_is_counted_and_ok(world):
    store_bytes(world.context.bucket, b"abandoned")
    (found,) = [each for each in world.registry.doctor().findings if each.code == "garbage"]
    assert (found.severity, found.hint) == ("ok", "modelkeep gc --grace 0        (now)")
    when = re.fullmatch(
        r"1 file, 9 bytes, needed by no version: gc removes all of it from (.{16}) UTC on", found.message
    )[1]
    world.moment = datetime.fromisoformat(f"{when}+00:00") - timedelta(minutes=2)
    assert world.registry.gc().young_files == 1
    store_bytes(world.context.bucket, b"one more")
    world.moment += timedelta(minutes=4)
    assert garbage(world) == ("2 files, 17 bytes, needed by no version: gc removes all of it", "modelkeep gc")
    assert world.registry.gc().freed_bytes == 17


def garbage(world):
    (found,) = [each for each in world.registry.doctor().findings if each.code == "garbage"]
    return found.message, found.hint


def test_garbage_past_its_grace_period_is_told_from_younger_garbage(world):
    world.registry.delete("fraud@1")
    world.pass_time(days=8)
    world.registry.delete("fraud@2")
    date = world.moment + timedelta(days=7, minutes=1)
    assert garbage(world) == (
        f"2 files, 7 bytes, needed by no version: gc removes 1 now, and all from {date:%Y-%m-%d %H:%M} UTC on",
        "modelkeep gc",
    )
    assert world.registry.gc().freed_bytes == 3
    world.moment = date + timedelta(minutes=1)
    assert garbage(world)[1] == "modelkeep gc"
    assert world.registry.gc().freed_bytes == 4


HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute(sys.argv[2])
connection.execute("SELECT * FROM entry").fetchall()
print("has it", flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("begin", ["BEGIN", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_doctor_names_a_foreign_process_that_keeps_the_database_locked(world, begin):
    """It names one that only reads nowhere; one that keeps readers out is told once, and is no error."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, world.database, begin], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "has it\n"
        wrong = told(world)
        (line,) = [each.message for each in world.registry.doctor().findings if each.code == "writer"]
    finally:
        holder.communicate("\n")
    if begin == "BEGIN":
        assert (line, wrong) == ("no process of this machine is writing", [])
        return
    assert line.startswith(f"process {holder.pid} of ")
    assert line.endswith(" ago, is writing")
    busy = (
        "warning database /registry/registry.db: it could not be looked at: the registry is busy: "
        f"process {holder.pid} of root holds it: {world.database} -> try again"
    )
    assert wrong == ([busy] if begin == "BEGIN EXCLUSIVE" else [])


def test_leftovers_of_killed_writers_are_a_warning(world):
    place = world.home / "store" / "tmp" / f"{boot_id()}-4000000-{'a' * 16}"
    place.mkdir()
    (place / "1").write_bytes(b"half")
    (world.home / "store" / "notes").write_text("mine")
    found = {each.code: each for each in only_with(world, "leftovers", "unknown")}
    assert found["leftovers"].message == "1 file, 4 bytes, left by writers that were killed"
    assert found["unknown"].place == str(world.home / "store" / "notes")
    (world.home / "store" / "notes").unlink()
    world.registry.gc()
    assert told(world) == []


def test_drafts_of_an_earlier_boot_may_be_those_of_a_writer_on_another_machine(world):
    place = world.home / "store" / "tmp" / f"{'0' * 32}-4000000-{'a' * 16}"
    place.mkdir()
    (place / "1").write_bytes(b"half")
    assert only(world, "leftovers").message == (
        "1 file, 4 bytes, left by writers that were killed, or that write on another machine"
    )


def test_a_damaged_file_kept_by_a_repair_is_ok(world):
    place = world.home / "store" / "tmp" / f"{boot_id()}-4000000-{'a' * 16}"
    place.mkdir()
    (place / ("damaged-" + "0" * 64)).write_bytes(b"bad")
    assert told(world) == []
    assert [each.place for each in world.registry.doctor().findings if each.code == "damaged"] == [str(place)]


def test_drafts_of_a_live_writer_are_no_leftovers(world):
    place = world.home / "store" / "tmp" / f"{boot_id()}-4000000-{'a' * 16}"
    place.mkdir()
    descriptor = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        assert told(world) == []
    finally:
        os.close(descriptor)
    assert only(world, "leftovers").severity == "warning"


# This side ---------------------------------------------------------------------------------------


def test_a_clock_that_is_behind_the_log_and_away_from_the_file_systems(world):
    world.pass_time(hours=-3)
    found = only_with(world, "clock", "clock")
    assert found[0].message.startswith("this machine's clock is 180 minutes behind the log's last entry, ")
    assert found[1].message == (
        "this machine's clock is 180 minutes away from the file system's (of a directory just made)"
    )


def test_a_cache_and_a_memory_that_cannot_be_written(world):
    (world.root / "cache").write_text("a file")
    for path in (world.root / "state",):
        for each in sorted(path.rglob("*"), reverse=True):
            each.unlink() if each.is_file() else each.rmdir()
        path.rmdir()
        path.write_text("a file")
    found = only_with(world, "cache", "memory")
    assert {each.severity for each in found} == {"warning"}


def test_the_setting_that_chose_the_registry_is_named(world):
    located = Located(str(world.home), "environment", "MODELKEEP_REGISTRY")
    found = Registry(world.context, located).doctor()
    assert [each.message for each in found.findings if each.code == "origin"] == [
        "chosen by environment: MODELKEEP_REGISTRY"
    ]


@needs_root
def test_an_untrusted_registry_of_another_user_is_an_error(world):
    for path in (world.home, *world.home.rglob("*")):
        os.chown(path, NOBODY, -1)
    located = Located(str(world.home), "directory", str(world.home), str(world.home))
    found = Registry(world.context, located).doctor()
    (line,) = [each for each in found.findings if each.severity != "ok"]
    assert (line.severity, line.code) == ("error", "origin")
    assert "so it is not used without being asked for" in line.message
    assert line.hint.startswith(f"modelkeep config trust {world.home}")


# Whoever asks ------------------------------------------------------------------------------------


@needs_root
@pytest.mark.parametrize("mode", [0o755, 0o700, 0o000])
def test_doctor_answers_an_account_that_may_only_read_or_nothing(mode):
    import shutil

    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    try:
        world = World(root)
        world.moment = datetime.now(UTC)
        world.register(content=b"one")
        world.registry.doctor()  # what it imports may lie where the other account cannot look
        for path in world.home.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o444)
        world.home.chmod(mode)
        before = every(world.home)
        os.seteuid(NOBODY)
        try:
            found = world.registry.doctor()
        finally:
            os.seteuid(0)
        assert every(world.home) == before
        said = {each.code: (each.severity, each.message) for each in found.findings}
        if mode == 0o755:
            assert found.ok
            assert said["access"] == ("ok", "this account may read and not write")
            assert said["bytes"][0] == said["clock"][0] == "ok"
        else:
            assert not found.ok
            assert said["access"] == ("error", "this account may not look into it")
            assert [each.code for each in found.findings if each.severity == "error"] == ["access"]
    finally:
        os.seteuid(0)
        shutil.rmtree(root)


@pytest.mark.linux
@needs_root
def test_a_read_only_mount_is_checked_like_any_other(world):
    mounted = subprocess.run(["mount", "--bind", world.home, world.home], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine does not let us mount")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", world.home], check=True)
        found = only(world, "mount")
        assert (found.severity, found.message.endswith("nobody can write there")) == ("warning", True)
        assert {"bytes", "head", "clock", "garbage"} <= codes(world)
    finally:
        subprocess.run(["umount", "-l", world.home], check=True)


@pytest.mark.parametrize("name", ["registry.db", "registry.lock", "store", "store/tmp", "store/blobs/sha256"])
@pytest.mark.parametrize("kind", ["file", "directory", "fifo", "loop", "nothing"])
def test_anything_in_the_place_of_a_file_of_the_registry_is_a_finding(world, name, kind):
    path = world.home / name
    path.rename(world.root / "away")
    match kind:
        case "file":
            path.write_bytes(b"?" * 100)
        case "directory":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "loop":
            path.symlink_to(path)
    found = world.registry.doctor()
    wrong = [each for each in found.findings if each.severity != "ok"]
    harmless = (kind == "directory" and name == "store/tmp") or (name, kind) == ("registry.lock", "file")
    assert wrong or harmless
    assert all(each.hint for each in wrong)


def test_a_damaged_page_is_found_though_nothing_else_reads_it(world):
    with sqlite3.connect(world.home / "registry.db") as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'alias'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    with (world.home / "registry.db").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"garbage!")
    found = only(world, "database")
    assert (found.severity, found.message.partition(": ")[0]) == ("error", "the file is damaged")
    assert found.hint == (
        "what can be read: modelkeep verify --log; "
        f"bring it back from a backup: cp BACKUP/registry.db {world.home}/        (docs/backup.md)"
    )


def test_nothing_of_a_hostile_registry_reaches_a_terminal_raw(world):
    odd = world.home / "store" / "\x1b[31m\n"
    odd.touch()
    world.edit('CREATE TABLE "\x1b[2J" (a)')
    found = world.registry.doctor()
    assert "\x1b" not in str(found).replace("\\x1b", "")
    assert all(each.message.isprintable() and each.place.isprintable() for each in found.findings)


def test_a_database_is_never_opened_by_anything_but_sqlite(world, monkeypatch):
    opened = []
    real = os.open

    def noted(path, *rest, **more):
        opened.append(str(path))
        return real(path, *rest, **more)

    monkeypatch.setattr(os, "open", noted)
    with Database(str(world.home)).writing():
        world.registry.doctor()
    assert not [path for path in opened if path.endswith("registry.db")]


def test_hints_quote_paths_for_the_shell(tmp_path):
    world = World(tmp_path / "my place")
    world.home.chmod(0o777)
    (found,) = [each for each in world.registry.doctor().findings if each.code == "directory"]
    assert found.hint == f"chmod o-w '{world.home}'"


def test_what_a_killed_get_left_in_the_current_directory_is_found_and_what_is_at_work_is_not(world):
    left, live = (world.work / f".modelkeep-{each * 16}" for each in "0a")
    left.mkdir()
    live.write_bytes(b"half")
    (world.work / ".modelkeep-mine").touch()
    with live.open("rb") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        found = only(world, "unfinished")
    assert (found.severity, found.place, found.hint) == ("warning", str(left), f"rm -rf {left}")
    assert found.message == "left by a get that was killed: the next get there removes it"
