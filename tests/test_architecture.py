"""The house: arrows one way, one idea a module, nothing heavy on the way in, nothing private in the lock."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "modelkeep"
MODULES = sorted(SOURCE.rglob("*.py"))

# A module past 300 lines is usually two ideas; those that are one all the same stand here with the reason.
LONG_FOR_A_REASON = {
    "registry.py": "the one list of what the API can do, each method with its example",
    "store/db/tables.py": "the one definition of the schema",
    "cli/command_table.py": "the one list of commands, from which help, man pages and completion are made",
}

# What must not be loaded by `import modelkeep`: a training script imports it, and may never use it.
HEAVY = {
    "asyncio",
    "concurrent.futures",
    "jsonschema",
    "logging",
    "multiprocessing",
    "pathlib",
    "platformdirs",
    "pydantic",
    "rich",
    "sqlalchemy",
    "sqlite3",
    "sqlmodel",
    "subprocess",
    "tempfile",
    "tomllib",
    "typer",
    "urllib.request",
}


def _tracked() -> list[str]:
    """Return the files of the commit to be: what git tracks, or what an unpacked sdist has."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode or not listed.stdout:
        pytest.skip("not a git checkout")
    return listed.stdout.splitlines()


def _loaded_by(statement: str) -> set[str]:
    """Return the modules that a fresh interpreter holds after a statement, beyond what it starts with."""
    code = f"import sys; before = set(sys.modules)\n{statement}\nprint(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def _imported(path: Path) -> set[str]:
    """Return the modules that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
    return names


def test_imports_run_one_way():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_errors_import_nothing():
    assert _imported(SOURCE / "errors.py") <= {"__future__"}


@pytest.mark.parametrize("module", ["modelkeep.locate", "modelkeep.store.db.completion", "modelkeep.cli.main"])
def test_what_completion_runs_on_loads_next_to_nothing(module: str):
    # sqlite3 itself is the one thing completion cannot do without, and what that imports comes along
    loaded = _loaded_by(f"import sqlite3; before |= set(sys.modules); import {module}")
    ours = {name for name in loaded if name.startswith("modelkeep.")}
    assert ours <= {
        module,
        "modelkeep._version",
        "modelkeep.cli",
        "modelkeep.domain",
        "modelkeep.domain.dataset_names",
        "modelkeep.domain.hashing",
        "modelkeep.errors",
        "modelkeep.locate",
        "modelkeep.store",
        "modelkeep.store.db",
        "modelkeep.store.db.prefixes",
        "modelkeep.store.db.sql",
        "modelkeep.store.db.sql.shared",
        "modelkeep.store.db.completion",
        "modelkeep.store.db.sqlite",
        "modelkeep.store.db.sqlite.connection",
        "modelkeep.store.db.sqlite.light_connection",
        "modelkeep.store.db.sqlite.schema",
        "modelkeep.local_path",
        "modelkeep.owners",
        "modelkeep.userdirs",
    }
    assert loaded - ours <= {"modelkeep", "__future__", "_sha256", "_sha2"}  # of Python 3.11, and from 3.12 on


def test_the_clock_is_read_by_the_shell_only():
    for path in sorted((SOURCE / "domain").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in {"now", "utcnow", "today", "getenv", "urandom", "uuid4"}, path
                # without an argument it asks the machine for its zone
                assert node.func.attr != "astimezone" or node.args, path


def test_each_long_module_exists():
    assert [name for name in LONG_FOR_A_REASON if not (SOURCE / name).exists()] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_a_module_is_one_idea_and_names_it(path: Path):
    name = path.relative_to(SOURCE).as_posix()
    lines = path.read_text().count("\n")
    if name in LONG_FOR_A_REASON:
        assert lines > 300, f"{name} is short now: take it off LONG_FOR_A_REASON"
    else:
        assert lines <= 300, f"{name} has {lines} lines"
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert docstring, f"{name} does not say what it is"
    assert len(docstring.splitlines()[0]) > 10, name


def test_all_code_is_for_someone():
    empty = [str(path.relative_to(ROOT)) for path in MODULES if "NotImplementedError" in path.read_text()]
    assert empty == []


def test_import_modelkeep_is_light():
    loaded = _loaded_by("import modelkeep; modelkeep.__version__")
    assert {name for name in loaded if name in HEAVY} == set()
    assert {name for name in loaded if name.startswith("modelkeep.")} <= {"modelkeep._version"}


def test_the_version_is_in_one_place():
    code = "import modelkeep; print(modelkeep.__version__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+)?", done.stdout.strip())
    written = [path.name for path in MODULES if re.search(r"^__version__ *[:=]", path.read_text(), re.MULTILINE)]
    assert written == ["_version.py"]


@pytest.mark.parametrize("lock", ["lock-run.txt", "lock-test.txt", "lock-corpus.txt"])
def test_the_lock_pins_and_hashes_all_and_names_no_host(lock: str):
    lines = (ROOT / ".ci" / lock).read_text().splitlines()
    for line in lines[1:]:
        assert re.fullmatch(
            r"[a-z0-9-]+(\[[a-z,]+\])?==[0-9a-z.]+( ; [a-z_<>=!.'0-9 ]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?",
            line,
            re.IGNORECASE,
        ), line
    assert not re.search(r"://|@ |--index|--find-links|\.(org|com|io|net)\b", "\n".join(lines))


def test_the_lock_holds_typer_where_it_starts_fast_and_has_the_build_backend():
    text = (ROOT / ".ci" / "lock-run.txt").read_text()
    assert re.search(r"^typer==0\.28\.", text, re.MULTILINE)
    assert re.search(r"^hatchling==", text, re.MULTILINE)


def test_the_two_locks_agree():
    def pins(name: str) -> dict[str, str]:
        found = re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==(\S+)", (ROOT / ".ci" / name).read_text(), re.MULTILINE)
        return dict(found)

    run, test = pins("lock-run.txt"), pins("lock-test.txt")
    assert run.items() <= test.items()


def test_the_top_level_holds_what_the_plan_names():
    assert {name.split("/")[0] for name in _tracked()} <= {
        ".ci",
        ".github",
        ".gitignore",
        "CHANGELOG.md",
        "LICENSE",
        "Makefile",
        "README.md",
        "benchmarks",
        "docs",
        "man",
        "pyproject.toml",
        "src",
        "tests",
        "tools",
    }


def test_no_file_is_committed_that_is_made_here():
    made = re.compile(r"(^|/)(__pycache__|\.venv|\.modelkeep|dist|build)/|\.(pyc|egg-info|lock)$|\.coverage")
    # a registry of the first release is committed on purpose: every later one must open it
    assert [name for name in _tracked() if made.search(name) and not name.startswith("tests/fixtures/")] == []


def test_no_file_names_a_path_of_somebodys_machine():
    # spelled in two parts, or this file would find itself; ana is the user of all our examples
    private = re.compile("/home" + r"/(?!ana/)[a-z]+/|/root" + r"/\.|/work" + r"/(main|shared)|/tmp" + r"/plan")
    found = []
    for name in _tracked():
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".txt", ".yml", ".in", ""} and path.is_file():
            text = path.read_bytes().decode(errors="replace")
            found += [f"{name}: {match[0]}" for match in private.finditer(text)]
    assert found == []
