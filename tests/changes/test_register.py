"""`register`: the next number, the label, stage and alias in one step, what is found out, what is told."""

import hashlib
import io
import math
import os
import stat
import subprocess
from pathlib import Path

import msgspec.structs
import pytest
from changing import effects, holders, locked_after_commit, notes, overtaken, refused
from world import World

import modelkeep
from modelkeep.domain.json_values import to_json
from modelkeep.rendering import verdict
from modelkeep.store.content.sweep_mark import sweeping


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
def r(world):
    return world.registry


def seq(world):
    """Return the number of the last entry."""
    return world.rows("SELECT max(seq) FROM entry")[0][0]


def git(place, *words):
    identity = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *identity, *words], cwd=place, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    return done.stdout.strip()


# Numbers and names


def test_versions_of_a_model_are_numbered_from_one_without_a_gap(world):
    assert [world.register().ref for _ in range(3)] == ["fraud@1", "fraud@2", "fraud@3"]
    assert world.register("churn").ref == "churn@1"


def test_a_refused_registration_takes_no_number(world, r):
    world.register(label="1.0")
    refused(world.register, label="1.0")
    refused(world.register, alias=["latest"])
    refused(world.register, stage="nowhere")
    assert world.register().ref == "fraud@2"


def test_the_number_of_an_archived_version_is_not_given_again(world, r):
    world.register()
    world.register()
    r.archive("fraud@2")
    assert world.register().ref == "fraud@3"


def test_a_model_is_found_without_case_and_answers_as_it_was_first_spelled(world):
    world.register("FraudModel")
    assert world.register("fraudmodel").ref == "FraudModel@2"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "data/fraud",
            ("UsageError", "a model's name cannot begin with the reserved word 'data': 'data/fraud'", "fraud"),
        ),
        (
            "my model",
            (
                "UsageError",
                "not a legal name for a model: 'my model'",
                "my-model   (letters, digits and . _ - in segments joined by '/', at most 63 a segment and 200 in all)",
            ),
        ),
        (
            "fraud@3",
            (
                "UsageError",
                "register takes a model's name, not a version: fraud@3",
                "modelkeep register fraud {path}",
            ),
        ),
    ],
)
def test_what_no_model_may_be_called_is_refused_with_a_legal_spelling(world, r, name, told):
    path = world.model()
    assert refused(r.register, name, path) == (told[0], told[1], told[2].format(path=path))
    assert seq(world) == 1


def test_a_registration_without_a_path_is_refused(r):
    assert refused(r.register, "fraud") == (
        "UsageError",
        "register needs a file or a directory for fraud",
        "modelkeep register fraud model.onnx",
    )


def test_a_model_that_somebody_else_made_meanwhile_gets_the_next_version(world):
    late = overtaken(world, lambda: world.register("Fraud"))
    assert late.register("fraud", world.model(), code="none").ref == "Fraud@2"
    assert world.verify().findings == ()


def test_a_version_that_somebody_else_registered_meanwhile_keeps_its_number(world):
    world.register()
    late = overtaken(world, world.register)
    assert late.register("fraud", world.model(), code="none").ref == "fraud@3"


def test_the_same_bytes_that_somebody_else_registered_meanwhile_are_registered_once(world, r):
    path = world.model(b"the same")
    late = overtaken(world, lambda: r.register("fraud", path, code="none"))
    made = late.register("fraud", path, code="none")
    assert (made.ref, made.changed, made.why) == ("fraud@1", False, "already registered as fraud@1")


# Labels


def test_a_label_is_kept_as_typed_and_found_without_v_and_trailing_zeros(world, r):
    assert world.register(label="v1.1").label == "v1.1"
    assert [r.resolve(f"fraud@{text}").ref for text in ("1.1", "V1.1.0", "1.1.0.0")] == ["fraud@1"] * 3


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("1.1.0", "1.1.0 already"),
        ("1.1", "1.1.0, which is the same as 1.1"),
        ("v1.1", "1.1.0, which is the same as v1.1"),
        ("V1.1.0", "1.1.0, which is the same as V1.1.0"),
    ],
)
def test_a_label_is_unique_in_its_model(world, label, said):
    world.register(label="1.1.0")
    assert refused(world.register, label=label) == (
        "Conflict",
        f"fraud@1 bears the label {said}",
        "modelkeep show fraud@1",
    )
    assert world.register("churn", label=label).label == label


def test_at_1_is_the_number_1_and_never_the_label_1_0(world, r):
    world.register()
    world.register(label="1.0")
    assert (r.resolve("fraud@1").ref, r.resolve("fraud@1.0").ref) == ("fraud@1", "fraud@2")


def test_bump_counts_on_from_the_highest_label(world):
    labels = [world.register(bump=part).label for part in ("minor", "patch", "minor", "major", "patch")]
    assert labels == ["0.1.0", "0.1.1", "0.2.0", "1.0.0", "1.0.1"]


def test_bump_finds_the_highest_label_by_numbers_whichever_came_last_and_late_labels_too(world, r):
    for label in ("1.10.0", "1.9.0", "1.10.0-rc2"):
        world.register(label=label)
    assert world.register(bump="patch").label == "1.10.1"
    world.register()
    r.label("fraud@5", "v2.0")
    assert world.register(bump="minor").label == "v2.1"


def test_bump_where_the_highest_label_counts_nothing_is_refused(world):
    world.register(label="2026.01.05-rc1")
    assert refused(world.register, bump="minor") == (
        "UsageError",
        "the highest label is 2026.01.05-rc1, which is not MAJOR.MINOR[.PATCH]: there is no next one to count to",
        "name the label: --label 1.2.0",
    )


def test_a_label_and_a_bump_together_are_refused(world):
    assert refused(world.register, label="1.0", bump="minor")[:2] == (
        "UsageError",
        "a version has one label: give --label or --bump",
    )


# Stage and alias in one entry


def test_stage_and_aliases_are_part_of_the_one_entry(world, r):
    made = world.register(stage="prod", alias=["champion", "eu"])
    assert (made.seq, seq(world), effects(made)) == (2, 2, ["production: none -> fraud@1"])
    assert (holders(r), r.version("fraud@1").aliases) == (["production 1"], ("champion", "eu"))
    assert [event["kind"] for event in _events(world, 2)] == [
        "ModelCreated",
        "VersionRegistered",
        "VersionPromoted",
        "AliasSet",
        "AliasSet",
    ]


def _events(world, number):
    import json

    return json.loads(world.entries()[number - 1])["events"]


@pytest.mark.parametrize(
    "wrong",
    [{"stage": "nowhere"}, {"stage": "development"}, {"alias": ["production"]}, {"alias": ["prod"]}, {"label": "one"}],
)
def test_what_is_refused_in_part_is_refused_as_a_whole(world, wrong):
    refused(world.register, **{"stage": "staging", "alias": ["champion"], **wrong})
    assert seq(world) == 1
    assert list((world.home / "store/blobs/sha256").iterdir()) == []


def test_expect_says_who_must_hold_the_stage(world, r):
    world.register(stage="production", expect="none")
    assert refused(world.register, stage="production", expect="none")[:2] == (
        "Conflict",
        "the holder of production is 1, not none as expected",
    )
    assert world.register(stage="production", expect="1").ref == "fraud@2"
    assert refused(world.register, expect="2") == (
        "UsageError",
        "--expect compares with the holder of a stage",
        "add --stage",
    )
    assert (holders(r), seq(world)) == (["production 2"], 3)


# What is kept


def test_values_are_kept_as_the_exact_text_that_was_given(world, r):
    world.register(
        metrics={"auc": "0.9140", "loss": 1e-7, "report": {"f1": {"macro": 0.1}}, "n": 10**30},
        params={"lr": "0.10", "layers": [64, 32], "on": True, "none": None},
        tags={"owner": "risk", "empty": ""},
    )
    version = r.version("fraud@1")
    assert version.metrics == {"auc": 0.914, "loss": 1e-7, "n": 1e30, "report.f1.macro": 0.1}
    assert to_json(version.metrics) == (
        '{"auc":0.9140,"loss":1e-07,"n":"1000000000000000000000000000000","report.f1.macro":0.1}'
    )
    assert version.params == {"lr": 0.1, "layers": [64, 32], "on": True, "none": None}
    assert to_json(version.params) == '{"lr":0.10,"layers":[64,32],"on":true,"none":null}'
    assert dict(version.tags) == {"owner": "risk", "empty": ""}


def test_what_numbers_cannot_hold_is_kept_as_text_with_a_warning(world, r):
    made = world.register(metrics={"auc": float("nan"), "best": "yes", "f1": "0.5"})
    assert made.warnings == (
        "metric auc is kept as text, because 'nan' is no number that can be compared",
        "metric best is kept as text, because 'yes' is no number that can be compared",
    )
    assert to_json(r.version("fraud@1").metrics) == '{"auc":"NaN","best":"yes","f1":0.5}'
    assert math.isnan(r.version("fraud@1").metrics["auc"])


def test_keys_are_kept_as_the_tool_wrote_them(world, r):
    odd = {
        "mAP50(B)": "0.5",
        "recall@5": "0.6",
        "top-1 (%)": "91.2",
        "pr\u00e9cision": "0.7",
        "loss:asc": "1",
        "a=b": "2",
    }
    world.register(metrics=odd, params=odd, tags=odd)
    version = r.version("fraud@1")
    assert {key: to_json(value) for key, value in version.metrics.items()} == odd
    assert {key: to_json(value) for key, value in version.params.items()} == odd
    assert version.tags == odd
    r.tag("fraud@1", {"recall@5": "x"}, remove=["top-1 (%)", "a=b"])
    assert r.version("fraud@1").tags.keys() == odd.keys() - {"top-1 (%)", "a=b"}
    assert world.verify().findings == ()


@pytest.mark.parametrize("what", ["params", "metrics", "tags"])
def test_a_key_that_breaks_the_pattern_is_refused(world, what):
    kind, message, _ = refused(world.register, **{what: {"a\x1b": "1"}})
    assert (kind, message) == ("UsageError", f"not a legal {what.rstrip('s')} key: 'a\\x1b'")
    assert seq(world) == 1


def test_what_made_a_version_is_kept_with_it(world, r):
    (world.work / "train.csv").write_bytes(b"a,b\n1,2\n")
    world.register()
    world.register(
        data=[f"train={world.work}/train.csv", "s3://lake/x", "transactions@2026-02"],
        parents=["fraud@1", "https://hub.example/base"],
        runs=["run-7", "https://mlflow.example/#/experiments/1/runs/77"],
        author="Ana",
        description="what it is",
        message="why it is",
        on="holdout@3",
        metrics={"auc": "0.9"},
    )
    version = r.version("fraud@2")
    assert [(each.role, each.node) for each in version.data] == [
        ("train", "data:train.csv@sha256:492d5ea49605"),
        (None, "data:s3://lake/x"),
        (None, "data:transactions@2026-02"),
    ]
    assert [(each.ref, each.location) for each in version.parents] == [
        ("fraud@1", None),
        (None, "https://hub.example/base"),
    ]
    assert [(each.id, each.location) for each in version.runs] == [
        ("run-7", None),
        ("77", "https://mlflow.example/"),
    ]
    assert (version.author, version.description, version.reason) == ("Ana", "what it is", "why it is")
    assert [(each.name, each.value, each.data) for each in version.evaluations] == [("auc", 0.9, "holdout@3")]


def test_data_that_is_nothing_is_not_found(world):
    assert refused(world.register, data=["train.csv"])[:2] == (
        "NotFound",
        "there is no file or directory 'train.csv', and it is no URI and no NAME@VERSION",
    )


def test_a_parent_elsewhere_has_a_place(world):
    assert refused(world.register, parents=["x://"]) == (
        "UsageError",
        "the URI 'x://' names nothing",
        "as s3://bucket/x",
    )


def test_a_parent_must_be_a_version(world):
    world.register()
    assert refused(world.register, parents=["fraud"]) == (
        "UsageError",
        "register needs a version: fraud has latest 1",
        "modelkeep register NAME PATH --parent fraud@1",
    )


@pytest.mark.parametrize("variable", ["MLFLOW_RUN_ID", "WANDB_RUN_ID"])
def test_the_run_of_the_environment_is_captured(tmp_path, variable):
    import msgspec.structs

    from modelkeep.locate import Located
    from modelkeep.registry import Registry

    world = World(tmp_path)
    context = msgspec.structs.replace(world.context, environ={variable: "3f2a"})
    registry = Registry(context, Located(str(world.home), "flag"))
    made = registry.register("fraud", world.model(), code="none")
    assert [each.id for each in registry.version("fraud@1").runs] == ["3f2a"]
    assert made.notes[0].endswith(", run 3f2a (of the environment)")


def test_the_newest_file_time_is_a_guess_at_the_training(world, r):
    tree = world.work / "tree"
    tree.mkdir()
    for name, moment in (("a", 1_700_000_000), ("b", 1_750_000_000)):
        (tree / name).write_bytes(name.encode())
        os.utime(tree / name, (moment, moment))
    r.register("fraud", str(tree), code="none")
    trained = r.version("fraud@1").trained
    assert (trained.ended, trained.guessed) == ("2025-06-15T15:06:40.000000Z", True)


def test_a_time_of_training_that_was_told_is_no_guess(world, r):
    world.register(trained_at="2026-11-20T08:00:00+01:00")
    trained = r.version("fraud@1").trained
    assert (trained.ended, trained.guessed) == ("2026-11-20T07:00:00.000000Z", False)
    assert refused(world.register, trained_at="seq:1")[:2] == (
        "UsageError",
        "--trained-at is a time, not an entry of the log: seq:1",
    )


def test_a_time_of_training_in_the_future_is_refused(world, r):
    told = refused(world.register, trained_at="2050-01-01T00:00:00Z")
    assert told[:2] == (
        "UsageError",
        "--trained-at is in the future: '2050-01-01T00:00:00Z' is 2050-01-01T00:00:00.000000Z",
    )
    assert r.models() == ()


def test_the_same_bytes_under_another_name_are_a_version_that_names_the_first(world, r):
    first = world.model(b"weights", "model.pkl")
    r.register("fraud", first, code="none")
    copy = world.model(b"weights", "copy.pkl")
    note = "note: these bytes are fraud@1 too, where the file is called model.pkl"
    assert r.register("fraud", copy, code="none", dry_run=True).ref == "fraud@2"
    assert world.said == [note]
    assert r.register("fraud", copy, code="none").ref == "fraud@2"
    assert world.said == [note, note]
    assert r.register("fraud", copy, code="none").ref == "fraud@2"
    assert r.register("fraud", world.model(b"weights", "third.pkl"), code="none", if_exists="new").changed
    assert r.register("churn", world.model(b"weights", "fourth.pkl"), code="none").changed
    assert world.said == [note, note]


def test_the_same_file_with_another_executable_bit_is_a_version_that_names_the_first(world, r):
    script = world.model(b"#!/bin/sh", "run.sh")
    os.chmod(script, 0o755)
    r.register("fraud", script, code="none")
    os.chmod(script, 0o644)
    assert r.register("fraud", script, code="none").ref == "fraud@2"
    assert world.said == ["note: these bytes are fraud@1 too, where the file is executable"]


def test_standard_input_has_the_name_it_was_given_and_no_time(r):
    made = r.register("fraud", "-", filename="model.bin", stdin=io.BytesIO(b"piped"), code="none")
    version = r.version("fraud@1")
    assert (made.size_bytes, version.contents[0].path, version.trained.ended) == (5, "model.bin", None)


# Code


def test_code_is_that_of_the_artifacts_work_tree(world, r, tmp_path):
    place = tmp_path / "project"
    place.mkdir()
    git(place, "init", "-q", "-b", "main")
    git(place, "remote", "add", "origin", "https://x-access-token:ghs_SECRET@github.example/acme/fraud.git")
    (place / "train.py").write_text("1")
    git(place, "add", "train.py")
    git(place, "commit", "-q", "-m", "begin")
    (place / "model.bin").write_bytes(b"weights")
    commit = git(place, "rev-parse", "HEAD")
    made = r.register("fraud", str(place / "model.bin"))
    code = r.version("fraud@1").code
    assert (code.commit, code.dirty, code.branch, code.work_tree) == (commit, False, "main", str(place))
    assert code.remote == "https://github.example/acme/fraud.git"
    assert notes(made) == [f"7 B in 1 file, code {commit[:7]} of {place}"]
    (place / "train.py").write_text("2")
    (place / "model.bin").write_bytes(b"weights two")
    assert notes(r.register("fraud", str(place / "model.bin"))) == [
        f"11 B in 1 file, code {commit[:7]} (dirty) of {place}"
    ]


def test_code_none_keeps_none_and_a_commit_is_believed_where_nobody_can_look(world, r):
    world.register()
    r.register("fraud", world.model(), code="9f2c4e1ab07d3586c1e0a94b7d2f6853e4c1b0a7")
    assert [r.version(f"fraud@{number}").code.commit for number in (1, 2)] == [
        None,
        "9f2c4e1ab07d3586c1e0a94b7d2f6853e4c1b0a7",
    ]


# What is told


def test_size_files_data_and_run_are_told_and_the_next_command(world):
    made = world.register(content=b"x" * 3_200_000, data=["transactions@2026-02"], runs=["r7"])
    assert notes(made) == ["3.2 MB in 1 file, data transactions@2026-02, run r7"]
    assert made.hints == ("modelkeep promote fraud@1 staging",)


def test_the_verdict_is_against_production(world):
    world.register(metrics={"auc": "0.907", "word": "a"}, stage="production")
    made = world.register(metrics={"auc": "0.914", "new": "1", "word": "b"})
    assert [(each.metric, each.value, each.difference, each.against) for each in made.verdict] == [
        ("auc", 0.914, 0.007, "fraud@1"),
        ("new", 1.0, None, None),
        ("word", "b", None, "fraud@1"),
    ]


def test_the_verdict_compares_what_was_measured_on_the_same_data(world, r):
    world.register(metrics={"auc": "0.9"}, stage="production")
    r.evaluate("fraud@1", {"auc": "0.7"}, on="shifted@1")
    made = world.register(metrics={"auc": "0.8"}, on="shifted@1")
    assert [verdict(each) for each in made.verdict] == ["auc@shifted@1 0.8 (+0.1 better than production, fraud@1)"]
    made = world.register(metrics={"auc": "0.8"})
    assert [verdict(each) for each in made.verdict] == ["auc 0.8 (-0.1 worse than production, fraud@1)"]
    made = world.register(metrics={"auc": "0.8"}, on="other@1")
    assert [verdict(each) for each in made.verdict] == ["auc@other@1 0.8"]


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_verdict_of_one_that_takes_production_at_once_is_against_the_one_it_displaces(world, dry_run):
    world.register(metrics={"auc": "0.907"}, stage="production")
    made = world.register(metrics={"auc": "0.9"}, stage="production", dry_run=dry_run)
    assert [(each.difference, each.against) for each in made.verdict] == [(-0.007, "fraud@1")]


def test_a_registration_reads_nothing_once_it_is_committed(world, r):
    world.register(metrics={"auc": "0.9"}, stage="production")
    with locked_after_commit(world) as busy:
        made = busy.register("fraud", world.model(), code="none", metrics={"auc": "0.91"})
    assert (made.ref, made.changed) == ("fraud@2", True)
    assert [each.against for each in made.verdict] == ["fraud@1"]
    assert made.hints == ("modelkeep promote fraud@2 staging",)
    assert r.model("fraud").newest == 2


def test_without_production_there_is_no_verdict(world):
    made = world.register(metrics={"auc": "0.907"}, stage="production")
    assert [(each.value, each.difference, each.against) for each in made.verdict] == [(0.907, None, None)]


def test_a_dry_run_tells_the_same_and_writes_nothing(world):
    path = world.model(b"weights")
    given = {"label": "1.0", "stage": "staging", "metrics": {"auc": "0.9"}, "code": "none"}
    planned = world.registry.register("fraud", path, dry_run=True, **given)
    assert (seq(world), list((world.home / "store/blobs/sha256").iterdir())) == (1, [])
    made = world.registry.register("fraud", path, **given)
    told = [(each.ref, each.digest, each.label, effects(each), notes(each), each.verdict) for each in (planned, made)]
    assert told[0] == told[1]
    assert (planned.seq, made.seq) == (None, 2)


def test_a_log_that_lost_its_end_is_told_once(world):
    world.register()
    kept = world.database.read_bytes()
    world.register()
    world.database.write_bytes(kept)
    world.said.clear()
    world.register()
    assert world.said == [
        "warning: the log went backwards: this account saw entry 3, and the log ends at 2; see modelkeep verify --log"
    ]


# What must not be in a log for ever


SECRETS = {
    "github": "https://x-access-token:SECRET1@github.example/acme/fraud.git",
    "gitlab": "https://gitlab-ci-token:SECRET2@gitlab.example/acme/fraud.git",
    "s3": "https://bucket.s3.example/data.csv?X-Amz-Credential=SECRET3&X-Amz-Signature=SECRET3",
    "azure": "https://acme.blob.example/data/x.csv?sv=2024-11-04&sig=SECRET4%3D",
    "fragment": "https://example.org/page#access_token=SECRET5",
}


def test_no_secret_of_a_url_reaches_the_registry(world, r, tmp_path):
    urls = list(SECRETS.values())
    text = " and ".join(urls)
    world.register(
        data=[f"train={url}" for url in urls],
        runs=urls[:4],
        parents=urls,
        on=SECRETS["s3"],
        metrics={"where": text},
        params={"from": text},
        tags={"from": text},
        description=text,
        message=text,
        author=text,
    )
    r.evaluate("fraud@1", {"where": SECRETS["azure"]}, on=SECRETS["azure"], runs=[SECRETS["s3"]], message=text)
    r.tag("fraud@1", {"more": text}, message=text)
    r.describe("fraud", text, message=text)
    r.note("fraud", text, message=text)
    r.promote("fraud@1", "production", message=text)
    r.retire("fraud", "production", message=text)
    held = b"".join(path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file())
    assert b"SECRET" not in held
    version = r.version("fraud@1")
    assert [each.node for each in version.data] == [
        "data:https://github.example/acme/fraud.git",
        "data:https://gitlab.example/acme/fraud.git",
        "data:https://bucket.s3.example/data.csv",
        "data:https://acme.blob.example/data/x.csv",
        "data:https://example.org/page",
    ]
    assert version.description == (
        "https://github.example/acme/fraud.git and https://gitlab.example/acme/fraud.git and "
        "https://bucket.s3.example/data.csv and https://acme.blob.example/data/x.csv and https://example.org/page"
    )


def test_the_one_line_of_a_training_script_registers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODELKEEP_REGISTRY", str(tmp_path / "registry"))
    Path("model.onnx").write_bytes(b"weights")
    modelkeep.create_registry("registry")
    assert modelkeep.register("fraud", "model.onnx", metrics={"auc": 0.914}).ref == "fraud@1"


def test_data_that_metrics_were_measured_on_need_metrics(world):
    assert refused(world.registry.register, "fraud", world.model(b"w", "w.onnx"), on="holdout@3")[:2] == (
        "UsageError",
        "--on says what metrics were measured on, and there are none: holdout@3",
    )


# Swept away meanwhile


def meddling(world, model, harm):
    """Let gc do something to a blob after it was taken in and before the lock: the claim is asked for there."""
    digest = hashlib.sha256((world.work / model).read_bytes()).hexdigest()
    path = world.home / "store" / "blobs" / "sha256" / digest[:2] / digest
    done = []

    def claim():
        if path.exists():
            done.append(path)
            harm(path)

    msgspec.structs.force_setattr(world.context, "claim", claim)
    return done


def test_bytes_that_gc_removed_before_the_entry_are_stored_again(world, r):
    model = world.model()
    late = iter([True])
    done = meddling(world, model, lambda path: removed_by_gc(world, path) if next(late, False) else None)
    assert r.register("fraud", model, code="none").ref == "fraud@1"
    assert len(done) == 2
    assert r.verify().findings == ()


def removed_by_gc(world, path):
    with sweeping(world.context.bucket):
        os.unlink(path)


def test_bytes_that_were_only_found_and_are_gone_are_read_again(world, r):
    model = world.model()
    digest = r.register("other", model, code="none").digest
    late = iter([True])
    done = meddling(world, model, lambda path: removed_by_gc(world, path) if next(late, False) else None)
    made = r.register("fraud", model, code="none")
    assert (made.digest, made.ref) == (digest, "fraud@1")
    assert len(done) == 2  # the first attempt and the second one
    assert r.verify().findings == ()


def test_standard_input_that_gc_removed_cannot_be_read_again(world, r):
    model = world.model()
    meddling(world, model, lambda path: removed_by_gc(world, path))
    with (world.work / model).open("rb") as stdin:
        said = refused(r.register, "fraud", "-", filename="m", stdin=stdin, code="none")
    assert said == ("Conflict", "gc removed the bytes of fraud while they were registered", "try again")
    assert r.models() == ()


@pytest.mark.parametrize("files", [1, 20])
@pytest.mark.parametrize("mode", [0o755, 0o2770])
def test_a_store_that_lost_its_empty_directory_for_drafts_gets_it_again(world, r, files, mode):
    store = world.home / "store"
    (store / "tmp").rmdir()
    for part in ("", "blobs", "blobs/sha256"):
        (store / part).chmod(mode)
    (world.work / "tree").mkdir()
    for number in range(files):
        (world.work / "tree" / str(number)).write_bytes(b"%d" % number)
    before = os.umask(0o022 if mode == 0o755 else 0o077)
    try:
        assert r.register("fraud", world.work / "tree", code="none").ref == "fraud@1"
    finally:
        os.umask(before)
    assert (stat.S_IMODE((store / "tmp").stat().st_mode), os.listdir(store / "tmp")) == (mode, [])
    assert r.verify().findings == ()


@pytest.mark.parametrize("files", [1, 20])
def test_where_the_disk_of_a_store_is_to_be_mounted_nothing_is_made(world, r, files):
    (world.work / "tree").mkdir()
    for number in range(files):
        (world.work / "tree" / str(number)).write_bytes(b"%d" % number)
    (world.home / "store").rename(world.root / "unmounted")
    (world.root / "mount point").mkdir()
    (world.home / "store").symlink_to(world.root / "mount point")
    told = refused(r.register, "fraud", world.work / "tree", code="none")
    assert told == (
        "RegistryUnavailable",
        f"the store is not there: {world.home}/store/blobs/sha256 is no directory",
        "is the disk it is on mounted?",
    )
    assert os.listdir(world.root / "mount point") == []


def test_a_licence_is_an_spdx_expression(world):
    made = world.register("open", b"a", licence="apache-2.0 or mit")
    assert world.registry.version(made).licence == "Apache-2.0 OR MIT"
    assert not world.register("open", b"a", licence="Apache-2.0 OR MIT").changed
    with pytest.raises(modelkeep.Conflict, match=r"another licence \(it is Apache-2\.0 OR MIT\)"):
        world.register("open", b"a", licence="MIT")
    other = world.register("open", b"b", licence="LicenseRef-llama3")
    rows = world.registry.diff([made, other]).rows
    assert [row.values for row in rows if row.key == "licence"] == [("Apache-2.0 OR MIT", "LicenseRef-llama3")]
    assert world.verify().ok


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Llama 3", "LicenseRef-Llama-3"), ("", "LicenseRef-NAME"), ("MIT AND", "LicenseRef-MIT-AND"), ("(" * 200, "LicenseRef-NAME"),
        ("MIT OR " * 100_000, "LicenseRef-"), ("__import__('os').system('x')", "LicenseRef-import-os-.system-x"), ("MIT\n", None), ("\x1b[2J", "LicenseRef-2J"),
    ],
)  # fmt: skip
def test_a_licence_that_spdx_does_not_know_is_refused_with_a_name_for_it(world, text, hint):
    if hint is None:
        assert world.registry.version(world.register("open", b"a", licence=text)).licence == "MIT"
        return
    with pytest.raises(modelkeep.UsageError) as caught:
        world.register("open", b"a", licence=text)
    assert caught.value.message.startswith("not an SPDX licence expression: '")
    assert hint in caught.value.hint


# Under a policy


RULES = """
[[stages]]
name = "staging"
[[stages]]
name = "production"
require = ["data"]
"""


def test_what_a_policy_refuses_whatever_the_bytes_are_stores_nothing(world, r):
    (world.work / "policy.toml").write_text(RULES)
    r.set_policy(world.work / "policy.toml")
    before = seq(world)
    with pytest.raises(modelkeep.Denied, match="to add what is missing: --data NAME@VERSION"):
        world.register(content=b"refused", stage="production")
    assert (seq(world), list((world.home / "store/blobs/sha256").iterdir())) == (before, [])
    done = world.register(content=b"taken", stage="production", data=["tx@1"])
    assert done.changed
    # The same bytes again change nothing, whatever the policy says by now.
    (world.work / "policy.toml").write_text(RULES.replace("data", "licence"))
    r.set_policy(world.work / "policy.toml")
    assert not world.register(content=b"taken", stage="production", data=["tx@1"]).changed
    with pytest.raises(modelkeep.Denied):
        world.register(content=b"other", stage="production", data=["tx@1"])
    assert not world.blob(b"other").exists()
