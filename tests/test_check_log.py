"""docs/check_log.py, which checks a log without modelkeep, agrees with `verify --log`."""

import ast
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from stories import golden_history

from modelkeep.demo.harm import forge

SCRIPT = Path(__file__).resolve().parent.parent / "docs" / "check_log.py"

pytestmark = pytest.mark.process


def in_entry(seq, old, new):
    return f"UPDATE entry SET bytes = CAST(replace(CAST(bytes AS TEXT), '{old}', {new}) AS BLOB) WHERE seq = {seq}"


HARM = [
    in_entry(2, '"auc","0.9"', """'"auc","0.8"'"""),
    in_entry(5, ",", "', '"),
    in_entry(5, '"command":{', """'"command":{"force":false,'"""),
    in_entry(5, '"client":', """'"absent":[],"client":'"""),
    in_entry(5, '"events":', """'"clock":"' || json_extract(CAST(bytes AS TEXT), '$.time') || '","events":'"""),
    in_entry(5, '"format":"modelkeep entry', """'"extra":1,"format":"modelkeep entry'"""),
    in_entry(5, "modelkeep entry 1", "'modelkeep entry 0'"),
    in_entry(5, '"uid":', """'"login":9007199254740992,"uid":'"""),
    in_entry(5, '"kind":"mark"', """'"kind":"praise"'"""),
    in_entry(5, '"kind":"VersionMarked"', """'"kind":"VersionPraised"'"""),
    in_entry(5, '"time":"2', """'"time":"Z'"""),
    in_entry(5, '"events":', """'"clock":"2020-01-01T00:00:00.000000Z","events":'"""),
    in_entry(5, '"client":"', """'"client":"\\u0000'"""),
    "UPDATE entry SET bytes = CAST('[]' AS BLOB) WHERE seq = 3",
    "UPDATE entry SET bytes = X'FF' WHERE seq = 3",
    "UPDATE entry SET bytes = (SELECT bytes FROM entry WHERE seq = 4) WHERE seq = 3",
    "UPDATE entry SET seq = 40 WHERE seq = 4",
    "DELETE FROM entry WHERE seq = 3",
    "DELETE FROM entry WHERE seq = 1",
    "INSERT INTO entry (seq, bytes) SELECT 6, bytes FROM entry WHERE seq = 5",
    "UPDATE details SET text = replace(text, 'first good one', 'first bad one') WHERE text LIKE '%first good one%'",
    "DELETE FROM details WHERE text LIKE '%first good one%'",
    "INSERT INTO details (digest, text) VALUES ('sha256:' || printf('%064d', 7), 'modelkeep details 1')",
    "UPDATE document SET bytes = CAST(replace(CAST(bytes AS TEXT), 'model.bin', 'model.bad') AS BLOB)",
    "DELETE FROM document",
    "INSERT INTO document (digest, bytes) VALUES ('sha256:' || printf('%064d', 7), X'7B7D')",
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


def test_it_is_short_and_needs_the_standard_library_alone():
    text = SCRIPT.read_text()
    code = re.sub(r'""".*?"""', "", text, flags=re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 115
    imported = {
        alias.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import) for alias in node.names
    }
    assert imported <= sys.stdlib_module_names


def test_both_accept_a_log_as_it_was_written(run, registry):
    output, code = checked(registry)
    head = run("status", "--registry", "models", "--json").stdout
    assert code == 0
    assert re.fullmatch(r"5 entries, head (sha256:[0-9a-f]{64})\n", output)
    assert output.split()[-1] in head
    assert run("verify", "--log", "--registry", "models").exit_code == 0


@pytest.mark.slow
def test_both_find_every_change_to_a_log(run, registry):
    for number, statement in enumerate(HARM):
        harmed = shutil.copytree(registry, run.cwd / f"harmed{number}")
        forge(os.fspath(harmed), statement)
        output, code = checked(harmed)
        assert code == 5, (statement, output)
        assert run("verify", "--log", "--registry", harmed).exit_code == 5, statement
    assert checked(registry)[1] == 0


def test_both_accept_an_entry_of_every_kind(run, tmp_path):
    (tmp_path / "governed").mkdir()
    history = golden_history()
    history.check("risk/Fraud@2", "drift", evidence="a long report", stored=5 << 20)
    with closing(sqlite3.connect(tmp_path / "governed" / "registry.db")) as file:
        history.connection.connection.backup(file)
    output, code = checked(tmp_path / "governed")
    assert (code, output[:3]) == (0, "35 ")


def test_a_head_that_was_kept_finds_a_log_that_lost_its_end(registry, tmp_path):
    head = checked(registry)[0].split()[-1]
    cut = shutil.copytree(registry, tmp_path / "cut")
    for statement in ("DELETE FROM entry WHERE seq = 5", "DELETE FROM details WHERE text LIKE '%after all%'"):
        forge(os.fspath(cut), statement)
    assert checked(cut)[1] == 0
    output, code = checked(cut, head)
    assert (output.splitlines()[0], code) == (f"the head {head} is not in this log", 5)
    assert checked(registry, head)[1] == 0
    assert checked(registry, checked(cut)[0].split()[-1])[1] == 0


def test_it_writes_no_file(registry):
    before = sorted(path.name for path in registry.iterdir())
    checked(registry)
    assert sorted(path.name for path in registry.iterdir()) == before
