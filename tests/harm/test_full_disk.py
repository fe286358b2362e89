"""A disk that fills up, at each size; inodes that run out, at each number: told, or done, and nothing is hurt."""

import itertools
from dataclasses import replace

import pytest
from disks import limit, tmpfs
from reckoning import judged, politely
from scenes import SCENES

from harm import Place, needs_root, one_processor, play

pytestmark = [pytest.mark.linux, pytest.mark.slow, needs_root]

PAGE = 4096
PAGES = (0, 2, 16, 64, 256, 1024)
FILES = (0, 1, 3, 13, 89)
#: What helps on a full disk must work on one.
NO_ROOM = {"gc"}
NEEDY = [scene for scene in SCENES if scene.name not in NO_ROOM]


@pytest.fixture
def set_up(tmp_path, beginning):
    """Return what sets up a scene on a tmpfs."""
    with one_processor(), tmpfs(tmp_path / "disk") as disk:
        (disk / "place").mkdir()
        yield lambda scene: play(scene, Place(disk / "place", tmp_path / "kept"), beginning)


def fill(rooms, played, toll):
    """Play a scene with so much room, and more and more, until it is done; return how it ended each time."""
    disk, codes = played.place.root.parent, []
    for room in rooms:
        played.place.bring_back()
        limit(disk, **room)
        ended = played.place.forked(played.scene.words)
        politely(played, ended, toll, room)
        limit(disk)
        judged(played, ended, toll, room)
        codes.append(ended.code)
        if ended.code == 0:
            break
    return codes


@pytest.mark.parametrize("scene", NEEDY, ids=str)
def test_a_disk_that_fills_up_is_told_or_the_command_is_done(scene, set_up, toll):
    codes = fill(({"free_bytes": pages * PAGE} for pages in PAGES), set_up(scene), toll)
    assert codes[0] != 0, "there was room from the start: the test tests nothing"
    assert codes[-1] == 0


def without_mark(place):
    """Leave the store without the mark of an earlier sweep."""
    GC.prepare(place)
    (place.registry / "store/gc-mark").unlink()


def behind_a_link(place):
    """Leave the store behind a link, and name its registry in it."""
    without_mark(place)
    (place.registry / "store").rename(place.root / "bytes")
    (place.registry / "store").symlink_to(place.root / "bytes")
    name_store(place)


def name_store(place):
    """Write into a linked store which directory it belongs to, as the hint of a restored registry says."""
    (place.root / "bytes" / "owner.json").unlink(missing_ok=True)
    place.must("init", str(place.registry), "--store", str(place.root / "bytes"))


GC = next(scene for scene in SCENES if scene.name == "gc")


@pytest.mark.parametrize("room", [{"free_bytes": 0}, {"free_files": 0}, {"free_bytes": 0, "free_files": 0}], ids=str)
@pytest.mark.parametrize(
    "scene",
    [
        GC,
        replace(GC, name="gc-without-mark", prepare=without_mark),
        replace(GC, name="gc-linked-store", prepare=behind_a_link),
    ],
    ids=str,
)
def test_what_helps_on_a_full_disk_needs_no_room(scene, room, set_up):
    place = set_up(scene).place
    if scene.prepare is behind_a_link:
        name_store(place)  # what was brought back is another directory
    limit(place.root.parent, **room)
    swept = place.run(scene.words)
    assert (swept.code, "file" in swept.stderr) == (0, True), swept
    assert place.leftovers() == []
    limit(place.root.parent)
    assert place.must("gc", "--grace", "0") == ""  # nothing was left for the next one
    assert place.findings() == []


@pytest.mark.parametrize("scene", NEEDY, ids=str)
def test_inodes_that_run_out_are_told_or_the_command_is_done(scene, set_up, toll):
    codes = fill(({"free_files": number} for number in FILES), set_up(scene), toll)
    assert codes[0] != 0, "there were inodes from the start: the test tests nothing"
    assert codes[-1] == 0


@pytest.mark.full
@pytest.mark.parametrize("scene", NEEDY, ids=str)
@pytest.mark.parametrize(("what", "step"), [("free_bytes", PAGE), ("free_files", 1)])
def test_whatever_room_is_left_is_told_or_the_command_is_done(scene, what, step, set_up, toll):
    codes = fill(({what: count * step} for count in itertools.count()), set_up(scene), toll)
    assert codes[-1] == 0


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("promote", "error: the disk of {registry} has no inode left for another file: nothing was changed\n"),
        ("register-file", "error: no space left for the store {registry}/store: no space left on device\n"),
    ],
)
def test_where_inodes_have_run_out_the_hint_shows_them(name, told, set_up):
    scene = next(scene for scene in SCENES if scene.name == name)
    place = set_up(scene).place
    limit(place.root.parent, free_files=0)
    said = place.run(scene.words).stderr
    assert said.startswith(told.format(registry=place.registry))
    assert f"hint: df -i {place.registry}" in said
