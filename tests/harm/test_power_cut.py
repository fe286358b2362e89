"""The power is cut at each system call that changes something, on ext4 and xfs: what was acknowledged is there.

The process is killed at the call, and the file system shut down: what lies only in memory is lost,
with and without the file system's own journal. The client's memory of the last head is on another
disk, so that a lost entry would be found by `verify`, too.
"""

import itertools

import pytest
from disks import LOSE_ALL, LOSE_DATA, disk
from reckoning import judged
from scenes import SCENES

from harm import Place, Strike, in_memory, needs_root, needs_strace, one_processor, play, sampled, spread

pytestmark = [pytest.mark.linux, pytest.mark.slow, needs_strace, needs_root]


KINDS = ("ext4", "xfs")


@pytest.fixture(scope="module")
def powered(request, tmp_path_factory):
    """Return a disk of such a kind, with one processor to write on it.

    Its image is in memory: what the file system has not written to it is lost all the same.
    """
    with one_processor(), in_memory(tmp_path_factory.mktemp("disk")) as at, disk(request.param, at) as made:
        yield made


@pytest.fixture
def set_up(powered, tmp_path, beginning):
    """Return what sets up a scene on the disk."""

    def in_place(scene):
        (powered.mounted / "place").mkdir(exist_ok=True)
        return play(scene, Place(powered.mounted / "place", tmp_path / "kept", tmp_path / "state"), beginning)

    return in_place


def cut_at(strikes, played, powered, toll):
    """Play a scene once for each strike, None being its end, and cut the power there."""
    for strike, how in strikes:
        played.place.bring_back()
        powered.sync()
        ended = played.place.run(played.scene.words, strike)
        powered.cut(how)
        assert strike is None or ended.killed, f"{strike} was never come to: {ended}"
        judged(played, ended, toll, f"{strike or 'the end'}, cut {how}", lasting=played.scene.lasting)


# each scene on one kind of disk here, on both in the full run
SAMPLE = [(kind, scene) for turn, kind in enumerate(KINDS) for scene in SCENES[turn :: len(KINDS)]]


@pytest.mark.parametrize(("powered", "scene"), SAMPLE, indirect=["powered"], ids=str)
def test_after_a_power_cut_at_a_sample_of_its_calls_nothing_acknowledged_is_lost(scene, set_up, powered, toll):
    played = set_up(scene)
    last = [
        Strike(*point) for point in sampled(played.points, 1) if point[0] not in {"mkdir", "mkdirat", "openat", "write"}
    ]
    two = zip(spread(last, 2), (LOSE_DATA, LOSE_ALL), strict=False)
    cut_at([*two, (None, LOSE_ALL), (None, LOSE_DATA)], played, powered, toll)


@pytest.mark.full
@pytest.mark.parametrize("powered", KINDS, indirect=True)
@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_after_a_power_cut_at_any_of_its_calls_nothing_acknowledged_is_lost(scene, set_up, powered, toll):
    played = set_up(scene)
    strikes = [*(Strike(*point) for point in played.points), None]
    cut_at(itertools.product(strikes, (LOSE_ALL, LOSE_DATA)), played, powered, toll)
