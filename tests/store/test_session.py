"""A change goes through one connection; what was compared before is compared again where it may be another."""

import fcntl
import os
import sqlite3
import threading
import time
from contextlib import closing, suppress

import pytest

from modelkeep.errors import Busy, IntegrityError, RegistryUnavailable, SchemaMismatch
from modelkeep.registry import create_registry
from modelkeep.store.db.sqlite.database import Database, Session

MODELS = "SELECT seq FROM model ORDER BY seq"
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


def test_a_writer_sees_what_was_written_since_the_snapshot(database, elsewhere):
    with closing(Session(database)) as session:
        with session.reading() as reader:
            assert reader.recall(MODELS) == []
        elsewhere.execute("INSERT INTO model VALUES (7)")
        with session.writing() as writer:
            assert writer.recall(MODELS) == [(7,)]


def test_what_was_asked_for_once_is_remembered_until_something_is_written(database):
    asked = []
    with closing(Session(database)) as session, session.writing() as writer:
        writer.connection.set_trace_callback(asked.append)
        assert (writer.recall(MODELS), writer.recall(MODELS)) == ([], [])
        assert asked == [MODELS]
        writer.run("INSERT INTO model VALUES (:seq)", seq=7)
        assert writer.recall(MODELS) == [(7,)]


def test_a_writer_remembers_what_a_snapshot_read_until_it_writes(database):
    asked = []
    with closing(Session(database)) as session:
        with session.reading() as reader:
            reader.recall(MODELS)
        with session.writing() as writer:
            writer.connection.set_trace_callback(asked.append)
            assert (writer.recall(MODELS), asked) == ([], [])
            writer.run("INSERT INTO model VALUES (7), (8)")
            assert writer.recall(MODELS) == [(7,), (8,)]


def test_what_a_failed_writer_read_is_forgotten(database):
    with closing(Session(database)) as session:
        with pytest.raises(IntegrityError), session.writing() as writer:  # noqa: PT012  what is read before counts
            writer.run("INSERT INTO model VALUES (7)")
            writer.recall(MODELS)
            writer.run("INSERT INTO model VALUES (7)")
        with session.reading() as reader:
            assert reader.recall(MODELS) == []


@pytest.mark.parametrize("then", ["reading", "writing"])
def test_a_trigger_that_came_between_reading_and_writing_is_refused(database, elsewhere, then):
    with closing(Session(database)) as session:
        with session.reading():
            pass
        elsewhere.execute(ROGUE)
        with pytest.raises(IntegrityError, match="changed by something other"), getattr(session, then)():
            pass


@pytest.mark.parametrize("then", ["reading", "writing"])
def test_a_trigger_that_was_hidden_from_the_counter_of_the_schema_is_refused(database, elsewhere, then):
    # whoever writes the schema's own table moves no counter
    with closing(Session(database)) as session:
        with session.reading():
            pass
        elsewhere.execute("PRAGMA writable_schema = ON")
        sql = "CREATE TRIGGER rogue AFTER INSERT ON model BEGIN DELETE FROM model; END"
        elsewhere.execute("INSERT INTO sqlite_schema VALUES ('trigger', 'rogue', 'model', 0, ?)", (sql,))
        with pytest.raises(IntegrityError, match="changed by something"), getattr(session, then)():
            pass


def test_an_older_schema_that_came_meanwhile_is_not_written(database, elsewhere):
    with closing(Session(database)) as session:
        with session.reading():
            pass
        elsewhere.execute("PRAGMA user_version = 0")
        with pytest.raises(SchemaMismatch), session.writing():
            pass


def test_what_fails_is_rolled_back_and_the_session_goes_on(database):
    with closing(Session(database)) as session:
        with pytest.raises(IntegrityError, match="no such table"), session.reading() as reader:
            reader.rows("SELECT 1 FROM nowhere")
        with pytest.raises(IntegrityError, match="UNIQUE constraint failed"), session.writing() as writer:
            writer.run("INSERT INTO model VALUES (7), (7)")
        with session.reading() as reader:
            assert reader.rows(MODELS) == []
        with session.writing() as writer:
            writer.run("INSERT INTO model VALUES (7)")
    with database.reading() as reader:
        assert reader.rows(MODELS) == [(7,)]


@pytest.mark.parametrize("way", ["reading", "writing"])
def test_a_wrong_value_is_damage_where_sqlite_finds_some_and_else_a_bug(database, way):
    def fail():
        with closing(Session(database)) as session, getattr(session, way)():
            raise TypeError

    with pytest.raises(TypeError):
        fail()
    with open(database.path, "r+b") as file:
        file.seek(39)  # the last byte of the number of free pages
        file.write(b"\5")
    with pytest.raises(IntegrityError, match="is damaged: "):
        fail()


def test_between_its_transactions_a_session_is_in_nobodys_way(database, elsewhere):
    with closing(Session(database)) as session:
        with session.reading():
            pass
        elsewhere.execute("PRAGMA busy_timeout = 0")
        elsewhere.execute("BEGIN EXCLUSIVE")
        elsewhere.execute("COMMIT")
        with session.writing():
            pass
        elsewhere.execute("BEGIN EXCLUSIVE")
        elsewhere.execute("COMMIT")


def test_a_writer_that_may_not_wait_waits_for_a_reader_that_ends_at_once(database, elsewhere):
    impatient = Database(database.directory, lock_wait=0)
    elsewhere.execute("BEGIN")
    elsewhere.execute("SELECT count(*) FROM model").fetchall()
    going = threading.Timer(0.01, elsewhere.execute, ["COMMIT"])
    with closing(Session(impatient)) as session, session.writing() as writer:
        writer.run("INSERT INTO model VALUES (7)")
        going.start()
    going.join()
    with database.reading() as reader:
        assert reader.rows(MODELS) == [(7,)]


def test_a_snapshot_behind_a_writer_waits_in_the_queue(database, elsewhere):
    quick = Database(database.directory, lock_wait=0.2)
    elsewhere.execute("BEGIN EXCLUSIVE")
    with closing(Session(quick)) as session:
        with open(quick.lock_path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # as the writer holds it
            with pytest.raises(Busy, match="is writing to it; waited"), session.reading():
                pass
        elsewhere.execute("COMMIT")
        with session.reading():
            pass


@pytest.mark.parametrize("way", ["session.reading", "session.writing", "database.reading", "database.writing"])
def test_no_transaction_waits_longer_than_it_may_for_a_program_that_locks_the_file(database, elsewhere, way):
    quick = Database(database.directory, lock_wait=0.3)
    elsewhere.execute("BEGIN EXCLUSIVE")
    began = time.monotonic()
    with closing(Session(quick)) as session:
        begin = {"session": session, "database": quick}[way.partition(".")[0]]
        with pytest.raises(Busy, match="holds it") as caught, getattr(begin, way.partition(".")[2])():
            pass
    assert time.monotonic() - began < 5
    assert caught.value.hint == "try again"  # whether there is a --lock-wait is known to the command


def test_an_answer_waits_two_seconds_for_a_program_that_locks_the_file(database, elsewhere):
    # Takes these two seconds; a change would wait for ten minutes.
    patient = Database(database.directory, lock_wait=600)
    elsewhere.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Busy, match="holds it"), patient.reading():
        pass


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
        os.close(held.pop())  # SQLite opens its file, and has none left for the journal
        with pytest.raises(RegistryUnavailable, match="too many files are open"), database.writing() as writer:
            writer.run("INSERT INTO model VALUES (7)")
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_a_bug_in_a_read_of_an_older_schema_is_not_called_damage(database, elsewhere):
    def fail():
        with database.reading():
            raise TypeError

    elsewhere.execute("PRAGMA user_version = 0")
    with pytest.raises(TypeError):
        fail()


def test_work_behind_the_lock_takes_nothing_from_the_wait_for_readers(database, elsewhere):
    patient = Database(database.directory, lock_wait=1)
    going = threading.Timer(0.4, elsewhere.execute, ["COMMIT"])
    try:
        with patient.writing() as writer:
            writer.run("INSERT INTO model VALUES (7)")
            elsewhere.execute("BEGIN")
            elsewhere.execute("SELECT count(*) FROM model").fetchall()
            time.sleep(1.1)
            going.start()
    finally:
        going.join()
    with database.reading() as reader:
        assert reader.rows(MODELS) == [(7,)]


def test_a_session_checks_the_schema_again_on_each_new_connection(database, elsewhere):
    with closing(Session(database)) as session:
        with session.reading():
            pass
        elsewhere.execute("PRAGMA user_version = 0")
        with session.reading():  # made again from the log, for the schema is older
            pass
        with pytest.raises(SchemaMismatch), session.writing():
            pass
