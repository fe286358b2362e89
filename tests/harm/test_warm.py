"""A fork that is struck stands for the program: it makes the same calls, and dies at the one it is struck at."""

import subprocess
import sys

import pytest
from scenes import SCENES

from harm import CHANGING, Strike, needs_strace, points

pytestmark = [pytest.mark.linux, pytest.mark.slow, needs_strace]

#: Every way in which the scenes change something, and threads.
SOME = ("init-shared", "register-many", "gc", "migrate", "get-tree", "config-first")


@pytest.mark.parametrize("scene", [scene for scene in SCENES if scene.name in SOME], ids=str)
def test_a_fork_makes_the_calls_that_the_program_makes(scene, set_up, tmp_path):
    played = set_up(scene)
    place, log = played.place, tmp_path / "calls"
    strace = ("strace", "-f", "-qq", "-y", "-s", "200", "-o", str(log), "-e", f"trace={CHANGING}")
    command = (*strace, sys.executable, "-S", "-m", "modelkeep", *scene.words)
    subprocess.run(
        command, cwd=place.work, env=place.environ, stdin=subprocess.DEVNULL, capture_output=True, check=True
    )
    # the program has opened its modules before: those numbers are others
    assert names(points(log.read_text(errors="replace").splitlines())) == names(played.points)


def names(found):
    return [(call, None if call in {"openat", "ioctl"} else number) for call, number in found]


def test_a_fork_dies_at_the_call_it_is_struck_at_with_nothing_done(set_up):
    played = set_up(next(scene for scene in SCENES if scene.name == "config-set"))
    before = played.place.print()
    assert played.place.run(played.scene.words, Strike(*played.points[0])).killed
    assert played.place.print() == before
    assert played.place.run(played.scene.words).code == 0
    assert played.place.print() != before


def test_it_is_told_whether_a_struck_call_was_made_once_more(set_up):
    played = set_up(next(scene for scene in SCENES if scene.name == "promote"))
    last = max(number for call, number in played.points if call == "fdatasync")
    for number, went_on in ((1, True), (last, False)):
        played.place.bring_back()
        ended = played.place.run(played.scene.words, Strike("fdatasync", number, "error=EIO"))
        assert ended.went_on is went_on
