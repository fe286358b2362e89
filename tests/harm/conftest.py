"""What the tests of harm share: the place of a scene, what it looks like before and after, and the reckoning."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from harm import Place, Scene, States, Toll, one_processor, points
from scenes import begin


@dataclass(frozen=True)
class Stage:
    """A scene that was set up, and played once unharmed."""

    place: Place
    states: States
    points: list[tuple[str, int]]


def set_up(place: Place, scene: Scene) -> Stage:
    """Make what a scene begins with, play it once to see what it does, and bring back the beginning."""
    begin(place)
    scene.prepare(place)
    place.keep()
    old = place.look()
    lines = place.traced(scene.words)
    states = States(old, place.look())
    assert place.findings() == []
    place.bring_back()
    assert place.look() == old
    return Stage(place, states, points(lines))


@pytest.fixture
def stage(tmp_path) -> Iterator[Callable[[Scene], Stage]]:
    """Return what sets up a scene in this test's directory."""

    def set_it_up(scene: Scene) -> Stage:
        (tmp_path / "place").mkdir()
        return set_up(Place(tmp_path / "place", tmp_path / "kept"), scene)

    with one_processor():
        yield set_it_up


@pytest.fixture
def toll(record_property) -> Iterator[Toll]:
    """Return what is counted in; at the end, whatever must not be fails the test, and the figures are reported."""
    counted = Toll()
    yield counted
    record_property("toll", str(counted))
    assert counted.points, "nothing was harmed"
    assert counted.troubles == [], f"{counted}\n" + "\n".join(counted.troubles)
