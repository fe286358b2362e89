"""Models without a version, deleted models, and labels that came later."""

import pytest
from history import History
from log_kinds import events, intents
from msgspec.structs import replace

from modelkeep.domain.entry import parse_entry
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.manifest import Pointer, PointerFile
from modelkeep.domain.record import encode_canonical
from modelkeep.errors import Conflict, UsageError
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
    with pytest.raises(Conflict, match=r"fraud@1 bears the label 1.0, which is the same as 1.0.0"):
        history.label("fraud@3", "1.0.0")


def test_nothing_more_happens_to_a_deleted_model(history):
    history.register("fraud", label="1.0")
    subjects = {ref: history.subject(ref) for ref in ("fraud", "fraud@1")}
    history.delete("fraud")
    for command, ref in (
        (intents.Rename("back"), "fraud"),
        (intents.Archive(all=True, undo=True), "fraud"),
        (intents.Tag(), "fraud"),
        (intents.Describe(), "fraud"),
        (intents.Mark("bad"), "fraud@1"),
        (intents.Register(form="file", if_exists="new", reuse=True), "fraud@1"),
    ):
        with pytest.raises((Conflict, UsageError)):
            history.tell(command, subjects[ref])
    state = SqlState(history.connection)
    assert state.head().seq == 3


def test_an_intent_names_its_model_as_it_is_or_was_called(history):
    history.register("fraud")
    old = history.subject("fraud@1")
    history.rename("fraud", "risk")
    history.tell(intents.Mark("bad"), old)
    with pytest.raises(Conflict, match="the model risk never was called payments"):
        history.tell(intents.Mark("good"), replace(old, name="payments"))


def test_what_no_rule_reads_is_refused(history):
    history.register("fraud")
    subject = history.subject("fraud@1")
    for command, odd in (
        (intents.Delete(), replace(subject, version=None)),
        (intents.Create(), intents.Subject("new", version=1, digest="sha256:0")),
        (intents.Create(), intents.Subject("new", stage="staging")),
    ):
        with pytest.raises(Conflict):
            history.tell(command, odd)
    parent = intents.Parent(model=2, version=7, digest=subject.digest)
    with pytest.raises(Conflict, match="a parent is named by model, version and digest"):
        history.tell(intents.Register(form="file", if_exists="new", parents=(parent,)), replace(subject, version=None))


def test_a_version_whose_bytes_live_elsewhere_gets_no_protected_stage(history):
    pointer = encode_canonical(Pointer("s3://bucket/model", (PointerFile("model.bin", 7),)))
    about = intents.Subject("fraud", digest=digest_of(pointer))
    history.tell(intents.Register(form="pointer", if_exists="new"), about, documents={about.digest: pointer})
    history.promote("fraud@1", "staging")
    with pytest.raises(Conflict, match="production is protected, and the bytes of this version live elsewhere"):
        history.promote("fraud@1", "production")
