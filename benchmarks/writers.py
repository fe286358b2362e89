"""Many processes that write at once through the API, beside MLflow: the rate, the longest wait, and nothing lost.

A process of its own: ``python -m benchmarks.writers PLACE NUMBER COUNT``.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from benchmarks.timing import Measured

PROCESSES, CHANGES = 32, 32
#: The promised longest wait, for every thousand writes.
LONGEST_SECONDS = 0.5
#: The kinds of changes, in turns.
TURNS = ("promote", "alias", "evaluate", "tag")


def measured(directory: str, mlflow: str | None, runs: int) -> Iterator[Measured]:
    """Yield the rows; ``mlflow`` is an interpreter that has MLflow."""
    home = os.path.join(directory, "writers")
    shutil.rmtree(home, ignore_errors=True)
    _prepare(home)
    count = PROCESSES * CHANGES
    found = []
    for run in range(runs):
        place = shutil.copytree(os.path.join(home, "start"), os.path.join(home, f"run-{run}"))
        found.append(_together([_command(place, number) for number in range(PROCESSES)]))
        _check(place, count)
    seconds, _ = sorted(found)[len(found) // 2]
    work = f"{PROCESSES} processes, {CHANGES} changes each"
    longest, allowed = max(wait for _, wait in found), LONGEST_SECONDS * max(1, count / 1000)
    yield Measured(
        f"{work}: the longest wait; beside what is promised", longest, allowed, longest / allowed, 1, faster=False
    )
    if mlflow is not None:
        theirs = _mlflow(mlflow, os.path.join(home, "mlflow.db"))
        yield Measured(f"{work}: a change; beside MLflow", seconds, theirs, theirs / seconds, 3, faster=True)


def _prepare(home: str) -> None:
    """Make a registry with a model of two versions for each process."""
    registry = _opened(os.path.join(home, "start"), create=True)
    path = os.path.join(home, "model.bin")
    for number in range(PROCESSES):
        for version in (1, 2):
            with open(path, "w", encoding="ascii") as file:
                file.write(f"{number} {version}")
            registry.register(_model(number), path, code="none")


def _mlflow(python: str, database: str) -> float:
    """Return the seconds of a change with MLflow, which makes a quarter of the changes."""
    script = os.path.join(os.path.dirname(__file__), "theirs_writing.py")
    subprocess.run([python, script, database, "0", "1"], input="go\n", text=True, check=True, capture_output=True)
    commands = [[python, script, database, str(number), str(CHANGES // 4)] for number in range(PROCESSES)]
    return _together(commands)[0]


def _change(registry, number: int, turn: int) -> None:
    ref = f"{_model(number)}@{turn // len(TURNS) % 2 + 1}"
    match TURNS[turn % len(TURNS)]:
        case "promote":
            registry.promote(ref, "production")
        case "alias":
            registry.alias(ref, "champion")
        case "evaluate":
            registry.evaluate(ref, {"auc": f"0.9{turn:03}"})
        case _:
            registry.tag(ref, {"owner": f"team {turn}"})


def _opened(place: str, *, create: bool = False):
    """Return the registry of a place. Its last head is remembered in the same place, for the copies have one id."""
    from modelkeep.registry import create_registry, open_registry

    os.environ["XDG_STATE_HOME"] = os.path.join(place, "state")
    directory = os.path.join(place, "registry")
    return create_registry(directory)[0] if create else open_registry(directory)


def _model(number: int) -> str:
    return f"model-{number}"


def _command(place: str, number: int) -> list[str]:
    return [sys.executable, "-m", "benchmarks.writers", place, str(number), str(CHANGES)]


def _together(commands: Sequence[Sequence[str]]) -> tuple[float, float]:
    """Run processes that begin at one word; return the seconds for each change, and the longest single one."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    environ = {**os.environ, "PYTHONPATH": root}
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ)
        for command in commands
    ]
    for each in started:
        if each.stdout.readline() != "ready\n":
            sys.exit(f"{' '.join(commands[0])}: it did not begin")
    for each in started:
        each.stdin.write("go\n")
        each.stdin.flush()
    answers = [json.loads(each.communicate()[0]) for each in started]
    if any(each.returncode for each in started):
        sys.exit("a writer failed")
    whole = max(answer["end"] for answer in answers) - min(answer["begin"] for answer in answers)
    return whole / sum(len(answer["took"]) for answer in answers), max(max(answer["took"]) for answer in answers)


def _check(place: str, changes: int) -> None:
    """Exit unless the log holds every change once and its tables follow from it."""
    found = _opened(place).verify()
    if not found.ok or found.entries != 1 + 2 * PROCESSES + changes:
        sys.exit(f"{place}: {found.entries} entries, {found.findings[:3]}")


def _write(place: str, number: int, count: int) -> None:
    """Wait for the word, make the changes, and print how long each took."""
    registry = _opened(place)
    registry.promote(f"{_model(number)}@1", "production", dry_run=True)  # loads the modules
    print("ready", flush=True)
    sys.stdin.readline()
    begin = time.monotonic()
    took = []
    for turn in range(count):
        started = time.monotonic()
        _change(registry, number, turn)
        took.append(time.monotonic() - started)
    print(json.dumps({"begin": begin, "end": time.monotonic(), "took": took}))


if __name__ == "__main__":
    _write(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
