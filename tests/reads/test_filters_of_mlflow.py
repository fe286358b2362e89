"""Filters that MLflow's documentation shows, over the runs of its guide: the answers are those of MLflow 3.17.

https://mlflow.org/docs/latest/ml/search/search-runs and `MlflowClient.search_model_versions`. A run of the guide is a version here.
"""

import pytest
from history import History

ALL = range(1, 11)
ANSWERS = {
    "metrics.accuracy > 0.72": [9, 10],
    "metrics.accuracy > 0.72 AND metrics.loss <= 0.15": [10],
    "metric.accuracy >= 0.3": [4, 5, 6, 7, 8, 9, 10],
    "metrics.accuracy = 0.5": [6],
    "metrics.accuracy != 0.5": [1, 2, 3, 4, 5, 7, 8, 9, 10],
    "metrics.accuracy >= 1e-1": [2, 3, 4, 5, 6, 7, 8, 9, 10],
    "metrics.accuracy>.75": [9, 10],
    "metrics.accuracy > 0.2 and metrics.accuracy < 0.6": [4, 5, 6],
    "metrics.`f1 score` < 0.3": [1, 2, 3],
    'metrics."log-scale-loss" >= -0.5': [1, 2, 3],
    "`metrics`.accuracy > 0.7": [9, 10],
    "params.batch_size = '2'": [1, 2, 3, 4, 5],
    'params.batch_size = "2"': [1, 2, 3, 4, 5],
    "parameters.model = 'GPT-2'": [1],
    "params.model LIKE '%GPT%'": [1, 2, 3, 4],
    "params.model LIKE 'GPT-_'": [1, 2, 4],
    "params.model LIKE 'gpt%'": [],
    "params.model ILIKE 'gpt%'": [1, 2, 3, 4],
    "params.model != 'GPT-2'": [2, 3, 4],
    "params.model IS NOT NULL": [1, 2, 3, 4],
    "params.learning_rate = '0.001' AND params.batch_size = '4'": [7, 9],
    "tags.environment = 'notebook'": [1, 2, 3, 4, 5],
    "tags.environment IS NULL": [6, 7, 8, 9, 10, "Boston@1"],  # which is no run of the guide
    "tags.environment != 'notebook'": [],
    "tag.task ILIKE '%ION'": [1, 2],
    "tags.task != 'regression'": [1, 3],
    "tags.`my task` LIKE 'c%'": [1, 3],
    "tags.nothing = 'x'": [],
    "tags.environment = 'notebook' AND metrics.accuracy >= 0.2 AND params.learning_rate = '0.01'": [4],
    "name='CordobaWeatherForecastModel'": ALL,
    "name ilike '%weather%'": ALL,
    "name LIKE 'Boston%'": ["Boston@1"],
    "attribute.name = 'Boston'": ["Boston@1"],
    "version_number = 3": [3],
    "version_number > 8": [9, 10],
    "name != 'Boston' and version_number < 3": [1, 2],
    "run_id = 'run-1'": [1],
    "run_id IN ('run-1', 'x')": [1],
}


@pytest.fixture(scope="module")
def guide():
    """Return a registry with the ten runs of the guide as versions, and a version without any of that."""
    made, absent = History(), [None] * 7
    models, tasks = (
        [*["GPT-2", "GPT-3", "GPT-3.5", "GPT-4"], *absent],
        [*["classification", "regression", "causal lm"], *absent],
    )
    for number in range(10):
        values = {
            "accuracy": number / 10,
            "loss": 1 - number / 10,
            "f1 score": number / 10,
            "log-scale-loss": -number / 5,
        }
        fields = {
            "param__batch_size": "2" if number < 5 else "4",
            "param__learning_rate": ["0.001", "0.01"][number % 2],
        }
        fields |= {"param__model": models[number]} if models[number] else {}
        fields |= {"tag__task": tasks[number], "tag__my task": tasks[number]} if tasks[number] else {}
        fields |= {"tag__environment": "notebook"} if number < 5 else {}
        made.register(
            "CordobaWeatherForecastModel",
            f"run {number}",
            metrics=[(name, f"{value:.1f}") for name, value in values.items()],
            runs=[f"run-{number + 1}"],
            **fields,
        )
    made.register("Boston", "another")
    return made.registry


@pytest.mark.parametrize("where", ANSWERS)
def test_a_filter_of_mlflow_gives_the_answer_of_mlflow(guide, where):
    expected = {each if isinstance(each, str) else f"CordobaWeatherForecastModel@{each}" for each in ANSWERS[where]}
    assert {row.ref for row in guide.versions(where=where)} == expected
