"""A registry in memory for the questions to be asked of."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))


@pytest.fixture
def history():
    """Return a new registry with the stages staging and production."""
    from history import History

    return History()


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Return a new registry, where its user stands in the directory with his files."""
    from world import World

    world = World(tmp_path)
    monkeypatch.chdir(world.work)
    return world


@pytest.fixture
def r(world):
    """Return the registry of the world that a module's tests begin in."""
    return world.registry
