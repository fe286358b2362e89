"""What the tests of harm share: a scene that was set up, and the reckoning."""

from collections.abc import Callable, Iterator

import pytest
from reckoning import Toll
from scenes import begin

from harm import Place, Played, Scene, one_processor, play


@pytest.fixture
def set_up(tmp_path) -> Iterator[Callable[[Scene], Played]]:
    """Return what sets up a scene in this test's directory, on one processor."""

    def in_place(scene: Scene) -> Played:
        (tmp_path / "place").mkdir()
        return play(scene, Place(tmp_path / "place", tmp_path / "kept"), begin)

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
