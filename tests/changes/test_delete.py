"""`delete`: what goes, what stays, what is refused, and how every answer tells of what is gone."""

import os

import pytest
from changing import effects, holders, notes, overtaken, refused, states
from world import World

from modelkeep.errors import Conflict, UsageError

STAYS = "a deleted version stays deleted; the same bytes registered again get a number of their own"


@pytest.fixture
def world(tmp_path):
    """Return a registry with fraud@1, fraud@2 (label 1.1, in staging, called old) and fraud@3."""
    world = World(tmp_path)
    world.register(content=b"one")
    world.register(content=b"two", label="1.1", stage="staging", alias=["old", "shadow"])
    world.register(content=b"three", parents=["fraud@2"])
    return world


@pytest.fixture
def gone(world, r):
    """Return the registry in which fraud@2 was deleted."""
    world.pass_time(hours=1)
    r.delete("fraud@2", message="trained on what we may not keep")
    return r


def said(r, number=2):
    """Return what is told of who deleted it when."""
    found = r.version(f"fraud@{number}").deletion
    return f'fraud@{number} was deleted by ana on {found.time[:19]}Z: "trained on what we may not keep"'


# What goes


@pytest.mark.parametrize("ref", ["fraud@2", "fraud"])
def test_what_changed_since_it_was_shown_is_not_deleted(world, r, ref):
    """Each change happens after the dry run, and again only when the writer is about to take the lock."""
    whole = {"all_versions": ref == "fraud", "force": True}
    changes = [
        lambda: r.archive("fraud@2"),
        lambda: r.promote("fraud@2", "production", force=True),
        lambda: r.alias("fraud@2", "champion"),
        lambda: r.alias("fraud@2", remove=["old"]),
        lambda: r.mark("fraud@2", "bad"),
        *([lambda: world.register(content=b"four"), lambda: r.delete("fraud@3")] if ref == "fraud" else []),
        lambda: r.rename("fraud", "fraud-new"),
    ]
    for number, change in enumerate(changes):
        plan = r.delete(ref, dry_run=True, **whole).plan
        if number % 2:
            change()
            late = r
        else:
            late = overtaken(world, change)
        said = refused(late.delete, ref, plan=plan, **whole)
        assert said[:2] == ("Conflict", f"{ref} changed since it was shown"), number
    assert r.delete(ref, plan=r.delete(ref, dry_run=True, **whole).plan, **whole).changed


def test_what_others_do_beside_it_does_not_hinder_a_deletion_that_was_shown(world, r):
    plan = r.delete("fraud@2", dry_run=True).plan
    world.register(content=b"four", alias=["newest"])
    r.tag("fraud@2", {"owner": "risk"})
    assert r.delete("fraud@2", plan=plan).changed
    assert not r.delete("fraud@2", plan=plan).changed


def test_a_model_made_anew_under_the_name_is_not_what_was_shown(world, r):
    plan = r.delete("fraud", dry_run=True, all_versions=True, force=True).plan
    r.delete("fraud", all_versions=True, force=True)
    world.register(content=b"one", reuse_name=True)
    with pytest.raises(Conflict, match="fraud changed since it was shown"):
        r.delete("fraud", plan=plan, all_versions=True, force=True)


def test_a_version_with_more_aliases_than_an_entry_can_take_off_says_what_to_do(r):
    names = [f"a-very-long-alias-{number:04}x" for number in range(1000)]
    for part in (names[:500], names[500:]):
        r.alias("fraud@2", part)
    for dry_run in (True, False):
        with pytest.raises(UsageError, match="an entry of the log has at most 65535 bytes") as caught:
            r.delete("fraud@2", dry_run=dry_run)
        assert caught.value.hint == "take aliases off it first: modelkeep alias fraud ALIAS-"
    r.alias("fraud", remove=names[:500])
    assert r.delete("fraud@2").changed


def test_a_version_leaves_its_stage_and_its_aliases(r):
    change = r.delete("fraud@2")
    assert effects(change) == [
        "fraud@2: active -> deleted",
        "staging: fraud@2 -> none",
        "old: fraud@2 -> none",
        "shadow: fraud@2 -> none",
    ]
    assert (change.action, change.ref, change.changed) == ("delete", "fraud@2", True)
    assert notes(change) == ["note: fraud@2 stays in the lineage of what was made from it: fraud@3"]
    assert (states(r), holders(r), r.model("fraud").aliases) == (
        ["3 development", "2 deleted", "1 development"], [], {},
    )  # fmt: skip


def test_it_is_one_entry_and_its_bytes_stay(world, r):
    before = len(world.entries())
    r.delete("fraud@1")
    assert len(world.entries()) == before + 1
    assert len([name for _, _, names in os.walk(world.home / "store" / "blobs") for name in names]) == 3
    assert world.verify().findings == ()


def test_a_dry_run_says_the_same_and_deletes_nothing(world, r):
    before = world.entries()
    planned = r.delete("fraud@2", dry_run=True)
    assert (planned.changed, planned.dry_run, world.entries()) == (True, True, before)
    assert effects(r.delete("fraud@2")) == effects(planned)


def test_what_is_deleted_already_is_so(world, gone):
    before = world.entries()
    for force in (False, True):
        change = gone.delete("fraud@2", force=force)
        assert (change.changed, change.why) == (False, said(gone))
    assert world.entries() == before


def test_what_is_missing_bytes_is_deleted_all_the_same(world, r):
    for root, _, names in os.walk(world.home / "store" / "blobs"):
        for name in names:
            os.unlink(os.path.join(root, name))
    assert r.delete("fraud@1").changed
    assert [line for line in world.findings() if "fraud@1" in line] == []


def test_somebody_who_is_quicker_is_not_overtaken(world, r):
    slow = overtaken(world, lambda: r.delete("fraud@3"))
    assert slow.delete("fraud@3").changed is False
    slow = overtaken(world, lambda: r.delete("fraud@1"))
    kind, message, hint = refused(slow.promote, "fraud@1", "production")
    assert (kind, message[:24], hint) == ("Conflict", "fraud@1 was deleted by a", STAYS)
    world.register(alias=["best-so-far"])
    world.register()
    slow = overtaken(world, lambda: r.alias("fraud@5", ["best-so-far"]))
    assert refused(slow.delete, "fraud@best-so-far")[1] == "fraud changed meanwhile: what was 4 is 5 now"


# What is refused


def test_a_whole_model_is_not_one_version(r):
    assert refused(r.delete, "fraud") == (
        "UsageError",
        "fraud is a whole model",
        "modelkeep delete fraud --all-versions        (or one: fraud@3)",
    )
    r.delete("fraud@3", force=True)
    assert refused(r.delete, "fraud")[2] == "modelkeep delete fraud --all-versions        (or one: fraud@2)"


def test_a_whole_model_goes_in_one_entry(world, r):
    before = r.status().entries
    change = r.delete("fraud", all_versions=True, message="trial")
    assert (change.ref, effects(change)) == (None, ["fraud: in use -> deleted", "staging: fraud@2 -> none"])
    assert r.status().entries == before + 1
    assert {row.state for row in r.versions("fraud", all=True)} == {"deleted"}
    assert r.models(all=True) == ()
    assert r.resolve("fraud@old", as_of=f"seq:{before}").ref == "fraud@2"
    assert refused(r.resolve, "fraud@old")[0] == "NotFound"
    assert r.delete("fraud", all_versions=True).why == "the model fraud is deleted"
    assert r.verify().ok


def test_all_versions_goes_with_a_model(r):
    assert refused(r.delete, "fraud@1", all_versions=True) == (
        "UsageError",
        "--all-versions goes with a model, not with fraud@1",
        "modelkeep delete fraud --all-versions",
    )


def test_a_name_that_a_deleted_model_bore_is_given_again_when_asked_for(world, r):
    r.delete("fraud", all_versions=True)
    assert refused(world.register, content=b"four") == (
        "Conflict",
        "a deleted model bore the name fraud",
        "give another name, or register with --reuse-name",
    )
    assert not os.path.exists(world.blob(b"four"))
    assert world.register(content=b"two", reuse_name=True).ref == "fraud@1"
    assert not [each for each in world.said if "--reuse-name" in each]
    world.register(content=b"five", reuse_name=True)
    assert world.said[-1] == "note: --reuse-name was not needed: fraud was not deleted"
    world.register("churn", content=b"five", reuse_name=True)
    assert world.said[-1] == "note: --reuse-name was not needed: no model bore the name churn"
    assert r.delete("fraud@2").changed
    assert [row.ref for row in r.versions("fraud")] == ["fraud@1"]
    assert r.verify().ok


def test_what_is_or_was_in_production_needs_force(r):
    r.promote("fraud@2", "production")
    assert refused(r.delete, "fraud@2") == (
        "Conflict",
        "fraud@2 is in production, which is protected",
        "modelkeep retire fraud@2 production        (or delete it with --force)",
    )
    r.promote("fraud@3", "production")
    assert refused(r.delete, "fraud@2")[1:] == (
        "fraud@2 was in production, which is protected",
        "modelkeep archive fraud@2        (or delete it with --force)",
    )
    r.archive("fraud@2")
    assert (
        refused(r.delete, "fraud@2")[2] == "modelkeep show fraud@2        (it is archived; or delete it with --force)"
    )
    assert refused(r.delete, "fraud@2", dry_run=True)[1] == "fraud@2 was in production, which is protected"
    assert r.delete("fraud@2", force=True).changed
    change = r.delete("fraud@3", force=True)
    assert effects(change) == ["fraud@3: active -> deleted", "production: fraud@3 -> none"]
    assert notes(change) == ["warning: fraud has nothing in production any more: fraud@3 held it"]


def test_nothing_more_happens_to_what_was_deleted(world, gone):
    before = world.entries()
    for do in (
        lambda: gone.promote("fraud@2", "staging", force=True),
        lambda: gone.mark("fraud@2", "bad"),
        lambda: gone.archive("fraud@2"),
        lambda: gone.archive("fraud@2", undo=True),
        lambda: gone.alias("fraud@2", ["champion"]),
        lambda: gone.tag("fraud@2", {"owner": "risk"}),
        lambda: gone.describe("fraud@2", "gone"),
        lambda: gone.note("fraud@2", "gone"),
        lambda: gone.evaluate("fraud@2", {"auc": "0.9"}),
        lambda: gone.promote("fraud@1.1", "production"),
    ):
        assert refused(do) == ("Conflict", said(gone), STAYS)
    assert world.entries() == before


def test_rollback_and_retire_of_it_have_nothing_to_do(gone):
    assert gone.rollback("fraud@2").why == "fraud@2 is not in production (nothing is)"
    assert gone.retire("fraud@2", "staging").why == "fraud has nothing in staging"


def test_its_bytes_are_given_out_no_more_now_or_as_of_then(world, gone):
    hint = "modelkeep show fraud@2        (its bytes go with gc; registered again they get a new number)"
    for do in (
        lambda: gone.get("fraud@2", str(world.root / "out")),
        lambda: gone.path("fraud@2"),
        lambda: gone.get("fraud@staging", str(world.root / "out"), as_of="seq:4"),
    ):
        assert refused(do) == ("NotFound", said(gone), hint)
    assert not (world.root / "out").exists()


# What stays


def test_the_tombstone_tells_all_that_was_known_and_who_deleted_it_and_why(world, r):
    before = r.version("fraud@2")
    world.pass_time(days=1)
    r.delete("fraud@2", message="trained on what we may not keep")
    found = r.version("fraud@2")
    assert (found.state, found.stages, found.aliases, found.bad, found.archived) == ("deleted", (), (), False, False)
    assert (found.deletion.actor, found.deletion.reason) == ("ana", "trained on what we may not keep")
    assert found.deletion.seq == r.audit(limit=1)[0].seq
    kept = ("digest", "label", "contents", "created", "actor", "children", "size_bytes", "source", "seq")
    assert [getattr(found, name) for name in kept] == [getattr(before, name) for name in kept]
    assert r.version("fraud@1.1").ref == r.show("fraud@" + found.digest).ref == "fraud@2"
    (tenure,) = found.tenures
    assert (tenure.stage, tenure.ended.what, tenure.ended.reason) == (
        "staging",
        "deleted",
        "trained on what we may not keep",
    )
    assert r.version("fraud@3").parents[0].ref == "fraud@2"


def test_it_was_as_it_was_before_it_was_deleted(r):
    before = r.version("fraud@2"), r.versions("fraud"), r.models(), r.version("fraud@old")
    seq = r.audit(limit=1)[0].seq
    r.delete("fraud@2")
    moment = f"seq:{seq}"
    assert before == (
        r.version("fraud@2", as_of=moment),
        r.versions("fraud", as_of=moment),
        r.models(as_of=moment),
        r.version("fraud@old", as_of=moment),
    )


def test_number_and_label_are_never_given_again(world, r):
    r.delete("fraud@3")
    r.delete("fraud@2")
    assert refused(world.register, label="1.1.0") == (
        "Conflict",
        "fraud@2, which was deleted, bore the label 1.1.0",
        "a label is never given again: give another",
    )
    done = world.register(bump="minor")
    assert (done.ref, done.label) == ("fraud@4", "1.2")


def test_the_same_bytes_again_are_a_new_version(world, gone):
    done = world.register(content=b"two")
    assert (done.ref, done.changed) == ("fraud@4", True)
    digest = gone.version("fraud@2").digest
    assert gone.resolve(digest).ref == gone.resolve(f"fraud@{digest}").ref == "fraud@4"
    assert world.register(content=b"two").why == "already registered as fraud@4"
    gone.delete("fraud@4")
    kind, message, _ = refused(gone.resolve, digest)
    assert (kind, message) == ("Conflict", f"{digest} means several versions: fraud@4, fraud@2")
    assert (refused(gone.resolve, digest, as_of="seq:1")[0], gone.resolve(digest, as_of="seq:4").ref) == (
        "NotFound",
        "fraud@2",
    )


def test_identify_lineage_audit_history_and_diff_know_it(world, gone):
    (found,) = gone.identify(world.model(b"two"))
    assert (found.ref, found.stage, found.state) == ("fraud@2", "staging", "deleted")
    node = next(each for each in gone.lineage("fraud@3").nodes if each.id == "fraud@2")
    assert (node.state, node.stages) == ("deleted", ())
    (entry,) = gone.audit("fraud@2", action="delete")
    assert entry.sentence == (
        "deleted fraud@2, fraud@2 left staging, took the alias old off fraud, took the alias shadow off fraud: "
        '"trained on what we may not keep"'
    )
    assert [each.ref for each in gone.history("fraud", "staging")] == ["fraud@2"]
    assert "label" in [row.key for row in gone.diff(["fraud@1", "fraud@2"]).rows]
    assert world.register("child", parents=["fraud@2"]).changed
    assert f"note: the parent {said(gone)}" in world.said
    assert gone.version("fraud@2").children == ("fraud@3", "child@1")


def test_it_is_listed_only_with_all(gone):
    def refs(**how):
        return [each.ref for each in gone.versions(**how)]

    assert refs() == refs(name="fraud") == refs(name="fraud", sort="size:desc") == ["fraud@3", "fraud@1"]
    assert refs(all=True) == refs(name="fraud", all=True) == ["fraud@3", "fraud@2", "fraud@1"]
    assert [each.deleted for each in gone.versions("fraud", all=True)] == [False, True, False]
    assert refs(name="fraud", stage="development") == ["fraud@3", "fraud@1"]
    assert [each.ref for each in gone.model("fraud").recent] == ["fraud@3", "fraud@1"]


def test_latest_newest_and_development_are_of_what_is_left(r):
    r.delete("fraud@3")
    (row,) = r.models()
    assert (row.newest, row.latest, row.versions, row.development.version, row.development.more) == (2, 2, 2, 1, 0)
    assert (r.resolve("fraud@latest").ref, r.resolve("fraud@development").ref) == ("fraud@2", "fraud@1")
    assert refused(r.promote, "fraud", "staging")[1:] == (
        "promote needs a version: fraud has staging 2, latest 2",
        "modelkeep promote fraud@2 staging",
    )
    assert refused(r.resolve, "fraud@9")[2] == "modelkeep list fraud        (newest is 2)"


def test_a_model_of_which_all_is_deleted_is_hidden_until_something_is_registered(world, r):
    world.register("churn")
    for number in (1, 2, 3):
        r.delete(f"fraud@{number}")
    assert [each.name for each in r.models()] == ["churn"]
    row = r.models(all=True)[1]
    assert (row.name, row.newest, row.latest, row.versions, row.archived, row.development) == (
        "fraud", 3, None, 0, True, None,
    )  # fmt: skip
    page = r.model("fraud")
    assert ([each.ref for each in page.recent], page.versions) == (["fraud@3", "fraud@2", "fraud@1"], 0)
    assert r.versions("fraud") == ()
    assert refused(r.resolve, "fraud@latest")[1] == "fraud has no version that is neither archived, deleted nor bad"
    assert refused(r.resolve, "fraud@9")[2] == "modelkeep list fraud        (newest is 3)"
    assert world.register().ref == "fraud@4"
    assert [each.name for each in r.models()] == ["churn", "fraud"]


def test_archived_and_deleted_are_counted_once(world, r):
    r.archive("fraud@1")
    r.delete("fraud@1")
    r.delete("fraud@2")
    r.mark("fraud@3", "bad")
    (row,) = r.models()
    assert (row.versions, row.development, row.archived) == (1, None, False)
    assert states(r) == ["3 bad", "2 deleted", "1 deleted"]
    r.archive("fraud", all_versions=True)
    assert (r.models(), [each.ref for each in r.model("fraud").recent]) == ((), ["fraud@3"])
    r.archive("fraud", all_versions=True, undo=True)
    assert states(r) == ["3 bad", "2 deleted", "1 deleted"]


def test_status_counts_what_is_left(gone):
    found = gone.status()
    assert (found.models, found.versions, found.deleted, found.size_bytes) == (1, 2, 1, len(b"one") + len(b"three"))


def test_status_counts_the_models_that_have_a_version_left(world, r):
    world.register("churn")
    assert r.status().models == 2
    r.delete("fraud@3")
    assert r.status().models == 2
    r.delete("fraud@1")
    r.delete("fraud@2")
    assert (r.status().models, len(r.models())) == (1, 1)
    world.register()
    assert r.status().models == 2


def test_verify_asks_only_for_bytes_that_something_needs(world, gone):
    assert (world.verify().versions, world.verify().blobs) == (2, 2)
    world.register("churn", content=b"two")
    assert world.verify().blobs == 3
    gone.delete("churn@1")
    lost = gone.version("fraud@2").contents[0].digest.removeprefix("sha256:")
    (world.home / "store" / "blobs" / "sha256" / lost[:2] / lost).unlink()
    for how in ({}, {"quick": True}, {"log": False}):
        assert world.verify(**how).findings == ()
    found = world.verify("fraud@2")
    assert (found.findings, found.versions, found.blobs) == ((), 0, 0)
    assert world.said[-1] == f"note: {said(gone)}; its bytes are not needed any more"


# The way back


def test_going_back_passes_over_what_was_deleted(r):
    for number in (1, 2, 3):
        r.promote(f"fraud@{number}", "production")
    r.delete("fraud@2", force=True)
    done = r.rollback("fraud@3")
    assert (done.to, [(each.ref, each.why) for each in done.passed_over]) == (
        "fraud@1",
        [("fraud@2", "it was deleted")],
    )


def test_an_empty_stage_whose_last_holder_was_deleted_leads_to_its_history(r):
    r.promote("fraud@3", "production")
    r.delete("fraud@3", force=True)
    assert refused(r.rollback, "fraud") == (
        "Conflict",
        "fraud has nothing in production to roll back from",
        "modelkeep history fraud production        (its last holder was deleted)",
    )


def test_an_entry_that_forges_a_deletion_is_found(world, r):
    """`verify --log` decides again: production does not go without force, whoever wrote so."""
    import json

    from modelkeep.domain.entry import hash_entry
    from modelkeep.domain.record import encode_canonical as encode

    r.promote("fraud@1", "production")
    r.delete("fraud@1", force=True)
    entries = world.entries()
    value = json.loads(entries[-1])
    del value["intent"]["command"]["force"]
    world.write_log([*entries[:-1], encode(value)])
    world.edit(f"UPDATE entry_index SET hash = '{hash_entry(encode(value))}' WHERE seq = {len(entries)}")
    world.forget()
    (line,) = world.findings(bytes_=False)
    assert line == (
        f"error decision entry {len(entries)}: delete could not have been written: "
        "fraud@1 is in production, which is protected"
    )
