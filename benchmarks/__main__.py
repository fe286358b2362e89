"""Print the speed table: ``python -m benchmarks [--only PART…] [--versions N] [--runs N] [--mlflow PYTHON] [--write]``.

The first run makes the registries and keeps them in ``--dir``: that of a million versions, which only
``growth`` needs, takes a quarter of an hour and 4.2 GB.
"""

import argparse
import compileall
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
from importlib.metadata import version

HERE = os.path.dirname(os.path.abspath(__file__))
PARTS = ("programs", "api", "log", "bytes", "writers", "growth")
GROWTH = (10_000, 100_000, 1_000_000)
START, END = "<!-- the table: make bench ARGS=--write -->\n", "<!-- end of the table -->\n"


def main() -> int:
    """Measure, print, and answer 1 where a promise is not kept."""
    given = _given()
    directory = os.path.abspath(given.dir)
    _prepare(directory)

    print(f"registries in {directory}", file=sys.stderr)
    lines = ["| work | ours | theirs | ratio | promised | kept |", "|---|---|---|---|---|---|"]
    print(*lines, sep="\n", flush=True)
    kept = True
    mlflow = _mlflow(given, directory)
    for part in (each for each in PARTS if each in given.only):
        for found in _measured(part, given, directory, mlflow):
            lines.append(found.row())
            print(lines[-1], flush=True)
            kept = kept and found.ok
    beside = "without MLflow" if mlflow is None else f"MLflow {mlflow.version}"
    if mlflow is not None:
        mlflow.close()
    print(_machine(beside))
    if given.write:
        _write([*lines, "", _machine(beside)])
    return 0 if kept else 1


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="The speed table, side by side.")
    parser.add_argument("--versions", type=int, default=100_000, help="in the big registry")
    parser.add_argument("--small", type=int, default=100, help="versions in the small one")
    parser.add_argument("--runs", type=int, default=11, help="pairs of runs; their medians count")
    parser.add_argument("--dir", default=os.path.join(tempfile.gettempdir(), "modelkeep-bench"), help="what is kept")
    parser.add_argument("--mlflow", default=sys.executable, metavar="PYTHON", help="an interpreter that has MLflow")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help="parts of the table")
    parser.add_argument("--mib", type=int, default=1024, help="how big the one big file is")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    return parser.parse_args()


def _mlflow(given: argparse.Namespace, directory: str):
    """Return MLflow with the same rows, where a part asks for it and the interpreter has it."""
    from benchmarks import inside

    if not {"api", "bytes", "writers"} & {*given.only}:
        return None
    found = inside.Mlflow(given.mlflow, directory, given.versions)
    if found.version is not None:
        return found
    found.close()
    print(f"MLflow is not beside us: {given.mlflow} -m pip install 'modelkeep[bench]'", file=sys.stderr)
    print("or name an interpreter that has it: python -m benchmarks --mlflow PYTHON", file=sys.stderr)
    return None


def _measured(part: str, given: argparse.Namespace, directory: str, mlflow):
    """Yield the rows of one part of the table."""
    from benchmarks import bytes, checking, grow, growth, inside, programs, writers  # noqa: A004 - what is measured

    home = os.path.join(directory, "home")
    few = max(1, given.runs // 4)

    def sizes(*versions: int):
        return {f"{size:,} versions": grow.registry_of(size, directory) for size in versions}

    match part:
        case "programs":
            yield from programs.measured(sizes(given.versions, given.small), home, given.runs)
        case "api" if mlflow is not None:
            big = grow.registry_of(given.versions, directory)
            yield from inside.measured(big, mlflow, given.versions, given.runs)
        case "log":
            yield from checking.measured(sizes(GROWTH[0], given.versions), home, few)
        case "bytes":
            yield from bytes.measured(directory, home, given.runs, given.mlflow, mlflow, given.mib * bytes.MIB)
        case "writers":
            yield from writers.measured(directory, None if mlflow is None else given.mlflow, few)
        case "growth":
            yield from growth.measured(sizes(*GROWTH), home, given.runs)


def _prepare(directory: str) -> None:
    """Compile what will be timed, and keep what we remember of registries out of the user's home."""
    import typer

    import modelkeep

    home = os.path.join(directory, "home")
    os.makedirs(home, exist_ok=True)
    with open(os.path.join(home, ".gitconfig"), "w", encoding="ascii") as file:
        file.write("[user]\n\temail = ana@example.com\n")  # as anybody's has
    for name in [name for name in os.environ if name.startswith(("XDG_", "MODELKEEP_", "PYTHONDONTWRITE"))]:
        del os.environ[name]
    os.environ["HOME"] = home
    os.chdir(home)
    for package in (modelkeep, typer):
        compileall.compile_dir(os.path.dirname(package.__file__), quiet=2)


def _machine(beside: str) -> str:
    """Return what was measured on."""
    model = platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            named = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
        model = named[0] if named else model
    kind = subprocess.run(["df", "--output=fstype", "."], capture_output=True, text=True, check=False).stdout.split()
    return (
        f"Medians on {os.cpu_count()} cores ({model}), {platform.system()}{', ' + kind[-1] if kind else ''}: "
        f"modelkeep {version('modelkeep')}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"Typer {version('typer')}, {beside}. The load average of five minutes was {os.getloadavg()[1]:.1f}."
    )


def _write(lines: list[str]) -> None:
    path = os.path.join(HERE, "README.md")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    before, _, rest = text.partition(START)
    after = rest.partition(END)[2]
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + START + "\n".join(lines) + "\n" + END + after)


if __name__ == "__main__":
    sys.exit(main())
