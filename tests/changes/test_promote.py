"""`promote` and `retire`: every stage holds one version, and keeps it until something else is put there."""

import os

import pytest
from changing import effects, holders, locked_after_commit, notes, overtaken, refused, states
from world import World, entries


@pytest.fixture
def world(tmp_path):
    """Return a registry with fraud@1, fraud@2 and fraud@3, none of which holds a stage."""
    world = World(tmp_path)
    for label in ("1.0", "2.0", None):
        world.register(label=label)
    return world


def lose_bytes(world, ref):
    """Take the only file of a version out of the store."""
    digest = world.registry.version(ref).contents[0].digest.removeprefix("sha256:")
    path = world.home / "store/blobs/sha256" / digest[:2] / digest
    os.chmod(path.parent, 0o755)
    path.unlink()


def test_the_holder_it_displaces_is_superseded(r):
    assert effects(r.promote("fraud@1", "production")) == ["production: none -> fraud@1"]
    assert effects(r.promote("fraud@2", "production")) == ["production: fraud@1 -> fraud@2"]
    assert states(r) == ["3 development", "2 active", "1 superseded"]


def test_a_version_keeps_the_stage_it_had_when_it_gets_a_higher_one(r):
    r.promote("fraud@1", "staging")
    r.promote("fraud@1", "production")
    assert holders(r) == ["production 1", "staging 1"]
    assert r.version("fraud@1").stages == ("production", "staging")


@pytest.mark.parametrize("word", ["production", "PRODUCTION", "prod", "Prod"])
def test_stages_are_found_without_case_and_by_their_synonyms(r, word):
    assert effects(r.promote("fraud@1", word)) == ["production: none -> fraud@1"]


def test_a_stage_that_is_none_is_not_found_and_development_is_no_place_to_put(r):
    assert refused(r.promote, "fraud@1", "prodction") == (
        "NotFound",
        "there is no stage 'prodction'",
        "stages are staging, production        (near: production)",
    )
    assert refused(r.promote, "fraud@1", "dev") == (
        "UsageError",
        "development is where a version is before it holds a stage: nothing is put there",
        "stages are staging, production",
    )


def test_a_bare_name_is_refused_with_the_likely_line(world, r):
    r.promote("fraud@1", "production")
    assert refused(r.promote, "fraud", "production") == (
        "UsageError",
        "promote needs a version: fraud has production 1, latest 3",
        "modelkeep promote fraud@3 production",
    )


@pytest.mark.parametrize("ref", ["fraud@2", "fraud@v2", "fraud@2.0", "FRAUD@V2.0.0", "models:/fraud/2"])
def test_any_reference_to_the_version_will_do(r, ref):
    assert r.promote(ref, "staging").ref == "fraud@2"


def test_what_is_there_already_changes_nothing_and_wins_over_expect(world, r):
    r.promote("fraud@2", "production")
    before = entries(world)
    change = r.promote("fraud@2", "production", expect="1")
    assert (change.changed, change.why, change.ref, change.effects) == (
        False,
        "fraud@2 is in production",
        "fraud@2",
        (),
    )
    assert entries(world) == before


@pytest.mark.parametrize("expect", ["1", "v1", "1.0", "digest", "bare digest"])
def test_expect_names_the_holder_by_number_label_or_digest(world, r, expect):
    digest = r.version("fraud@1").digest
    text = {"digest": digest[:19], "bare digest": digest}.get(expect, expect)
    assert refused(r.promote, "fraud@2", "production", expect=text)[:2] == (
        "Conflict",
        "the holder of production is none, not 1 as expected",
    )
    r.promote("fraud@1", "production")
    assert r.promote("fraud@2", "production", expect=text).changed
    before = entries(world)
    assert refused(r.promote, "fraud@3", "production", expect=text)[1] == (
        "the holder of production is 2, not 1 as expected"
    )
    assert entries(world) == before


def test_expect_takes_the_holder_as_answers_print_it(world, r):
    world.register("churn", content=b"churn")
    r.promote("fraud@1", "production")
    assert refused(r.promote, "fraud@3", "production", expect="fraud@2")[1] == (
        "the holder of production is 1, not 2 as expected"
    )
    assert refused(r.promote, "fraud@3", "production", expect="churn@1")[:2] == (
        "UsageError",
        "--expect names a version of another model: churn@1",
    )
    assert refused(r.promote, "fraud@3", "production", expect="fraud@production")[0] == "UsageError"
    assert r.promote("fraud@2", "production", expect="Fraud@1").changed


def test_expect_none_is_an_empty_stage(r):
    assert r.promote("fraud@1", "production", expect="none").changed
    assert refused(r.promote, "fraud@2", "production", expect="none")[1] == (
        "the holder of production is 1, not none as expected"
    )


@pytest.mark.parametrize("text", ["latest", "production", "champion"])
def test_expect_is_never_what_moves(world, r, text):
    r.promote("fraud@1", "production")
    before = entries(world)
    assert refused(r.promote, "fraud@2", "production", expect=text) == (
        "UsageError",
        f"--expect compares with a number, a label, a digest or none; '{text}' may move",
        "--expect 3",
    )
    assert entries(world) == before


def test_a_stage_that_was_skipped_is_noted(r):
    assert notes(r.promote("fraud@1", "production")) == ["note: fraud@1 was never in staging"]
    r.promote("fraud@2", "staging")
    r.promote("fraud@3", "staging")
    assert notes(r.promote("fraud@2", "production")) == []


def test_a_bad_version_needs_force_and_stays_bad(r):
    r.mark("fraud@2", "bad")
    assert refused(r.promote, "fraud@2", "staging") == (
        "Conflict",
        "fraud@2 is marked bad",
        "modelkeep mark fraud@2 good        (or promote it with --force)",
    )
    change = r.promote("fraud@2", "staging", force=True)
    assert notes(change) == ["fraud@2 is still marked bad (lift it: modelkeep mark fraud@2 good)"]
    assert r.version("fraud@2").bad


def test_an_archived_version_needs_force_and_is_restored_in_the_same_entry(world, r):
    r.archive("fraud@2")
    assert refused(r.promote, "fraud@2", "staging") == (
        "Conflict",
        "fraud@2 is archived",
        "modelkeep archive fraud@2 --undo        (or promote it with --force)",
    )
    before = entries(world)
    change = r.promote("fraud@2", "staging", force=True)
    assert notes(change) == ["fraud@2 is archived no more"]
    assert (entries(world), r.version("fraud@2").archived, states(r)[1]) == (before + 1, False, "2 active")


def test_one_of_many_archived_versions_is_restored_alone(r):
    r.archive("fraud", all_versions=True)
    r.promote("fraud@2", "staging", force=True)
    assert states(r) == ["3 archived", "2 active", "1 archived"]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("dry_run", [False, True])
def test_bytes_that_are_missing_are_never_promoted(world, r, force, dry_run):
    lose_bytes(world, "fraud@2")
    before = entries(world)
    assert refused(r.promote, "fraud@2", "production", force=force, dry_run=dry_run) == (
        "IntegrityError",
        "bytes of fraud@2 are missing from the store",
        "modelkeep verify fraud@2",
    )
    assert (entries(world), holders(r)) == (before, [])


def test_bytes_that_were_cut_are_never_promoted(world, r):
    digest = r.version("fraud@2").contents[0].digest.removeprefix("sha256:")
    path = world.home / "store/blobs/sha256" / digest[:2] / digest
    os.chmod(path, 0o644)
    path.write_bytes(b"")
    assert refused(r.promote, "fraud@2", "production")[0] == "IntegrityError"


@pytest.mark.parametrize("ref", ["fraud@1", "fraud@2", "fraud@3"])
def test_a_dry_run_decides_the_same_and_writes_nothing(world, r, ref):
    r.promote("fraud@1", "production")
    r.mark("fraud@3", "bad")
    before = entries(world)
    if ref == "fraud@3":
        assert refused(r.promote, ref, "production", dry_run=True) == refused(r.promote, ref, "production")
        return
    planned = r.promote(ref, "production", dry_run=True)
    assert (entries(world), planned.seq, planned.dry_run) == (before, None, True)
    made = r.promote(ref, "production")
    told = [(each.ref, each.changed, each.why, effects(each), notes(each)) for each in (planned, made)]
    assert told[0] == told[1]


def test_the_reason_stands_in_history(r):
    r.promote("fraud@1", "production", message="march data")
    assert [each.began.reason for each in r.history("fraud")] == ["march data"]


def test_a_forced_promotion_reads_nothing_once_it_is_committed(world, r):
    r.mark("fraud@2", "bad")
    with locked_after_commit(world) as busy:
        change = busy.promote("fraud@2", "production", force=True)
    assert (change.changed, notes(change), holders(r)) == (
        True,
        [
            "note: fraud@2 was never in staging",
            "fraud@2 is still marked bad (lift it: modelkeep mark fraud@2 good)",
        ],
        ["production 2"],
    )


# What somebody else did meanwhile


def test_a_reference_that_moved_before_the_write_is_refused(world, r):
    r.alias("fraud@1", "champion")
    late = overtaken(world, lambda: r.alias("fraud@2", "champion"))
    assert refused(late.promote, "fraud@champion", "production") == (
        "Conflict",
        "fraud changed meanwhile: what was 1 is 2 now",
        "look again, then name the version by its number",
    )
    assert holders(r) == []


def test_latest_that_moved_before_the_write_is_refused(world, r):
    late = overtaken(world, world.register)
    assert refused(late.promote, "fraud@latest", "production")[1] == ("fraud changed meanwhile: what was 3 is 4 now")


def test_a_stage_that_was_emptied_before_the_write_is_refused(world, r):
    r.promote("fraud@1", "staging")
    late = overtaken(world, lambda: r.retire("fraud", "staging"))
    assert refused(late.promote, "fraud@staging", "production")[0] == "NotFound"
    assert holders(r) == []


def test_a_fixed_reference_does_not_mind_what_happened_meanwhile(world, r):
    late = overtaken(world, lambda: r.promote("fraud@2", "production"))
    assert effects(late.promote("fraud@1", "production")) == ["production: fraud@2 -> fraud@1"]


def test_expect_is_compared_under_the_lock(world, r):
    r.promote("fraud@1", "production")
    late = overtaken(world, lambda: r.promote("fraud@2", "production"))
    assert refused(late.promote, "fraud@3", "production", expect="1")[1] == (
        "the holder of production is 2, not 1 as expected"
    )


def test_a_rename_meanwhile_changes_nothing(world, r):
    late = overtaken(world, lambda: r.rename("fraud", "risk"))
    assert effects(late.promote("fraud@1", "production")) == ["production: none -> risk@1"]
    assert world.verify().findings == ()


# Retire


def test_retire_empties_a_stage_and_the_version_is_superseded(r):
    r.promote("fraud@1", "staging")
    r.promote("fraud@1", "production")
    assert effects(r.retire("fraud", "prod")) == ["production: fraud@1 -> none"]
    assert (holders(r), states(r)[2]) == (["staging 1"], "1 active")
    r.retire("fraud", "staging")
    assert states(r)[2] == "1 superseded"


def test_retire_with_a_version_empties_only_its_own_stage(world, r):
    r.promote("fraud@2", "production")
    before = entries(world)
    change = r.retire("fraud@1", "production")
    assert (change.changed, change.why) == (False, "fraud@1 is not in production (fraud@2 is)")
    assert entries(world) == before
    assert effects(r.retire("fraud@2", "production")) == ["production: fraud@2 -> none"]


def test_retire_without_a_version_means_the_holder_its_author_saw(world, r):
    r.promote("fraud@1", "production")
    late = overtaken(world, lambda: r.promote("fraud@2", "production"))
    assert refused(late.retire, "fraud", "production")[1] == "fraud changed meanwhile: what was 1 is 2 now"
    assert holders(r) == ["production 2"]


def test_retire_of_an_empty_stage_does_not_empty_it_of_a_version_that_came_meanwhile(world, r):
    late = overtaken(world, lambda: r.promote("fraud@1", "production"))
    assert refused(late.retire, "fraud", "production")[1] == "fraud changed meanwhile: what was none is 1 now"
    assert holders(r) == ["production 1"]


def test_retire_of_an_empty_stage_is_nothing(r):
    change = r.retire("fraud", "production")
    assert (change.changed, change.why) == (False, "fraud has nothing in production")


def test_retire_compares_what_is_expected(r):
    r.promote("fraud@2", "production")
    assert refused(r.retire, "fraud", "production", expect="1")[1] == (
        "the holder of production is 2, not 1 as expected"
    )
    assert r.retire("fraud", "production", expect="2", dry_run=True).changed
    assert holders(r) == ["production 2"]
    assert r.retire("fraud", "production", expect="2").changed
