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
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="The speed table, side by side.")
    parser.add_argument("--versions", type=int, default=100_000, help="in the big registry")
    parser.add_argument("--small", type=int, default=100, help="versions in the small one")
    parser.add_argument("--runs", type=int, default=11, help="pairs of runs; their medians count")
    parser.add_argument("--dir", default=os.path.join(tempfile.gettempdir(), "modelkeep-bench"), help="what is kept")
    parser.add_argument("--mlflow", default=sys.executable, metavar="PYTHON", help="an interpreter that has MLflow")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help="parts of the table")
    parser.add_argument("--mib", type=int, default=1024, help="how big the one big file is")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    given = parser.parse_args()
    directory = os.path.abspath(given.dir)
    _prepare(directory)

    from benchmarks import bytes, checking, grow, growth, inside, programs, writers  # noqa: A004 - what is measured

    print(f"registries in {directory}", file=sys.stderr)
    home = os.path.join(directory, "home")
    lines = ["| work | ours | theirs | ratio | promised | kept |", "|---|---|---|---|---|---|"]
    print(*lines, sep="\n", flush=True)
    kept = True

    def tell(rows) -> None:
        nonlocal kept
        for found in rows:
            lines.append(found.row())
            print(lines[-1], flush=True)
            kept = kept and found.ok

    def sizes(*versions: int):
        return {f"{size:,} versions": grow.registry_of(size, directory) for size in versions}

    beside = "without MLflow"
    if "programs" in given.only:
        tell(programs.measured(sizes(given.versions, given.small), home, given.runs))
    if "log" in given.only:
        tell(checking.measured(sizes(GROWTH[0], given.versions), home, max(1, given.runs // 4)))
    mlflow = None
    if {"api", "bytes", "writers"} & {*given.only}:
        mlflow = inside.Mlflow(given.mlflow, directory, given.versions)
        if mlflow.version is None:
            print(f"MLflow is not beside us: {given.mlflow} -m pip install 'modelkeep[bench]'", file=sys.stderr)
            print("or name an interpreter that has it: python -m benchmarks --mlflow PYTHON", file=sys.stderr)
        else:
            beside = f"MLflow {mlflow.version}"
    has_mlflow = mlflow is not None and mlflow.version is not None
    if "api" in given.only and has_mlflow:
        tell(inside.measured(grow.registry_of(given.versions, directory), mlflow, given.versions, given.runs))
    if "bytes" in given.only:
        tell(bytes.measured(directory, home, given.runs, given.mlflow, mlflow, given.mib * bytes.MIB))
    if mlflow is not None:
        mlflow.close()
    if "writers" in given.only:
        tell(writers.measured(directory, given.mlflow if has_mlflow else None, max(1, given.runs // 4)))
    if "growth" in given.only:
        tell(growth.measured(sizes(*GROWTH), home, given.runs))
    print(_machine(beside))
    if given.write:
        _write([*lines, "", _machine(beside)])
    return 0 if kept else 1


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
