"""The script in docs/ that checks a log from the outside says what `verify --log` says."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from modelkeep.demo.harm import forge

SCRIPT = Path(__file__).resolve().parent.parent / "docs" / "check_log.py"

pytestmark = pytest.mark.process

HARM = [
    'UPDATE entry SET bytes = CAST(replace(CAST(bytes AS TEXT), \'"auc","0.9"\', \'"auc","0.8"\') AS BLOB) WHERE seq = 2',
    "UPDATE entry SET bytes = CAST(replace(CAST(bytes AS TEXT), ',', ', ') AS BLOB) WHERE seq = 5",
    "UPDATE entry SET bytes = CAST('[]' AS BLOB) WHERE seq = 3",
    "UPDATE entry SET bytes = X'FF' WHERE seq = 3",
    "UPDATE entry SET bytes = (SELECT bytes FROM entry WHERE seq = 4) WHERE seq = 3",
    "UPDATE entry SET seq = 40 WHERE seq = 4",
    "DELETE FROM entry WHERE seq = 3",
    "DELETE FROM entry WHERE seq = 1",
    "INSERT INTO entry (seq, bytes) SELECT 6, bytes FROM entry WHERE seq = 5",
    "UPDATE details SET text = replace(text, 'first good one', 'first bad one') WHERE text LIKE '%first good one%'",
    "DELETE FROM details WHERE text LIKE '%first good one%'",
    "UPDATE document SET bytes = CAST(replace(CAST(bytes AS TEXT), 'model.bin', 'model.bad') AS BLOB)",
]


def checked(registry, *head) -> tuple[str, int]:
    words = [sys.executable, "-I", SCRIPT, registry, *head]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout, done.returncode


@pytest.fixture
def registry(run):
    (run.cwd / "model.bin").write_bytes(b"weights")
    for words in (
        ("init", "models"),
        ("register", "fraud", "model.bin", "-M", "auc=0.9", "--registry", "models"),
        ("promote", "fraud@1", "production", "-m", "first good one", "--registry", "models"),
        ("tag", "fraud@1", "owner=risk", "--registry", "models"),
        ("mark", "fraud@1", "bad", "-m", "after all", "--registry", "models"),
    ):
        assert run(*words).exit_code == 0
    return run.cwd / "models"


def test_it_is_sixty_lines_of_the_standard_library():
    text = SCRIPT.read_text()
    code = re.sub(r'""".*?"""', "", text, flags=re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 60
    imported = {
        alias.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import) for alias in node.names
    }
    assert imported <= sys.stdlib_module_names


def test_both_say_that_a_whole_log_is_whole(run, registry):
    said, code = checked(registry)
    head = run("status", "--registry", "models", "--json").stdout
    assert code == 0
    assert re.fullmatch(r"5 entries, head (sha256:[0-9a-f]{64})\n", said)
    assert said.split()[-1] in head
    assert run("verify", "--log", "--registry", "models").exit_code == 0


@pytest.mark.slow
def test_both_find_every_harm_that_is_done_to_a_log(run, registry):
    for number, statement in enumerate(HARM):
        harmed = shutil.copytree(registry, run.cwd / f"harmed{number}")
        forge(os.fspath(harmed), statement)
        said, code = checked(harmed)
        assert code == 5, (statement, said)
        assert run("verify", "--log", "--registry", harmed).exit_code == 5, statement
    assert checked(registry)[1] == 0


def test_a_log_that_was_cut_or_made_anew_is_found_by_a_head_that_was_kept(registry, tmp_path):
    head = checked(registry)[0].split()[-1]
    cut = shutil.copytree(registry, tmp_path / "cut")
    forge(os.fspath(cut), "DELETE FROM entry WHERE seq = 5")
    assert checked(cut)[1] == 0
    said, code = checked(cut, head)
    assert (said.splitlines()[0], code) == (f"the head {head} that was kept is not in this log", 5)
    assert checked(registry, head)[1] == 0
    assert checked(registry, checked(cut)[0].split()[-1])[1] == 0


def test_nothing_is_written_beside_the_log(registry):
    before = sorted(path.name for path in registry.iterdir())
    checked(registry)
    assert sorted(path.name for path in registry.iterdir()) == before
