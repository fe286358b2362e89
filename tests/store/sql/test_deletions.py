"""What was deleted in a model of many versions: counted, passed over, and never read where it is very many."""

import random

import pytest

from modelkeep.store.db.sql import models, version_states
from modelkeep.store.db.state import SqlState

MODEL, MANY = 2, 700


@pytest.fixture(scope="module")
def crowd():
    """Return a registry with a model of so many versions, some of which held a stage, are bad or archived."""
    from history import History

    history = History()
    for _ in range(MANY):
        history.register("fraud", "the same")
    for number in (3, 90, 400, 690):
        history.promote(f"fraud@{number}", "production")
    for number in (5, 350, 699, 700):
        history.mark(f"fraud@{number}")
    for number in (*range(100, 110), 500, 501, 698):
        history.archive(f"fraud@{number}")
    return history


@pytest.fixture
def delete(crowd):
    """Return what takes numbers out as of an entry, and puts everything back in the end."""
    connection = crowd.connection
    last = SqlState(connection).head().seq

    def put(numbers, seq=last):
        rows = [{"model": MODEL, "number": number, "seq": seq} for number in numbers]
        connection.connection.executemany("INSERT INTO deleted VALUES (:model, :number, :seq, 0)", rows)
        return connection

    yield put
    connection.run("DELETE FROM deleted")


CROWDS = {
    "none": [],
    "the newest": range(30, MANY + 1),
    "the oldest": range(1, MANY - 20),
    "all": range(1, MANY + 1),
    "all but one": [number for number in range(1, MANY + 1) if number != 200],
    "every other": range(1, MANY + 1, 2),
    "runs": [*range(1, 40), *range(95, 105), *range(345, 402), *range(600, 700)],
    "some": random.Random(7).sample(range(1, MANY + 1), 300),
}


@pytest.mark.parametrize("numbers", CROWDS.values(), ids=CROWDS)
@pytest.mark.parametrize("past", [False, True], ids=["now", "past"])
def test_what_is_left_is_what_a_look_at_every_version_finds(crowd, delete, numbers, past):
    connection = delete(numbers)
    seq = SqlState(connection).head().seq
    at, then, registry = (seq, f"seq:{seq}", crowd.registry) if past else (None, None, crowd.registry)
    gone = set(numbers)
    rows = {row.version: row for row in registry.versions("fraud", as_of=then, all=True)}
    assert {number for number, row in rows.items() if row.deleted} == gone
    left = [number for number in rows if number not in gone]
    pipeline = [number for number in left if not rows[number].archived]
    waiting = [number for number in left if rows[number].state == "development"]
    latest = next((number for number in pipeline if not rows[number].bad), None)
    assert version_states.newest_undeleted(connection, at, MODEL) == (left[0] if left else None)
    assert version_states.latest(connection, at, MODEL) == latest
    assert [row.version for row in registry.versions("fraud", as_of=then)] == pipeline
    assert [row.version for row in registry.versions(as_of=then)] == pipeline
    assert [row.version for row in registry.versions(as_of=then, limit=9)] == pipeline[:9]
    (line,) = registry.models(as_of=then, all=True)
    assert (line.versions, line.newest, line.latest, line.archived) == (
        len(left), left[0] if left else MANY, latest, not pipeline,
    )  # fmt: skip
    assert (line.development and (line.development.version, line.development.more)) == (
        (waiting[0], len(waiting) - 1) if waiting else None
    )
    recent = [row.version for row in registry.model("fraud", as_of=then).recent]
    assert recent == (pipeline or left or list(range(MANY, 0, -1)))[:10]


def test_before_they_were_deleted_all_were_there(delete):
    last = SqlState(delete([])).head().seq
    connection = delete(range(1, MANY), seq=last)
    assert version_states.count_deleted(connection, last, MODEL, 1, MANY) == MANY - 1
    assert version_states.count_deleted(connection, last - 1, MODEL, 1, MANY) == 0
    assert version_states.deleted_numbers(connection, last - 1, MODEL, 1, MANY) == frozenset()
    assert version_states.deletion(connection, last - 1, MODEL, 7) is None
    assert version_states.deleted_and_used(connection, last, MODEL) == {3, 5, 90, 350, 400, 690, 699}


def test_a_run_of_deleted_versions_is_counted_and_not_read(delete):
    connection = delete(range(2, MANY + 1))
    read = []
    connection.connection.set_trace_callback(read.append)
    version_states.latest(connection, None, MODEL)
    models.model_row(connection, None, MODEL, "fraud")
    connection.connection.set_trace_callback(None)
    windows = [text for text in read if "SELECT version FROM deleted" in text and "BETWEEN" in text]
    assert windows  # of the window that holds the one that is left
    assert all("BETWEEN 1 AND " in text for text in windows)
