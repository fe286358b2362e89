"""`register --move` that fails, is refused its last step or is killed: in the end nobody shares a file with the store."""

import hashlib
import itertools
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import msgspec.structs
import pytest
from changing import notes, refused

import modelkeep
from modelkeep.errors import Conflict, ModelkeepError
from modelkeep.registry import open_registry

BIG = 1_500_000

pytestmark = pytest.mark.linux
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="apt-get install strace")


def big(name="model.bin", seed=b"x"):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(seed * BIG)
    os.chmod(name, 0o640)
    return name


def digest(seed=b"x"):
    return hashlib.sha256(seed * BIG).hexdigest()


def blobs(world):
    return {path.name: path for path in (world.home / "store" / "blobs").rglob("*") if path.is_file()}


def is_untouched(name, seed=b"x"):
    status = os.stat(name)
    return (stat.S_IMODE(status.st_mode), status.st_nlink, Path(name).read_bytes()) == (0o640, 1, seed * BIG)


def nothing_in_tmp(world):
    return os.listdir(world.home / "store" / "tmp") == []


def acting(world, act):
    """Return a registry in which something happens when the bytes are in the store and the entry is not."""
    claims = itertools.count()
    msgspec.structs.force_setattr(world.context, "claim", lambda: None if next(claims) else act())
    return world.registry


def struck(how, *paths):
    """Run `register --move` of some paths, and do to one of its calls what strace can."""
    code = (
        "from modelkeep.registry import open_registry\n"
        f"open_registry('../registry').register('fraud', *{paths!r}, code='none', move=True)\n"
    )
    strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={how.partition(':')[0]}", "-e", f"inject={how}"]
    return subprocess.run(
        [*strace, sys.executable, "-S", "-c", code],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(str(Path(each.__file__).parent.parent) for each in (modelkeep, msgspec)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "XDG_STATE_HOME": os.path.abspath("../child-state"),
        },
        capture_output=True,
        check=False,
        text=True,
    )


def killed(call, number, *paths):
    """Kill `register --move` of some paths at a call of its."""
    assert struck(f"{call}:signal=SIGKILL:when={number}", *paths).returncode in {-9, 137}


def killed_after_the_entry(world, *more):
    """Leave a file that is the registered one, as a kill just before its removal does."""
    killed("unlinkat", 1, *more)
    assert [model.name for model in world.registry.models()] == ["fraud"]
    (blob,) = blobs(world).values()
    if not os.path.samefile(more[0], blob):
        pytest.skip("this file system shares blocks: nothing has a second name")
    return blob


def findings(world, **how):
    return [
        f"{each.severity} {each.code} {each.place}: {each.message}" for each in world.verify(log=False, **how).findings
    ]


NAMED = (
    "warning name fraud@1: model.bin: it has a name outside the store, and who writes to that changes it: modelkeep gc"
)


@needs_strace
def test_what_a_kill_left_as_the_registered_file_itself_is_warned_of_until_gc_parts_them(world, r):
    big()
    blob = killed_after_the_entry(world, "model.bin")
    for quick in (True, False):
        (found,) = findings(world, quick=quick)
        assert found.startswith(NAMED)
    (told,) = [each for each in r.doctor().findings if each.code == "name"]
    assert (told.severity, told.place, told.hint) == ("warning", str(blob), "modelkeep gc")
    name = f"sha256:{digest()}"
    assert r.gc(grace="7d", dry_run=True).parted == (name,)
    done = r.gc(grace="7d")
    assert (done.changed, done.parted) == (True, (name,))
    assert (stat.S_IMODE(blob.stat().st_mode), blob.stat().st_nlink) == (0o444, 1)
    assert is_untouched("model.bin")
    assert nothing_in_tmp(world)
    assert findings(world) == []
    assert not [each for each in r.doctor().findings if each.code == "name"]
    Path("model.bin").write_bytes(b"mine")
    assert findings(world) == []


@needs_strace
def test_the_same_command_again_after_a_kill_parts_them_and_takes_the_file_away(world, r):
    big()
    killed_after_the_entry(world, "model.bin")
    assert notes(r.register("fraud", "model.bin", code="none", move=True)) == ["moved: 1 file"]
    assert not Path("model.bin").exists()
    assert r.gc(grace="7d").parted == ()
    assert [path.stat().st_nlink for path in blobs(world).values()] == [1]
    assert findings(world) == []


@needs_strace
def test_the_same_bytes_of_somebody_else_part_them_too(world, r):
    big()
    killed_after_the_entry(world, "model.bin")
    shutil.copyfile("model.bin", "copy.bin")
    r.register("other", "copy.bin", code="none")
    (blob,) = blobs(world).values()
    assert blob.stat().st_nlink == 1


@needs_strace
@pytest.mark.parametrize("call", ["link", "fdatasync"])
def test_what_a_kill_left_before_the_entry_gc_gives_back_with_its_mode(world, r, call):
    big()
    killed(call, 1, "model.bin")
    assert r.models() == ()
    r.gc(grace="7d")
    assert is_untouched("model.bin")
    assert blobs(world) == {}
    assert nothing_in_tmp(world)


@needs_strace
def test_gc_keeps_the_draft_of_what_it_could_not_part(world, r):
    big()
    blob = killed_after_the_entry(world, "model.bin")
    blob.chmod(0o644)
    with blob.open("r+b") as pen:
        pen.write(b"damaged")
    done = r.gc(grace="0")
    assert done.parted == ()
    told = f"warning: sha256:{digest()} still has a name outside the store: it is damaged (modelkeep verify --bytes)"
    assert world.said[-1] == told
    assert not nothing_in_tmp(world)


def test_a_hard_link_to_what_is_registered_is_warned_of_and_parted(world, r):
    r.register("fraud", big(), code="none")
    (blob,) = blobs(world).values()
    os.link(blob, "link.bin")
    assert [each[: len(NAMED)] for each in findings(world)] == [NAMED]
    assert r.gc(grace="7d").parted == (f"sha256:{digest()}",)
    assert (blob.stat().st_nlink, os.stat("link.bin").st_nlink) == (1, 1)
    assert findings(world) == []


def test_what_a_writer_has_at_hand_is_no_name_outside(world, r):
    with world.context.artifacts.adding() as adding, Path(big()).open("rb") as stream:
        adding.take_file(stream.fileno(), BIG, lambda _size: None, move=True)
        adding.commit()
        r.register("other", world.model(b"small"), code="none")
        (blob,) = [path for name, path in blobs(world).items() if name == digest()]
        assert blob.stat().st_nlink > 1
        assert r.gc(grace="7d").parted == ()
        assert blob.stat().st_nlink > 1


def test_a_store_that_fails_half_way_leaves_each_file_as_it_was(world, r):
    for name in "abc":
        big(f"m/{name}", name.encode())
    last = b"last" * 2 * BIG  # it takes longest to read
    Path("m/last").write_bytes(last)
    world.blob(last).mkdir(parents=True)  # what stands in the place of a content and is no file
    with pytest.raises(ModelkeepError):
        r.register("fraud", "m", code="none", move=True)
    for name in "abc":
        assert is_untouched(f"m/{name}", name.encode())
    assert os.stat("m/last").st_nlink == 1
    assert blobs(world) == {}
    assert nothing_in_tmp(world)


def test_a_file_that_somebody_writes_to_past_its_mode_before_the_entry_is_not_registered(world):
    """Root's programs ask for no mode: one that goes on writing by the file's name writes to what was hashed."""
    big()

    def go_on():
        os.chmod("model.bin", 0o640)  # as who is not root
        with Path("model.bin").open("ab") as pen:
            pen.write(b"more")

    with pytest.raises(Conflict, match="was changed while it was read"):
        acting(world, go_on).register("fraud", "model.bin", code="none", move=True)
    assert world.registry.models() == ()
    assert Path("model.bin").read_bytes() == b"x" * BIG + b"more"
    assert (stat.S_IMODE(os.stat("model.bin").st_mode), os.stat("model.bin").st_nlink) == (0o640, 1)
    assert blobs(world) == {}
    assert nothing_in_tmp(world)


def test_a_file_that_somebody_writes_to_past_its_mode_after_the_entry_is_told_as_damaged(world, r, monkeypatch):
    big()

    def go_on(_source):
        os.chmod("model.bin", 0o640)
        with Path("model.bin").open("ab") as pen:
            pen.write(b"more")
        return "it was changed meanwhile"

    monkeypatch.setattr("modelkeep.store.ingest.move._remove_file", go_on)
    assert notes(r.register("fraud", "model.bin", code="none", move=True))[-3:] == [
        "warning: 'model.bin' was written to while it was moved in: what is registered is damaged: modelkeep verify",
        "'model.bin' stays: it was changed meanwhile",
        "moved: 0 files",
    ]
    assert not world.verify().ok


@needs_strace
def test_a_kill_while_a_damaged_blob_is_replaced_costs_the_file_not_its_mode(world, r):
    shutil.copyfile(big(), "copy.bin")
    r.register("other", "copy.bin", code="none")
    world.damage(b"x" * BIG, b"short")
    killed("rename", 1, "model.bin")
    assert os.stat("model.bin").st_nlink == 3
    r.gc(grace="0")
    assert is_untouched("model.bin")
    assert nothing_in_tmp(world)


@needs_strace
def test_a_damaged_blob_that_cannot_be_replaced_leaves_the_file_as_it_was(world, r):
    shutil.copyfile(big(), "copy.bin")
    r.register("other", "copy.bin", code="none")
    world.damage(b"x" * BIG, b"short")
    struck("rename:error=EIO:when=1", "model.bin")
    assert is_untouched("model.bin")
    assert nothing_in_tmp(world)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, MemoryError])
def test_an_interruption_before_the_entry_leaves_the_file_as_it_was(world, kind):
    big()

    def interrupt():
        assert digest() in blobs(world)
        raise kind

    with pytest.raises(kind):
        acting(world, interrupt).register("fraud", "model.bin", code="none", move=True)
    assert is_untouched("model.bin")
    assert blobs(world) == {}
    assert nothing_in_tmp(world)


def test_a_refusal_after_somebody_else_registered_the_same_bytes_leaves_both_alone(world):
    big()

    def overtake():
        shutil.copyfile("model.bin", "copy.bin")
        open_registry(world.home).register("fraud", "copy.bin", code="none", label="1.0")

    refused(
        acting(world, overtake).register, "fraud", "model.bin", code="none", move=True, label="1.0", if_exists="new"
    )
    assert is_untouched("model.bin")
    assert [path.stat().st_nlink for path in blobs(world).values()] == [1]
    assert nothing_in_tmp(world)


def test_what_stays_in_the_end_has_its_own_mode_and_its_own_bytes(world):
    """It was renamed after it had been read, so that there is nothing to take away where it was."""
    big()
    made = acting(world, lambda: os.rename("model.bin", "away.bin")).register(
        "fraud", "model.bin", code="none", move=True
    )
    assert made.version == 1
    assert is_untouched("away.bin")
    assert [path.stat().st_nlink for path in blobs(world).values()] == [1]
    assert nothing_in_tmp(world)


def test_a_dry_run_says_what_would_go_and_what_would_stay(world, r):
    big("m/deep/er/a")
    big("m/b", b"b")
    Path("m/.git").mkdir()
    Path("m/.git/HEAD").touch()

    def told(*paths):
        return notes(r.register("fraud", *paths, code="none", move=True, dry_run=True))[-4:]

    assert told("m") == [
        "would be moved: 'm/b'",
        "would be moved: 'm/deep/er/a'",
        "would be removed: 'm/deep'",
        "'m' would stay: there is more in it",
    ]
    shutil.rmtree("m/.git")
    assert told("m")[1:] == ["would be moved: 'm/b'", "would be moved: 'm/deep/er/a'", "would be removed: 'm'"]
    assert told("m/b")[-1] == "would be moved: 'm/b'"
    for number in range(25):
        Path(f"m/{number:02}").write_text(f"{number}")
    assert told("m")[1:] == ["would be moved: 'm/19'", "would be moved: and 7 more", "would be removed: 'm'"]
    os.chdir("m")
    assert told(".")[-2:] == ["would be removed: './deep'", "'.' would stay: it is the current directory"]


@needs_strace
def test_a_disk_that_cannot_keep_what_is_moved_in_is_the_stores_trouble_and_the_file_is_left_as_it_was(world, r):
    big()
    ended = struck("fsync:error=ENOSPC:when=1", "model.bin")
    assert f"no space left for the store {world.home}/store" in ended.stderr
    assert is_untouched("model.bin")
    assert blobs(world) == {}
    assert nothing_in_tmp(world)
