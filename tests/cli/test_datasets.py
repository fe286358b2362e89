"""`data` and the formats of `lineage` on the command line: what is printed, and the lines that were meant."""

import json

import pytest

pytestmark = pytest.mark.process


@pytest.fixture
def made(run):
    (run.cwd / "model.onnx").write_bytes(b"one")
    (run.cwd / "train.csv").write_bytes(b"a\n1\n")
    (run.cwd / "schema.json").write_bytes(b'{"a": "\x1b[2J"}')
    for words in (
        "init", "data add raw@1 s3://lake/raw", "data add tx@2026-02 train.csv --rows 1 --schema schema.json --parent raw@1 -q",
        "register fraud model.onnx --code none --env none --data tx@2026-02 --data val=holdout@3 --stage production",
    ):  # fmt: skip
        done = run(*words.split())
        assert done.exit_code == 0, done.stderr
    return run


def test_a_recorded_dataset_says_what_became_of_it(made):
    done = made("data", "add", "cards@1", "train.csv", "--rows", "1200", "-m", "march")
    assert done.stdout.startswith("cards@1: none -> sha256:")
    assert done.stdout.endswith(", 1,200 rows\n")
    assert made("data", "add", "cards@1", "train.csv").stderr == "nothing to do: cards@1 is recorded so\n"
    assert made("data", "add", "cards@1", "-n", "--rows", "1").exit_code == 4
    found = json.loads(made("data", "add", "new@1", "-n", "--json").stdout)
    assert (found["schema"], found["action"], found["name"], found["changed"], found["dry_run"]) == (
        "modelkeep.change/1", "data", "new@1", True, True,
    )  # fmt: skip


def test_lists_and_pages_in_a_pipe(made):
    listed = [line.split("\t") for line in made("data", "list").stdout.splitlines()]
    assert [(row[0], row[1], row[2], row[3], row[4], row[8]) for row in listed] == [
        ("holdout", "3", "no", "1", "-", "-"),
        ("raw", "1", "yes", "0", "-", "s3://lake/raw"),
        ("tx", "2026-02", "yes", "1", "1", "train.csv"),
    ]
    assert made("data", "list", "-q").stdout == "holdout@3\nraw@1\ntx@2026-02\n"
    page = dict(line.split("\t") for line in made("data", "show", "tx").stdout.splitlines())
    assert (page["node"], page["parents"], page["used.0.ref"], page["used.0.stages"]) == (
        "data:tx@2026-02", "data:raw@1", "fraud@1", "production",
    )  # fmt: skip
    assert made("data", "show", "tx").stderr == "note: tx is taken as tx@2026-02\n"
    assert (
        made("data", "show", "holdout@3").stderr
        == "it is only named; modelkeep data add holdout@3 PATH records what it is\n"
    )
    assert made("data", "list", "x*", "--format", "table").stderr == "no dataset matches 'x*'\n"


def test_of_versions_that_are_only_named_none_is_taken_for_the_newest(made):
    assert made("data", "show", "holdout").stderr.startswith("note: holdout is taken as holdout@3\n")
    made("evaluate", "fraud@1", "-M", "auc=0.9", "--on", "holdout@4")
    done = made("data", "show", "holdout")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "error: holdout has 2 versions, and which is the newest is not recorded\n"
        "hint: modelkeep data show holdout@4        (or holdout@3)\n"
    )


def test_the_schema_comes_out_as_it_went_in(made):
    assert made("data", "show", "tx@2026-02", "--print-schema").stdout == '{"a": "\x1b[2J"}'
    done = made("data", "show", "tx@2026-02", "--print-schema", "--json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert made("data", "show", "raw@1", "--print-schema").exit_code == 3


def test_lineage_comes_in_formats_of_other_programs(made):
    assert made("lineage", "fraud@1", "--format", "dot").stdout.startswith("digraph lineage {\n")
    assert made("lineage", "data:raw@1", "--down", "--format", "mermaid").stdout == (
        "flowchart LR\n"
        '  n0[("data:raw@1")]\n'
        '  n1[("data:tx@2026-02")]\n'
        '  n2["fraud@1<br/>production"]\n'
        '  n0 -->|"made from"| n1\n'
        '  n1 -->|"trained on"| n2\n'
        "  style n2 stroke-width:3px\n"
    )
    first, second = (made("lineage", "fraud@1", "--format", "openlineage").stdout for _ in range(2))
    assert first == second
    assert [json.loads(line)["eventType"] for line in first.splitlines()] == ["START", "COMPLETE"] * 2
    assert made("lineage", "data:raw@1", "--down").stdout == (
        "data:raw@1\tmade_from\tdata:tx@2026-02\t-\t-\ndata:tx@2026-02\ttrained_on\tfraud@1\t-\tproduction\n"
    )


@pytest.mark.parametrize(
    ("typed", "message", "hint"),
    [
        ("data add train.csv new@1", "a dataset is recorded as NAME@VERSION, not 'train.csv'", "modelkeep data add new@1 train.csv"),
        ("data register new@1 train.csv", None, "modelkeep data add new@1 train.csv"),
        ("datasets", None, "modelkeep data list"),
        ("dataset tx@2026-02", None, "modelkeep data show tx@2026-02"),
        ("data show tx@2026-03", "there is no dataset tx@2026-03", "modelkeep data list        (near: tx@2026-02)"),
        ("data list nothing", "there is no dataset nothing", "modelkeep data list"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_answered_with_the_one_that_was_meant(made, typed, message, hint):
    done = made(*typed.split())
    assert done.exit_code in (2, 3)
    assert message is None or f"error: {message}\n" in done.stderr
    assert f"hint: {hint}\n" in done.stderr
