"""SIGKILL at each system call that changes something: the old state or the new, and the next command just works."""

import pytest
from harm import Strike, judged, needs_strace, sampled
from scenes import SCENES

pytestmark = [pytest.mark.linux, pytest.mark.slow, needs_strace]


def kill_at(each, stage, scene, toll):
    """Play a scene once for each point and kill it there."""
    ends = []
    for call, number in each:
        stage.place.bring_back()
        strike = Strike(call, number)
        ended = stage.place.run(scene.words, strike)
        assert ended.killed, f"{strike} was never come to: {ended}"
        ends.append(stage.place.look() == stage.states.new)
        judged(stage.place, scene, stage.states, ended, toll, strike)
    return ends


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_killed_at_a_sample_of_its_calls_a_command_was_done_or_was_not(scene, stage, toll):
    played = stage(scene)
    ends = kill_at(sampled(played.points, 3), played, scene, toll)
    assert False in ends, "no kill came before the change: the test tests nothing"


@pytest.mark.full
@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_killed_at_any_of_its_calls_a_command_was_done_or_was_not(scene, stage, toll):
    played = stage(scene)
    assert False in kill_at(played.points, played, scene, toll)
