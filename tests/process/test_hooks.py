"""Hooks of the installed program: the answer comes first, its exit code stays, and ^C ends the hook and not the change."""

import json
import os
import signal
import time

import pytest

pytestmark = pytest.mark.process


@pytest.fixture
def configure(run, made):
    """Return what writes the user's hooks; the directory of the config is where their commands run."""
    place = run.home / ".config" / "modelkeep"
    place.mkdir(parents=True, exist_ok=True)

    def write(text):
        (place / "config.toml").write_text(text)
        return place

    return write


def test_the_answer_and_the_exit_code_are_those_of_the_change(run, configure):
    configure('[hooks.bad]\non = ["promote"]\ncommand = ["sh", "-c", "echo lost; exit 7"]\n')
    done = run("promote", "fraud@2", "production")
    assert (done.exit_code, done.stdout) == (0, "production: fraud@1 -> fraud@2\n")
    assert "warning: hook bad: exit code 7: lost\n" in done.stderr
    assert run("promote", "fraud@2", "production", "-q").stderr == ""


def test_what_a_hook_prints_is_not_in_the_answer(run, configure):
    place = configure('[hooks.log]\non = ["*"]\ncommand = ["sh", "-c", "tee -a events"]\n')
    done = run("tag", "fraud@2", "a=b", "--json")
    assert json.loads(done.stdout)["schema"] == "modelkeep.change/1"
    assert done.stderr == ""
    assert json.loads((place / "events").read_text())["entry"]["action"] == "tag"


def test_each_change_of_a_batch_is_told_also_where_the_batch_ends_with_an_error(run, configure):
    place = configure('[hooks.log]\non = ["archive"]\ncommand = ["sh", "-c", "cat >> events"]\n')
    assert run("archive", "fraud@2", "fraud@9").exit_code == 8
    assert len((place / "events").read_text().splitlines()) == 1


def test_ctrl_c_ends_the_hook_and_says_that_the_change_is_committed(run, configure, started):
    place = configure(
        '[hooks.slow]\non = ["promote"]\ncommand = ["sh", "-c", "echo $$ > pid.new; mv pid.new pid; exec sleep 1000"]\n'
    )
    process = run.start("promote", "fraud@2", "production")
    started.append(process)
    deadline = time.monotonic() + 60
    while not (place / "pid").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    hook = int((place / "pid").read_text())
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"production: fraud@1 -> fraud@2\n")
    assert b"warning: hook slow was interrupted; entry 6 is committed\n" in err
    with pytest.raises(ProcessLookupError):
        os.kill(hook, 0)
    assert run("show", "fraud", "--field", "holders.0.version").exit_code in (0, 2)
    assert "fraud@2" in run("history", "fraud", "production", "-q").stdout


def test_the_list_and_a_trial(run, configure):
    configure(
        '[hooks.log]\non = ["register"]\ncommand = ["cat"]\n[hooks.bad]\non = ["register"]\ncommand = ["false"]\n'
    )
    listed = run("hook", "list")
    assert [row.split("\t")[:4] for row in listed.stdout.splitlines()] == [
        ["log", "command", "cat", "register"], ["bad", "command", "false", "register"],
    ]  # fmt: skip
    tried = run("hook", "test", "log")
    assert (tried.exit_code, tried.stdout) == (0, "log\tyes\texit code 0\n")
    assert '"test":true' in tried.stderr
    failed = run("hook", "test", "bad", "--event", "promote")
    assert (failed.exit_code, failed.stdout) == (1, "bad\tno\texit code 1\n")


def test_a_hook_that_changes_the_registry_runs_once(run, configure):
    place = configure(
        '[hooks.tag]\non = ["*"]\ncommand = ["sh", "-c", "echo run >> runs; modelkeep note fraud told >&2"]\n'
    )
    assert run("promote", "fraud@2", "staging").exit_code == 0
    assert (place / "runs").read_text() == "run\n"
    assert run("audit", "--limit", "1").stdout.split("\t")[3] == "note"


def test_without_hooks_nothing_of_them_is_loaded(run, made):
    import subprocess

    script = (
        "import sys; sys.argv = ['modelkeep', 'promote', 'fraud@2', 'staging']\n"
        "from modelkeep.cli.main import answer; answer()\n"
        "print(sorted(name for name in sys.modules if name.startswith('modelkeep.hooks')), file=sys.stderr)"
    )
    done = subprocess.run(
        [run.script.with_name("python"), "-c", script], cwd=run.cwd, env=run.env, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    loaded = done.stderr.splitlines()[-1]
    assert loaded == "['modelkeep.hooks', 'modelkeep.hooks.after_commit', 'modelkeep.hooks.names']"
