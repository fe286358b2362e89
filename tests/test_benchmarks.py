"""The benchmarks speak of modules and names that are there, and grow the registries that they measure."""

from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# The programs that are compared with, in the environment that has them.
OTHERS = {"__main__", "theirs", "theirs_writing"}


@pytest.mark.parametrize("name", sorted({path.stem for path in (ROOT / "benchmarks").glob("*.py")} - OTHERS))
def test_a_module_of_the_benchmarks_can_be_imported(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(ROOT)
    import_module(f"benchmarks.{name}")


def test_a_grown_registry_is_one_that_verify_finds_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(ROOT)
    registry = import_module("benchmarks.grow").registry_of(60, str(tmp_path))
    assert registry.status().versions == 60
    assert registry.verify().findings == ()
