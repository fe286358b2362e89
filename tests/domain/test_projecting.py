"""Rows are closed and opened, never rewritten: what a story leaves in the tables, row for row."""

import pytest
from history import History

from modelkeep.domain.verbs.rollback import PassedOver, find_target
from modelkeep.store.db.state import SqlState


@pytest.fixture
def history():
    history = History()
    for number in (1, 2, 3):
        history.register("fraud", f"content {number}")
    return history


def rows(history, statement):
    return history.connection.rows(statement)


def test_one_version_restored_out_of_all_leaves_the_parts_around_it_archived(history):
    history.archive("fraud")
    history.archive("fraud@2", undo=True)
    assert rows(history, "SELECT first, last, since_seq, until_seq FROM archived ORDER BY since_seq, first") == [
        (1, 3, 5, 6),
        (1, 1, 6, None),
        (3, 3, 6, None),
    ]


def test_an_alias_that_was_taken_off_is_closed_and_none_is_opened(history):
    history.alias("fraud@1", "champion")
    history.alias("fraud@2", "champion")
    history.alias("fraud", remove=["champion"])
    assert rows(history, "SELECT alias, version, since_seq, until_seq FROM alias ORDER BY since_seq") == [
        ("champion", 1, 5, 6),
        ("champion", 2, 6, 7),
    ]


def test_what_is_deleted_leaves_its_stages_and_aliases_and_keeps_its_rows(history):
    history.promote("fraud@1", "staging")
    history.alias("fraud@1", "champion")
    history.delete("fraud@1", reason="a trial")
    assert rows(history, "SELECT model, version, seq FROM deleted") == [(2, 1, 7)]
    assert rows(history, "SELECT version, until_seq, ended_by, ended_for FROM tenure") == [(1, 7, "delete", None)]
    assert rows(history, "SELECT alias, version, until_seq FROM alias") == [("champion", 1, 7)]
    assert rows(history, "SELECT number FROM version ORDER BY number") == [(1,), (2,), (3,)]
    assert rows(history, "SELECT version FROM version_blob ORDER BY version") == [(1,), (2,), (3,)]
    assert rows(history, "SELECT model, version FROM entry_about WHERE seq = 7 ORDER BY version") == [(2, 0), (2, 1)]


def test_a_tenure_knows_how_it_ended_and_for_whom(history):
    history.promote("fraud@1", "production")
    history.promote("fraud@2", "production")
    history.rollback("fraud@2", to=1)
    history.retire("fraud", "production")
    assert rows(
        history,
        "SELECT version, opened_by, came_from, since_seq, until_seq, ended_by, ended_for FROM tenure ORDER BY since_seq",
    ) == [
        (1, "promote", None, 5, 6, "promote", 2),
        (2, "promote", 5, 6, 7, "rollback", 1),
        (1, "rollback", None, 7, 8, "retire", None),
    ]
    assert rows(history, "SELECT version, since_seq, until_seq FROM mark") == [(2, 7, None)]


def test_a_version_that_was_passed_over_twice_is_told_once(history):
    for number in (1, 2, 1, 3):
        history.promote(f"fraud@{number}", "production")
    history.mark("fraud@1")
    history.mark("fraud@2")
    state = SqlState(history.connection)
    assert find_target(state, 2, state.holder(2, "production"), ()).passed_over == (
        PassedOver(1, "bad"),
        PassedOver(2, "bad"),
    )


def test_every_tag_that_an_entry_sets_is_a_row_and_no_text_of_the_entry(history):
    history.tag("fraud@1", owner="risk")
    history.tag("fraud@1", owner="core", pii="no")
    assert rows(history, "SELECT key, value, since_seq, until_seq FROM tag ORDER BY since_seq, key") == [
        ("owner", "risk", 5, 6),
        ("owner", "core", 6, None),
        ("pii", "no", 6, None),
    ]
    assert rows(history, "SELECT count(*) FROM entry_text") == [(0,)]


def test_going_back_and_back_never_goes_forth(history):
    for number in (1, 2, 1, 3):
        history.promote(f"fraud@{number}", "production")
    history.rollback("fraud@3", to=1, keep_good=True)
    history.rollback("fraud@1", to=2, keep_good=True)
    state = SqlState(history.connection)
    found = find_target(state, 2, state.holder(2, "production"), ())
    assert (found.tenure, found.passed_over) == (None, (PassedOver(1, "left"),))
