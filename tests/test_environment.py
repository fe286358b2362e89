"""How a checkout becomes something that runs: the Makefile, the script that makes .venv, the script of CI."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ENV = ROOT / ".ci" / "env.py"


def _made(python: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([python, str(ENV), "test"], capture_output=True, text=True, check=False, timeout=300)


def test_an_environment_that_is_up_to_date_is_left_alone():
    if not (ROOT / ".venv" / ".installed-test").exists():
        pytest.skip("the tests do not run in the checkout's own .venv")
    done = _made(sys._base_executable)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_environment_is_not_made_from_inside_itself():
    inside = ROOT / ".venv" / "bin" / "python"
    if not inside.exists():
        pytest.skip("the tests do not run in the checkout's own .venv")
    done = _made(str(inside))
    assert done.returncode == 2
    assert "cannot make itself: deactivate it" in done.stderr


def test_what_makes_the_environment_needs_nothing_but_python():
    names = re.findall(r"^\s*(?:import|from) (\w+)", ENV.read_text(), re.MULTILINE)
    assert set(names) <= sys.stdlib_module_names


@pytest.mark.parametrize("target", ["demo", "test", "quick", "check", "docs", "bench"])
def test_make_knows_the_target(target: str):
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert ".ci/env.py" in done.stdout


def test_ci_runs_the_test_command_of_the_readme():
    assert "\nmake test\n" in (ROOT / ".ci" / "run").read_text()
    assert "make test" in (ROOT / "README.md").read_text()
    assert "make demo" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("script", ["run", "lock"])
def test_the_scripts_are_well_formed(script: str):
    done = subprocess.run(["bash", "-n", str(ROOT / ".ci" / script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
