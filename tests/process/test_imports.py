"""What each kind of command may load: start-up is paid at every call."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.process

# What costs tens of milliseconds, and is for few.
HEAVY = {
    "asyncio", "concurrent.futures", "email", "http", "logging", "multiprocessing", "platformdirs",
    "pydantic", "rich", "sqlalchemy", "sqlmodel", "ssl", "tempfile", "tomli_w", "tomllib", "urllib.request",
}  # fmt: skip
# The only module that loads Rich.
TERMINAL = "modelkeep.cli.terminal"


def loaded(run, *words: str) -> set[str]:
    """Return the modules that a command loads, beyond those of Typer and msgspec, which every command needs."""
    script = (
        "import sys, msgspec, typer, typer.main, typer.core; from typing import Annotated\n"
        "app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)\n"
        "@app.command()\n"
        "def hello(words: list[str], flag: Annotated[bool, typer.Option('--flag')] = False): pass\n"
        "typer.main.get_command(app).main(['a', '--flag'], standalone_mode=False)\n"
        "before = set(sys.modules)\n"
        f"sys.argv = ['modelkeep', *{words!r}]\n"
        "from modelkeep.cli.main import answer; code = answer()\n"
        "print('loaded:', *sorted(set(sys.modules) - before), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [run.script.with_name("python"), "-c", script], cwd=run.cwd, env=run.env, capture_output=True, text=True,
        check=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return set(done.stderr.rpartition("loaded: ")[2].split())


@pytest.mark.parametrize(
    "words",
    [
        ["list"], ["list", "--json"], ["list", "fraud", "--limit", "5"], ["show", "fraud"], ["show", "fraud@1", "--json"],
        ["path", "fraud@1"], ["audit", "--limit", "5"], ["history", "fraud"], ["status"], ["identify", "model1.onnx"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_read_in_a_pipe_loads_nothing_heavy(run, made, words: list[str]):
    found = loaded(run, *words)
    assert {name for name in found if name.split(".")[0] in HEAVY or name in HEAVY} == set()
    assert TERMINAL not in found
    assert "subprocess" not in found
    assert "modelkeep.store.access.mounts" not in found


@pytest.mark.parametrize(
    "words",
    [
        ["promote", "fraud@2", "staging", "-m", "x"], ["rollback", "fraud@1", "staging"], ["tag", "fraud@1", "a=b"],
        ["mark", "fraud@2", "bad"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_change_loads_nothing_heavy(run, made, words: list[str]):
    found = loaded(run, *words)
    assert {name for name in found if name.split(".")[0] in HEAVY or name in HEAVY} == set()
    assert TERMINAL not in found


@pytest.mark.parametrize(
    ("words", "verbs"),
    [
        ("promote fraud@2 staging", {"acknowledge", "archive", "mark", "promote", "rollback"}),
        ("rollback fraud@1 staging", {"mark", "rollback"}),
    ],
)
def test_a_change_of_a_stage_loads_only_its_own_part_of_the_domain(run, made, words: str, verbs: set[str]):
    found = loaded(run, *words.split())
    assert inside(found, "modelkeep.domain.verbs") == {"init", "interface", "rows", "words", *verbs}
    assert inside(found, "modelkeep.domain.answers") == {"changes", "versions"}
    assert inside(found, "modelkeep.domain.policy") <= {"permissions", "results"}
    assert inside(found, "modelkeep.hooks") == {"after_commit", "names"}
    assert "json" not in found


def test_reading_the_log_loads_its_words_and_no_rules(run, made):
    found = loaded(run, "audit", "--limit", "5")
    assert inside(found, "modelkeep.domain.policy") == {"identity", "patterns", "permissions", "results", "words"}
    assert "modelkeep.domain.known_documents" not in found


def inside(found: set[str], package: str) -> set[str]:
    """Return the names of the modules that are loaded of a package."""
    return {name.removeprefix(f"{package}.") for name in found if name.startswith(f"{package}.")}


def test_only_the_module_of_the_command_is_loaded(run, made):
    found = loaded(run, "list")
    families = {
        "annotate", "compare", "demo", "fetch", "lists", "maintenance", "policy", "register", "removal", "roles", "setup", "stages",
    }  # fmt: skip
    assert {name for name in families if f"modelkeep.cli.commands.{name}" in found} == {"lists"}


def test_the_version_loads_no_registry(run):
    found = loaded(run, "--version")
    assert "modelkeep.registry" not in found
    assert "sqlite3" not in found


def test_what_reads_can_be_imported_where_the_system_is_not_posix():
    script = (
        "import os, sys\n"
        "for name in ('O_DIRECTORY', 'O_NOFOLLOW', 'O_CLOEXEC', 'O_NONBLOCK', 'O_PATH', 'fchown', 'geteuid'):\n"
        "    vars(os).pop(name, None)\n"
        "sys.modules.update(dict.fromkeys(('fcntl', 'grp', 'pwd', 'resource', 'termios')))\n"
        "import modelkeep.cli.app, modelkeep.registry, modelkeep.store.bucket.directory, modelkeep.store.export.view\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
