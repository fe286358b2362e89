"""`get` and `path` as people and scripts use them: a part of an artifact, the hints, the locale, the place."""

import json
import os
import shutil
import subprocess

import disks
import pytest

from harm import needs_strace

pytestmark = pytest.mark.process


@pytest.fixture
def tree(run, made):
    """Register a directory of three files as ``tree@1``; return the directory in which commands run."""
    for name, data in {"a.txt": "a", "sub/b.txt": "b", "sub/deep/c.txt": "c"}.items():
        (made / "t" / name).parent.mkdir(parents=True, exist_ok=True)
        (made / "t" / name).write_text(data)
    assert run("register", "tree", "t").exit_code == 0
    return made


def test_one_file_of_a_tree_is_fetched(run, tree):
    done = run("get", "tree@1/sub/b.txt", "out.txt")
    assert (done.stdout, done.stderr) == ("out.txt\n", "tree@1: 1 B in 1 file, every byte checked\n")
    assert (tree / "out.txt").read_text() == "b"
    assert run("get", "tree@1/sub/b.txt", "t").stdout == "t/b.txt\n"
    assert run("get", "tree@1/sub/deep/c.txt", "-").stdout == "c"


def test_a_directory_of_a_tree_is_fetched(run, tree):
    assert run("get", "tree@1/sub", "out").stdout == "out\n"
    assert sorted(str(path.relative_to(tree / "out")) for path in (tree / "out").rglob("*.txt")) == [
        "b.txt",
        "deep/c.txt",
    ]
    assert run("get", "tree@1/sub/", "into/").stdout == "into/sub\n"
    document = json.loads(run("get", "tree@1/sub", "out", "--json").stdout)
    assert (document["ref"], document["files"], document["size_bytes"], document["changed"]) == ("tree@1", 2, 2, False)


@pytest.mark.parametrize("command", [["get", "tree@1/sub/nope.txt", "out"], ["path", "tree@1/sub/nope.txt"]])
def test_a_file_that_the_tree_does_not_have_is_answered_with_those_it_has(run, tree, command):
    done = run(*command)
    assert done.exit_code == 3
    assert done.stderr == (
        "error: the artifact has no file 'sub/nope.txt'\nhint: it has sub/b.txt, sub/deep/c.txt, …\n"
    )


@pytest.mark.parametrize("command", [["get", "fraud@1", "out"], ["get", "fraud@1", "-"], ["path", "fraud@1"]])
def test_a_store_that_is_not_mounted_is_one_answer(run, made, command):
    os.rename(made / ".modelkeep/store", made / "away")
    done = run(*command)
    assert done.exit_code == 7
    assert done.stderr == (
        f"error: the store is not there: {made}/.modelkeep/store/blobs/sha256 is no directory\n"
        "hint: is the disk it is on mounted?\n"
    )


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_the_link_of_standard_output_is_left_alone(run, made, force):
    before = os.lstat("/dev/stdout")
    done = run("get", "fraud@1", "/dev/stdout", *force)
    assert (done.exit_code, done.stdout) == (4, "")
    assert done.stderr == (
        "error: '/dev/stdout' belongs to the system: nothing is written there\n"
        "hint: to write to standard output: modelkeep get REF -\n"
    )
    assert os.path.samestat(before, os.lstat("/dev/stdout"))


@pytest.mark.parametrize("command", ["get", "path"])
def test_a_log_that_went_backwards_is_warned_of(run, made, command):
    shutil.copy(made / ".modelkeep/registry.db", made / "old.db")
    assert run("promote", "fraud@2", "production").exit_code == 0
    shutil.copy(made / "old.db", made / ".modelkeep/registry.db")
    done = run(command, "fraud@1", *(["out"] if command == "get" else []))
    assert done.exit_code == 0
    assert done.stderr.startswith(
        "warning: the log went backwards: this account saw entry 6, and the log ends at 5; see modelkeep verify --log\n"
    )


def _locales(directory):
    """Return the environments in which names are not UTF-8: the C locale, and one of Western Europe where it can be made."""
    found = [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]
    if shutil.which("localedef") is not None:
        made = subprocess.run(
            ["localedef", "-i", "en_US", "-f", "ISO-8859-1", str(directory / "en_US.ISO-8859-1")],
            check=False, capture_output=True,
        )  # fmt: skip
        if made.returncode == 0:
            found.append({"LC_ALL": "en_US.ISO-8859-1", "LOCPATH": str(directory)})
    return found


def test_names_come_out_as_they_went_in_under_every_locale(run, made, tmp_path):
    (made / "u").mkdir()
    for name in ("重み.bin", "ümlaut.bin"):
        (made / "u" / name).write_text(name)
    assert run("register", "weights", "u").exit_code == 0
    (tmp_path / "locales").mkdir()
    names = sorted(os.listdir(os.fsencode(made / "u")))
    for number, env in enumerate(_locales(tmp_path / "locales")):
        assert run("get", "weights@1", f"out{number}", env=env).exit_code == 0
        assert sorted(os.listdir(os.fsencode(made / f"out{number}"))) == names
        done = run("path", "weights@1", env=env)
        assert sorted(os.listdir(os.fsencode(done.stdout.strip()))) == names
        assert run("get", "weights@1/重み.bin", f"one{number}", env=env).exit_code == 0
        assert (made / f"one{number}").read_text() == "重み.bin"


def test_a_backup_is_not_made_in_its_registry(run, made):
    for dest in (".modelkeep", ".modelkeep/", "./.modelkeep/../.modelkeep"):
        done = run("backup", dest)
        assert done.exit_code == 2
        assert done.stderr == (
            f"error: {made}/.modelkeep is the registry itself\n"
            "hint: a backup belongs on another disk: modelkeep backup /mnt/backup/models\n"
        )


@pytest.mark.linux
@pytest.mark.parametrize(
    "words", [["get", "fraud@1", "full/out"], ["get", "tree@1", "full/out"], ["backup", "full/bk"]]
)
def test_a_full_disk_is_a_matter_of_the_place(run, tree, words):
    with disks.tmpfs(tree / "full") as full:
        (full / "rest").write_bytes(bytes(4096))
        disks.limit(full, free_bytes=0)
        done = run(*words)
        assert done.exit_code == 7, done.stderr
        assert "no space left" in done.stderr
        assert "hint: df -h" in done.stderr
        left = {path.name for path in full.rglob("*") if path.is_file()} - {"rest"}
        assert left <= {"backup.json.new"}  # an unfinished backup may have begun
        disks.limit(full)
        assert run(*words).exit_code == 0


@pytest.mark.linux
@needs_strace
def test_what_a_killed_get_leaves_is_removed_by_the_next(run, tree):
    for number, what in enumerate(("tree@1", "fraud@1")):
        strike = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=fsync:signal=SIGKILL:when=1"]
        subprocess.run([*strike, run.script, "get", what, f"killed{number}"], cwd=run.cwd, env=run.env, check=False)
        assert [name for name in os.listdir(tree) if name.startswith(".modelkeep-")] != []
        assert not (tree / f"killed{number}").exists()
        assert run("get", what, f"other{number}").exit_code == 0
        assert [name for name in os.listdir(tree) if name.startswith(".modelkeep-")] == []
