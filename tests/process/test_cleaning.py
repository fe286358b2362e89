"""`gc` and `doctor` as a shell sees them: answers, notes, exit codes."""

import json

import pytest
from disks import limit, tmpfs
from world import World

from harm import needs_root

pytestmark = pytest.mark.process


def abandon(made, name="model1.onnx"):
    """Leave bytes in the store that no version needs, as a register that was killed does."""
    blobs = made / ".modelkeep" / "store" / "blobs" / "sha256"
    digest = "ab" + "0" * 62
    (blobs / "ab").mkdir(exist_ok=True)
    (blobs / "ab" / digest).write_bytes(b"x" * 1500)
    return blobs / "ab" / digest


def test_gc_tells_what_it_would_remove_and_removes_it(run, made):
    place = abandon(made)
    kept = run("gc")
    assert (kept.stdout, kept.exit_code) == ("", 0)
    assert kept.stderr == "nothing to do: there is no garbage of that age\n1 file, 1.5 kB, is younger than 7d\n"
    line = f"sha256:{place.name}\t1500\tnever registered\n"
    would = run("gc", "--grace", "0", "-n")
    assert (would.stdout, would.exit_code) == (line, 0)
    assert would.stderr == "would free 1.5 kB in 1 file\ndry run: nothing was removed\n"
    assert place.exists()
    done = run("gc", "--grace", "0")
    assert (done.stdout, done.stderr, done.exit_code) == (line, "freed 1.5 kB in 1 file\n", 0)
    assert not place.exists()
    assert run("verify", "-q").exit_code == 0


def test_gc_answers_in_json_and_in_identifiers(run, made):
    place = abandon(made)
    found = json.loads(run("gc", "-n", "--grace", "0", "--json").stdout)
    assert (found["schema"], found["dry_run"], found["freed_bytes"]) == ("modelkeep.garbage/1", True, 1500)
    done = run("gc", "-q", "--grace", "0")
    assert (done.stdout, done.stderr) == (f"sha256:{place.name}\n", "")


@pytest.mark.parametrize("words", [["--grace", "tomorrow"], ["--grace", ""], ["-m", "because"], ["fraud@1"]])
def test_gc_refuses_what_it_does_not_understand(run, made, words):
    done = run("gc", *words)
    assert (done.stdout, done.exit_code) == ("", 2)
    assert done.stderr.startswith("error: ")


def test_gc_of_a_log_that_went_back_is_exit_5_with_what_helps(run, made):
    database = made / ".modelkeep" / "registry.db"
    old = database.read_bytes()
    assert run("tag", "fraud@1", "a=b").exit_code == 0
    database.write_bytes(old)
    done = run("gc")
    assert (done.stdout, done.exit_code) == ("", 5)
    assert "error: nothing was removed: this account saw entry 6 of the log, and the log ends at 5" in done.stderr
    assert "modelkeep verify --accept-head" in done.stderr


def test_doctor_is_0_where_all_is_in_order_and_on_warnings_alone(run, made):
    done = run("doctor")
    assert done.exit_code == 0, done.stdout
    assert done.stderr.startswith("ok: 0 errors, ")
    (made / ".modelkeep" / "registry.lock").unlink()
    done = run("doctor")
    assert done.exit_code == 0
    assert done.stdout.startswith("warning\tlock\t")


def test_doctor_is_5_where_an_error_is_and_tells_what_to_do(run, made):
    (made / ".modelkeep").chmod(0o777)
    done = run("doctor", "--json")
    assert done.exit_code == 5
    found = json.loads(done.stdout)
    assert (found["schema"], found["ok"]) == ("modelkeep.diagnosis/1", False)
    assert (found["findings"][0]["code"], found["findings"][0]["hint"].split()[0]) == ("directory", "chmod")
    assert run("doctor", "-q").stdout == "directory\n"


def test_doctor_answers_where_other_commands_cannot(run, made):
    (made / ".modelkeep" / "registry.db").write_bytes(b"?" * 5000)
    assert run("status").exit_code == 5
    done = run("doctor")
    assert done.exit_code == 5
    assert done.stdout.startswith("error\tdatabase\t")
    assert "Traceback" not in done.stderr
    (made / ".modelkeep" / "registry.db").unlink()
    done = run("doctor", "--registry", made / ".modelkeep")
    assert (done.exit_code, done.stdout.split("\t")[:2]) == (5, ["error", "database"])


def test_doctor_is_7_where_there_is_nothing(run):
    done = run("doctor", "--registry", "nowhere")
    assert (done.stdout, done.exit_code) == ("", 7)
    assert "modelkeep init" in done.stderr


@pytest.mark.slow
@pytest.mark.linux
@needs_root
def test_a_full_directory_for_temporary_files_is_named_and_not_the_disk_of_the_registry(run, tmp_path):
    with tmpfs(tmp_path / "quick") as quick, tmpfs(tmp_path / "full") as full:
        world = World(quick)
        tree = world.work / "tree"
        tree.mkdir()
        for number in range(2000):
            (tree / f"{number}").write_text(f"{number}")
        for minor in range(30):  # what thirty versions of 2,000 files need is more than SQLite keeps in memory
            world.registry.register("fraud", str(tree), code="none", label=f"1.{minor}", if_exists="new")
        orphan = world.home / "store/blobs/sha256/ab" / ("ab" + "0" * 62)
        orphan.parent.mkdir(exist_ok=True)
        orphan.write_text("")
        (full / "something").write_text("a disk of no size has no end")

        def gc():
            return run("gc", "--grace", "0", env={"TMPDIR": str(full), "MODELKEEP_REGISTRY": str(world.home)})

        for room, words in (
            ({"free_bytes": 0}, f"no space left in {full}, the directory for temporary files\n"),
            ({"free_files": 0}, f"the directory for temporary files, {full}, cannot be used: unable to open"),
        ):
            limit(full, **room)
            done = gc()
            limit(full)
            told = "nothing more was removed, for what the log needs is kept in a temporary file: "
            assert (done.exit_code, done.stderr.split(told)[0]) == (7, "error: "), done
            assert done.stderr.partition(told)[2].startswith(words)
            assert done.stderr.splitlines()[-1].startswith("hint: TMPDIR names another one that has room; df -")
            assert orphan.exists()
        assert gc().exit_code == 0
        assert not orphan.exists()
