"""The story that `modelkeep demo` plays: true, quick, and gone afterwards."""

import hashlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pexpect
import pytest

from modelkeep.demo import harm, story, train
from modelkeep.demo.player import DemoFailed, Player

pytestmark = [pytest.mark.process, pytest.mark.slow]


@pytest.fixture
def tmpdir_of_the_demo(tmp_path):
    place = tmp_path / "tmp"
    place.mkdir()
    return place


@pytest.fixture(scope="module")
def told(modelkeep, tmp_path_factory):
    """The story, played once with --keep: what it printed and where it is."""
    home = tmp_path_factory.mktemp("home")
    kept = home / "kept"
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    done = subprocess.run(
        [modelkeep, "demo", "--keep", kept], env=environ, capture_output=True, text=True, check=False, cwd=home
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, kept, home


def test_the_demo_ends_as_expected(told):
    printed, _, _ = told
    assert re.search(r"\nDone: \d+ commands in \d+ s, all as expected\.\n", printed)


def test_every_command_is_printed_before_what_it_says(told):
    printed, _, _ = told
    for command, said in (
        ("register fraud model.safetensors", "fraud@1"),
        ('promote fraud@1 production -m "first model"', "production: none -> fraud@1"),
        ("promote fraud@2 production --expect 1", "production: fraud@1 -> fraud@2"),
        ('rollback fraud@3 -m "misses nine frauds of ten"', "production: fraud@3 -> fraud@2"),
        ("promote fraud@3 production\n", "error: fraud@3 is marked bad"),
        ("verify --registry flipped", "NOT ok"),
        ("verify --registry forged", "value is 0.9999"),
        ("verify --registry rewritten", "NOT ok"),
    ):
        line = printed.index(f"$ modelkeep {command}")
        assert said in printed[line : printed.index("\n$", line + 1)], command


def test_the_demo_plays_every_main_command(told):
    printed, _, _ = told
    played = {line.split()[2] for line in printed.splitlines() if line.startswith("$ modelkeep ")}
    assert played >= {
        "init", "register", "promote", "list", "rollback", "history", "show", "lineage", "identify", "audit", "verify",
    }  # fmt: skip


def test_piped_output_has_no_colours(told):
    printed, _, _ = told
    assert "\x1b" not in printed


def test_a_kept_registry_can_be_used(told, run):
    printed, kept, _ = told
    assert f"export MODELKEEP_REGISTRY={kept}/models" in printed
    listed = run("list", "-q", "--registry", kept / "models")
    assert (listed.stdout, listed.exit_code) == ("fraud\n", 0)
    assert run("verify", "--registry", kept / "models").exit_code == 0
    assert run("verify", "--registry", kept / "rewritten").exit_code == 5


def test_with_keep_no_other_directory_is_written(told):
    _, _, home = told
    assert [path.name for path in home.iterdir()] == ["kept"]


def test_without_keep_nothing_is_left_behind(run, tmpdir_of_the_demo):
    done = run("demo", env={"TMPDIR": str(tmpdir_of_the_demo)})
    assert done.exit_code == 0, done.stderr
    assert list(tmpdir_of_the_demo.iterdir()) == []
    assert [path.name for path in run.home.iterdir()] == ["work"]
    assert list(run.cwd.iterdir()) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_story_leaves_nothing_behind(run, tmpdir_of_the_demo, number, code):
    with run.start("demo", env={"TMPDIR": str(tmpdir_of_the_demo)}) as process:
        for line in process.stdout:
            if line.startswith(b"$ modelkeep register"):
                break
        assert len(list(tmpdir_of_the_demo.iterdir())) == 1
        process.send_signal(number)
        process.stdout.read()
        assert process.wait() == code
    assert list(tmpdir_of_the_demo.iterdir()) == []


def test_on_a_terminal_the_story_is_in_colours_and_stays_within_its_width(run, tmpdir_of_the_demo):
    with _at_a_terminal(run, tmpdir_of_the_demo, columns=70) as child:
        child.expect(pexpect.EOF)
        told = child.before
    assert child.exitstatus == 0
    assert "\x1b[1m$ modelkeep list\x1b[0m" in told
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", told).replace("\r\n", "\n")
    matrix = plain[plain.index("$ modelkeep list\n") :].split("$ ")[1].splitlines()[1:]
    assert matrix[0].split() == ["model", "development", "staging", "production"]
    history = plain[plain.index("$ modelkeep history") :].split("\n# ")[0].splitlines()[1:]
    assert max(map(len, history)) <= 70


def test_a_typed_interrupt_leaves_nothing_behind(run, tmpdir_of_the_demo):
    with _at_a_terminal(run, tmpdir_of_the_demo) as child:
        child.expect_exact("$ modelkeep promote fraud@1 production")
        child.sendintr()
        child.expect(pexpect.EOF)
    assert child.exitstatus == 130
    assert "Traceback" not in child.before
    assert list(tmpdir_of_the_demo.iterdir()) == []


def _at_a_terminal(run, tmpdir, columns: int = 100) -> pexpect.spawn:
    env = {**run.env, "TERM": "xterm", "TMPDIR": str(tmpdir)}
    words = (str(run.script), ["demo"])
    return pexpect.spawn(*words, cwd=str(run.cwd), env=env, dimensions=(40, columns), encoding="utf-8", timeout=60)


def test_a_reader_that_goes_away_leaves_nothing_behind(run, tmpdir_of_the_demo):
    with run.start("demo", env={"TMPDIR": str(tmpdir_of_the_demo)}) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait() == 141
    assert list(tmpdir_of_the_demo.iterdir()) == []


def test_a_demo_that_goes_wrong_fails_and_says_where(run, tmpdir_of_the_demo, tmp_path):
    lame = tmp_path / "bin"
    lame.mkdir()
    (lame / "sh").symlink_to("/bin/sh")  # and no cp
    done = run("demo", env={"TMPDIR": str(tmpdir_of_the_demo), "PATH": str(lame)})
    assert done.exit_code == 70
    assert "error: the demo went wrong: `cp -R models flipped` ended with exit code 127 instead of 0" in (done.stderr)
    assert list(tmpdir_of_the_demo.iterdir()) == []


def test_a_directory_with_things_in_it_is_not_used(run):
    (run.cwd / "mine").mkdir()
    (run.cwd / "mine" / "thesis.txt").write_text("do not touch")
    done = run("demo", "--keep", "mine")
    assert done.exit_code == 4
    assert done.stderr == (
        "error: mine is there already and is not an empty directory\nhint: modelkeep demo --keep DIR        (a new or empty directory)\n"
    )
    assert (run.cwd / "mine" / "thesis.txt").read_text() == "do not touch"


def test_an_unwritable_directory_is_named(run):
    (run.cwd / "file").write_text("")
    done = run("demo", "--keep", "file/below")
    assert done.exit_code == 7
    assert done.stderr == (
        "error: the demo cannot write its files: Not a directory\n"
        "hint: modelkeep demo --keep DIR        (on a disk that has room)\n"
    )


def test_the_users_own_registry_and_run_are_not_touched(run):
    assert run("init", "mine").exit_code == 0
    mine = {"MODELKEEP_REGISTRY": str(run.cwd / "mine"), "MLFLOW_RUN_ID": "0123456789abcdef"}
    before = run("audit", env=mine).stdout
    assert "0123456789abcdef" not in run("demo", env=mine).stdout
    assert run("audit", env=mine).stdout == before


# The player


class Listening(Player):
    __slots__ = ("printed",)


@pytest.fixture
def listening(tmp_path):
    printed = []
    made = Listening(str(tmp_path), printed.append, color=False, environ=dict(os.environ))
    made.printed = printed
    return made


def test_a_command_is_printed_then_run_on_a_terminal(listening):
    assert listening.run("test -t 1 && echo it is; echo aside >&2") == "it is\naside\n"
    assert "".join(listening.printed) == "$ test -t 1 && echo it is; echo aside >&2\nit is\naside\n"


def test_another_exit_code_ends_the_demo(listening):
    with pytest.raises(DemoFailed, match="`exit 3` ended with exit code 3 instead of 0"):
        listening.run("exit 3")
    assert listening.run("exit 3", exits=3) == ""


def test_other_output_ends_the_demo(listening):
    with pytest.raises(DemoFailed, match=r"`echo fraud@2` printed nothing that matches 'fraud@3'"):
        listening.run("echo fraud@2", "fraud@3")


def test_modelkeep_in_the_story_is_this_very_program(listening):
    assert listening.run("python -c 'import sys; print(sys.executable)'") == f"{sys.executable}\n"


# The model


def test_the_same_payments_on_every_run(tmp_path):
    for name in ("a", "b"):
        story.write_month(str(tmp_path / name), 9, count=200)
    story.write_month(str(tmp_path / "c"), 10, count=200)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_the_model_learns_what_makes_a_fraud():
    rows = [[float(i), float(i % 7)] for i in range(100)]
    labels = [int(i >= 50) for i in range(100)]
    model = train.fit(rows, labels)
    scores = [train.predict(model, row) for row in rows]
    assert train.measure(scores, labels)["auc"] == 1.0
    assert train.measure(scores[::-1], labels)["auc"] == 0.0
    assert train.predict(model, [0.0, 3.0]) < 0.1
    assert train.predict(model, [99.0, 3.0]) > 0.9


def test_the_file_is_a_genuine_safetensors_file(tmp_path):
    from safetensors.numpy import load_file

    path = str(tmp_path / "model.safetensors")
    model = {"mean": [0.5, -2.0], "scale": [1.0, 4.0], "weights": [0.25, 1.5, -3.0]}
    train.save(path, model, ["amount", "night"])
    assert {name: values.tolist() for name, values in load_file(path).items()} == model
    assert train.load(path) == (model, ["amount", "night"])


# The harm


def test_one_bit_is_flipped_and_nothing_else_changes(tmp_path):
    path = tmp_path / "blob"
    path.write_bytes(bytes(range(100)))
    path.chmod(0o444)
    os.utime(path, (1, 1))
    harm.flip_a_bit(str(path))
    now = path.read_bytes()
    assert [(i, a ^ b) for i, (a, b) in enumerate(zip(bytes(range(100)), now, strict=True)) if a != b] == [(50, 1)]
    assert (path.stat().st_mode & 0o777, path.stat().st_mtime) == (0o444, 1.0)


def test_a_forger_leaves_the_schema_as_it_was(run):
    assert run("init", "models").exit_code == 0
    database = run.cwd / "models" / "registry.db"

    def schema():
        with closing(sqlite3.connect(database)) as connection:
            return sorted(connection.execute("SELECT type, name, sql FROM sqlite_schema"), key=str)

    before = schema()
    harm.forge(str(run.cwd / "models"), "UPDATE entry SET bytes = CAST('{}' AS BLOB) WHERE seq = 1")
    assert schema() == before
    with pytest.raises(LookupError, match="nothing was forged"):
        harm.forge(str(run.cwd / "models"), "UPDATE entry SET bytes = CAST('{}' AS BLOB) WHERE seq = 9")


def test_the_training_script_is_on_its_own(tmp_path):
    script = Path(train.__file__)
    assert "modelkeep" not in re.sub(r'""".*?"""', "", script.read_text(), flags=re.DOTALL)
    story.write_month(str(tmp_path / "payments.csv"), 1, count=300)
    words = [
        sys.executable,
        "-I",
        script,
        "fit",
        "payments.csv",
        "--features",
        "amount,night",
        "--out",
        "m.safetensors",
    ]
    first = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    digest = hashlib.sha256((tmp_path / "m.safetensors").read_bytes()).hexdigest()
    assert subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True).stdout == first
    assert hashlib.sha256((tmp_path / "m.safetensors").read_bytes()).hexdigest() == digest
