"""A registry in memory for the questions to be asked of."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "support"))


@pytest.fixture
def history():
    """Return a new registry with the stages staging and production."""
    from history import History

    return History()
