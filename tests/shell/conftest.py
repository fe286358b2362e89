"""What the tests of real shells share: a bash on a terminal of its own, with the completion loaded."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

PROMPT = "ready>"


@dataclass
class Bash:
    """An interactive bash. `line` types keys and returns the words that came of them."""

    terminal: object

    def send(self, text):
        """Run a command and return what it printed."""
        self.terminal.sendline(text)
        self.terminal.expect_exact(PROMPT)
        return self.terminal.before.partition("\r\n")[2]

    def line(self, keys):
        """Type keys (\\t is TAB), then have the shell print each word of the line that stands there."""
        self.terminal.send(f"{keys}\x01words \r")
        self.terminal.expect_exact("<<")
        self.terminal.expect_exact(">>")
        words = self.terminal.before
        self.terminal.expect_exact(PROMPT)
        return words.split("|")

    def offers(self, keys):
        """Type keys and two TABs; return what is listed."""
        self.terminal.send(f"{keys}\t\t\x15echo e''nd\r")
        self.terminal.expect_exact("end\r\n")
        listed = self.terminal.before.partition("\r\n")[2].partition(PROMPT)[0]
        self.terminal.expect_exact(PROMPT)
        return listed.split()


def _spawn(words, run, **more):
    pexpect = pytest.importorskip("pexpect", reason="pip install pexpect")
    env = {**run.env, "TERM": "dumb", "PS1": PROMPT, "PS2": "more>", "INPUTRC": "/dev/null", "HISTFILE": "", **more}
    terminal = pexpect.spawn(
        words[0], words[1:], env=env, cwd=str(run.cwd), encoding="utf-8", timeout=20, dimensions=(50, 4000), echo=False
    )
    terminal.delaybeforesend = None
    bash = Bash(terminal)
    terminal.sendline(f"PS1='{PROMPT}'; bind 'set enable-bracketed-paste off'; bind 'set bell-style none'")
    terminal.sendline("words() { local IFS='|'; printf '<<%s>>\\n' \"$*\"; }; echo be''gin")
    terminal.expect_exact("begin\r\n")
    terminal.expect_exact(PROMPT)
    return bash


@pytest.fixture
def bare_bash(run):
    """Return what starts a bash that has read no file."""
    if shutil.which("bash") is None:
        pytest.skip("install bash")
    started = []

    def start(**env):
        started.append(_spawn(["bash", "--norc", "--noprofile", "-i"], run, **env))
        return started[-1]

    yield start
    for each in started:
        each.terminal.close(force=True)


@pytest.fixture
def registry(run):
    """Return a registry with two models, in which fraud@1 is in production and fraud@2 in staging."""
    assert run("init", str(run.home / "models")).exit_code == 0
    run.env["MODELKEEP_REGISTRY"] = str(run.home / "models")
    for number, (name, stage) in enumerate([("fraud", "production"), ("fraud", "staging"), ("churn", "staging")]):
        file = run.cwd / "model.onnx"
        file.write_text(f"model {number}")
        done = run("register", name, "model.onnx", "--stage", stage, "--code", "none", "-M", "auc=0.9")
        assert done.exit_code == 0, done.stderr
    (run.cwd / "model.onnx").unlink()
    return Path(run.env["MODELKEEP_REGISTRY"])


@pytest.fixture
def bash(bare_bash, registry, run):
    """Return a bash in which the line of the README was typed."""
    found = bare_bash()
    found.send('eval "$(modelkeep completion bash)"')
    return found


@pytest.fixture
def files(run):
    """Put files with difficult names in the working directory."""
    for name in ("my model.onnx", "it's.onnx", "plain.onnx"):
        (run.cwd / name).write_bytes(os.urandom(8))
    (run.cwd / "folder").mkdir()
