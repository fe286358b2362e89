"""Print the table of speeds: ``python -m benchmarks [--only PART…] [--versions N] [--runs N] [--mlflow PYTHON] [--write]``.

The first run makes the registries and keeps them in ``--dir``. The one of a million versions, which only
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
    """Measure and print; return 1 where a promise is not kept."""
    options = _options()
    directory = os.path.abspath(options.dir)
    _prepare(directory)

    print(f"registries in {directory}", file=sys.stderr)
    lines = ["| work | ours | theirs | ratio | promised | kept |", "|---|---|---|---|---|---|"]
    print(*lines, sep="\n", flush=True)
    kept = True
    mlflow = _mlflow(options, directory)
    for part in (each for each in PARTS if each in options.only):
        for found in _measured(part, options, directory, mlflow):
            lines.append(found.row())
            print(lines[-1], flush=True)
            kept = kept and found.ok
    beside = "without MLflow" if mlflow is None else f"MLflow {mlflow.version}"
    if mlflow is not None:
        mlflow.close()
    print(_machine(beside))
    if options.write:
        _write([*lines, "", _machine(beside)])
    return 0 if kept else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="The table of speeds, each beside another program."
    )
    parser.add_argument("--versions", type=int, default=100_000, help="versions in the large registry")
    parser.add_argument("--small", type=int, default=100, help="versions in the small registry")
    parser.add_argument("--runs", type=int, default=11, help="pairs of runs, of which the median counts")
    parser.add_argument(
        "--dir", default=os.path.join(tempfile.gettempdir(), "modelkeep-bench"), help="where the registries are kept"
    )
    parser.add_argument("--mlflow", default=sys.executable, metavar="PYTHON", help="an interpreter that has MLflow")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help="parts of the table")
    parser.add_argument("--mib", type=int, default=1024, help="size of the large file")
    parser.add_argument("--write", action="store_true", help="write the table into benchmarks/README.md")
    return parser.parse_args()


def _mlflow(options: argparse.Namespace, directory: str):
    """Return MLflow with the same rows, where a part needs it and the interpreter has it."""
    from benchmarks import inside

    if not {"api", "bytes", "writers"} & {*options.only}:
        return None
    found = inside.Mlflow(options.mlflow, directory, options.versions)
    if found.version is not None:
        return found
    found.close()
    print(f"there is no MLflow to compare with: {options.mlflow} -m pip install 'modelkeep[bench]'", file=sys.stderr)
    print("or name an interpreter that has it: python -m benchmarks --mlflow PYTHON", file=sys.stderr)
    return None


def _measured(part: str, options: argparse.Namespace, directory: str, mlflow):
    """Yield the rows of one part of the table."""
    from benchmarks import bytes, checking, grow, growth, inside, programs, writers  # noqa: A004 - what is measured

    home = os.path.join(directory, "home")
    few = max(1, options.runs // 4)

    def sizes(*versions: int):
        return {f"{size:,} versions": grow.registry_of(size, directory) for size in versions}

    match part:
        case "programs":
            yield from programs.measured(sizes(options.versions, options.small), home, options.runs)
        case "api" if mlflow is not None:
            big = grow.registry_of(options.versions, directory)
            yield from inside.measured(big, mlflow, options.versions, options.runs)
        case "log":
            yield from checking.measured(sizes(GROWTH[0], options.versions), home, few)
        case "bytes":
            yield from bytes.measured(directory, home, options.runs, options.mlflow, mlflow, options.mib * bytes.MIB)
        case "writers":
            yield from writers.measured(directory, None if mlflow is None else options.mlflow, few)
        case "growth":
            yield from growth.measured(sizes(*GROWTH), home, options.runs)


def _prepare(directory: str) -> None:
    """Compile what will be timed, and use a home directory of our own, not the user's."""
    import typer

    import modelkeep

    home = os.path.join(directory, "home")
    os.makedirs(home, exist_ok=True)
    with open(os.path.join(home, ".gitconfig"), "w", encoding="ascii") as file:
        file.write("[user]\n\temail = ana@example.com\n")  # as most have
    for name in [name for name in os.environ if name.startswith(("XDG_", "MODELKEEP_", "PYTHONDONTWRITE"))]:
        del os.environ[name]
    os.environ["HOME"] = home
    os.chdir(home)
    for package in (modelkeep, typer):
        compileall.compile_dir(os.path.dirname(package.__file__), quiet=2)


def _machine(beside: str) -> str:
    """Return a sentence about the machine and the programs."""
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
