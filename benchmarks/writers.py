"""Many processes that write at once: ours through the API, beside plain SQLite and beside MLflow.

Plain SQLite executes the very statements that ours executed between BEGIN and COMMIT, prepared in the
same way, on a connection that stays open, with the same durability and behind the same lock. They are
recorded once, one process's changes after the other's, from a copy of the same registry; no process
touches another one's model, so they may come in any order.

A process of its own: ``python -m benchmarks.writers ours|plain PLACE NUMBER COUNT``.
"""

import json
import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from benchmarks.timing import Measured

PROCESSES, CHANGES = 32, 32
#: What is promised: the longest wait among a thousand writes.
LONGEST_SECONDS = 0.5
#: Words of what each change is, in turns.
TURNS = ("promote", "alias", "evaluate", "tag")


def measured(directory: str, mlflow: str | None, runs: int) -> Iterator[Measured]:
    """Yield the rows; ``mlflow`` is an interpreter that has MLflow."""
    home = os.path.join(directory, "writers")
    shutil.rmtree(home, ignore_errors=True)
    _prepare(home)
    what = f"{PROCESSES} processes, {CHANGES} changes each"
    count = PROCESSES * CHANGES
    pairs = []
    for run in range(runs):
        places = {kind: _copy(home, f"{kind}-{run}") for kind in ("plain", "ours")}
        plain, ours = (
            _together([_command(kind, place, number) for number in range(PROCESSES)]) for kind, place in places.items()
        )
        _check(places["ours"], count)
        pairs.append((ours, plain))
    (seconds, _), (base, _) = sorted(pairs, key=lambda pair: pair[1][0] / pair[0][0])[len(pairs) // 2]
    yield Measured(f"{what}: a change; beside plain SQLite", seconds, base, base / seconds, 0.7, faster=True)
    longest, others = (max(pair[kind][1] for pair in pairs) for kind in (0, 1))
    allowed = LONGEST_SECONDS * max(1, count / 1000)
    yield Measured(
        f"{what}: the longest wait (plain SQLite {others:.2f} s); beside what is promised",
        longest,
        allowed,
        longest / allowed,
        1,
        faster=False,
    )
    if mlflow is not None:
        script = os.path.join(os.path.dirname(__file__), "theirs_writing.py")
        database = os.path.join(home, "mlflow.db")
        subprocess.run([mlflow, script, database, "0", "1"], input="go\n", text=True, check=True, capture_output=True)
        commands = [[mlflow, script, database, str(number), str(CHANGES // 4)] for number in range(PROCESSES)]
        theirs, _ = _together(commands)
        yield Measured(f"{what}: a change; beside MLflow", seconds, theirs, theirs / seconds, 3, faster=True)


def _prepare(home: str) -> None:
    """Make a registry with a model for each process, and record what its changes are in SQL."""
    from modelkeep.registry import create_registry

    os.environ["XDG_STATE_HOME"] = os.path.join(home, "start", "state")
    registry, _ = create_registry(os.path.join(home, "start", "registry"))
    path = os.path.join(home, "model.bin")
    for number in range(PROCESSES):
        for version in (1, 2):
            with open(path, "w", encoding="ascii") as file:
                file.write(f"{number} {version}")
            registry.register(_model(number), path, code="none")
    with open(os.path.join(home, "start", "recorded"), "wb") as file:
        pickle.dump(_recorded(_copy(home, "recorded")), file)


def _recorded(place: str) -> list[list[list[tuple[str, object]]]]:
    """Return for each process the transactions of its changes, each a list of statements with their values."""
    said: list[tuple[str, object]] = []

    class Recording(sqlite3.Connection):
        def execute(self, statement, values=()):
            said.append((statement, values))
            return super().execute(statement, values)

        def executemany(self, statement, values):
            rows = list(values)
            said.extend((statement, row) for row in rows)
            return super().executemany(statement, rows)

    connect = sqlite3.connect
    sqlite3.connect = lambda *given, **more: connect(*given, **more, factory=Recording)
    try:
        registry = _opened(place)
        found = []
        for number in range(PROCESSES):
            transactions = []
            for turn in range(CHANGES):
                said.clear()
                _change(registry, number, turn)
                words = [statement for statement, _ in said]
                transactions.append(said[words.index("BEGIN IMMEDIATE") + 1 : words.index("COMMIT")])
            found.append(transactions)
        return found
    finally:
        sqlite3.connect = connect


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


def _opened(place: str):
    """Return the registry of a copy; what is remembered of it is kept beside it, for the copies have one id."""
    from modelkeep.registry import open_registry

    os.environ["XDG_STATE_HOME"] = os.path.join(place, "state")
    return open_registry(os.path.join(place, "registry"))


def _model(number: int) -> str:
    return f"model-{number}"


def _copy(home: str, name: str) -> str:
    return shutil.copytree(os.path.join(home, "start"), os.path.join(home, name))


def _command(kind: str, place: str, number: int) -> list[str]:
    return [sys.executable, "-m", "benchmarks.writers", kind, place, str(number), str(CHANGES)]


def _together(commands: Sequence[Sequence[str]]) -> tuple[float, float]:
    """Run processes that begin at one word; return the seconds a change took all in all, and the longest one."""
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
    """Nothing is lost, nothing twice: the log has every change, and its tables are what it makes of them."""
    found = _opened(place).verify()
    if not found.ok or found.entries != 1 + 2 * PROCESSES + changes:
        sys.exit(f"{place}: {found.entries} entries, {found.findings[:3]}")


def _write(kind: str, place: str, number: int, count: int) -> None:
    """Wait for the word, make the changes, tell how long each took."""
    make = (_ours if kind == "ours" else _plain)(place, number)
    print("ready", flush=True)
    sys.stdin.readline()
    begin = time.monotonic()
    took = []
    for turn in range(count):
        started = time.monotonic()
        make(turn)
        took.append(time.monotonic() - started)
    print(json.dumps({"begin": begin, "end": time.monotonic(), "took": took}))


def _ours(place: str, number: int):
    from modelkeep.changes import annotate, stages  # noqa: F401  loaded before the word is given

    registry = _opened(place)
    registry.promote(f"{_model(number)}@1", "production", dry_run=True)
    return lambda turn: _change(registry, number, turn)


def _plain(place: str, number: int):
    import fcntl

    with open(os.path.join(place, "recorded"), "rb") as file:
        transactions = pickle.load(file)[number]
    connection = sqlite3.connect(os.path.join(place, "registry", "registry.db"), isolation_level=None, timeout=30)
    for pragma in ("foreign_keys = ON", "recursive_triggers = ON", "journal_mode = DELETE", "synchronous = EXTRA"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("SELECT count(*) FROM entry").fetchone()
    lock = os.path.join(place, "registry", "registry.lock")

    def make(turn: int) -> None:
        descriptor = os.open(lock, os.O_RDWR)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        connection.execute("BEGIN IMMEDIATE")
        for statement, values in transactions[turn]:
            connection.execute(statement, values).fetchall()
        connection.execute("COMMIT")
        os.close(descriptor)

    return make


if __name__ == "__main__":
    _write(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
