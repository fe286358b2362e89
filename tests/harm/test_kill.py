"""SIGKILL at each system call that changes something: the old state or the new, and the next command just works."""

import pytest
from reckoning import judged
from scenes import SCENES

from harm import Strike, needs_strace, sampled

pytestmark = [pytest.mark.linux, pytest.mark.slow, needs_strace]


#: What writes to the database leaves a journal behind when it is killed in time: the next reader meets it.
NO_JOURNAL = ("get", "path", "config", "gc", "backup", "repair")


def kill_at(points, played, toll):
    """Play a scene once for each point and kill it there."""
    done, journals = {}, 0
    for call, number in points:
        played.place.bring_back()
        strike = Strike(call, number)
        ended = played.place.run(played.scene.words, strike)
        assert ended.killed, f"{strike} was never come to: {ended}"
        journals += any(played.place.registry.glob("*-journal"))
        done.setdefault(call, []).append(judged(played, ended, toll, strike))
    before = any(False in each for each in done.values())
    assert before or not played.scene.visible, "no kill came before the change"
    for call, each in done.items():
        assert each == sorted(each), f"a later {call} undid the change"
    assert journals or played.scene.name.startswith(NO_JOURNAL), "no kill left a journal behind"


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_killed_at_a_sample_of_its_calls_a_command_was_done_or_was_not(scene, set_up, toll):
    played = set_up(scene)
    kill_at(sampled(played.points, 2), played, toll)


@pytest.mark.full
@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_killed_at_any_of_its_calls_a_command_was_done_or_was_not(scene, set_up, toll):
    played = set_up(scene)
    kill_at(played.points, played, toll)
