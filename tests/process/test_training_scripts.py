"""The training scripts of the documents: each registers in one line, and what made the version is recorded by itself."""

import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from modelkeep import open_registry

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parent.parent.parent
#: The scripts by what they need.
SCRIPTS = {
    needs: script
    for script, needs in re.findall(
        r"```py\n(# needs: ([^\n]*)\n.*?)```", (ROOT / "docs" / "provenance.md").read_text(), re.DOTALL
    )
}
(README_SCRIPT,) = re.findall(r"```python\n(# train\.py\n.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
MODULES = {"scikit-learn": "sklearn", "torch": "torch", "keras": "keras"}
#: PyTorch is too large to be installed for a test: its script runs where it is there.
RUN = [each for each, module in MODULES.items() if each != "torch" or find_spec(module)]
#: What Keras trains with, all of them large: without them its script runs on NumPy, and learns nothing.
KERAS_BACKEND = next((each for each in ("jax", "torch", "tensorflow") if find_spec(each)), None)
ON_NUMPY = ROOT / "tests" / "support" / "keras_on_numpy.py"


def git(place, *words):
    identity = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *words], cwd=place, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def registered_by(run, script, *before):
    """Return the version that a script registers, which runs from a git work tree as a job of GitHub."""
    run("init")
    git(run.cwd, "init", "-q", "-b", "main")
    (run.cwd / "train.py").write_text(script)
    git(run.cwd, "add", "train.py")
    git(run.cwd, "commit", "-q", "-m", "begin")
    environ = {**run.env, "GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "octo", "KERAS_BACKEND": KERAS_BACKEND or "numpy"}
    python = run.script.with_name("python")
    done = subprocess.run(
        [python, *before, "train.py"], cwd=run.cwd, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    registry = open_registry(run.cwd / ".modelkeep")
    (model,) = registry.models()
    return registry.version(f"{model.name}@1")


def test_the_script_of_the_readme_is_all_that_it_takes(run):
    version = registered_by(run, README_SCRIPT)
    assert (version.code.commit, version.code.dirty) == (git(run.cwd, "rev-parse", "HEAD"), False)
    assert {"modelkeep", "msgspec"} <= version.environment.packages.keys()
    assert (version.ci.system, version.ci.actor, version.trained.seeds) == ("github", "octo", ("42",))
    assert version.missing == ("licence",)


@pytest.mark.slow  # what a library takes to load
@pytest.mark.parametrize("needs", RUN)
def test_a_script_of_a_library_is_all_that_it_takes(run, needs):
    if find_spec(MODULES[needs]) is None:
        pytest.skip(f"needs pip install {needs}")
    version = registered_by(run, SCRIPTS[needs], *([ON_NUMPY] if needs == "keras" and KERAS_BACKEND is None else ()))
    assert version.missing == ("licence",)
    assert needs in version.environment.packages
    assert version.trained.seeds == ("42",)


def test_each_library_has_its_script():
    assert SCRIPTS.keys() == MODULES.keys()
