"""A registry to be fed: one model with two versions, one of them a tree, copied for each input. And directories of two accounts."""

import os
import shutil
from pathlib import Path

import pytest
from people import UIDS
from running import prepare


@pytest.fixture(scope="session")
def fed_from(tmp_path_factory: pytest.TempPathFactory, modelkeep: Path) -> Path:
    """Return a directory with a registry that one test session makes once; never change it, copy it."""
    home = tmp_path_factory.mktemp("fed")
    work = home / "work"
    work.mkdir()
    (work / "m.bin").write_bytes(b"one")
    (work / "tree" / "sub").mkdir(parents=True)
    (work / "tree" / "a").write_bytes(b"a")
    (work / "tree" / "sub" / "b").write_bytes(b"b")
    prepare(
        modelkeep,
        home,
        ["init"],
        ["register", "fraud", "m.bin", "--stage", "production", "--code", "none", "--label", "1.0"],
        ["register", "fraud", "tree", "--code", "none", "--tag", "owner=risk", "--metric", "auc=0.9"],
    )
    return work


@pytest.fixture
def fed(run, fed_from: Path):
    """Return what runs the installed ``modelkeep`` in a directory with a copy of that registry and its files."""
    shutil.copytree(fed_from, run.cwd, dirs_exist_ok=True, symlinks=True)
    return run


@pytest.fixture
def ottos(tmp_path: Path) -> Path:
    """Return a directory of otto's."""
    place = tmp_path / "ottos"
    place.mkdir(mode=0o755)
    os.chown(place, UIDS["otto"], UIDS["otto"])
    return place


@pytest.fixture
def roots(tmp_path: Path) -> Path:
    """Return an empty directory of root's."""
    place = tmp_path / "roots"
    place.mkdir(mode=0o755)
    return place
