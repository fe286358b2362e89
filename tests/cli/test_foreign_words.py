"""Commands and options of other tools are answered with a line of ours, with the user's own arguments, that works."""

import shlex
from pathlib import Path

import pytest

from modelkeep.cli import app, command_table, foreign_words
from modelkeep.errors import UsageError
from modelkeep.registry import create_registry


@pytest.fixture(autouse=True)
def _empty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def hint(line: str) -> str | None:
    with pytest.raises(UsageError) as error:
        app.run(shlex.split(line))
    return error.value.hint


@pytest.mark.parametrize(
    ("typed", "ours"),
    [
        ("download fraud@3", "get fraud@3 ./"),
        ("ui", "page --open"),
        ("dashboard", "page --open"),
        ("download fraud@3 'a b'", "get fraud@3 'a b'"),
        ("pull fraud@production -q", "get fraud@production -q ./"),
        ("pull", "get --help"),
        ("pull fraud", "get fraud@latest ./"),
        ("deploy fraud", "promote fraud@latest production"),
        ("pull fraud 2 out", "get fraud 2 out"),
        ("upload fraud model.onnx -M auc=0.9", "register fraud model.onnx -M auc=0.9"),
        ("add churn.onnx", "register churn churn.onnx"),
        ("push ./models/card-fraud.tar.gz", "register card-fraud ./models/card-fraud.tar.gz"),
        ("push nlp/bert@2", "register nlp/bert PATH"),
        ("versions fraud", "list fraud"),
        ("log fraud", "audit fraud"),
        ("log", "audit"),
        ("info fraud", "show fraud"),
        ("describe-model fraud@2", "show fraud@2"),
        ("undelete fraud@2", "show fraud@2"),
        ("transition fraud@2 staging", "promote fraud@2 staging"),
        ("transition --name fraud --version 2 --stage Production", "promote fraud@2 Production"),
        ("deploy fraud@2", "promote fraud@2 production"),
        ("stage fraud@2", "promote fraud@2 staging"),
        ("assign fraud 2 staging", "promote fraud 2 staging"),
        ("revert fraud@2", "rollback fraud@2"),
        ("undo", "rollback --help"),
        ("rm fraud@1", "archive fraud@1\nmodelkeep delete fraud@1"),
        ("remove fraud@1 fraud@2", "archive fraud@1 fraud@2\nmodelkeep delete fraud@1 fraud@2"),
        ("demote fraud production", "retire fraud production"),
        ("request fraud@4 production -m why", "promote fraud@4 production -m why --request"),
        ("lgtm 17", "approve 17"),
        ("withdraw fraud@4 production", "reject fraud@4 production"),
        ("pending fraud", "requests fraud"),
        ("ack 31", "acknowledge 31"),
        ("scan model.pkl", "inspect model.pkl"),
        ("grant owner user:ana", "role grant owner user:ana"),
        ("grant owner", "role --help"),
        ("roles", "role list"),
        ("permissions", "role list"),
        ("role add owner group:ml -m new", "role grant owner group:ml -m new"),
        ("role rm owner user:ana", "role revoke owner user:ana"),
        ("role ls", "role list"),
        ("role grnt owner user:ana", "role grant owner user:ana"),
        ("demote fraud@2", "retire fraud@2 production"),
        ("restore fraud@2", "archive fraud@2 --undo"),
        ("unarchive fraud@2", "archive fraud@2 --undo"),
        ("untag fraud@2 owner", "tag fraud@2 owner-"),
        ("untag fraud 2 owner", "tag fraud@2 owner-"),
        ("set-tag fraud 2 owner=risk", "tag fraud@2 owner=risk"),
        ("untag fraud@2 owner=risk team-", "tag fraud@2 owner- team-"),
        ("set-tag fraud@2 owner risk", "tag fraud@2 owner=risk"),
        ("unalias fraud champion", "alias fraud champion-"),
        ("compare fraud 3 4", "diff fraud 3 4"),
        ("find fra", "list --search fra"),
        ("find credit risk --all", "list --search 'credit risk' --all"),
        ("search 'metric.auc > 0.9'", "list --where 'metric.auc > 0.9'"),
        ("search 'risk/*'", "list 'risk/*'"),
        ("set-label fraud@2 1.0", "label fraud@2 1.0"),
        ("remote add team /srv/models", "config set registries.team /srv/models"),
        ("remote add origin s3://bucket/x", "config list"),
        ("remote", "config list"),
        ("repair /mnt/backup", "verify --bytes --repair /mnt/backup"),
        ("trust /srv/fraud", "config trust /srv/fraud"),
        ("metrics show", "list"),
        ("metrics show fraud@2", "show fraud@2"),
        ("metrics diff fraud@1 fraud@2", "diff fraud@1 fraud@2"),
        ("metrics diff", "diff --help"),
        ("params diff fraud 1 2", "diff fraud 1 2"),
        ("metrics fraud@2", "show fraud@2"),
        ("metrics", "list"),
        ("metrics fraud@2 -M auc=0.9", "evaluate fraud@2 -M auc=0.9"),
        ("log_metric fraud@2 -M auc=0.9", "evaluate fraud@2 -M auc=0.9"),
        ("log_model fraud model.onnx", "register fraud model.onnx"),
        ("xyzzy", "--help"),
    ],
)
def test_a_command_of_another_tool_is_answered_with_ours(typed: str, ours: str):
    assert hint(typed) == f"modelkeep {ours}"


def test_what_a_word_means_may_depend_on_what_is_there():
    Path("model.onnx").write_bytes(b"model")
    Path("backup").mkdir()
    assert hint("log fraud model.onnx") == "modelkeep register fraud model.onnx"
    assert hint("restore backup models") == "modelkeep --registry backup backup models"
    assert hint("restore backup") == "modelkeep --registry backup backup DIR"


@pytest.mark.parametrize("word", sorted(foreign_words.WORDS))
@pytest.mark.parametrize(
    "rest", ["", "fraud", "fraud@2", "fraud@2 production", "model.onnx", "--odd", "-- -x", "a b c d e"]
)
def test_every_hint_for_a_foreign_word_is_a_line_that_the_parser_accepts(word: str, rest: str):
    assert word not in {name for row in command_table.COMMANDS for name in (row.name, *row.aliases)}
    found = hint(f"{word} {rest}")
    assert found is not None
    for line in found.split("\n"):
        program, *tokens = shlex.split(line)
        assert program == "modelkeep"
        assert app.accepted(tokens) == tokens, line


@pytest.mark.parametrize(
    ("typed", "ours"),
    [
        ("promote fraud@2 --stage production", "promote fraud@2 production"),
        ("promote fraud@2 --stage=production -m x", "promote fraud@2 production -m x"),
        ("promote fraud@2 --env prod --reason 'march data'", "promote fraud@2 prod --message 'march data'"),
        ("show fraud --version 2", "show fraud@2"),
        ("register --name fraud --file model.onnx", "register fraud model.onnx"),
        ("get fraud@2 --output out/", "get fraud@2 out/"),
        ("register fraud m.bin --version 1.0", "register fraud m.bin --label 1.0"),
        ("list --output json", "list --json"),
        ("list -o json", "list --json"),
        ("--output json list", "list --json"),
        ("list --filter 'risk/*'", "list 'risk/*'"),
        ("list --max-results 5 --order-by metric.auc", "list --limit 5 --sort metric.auc"),
        ("list --stag production", "list --stage production"),
        ("audit --user ana", "audit --actor ana"),
        ("evaluate fraud@2 --metric auc=0.9 --dataset holdout@1", "evaluate fraud@2 --metric auc=0.9 --on holdout@1"),
        ("promote fraud@2 staging --mes x", "promote fraud@2 staging --message x"),
        ("promote fraud@2 staging --dryrun", "promote fraud@2 staging --dry-run"),
        ("list --jso", "list --json"),
        ("rollback churn --version 1", "rollback churn@1"),
        ("delete --name churn --version 2", "delete churn@2"),
        ("promote churn@2 --to production", "promote churn@2 production"),
        ("list --bogus", "list --help"),
        ("show fraud --stage production", "show --help"),
        ("delete fraud@1 --grace 0", "delete --help"),
    ],
)
def test_an_option_that_is_none_is_answered_with_what_was_meant(typed: str, ours: str):
    assert hint(typed) == f"modelkeep {ours}"


def test_a_stage_in_a_hint_is_one_of_the_registry(tmp_path, monkeypatch):
    create_registry(tmp_path / "r", stages=["dev", "qa", "live"])
    monkeypatch.setenv("MODELKEEP_REGISTRY", str(tmp_path / "r"))
    assert hint("deploy fraud@2") == "modelkeep promote fraud@2 live"
    assert hint("demote fraud") == "modelkeep retire fraud live"
    assert hint("stage fraud@2") == "modelkeep promote fraud@2 dev"


def test_an_option_is_never_suggested_for_another_meaning():
    for row in command_table.COMMANDS:
        for option in ("--stage", "--version", "--force-all", "--page", "--size", "--since", "--role"):
            tokens = [row.name, option, "x"]
            if app.accepted(tokens) == tokens:
                continue
            with pytest.raises(UsageError) as error:
                app.run(tokens)
            for wrong in ("--message", "--verbose", "--force", "--sort", "--field"):
                assert wrong not in (error.value.hint or ""), (tokens, error.value.hint)
