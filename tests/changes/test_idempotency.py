"""The same bytes again: a success that changes nothing, unless something that was typed differs."""

import subprocess

import msgspec.structs
import pytest
from changing import notes, refused
from world import World, entries

from modelkeep.locate import Located
from modelkeep.registry import Registry

GIVEN = {
    "label": "1.0",
    "params": {"lr": "0.10"},
    "metrics": {"auc": "0.9"},
    "on": "holdout@3",
    "tags": {"owner": "risk"},
    "data": ["train=s3://lake/x", "transactions@2026-02"],
    "parents": ["base@1", "https://hub.example/base"],
    "runs": ["run-7"],
    "author": "Ana",
    "description": "what it is",
    "trained_at": "2026-11-20T08:00:00Z",
    "code": "9f2c4e1ab07d3586c1e0a94b7d2f6853e4c1b0a7",
    "stage": "staging",
    "alias": ["champion"],
}


@pytest.fixture
def world(tmp_path):
    """Return a registry with base@1, base@2 and fraud@1, of which everything was told."""
    world = World(tmp_path)
    world.register("base")
    world.register("base")
    world.registry.register("fraud", world.model(b"weights", "weights.onnx"), **GIVEN)
    return world


@pytest.fixture
def again(world):
    """Return what registers fraud@1's bytes once more; the code is what is given."""
    path = world.model(b"weights", "weights.onnx")

    def register(**given):
        return world.registry.register("fraud", path, **{"code": "none", **given})

    return register


def test_everything_once_more_changes_nothing_and_says_what_it_is(world, again):
    made = again(**GIVEN)
    assert (made.ref, made.version, made.label, made.changed, made.seq, made.why) == (
        "fraud@1",
        1,
        "1.0",
        False,
        None,
        "already registered as fraud@1",
    )
    assert (made.effects, made.hints, made.size_bytes, made.files) == ((), (), 7, 1)
    assert entries(world) == 4


@pytest.mark.parametrize("what", [None, *(each for each in GIVEN if each != "on")])  # that goes with metrics
def test_what_is_given_again_as_it_was_is_nothing(world, again, what):
    assert again(**({} if what is None else {what: GIVEN[what]})).changed is False
    assert entries(world) == 4


@pytest.mark.parametrize(
    "same",
    [
        {"label": "v1.0.0"},
        {"stage": "stg", "expect": "none"},
        {"alias": "CHAMPION"},
        {"bump": "major"},
        {"message": "another reason"},
        {"metrics": {"auc": "0.9"}, "on": "holdout@3"},
        {"metrics": {"auc": "+.90"}},
        {"trained_at": "2026-11-20T09:00:00+01:00"},
    ],
)
def test_what_only_looks_different_is_nothing(world, again, same):
    assert again(**same).changed is False
    assert entries(world) == 4


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"label": "1.1"}, "label (it is 1.0)"),
        ({"params": {"lr": "0.1"}}, "param lr"),
        ({"params": {"depth": "8"}}, "param depth"),
        ({"metrics": {"auc": "0.901"}}, "metric auc"),
        ({"metrics": {"auc": "0.9"}, "on": "holdout@4"}, "metric auc"),
        ({"tags": {"owner": "core"}}, "tag owner"),
        ({"data": ["s3://lake/y"]}, "data s3://lake/y"),
        ({"data": ["valid=s3://lake/x"]}, "data s3://lake/x"),
        ({"data": ["transactions@2026-03"]}, "data transactions"),
        ({"parents": ["base@2"]}, "parent"),
        ({"parents": ["https://hub.example/other"]}, "parent"),
        ({"runs": ["run-8"]}, "run run-8"),
        ({"author": "Bo"}, "author"),
        ({"description": "another"}, "description"),
        ({"trained_at": "2026-11-21"}, "time of training"),
        ({"code": "1f2c4e1ab07d3586c1e0a94b7d2f6853e4c1b0a7"}, "code"),
        ({"author": "Bo", "runs": ["run-8"]}, "author, run run-8"),
    ],
)
def test_what_is_given_and_differs_is_a_conflict_that_names_it(world, again, other, said):
    assert refused(again, **other) == (
        "Conflict",
        f"these bytes are fraud@1 already, with another {said}",
        "evaluate, tag or describe fraud@1; or register it once more with --if-exists new",
    )
    assert entries(world) == 4


def test_a_stage_it_does_not_hold_is_a_conflict_with_promote_as_hint(world, again):
    assert refused(again, stage="prod") == (
        "Conflict",
        "these bytes are fraud@1 already, and that is not in production",
        "modelkeep promote fraud@1 production",
    )
    assert entries(world) == 4


def test_an_alias_it_does_not_bear_is_a_conflict_with_alias_as_hint(world, again):
    assert refused(again, alias=["champion", "best-one"]) == (
        "Conflict",
        "these bytes are fraud@1 already, and fraud@best-one is not that",
        "modelkeep alias fraud@1 best-one",
    )
    assert entries(world) == 4


def test_a_late_retry_does_not_displace_a_newer_version(world, again):
    world.register(stage="staging", alias=["champion"])
    assert refused(again, stage="staging")[2] == "modelkeep promote fraud@1 staging"
    assert refused(again, alias=["champion"])[2] == "modelkeep alias fraud@1 champion"
    assert world.registry.resolve("fraud@staging").ref == "fraud@2"


def test_what_was_captured_never_differs(world):
    environ = {"MLFLOW_RUN_ID": "another-run"}
    world.register(content=b"captured")
    context = msgspec.structs.replace(world.context, environ=environ, claim=lambda: "somebody else")
    elsewhere = Registry(context, Located(str(world.home), "flag"))
    other = world.model(b"captured")
    world.pass_time(days=1)
    world.model(b"captured")  # a later file time
    assert elsewhere.register("fraud", other).changed is False


def test_code_that_git_told_never_differs(world, tmp_path):
    place = tmp_path / "project"
    place.mkdir()
    (place / "model.bin").write_bytes(b"of a project")
    path = str(place / "model.bin")
    world.registry.register("fraud", path)
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    for words in (("init", "-q"), (*identity, "commit", "-q", "--allow-empty", "-m", "begin")):
        subprocess.run(["git", *words], cwd=place, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    assert world.registry.register("fraud", path).changed is False


def test_what_came_later_counts_too(world, again):
    world.registry.evaluate("fraud@1", {"auc": "0.95"}, on="holdout@9")
    world.registry.tag("fraud@1", {"owner": "core"})
    world.registry.promote("fraud@1", "production")
    assert again(metrics={"auc": "0.95"}).changed is False
    assert again(metrics={"auc": "0.9"}).changed is False
    assert again(tags={"owner": "core"}).changed is False
    assert again(stage="production").changed is False


def test_secrets_of_urls_make_no_difference(world):
    path = world.model(b"from a bucket", "bucket.onnx")
    for signature in ("one", "two"):
        given = {
            "data": [f"s3://lake/x?sig={signature}"],
            "description": f"from s3://lake/x?sig={signature}",
            "metrics": {"where": f"s3://lake/x?sig={signature}"},
            "parents": [f"https://user:{signature}@hub.example/base"],
        }
        made = world.registry.register("fraud", path, code="none", **given)
    assert (made.ref, made.changed) == ("fraud@2", False)


def test_if_exists_skip_answers_the_existing_one_whatever_differs(world, again):
    made = again(label="9.0", metrics={"auc": "0"}, stage="production", alias=["other"], if_exists="skip")
    assert (made.ref, made.changed, made.label) == ("fraud@1", False, "1.0")
    assert entries(world) == 4


def test_if_exists_new_registers_the_same_bytes_as_another_version(world, again):
    made = again(if_exists="new", label="2.0")
    assert (made.ref, made.changed) == ("fraud@2", True)
    assert made.digest == world.registry.version("fraud@1").digest
    assert refused(again, if_exists="new", label="2.0")[0] == "Conflict"


def test_another_word_for_if_exists_is_refused(again):
    assert refused(again, if_exists="replace")[:2] == (
        "UsageError",
        "--if-exists is match, skip or new, not 'replace'",
    )


def test_the_newest_version_with_these_bytes_is_compared_first(world, again):
    again(if_exists="new", metrics={"auc": "0.5"})
    world.register()
    assert again(metrics={"auc": "0.5"}).ref == "fraud@2"
    assert refused(again, metrics={"auc": "0.8"})[1] == "these bytes are fraud@2 already, with another metric auc"


def test_an_older_version_with_these_bytes_is_the_answer_where_all_that_was_typed_is_its_own(world, again):
    again(if_exists="new", metrics={"auc": "0.5"}, params={"lr": "1"})
    known = entries(world)
    made = again(**GIVEN)
    assert (made.ref, made.version, made.label, made.changed) == ("fraud@1", 1, "1.0", False)
    assert made.why == "already registered as fraud@1"
    assert again(params={"lr": "1"}).ref == "fraud@2"
    assert again().ref == "fraud@2"
    assert refused(again, params={"lr": "2"})[1] == "these bytes are fraud@2 already, with another param lr"
    assert entries(world) == known


def test_an_archived_or_bad_version_is_still_what_these_bytes_are(world, again):
    world.registry.mark("fraud@1", "bad")
    world.registry.archive("fraud@1")
    assert (again().ref, again().changed) == ("fraud@1", False)


def test_the_same_bytes_of_another_model_are_a_version_of_their_own(world):
    assert world.registry.register("churn", world.model(b"weights", "weights.onnx"), code="none").ref == "churn@1"


def test_the_same_bytes_under_another_file_name_are_another_artifact(world):
    assert world.registry.register("fraud", world.model(b"weights", "other.onnx"), code="none").ref == "fraud@2"


def test_the_same_bytes_under_a_former_name_are_the_same_version(world):
    world.registry.rename("fraud", "risk/fraud")
    made = world.registry.register("fraud", world.model(b"weights", "weights.onnx"), code="none")
    assert (made.ref, made.changed, world.said) == (
        "risk/fraud@1",
        False,
        ["note: fraud is called risk/fraud now"],
    )


def test_a_label_that_another_version_bears_is_a_conflict_only_for_other_bytes(world):
    assert refused(world.register, label="1.0")[1] == "fraud@1 bears the label 1.0 already"


def test_a_dry_run_of_the_same_bytes_answers_the_same(world, again):
    planned, made = again(dry_run=True), again()
    assert (planned.ref, planned.changed, planned.why, notes(planned)) == (
        made.ref,
        made.changed,
        made.why,
        notes(made),
    )
    assert refused(again, author="Bo", dry_run=True) == refused(again, author="Bo")


def test_a_label_where_there_is_none_is_told_as_that(world):
    world.register("bare", b"bare")
    said = refused(world.register, "bare", b"bare", label="3.0")[1]
    assert said == "these bytes are bare@1 already, with another label (it has none)"


def test_the_author_that_show_names_is_no_other_author(world):
    path = world.model(b"plain", "plain.onnx")
    author = world.registry.version(world.registry.register("plain", path).ref).author
    assert not world.registry.register("plain", path, author=author).changed
