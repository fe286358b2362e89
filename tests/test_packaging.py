"""What is built: the wheel has all that a user needs and nothing else, the sdist builds the same wheel."""

import email
import email.message
import hashlib
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def metadata(wheel: Path, names: set[str]) -> email.message.Message:
    with zipfile.ZipFile(wheel) as archive:
        path = next(name for name in names if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(path))


def _built(what: str, source: Path, destination: Path) -> Path:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", what, "-d", str(destination)],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return next(destination.iterdir())


def test_the_wheel_holds_every_file_of_the_package(names: set[str]):
    source = ROOT / "src"
    wanted = {
        path.relative_to(source).as_posix()
        for path in (source / "modelkeep").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted <= names
    assert {"modelkeep/py.typed", "modelkeep/errors.py"} <= names
    assert any(name.startswith("modelkeep/store/db/migrations/") and name.endswith(".sql") for name in names)
    assert any(name.startswith("modelkeep/schemas/") and name.endswith(".json") for name in names)


def test_the_wheel_holds_nothing_else(names: set[str]):
    assert {name.split("/")[0].split("-")[0] for name in names} == {"modelkeep"}
    assert not [name for name in names if "__pycache__" in name or "test" in name.split("/")]


def test_the_wheel_puts_completion_and_manual_where_the_shell_looks(names: set[str]):
    shared = {name.split("/", 1)[1] for name in names if ".data/data/" in name}
    assert "data/share/bash-completion/completions/modelkeep" in shared
    assert "data/share/zsh/site-functions/_modelkeep" in shared
    assert "data/share/fish/vendor_completions.d/modelkeep.fish" in shared
    assert {"data/share/man/man1/modelkeep.1", "data/share/man/man7/modelkeep-references.7"} <= shared


def test_the_metadata_says_who_can_use_it(metadata: email.message.Message):
    assert metadata["Name"] == "modelkeep"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert set(metadata.get_all("Provides-Extra", [])) == {"bench", "corpus", "dev", "test"}


def test_what_is_needed_to_run_has_a_lower_bound_and_no_cap(metadata: email.message.Message):
    needed = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert sorted(line.split(">=")[0] for line in needed) == [
        "markdown-it-py",
        "msgspec",
        "packaging",
        "platformdirs",
        "pyyaml",
        "rich",
        "sqlalchemy",
        "sqlmodel",
        "tomli-w",
        "typer",
        "typing-extensions",
    ]
    assert not [line for line in needed if "<" in line or "==" in line or "~" in line]


def test_the_license_is_whole(wheel: Path, names: set[str]):
    path = next(name for name in names if name.endswith("licenses/LICENSE"))
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(path).decode()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


@pytest.mark.slow
def test_the_sdist_builds_the_same_wheel(wheel: Path, tmp_path: Path):
    sdist = _built("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        # Debian's 3.11 is older than the filter, 3.12 warns without it
        archive.extractall(tmp_path, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    unpacked = next(path for path in tmp_path.glob("modelkeep-*") if path.is_dir())
    assert {"LICENSE", "Makefile", "README.md", "src", "tests", "tools"} <= {path.name for path in unpacked.iterdir()}
    again = _built("wheel", unpacked, tmp_path / "wheel")
    assert hashlib.sha256(again.read_bytes()).hexdigest() == hashlib.sha256(wheel.read_bytes()).hexdigest()


@pytest.mark.process
def test_python_m_modelkeep_is_the_console_script(run, modelkeep: Path):
    python = modelkeep.with_name("python")
    as_module = subprocess.run(
        [python, "-m", "modelkeep", "--version"], capture_output=True, text=True, check=False, env=run.env, cwd=run.cwd
    )
    as_script = run("--version")
    assert (as_module.stdout, as_module.returncode) == (as_script.stdout, 0)
    assert as_script.exit_code == 0


@pytest.mark.process
def test_the_version_of_the_script_is_that_of_the_metadata(run, metadata: email.message.Message):
    assert run("--version").stdout.strip().split()[-1] == metadata["Version"]
