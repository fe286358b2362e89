"""What modelkeep allows, word for word: every event, every "so already", every refusal of every verb."""

import pytest
from history import REGISTRY, History, at
from log_kinds import events, intents
from msgspec.structs import replace

from modelkeep.domain.decide import decide
from modelkeep.domain.entry import Observed
from modelkeep.domain.stages import StageDef
from modelkeep.domain.state import Tenure
from modelkeep.domain.verbs.interface import AlreadySo
from modelkeep.domain.verbs.rollback import explain_obstacle, find_target
from modelkeep.errors import Conflict, Damaged, IntegrityError, NotFound, UsageError
from modelkeep.store.db.sqlite.private_tables import in_memory
from modelkeep.store.db.state import SqlState

HERE = Observed(client="modelkeep/0", uid=1000, user="ana")
PROMOTE = intents.Promote()
FORCED = replace(PROMOTE, force=True)
DIGESTS = {number: f"sha256:{number:064x}" for number in range(10)}


@pytest.fixture
def history():
    """Return fraud with three versions (1 then 2 in production, 1 in staging), and churn with one."""
    history = History()
    history.register("fraud", "one", label="1.0", metrics=[("auc", "0.9")], runs=["mlflow:1"], tag__owner="risk")
    history.register("fraud", "two", label="1.1")
    history.register("fraud", "three")
    history.register("churn", "four", aliases=["champion"])
    history.promote("fraud@1", "production")
    history.promote("fraud@1", "staging")
    history.promote("fraud@2", "production")
    return history


def ask(history, arguments, ref=None, stage=None, *, absent=(), minutes=1, subject=None, **frame):
    """Return what is decided on an intent about a reference, some minutes after the last entry."""
    state = SqlState(history.connection)
    head = state.head()
    intent = intents.Intent(
        registry=REGISTRY,
        id="f" * 32,
        command=arguments,
        subject=subject if ref is None else history.subject(ref, stage),
        seen=intents.Seen(head.hash, head.seq),
        time=at(head.seq),
    )
    return decide(state, replace(intent, **frame), replace(HERE, absent=tuple(absent)), at(head.seq + minutes))


def register(**given):
    """Return the arguments of a registration."""
    return intents.Register(**{"form": "file", "if_exists": "match", **given})


def new(name="fraud", model=2, stage=None, digest=DIGESTS[9], version=None):
    """Return the subject of a registration."""
    return intents.Subject(digest=digest, model=model, name=name, stage=stage, version=version)


def promoted(stage, version, came_from=None, ends=(), model=2):
    ends = tuple(events.End(stage, *end) for end in ends)
    return events.VersionPromoted(came_from=came_from, ends=ends, model=model, stage=stage, version=version)


# Each happens


def test_init_creates_a_registry():
    arguments = intents.Init((StageDef("prod-eu", protected=True),))
    assert ask_first(arguments) == (events.RegistryCreated(),)


@pytest.mark.parametrize("frame", [{"expect": intents.Expect(0)}, {"not_after": at(9)}])
def test_init_knows_nothing_before_it(frame):
    arguments = intents.Init((StageDef("production", protected=True, synonyms=()),))
    given = {"expect": None, "details": None, "seen": None, "not_after": None, "origin": None, **frame}
    intent = intents.Intent(registry=REGISTRY, id="0" * 32, command=arguments, time=at(0), **given)
    with pytest.raises(Conflict, match="a registry is created by its first entry, and only by that"):
        decide(SqlState(in_memory()), intent, Observed(client="test", uid=0, user="ana"), at(0))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"aliases": ("champion", "champion")}, "the alias champion is given twice"),
        ({"metrics": (("auc", "1"), ("auc", "2"))}, "the metric auc is given twice"),
        ({"runs": ("7", "7")}, "the run 7 is given twice"),
    ],
)
def test_nothing_is_registered_twice_over(history, arguments, told):
    with pytest.raises(UsageError, match=told):
        ask(history, register(**arguments), subject=new())


def test_register_gives_the_next_number_and_with_the_first_one_makes_the_model(history):
    assert ask(history, register(), subject=new()) == (events.VersionRegistered(model=2, version=4),)
    assert ask(history, register(label="v2.0"), subject=new("new", None)) == (
        events.ModelCreated(9),
        events.VersionRegistered(label="v2.0", model=9, version=1),
    )
    assert ask(history, register(), subject=new("FRAUD", None)) == (events.VersionRegistered(model=2, version=4),)


def test_register_takes_a_stage_and_aliases_in_the_same_entry(history):
    arguments = register(aliases=("champion", "golden"), bump="minor")
    assert ask(history, arguments, subject=new(stage="production"), expect=intents.Expect(2)) == (
        events.VersionRegistered(label="1.2", model=2, version=4),
        promoted("production", 4, came_from=8, ends=[(8, 2)]),
        events.AliasSet("champion", 2, 4),
        events.AliasSet("golden", 2, 4),
    )


def test_the_same_bytes_again_are_a_new_version_only_when_that_was_asked_for(history):
    digest = history.subject("fraud@1").digest
    again = AlreadySo("already registered as fraud@1", version=1)
    for if_exists in ("match", "skip"):
        assert ask(history, register(if_exists=if_exists), subject=new(digest=digest)) == again
    assert ask(history, register(if_exists="new"), subject=new(digest=digest)) == (
        events.VersionRegistered(model=2, version=4),
    )


def test_evaluate_records_what_is_not_known_yet(history):
    on = intents.Data(name="holdout", version="3")
    happened = (events.MetricsRecorded(2, 1),)
    assert ask(history, intents.Evaluate((("auc", "0.91"),), None, ()), "fraud@1") == happened
    assert ask(history, intents.Evaluate((("auc", "0.9"),), on, ()), "fraud@1") == happened
    assert ask(history, intents.Evaluate((), None, ("mlflow:2",)), "fraud@1") == happened
    known = intents.Evaluate((("auc", "0.9"),), None, ("mlflow:1",))
    assert ask(history, known, "fraud@1") == AlreadySo("fraud@1 has these metrics")


def test_promote_displaces_the_holder_and_remembers_it(history):
    happened = (promoted("production", 3, came_from=8, ends=[(8, 2)]),)
    assert ask(history, PROMOTE, "fraud@3", "production") == happened
    assert ask(history, PROMOTE, "fraud@3", "production", expect=intents.Expect(2)) == happened
    assert ask(history, PROMOTE, "churn@1", "staging", expect=intents.Expect(0)) == (promoted("staging", 1, model=5),)
    history.retire("fraud", "production")
    assert ask(history, PROMOTE, "fraud@3", "production") == (promoted("production", 3, came_from=8),)


def test_a_version_that_is_there_already_is_so_already_whatever_was_expected(history):
    there = AlreadySo("fraud@2 is in production")
    assert ask(history, PROMOTE, "fraud@2", "production") == there
    assert ask(history, PROMOTE, "fraud@2", "production", expect=intents.Expect(1)) == there


def test_force_promotes_a_bad_version_and_restores_an_archived_one(history):
    history.mark("fraud@3")
    happened = promoted("production", 3, came_from=8, ends=[(8, 2)])
    assert ask(history, FORCED, "fraud@3", "production") == (happened,)
    history.archive("fraud@3")
    assert ask(history, FORCED, "fraud@3", "production") == (events.VersionRestored(first=3, last=3, model=2), happened)


def rolled_back(from_, to, came_from=None, passed_over=(), tenure=8):
    passed = tuple(events.PassedOver(*each) for each in passed_over)
    return events.StageRolledBack(
        came_from=came_from,
        ends=(events.End("production", tenure, from_),),
        from_=from_,
        model=2,
        passed_over=passed,
        stage="production",
        to=to,
    )


def back(to, *, keep_good=False, confirmed=None, because=None):
    return intents.Rollback(because=because, confirmed=confirmed, keep_good=keep_good, to=to)


def test_rollback_goes_to_the_last_holder_and_marks_the_one_it_leaves(history):
    bad = events.VersionMarked("bad", 2, 2)
    assert ask(history, back(1), "fraud@2", "production") == (rolled_back(2, 1), bad)
    assert ask(history, back(1, keep_good=True), "fraud@2", "production") == (rolled_back(2, 1),)
    history.mark("fraud@2")
    assert ask(history, back(1), "fraud@2", "production") == (rolled_back(2, 1),)


def test_rollback_passes_over_who_may_not_come_back_and_says_why(history):
    history.promote("fraud@3", "production")  # entry 9, over 2 (entry 8), over 1 (entry 6)
    history.mark("fraud@2")
    happened = ask(history, back(1, keep_good=True), "fraud@3", "production")
    assert happened == (rolled_back(3, 1, passed_over=[(2, "bad")], tenure=9),)
    history.archive("fraud@2")
    happened = ask(history, back(1, keep_good=True), "fraud@3", "production")
    assert happened == (rolled_back(3, 1, passed_over=[(2, "archived")], tenure=9),)
    history.archive("fraud@2", undo=True)
    history.mark("fraud@2", "good")
    absent = [history.subject("fraud@2").digest]
    happened = ask(history, back(1, keep_good=True), "fraud@3", "production", absent=absent)
    assert happened == (rolled_back(3, 1, passed_over=[(2, "missing")], tenure=9),)


def test_rollback_to_a_former_holder_by_name_takes_its_latest_tenure(history):
    history.promote("fraud@3", "production")
    assert ask(history, back(1, keep_good=True), "fraud@3", "production") == (rolled_back(3, 1, tenure=9),)
    assert ask(history, back(2, keep_good=True), "fraud@3", "production") == (rolled_back(3, 2, came_from=6, tenure=9),)


def test_what_a_rollback_left_comes_back_only_by_name(history):
    history.rollback("fraud@2", to=1, keep_good=True)
    state = SqlState(history.connection)
    found = find_target(state, 2, state.holder(2, "production"), ())
    assert found.tenure is None
    assert ask(history, back(2, keep_good=True), "fraud@1", "production") == (rolled_back(1, 2, came_from=6, tenure=9),)


def test_a_walk_down_passes_each_version_once_and_ends_where_nothing_is_left(history):
    history.rollback("fraud@2", to=1, keep_good=True)
    history.promote("fraud@2", "production")
    history.promote("fraud@1", "production")
    history.promote("fraud@3", "production")
    history.mark("fraud@1")
    state = SqlState(history.connection)
    found = find_target(state, 2, state.holder(2, "production"), (history.subject("fraud@2").digest,))
    assert (found.tenure, found.passed_over) == (None, (events.PassedOver(1, "bad"), events.PassedOver(2, "missing")))
    lost = Tenure(99, 2, "production", 3, None, came_from=77, until=None)
    assert find_target(state, 2, lost, ()).tenure is None  # a chain that leads nowhere ends there
    gone = find_target(_Without(state, 2), 2, state.holder(2, "production"), ())
    assert gone.passed_over == (events.PassedOver(1, "bad"), events.PassedOver(2, "deleted"))
    assert [explain_obstacle(why) for why in ("deleted", "leaving", "left")] == [
        "it was deleted",
        "it is the one that is left",
        "a rollback left it",
    ]


def test_the_version_that_is_left_is_not_told_among_those_passed_over(history):
    history.promote("fraud@1", "production")
    history.mark("fraud@2")
    state = SqlState(history.connection)
    assert find_target(state, 2, state.holder(2, "production"), ()).passed_over == (events.PassedOver(2, "bad"),)


def test_rollback_from_what_is_not_live_does_nothing(history):
    why = "fraud@1 is not in production (fraud@2 is)"
    assert ask(history, back(3), "fraud@1", "production") == AlreadySo(why)
    assert ask(history, back(2), "fraud@2", "production") == AlreadySo("fraud@2 is in production")
    history.retire("fraud", "production")
    why = "fraud@2 is not in production (nothing is)"
    assert ask(history, back(1), "fraud@2", "production") == AlreadySo(why)


def test_a_second_bare_rollback_within_fifteen_minutes_needs_an_answer(history):
    history.promote("fraud@3", "production")
    history.rollback("fraud@3", to=2, keep_good=True)
    bare = back(1, keep_good=True, confirmed="no")
    with pytest.raises(Conflict) as caught:
        ask(history, bare, "fraud@2", "production", minutes=14)
    assert caught.value.message == "fraud was rolled back in production less than 15 minutes ago, fraud@2 is there now"
    assert caught.value.hint == "modelkeep rollback fraud@2 production --keep-good"
    happened = (rolled_back(2, 1, tenure=10),)
    assert ask(history, bare, "fraud@2", "production", minutes=15) == happened
    for named_or_answered in (None, "yes"):
        arguments = replace(bare, confirmed=named_or_answered)
        assert ask(history, arguments, "fraud@2", "production", minutes=1) == happened


def test_the_first_bare_rollback_needs_no_answer(history):
    assert ask(history, back(1, keep_good=True, confirmed="no"), "fraud@2", "production") == (rolled_back(2, 1),)


def test_retire_empties_a_stage(history):
    happened = (events.StageRetired(ends=(events.End("production", 8, 2),), model=2, stage="production"),)
    assert ask(history, intents.Retire(), "fraud", "production") == happened
    assert ask(history, intents.Retire(), "fraud@2", "production", expect=intents.Expect(2)) == happened
    why = "fraud@1 is not in production (fraud@2 is)"
    assert ask(history, intents.Retire(), "fraud@1", "production") == AlreadySo(why)
    assert ask(history, intents.Retire(), "churn", "staging") == AlreadySo("churn has nothing in staging")


def test_mark_sets_and_lifts_the_mark(history):
    assert ask(history, intents.Mark("bad"), "fraud@2") == (events.VersionMarked("bad", 2, 2),)
    assert ask(history, intents.Mark("good"), "fraud@2") == AlreadySo("fraud@2 is not marked bad")
    history.mark("fraud@2")
    assert ask(history, intents.Mark("good"), "fraud@2") == (events.VersionMarked("good", 2, 2),)
    assert ask(history, intents.Mark("bad"), "fraud@2") == AlreadySo("fraud@2 is marked bad")


ARCHIVE, UNDO = intents.Archive(all=False, undo=False), intents.Archive(all=False, undo=True)
ARCHIVE_ALL, UNDO_ALL = intents.Archive(all=True, undo=False), intents.Archive(all=True, undo=True)


def test_archive_ends_what_the_version_held_in_unprotected_stages(history):
    assert ask(history, ARCHIVE, "fraud@3") == (events.VersionArchived(first=3, last=3, model=2),)
    assert ask(history, ARCHIVE, "fraud@1") == (
        events.VersionArchived(ends=(events.End("staging", 7, 1),), first=1, last=1, model=2),
    )
    assert ask(history, UNDO, "fraud@3") == AlreadySo("fraud@3 is not archived")
    history.archive("fraud@3")
    assert ask(history, ARCHIVE, "fraud@3") == AlreadySo("fraud@3 is archived")
    assert ask(history, UNDO, "fraud@3") == (events.VersionRestored(first=3, last=3, model=2),)


DELETE, DELETE_FORCED = intents.Delete(force=False), intents.Delete(force=True)


def test_delete_takes_a_version_out_of_what_it_holds_and_is_called(history):
    assert ask(history, DELETE, "fraud@3") == (events.VersionDeleted(model=2, version=3),)
    history.promote("fraud@3", "staging")
    history.alias("fraud@3", "old", "canary")
    assert ask(history, DELETE, "fraud@3", absent=[history.subject("fraud@3").digest]) == (
        events.VersionDeleted(ends=(events.End("staging", 9, 3),), model=2, version=3),
        events.AliasRemoved("canary", 2),
        events.AliasRemoved("old", 2),
    )
    history.delete("fraud@3")
    for arguments in (DELETE, DELETE_FORCED):
        assert ask(history, arguments, "fraud@3") == AlreadySo("fraud@3 is deleted")


def test_what_is_or_was_in_a_protected_stage_is_deleted_by_force_alone(history):
    for number, verb, helps in ((2, "is", "retire fraud@2 production"), (1, "was", "archive fraud@1")):
        with pytest.raises(Conflict) as caught:
            ask(history, DELETE, f"fraud@{number}")
        assert caught.value.message == f"fraud@{number} {verb} in production, which is protected"
        assert caught.value.hint == f"modelkeep {helps}        (or delete it with --force)"
    assert ask(history, DELETE_FORCED, "fraud@2") == (
        events.VersionDeleted(ends=(events.End("production", 8, 2),), model=2, version=2),
    )
    assert ask(history, DELETE_FORCED, "fraud@1") == (
        events.VersionDeleted(ends=(events.End("staging", 7, 1),), model=2, version=1),
    )
    history.register("churn")
    history.promote("churn@2", "staging")
    assert ask(history, DELETE, "churn@2") == (
        events.VersionDeleted(ends=(events.End("staging", 10, 2),), model=5, version=2),
    )


def test_number_and_label_of_what_was_deleted_stay_taken(history):
    history.delete("fraud@2", force=True)
    history.delete("fraud@3")
    assert ask(history, register(), subject=new())[0] == events.VersionRegistered(model=2, version=4)
    assert ask(history, register(bump="minor"), subject=new())[0] == events.VersionRegistered(
        label="1.2", model=2, version=4
    )
    with pytest.raises(Conflict) as caught:
        ask(history, register(label="1.1.0"), subject=new())
    assert caught.value.message == "fraud@2, which was deleted, bore the label 1.1.0"
    assert caught.value.hint == "a label is never given again: give another"


def test_the_bytes_of_what_was_deleted_make_a_new_version(history):
    digest = history.subject("fraud@3").digest
    assert ask(history, register(), subject=new(digest=digest)).version == 3
    history.delete("fraud@3")
    assert ask(history, register(), subject=new(digest=digest)) == (events.VersionRegistered(model=2, version=4),)
    history.register("fraud", "one")
    history.delete("fraud@1", force=True)
    assert ask(history, register(), subject=new(digest=history.subject("fraud@4").digest)).version == 4


@pytest.mark.parametrize(
    ("arguments", "stage"),
    [
        (PROMOTE, "staging"),
        (FORCED, "staging"),
        (intents.Mark("bad"), None),
        (intents.Archive(all=False, undo=False), None),
        (intents.Archive(all=False, undo=True), None),
        (intents.Alias(("champion",), ()), None),
        (intents.Tag(()), None),
        (intents.Describe(), None),
        (intents.Note(), None),
        (intents.Evaluate((("auc", "0.9"),), None, ()), None),
    ],
    ids=lambda each: type(each).__name__,
)
def test_nothing_more_happens_to_what_was_deleted(history, arguments, stage):
    history.delete("fraud@3")
    with pytest.raises(Conflict) as caught:
        ask(history, arguments, "fraud@3", stage, details="sha256:0")
    assert caught.value.message == "fraud@3 was deleted"
    assert caught.value.hint == (
        "a deleted version stays deleted; the same bytes registered again get a number of their own"
    )


def test_what_was_deleted_is_passed_over_and_does_not_come_back_by_name(history):
    history.promote("fraud@3", "production")
    history.delete("fraud@2", force=True)
    assert ask(history, back(1), "fraud@3", "production") == (
        rolled_back(3, 1, passed_over=[(2, "deleted")], tenure=9),
        events.VersionMarked("bad", 2, 3),
    )
    with pytest.raises(Conflict) as caught:
        ask(history, back(2), "fraud@3", "production")
    assert caught.value.message == "fraud@2 cannot come back to production: it was deleted"
    assert caught.value.hint.startswith("a deleted version stays deleted")
    why = "fraud@2 is not in production (fraud@3 is)"
    assert ask(history, back(1), "fraud@2", "production") == AlreadySo(why)
    assert ask(history, intents.Retire(), "fraud@2", "production") == AlreadySo(why)


def test_all_that_is_left_of_a_model_is_archived_beside_what_was_deleted(history):
    history.retire("fraud", "production")
    history.delete("fraud@3")
    history.archive("fraud@1")
    assert ask(history, ARCHIVE_ALL, "fraud") == (events.VersionArchived(first=1, last=3, model=2),)
    history.archive("fraud@2")
    assert ask(history, ARCHIVE_ALL, "fraud") == AlreadySo("every version of fraud is archived")


def test_all_versions_of_a_model_are_archived_at_once_and_one_of_them_restored(history):
    history.retire("fraud", "production")
    assert ask(history, ARCHIVE_ALL, "fraud") == (
        events.VersionArchived(ends=(events.End("staging", 7, 1),), first=1, last=3, model=2),
    )
    assert ask(history, UNDO_ALL, "fraud") == AlreadySo("every version of fraud is not archived")
    history.archive("fraud")
    assert ask(history, ARCHIVE_ALL, "fraud") == AlreadySo("every version of fraud is archived")
    assert ask(history, UNDO, "fraud@2") == (events.VersionRestored(first=2, keeps=((1, 1), (3, 3)), last=2, model=2),)
    assert ask(history, UNDO_ALL, "fraud") == (events.VersionRestored(first=1, last=3, model=2),)


def test_aliases_are_set_moved_and_removed(history):
    assert ask(history, intents.Alias(("champion", "golden"), ()), "fraud@2") == (
        events.AliasSet("champion", 2, 2),
        events.AliasSet("golden", 2, 2),
    )
    history.alias("fraud@2", "champion")
    assert ask(history, intents.Alias(("champion",), ()), "fraud@2") == AlreadySo("champion is fraud@2")
    assert ask(history, intents.Alias(("champion",), ()), "fraud@3", expect=intents.Expect(2)) == (
        events.AliasSet("champion", 2, 3),
    )
    assert ask(history, intents.Alias((), ("champion", "never")), "fraud") == (events.AliasRemoved("champion", 2),)
    assert ask(history, intents.Alias((), ("never",)), "fraud") == AlreadySo("fraud has no alias never")


def test_tags_descriptions_and_notes_are_of_a_version_or_of_the_model(history):
    text = "sha256:" + "e" * 64
    assert ask(history, intents.Tag(()), "fraud@2", details=text) == (events.Tagged(2, 2),)
    assert ask(history, intents.Tag(()), "fraud", details=text) == (events.Tagged(2, None),)
    assert ask(history, intents.Tag(()), "fraud@2") == AlreadySo("no tag of fraud would change")
    ((line,),) = history.connection.rows("SELECT line FROM tag")
    assert ask(history, intents.Tag((line,)), "fraud@1") == (events.Tagged(2, 1),)
    assert ask(history, intents.Describe(), "fraud@2", details=text) == (events.Described(2, 2),)
    assert ask(history, intents.Describe(), "fraud") == (events.Described(2, None),)
    assert ask(history, intents.Note(), "fraud@2", details=text) == (events.NoteAdded(2, 2),)
    assert ask(history, intents.Note(), "fraud", details=text) == (events.NoteAdded(2, None),)


def test_rename_gives_a_name_that_only_this_model_ever_bore(history):
    assert ask(history, intents.Rename("risk/Fraud"), "fraud") == (events.ModelRenamed(2),)
    assert ask(history, intents.Rename("Fraud"), "fraud") == (events.ModelRenamed(2),)
    assert ask(history, intents.Rename("fraud"), "fraud") == AlreadySo("the model is called fraud")
    history.rename("fraud", "other")
    assert ask(history, intents.Rename("fraud"), "other") == (events.ModelRenamed(2),)


# Each is refused

GONE = intents.Subject(digest=DIGESTS[1], model=2, name="fraud", stage="production", version=9)
CI = intents.Actor(intents.CiIdentity("https://ci", "job"), None, None)


@pytest.mark.parametrize(
    "case",
    [
        (register(share=10), new(), {}, Conflict, "the intent names what this log has no rules for yet", None),
        (register(ci="My CI"), new(), {}, UsageError, "not a word for a CI system or a derivation: 'My CI'", None),
        (intents.Supplement(), "fraud@1", {}, UsageError, "supplement needs something to add", "modelkeep supplement fraud@1 --licence Apache-2.0"),
        (intents.AddDataset(name="a@b", version="1"), None, {}, UsageError, "not the name of a dataset: 'a@b'", "modelkeep data add transactions@2026-02 data/transactions.parquet"),
        (register(form="heap"), new(), {}, UsageError, "not a form or a way to treat the same bytes: heap, match", None),
        (register(if_exists="no"), new(), {}, UsageError, "not a form or a way to treat the same bytes: file, no", None),
        (register(label="1.2", bump="minor"), new(), {}, UsageError, "a version has one label: give --label or --bump", None),
        (register(), new(), {"expect": intents.Expect(1)}, UsageError, "--expect compares with the holder of a stage", "add --stage"),
        (register(), None, {}, UsageError, "register needs something to be about", None),
        (register(), new(digest=None), {}, UsageError, "a version is registered by the digest of its bytes and gets its number here", None),
        (register(), new(version=4), {}, UsageError, "a version is registered by the digest of its bytes and gets its number here", None),
        (register(), new("none", 77), {}, NotFound, "there is no model none", "modelkeep list"),
        (register(), new(), {"absent": [DIGESTS[9]]}, IntegrityError, "the bytes to register are not in the store", "register again"),
        (register(label="v1.1.0"), new(), {}, Conflict, "fraud@2 bears the label 1.1, which is the same as v1.1.0", "modelkeep show fraud@2"),
        (register(), new(stage="qa"), {}, NotFound, "there is no stage 'qa'", "stages are staging, production"),
        (register(), new(stage="production"), {"expect": intents.Expect(0)}, Conflict, "the holder of production is 2, not none as expected", "modelkeep show fraud"),
        (register(aliases=("prod",)), new(), {}, UsageError, "'prod' is a stage here, and an alias may not have a stage's name", "my-prod"),
        (intents.Evaluate((), None, ()), "fraud@1", {}, UsageError, "evaluate needs a metric", "modelkeep evaluate fraud@1 -M auc=0.9"),
        (intents.Evaluate((), None, ()), "fraud", {}, UsageError, "evaluate needs a version of fraud", "modelkeep list fraud"),
        (PROMOTE, GONE, {}, NotFound, "fraud has no version 9", "modelkeep list fraud        (newest is 3)"),
        (PROMOTE, replace(GONE, version=1), {}, Conflict, f"fraud@1 is not the version with the digest {DIGESTS[1]}", None),
        (replace(PROMOTE, share=10_000), "fraud@3 production", {}, UsageError, "a share is a percentage from 0.01 to 99.99, not 100", "--share 10        (10 %; for all of it leave --share out)"),
        (PROMOTE, "fraud@3 production", {"expect": intents.Expect(1)}, Conflict, "the holder of production is 2, not 1 as expected", "modelkeep show fraud"),
        (PROMOTE, "churn@1 staging", {"expect": intents.Expect(1)}, Conflict, "the holder of staging is none, not 1 as expected", "modelkeep show churn"),
        (PROMOTE, "fraud@3 production", {"absent": "fraud@3"}, IntegrityError, "bytes of fraud@3 are missing from the store", "modelkeep verify fraud@3"),
        (back(1, because=3), "fraud@2 production", {}, Conflict, "the intent names what this log has no rules for yet", None),
        (back(1), "fraud@2 production", {"expect": intents.Expect(1)}, Conflict, "the holder of production is 2, not 1 as expected", "modelkeep show fraud"),
        (back(9), "fraud@2 production", {}, NotFound, "fraud has no version 9", "modelkeep list fraud        (newest is 3)"),
        (back(3), "fraud@2 production", {}, NotFound, "fraud@3 never held production", "modelkeep promote fraud@3 production"),
        (back(1), "fraud@2 production", {"absent": "fraud@1"}, Conflict, "fraud@1 cannot come back to production: bytes of it are missing from the store", "modelkeep verify fraud@1"),
        (intents.Retire(), "fraud production", {"expect": intents.Expect(1)}, Conflict, "the holder of production is 2, not 1 as expected", "modelkeep show fraud"),
        (intents.Mark("ugly"), "fraud@1", {}, UsageError, "a version is marked bad or good, not 'ugly'", None),
        (ARCHIVE, "fraud@2", {}, Conflict, "fraud@2 is in production, which is protected", "modelkeep retire fraud@2 production        (or promote another)"),
        (ARCHIVE_ALL, "fraud", {}, Conflict, "fraud@2 is in production, which is protected", "modelkeep retire fraud@2 production        (or promote another)"),
        (ARCHIVE_ALL, "fraud@2", {}, UsageError, "all versions of a model, or one", None),
        (intents.Alias((), ()), "fraud@1", {}, UsageError, "alias needs names, each once", "modelkeep alias fraud@1 champion"),
        (intents.Alias(("a",), ("a",)), "fraud@1", {}, UsageError, "alias needs names, each once", "modelkeep alias fraud@1 champion"),
        (intents.Alias(("aa", "ab"), ()), "fraud@1", {"expect": intents.Expect(1)}, UsageError, "--expect compares one alias", None),
        (intents.Alias(("champion",), ()), "fraud@1", {"expect": intents.Expect(3)}, Conflict, "fraud@champion is none, not 3 as expected", "modelkeep show fraud"),
        (intents.Tag(("sha256:0",)), "fraud@1", {}, Conflict, "a tag of fraud changed meanwhile", "try again"),
        (intents.Note(), "fraud@1", {}, UsageError, "a note needs a text", 'modelkeep note fraud "what there is to say"'),
        (intents.Rename("churn"), "fraud", {}, Conflict, "the name churn belongs to the model churn", "a name that a model ever bore is never given to another"),
        (intents.Migrate(2, None, 2), None, {}, Conflict, "there is no format 2 to raise the log to", None),
        (intents.Init(()), None, {}, Conflict, "a registry is created by its first entry, and only by that", None),
        (intents.Note(), "fraud", {"registry": "9" * 32}, Conflict, f"this intent is for the registry {'9' * 32}, not for this one", None),
        (intents.Note(), "fraud", {"seen": None}, Conflict, "the intent names no entry of this log as the one its author knew", None),
        (intents.Note(), "fraud", {"seen": intents.Seen("sha256:0", 9)}, Conflict, "the intent names no entry of this log as the one its author knew", None),
        (intents.Note(), "fraud", {"seen": intents.Seen("sha256:0", 3)}, Conflict, "entry 3 is not the one that the author of the intent knew", "modelkeep verify --log"),
        (intents.Note(), "fraud", {"id": f"{3:032x}"}, Conflict, f"the log has an intent {3:032x} already", None),
        (intents.Note(), "fraud", {"not_after": at(8)}, Conflict, f"the intent was valid until {at(8)}", "ask again"),
    ],
    ids=lambda case: f"{case[0].__class__.__name__}: {case[4]}",
)  # fmt: skip
def test_what_may_not_be_is_refused_in_these_words(history, case):
    arguments, about, frame, error, message, hint = case
    frame = dict(frame)
    absent = frame.pop("absent", ())
    if isinstance(absent, str):
        absent = [history.subject(absent).digest]
    ref, _, stage = about.partition(" ") if isinstance(about, str) else (None, None, None)
    subject = None if isinstance(about, str) else about
    with pytest.raises(error) as caught:
        ask(history, arguments, ref, stage or None, absent=absent, subject=subject, **frame)
    assert type(caught.value) is error
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_what_is_bad_or_archived_is_promoted_by_force_alone(history):
    history.mark("fraud@3")
    with pytest.raises(Conflict) as caught:
        ask(history, PROMOTE, "fraud@3", "production")
    assert caught.value.message == "fraud@3 is marked bad"
    assert caught.value.hint == "modelkeep mark fraud@3 good        (or promote it with --force)"
    history.mark("fraud@3", "good")
    history.archive("fraud@3")
    with pytest.raises(Conflict) as caught:
        ask(history, PROMOTE, "fraud@3", "production")
    assert caught.value.message == "fraud@3 is archived"
    assert caught.value.hint == "modelkeep archive fraud@3 --undo        (or promote it with --force)"
    with pytest.raises(IntegrityError, match="bytes of fraud@3 are missing from the store"):
        ask(history, FORCED, "fraud@3", "production", absent=[history.subject("fraud@3").digest])


def test_what_is_bad_or_archived_does_not_come_back_by_name_either(history):
    history.mark("fraud@1")
    with pytest.raises(Conflict) as caught:
        ask(history, back(1), "fraud@2", "production")
    assert caught.value.message == "fraud@1 cannot come back to production: it is marked bad"
    assert caught.value.hint == "modelkeep mark fraud@1 good"
    history.archive("fraud@1")
    with pytest.raises(Conflict) as caught:
        ask(history, back(1), "fraud@2", "production")
    assert caught.value.message == "fraud@1 cannot come back to production: it is archived"
    assert caught.value.hint == "modelkeep archive fraud@1 --undo"


def test_expiry_counts_on_the_time_of_the_entry(history):
    for minutes, allowed in ((1, True), (2, False)):
        frame = {"not_after": at(9), "details": "sha256:0", "minutes": minutes}
        if allowed:
            assert ask(history, intents.Note(), "fraud", **frame) == (events.NoteAdded(2, None),)
        else:
            with pytest.raises(Conflict, match="the intent was valid until"):
                ask(history, intents.Note(), "fraud", **frame)


def ask_first(arguments, **frame):
    """Return what is decided on the first intent of a log."""
    intent = intents.Intent(registry=REGISTRY, id="f" * 32, command=arguments, time=at(1))
    absent = frame.pop("absent", ())
    return decide(SqlState(in_memory()), replace(intent, **frame), replace(HERE, absent=absent), at(1))


@pytest.mark.parametrize(
    ("stages", "frame", "error", "message"),
    [
        ([], {}, UsageError, "a registry needs at least one stage"),
        (["qa", "qa"], {}, UsageError, "two stages are called 'qa'"),
        (["latest"], {}, UsageError, "'latest' is a reserved word and cannot be the name of a stage"),
        (["qa"], {"absent": ("sha256:0",)}, Damaged, "nothing can be missing from an empty registry"),
        (["qa"], {"seen": intents.Seen("sha256:0", 1)}, Conflict, "a registry is created by its first entry, and only by that"),
        (["qa"], {"subject": new()}, Conflict, "a registry is created by its first entry, and only by that"),
    ],
)  # fmt: skip
def test_what_no_registry_begins_with_is_refused(stages, frame, error, message):
    arguments = intents.Init(tuple(StageDef(stage, protected=False) for stage in stages))
    with pytest.raises(error) as caught:
        ask_first(arguments, **frame)
    assert caught.value.message == message


def test_nothing_but_a_registry_comes_first():
    with pytest.raises(Conflict, match="not for this one"):
        ask_first(intents.Note())


class _Without:
    """A state in which one version is not there any more."""

    def __init__(self, state, number):
        self.state, self.number = state, number

    def __getattr__(self, name):
        return getattr(self.state, name)

    def version(self, model, number):
        return None if number == self.number else self.state.version(model, number)


@pytest.mark.parametrize("wrong", ["", "yesterday", "2026-02-30T00:00:00.000000Z", "2026-11-23T09:12:44Z"])
@pytest.mark.parametrize(
    "given",
    [
        lambda time: {"time": time},
        lambda time: {"not_after": time},
        lambda time: {"origin": intents.Origin("mlflow", time=time)},
    ],
)
def test_every_time_of_an_intent_is_a_time_of_the_log(history, given, wrong):
    with pytest.raises(Damaged) as caught:
        ask(history, intents.Mark("bad"), "fraud@2", **given(wrong))
    assert caught.value.message == f"not a time of the log: {wrong!r}"


@pytest.mark.parametrize("given", [{"started": "2026"}, {"ended": "2026"}])
def test_the_times_of_a_training_are_times_of_the_log(history, given):
    with pytest.raises(Damaged) as caught:
        ask(history, register(trained=intents.Trained(**given)), subject=new())
    assert caught.value.message == "not a time of the log: '2026'"


def test_an_imported_alias_is_unique_and_found_without_case(history):
    history.alias("fraud@2", "Champion")
    state = SqlState(history.connection)
    assert (state.alias(2, "champion"), state.aliases_of(2, 2)) == (2, ("champion",))
    assert ask(history, intents.Alias(("CHAMPION",)), "fraud@2") == AlreadySo("CHAMPION is fraud@2")
    assert ask(history, intents.Alias((), ("champion",)), "fraud") == (events.AliasRemoved("champion", 2),)
    with pytest.raises(UsageError, match="each once"):
        ask(history, intents.Alias(("champion", "Champion")), "fraud@2")
    with pytest.raises(UsageError, match="the alias champion is given twice"):
        ask(history, register(aliases=("champion", "Champion")), subject=new())
    history.alias("fraud@3", "champion")
    assert state.aliases_of(2, 2) == ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (register(form="zip"), "not a form or a way to treat the same bytes: zip, match"),
        (register(if_exists="ask"), "not a form or a way to treat the same bytes: file, ask"),
        (register(code=intents.Code(state="odd")), "code is clean or dirty, not 'odd'"),
        (register(aliases=("a b",)), "not a legal name for an alias: 'a b'"),
        (register(parents=(intents.Parent(model=2),)), "a parent is named by model, version and digest"),
    ],
)
def test_a_registration_with_a_word_that_no_rule_knows_is_refused(history, arguments, message):
    with pytest.raises((Conflict, UsageError), match=message):
        ask(history, arguments, subject=new())


def test_what_only_a_forged_intent_asks_for_is_refused(history):
    with pytest.raises(UsageError, match="all versions of a model, or one"):
        ask(history, ARCHIVE_ALL, "fraud@2")
    with pytest.raises(Conflict, match="not an answer: 'perhaps'"):
        ask(history, intents.Rollback(to=1, confirmed="perhaps"), "fraud@2", "production")
    with pytest.raises(Conflict, match="a migration comes from nowhere else"):
        ask(history, intents.Migrate(format=2, schema=1), origin=intents.Origin("mlflow"))


def test_a_fact_whose_entry_has_no_name_there_may_come_again(history):
    for _ in range(2):
        assert ask(history, intents.Mark("bad"), "fraud@2", origin=intents.Origin("mlflow")) == (
            events.VersionMarked("bad", 2, 2),
        )


def test_a_model_that_exists_is_not_created_again(history):
    again = ask(history, intents.Create(), subject=intents.Subject("FRAUD"))
    assert again == AlreadySo("the model fraud exists")


def test_a_model_without_versions_has_nothing_to_archive(history):
    history.create("empty")
    assert ask(history, ARCHIVE_ALL, "empty") == AlreadySo("empty has no version")
