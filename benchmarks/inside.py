"""The Python API beside MLflow's client on SQLite, with the same rows and the same work."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from benchmarks.grow import MODEL
from benchmarks.timing import Measured, Timed, beside, call
from modelkeep.registry import Registry, create_registry

MEGABYTE = 1_000_000


class Mlflow:
    """A process that runs MLflow's client; ``version`` is None where the interpreter has no MLflow."""

    def __init__(self, python: str, directory: str, versions: int) -> None:
        self.version: str | None = None
        if subprocess.run([python, "-c", "import mlflow"], capture_output=True, check=False).returncode:
            return
        script = os.path.join(os.path.dirname(__file__), "theirs.py")
        environ = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
        self._process = subprocess.Popen(
            [python, script, directory, str(versions)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environ,
            text=True,
        )
        self.version = json.loads(self._process.stdout.readline() or "{}").get("version")
        if self.version is None:
            sys.exit(f"{python} has MLflow, but it does not start: {python} {script} {directory} {versions}")

    def ask(self, *words: object) -> float:
        """Return the seconds that a piece of work took in that process."""
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        return float(json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End the process."""
        if self.version is not None:
            self._process.stdin.close()
            self._process.wait()


def measured(registry: Registry, mlflow: Mlflow, versions: int, runs: int) -> Iterator[Measured]:
    """Yield work on one large model, then the registration of a megabyte."""
    numbers = _Numbers(registry)
    where = f"{versions // 2:,} versions in one model of {versions:,}"

    def row(work: str, ours: Timed, theirs: Timed, bound: float) -> Measured:
        return beside(f"{work}, {where}", ours, theirs, bound=bound, faster=True, runs=runs)

    yield row(
        "promote",
        call(lambda: registry.promote(f"{MODEL}@{numbers.next()}", "production")),
        lambda: mlflow.ask("promote", numbers.next()),
        100,
    )
    yield row(
        "set an alias",
        call(lambda: registry.alias(f"{MODEL}@{numbers.next()}", "champion")),
        lambda: mlflow.ask("alias", numbers.next()),
        100,
    )
    newest, model = call(lambda: registry.versions(MODEL, limit=100)), call(lambda: registry.model(MODEL))
    latest = call(lambda: registry.resolve(f"{MODEL}@latest"))
    yield row("newest 100 versions", newest, lambda: mlflow.ask("newest"), 10)
    yield row("the model by name", model, lambda: mlflow.ask("model"), 100)
    yield row("latest version", latest, lambda: mlflow.ask("latest"), 100)
    yield _register(mlflow, runs)


class _Numbers:
    """Version numbers, another one at each call: a change that changes nothing would be too easy."""

    def __init__(self, registry: Registry) -> None:
        self._number = registry.resolve(f"{MODEL}@latest").version

    def next(self) -> int:
        self._number -= 1
        return self._number


def _register(mlflow: Mlflow, runs: int) -> Measured:
    """Register files of a megabyte, no two alike; with modelkeep each is durable when the call returns."""
    with tempfile.TemporaryDirectory() as directory:
        registry, _ = create_registry(os.path.join(directory, "registry"))
        path = os.path.join(directory, "model.bin")

        def fresh() -> str:
            with open(path, "wb") as file:
                file.write(os.urandom(MEGABYTE))
            return path

        def ours() -> float:
            fresh()
            return call(lambda: registry.register("scorer", path, metrics={"auc": 0.9}))()

        return beside(
            "register 1 MB through the API",
            ours,
            lambda: mlflow.ask("register", fresh()),
            bound=1,
            faster=True,
            runs=runs,
        )
