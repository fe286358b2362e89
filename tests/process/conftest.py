"""A small registry for the tests that run processes: two models, three versions, one in production."""

import shutil
from pathlib import Path

import pytest
from running import prepare

#: The packages that the tests run with are in nobody's lineage.
_BARE = ("--env", "none")


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory, modelkeep: Path) -> Path:
    """Return a home with a registry that one test session makes once; never change it, copy it."""
    home = tmp_path_factory.mktemp("kept")
    work = home / "work"
    work.mkdir()
    for number in (1, 2, 3):
        (work / f"model{number}.onnx").write_bytes(b"%d" % number * 1000)
    prepare(
        modelkeep,
        home,
        ["init"],
        ["register", "fraud", "model1.onnx", "--metric", "auc=0.907", "--label", "1.0", "--tag", "owner=risk", *_BARE],
        ["promote", "fraud@1", "production", "-m", "first"],
        ["register", "fraud", "model2.onnx", "--metric", "auc=0.914", "--data", "transactions@2026-02", *_BARE],
        ["register", "risk/churn", "model3.onnx", *_BARE],
    )
    return work


@pytest.fixture
def made(run, kept: Path) -> Path:
    """Return the directory in which commands run, with a copy of that registry and the three files."""
    shutil.copytree(kept, run.cwd, dirs_exist_ok=True)
    return run.cwd


@pytest.fixture
def started():
    """Return the list of processes to be ended and tidied up after, whatever happens."""
    processes = []
    yield processes
    for each in processes:
        if each.poll() is None:
            each.kill()
        each.communicate()
