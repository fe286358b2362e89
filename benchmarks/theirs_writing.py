"""One of many processes that write to MLflow's registry: ``python theirs_writing.py DATABASE NUMBER COUNT``.

Run by an interpreter that has MLflow; it begins at a line of input and prints how long each change took.
"""

import contextlib
import json
import logging
import sys
import time
import warnings


def main(database, number, count):
    """Create versions of one model, which is the change that costs MLflow least."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    client = MlflowClient(f"sqlite:///{database}", f"sqlite:///{database}")
    model = f"model-{number}"
    with contextlib.suppress(MlflowException):  # it is there from a run before
        client.create_registered_model(model)
    print("ready", flush=True)
    sys.stdin.readline()
    begin = time.monotonic()
    took = []
    for _ in range(count):
        started = time.monotonic()
        client.create_model_version(model, "file:///nowhere")
        took.append(time.monotonic() - started)
    print(json.dumps({"begin": begin, "end": time.monotonic(), "took": took}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
