"""A change goes through one connection; what was compared before is compared again where it may be another."""

import fcntl
import os
import sqlite3
import threading
from contextlib import suppress

import pytest

from modelkeep.errors import Busy, IntegrityError, RegistryUnavailable, SchemaMismatch
from modelkeep.registry import create_registry
from modelkeep.store.db.sqlite import schema
from modelkeep.store.db.sqlite.database import Database
from modelkeep.store.db.sqlite.session import changing

ROGUE = "CREATE TRIGGER rogue AFTER INSERT ON entry_action BEGIN DELETE FROM mark; END"


@pytest.fixture
def database(tmp_path):
    registry, _ = create_registry(tmp_path / "registry")
    return Database(registry.directory)


@pytest.fixture
def elsewhere(database):
    connection = sqlite3.connect(database.path, isolation_level=None, check_same_thread=False)
    yield connection
    connection.close()


def test_what_somebody_else_wrote_meanwhile_is_seen(database, elsewhere):
    with changing(database) as session:
        with session.reading():
            pass
        with session.writing() as connection:
            assert session.unchanged(connection)
        elsewhere.execute("INSERT INTO model VALUES (7)")
        with session.writing() as connection:
            assert not session.unchanged(connection)
            assert connection.execute("SELECT seq FROM model").fetchall() == [(7,)]
        with session.reading():
            pass
        with session.writing() as connection:
            assert session.unchanged(connection)


def test_ones_own_write_is_not_somebody_elses(database):
    with changing(database) as session:
        with session.reading():
            pass
        with session.writing() as connection:
            connection.execute("INSERT INTO model VALUES (7)")
        with session.writing() as connection:
            assert session.unchanged(connection)


@pytest.mark.parametrize("then", ["reading", "writing"])
def test_a_trigger_that_came_between_reading_and_writing_is_refused(database, elsewhere, then):
    with changing(database) as session:
        with session.reading():
            pass
        elsewhere.execute(ROGUE)
        with pytest.raises(IntegrityError, match="changed by something other"), getattr(session, then)():
            pass


def test_a_trigger_that_was_hidden_from_the_counter_does_not_run(database, elsewhere):
    # whoever writes the schema's own table moves no counter, and no open connection reads it again
    with changing(database) as session:
        with session.reading():
            pass
        elsewhere.execute("INSERT INTO model VALUES (7)")
        elsewhere.execute("PRAGMA writable_schema = ON")
        sql = "CREATE TRIGGER rogue AFTER INSERT ON model BEGIN DELETE FROM model; END"
        elsewhere.execute("INSERT INTO sqlite_schema VALUES ('trigger', 'rogue', 'model', 0, ?)", (sql,))
        with session.writing() as connection:
            connection.execute("INSERT INTO model VALUES (8)")
        assert elsewhere.execute("SELECT seq FROM model").fetchall() == [(7,), (8,)]
    with changing(database) as session, pytest.raises(IntegrityError, match="changed by something"), session.reading():
        pass


def test_an_older_schema_that_came_meanwhile_is_not_written(database, elsewhere):
    with changing(database) as session:
        with session.reading():
            pass
        elsewhere.execute("PRAGMA user_version = 0")
        with pytest.raises(SchemaMismatch), session.writing():
            pass


def test_what_fails_is_rolled_back_and_the_session_goes_on(database):
    with changing(database) as session:
        with pytest.raises(IntegrityError, match="no such table"), session.reading() as connection:
            connection.execute("SELECT 1 FROM nowhere")
        with pytest.raises(IntegrityError, match="UNIQUE constraint failed"), session.writing() as connection:
            connection.executemany("INSERT INTO model VALUES (?)", [(7,), (7,)])
        with session.reading() as connection:
            assert connection.execute("SELECT count(*) FROM model").fetchone() == (0,)
        with session.writing() as connection:
            connection.execute("INSERT INTO model VALUES (7)")
    with database.reading() as connection:
        assert connection.execute("SELECT seq FROM model").fetchall() == [(7,)]


def test_between_its_transactions_a_session_is_in_nobodys_way(database, elsewhere):
    with changing(database) as session:
        with session.reading():
            pass
        elsewhere.execute("PRAGMA busy_timeout = 0")
        elsewhere.execute("BEGIN EXCLUSIVE")
        elsewhere.execute("COMMIT")
        with session.writing():
            pass
        elsewhere.execute("BEGIN EXCLUSIVE")
        elsewhere.execute("COMMIT")


def test_who_is_alone_begins_to_write_at_once_and_keeps_others_out_until_the_end(database, elsewhere):
    elsewhere.execute("PRAGMA busy_timeout = 0")
    with changing(database) as session:
        with session.alone() as connection:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                elsewhere.execute("BEGIN IMMEDIATE")
            with open(database.lock_path, "rb") as file, pytest.raises(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            connection.execute("INSERT INTO model VALUES (7)")
        assert elsewhere.execute("SELECT seq FROM model").fetchall() == [(7,)]
        with session.reading(), open(database.lock_path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(IntegrityError, match="UNIQUE constraint failed"), session.alone() as connection:
            connection.executemany("INSERT INTO model VALUES (?)", [(8,), (8,)])
        with session.alone() as connection:
            assert connection.execute("SELECT seq FROM model").fetchall() == [(7,)]


@pytest.mark.parametrize("way", ["IMMEDIATE", "EXCLUSIVE"])
@pytest.mark.parametrize("read_before", [False, True])
def test_nobody_is_alone_where_somebody_writes_or_waits_to_and_nothing_is_waited_for(
    database, elsewhere, way, read_before
):
    with changing(database) as session:
        if read_before:
            with session.reading():
                pass
        elsewhere.execute(f"BEGIN {way}")
        with session.alone() as connection:
            assert connection is None
        elsewhere.execute("COMMIT")
        with open(database.lock_path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            with session.alone() as connection:
                assert connection is None
        with session.alone() as connection:
            assert connection.in_transaction


@pytest.mark.parametrize("read_before", [False, True])
def test_a_trigger_or_an_older_schema_is_refused_to_who_is_alone_too(database, elsewhere, read_before):
    with changing(database) as session:
        if read_before:
            with session.reading():
                pass
        elsewhere.execute("PRAGMA user_version = 0")
        with pytest.raises(SchemaMismatch), session.alone():
            pass
        elsewhere.execute(f"PRAGMA user_version = {schema.VERSION}")
        elsewhere.execute(ROGUE)
        with pytest.raises(IntegrityError, match="changed by something other"), session.alone():
            pass


@pytest.mark.parametrize("way", ["alone", "writing"])
def test_a_reader_that_goes_at_once_is_waited_for_by_who_waits_for_nobody(database, elsewhere, way):
    impatient = Database(database.directory, lock_wait=0)
    elsewhere.execute("BEGIN")
    elsewhere.execute("SELECT count(*) FROM model").fetchall()
    going = threading.Timer(0.01, elsewhere.execute, ["COMMIT"])
    with changing(impatient) as session, getattr(session, way)() as connection:
        connection.execute("INSERT INTO model VALUES (7)")
        going.start()
    going.join()
    with database.reading() as connection:
        assert connection.execute("SELECT seq FROM model").fetchall() == [(7,)]


def test_whoever_cannot_read_for_a_writer_waits_in_the_queue_and_practises_not_at_all(database, elsewhere):
    quick = Database(database.directory, lock_wait=0.2)
    elsewhere.execute("BEGIN EXCLUSIVE")
    with changing(quick) as session:
        with session.practising() as connection:
            assert connection is None
        with open(quick.lock_path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # as the writer holds it
            with pytest.raises(Busy, match="has been writing to it for"), session.reading():
                pass
        elsewhere.execute("COMMIT")
        with session.reading():
            pass
        elsewhere.execute("BEGIN EXCLUSIVE")
        with session.practising() as connection:
            connection.execute("SELECT count(*) FROM model")
            pytest.fail("it read beside a writer")
        elsewhere.execute("COMMIT")
        with session.practising() as connection:
            assert connection.execute("SELECT count(*) FROM model").fetchone() == (0,)


def test_who_has_too_many_files_open_is_told_that_and_nothing_of_a_killed_writer(database):
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = []
    for way in (database.reading, database.writing):
        with way():
            pass  # what is imported on first use is there
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (128, limits[1]))
        with suppress(OSError):
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))
        for way in (database.reading, database.writing):
            with pytest.raises(RegistryUnavailable, match="too many files are open"), way():
                pass
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
