"""Backup, disaster, restore and repair as they are typed; killed at any step, on a full disk, beside writers."""

import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from processes import do, killed_at, start
from warm import of_checkout, struck

from harm import needs_root, needs_strace
from modelkeep.errors import RegistryUnavailable
from modelkeep.registry import create_registry, open_registry
from modelkeep.store.db.sqlite.database_copy import Pace

PROLOGUE = "from modelkeep.registry import open_registry; r = open_registry('registry');"
BACKUP = PROLOGUE + "assert r.backup('backup').ok"
REPAIR = PROLOGUE + "assert r.verify(log=False, repair='right').ok"
REPAIR_FROM_BACKUP = PROLOGUE + "assert r.verify(log=False, repair='old').ok"


# As it is typed


def test_backup_disaster_restore_and_on(run):
    """What docs/backup.md tells, from end to end."""
    registry, backup = run.home / "models", run.home / "backup"
    run.env["MODELKEEP_REGISTRY"] = str(registry)
    assert run("init").exit_code == 0
    for number in (1, 2):
        (run.cwd / "m").write_text(f"model {number}")
        assert run("register", "fraud", "m", "--stage", "production").exit_code == 0
    done = run("backup", backup)
    assert (done.exit_code, done.stdout) == (0, f"{backup}\n")
    assert done.stderr == "3 entries, 2 versions, 2 new stored files (14 B)\n"
    done = run("backup", backup)
    assert done.stderr == "3 entries, 2 versions, nothing new\n"
    # more is written, and lost
    (run.cwd / "m").write_text("model 3")
    assert run("register", "fraud", "m").exit_code == 0
    shutil.rmtree(registry)
    assert run("list").exit_code == 7
    # the backup is a registry: it answers, is whole, and takes no changes
    done = run("list", "--registry", backup)
    assert (done.exit_code, done.stdout.split("\t")[:3]) == (0, ["fraud", "production", "2"])
    assert run("verify", "--registry", backup).exit_code == 0
    done = run("promote", "fraud@1", "staging", "--registry", backup)
    assert (done.exit_code, done.stdout) == (4, "")
    assert done.stderr.startswith(f"error: {backup} is a backup of {registry}, and takes no changes\nhint: ")
    assert f"backup_of\t{registry}\n" in run("status", "--registry", backup).stdout
    # back in its place
    shutil.copytree(backup, registry)
    done = run("list")
    assert done.exit_code == 0
    assert done.stderr.startswith("warning: the log went backwards: this account saw entry 4, and the log ends at 3")
    done = run("verify")
    assert done.exit_code == 5
    assert done.stdout.startswith("error\thead\tentry 4\t")
    assert run("verify", "--accept-head").exit_code == 0
    assert run("verify").exit_code == 0
    assert run("register", "fraud", "m").stdout == "fraud@3\n"
    assert run("backup", backup).exit_code == 0
    assert run("list", "fraud", "--registry", backup).stdout.count("\n") == 3


def test_the_document_of_a_backup_and_its_refusals(run):
    assert run("init", run.home / "models").exit_code == 0
    run.env["MODELKEEP_REGISTRY"] = str(run.home / "models")
    (run.cwd / "m").write_text("model")
    assert run("register", "fraud", "m").exit_code == 0
    document = json.loads(run("backup", "../copy", "-n", "--json").stdout)
    assert (document["schema"], document["dry_run"], document["new_bytes"]) == ("modelkeep.backup/1", True, 5)
    assert not (run.home / "copy").exists()
    (blob,) = (run.home / "models" / "store" / "blobs" / "sha256").glob("*/*")
    blob.rename(run.home / "lost")
    done = run("backup", "../copy")
    assert (done.exit_code, done.stdout) == (5, f"{run.home}/copy\n")
    assert "error: fraud@1 m: the bytes of sha256:" in done.stderr
    done = run("backup", ".")
    assert (done.exit_code, done.stdout) == (4, "")
    assert done.stderr.startswith(f"error: {run.cwd} holds other things: m\n")
    assert run("backup", run.home / "models" / "inside").exit_code == 2


def test_a_damaged_file_is_repaired_and_told(run):
    assert run("init").exit_code == 0
    (run.cwd / "m").write_text("model")
    assert run("register", "fraud", "m").exit_code == 0
    (blob,) = (run.cwd / ".modelkeep" / "store" / "blobs" / "sha256").glob("*/*")
    blob.chmod(0o644)
    blob.write_text("Model")
    done = run("verify", "--bytes")
    assert done.exit_code == 5
    assert done.stderr.splitlines()[1].startswith("hint: modelkeep verify --bytes --repair PATH ")
    (finding,) = json.loads(run("verify", "--json").stdout)["findings"]
    assert finding.pop("message").startswith("m: its bytes are sha256:")
    assert finding == {
        "severity": "error", "code": "blob", "place": "fraud@1",
        "ref": "fraud@1", "path": "m", "digest": f"sha256:{blob.name}",
    }  # fmt: skip
    done = run("verify", "--bytes", "--quick")
    assert done.stderr == "ok: 1 version, 1 stored file, 5 B (sizes only): 1 warning\n"
    done = run("verify", "--bytes", "--repair", "m", "-n")
    assert (done.exit_code, blob.read_text()) == (0, "Model")
    assert done.stdout.startswith("repaired\tblob\tfraud@1\tm: its bytes are sha256:")
    assert done.stderr == "ok: 1 version, 1 stored file, 5 B: 1 to be repaired\n"
    # without writing, too: what would stay damaged is exit 5
    (run.cwd / "n").write_text("Model")
    done = run("verify", "--bytes", "--repair", "n", "-n")
    assert (done.exit_code, done.stdout.split("\t")[0]) == (5, "error")
    assert done.stderr == "NOT ok: 1 version, 1 stored file, 5 B: 1 error\n"
    document = json.loads(run("verify", "--bytes", "--repair", "m", "--subset", "1/1", "--json").stdout)
    assert (document["ok"], document["errors"], document["repaired"], document["subset"]) == (True, 0, 1, "1/1")
    assert blob.read_text() == "model"
    assert not document["quick"]
    assert json.loads(run("verify", "--quick", "--json").stdout)["quick"]
    assert run("verify").exit_code == 0


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--bytes", "--subset", "8/7"), "--subset 7/7"),
        (("--log", "--subset", "1/7"), "modelkeep verify --bytes --subset 1/7"),
        (("--log", "--repair", "m"), "modelkeep verify --bytes --repair m"),
        (("--bytes", "-n"), "modelkeep verify --bytes --repair PATH --dry-run"),
        (("--bytes", "--accept-head"), "modelkeep verify --accept-head"),
        (("--accept-head", "--repair", "m", "-n"), "modelkeep verify --accept-head"),
        (("--log", "fraud@1", "churn@2"), "modelkeep verify --bytes REF"),
        (("--log", "--quick", "fraud"), "modelkeep verify --bytes REF"),
        (("--subset", "1/10000"), "--subset 1/7"),
    ],
)
def test_options_that_exclude_each_other_exit_2_with_a_hint(run, words, hint):
    assert run("init").exit_code == 0
    done = run("verify", *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.endswith(f"hint: {hint}\n")


@pytest.mark.slow
def test_each_half_is_checked_in_full_or_quickly(run):
    """What ``--help`` says of the combinations: who finds a damaged byte, a changed table, a cut chain."""
    assert run("init").exit_code == 0
    (run.cwd / "m").write_text("model")
    assert run("register", "fraud", "m").exit_code == 0
    registry = run.cwd / ".modelkeep"
    (blob,) = registry.glob("store/blobs/sha256/*/*")
    shutil.copytree(registry, run.home / "right")

    def write(text):
        blob.chmod(0o600)
        blob.write_text(text)
        blob.chmod(0o444)

    def edit(statement):
        with closing(sqlite3.connect(registry / "registry.db", isolation_level=None)) as connection:
            triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
            for line in (*(f"DROP TRIGGER {name}" for name, _ in triggers), statement, *(sql for _, sql in triggers)):
                connection.execute(line)

    def found_by(harm, how):
        shutil.rmtree(registry)
        shutil.copytree(run.home / "right", registry)
        harm(how)
        words = ("", "--quick", "--log", "--log --quick", "--bytes", "--bytes --quick")
        return [each for each in words if run("verify", *each.split()).exit_code == 5]

    assert found_by(write, "Model") == ["", "--bytes"]
    assert found_by(write, "shorter") == ["", "--quick", "--bytes", "--bytes --quick"]
    assert found_by(edit, "UPDATE model_name SET name = 'cards', folded = 'cards'") == ["", "--log"]
    assert found_by(edit, "DELETE FROM entry WHERE seq = 1") == ["", "--quick", "--log", "--log --quick"]


def test_only_entries_are_new(run):
    assert run("init").exit_code == 0
    (run.cwd / "m").write_text("model")
    assert run("register", "fraud", "m").exit_code == 0
    assert run("backup", run.home / "backup").exit_code == 0
    assert run("tag", "fraud@1", "owner=risk").exit_code == 0
    for words, more in ((("-n",), "dry run: nothing was written\n"), ((), "")):
        done = run("backup", run.home / "backup", *words)
        assert done.stderr == f"3 entries, 1 version, no new stored file\n{more}"


def test_an_unmounted_store_is_hinted_at_doctor_and_not_repair(run):
    assert run("init", "--store", run.home / "bytes").exit_code == 0
    (run.cwd / "m").write_text("model")
    assert run("register", "fraud", "m").exit_code == 0
    (run.home / "bytes").rename(run.home / "unmounted")
    assert run("verify").stderr.endswith("\nhint: is its disk mounted? modelkeep doctor\n")
    done = run("register", "fraud", "m", "--label", "1.0", "--if-exists", "new")
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (7, "hint: is the disk it is on mounted?")


def test_a_backup_to_a_stream_is_refused(run):
    assert run("init").exit_code == 0
    for dest in ("-", ""):
        done = run("backup", dest)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith(f"error: a backup is a directory, and '{dest}' is none\nhint: ")


# Beside writers

WRITES = """
import itertools, sys
from modelkeep.registry import open_registry
registry, number, count = open_registry("registry"), sys.argv[1], 0
sys.stdin.readline()
while True:
    count += 1
    with open(f"m-{number}", "w") as file:
        file.write(f"model {number} {count}")
    made = registry.register("fraud", f"m-{number}", code="none")
    if count % 3 == 0:
        registry.promote(made.ref, "production")
    print(made.ref, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("step_pages", [1000, 4])
def test_backups_beside_writers_are_whole_and_lose_nothing_of_what_was_reported(tmp_path, monkeypatch, step_pages):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    registry, _ = create_registry("registry")
    monkeypatch.setattr(
        "modelkeep.store.db.sqlite.database_copy.copy_database.__defaults__", (Pace(step_pages=step_pages),)
    )
    writers = [start(WRITES, ".", number) for number in range(4)]
    try:
        for writer in writers:
            writer.stdin.write("go\n")
            writer.stdin.flush()
        entries = []
        for turn in range(8):
            reported = {writer.stdout.readline().strip() for writer in writers}
            made = registry.backup("backup" if turn % 2 else f"backup-{turn}")
            assert made.ok
            copy = open_registry(made.path)
            assert {row.ref for row in copy.versions("fraud")} >= reported
            assert [each for each in copy.verify().findings if each.severity == "error"] == []
            entries.append(made.entries)
        assert entries == sorted(set(entries)), "nothing was written meanwhile"
    finally:
        for writer in writers:
            writer.kill()
    assert [writer.communicate()[1] for writer in writers] == [""] * 4


# Killed


@pytest.fixture
def base(tmp_path, monkeypatch):
    """Return a registry of which there is a backup in ``old``, and in which more happened since."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    registry, _ = create_registry("registry")
    Path("right").mkdir()
    for number in range(3):
        Path("right", str(number)).write_text(f"model {number}")
        registry.register("fraud", f"right/{number}", code="none")
    registry.backup("old")
    Path("m").mkdir()
    for number in range(3, 6):
        Path("m", "m").write_text(f"model {number}")
        registry.register("fraud", "m/m", code="none")
    registry.promote("fraud@4", "production")
    return registry


@pytest.fixture
def stride(request):
    """Return how far apart the steps are at which something is done to a run: of many alike, every n-th."""
    full = request.config.getoption("--full")
    return lambda call: 17 if call == "pwrite64" else 4 if call == "fsync" and not full else 1


def look(directory):
    """Return how many entries a registry has, which is whole."""
    registry = open_registry(directory)
    assert [each for each in registry.verify().findings if each.severity == "error"] == []
    return registry.status().entries


#: What is killed at in each run, and what only in the full one. What ends in `at` is a call of the bucket.
CALLS = ["fsync", "renameat"]
ALL_THE_REST = ["write", "unlinkat", "mkdirat", "fchmod"]
CALLS_OF_THE_DATABASE = ["pwrite64", "unlink", "mkdir"]


def all_in_the_full_run(*names):
    return [pytest.param(name, marks=pytest.mark.full) for name in names]


@needs_strace
@pytest.mark.linux
@pytest.mark.slow
@pytest.mark.parametrize("first", [False, True], ids=["renewed", "first"])
@pytest.mark.parametrize("call", [*CALLS, "rename", *all_in_the_full_run(*ALL_THE_REST, *CALLS_OF_THE_DATABASE)])
def test_killed_at_any_step_the_backup_is_the_old_or_the_new_and_the_next_works(base, stride, call, first):
    outcomes = set()
    for step in range(1, 400, stride(call)):
        shutil.rmtree("backup", ignore_errors=True)
        if not first:
            shutil.copytree("old", "backup")
        lived = killed_at(BACKUP, call, step)
        there = Path("backup", "registry.db").exists()
        assert there or first
        outcomes.add(look("backup") if there else None)
        assert look("registry") == 8
        assert do(BACKUP) == (0, "")
        assert look("backup") == 8
        left = [
            path
            for path in Path("backup").rglob("*")
            if path.is_file() and (".new" in path.name or "tmp" in path.parts)
        ]
        assert left == []
        if lived:
            break
    assert lived
    assert step > 1
    assert outcomes <= {8, None if first else 4}


@needs_strace
@pytest.mark.linux
@pytest.mark.slow
@pytest.mark.parametrize("call", [*CALLS, "linkat", *all_in_the_full_run(*ALL_THE_REST)])
@pytest.mark.parametrize("code", [REPAIR, REPAIR_FROM_BACKUP], ids=["tree", "backup"])
def test_killed_at_any_step_of_a_repair_the_next_one_works(base, call, code):
    blobs = sorted(Path("registry", "store", "blobs").rglob("*/*"))
    contents = {path.name: path.read_bytes() for path in blobs if path.is_file()}
    wanted = [path for path in blobs if path.is_file() and path.read_bytes() in {b"model 0", b"model 1"}]
    for step in range(1, 200):
        for path, how in zip(wanted, (b"damaged", None), strict=True):
            path.unlink(missing_ok=True)
            if how is not None:
                path.write_bytes(how)
                path.chmod(0o444)
        lived = killed_at(code, call, step)
        for path in wanted:  # damaged, missing or right: never something else
            assert not path.exists() or path.read_bytes() in {b"damaged", contents[path.name]}
        assert do(code) == (0, "")
        assert {path.name: path.read_bytes() for path in blobs if path.is_file()} == contents
        assert look("registry") == 8
        if lived:
            break
    assert lived
    assert step > 1


# Told by the system that it cannot be

ERRORS = [
    *(("fsync", "EIO"), ("rename", "EROFS"), ("renameat", "EROFS"), ("renameat", "ENOSPC")),
    *(
        pytest.param(*each, marks=pytest.mark.full)
        for each in (
            *(("pwrite64", "EIO"), ("pwrite64", "ENOSPC"), ("rename", "ENOSPC"), ("mkdir", "EACCES")),
            *(("mkdirat", "EACCES"), ("unlink", "EIO"), ("unlinkat", "EIO")),
        )
    ),
]


@needs_strace
@pytest.mark.linux
@pytest.mark.slow
@pytest.mark.parametrize(("call", "error"), ERRORS)
def test_system_errors_leave_a_whole_backup_and_no_traceback(base, stride, call, error):
    command = ["--registry", "registry", "backup", "backup"]
    for step in range(1, 400, stride(call)):
        shutil.rmtree("backup", ignore_errors=True)
        shutil.copytree("old", "backup")
        strace = struck(
            ["-f", "-o", os.devnull, "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={step}"]
        )
        ended, _, said = of_checkout().run(command, os.environ, Path.cwd(), held=strace)
        said = said.decode()
        assert "Traceback" not in said, said
        assert ended in {0, 2, 5, 7}, said
        entries = look("backup")
        assert entries in {4, 8}
        if ended == 0:
            assert entries == 8
            break
        assert said.startswith("error: ")
        assert "backup" in said
    assert ended == 0
    assert step > 1 or call in {"pwrite64", "unlink", "unlinkat"}  # of which the first may be one that only tidies up


# A full disk


@needs_root
@pytest.mark.linux
@pytest.mark.slow
def test_a_disk_that_is_full_keeps_the_old_backup_and_says_so(base, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    Path("m", "m").write_bytes(b"0123456789" * 20_000)
    base.register("fraud", "m/m", code="none")
    outcomes = set()
    for free_kib in (0, 4, 32, 64, 128, 200, 260, 300, 400, 600, 900):
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], check=False, capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"this machine does not let us mount: {done.stderr.strip()}")
        try:
            shutil.copytree("old", disk / "backup")
            with (disk / "filler").open("wb", buffering=0) as file:
                space = os.statvfs(disk)
                file.write(b"\0" * max(space.f_bavail * space.f_bsize - free_kib * 1024, 0))
            said = _tried(base, disk / "backup")
            outcomes.add(said.partition(" /")[0])
            assert str(disk) in said
            assert look(disk / "backup") == (9 if said.startswith("done") else 4)
            (disk / "filler").unlink()
            assert base.backup(disk / "backup").ok
            assert look(disk / "backup") == 9
        finally:
            subprocess.run(["umount", "-l", disk], check=True)
    assert "done" in outcomes
    assert len(outcomes - {"done"}) >= 2, "the disk was full at one place only"
    assert all("no space left" in said or "no room" in said for said in outcomes - {"done"})


def _tried(registry, dest):
    try:
        return f"done {registry.backup(dest).path}"
    except RegistryUnavailable as error:
        return error.message
