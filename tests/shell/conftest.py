"""What the tests of real shells share: a shell on a terminal of its own, and registries to complete from."""

import os
import shutil
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from shell_lines import BROKEN

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

PROMPT = "ready>"
FORGED = "ev il:$(touch x);`touch x`\\'*[~#"


@dataclass
class Shell:
    """An interactive shell. `line` types keys and returns the words that came of them."""

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


def _spawn(words, first, run, **more):
    pexpect = pytest.importorskip("pexpect", reason="pip install pexpect")
    env = {**run.env, "TERM": "dumb", "PS1": PROMPT, "PS2": "more>", "INPUTRC": "/dev/null", "HISTFILE": "", **more}
    terminal = pexpect.spawn(
        words[0], words[1:], env=env, cwd=str(run.cwd), encoding="utf-8", timeout=20, dimensions=(50, 4000), echo=False
    )
    terminal.delaybeforesend = None
    terminal.sendline(f"PS1='{PROMPT}'; {first}")
    terminal.sendline("words() { local IFS='|'; printf '<<%s>>\\n' \"$*\"; }; echo be''gin")
    terminal.expect_exact("begin\r\n")
    terminal.expect_exact(PROMPT)
    return Shell(terminal)


def _shells(words, first, run):
    """Yield what starts a shell; the shells end with the test."""
    if shutil.which(words[0]) is None:
        pytest.skip(f"install {words[0]}")
    started = []

    def start(**env):
        started.append(_spawn(words, first, run, **env))
        return started[-1]

    yield start
    for each in started:
        each.terminal.close(force=True)


@pytest.fixture
def bare_bash(run):
    """Return what starts a bash that has read no file."""
    first = "bind 'set enable-bracketed-paste off'; bind 'set bell-style none'"
    yield from _shells(["bash", "--norc", "--noprofile", "-i"], first, run)


@pytest.fixture
def bare_zsh(run):
    """Return what starts a zsh that has read no file."""
    first = "unset zle_bracketed_paste; unsetopt beep prompt_sp prompt_cr; bindkey -e"
    yield from _shells(["zsh", "-f", "-i"], first, run)


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


@pytest.fixture(scope="session")
def crowd(tmp_path_factory):
    """Return a registry of 2,000 models, one of them with keys that a shell must quote."""
    from history import History

    story = History()
    for number in range(200):
        story.register(f"team/Model-{number:03}", f"bytes {number}")
    for number in range(1800):
        story.create(f"Lines/{number:04}/Score")
    story.register("odd", metrics=[("mAP50(B)", "0.9"), ("recall@5", "0.8"), ("top 1's", "0.7")])
    story.tag("odd@1", **{"#owner": "risk", "a:b": "c"})
    story.register("evil")
    # a name that no command gives, as an import or a forger might
    story.connection.connection.execute(
        "UPDATE model_name SET name = :name, folded = :name WHERE name = 'evil'", {"name": FORGED}
    )
    directory = tmp_path_factory.mktemp("crowd")
    story.connection.connection.execute("VACUUM INTO ?", (str(directory / "registry.db"),))
    return directory


@pytest.fixture
def registries(registry, crowd, files, run):
    """Put directories beside the files: ``many`` models, ``none``, those of `BROKEN`, and a ``project`` that names one."""
    (run.cwd / "many").symlink_to(crowd)
    assert run("init", "none").exit_code == 0
    for kind in BROKEN:
        (run.cwd / kind).mkdir()
    whole = (crowd / "registry.db").read_bytes()
    (run.cwd / "garbage" / "registry.db").write_bytes(b"garbage" * 1000)
    (run.cwd / "cut" / "registry.db").write_bytes(whole[:5000])
    (run.cwd / "unreadable" / "registry.db").mkdir()
    for kind, statement in (("strange", "CREATE TABLE model_name (name)"), ("newer", "PRAGMA user_version = 99")):
        if kind == "newer":
            (run.cwd / kind / "registry.db").write_bytes(whole)
        with closing(sqlite3.connect(run.cwd / kind / "registry.db")) as connection:
            connection.execute(statement)
            connection.commit()
    (run.cwd / "project").mkdir()
    (run.cwd / "project" / "modelkeep.toml").write_text('registry = "../many"\n')
