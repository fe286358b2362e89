"""What the tests of harm share: a scene that was set up, and the reckoning."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from reckoning import Toll
from scenes import begin

from harm import Place, Played, Scene, in_memory, one_processor, play


@pytest.fixture
def memory(tmp_path) -> Iterator[Path]:
    """Return a directory in memory: what dies is the process, and the disk need not be waited for."""
    with in_memory(tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def beginning(tmp_path_factory) -> Path:
    """Return what every scene begins with, made once; it is copied, never changed."""
    place = Place(tmp_path_factory.mktemp("beginning"), Path())
    begin(place)
    return place.root


@pytest.fixture
def set_up(memory, beginning) -> Iterator[Callable[[Scene], Played]]:
    """Return what sets up a scene in this test's directory, on one processor."""

    def in_place(scene: Scene) -> Played:
        (memory / "place").mkdir()
        return play(scene, Place(memory / "place", memory / "kept"), beginning)

    with one_processor():
        yield in_place


@pytest.fixture
def toll(record_property) -> Iterator[Toll]:
    """Return what is counted in; at the end, whatever must not be fails the test, and the figures are reported."""
    counted = Toll()
    yield counted
    record_property("toll", str(counted))
    assert counted.points, "nothing was harmed"
    assert counted.troubles == [], f"{counted}\n" + "\n".join(counted.troubles)
