"""Rows that were deleted or overwritten with sqlite3: every command answers, or ends with exit 5 and names `verify`.

Nothing of a table is believed to be there, and nothing that is wrong in one is called a bug.
"""

import os
import sqlite3
import sys

import pytest
from answering import Answers
from governing import govern
from world import World

from modelkeep.store.db.sqlite.private_tables import in_memory

pytestmark = [pytest.mark.slow]  # 18 commands for each of 50 edits, and of 90 more with --full

TABLES = [
    name
    for (name,) in in_memory().connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    )
]
ODD = {"INTEGER": -1, "TEXT": "nonsense", "BLOB": b"nonsense"}
ASKED = (
    "list --format table", "list fraud --all --json", "list fraud --sort metric.auc:desc", "list --search fraud", "status", "show fraud",
    "show fraud@1 --format table", "show fraud@champion --as-of seq:6", "history fraud --format table", "audit --json",
    "lineage fraud@1", "diff fraud@1 fraud@2", "identify model.onnx", "path fraud@1", "promote fraud@2 production -n",
    "rollback fraud -n --yes", "tag fraud@1 owner=ml -n", "delete fraud@1 -n --force", "register fraud other.onnx -n --bump minor",
    "data list --format table", "data show train@1", "lineage data:train@1 --json", "policy show", "policy history", "role list", "requests", "requests --json", "whoami", "promote fraud@1 staging -n",
)  # fmt: skip
#: Exit codes of an answer, of one that is no, and of what is not there as far as the tables say.
CIVIL, INTEGRITY = {0, 1, 2, 3, 4, 9}, 5


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Return a registry in which every table has rows."""
    made = World(tmp_path_factory.mktemp("emptied"))
    r = made.registry
    made.register(
        metrics={"auc": 0.9}, params={"depth": 8}, tags={"owner": "risk"}, data="train@1", label="0.1", stage="production",
        author="Bo", description="first", runs="mlflow:1", licence="MIT",
    )  # fmt: skip
    made.register(metrics={"auc": 0.91}, parents="fraud@1", alias="champion", stage="staging")
    made.register("churn", stage="production")
    r.promote("fraud@2", "production", message="better")
    made.register("churn")
    r.rollback("fraud@2", message="p99")
    made.register("gone")
    r.delete("gone@1")
    r.archive("churn@2")
    r.describe("fraud", "scores payments")
    r.note("fraud@1", "seen")
    made.register(data="train@2")
    made.registry.add_dataset("train@1", made.model(), schema=made.model(), parents="raw@1")
    govern(made, "fraud", 3)
    return made


@pytest.fixture(scope="module")
def answers(world):
    environ = {
        "HOME": str(world.root / "home"),
        "MODELKEEP_REGISTRY": str(world.home),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    (world.root / "home").mkdir()
    (world.work / "other.onnx").write_bytes(b"other")
    made = Answers(environ, world.work)
    yield made
    made.close()


def emptied(world, table):
    """Yield the statements that empty a table, and that take its last row away."""
    first = world.rows(f"PRAGMA table_info({table})")[0][1]
    yield f"DELETE FROM {table}", ()
    yield f"DELETE FROM {table} WHERE {first} = (SELECT max({first}) FROM {table})", ()


def overwritten(world, table):
    """Yield the statements that put something else into a column."""
    for _, name, kind, required, *_ in world.rows(f"PRAGMA table_info({table})"):
        yield f"UPDATE OR IGNORE {table} SET {name} = ?", (ODD[kind],)
        if not required:
            yield f"UPDATE {table} SET {name} = NULL", ()


def uncivil(world, answers, edits):
    """Yield each command that ended otherwise than with an answer, or exit 5 that names `verify`."""
    pristine = world.database.read_bytes()
    for statement, values in edits:
        try:
            world.edit((statement, *values))
        except sqlite3.IntegrityError:
            continue  # the schema does not allow it
        commands = [words.split() for words in ASKED]
        for words, (code, out, err) in zip(commands, answers.to(commands), strict=True):
            civil = code in CIVIL or (code == INTEGRITY and "modelkeep verify" in err)
            if not civil or "Traceback" in err:
                yield f"{statement} {values}: {words} ended {code}: {out[:200]} {err}"
        world.database.write_bytes(pristine)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_that_lacks_rows_is_damage_and_no_bug(world, answers, table):
    assert table == "origin" or world.rows(f"SELECT count(*) FROM {table}") != [(0,)]  # of imports there are none
    assert list(uncivil(world, answers, emptied(world, table))) == []


@pytest.mark.full
@pytest.mark.parametrize("table", TABLES)
def test_a_table_with_other_values_is_damage_and_no_bug(world, answers, table):
    assert list(uncivil(world, answers, overwritten(world, table))) == []
