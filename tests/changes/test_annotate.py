"""`mark`, `archive`, `alias`, `tag`, `describe` and `note`: what is said of versions, and taken back."""

import json
import os

import pytest
from changing import effects, holders, overtaken, refused, states
from world import World, entries

from modelkeep.errors import NotFound


@pytest.fixture
def world(tmp_path):
    """Return a registry with fraud@1, fraud@2 and fraud@3."""
    world = World(tmp_path)
    for _ in range(3):
        world.register()
    return world


# Marks


def test_the_mark_bad_is_set_and_lifted(r):
    assert effects(r.mark("fraud@3", "bad", message="drifts")) == ["fraud@3: good -> bad"]
    assert (states(r)[0], r.resolve("fraud@latest").ref) == ("3 bad", "fraud@2")
    assert effects(r.mark("fraud@3", "good")) == ["fraud@3: bad -> good"]
    assert (states(r)[0], r.resolve("fraud@latest").ref) == ("3 development", "fraud@3")


def test_a_mark_that_stands_already_changes_nothing(world, r):
    assert r.mark("fraud@1", "good").why == "fraud@1 is not marked bad"
    r.mark("fraud@1", "bad")
    before = entries(world)
    change = r.mark("fraud@1", "bad")
    assert (change.changed, change.why, entries(world)) == (False, "fraud@1 is marked bad", before)


def test_a_bad_version_keeps_its_stage(r):
    r.promote("fraud@3", "production")
    r.mark("fraud@3", "bad")
    assert (holders(r), states(r)[0]) == (["production 3"], "3 bad")


def test_another_word_than_bad_or_good_is_refused_and_so_is_a_bare_name(r):
    assert refused(r.mark, "fraud@1", "ugly")[:2] == ("UsageError", "a version is marked bad or good, not 'ugly'")
    assert refused(r.mark, "fraud", "bad") == (
        "UsageError",
        "mark needs a version: fraud has latest 3",
        "modelkeep mark fraud@3 bad",
    )


def test_a_bare_name_is_answered_with_the_latest_version_that_can_be_used(r):
    r.mark("fraud@3", "bad")
    r.archive("fraud@2")
    assert refused(r.promote, "fraud", "production") == (
        "UsageError",
        "promote needs a version: fraud has latest 1",
        "modelkeep promote fraud@1 production",
    )
    r.archive("fraud@1")
    no_version = "needs a version: fraud has no version that can be used"
    hint = "modelkeep list fraud --all"
    assert refused(r.promote, "fraud", "production") == ("UsageError", f"promote {no_version}", hint)
    assert refused(r.resolve, "fraud") == ("UsageError", f"resolve {no_version}", hint)


def test_a_bare_name_in_the_past_is_answered_with_what_there_was(r):
    r.promote("fraud@1", "production")
    assert refused(r.resolve, "fraud", as_of="seq:2") == (
        "UsageError",
        "resolve needs a version: fraud has latest 1",
        "modelkeep show fraud@latest",
    )


def test_the_page_of_a_model_is_not_given_for_a_version(r):
    assert refused(r.model, "fraud@2") == (
        "UsageError",
        "a name is needed, not the version fraud@2",
        "modelkeep show fraud",
    )


# Archive


def test_an_archived_version_is_hidden_but_still_answers(world, r):
    r.alias("fraud@3", "champion")
    assert effects(r.archive("fraud@3")) == ["fraud@3: development -> archived"]
    assert [each.ref for each in r.versions("fraud")] == ["fraud@2", "fraud@1"]
    assert [each.ref for each in r.versions("fraud", all=True)] == ["fraud@3", "fraud@2", "fraud@1"]
    digest = r.version("fraud@3").digest
    assert [r.resolve(ref).ref for ref in ("fraud@3", "fraud@champion", digest)] == ["fraud@3"] * 3
    assert r.resolve("fraud@latest").ref == "fraud@2"


def test_its_tenures_of_unprotected_stages_end(r):
    r.promote("fraud@3", "staging")
    assert effects(r.archive("fraud@3")) == ["fraud@3: active -> archived", "staging: fraud@3 -> none"]
    assert (holders(r), r.history("fraud", "staging")[0].ended.what) == ([], "archived")


def test_it_is_refused_while_it_holds_a_protected_stage(world, r):
    r.promote("fraud@3", "staging")
    r.promote("fraud@3", "production")
    before = entries(world)
    assert refused(r.archive, "fraud@3") == (
        "Conflict",
        "fraud@3 is in production, which is protected",
        "modelkeep retire fraud@3 production        (or promote another)",
    )
    assert refused(r.archive, "fraud", all_versions=True)[1] == "fraud@3 is in production, which is protected"
    assert (entries(world), holders(r)) == (before, ["production 3", "staging 3"])


def test_undo_brings_it_back_but_not_its_tenures(r):
    r.promote("fraud@3", "staging")
    r.archive("fraud@3")
    assert effects(r.archive("fraud@3", undo=True)) == ["fraud@3: archived -> superseded"]
    assert (states(r)[0], holders(r)) == ("3 superseded", [])


def test_what_is_archived_or_not_already_changes_nothing(world, r):
    assert r.archive("fraud@3", undo=True).why == "fraud@3 is not archived"
    r.archive("fraud@3")
    before = entries(world)
    change = r.archive("fraud@3")
    assert (change.changed, change.why, entries(world)) == (False, "fraud@3 is archived", before)


def test_a_whole_model_needs_all_versions(r):
    assert refused(r.archive, "fraud") == (
        "UsageError",
        "fraud is a whole model",
        "modelkeep archive fraud --all-versions        (or one: fraud@3)",
    )
    assert refused(r.archive, "fraud", undo=True)[2] == (
        "modelkeep archive --undo fraud --all-versions        (or one: fraud@3)"
    )
    assert refused(r.archive, "fraud@1", all_versions=True)[:2] == (
        "UsageError",
        "--all-versions goes with a model, not with fraud@1",
    )


def test_all_versions_are_archived_and_restored_in_one_entry(world, r):
    r.promote("fraud@1", "staging")
    r.archive("fraud@2")
    before = entries(world)
    assert effects(r.archive("fraud", all_versions=True)) == [
        "fraud: in use -> archived",
        "staging: fraud@1 -> none",
    ]
    assert (entries(world), states(r)) == (before + 1, ["3 archived", "2 archived", "1 archived"])
    assert ([each.name for each in r.models()], [each.name for each in r.models(all=True)]) == ([], ["fraud"])
    assert r.archive("fraud", all_versions=True).why == "every version of fraud is archived"
    assert effects(r.delete("fraud", all_versions=True, dry_run=True)) == ["fraud: archived -> deleted"]
    assert effects(r.archive("fraud", undo=True, all_versions=True)) == ["fraud: archived -> in use"]
    assert (entries(world), states(r)) == (before + 2, ["3 development", "2 development", "1 superseded"])


def test_a_registration_shows_an_archived_model_again(world, r):
    r.archive("fraud", all_versions=True)
    assert world.register().ref == "fraud@4"
    assert ([each.name for each in r.models()], [each.ref for each in r.versions("fraud")]) == (["fraud"], ["fraud@4"])


def test_a_dry_run_of_archive_writes_nothing(world, r):
    before = entries(world)
    assert effects(r.archive("fraud@3", dry_run=True)) == ["fraud@3: development -> archived"]
    assert entries(world) == before


# Aliases


def test_an_alias_moves_and_is_taken_off(r):
    assert effects(r.alias("fraud@1", "champion")) == ["champion: none -> fraud@1"]
    assert effects(r.alias("fraud@2", ["champion", "eu"])) == ["champion: fraud@1 -> fraud@2", "eu: none -> fraud@2"]
    assert effects(r.alias("fraud", remove="champion")) == ["champion: fraud@2 -> none"]
    assert r.model("fraud").aliases == {"eu": 2}


def test_an_alias_is_matched_without_case(r):
    r.alias("fraud@1", "Champion")
    assert r.resolve("fraud@CHAMPION").ref == "fraud@1"


def test_an_alias_that_points_there_or_is_gone_already_changes_nothing(world, r):
    r.alias("fraud@1", "champion")
    before = entries(world)
    assert (r.alias("fraud@1", "champion").changed, r.alias("fraud", remove="other").changed) == (False, False)
    assert entries(world) == before


@pytest.mark.parametrize(
    "word", ["production", "stg", "latest", "development", "none", "best", "v2", "2", "1.0", "deadbeef", "-x", "a_b"]
)
def test_what_reads_as_something_else_is_no_alias(world, r, word):
    before = entries(world)
    kind, _, hint = refused(r.alias, "fraud@1", word)
    assert (kind, entries(world)) == ("UsageError", before)
    assert hint


def test_an_alias_belongs_to_one_model(world, r):
    world.register("churn")
    r.alias("fraud@1", "champion")
    r.alias("churn@1", "champion")
    assert (r.resolve("fraud@champion").ref, r.resolve("churn@champion").ref) == ("fraud@1", "churn@1")


def test_expect_compares_what_the_alias_points_at(r):
    assert refused(r.alias, "fraud@2", "champion", expect="1")[:2] == (
        "Conflict",
        "fraud@champion is none, not 1 as expected",
    )
    r.alias("fraud@1", "champion", expect="none")
    assert r.alias("fraud@1", "champion", expect="3").changed is False
    assert r.alias("fraud@2", "champion", expect="1").changed
    assert refused(r.alias, "fraud@3", ["champion", "eu"], expect="2")[:2] == (
        "UsageError",
        "--expect compares one alias",
    )


def test_several_aliases_change_together_or_not_at_all(world, r):
    before = entries(world)
    refused(r.alias, "fraud@1", ["champion", "latest"])
    assert (entries(world), r.model("fraud").aliases) == (before, {})
    r.alias("fraud@1", ["champion"])
    r.alias("fraud@2", ["eu"], remove=["champion"])
    assert r.model("fraud").aliases == {"eu": 2}


# Tags, descriptions, notes


def test_tags_of_a_version_and_of_its_model_are_two_things(r):
    assert effects(r.tag("fraud@1", {"owner": "risk"})) == ["owner: none -> risk"]
    r.tag("fraud", {"owner": "core"})
    assert (r.version("fraud@1").tags, r.model("fraud").tags) == ({"owner": "risk"}, {"owner": "core"})


def test_tags_are_replaced_and_taken_off_in_one_entry(world, r):
    r.tag("fraud@1", {"owner": "risk", "pii": "no"})
    before = entries(world)
    assert effects(r.tag("fraud@1", {"owner": "core", "pii": "no"}, remove=["other"])) == ["owner: risk -> core"]
    assert effects(r.tag("fraud@1", {"eu": "1"}, remove=["pii"])) == ["eu: none -> 1", "pii: no -> none"]
    assert (r.version("fraud@1").tags, entries(world)) == ({"eu": "1", "owner": "core"}, before + 2)


def test_a_tag_that_is_replaced_names_the_line_of_its_old_value(world, r):
    r.tag("fraud@3", {"owner": "risk"})
    old = world.rows("SELECT line FROM tag WHERE key = 'owner' AND until_seq IS NULL")[0][0]
    r.tag("fraud@3", {"owner": "ana"})
    entry = json.loads(r.audit("fraud@3", limit=1)[0].entry)
    assert entry["intent"]["command"]["remove"] == [old]
    assert r.version("fraud@3").tags == {"owner": "ana"}


def test_tags_that_are_so_already_change_nothing(world, r):
    r.tag("fraud@1", {"owner": "risk", "at": "https://user:token@example.org/x?sig=1"})
    before = entries(world)
    for again in ({"owner": "risk"}, {"at": "https://user:token@example.org/x?sig=1"}):
        assert (r.tag("fraud@1", again).changed, entries(world)) == (False, before)
    assert r.tag("fraud@1", remove=["other"]).why == "fraud@1 has no tag other"
    assert (
        r.tag("fraud@1", {"owner": "risk"}, remove=["other"]).why
        == "fraud@1 has the tag owner=risk and fraud@1 has no tag other"
    )


def test_tag_without_tags_or_with_a_key_twice_is_refused(r):
    for given in ({"tags": None}, {"tags": {"a": "1"}, "remove": ["a"]}):
        assert refused(r.tag, "fraud@1", **given)[:2] == ("UsageError", "tag needs tags, each key once")


def test_what_is_told_of_a_tag_holds_no_secret(r):
    assert effects(r.tag("fraud@1", {"at": "https://user:token@example.org/x?sig=1"})) == [
        "at: none -> https://example.org/x"
    ]


def test_a_description_is_replaced_and_taken_away(world, r):
    r.describe("fraud@1", "first")
    assert (r.description("fraud@1"), r.description("fraud")) == ("first", None)
    r.describe("fraud@1", "second")
    before = entries(world)
    again = r.describe("fraud@1", "second")
    assert (again.changed, again.why, entries(world)) == (False, "fraud@1 is described so", before)
    r.describe("fraud@1", "")
    assert r.description("fraud@1") is None
    assert r.describe("fraud@1", "").changed is False


def test_notes_are_added_and_all_stay(r):
    r.note("fraud@1", "first")
    r.note("fraud@1", "first")
    r.note("fraud", "of the model")
    assert [each.text for each in r.version("fraud@1").notes] == ["first", "first"]
    assert refused(r.note, "fraud@1", " \n") == (
        "UsageError",
        "a note needs a text",
        'modelkeep note fraud@1 "what there is to say"',
    )


@pytest.mark.parametrize("text", ["a\x00b", "a\udc80b"])
def test_text_that_cannot_be_kept_is_refused(world, r, text):
    before = entries(world)
    for do in (
        lambda: r.note("fraud@1", text),
        lambda: r.describe("fraud@1", text),
        lambda: r.tag("fraud@1", {"a": text}),
        lambda: r.mark("fraud@1", "bad", message=text),
    ):
        assert refused(do)[0] == "UsageError"
    assert entries(world) == before


@pytest.mark.parametrize("what", ["message", "description", "author"])
def test_text_that_cannot_be_kept_is_refused_before_a_byte_is_copied(world, what):
    assert refused(world.register, content=b"new bytes", **{what: "a\udc80b"})[0] == "UsageError"
    assert not os.path.exists(world.blob(b"new bytes"))


# What somebody else did meanwhile


def test_what_somebody_else_wrote_meanwhile_is_not_written_again(world, r):
    for do in (
        lambda registry: registry.describe("fraud", "the same"),
        lambda registry: registry.tag("fraud", {"owner": "risk"}),
        lambda registry: registry.mark("fraud@1", "bad"),
        lambda registry: registry.archive("fraud@2"),
        lambda registry: registry.alias("fraud@1", "champion"),
    ):
        before = entries(world)
        late = overtaken(world, lambda do=do: do(r))
        assert (do(late).changed, entries(world)) == (False, before + 1)


def test_a_tag_that_somebody_else_replaced_meanwhile_is_not_taken_off(world, r):
    r.tag("fraud", {"owner": "risk"})
    late = overtaken(world, lambda: r.tag("fraud", {"owner": "core"}))
    assert refused(late.tag, "fraud", remove=["owner"])[0] == "Conflict"
    assert r.model("fraud").tags == {"owner": "core"}


def test_a_tag_that_stood_and_was_taken_off_meanwhile_is_not_said_to_be_set(world, r):
    r.tag("fraud", {"owner": "risk"})
    late = overtaken(world, lambda: r.tag("fraud", remove=["owner"]))
    assert refused(late.tag, "fraud", {"owner": "risk", "tier": "1"})[0] == "Conflict"
    assert r.model("fraud").tags == {}


def test_an_archive_that_meets_a_promotion_is_refused(world, r):
    late = overtaken(world, lambda: r.promote("fraud@1", "production"))
    assert refused(late.archive, "fraud@1")[1] == "fraud@1 is in production, which is protected"


# Labels


def test_a_version_without_a_label_gets_one_once(world, r):
    assert effects(r.label("fraud@3", "2.0")) == ["label: none -> 2.0"]
    assert r.version("fraud@2.0").ref == "fraud@3"
    before = entries(world)
    assert (r.label("fraud@3", "v2.0.0").why, entries(world)) == ("fraud@3 bears the label 2.0", before)
    assert refused(r.label, "fraud@3", "3.0") == (
        "Conflict",
        "fraud@3 bears the label 2.0, and a version has one label for ever",
        "modelkeep alias fraud@3 ALIAS        (aliases can move)",
    )
    assert refused(r.label, "fraud@1", "2")[0] == "UsageError"
    assert world.verify().findings == ()


def test_a_late_label_is_unknown_before_it_was_given(world, r):
    seq = r.label("fraud@3", "2.0").seq
    then = f"seq:{seq - 1}"
    assert (r.version("fraud@3", as_of=then).label, r.version("fraud@3").label) == (None, "2.0")
    assert {row.ref: row.label for row in r.versions("fraud", as_of=then)}["fraud@3"] is None
    assert {row.ref: row.label for row in r.versions("fraud")}["fraud@3"] == "2.0"
    with pytest.raises(NotFound, match=r"fraud had no version with the label 2\.0 then"):
        r.version("fraud@2.0", as_of=then)
