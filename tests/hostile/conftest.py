"""A registry to be fed: one model with two versions, one of them a tree, copied for each input."""

import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def fed_from(tmp_path_factory: pytest.TempPathFactory, modelkeep: Path) -> Path:
    """Return a directory with a registry that one test session makes once; never change it, copy it."""
    home = tmp_path_factory.mktemp("fed")
    work = home / "work"
    work.mkdir()
    env = {
        "PATH": f"{modelkeep.parent}:/usr/bin:/bin", "HOME": str(home), "LC_ALL": "C.UTF-8", "TZ": "UTC",
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
    }  # fmt: skip
    (work / "m.bin").write_bytes(b"one")
    (work / "tree" / "sub").mkdir(parents=True)
    (work / "tree" / "a").write_bytes(b"a")
    (work / "tree" / "sub" / "b").write_bytes(b"b")
    for words in (
        ["init"],
        ["register", "fraud", "m.bin", "--stage", "production", "--code", "none", "--label", "1.0"],
        ["register", "fraud", "tree", "--code", "none", "--tag", "owner=risk", "--metric", "auc=0.9"],
    ):
        subprocess.run([modelkeep, *words], cwd=work, env=env, check=True, capture_output=True)
    return work


@pytest.fixture
def fed(run, fed_from: Path):
    """Return what runs the installed ``modelkeep`` in a directory with a copy of that registry and its files."""
    shutil.copytree(fed_from, run.cwd, dirs_exist_ok=True, symlinks=True)
    return run
