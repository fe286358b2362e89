"""The reckoning itself: the same bytes are judged once, but what a command said of them each time."""

import pytest
from reckoning import Toll, judged
from scenes import SCENES

from harm import Ended, needs_strace

pytestmark = [pytest.mark.linux, pytest.mark.slow, needs_strace]

KILLED, DONE = Ended(-9, "", ""), Ended(0, "done", "")


@pytest.fixture
def played(set_up):
    """Return a scene as it was before its command."""
    return set_up(next(scene for scene in SCENES if scene.name == "config-set"))


def test_what_a_command_says_is_judged_though_the_bytes_were_judged_before(played):
    toll = Toll()
    assert not judged(played, KILLED, toll, "here")
    assert (toll.points, toll.states, toll.troubles) == (1, 1, [])
    played.place.bring_back()
    assert not judged(played, DONE, toll, "there")
    assert (toll.points, toll.states, toll.lost) == (2, 1, 1)


def test_what_was_found_bad_is_told_each_time(played):
    toll = Toll()
    for _ in range(2):
        played.place.bring_back()
        (played.place.work / "new").write_bytes(b"half of")
        judged(played, KILLED, toll, "here")
    assert (toll.states, toll.half) == (2, 2)
