"""One writer of the NFS experiment: changes a registry, or a plain SQLite table, and counts what it was told.

make-KIND DIR      begin a registry (modelkeep) or a database with one table (sqlite)
KIND DIR TIMES     change it so often; print how often that was acknowledged and the first refusal
count-KIND DIR KIND OPTIONS TOLD...    print what was acknowledged, what is there, and whether it is whole
"""

import os
import sqlite3
import sys
from pathlib import Path

import modelkeep
from modelkeep.errors import ModelkeepError


def connect(directory):
    connection = sqlite3.connect(os.path.join(directory, "plain.db"), isolation_level=None, timeout=30)
    connection.execute("PRAGMA synchronous = EXTRA")
    return connection


def make_modelkeep(directory):
    modelkeep.create_registry(directory)[0].register("fraud", __file__, code="none")


def make_sqlite(directory):
    os.makedirs(directory)
    connect(directory).execute("CREATE TABLE change (who, turn)")


def modelkeep_(directory, times):
    registry = modelkeep.open_registry(directory)
    for turn in range(int(times)):
        yield lambda turn=turn: registry.tag("fraud", {f"k{os.getpid()}": str(turn)})


def sqlite(directory, times):
    for turn in range(int(times)):
        yield lambda turn=turn: insert(directory, turn)


def insert(directory, turn):
    connection = connect(directory)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO change VALUES (?, ?)", (os.getpid(), turn))
        connection.execute("COMMIT")
    finally:
        connection.close()


def write(changes):
    done, refused = 0, ""
    for change in changes:
        try:
            change()
            done += 1
        except (ModelkeepError, sqlite3.Error, OSError) as error:
            refused = refused or f"exit {error.exit_code}: {error}" if isinstance(error, ModelkeepError) else str(error)
    print(done, refused)


def count_modelkeep(directory):
    registry = modelkeep.open_registry(directory)
    return len(registry.audit()) - 2, registry.verify().ok


def count_sqlite(directory):
    connection = connect(directory)
    there = connection.execute("SELECT count(*) FROM change").fetchone()[0]
    return there, connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def count(there, ok, kind, options, *told):
    said = [Path(path).read_text().strip().partition(" ") for path in told if Path(path).exists()]
    acknowledged = sum(int(number or 0) for number, _, _ in said)
    refusal = next((text for _, _, text in said if text), "-")
    print(f"{options} | {kind} | {acknowledged} | {there} | {'whole' if ok else 'NOT whole'} | {refusal}")


if __name__ == "__main__":
    act, directory, *rest = sys.argv[1:]
    kinds = {"modelkeep": modelkeep_, "sqlite": sqlite}
    if act in kinds:
        write(kinds[act](directory, *rest))
    elif act.startswith("make-"):
        {"modelkeep": make_modelkeep, "sqlite": make_sqlite}[act.removeprefix("make-")](directory)
    else:
        counted = {"modelkeep": count_modelkeep, "sqlite": count_sqlite}[act.removeprefix("count-")](directory)
        count(*counted, *rest)
