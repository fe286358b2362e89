"""Registries that somebody else prepared: the database is another file, has other objects in it, or is damaged."""

import os
import random
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from feeding import ask, picture

pytestmark = pytest.mark.process

APPLICATION_ID = 0x6D6B6570
CHANGED = "the schema of the registry was changed by something other than modelkeep"
A_LINK = "HERE/.modelkeep/registry.db is a symbolic link, and none is followed inside a registry"
NO_DATABASE = "the database of HERE/.modelkeep is damaged: file is not a database"
NOT_OURS = "this SQLite file is not a modelkeep registry"
EMPTY = "HERE/.modelkeep holds the bytes of a registry whose registry.db is empty"
NO_REGISTRY = "there is no registry at HERE/.modelkeep"


def sql(*statements: str) -> Callable[[Path], None]:
    """Return what changes the database as somebody does who knows SQLite's tricks."""

    def make(registry: Path) -> None:
        with closing(sqlite3.connect(registry / "registry.db", isolation_level=None)) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            for statement in statements:
                connection.execute(statement)

    return make


def renamed(kind: str, made: str, name: str, text: str) -> Callable[[Path], None]:
    """Return what makes an object under an honest name and then calls it otherwise in the schema."""
    return sql(
        made, f"UPDATE sqlite_schema SET name = '{name}', tbl_name = '{name}', sql = '{text}' WHERE type = '{kind}' AND name = 'honest'"
    )  # fmt: skip


def file(make: Callable[[Path], object]) -> Callable[[Path], None]:
    """Return what puts something else in the place of the database."""

    def put(registry: Path) -> None:
        path = registry / "registry.db"
        path.unlink()
        make(path)

    return put


def beside(ending: str, make: Callable[[Path], object]) -> Callable[[Path], None]:
    return lambda registry: make(registry / f"registry.db{ending}")


def sparse(path: Path) -> None:
    with path.open("wb") as made:
        made.truncate(1 << 40)


def utf16(registry: Path) -> None:
    """Make the same registry with its text in UTF-16, which sorts otherwise."""
    path = registry / "registry.db"
    with closing(sqlite3.connect(path)) as before:
        statements, version = list(before.iterdump()), before.execute("PRAGMA user_version").fetchone()[0]
    path.unlink()
    with closing(sqlite3.connect(path, isolation_level=None)) as after:
        after.execute("PRAGMA encoding = 'UTF-16'")
        for statement in statements:
            after.execute(statement)
        after.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        after.execute(f"PRAGMA user_version = {version}")


# A table of statistics is read by SQLite itself when it opens the file: here with an expression of half a gigabyte.
STATISTICS = "CREATE TABLE %s(tbl,idx,stat AS (hex(zeroblob(499000000))))"
BOMB = sql(
    STATISTICS % "honest",
    "INSERT INTO honest(tbl, idx) VALUES ('entry', NULL)",
    f"UPDATE sqlite_schema SET name = 'sqlite_stat1', tbl_name = 'sqlite_stat1', sql = '{STATISTICS % 'sqlite_stat1'}' WHERE name = 'honest'",
)  # fmt: skip

PREPARED: dict[str, tuple[Callable[[Path], object], int, str]] = {
    "a trigger": (sql("CREATE TRIGGER rogue AFTER INSERT ON entry BEGIN SELECT 1; END"), 5, CHANGED),
    "a trigger like one of SQLite's": (sql("CREATE TRIGGER sqlitex AFTER INSERT ON entry BEGIN SELECT 1; END"), 5, CHANGED),
    "a trigger called temp": (sql("CREATE TRIGGER temp AFTER INSERT ON entry BEGIN SELECT 1; END"), 5, CHANGED),
    "a trigger with SQLite's prefix": (
        renamed("trigger", "CREATE TRIGGER honest AFTER INSERT ON entry BEGIN SELECT 1; END", "sqlite_rogue",
                "CREATE TRIGGER sqlite_rogue AFTER INSERT ON entry BEGIN SELECT 1; END"), 5,
        None),
    "a view": (sql("CREATE VIEW rogue AS SELECT 1"), 5, CHANGED),
    "a view in place of a table": (sql("ALTER TABLE model_name RENAME TO gone", "CREATE VIEW model_name AS SELECT * FROM gone"), 5, CHANGED),
    "a table": (sql("CREATE TABLE rogue(a)"), 5, CHANGED),
    "a table without row ids": (sql("CREATE TABLE rogue(a PRIMARY KEY) WITHOUT ROWID"), 5, CHANGED),
    "a generated column": (sql("ALTER TABLE model_name ADD COLUMN rogue TEXT AS ('x')"), 5, CHANGED),
    "a column": (sql("ALTER TABLE model_name ADD COLUMN rogue TEXT"), 5, CHANGED),
    "an index on an expression": (sql("CREATE INDEX rogue ON model_name(lower(name))"), 5, CHANGED),
    "a virtual table": (sql("CREATE VIRTUAL TABLE rogue USING fts5(a)"), 5, CHANGED),
    "a sequence": (sql("CREATE TABLE rogue(a INTEGER PRIMARY KEY AUTOINCREMENT)"), 5, CHANGED),
    "a check that is none": (sql("UPDATE sqlite_schema SET sql = replace(sql, 'CHECK', 'CHECK (1) CHECK') WHERE name = 'stage'"), 5, CHANGED),
    "a table that is missing": (sql("ALTER TABLE alias RENAME TO rogue"), 5, CHANGED),
    "a trigger that is missing": (sql("DELETE FROM sqlite_schema WHERE type = 'trigger'"), 5, CHANGED),
    "statistics that are a bomb": (BOMB, 5, CHANGED),
    "text in UTF-16": (utf16, 5, CHANGED),
    "another application": (sql("PRAGMA application_id = 1"), 7, NOT_OURS),
    "no application": (sql("PRAGMA application_id = 0"), 7, NOT_OURS),
    "a negative schema": (sql("PRAGMA user_version = -5"), 5, "the registry says its schema is -5, which no modelkeep wrote"),
    "a directory": (file(lambda path: path.mkdir()), 7, NO_REGISTRY),
    "a pipe": (file(os.mkfifo), 7, NO_REGISTRY),
    "a device": (file(lambda path: path.symlink_to("/dev/zero")), 7, NO_REGISTRY),
    "a null device": (file(lambda path: path.symlink_to("/dev/null")), 7, NO_REGISTRY),
    "a link to nothing": (file(lambda path: path.symlink_to("/nowhere/registry.db")), 7, NO_REGISTRY),
    "a link to itself": (file(lambda path: path.symlink_to("registry.db")), 7, NO_REGISTRY),
    "a link to another file": (file(lambda path: path.symlink_to("/etc/passwd")), 5, A_LINK),
    "an empty file": (file(lambda path: path.touch()), 7, EMPTY),
    "a text": (file(lambda path: path.write_text("hello\n" * 1_000)), 5, NO_DATABASE),
    "zeros": (file(lambda path: path.write_bytes(b"\0" * 100_000)), 5, NO_DATABASE),
    "a sparse terabyte": (file(sparse), 5, NO_DATABASE),
    "another database": (file(lambda path: sqlite3.connect(path).execute("CREATE TABLE a(b)").connection.close()), 7, NOT_OURS),
    "a pipe as journal": (beside("-journal", os.mkfifo), 5, "HERE/.modelkeep/registry.db-journal is not a regular file: it was made by something other than modelkeep"),
    "a directory as journal": (beside("-journal", lambda path: path.mkdir()), 5, "HERE/.modelkeep/registry.db-journal is not a regular file: it was made by something other than modelkeep"),
    "a link as journal": (beside("-journal", lambda path: path.symlink_to("../m.bin")), 5, "HERE/.modelkeep/registry.db-journal is not a regular file: it was made by something other than modelkeep"),
    "a hard link as journal": (beside("-journal", lambda path: os.link(path.parent.parent / "m.bin", path)), 5, "HERE/.modelkeep/registry.db-journal has a second name (a hard link): it was made by something other than modelkeep"),
    "a pipe as wal": (beside("-wal", os.mkfifo), 5, "HERE/.modelkeep/registry.db-wal is not a regular file: it was made by something other than modelkeep"),
    "a link as shm": (beside("-shm", lambda path: path.symlink_to("../m.bin")), 5, "HERE/.modelkeep/registry.db-shm is not a regular file: it was made by something other than modelkeep"),
}  # fmt: skip


@pytest.mark.parametrize("name", PREPARED)
def test_a_prepared_database_is_refused_by_whoever_reads_or_writes(fed, name):
    make, exit_code, reason = PREPARED[name]
    make(fed.cwd / ".modelkeep")
    before = picture(fed.home)
    for words in ("list", "tag fraud a=b"):
        out, err, code = ask(fed, words.split())
        told = err.partition("\n")[0].replace(str(fed.cwd), "HERE")
        assert (out, code) == ("", exit_code), words
        assert told.startswith("error: ") if reason is None else told == f"error: {reason}", words
    assert ask(fed, ["__complete", "--", "show", ""]) == ("", "", 0)
    out, _, code = ask(fed, ["verify"], seconds=10)
    assert code == exit_code
    assert picture(fed.home) == before


def test_a_newer_schema_is_refused_with_what_to_do(fed):
    sql("PRAGMA user_version = 99")(fed.cwd / ".modelkeep")
    for words in ("list", "tag fraud a=b", "verify", "migrate"):
        out, err, code = ask(fed, words.split())
        assert (out, code) == ("", 7), words
        assert err.startswith("error: the registry has schema 99, this modelkeep knows ")
        assert err.endswith("\nhint: install a newer modelkeep\n")
    assert ask(fed, ["__complete", "--", "show", ""]) == ("", "", 0)


def test_a_database_with_a_second_name_is_read_and_not_written(fed):
    database = fed.cwd / ".modelkeep" / "registry.db"
    os.link(database, fed.cwd / "copy.db")
    before = picture(fed.home)
    for words in ("list", "verify", "get fraud@1 -"):
        assert ask(fed, words.split())[2] == 0
    for words in ("tag fraud a=b", "register f m.bin --code none"):
        out, err, code = ask(fed, words.split())
        assert (out, code) == ("", 7)
        assert err.replace(str(database), "DB") == (
            "error: DB has a second name (a hard link), and a crash of who writes through one would damage it\n"
            "hint: cp -p DB DB.own && mv DB.own DB        (parts them)\n"
        )
    assert picture(fed.home) == before
    subprocess.run(f"cp -p {database} {database}.own && mv {database}.own {database}", shell=True, check=True)
    assert ask(fed, ["tag", "fraud", "a=b"])[2] == 0


def test_a_link_as_the_queues_file_is_not_followed(fed):
    lock = fed.cwd / ".modelkeep" / "registry.lock"
    lock.unlink()
    lock.symlink_to("../made-elsewhere")
    assert ask(fed, ["list"])[2] == 0
    out, err, code = ask(fed, ["tag", "fraud", "a=b"])
    assert (out, code) == ("", 7)
    told = err.replace(str(lock), "LOCK")
    assert told.startswith(
        "error: LOCK is a symbolic link: it was made by something other than modelkeep\nhint: rm LOCK "
    )
    assert not (fed.cwd / "made-elsewhere").exists()


HARMLESS: dict[str, Callable[[Path], object]] = {
    "statistics of SQLite's own": sql("ANALYZE"),
    "large pages": sql("PRAGMA page_size = 65536", "VACUUM"),
    "small pages": sql("PRAGMA page_size = 512", "VACUUM"),
    "an auto vacuum": sql("PRAGMA auto_vacuum = FULL", "VACUUM"),
    "a write-ahead log": sql("PRAGMA journal_mode = WAL"),
    "secure delete and a cache": sql("PRAGMA default_cache_size = 100000000", "PRAGMA secure_delete = ON"),
    "a journal of something else": beside("-journal", lambda path: path.write_bytes(b"no journal" * 1_000)),
    "a pipe as the queue's file": lambda registry: ((registry / "registry.lock").unlink(), os.mkfifo(registry / "registry.lock")),
    "no file of the queue": lambda registry: (registry / "registry.lock").unlink(),
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_only_unusual_is_read_and_written(fed, name):
    HARMLESS[name](fed.cwd / ".modelkeep")
    for words in ("list", "get fraud@1 out", "tag fraud a=b", "register f m.bin --code none", "verify"):
        assert ask(fed, words.split(), seconds=10)[2] == 0, words
    with closing(sqlite3.connect(fed.cwd / ".modelkeep" / "registry.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def _damage(data: bytearray, chance: random.Random) -> str:
    """Damage a database where SQLite believes it most: its header, its schema, its list of free pages, any page."""
    how = chance.choice(["header", "schema", "free list", "page", "cut", "sizes"])
    if how == "header":
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(16, 100)] = chance.randrange(256)
    elif how == "schema":
        for _ in range(chance.randint(1, 40)):
            data[chance.randrange(100, 4096)] = chance.randrange(256)
    elif how == "free list":
        data[32:40] = chance.randbytes(8)
    elif how == "page":
        start = chance.randrange(1, len(data) // 4096) * 4096
        data[start : start + 4096] = chance.randbytes(4096)
    elif how == "cut":
        del data[chance.randrange(100, len(data)) :]
    else:
        page = chance.randrange(1, len(data) // 4096) * 4096
        data[page : page + 12] = chance.randbytes(12)
    return how


def _fuzz(fed, seeds: range) -> None:
    registry, sound = fed.cwd / ".modelkeep", (fed.cwd / ".modelkeep" / "registry.db").read_bytes()
    answered = 0
    for seed in seeds:
        data = bytearray(sound)
        how = _damage(data, random.Random(seed))
        (registry / "registry.db").write_bytes(data)
        for words in ("list", "audit", "tag fraud a=b", "verify --log"):
            _, err, code = ask(fed, words.split(), seconds=10)
            assert code in {0, 3, 5, 6, 7}, (seed, how, words, err)
            assert code == 0 or words.startswith("verify") or "error: " in err, (seed, how, words, err)
            answered += code == 0
        assert ask(fed, ["__complete", "--", "show", "fraud@"])[1:] == ("", 0), (seed, how)
        for name in os.listdir(registry):
            if name.startswith("registry.db-"):
                (registry / name).unlink()
    assert answered < 4 * len(seeds)
    (registry / "registry.db").write_bytes(sound)
    shutil.rmtree(registry / "store" / "tmp")
    (registry / "store" / "tmp").mkdir()
    # what was written into a damaged copy was remembered, and is gone
    assert ask(fed, ["verify", "--accept-head"], seconds=10)[2] == 0


@pytest.mark.slow
def test_a_damaged_database_is_told_as_such(fed):
    _fuzz(fed, range(6))


@pytest.mark.full
def test_fifty_damaged_databases_are_told_as_such(fed):
    _fuzz(fed, range(50))
