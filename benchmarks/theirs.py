"""MLflow's registry on SQLite, in a process of its own: it reads a piece of work a line and prints the seconds.

Run by an interpreter that has MLflow: ``python theirs.py DIRECTORY VERSIONS``. The rows of the big
registry are written into MLflow's own tables, for its API would take hours to make them.
"""

import json
import os
import sqlite3
import sys
import time

MODEL = "fraud"


def main(directory, versions):
    """Print MLflow's version, then the seconds of each piece of work until the input ends."""
    import logging
    import warnings

    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    os.environ["MLFLOW_ENABLE_ASYNC_LOGGING"] = "false"
    import mlflow
    from mlflow import MlflowClient

    big = _grown(MlflowClient, directory, versions)
    small = _client(MlflowClient, os.path.join(directory, "mlflow-small.db"))
    if not small.search_registered_models():
        small.create_registered_model("scorer")
    experiment = small.get_experiment_by_name("bench")
    artifacts = os.path.join(directory, "mlflow-artifacts")
    experiment = experiment.experiment_id if experiment else small.create_experiment("bench", artifacts)
    print(json.dumps({"version": mlflow.__version__}), flush=True)
    for line in sys.stdin:
        word, *rest = json.loads(line)
        print(json.dumps(_WORK[word](big, small, experiment, *rest)), flush=True)


def _promote(big, _small, _experiment, number):
    return _timed(lambda: big.transition_model_version_stage(MODEL, number, "Production"))


def _alias(big, _small, _experiment, number):
    return _timed(lambda: big.set_registered_model_alias(MODEL, "champion", str(number)))


def _newest(big, _small, _experiment):
    return _timed(
        lambda: big.search_model_versions(f"name='{MODEL}'", max_results=100, order_by=["creation_timestamp DESC"])
    )


def _model(big, _small, _experiment):
    return _timed(lambda: big.get_registered_model(MODEL))


def _latest(big, _small, _experiment):
    return _timed(lambda: big.get_latest_versions(MODEL))


def _register(_big, small, experiment, path):
    run = small.create_run(experiment).info

    def register():
        small.log_artifact(run.run_id, path)
        small.create_model_version("scorer", f"{run.artifact_uri}/{os.path.basename(path)}", run.run_id)

    return _timed(register)


_WORK = {
    "promote": _promote,
    "alias": _alias,
    "newest": _newest,
    "model": _model,
    "latest": _latest,
    "register": _register,
}


def _timed(function):
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def _client(kind, path):
    return kind(f"sqlite:///{path}", f"sqlite:///{path}")


def _grown(kind, directory, versions):
    """Return a client of a registry of so many versions, half of them in one model; made once and kept."""
    path = os.path.join(directory, f"mlflow-{versions}.db")
    new = not os.path.exists(path)
    client = _client(kind, path + ".part" if new else path)
    if new:
        client.create_registered_model(MODEL)
        client.create_model_version(MODEL, "file:///nowhere")
        _fill(path + ".part", versions)
        os.rename(path + ".part", path)
        client = _client(kind, path)
    return client


def _fill(path, versions):
    """Copy the one version that MLflow wrote itself, with a tag, so many times."""
    connection = sqlite3.connect(path)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(model_versions)")]
    model = [row[1] for row in connection.execute("PRAGMA table_info(registered_models)")]
    first = dict(zip(columns, connection.execute("SELECT * FROM model_versions").fetchone(), strict=True))
    named = dict(zip(model, connection.execute("SELECT * FROM registered_models").fetchone(), strict=True))
    connection.execute("DELETE FROM model_versions")
    names = [f"team{n % 25}/model-{n}" for n in range(500)]
    _insert(connection, "registered_models", [named | {"name": name} for name in names])
    numbers = dict.fromkeys([MODEL, *names], 0)
    rows, tags = [], []
    for n in range(versions):
        name = MODEL if n % 2 == 0 else names[n // 2 % len(names)]
        numbers[name] += 1
        rows.append(first | {"name": name, "version": numbers[name], "source": f"file:///models/model-{n:06}.onnx"})
        tags.append({"key": "owner", "value": "risk", "name": name, "version": numbers[name]})
    _insert(connection, "model_versions", rows)
    _insert(connection, "model_version_tags", tags)
    connection.commit()
    connection.close()


def _insert(connection, table, rows):
    columns, marks = ", ".join(rows[0]), ", ".join(f":{name}" for name in rows[0])
    connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
