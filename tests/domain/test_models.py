"""Models without a version, deleted models, and labels that came later."""

import pytest
from history import History
from log_kinds import events

from modelkeep.domain.entry import parse_entry
from modelkeep.errors import Conflict
from modelkeep.store.db.state import SqlState


def happened(history, seq):
    (data,) = history.connection.connection.execute("SELECT bytes FROM entry WHERE seq = ?", (seq,)).fetchone()
    return parse_entry(data).events


@pytest.fixture
def history():
    return History()


def test_a_model_may_exist_without_a_version_and_gets_its_first_one_later(history):
    assert happened(history, history.create("fraud")) == (events.ModelCreated(2),)
    assert SqlState(history.connection).model_named("FRAUD").newest == 0
    assert happened(history, history.register("fraud")) == (events.VersionRegistered(2, 1),)


def test_a_deleted_model_takes_its_versions_stages_aliases_and_name_with_it(history):
    history.register("fraud", aliases=["champion"], stage="staging")
    history.register("fraud")
    history.delete("fraud@2")
    seq = history.delete("fraud")
    assert happened(history, seq) == (events.ModelDeleted(2, 2, (events.End("staging", 2, 1),)),)
    state = SqlState(history.connection)
    assert state.model_named("fraud").deleted
    assert state.version(2, 1).deleted
    assert (state.holder(2, "staging"), state.alias(2, "champion")) == (None, None)
    rows = history.connection.rows("SELECT version, seq, skipped FROM deleted ORDER BY version")
    assert rows == [(1, seq, 0), (2, seq - 1, 0)]


def test_a_name_of_a_deleted_model_is_given_again_only_when_asked_for(history):
    history.register("fraud")
    history.delete("fraud")
    with pytest.raises(Conflict, match="a deleted model bore the name Fraud"):
        history.create("Fraud")
    seq = history.create("Fraud", reuse=True)
    assert happened(history, seq) == (events.ModelCreated(seq),)
    assert SqlState(history.connection).model_named("fraud").seq == seq


def test_a_model_that_held_a_protected_stage_is_deleted_by_force_alone(history):
    history.register("fraud", stage="production")
    with pytest.raises(Conflict, match="fraud has or had a version in production, which is protected"):
        history.delete("fraud")
    assert happened(history, history.delete("fraud", force=True))[0].last == 1


def test_a_version_without_a_label_gets_one_for_ever(history):
    history.register("fraud", label="1.0")
    history.register("fraud")
    assert happened(history, history.label("fraud@2", "v2.0")) == (events.VersionLabelled(2, 2, "v2.0"),)
    state = SqlState(history.connection)
    assert (state.version(2, 2).label, state.version_labelled(2, "2")) == ("v2.0", 2)
    with pytest.raises(Conflict, match=r"fraud@2 bears the label v2.0, and a version has one label for ever"):
        history.label("fraud@2", "3.0")
    history.register("fraud")
    with pytest.raises(Conflict, match=r"fraud@1 bears the label 1.0.0 already"):
        history.label("fraud@3", "1.0.0")
