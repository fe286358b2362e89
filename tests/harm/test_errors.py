"""An error of the disk at each system call that changes something: told with a name, or wholly done, and nothing is hurt."""

import itertools
from dataclasses import replace

import pytest
from reckoning import judged, politely
from scenes import SCENES

from harm import Strike, needs_strace, sampled

pytestmark = [pytest.mark.linux, pytest.mark.slow, needs_strace]

ERRORS = ("EIO", "ENOSPC", "EDQUOT", "EROFS", "EACCES")


def strikes(points):
    """Return every error at every point, once and then from then on."""
    for call, number in points:
        for error, onwards in itertools.product(ERRORS, (False, True)):
            if not (call == "openat" and onwards):  # Python would not find its own modules any more
                yield Strike(call, number, f"error={error}", onwards)


def fail_at(each, played, toll):
    """Play a scene once for each strike; one that would be the strike before it all over again is left out."""
    before, went_on = None, True
    for strike in each:
        if strike.onwards and replace(strike, onwards=False) == before and not went_on:
            continue
        played.place.bring_back()
        ended = played.place.run(played.scene.words, strike)
        before, went_on = strike, ended.went_on
        politely(played, ended, toll, strike)
        judged(played, ended, toll, strike)


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_a_sample_of_errors_is_told_or_the_command_is_done(scene, set_up, toll):
    played = set_up(scene)
    # in a step that meets every error, and each of them once and from then on
    fail_at(itertools.islice(strikes(sampled(played.points, 2)), 0, None, 17), played, toll)


@pytest.mark.full
@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_any_error_at_any_call_is_told_or_the_command_is_done(scene, set_up, toll):
    played = set_up(scene)
    fail_at(strikes(played.points), played, toll)
