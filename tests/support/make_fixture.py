"""Makes tests/fixtures/registry-1: a registry as this release writes it, which every later one must open.

``python tests/support/make_fixture.py`` writes it where it is not there yet; what is there is for ever.
The clock, chance, account and machine are made up, so that nothing of whoever runs it gets in.
"""

import json
import os
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent))

from world import World, tell_story

from modelkeep.provenance import machine
from modelkeep.store.db.sqlite import schema

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "registry-1"


def answers(registry):
    """Return what the fixture is asked and what it answers, as JSON."""
    found = {f"models as of seq:{seq}": registry.models(all=True, as_of=f"seq:{seq}") for seq in (2, 9, 18, 27, 28)}
    found |= {"versions": registry.versions(all=True), "fraud": registry.versions("fraud", all=True, as_of="seq:14")}
    refs = (
        "risk/Fraud@1",
        "fraud@2",
        "fraud@champion",
        "churn@1",
        "churn@2",
        "churn@production",
        "fraud@1.1",
        "churn@3.0",
    )
    found |= {ref: registry.version(ref) for ref in refs}
    found |= {f"{ref} as of seq:6": registry.version(ref, as_of="seq:6") for ref in ("fraud@1", "fraud@2")}
    found |= {"model": registry.model("risk/Fraud"), "history": registry.history()}
    return {name: msgspec.to_builtins(value, enc_hook=float) for name, value in found.items()}


def in_first_schema(path):
    """Write a database again in the schema that the first migration script makes."""
    fresh = path.with_name("fresh.db")
    script = Path(schema.__file__).parents[1] / "migrations" / "0001.sql"
    with closing(sqlite3.connect(fresh)) as connection:
        connection.executescript(script.read_text(encoding="utf-8"))
        connection.execute("ATTACH ? AS whole", (str(path),))
        tables = connection.execute("SELECT name FROM main.sqlite_schema WHERE type = 'table'").fetchall()
        for (table,) in tables:
            connection.execute(f"INSERT INTO main.{table} SELECT * FROM whole.{table}")
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
        connection.commit()
    fresh.replace(path)


def main():
    if FIXTURE.exists():
        sys.exit(f"{FIXTURE} is there already: older registries are not made anew")
    machine.hostname = lambda: "trainer-3"
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["TZ"] = "UTC"
        world = World(Path(scratch).resolve())
        os.chdir(world.work)
        world.model(b"day,amount\n2026-02-01,12\n", "transactions.csv")
        tell_story(world)
        world.register("churn", content=b"tree", data=["train=" + "transactions.csv"], if_exists="new")
        world.registry.promote("churn@2", "production")
        world.registry.rollback("churn@2", message="worse than before")
        world.registry.label("churn@2", "3.0", message="named late")
        os.chdir("/")
        assert world.verify().findings == ()
        text = json.dumps(answers(world.registry), indent=1, ensure_ascii=False)
        in_first_schema(world.home / "registry.db")
        os.rmdir(world.home / "store" / "tmp")  # git keeps no empty directories
        shutil.copytree(world.home, FIXTURE)
        FIXTURE.with_name("registry-1.answers.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
