"""Facts that another registry knew: each is imported once, and says where it comes from."""

import pytest
from history import History
from log_kinds import intents

from modelkeep.domain.decide import decide
from modelkeep.domain.entry import Observed, parse_entry
from modelkeep.domain.verbs.interface import AlreadySo
from modelkeep.errors import Conflict
from modelkeep.store.db.state import SqlState

HERE = Observed(client="modelkeep/0", uid=1000, user="ana")


def origin(entry, system="mlflow"):
    return intents.Origin(system, "http://tracker", entry, "2024-05-01T00:00:00.000000Z")


@pytest.fixture
def history():
    """Return a model whose version 3 was imported as such, and marked bad by an imported fact."""
    history = History()
    history.register("Fraud Model", "three", at_number=3)
    history.tell(intents.Mark("bad"), history.subject("Fraud Model@3"), origin=origin("versions/3#bad"))
    return history


def asked(history, command, entry):
    state = SqlState(history.connection)
    head = state.head()
    intent = intents.Intent(
        registry=state.registry_id(),
        id="f" * 32,
        command=command,
        subject=history.subject("Fraud Model@3"),
        seen=intents.Seen(head.hash, head.seq),
        origin=entry,
        time=head.time,
    )
    return decide(state, intent, HERE, head.time)


def test_the_entry_says_where_a_fact_comes_from_and_a_row_finds_it_again(history):
    (data,) = history.connection.connection.execute("SELECT bytes FROM entry WHERE seq = 3").fetchone()
    assert parse_entry(data).intent.origin == origin("versions/3#bad")
    rows = history.connection.rows("SELECT system, source, entry, seq, time FROM origin")
    assert rows == [("mlflow", "http://tracker", "versions/3#bad", 3, "2024-05-01T00:00:00.000000Z")]


def test_the_same_fact_again_is_so_already_and_another_of_that_name_is_a_conflict(history):
    again = asked(history, intents.Mark("bad"), origin("versions/3#bad"))
    assert again == AlreadySo("mlflow versions/3#bad was imported before")
    with pytest.raises(Conflict, match="mlflow versions/3#bad was imported before, as something else"):
        asked(history, intents.Mark("good"), origin("versions/3#bad"))


def test_a_fact_of_the_same_name_in_another_system_is_another_one(history):
    assert len(asked(history, intents.Mark("good"), origin("versions/3#bad", system="gto"))) == 1


def test_a_migration_comes_from_nowhere_else(history):
    with pytest.raises(Conflict, match="a migration comes from nowhere else"):
        asked(history, intents.Migrate(format=2, schema=3), origin("x"))


def test_numbers_that_were_left_out_are_taken_for_good(history):
    assert history.connection.rows("SELECT version, skipped FROM deleted") == [(1, 1), (2, 1)]
    model = SqlState(history.connection).model_named("fraud model")
    assert (model.name, model.newest) == ("Fraud Model", 3)
    with pytest.raises(Conflict, match="a version gets a number from 4 to 999999999, not 2"):
        history.register("Fraud Model", "two", at_number=2)
    with pytest.raises(Conflict, match="at most 10000 numbers may be left out at once"):
        history.register("Fraud Model", "far", at_number=20_000)
