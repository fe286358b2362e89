"""Runs of other tools: typed as an id or a URI, or found in the environment."""

import pytest

from modelkeep.errors import UsageError
from modelkeep.provenance.inputs import Run, parse_run, runs


def test_typed_runs_come_first_and_each_counts_once():
    assert runs(["b", "a", "b"], {"MLFLOW_RUN_ID": "a", "WANDB_RUN_ID": "w"}) == (
        Run("b"),
        Run("a"),
        Run("w", None, captured=True),
    )


@pytest.mark.parametrize("value", ["", " ", "a b", "x" * 300, "a\x1b[2J", "\udcff"])
def test_what_the_environment_says_wrongly_is_left_out(value):
    assert runs([], {"MLFLOW_RUN_ID": value}) == ()


@pytest.mark.parametrize(
    ("uri", "run", "location"),
    [
        ("https://wandb.ai/acme/fraud/runs/3f2a?workspace=x", "3f2a", "https://wandb.ai/acme/fraud/runs/3f2a"),
        ("https://mlflow.x/#/experiments/1/runs/0a1b2c", "0a1b2c", "https://mlflow.x/"),
        ("https://u:SECRET@github.com/o/r/actions/runs/77/job/5", "77", "https://github.com/o/r/actions/runs/77/job/5"),
        ("https://gitlab.com/o/r/-/jobs/99", "99", "https://gitlab.com/o/r/-/jobs/99"),
        ("https://host/runs/SECRET%3D/x", "x", "https://host/runs/SECRET%3D/x"),
    ],
)
def test_the_page_of_a_run_tells_its_id(uri, run, location):
    assert parse_run(uri) == Run(run, location)


def test_a_typed_run_was_not_captured():
    assert parse_run("a").captured is False


def test_an_id_may_have_a_path():
    assert parse_run("acme/fraud/3f2a") == Run("acme/fraud/3f2a")


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "-x", "https://", "https://host/?x", "x" * 300, "a\nb", "a\0b", "a\udcff"]
)
def test_what_is_no_run_is_a_usage_error(text):
    with pytest.raises(UsageError):
        parse_run(text)
