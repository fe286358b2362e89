"""`rollback` is a pop: down the former holders to the first that may come back, and never forth again."""

import os

import pytest
from changing import effects, holders, locked_after_commit, notes, overtaken, refused
from world import World, entries


@pytest.fixture
def world(tmp_path):
    """Return a registry in whose production fraud@1, fraud@2, fraud@3 and fraud@4 stood, a day each."""
    world = World(tmp_path)
    for auc in ("0.901", "0.902", "0.903", "0.904"):
        world.register(metrics={"auc": auc}, stage="production")
        world.pass_time(days=1)
    return world


def bad(r):
    return [each.version for each in r.versions("fraud", all=True) if each.bad]


def lose_bytes(world, ref):
    """Take the only file of a version out of the store."""
    digest = world.registry.version(ref).contents[0].digest.removeprefix("sha256:")
    path = world.home / "store/blobs/sha256" / digest[:2] / digest
    os.chmod(path.parent, 0o755)
    path.unlink()


# The walk


def test_it_goes_back_to_the_former_holder_and_marks_the_one_it_leaves_bad(world, r):
    back = r.rollback("fraud@4", message="p99 latency")
    assert effects(back) == ["production: fraud@4 -> fraud@3"]
    assert (back.left, back.to, back.stage, back.marked_bad, back.passed_over) == (
        "fraud@4",
        "fraud@3",
        "production",
        True,
        (),
    )
    assert (holders(r), bad(r)) == (["production 3"], [4])
    assert [each.ended and each.ended.reason for each in r.history("fraud")[-2:]] == ["p99 latency", None]


def test_why_the_target_counts_as_good_and_the_way_to_undo_are_told(r):
    assert notes(r.rollback("fraud@4")) == [
        "fraud@3 was active for 1d, until 1d ago; auc 0.903",
        "fraud@4 is marked bad (undo: modelkeep mark fraud@4 good)",
    ]


def test_going_back_twice_goes_further_back_and_never_forth(world, r):
    went = []
    for _ in range(3):
        went.append(effects(r.rollback("fraud", keep_good=True))[0])
        world.pass_time(minutes=16)
    assert went == [
        "production: fraud@4 -> fraud@3",
        "production: fraud@3 -> fraud@2",
        "production: fraud@2 -> fraud@1",
    ]
    assert bad(r) == []
    assert refused(r.rollback, "fraud")[0] == "Conflict"


def test_what_was_promoted_after_a_rollback_goes_back_to_whom_it_displaced(world, r):
    r.rollback("fraud@4")
    world.register(stage="production")
    assert effects(r.rollback("fraud@5")) == ["production: fraud@5 -> fraud@3"]
    assert effects(r.rollback("fraud@3")) == ["production: fraud@3 -> fraud@2"]


def test_keep_good_marks_nothing(r):
    back = r.rollback("fraud@4", keep_good=True)
    assert (back.marked_bad, bad(r)) == (False, [])
    assert notes(back) == ["fraud@3 was active for 1d, until 1d ago; auc 0.903"]


def test_one_that_is_bad_already_is_not_marked_again(world, r):
    r.mark("fraud@4", "bad")
    back = r.rollback("fraud@4")
    assert (back.changed, back.marked_bad, bad(r)) == (True, False, [4])


def test_bad_and_archived_holders_and_those_without_their_bytes_are_passed_over_unmarked(world, r):
    world.register(stage="production")
    r.mark("fraud@4", "bad")
    r.archive("fraud@3")
    lose_bytes(world, "fraud@2")
    back = r.rollback("fraud@5")
    assert back.to == "fraud@1"
    assert [(each.ref, each.why) for each in back.passed_over] == [
        ("fraud@4", "it is marked bad"),
        ("fraud@3", "it is archived"),
        ("fraud@2", "bytes of it are missing from the store"),
    ]
    assert bad(r) == [5, 4]
    assert [each.code for each in world.verify(bytes_=False).findings] == []


def test_what_was_passed_over_does_not_come_back_by_going_back_again(world, r):
    r.mark("fraud@3", "bad")
    assert r.rollback("fraud@4").to == "fraud@2"
    r.mark("fraud@3", "good")
    assert r.rollback("fraud@2").to == "fraud@1"


def test_one_that_a_rollback_left_comes_back_only_after_a_promotion(world, r):
    r.rollback("fraud@4", keep_good=True)
    r.promote("fraud@1", "production")
    world.register(stage="production")  # came from 1, which came from 3
    r.archive("fraud@1")
    assert r.rollback("fraud@5").to == "fraud@3"
    r.promote("fraud@4", "production")
    world.register(stage="production")
    assert r.rollback("fraud@6").to == "fraud@4"


def test_two_that_took_turns_do_not_ping_pong(tmp_path):
    world = World(tmp_path)
    r = world.registry
    world.register(stage="production")
    world.register(stage="production")
    r.promote("fraud@1", "production")
    r.promote("fraud@2", "production")
    assert r.rollback("fraud@2", keep_good=True).to == "fraud@1"
    assert refused(r.rollback, "fraud@1") == (
        "Conflict",
        "nothing to go back to: fraud@1 has no former holder that may come back (fraud@2: a rollback left it)",
        "modelkeep rollback fraud@1 production --to 2",
    )


def test_one_that_lost_its_bytes_is_no_hint(tmp_path):
    world = World(tmp_path)
    r = world.registry
    world.register(stage="production")
    world.register(stage="production")
    r.promote("fraud@1", "production")
    r.promote("fraud@2", "production")
    r.rollback("fraud@2", keep_good=True)
    lose_bytes(world, "fraud@2")
    assert refused(r.rollback, "fraud@1")[1:] == (
        (
            "nothing to go back to: fraud@1 has no former holder that may come back "
            "(fraud@2: bytes of it are missing from the store)"
        ),
        "modelkeep retire fraud@1 production",
    )


def test_the_holder_before_a_retirement_is_a_former_holder(r):
    r.retire("fraud", "production")
    r.promote("fraud@1", "production")
    assert r.rollback("fraud@1").to == "fraud@4"


def test_a_stage_below_has_a_past_of_its_own(world, r):
    r.promote("fraud@1", "staging")
    r.promote("fraud@2", "staging")
    back = r.rollback("fraud@2", "stg")
    assert (effects(back), holders(r)) == (["staging: fraud@2 -> fraud@1"], ["production 4", "staging 1"])


def test_one_version_of_many_stages_is_left_only_where_it_was_told(r):
    r.promote("fraud@4", "staging")
    r.rollback("fraud@4")
    assert holders(r) == ["production 3", "staging 4"]


def test_a_stage_that_stood_only_for_one_has_nothing_to_go_back_to(tmp_path):
    world = World(tmp_path)
    world.register(stage="production")
    assert refused(world.registry.rollback, "fraud@1") == (
        "Conflict",
        "nothing to go back to: fraud@1 has no former holder that may come back",
        "modelkeep retire fraud@1 production",
    )


def test_where_nothing_is_eligible_each_former_holder_and_why_not_are_told(world, r):
    r.mark("fraud@1", "bad")
    r.archive("fraud@2")
    lose_bytes(world, "fraud@3")
    before = entries(world)
    assert refused(r.rollback, "fraud@4") == (
        "Conflict",
        (
            "nothing to go back to: fraud@4 has no former holder that may come back "
            "(fraud@3: bytes of it are missing from the store; fraud@2: it is archived; fraud@1: it is marked bad)"
        ),
        "modelkeep retire fraud@4 production",
    )
    assert (entries(world), holders(r)) == (before, ["production 4"])


def test_no_gate_stands_in_the_way_and_no_message_is_needed(r):
    assert r.rollback("fraud@4").changed


# --to


@pytest.mark.parametrize("to", ["fraud@2", "2", "v2", "digest"])
def test_to_names_a_former_holder(r, to):
    back = r.rollback("fraud@4", to=r.version("fraud@2").digest if to == "digest" else to)
    assert (effects(back), back.passed_over) == (["production: fraud@4 -> fraud@2"], ())


def test_to_goes_on_from_the_latest_tenure_of_that_version(world, r):
    r.rollback("fraud@4", to="2")
    assert r.rollback("fraud@2").to == "fraud@1"


def test_to_may_name_one_that_a_rollback_left(r):
    r.rollback("fraud@4", keep_good=True)
    assert effects(r.rollback("fraud@3", to="4")) == ["production: fraud@3 -> fraud@4"]


def test_to_the_holder_itself_is_nothing_to_do(world, r):
    before = entries(world)
    back = r.rollback("fraud@4", to="4", expect="1")
    assert (back.changed, back.why, entries(world)) == (False, "fraud@4 is in production", before)


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (
            lambda r: r.mark("fraud@2", "bad"),
            (
                "Conflict",
                "fraud@2 cannot come back to production: it is marked bad",
                "modelkeep mark fraud@2 good",
            ),
        ),
        (
            lambda r: r.archive("fraud@2"),
            (
                "Conflict",
                "fraud@2 cannot come back to production: it is archived",
                "modelkeep archive fraud@2 --undo",
            ),
        ),
    ],
)
def test_to_one_that_may_not_come_back_is_refused(r, harm, told):
    harm(r)
    assert refused(r.rollback, "fraud@4", to="2") == told


def test_to_one_without_its_bytes_is_refused(world, r):
    lose_bytes(world, "fraud@2")
    assert refused(r.rollback, "fraud@4", to="2") == (
        "Conflict",
        "fraud@2 cannot come back to production: bytes of it are missing from the store",
        "modelkeep verify fraud@2",
    )


def test_to_one_that_never_held_the_stage_is_not_found(world, r):
    world.register()
    assert refused(r.rollback, "fraud@4", to="5") == (
        "NotFound",
        "fraud@5 never held production",
        "modelkeep promote fraud@5 production",
    )
    assert refused(r.rollback, "fraud@4", to="9")[:2] == ("NotFound", "fraud has no version 9")


def test_to_a_version_of_another_model_is_refused(world, r):
    world.register("churn")
    assert refused(r.rollback, "fraud@4", to="churn@1") == (
        "UsageError",
        "--to names a version of fraud, not churn@1",
        "modelkeep history fraud",
    )


# From which version


@pytest.mark.parametrize("ref", ["fraud@2", "fraud@1", "digest"])
def test_from_one_that_is_not_live_there_any_more_nothing_happens(world, r, ref):
    text = "fraud@" + r.version("fraud@2").digest if ref == "digest" else ref
    before = entries(world)
    back = r.rollback(text)
    number = "1" if ref == "fraud@1" else "2"
    assert (back.changed, back.why, back.to) == (
        False,
        f"fraud@{number} is not in production (fraud@4 is)",
        None,
    )
    assert (entries(world), bad(r)) == (before, [])


def test_a_retried_rollback_changes_nothing(world, r):
    r.rollback("fraud@4")
    before = entries(world)
    assert (r.rollback("fraud@4").changed, entries(world), holders(r)) == (False, before, ["production 3"])


def test_from_a_version_where_the_stage_is_empty_nothing_happens(r):
    r.retire("fraud", "production")
    assert r.rollback("fraud@4").why == "fraud@4 is not in production (nothing is)"


def test_from_a_label(world, r):
    world.register(stage="production", label="5.0")
    assert effects(r.rollback("fraud@v5.0.0")) == ["production: fraud@5 -> fraud@4"]


@pytest.mark.parametrize("selector", ["production", "prod", "latest", "champion"])
def test_from_what_moves_is_refused_with_the_line_that_does_not(world, r, selector):
    r.alias("fraud@4", "champion")
    before = entries(world)
    kind, message, hint = refused(r.rollback, f"fraud@{selector}")
    assert (kind, message, hint) == (
        "UsageError",
        f"rollback takes the version to leave by number, label or digest; @{selector} moves",
        "modelkeep rollback fraud@4",
    )
    assert entries(world) == before


def test_the_line_that_does_not_move_does_all_else_that_was_asked_for(r):
    assert refused(r.rollback, "fraud@prod", "production", to="2", keep_good=True)[2] == (
        "modelkeep rollback fraud@4 production --to 2 --keep-good"
    )


def test_a_bare_name_leaves_who_is_live(r):
    assert r.rollback("fraud").left == "fraud@4"


def test_a_bare_name_where_the_stage_is_empty_is_refused_with_its_last_holder(r):
    r.retire("fraud", "production")
    assert refused(r.rollback, "fraud") == (
        "Conflict",
        "fraud has nothing in production to roll back from",
        "modelkeep promote fraud@4 production        (its last holder)",
    )
    assert refused(r.rollback, "fraud", "staging")[:2] == (
        "Conflict",
        "fraud has nothing in staging to roll back from",
    )


def test_a_bare_name_within_15_minutes_of_another_rollback_needs_to_be_confirmed(world, r):
    r.rollback("fraud@4")
    world.pass_time(minutes=14)
    before = entries(world)
    for dry_run in (True, False):
        assert refused(r.rollback, "fraud", dry_run=dry_run) == (
            "RecentRollback",
            "fraud was rolled back in production less than 15 minutes ago, fraud@3 is there now",
            "modelkeep rollback fraud@3 production",
        )
    assert entries(world) == before
    assert r.rollback("fraud", confirmed=True).to == "fraud@2"
    world.pass_time(minutes=15)
    assert r.rollback("fraud").to == "fraud@1"


def test_the_line_of_a_recent_rollback_marks_nothing_bad_where_that_was_asked_for(r):
    r.rollback("fraud@4")
    assert refused(r.rollback, "fraud", keep_good=True)[2] == "modelkeep rollback fraud@3 production --keep-good"


def test_a_version_to_go_back_to_is_no_second_rollback_by_accident(r):
    r.rollback("fraud@4")
    assert r.rollback("fraud", to="1").to == "fraud@1"
    assert r.rollback("fraud", to="1").why == "fraud@1 is in production"


def test_the_15_minutes_are_those_of_one_stage_and_of_bare_names_only(world, r):
    r.promote("fraud@1", "staging")
    r.promote("fraud@2", "staging")
    r.rollback("fraud@4")
    assert r.rollback("fraud", "staging").changed
    assert r.rollback("fraud@3").changed


# What it does not touch, and what it compares


def test_aliases_stay_and_those_that_point_at_the_bad_version_are_named(r):
    r.alias("fraud@4", ["champion", "eu"])
    assert notes(r.rollback("fraud@4"))[-1] == "still pointing at fraud@4: fraud@champion, fraud@eu"
    assert r.resolve("fraud@champion").ref == "fraud@4"


def test_expect_compares_with_the_holder(world, r):
    before = entries(world)
    assert refused(r.rollback, "fraud", expect="3") == (
        "Conflict",
        "the holder of production is 4, not 3 as expected",
        "modelkeep show fraud",
    )
    assert entries(world) == before
    assert r.rollback("fraud", expect="4").changed


def test_a_version_that_is_not_live_any_more_wins_over_expect(r):
    assert r.rollback("fraud@2", expect="1").changed is False


def test_a_dry_run_decides_and_tells_the_same_and_writes_nothing(world, r):
    r.mark("fraud@3", "bad")
    r.alias("fraud@4", "champion")
    before = entries(world)
    planned = r.rollback("fraud@4", dry_run=True)
    assert (entries(world), planned.seq, holders(r), bad(r)) == (before, None, ["production 4"], [3])
    made = r.rollback("fraud@4")
    told = [
        (each.to, each.left, each.marked_bad, effects(each), each.passed_over, notes(each)) for each in (planned, made)
    ]
    assert told[0] == told[1]


def test_a_rollback_reads_nothing_once_it_is_committed(world, r):
    with locked_after_commit(world) as busy:
        back = busy.rollback("fraud@4")
    assert (back.changed, back.to, notes(back)[0]) == (
        True,
        "fraud@3",
        "fraud@3 was active for 1d, until 1d ago; auc 0.903",
    )
    assert (holders(r), bad(r)) == (["production 3"], [4])


# What somebody else did meanwhile


def test_the_same_rollback_by_two_is_done_once(world, r):
    late = overtaken(world, lambda: r.rollback("fraud@4"))
    back = late.rollback("fraud@4")
    assert (back.changed, back.why) == (False, "fraud@4 is not in production (fraud@3 is)")
    assert holders(r) == ["production 3"]


def test_a_bare_rollback_does_not_leave_another_version_than_its_author_saw(world, r):
    late = overtaken(world, lambda: r.promote("fraud@1", "production"))
    assert refused(late.rollback, "fraud")[:2] == (
        "Conflict",
        "fraud changed meanwhile: what was 4 is 1 now",
    )
    assert (holders(r), bad(r)) == (["production 1"], [])


def test_a_target_that_became_bad_meanwhile_does_not_come_back(world, r):
    late = overtaken(world, lambda: r.mark("fraud@3", "bad"))
    assert refused(late.rollback, "fraud@4")[:2] == (
        "Conflict",
        "fraud@3 cannot come back to production: it is marked bad",
    )
    assert holders(r) == ["production 4"]


def test_a_target_whose_bytes_went_meanwhile_does_not_come_back(world, r):
    r.mark("fraud@3", "bad")

    def harm():
        lose_bytes(world, "fraud@2")
        r.mark("fraud@3", "good")

    late = overtaken(world, harm)
    assert refused(late.rollback, "fraud@4")[:2] == (
        "Conflict",
        "fraud@2 cannot come back to production: bytes of it are missing from the store",
    )
    assert holders(r) == ["production 4"]
