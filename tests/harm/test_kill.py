"""SIGKILL at each system call that changes something: the old state or the new, and the next command just works."""

import pytest
from reckoning import judged
from scenes import SCENES

from harm import Strike, needs_strace, sampled

pytestmark = [pytest.mark.linux, pytest.mark.slow, needs_strace]


def kill_at(points, played, toll):
    """Play a scene once for each point and kill it there; return whether each kill came after the change."""
    done = []
    for call, number in points:
        played.place.bring_back()
        strike = Strike(call, number)
        ended = played.place.run(played.scene.words, strike)
        assert ended.killed, f"{strike} was never come to: {ended}"
        done.append(played.place.look() == played.new)
        judged(played, ended, toll, strike)
    return done


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_killed_at_a_sample_of_its_calls_a_command_was_done_or_was_not(scene, set_up, toll):
    played = set_up(scene)
    assert False in kill_at(sampled(played.points, 3), played, toll), "no kill came before the change"


@pytest.mark.full
@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_killed_at_any_of_its_calls_a_command_was_done_or_was_not(scene, set_up, toll):
    played = set_up(scene)
    assert False in kill_at(played.points, played, toll)
