"""`register --move`: the source goes once it is registered, and never a moment before."""

import errno
import hashlib
import os
import shutil
import stat
from pathlib import Path

import msgspec.structs
import pytest
from changing import notes, refused
from processes import killed_at
from world import World

from modelkeep.errors import UsageError
from modelkeep.store.ingest.artifact import Selection, measure
from modelkeep.store.ingest.move import check_move
from modelkeep.store.ingest.source import Source, Stamp

BIG = 1_500_000


def blobs(world):
    return {path.name: path for path in (world.home / "store" / "blobs").rglob("*") if path.is_file()}


def big(name="model.bin", seed=b"x"):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(seed * BIG)
    return name


def digest(seed=b"x"):
    return hashlib.sha256(seed * BIG).hexdigest()


def test_a_file_is_copied_registered_and_removed(world, r):
    big()
    made = r.register("fraud", "model.bin", code="none", move=True)
    assert notes(made)[-1] == "moved: 1 file"
    assert not Path("model.bin").exists()
    (blob,) = blobs(world).values()
    status = blob.stat()
    assert (blob.name, stat.S_IMODE(status.st_mode), status.st_nlink) == (digest(), 0o444, 1)
    assert os.listdir(world.home / "store" / "tmp") == []
    assert r.verify(bytes=True).findings == ()


def test_a_small_file_is_moved_too(world, r):
    Path("m").write_bytes(b"hello")
    r.register("fraud", "m", code="none", move=True)
    assert os.listdir() == []
    assert len(blobs(world)) == 1


def test_of_a_directory_the_files_go_and_what_is_empty_then(world, r):
    for number in range(20):
        big(f"m/deep/er/{number}.bin", b"%c" % (65 + number))
    Path("m/config.json").write_text("{}")
    made = r.register("fraud", "m", code="none", move=True)
    assert notes(made)[-1] == "moved: 21 files"
    assert os.listdir() == []
    assert r.verify(bytes=True).findings == ()


def test_what_is_left_out_stays_and_that_is_said(world, r):
    big("m/deep/model.bin")
    Path("m/.git").mkdir()
    Path("m/.git/HEAD").touch()
    made = r.register("fraud", "m", code="none", move=True)
    assert notes(made)[-2:] == ["moved: 1 file", "'m' stays: there is more in it"]
    assert sorted(map(str, Path().rglob("*"))) == ["m", "m/.git", "m/.git/HEAD"]


def test_the_current_directory_stays(world, r):
    big("m/model.bin")
    os.chdir("m")
    made = r.register("fraud", ".", code="none", move=True)
    assert os.listdir() == []
    assert notes(made)[-1] == "'.' stays: it is the current directory"
    assert Path("../m").is_dir()


def test_what_a_registry_keeps_is_not_taken_away_from_it(world, r):
    """Else the store's own file would be the source that goes, and the only copy with it."""
    r.register("fraud", big(), code="none")
    (blob,) = blobs(world).values()
    Path("lk").symlink_to(blob)
    (world.work / "store").symlink_to(world.home / "store")
    kept = [blob, "lk", world.home / "store", world.home / "registry.db", world.home / "registry.lock"]
    for path in [*kept, "store/blobs"]:
        for dry_run in (True, False):
            with pytest.raises(UsageError, match="is kept by the registry in "):
                r.register("other", path, code="none", move=True, dry_run=dry_run)
    assert r.verify().ok
    Path(world.home, "mine").write_bytes(b"mine")
    assert notes(r.register("mine", world.home / "mine", code="none", move=True))[-1] == "moved: 1 file"


def test_a_path_may_have_more_parts_than_functions_may_call_each_other():
    source = Source("m", "/d" * 1100 + "/m", "", Stamp.of(os.stat("/")), follow=False, guarded=False)
    with pytest.raises(UsageError, match="nothing can be moved out of"):
        check_move([source.root], [source], Selection())


def test_the_same_bytes_again_are_a_success_and_go_too(world, r):
    for _ in range(2):
        made = r.register("fraud", big(), code="none", move=True)
        assert not Path("model.bin").exists()
    assert (made.changed, made.ref, notes(made)) == (False, "fraud@1", ["moved: 1 file"])


@pytest.mark.parametrize("size", [5, BIG])
def test_a_damaged_copy_in_the_store_is_replaced_before_the_good_one_goes(world, r, size):
    for name in ("m/a", "m/b"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(name.encode() * size)
    r.register("fraud", "m", code="none")
    world.damage(b"m/a" * size, b"m/x" * size)
    made = r.register("fraud", "m", code="none", move=True)
    assert notes(made)[-1] == "moved: 2 files"
    assert "was damaged, and is replaced" in notes(made)[-2]
    assert os.listdir() == []
    assert world.verify().findings == ()


def test_two_equal_files_become_one_blob(world, r):
    big("m/a")
    big("m/b")
    r.register("fraud", "m", code="none", move=True)
    assert os.listdir() == []
    assert [path.stat().st_nlink for path in blobs(world).values()] == [1]


def test_a_refusal_leaves_the_file_as_it_was(world, r):
    r.register("fraud", world.model(), code="none", label="1.0")
    big()
    os.chmod("model.bin", 0o640)
    refused(r.register, "fraud", "model.bin", code="none", move=True, label="1.0")
    overtake = iter([True])

    def late(_done, _total):
        if next(overtake, False):
            r.register("fraud", world.model(), code="none", label="2.0")

    refused(r.register, "fraud", "model.bin", code="none", move=True, label="2.0", progress=late)
    status = os.stat("model.bin")
    assert (stat.S_IMODE(status.st_mode), status.st_nlink, status.st_size) == (0o640, 1, BIG)
    assert os.listdir(world.home / "store" / "tmp") == []


def test_an_interruption_leaves_the_file_as_it_was(world, r):
    big()

    def interrupt(_done, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        r.register("fraud", "model.bin", code="none", move=True, progress=interrupt)
    status = os.stat("model.bin")
    assert (stat.S_IMODE(status.st_mode) & 0o600, status.st_nlink) == (0o600, 1)
    assert blobs(world) == {}


def test_a_dry_run_moves_nothing(world, r):
    big()
    r.register("fraud", "model.bin", code="none", move=True, dry_run=True)
    assert os.stat("model.bin").st_nlink == 1
    assert blobs(world) == {}


def test_a_file_that_somebody_goes_on_writing_to_does_not_change_what_is_registered(world, r):
    big()
    with open("model.bin", "r+b") as writer:
        r.register("fraud", "model.bin", code="none", move=True)
        writer.write(b"other")
    assert r.verify(bytes=True).findings == ()
    assert not Path("model.bin").exists()


def test_a_file_with_two_names_loses_one_and_the_other_name_stays(world, r):
    big()
    os.link("model.bin", "other.bin")
    r.register("fraud", "model.bin", code="none", move=True)
    assert os.listdir() == ["other.bin"]
    Path("other.bin").write_bytes(b"changed")
    assert r.verify(bytes=True).findings == ()


def test_a_file_that_may_not_be_removed_in_the_end_stays_and_that_is_said(world, r, monkeypatch):
    big()
    unlink = os.unlink

    def refused_here(path, **how):
        if path == "model.bin":
            raise PermissionError(errno.EPERM, "Operation not permitted")
        unlink(path, **how)

    monkeypatch.setattr(os, "unlink", refused_here)
    made = r.register("fraud", "model.bin", code="none", move=True)
    assert "'model.bin' stays: operation not permitted" in notes(made)
    Path("model.bin").write_bytes(b"mine again")
    assert r.verify(bytes=True).findings == ()


def test_a_file_that_changed_after_it_was_registered_stays(world, r):
    Path("m").mkdir()
    big("m/a")
    big("m/b", b"y")
    claims = iter([None])

    class Changing:  # the claim is asked for when the bytes are in the store
        def __call__(self):
            next(claims, None)
            Path("m/b").unlink()
            Path("m/b").write_bytes(b"new")

    changed = World(world.root / "other")
    msgspec.structs.force_setattr(changed.context, "claim", Changing())
    made = changed.registry.register("fraud", "m", code="none", move=True)
    assert notes(made)[-3:] == [
        "'m/b' stays: it was changed meanwhile",
        "moved: 1 file",
        "'m' stays: there is more in it",
    ]
    assert Path("m/b").read_bytes() == b"new"
    assert changed.registry.verify(bytes=True).findings == ()


@pytest.mark.parametrize(
    ("paths", "more", "why"),
    [
        (["link"], {}, "'link' is a symbolic link"),
        (["dir"], {}, "'dir' is a symbolic link"),
        (["m"], {"follow_symlinks": True}, "leave out one of them"),
        (["-"], {"filename": "x"}, "standard input"),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_what_cannot_go_is_refused_before_a_byte_is_read(world, r, paths, more, why, dry_run):
    big("m/model.bin")
    os.symlink("m/model.bin", "link")
    os.symlink("m", "dir")
    with pytest.raises(UsageError) as caught:
        r.register("fraud", *paths, code="none", move=True, dry_run=dry_run, **more)
    assert why in f"{caught.value.message} {caught.value.hint}"
    assert Path("m/model.bin").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user to become")
def test_a_directory_that_lets_nothing_go_is_told_first(world, r):
    big("m/model.bin")
    for path in (world.work, *world.work.parents):
        if path.stat().st_uid == 0 and "pytest" in str(path):
            path.chmod(0o755)
    os.seteuid(65534)
    try:
        with pytest.raises(UsageError, match="nothing can be moved out of 'm'"):
            measure(["m"], Selection(), move=True)
    finally:
        os.seteuid(0)


CODE = (
    "from modelkeep.registry import open_registry\n"
    "open_registry('../registry').register('fraud', 'm', code='none', move=True, message='x')\n"
)
CALLS = ["renameat", "unlink", "unlinkat"]
ALL_THE_REST = ["fchmod", "fsync", "rmdir", "pwrite64", "fdatasync"]


@pytest.mark.linux
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="apt-get install strace")
@pytest.mark.parametrize("call", [*CALLS, *(pytest.param(call, marks=pytest.mark.full) for call in ALL_THE_REST)])
def test_killed_at_any_step_the_bytes_are_where_they_were_or_registered(world, r, call):
    r.register("other", world.model(), code="none")
    shutil.copytree(world.home, "../base")
    seen = []
    for step in range(1, 400, 7 if call == "pwrite64" else 1):
        shutil.rmtree(world.home)
        shutil.copytree("../base", world.home)
        for place in ("m", world.root / "state", "../child-state"):
            shutil.rmtree(place, ignore_errors=True)
        big("m/sub/a", b"a")
        big("m/b", b"b")
        state = os.path.abspath("../child-state")
        lived = killed_at(CODE, call, step, MODELKEEP_ACTOR="ana", XDG_STATE_HOME=state)
        registered = [model.name for model in r.models()] == ["fraud", "other"]
        for name, seed in (("m/sub/a", b"a"), ("m/b", b"b")):
            assert registered or Path(name).read_bytes() == seed * BIG, (call, step, name)
        assert errors(r) == []
        seen.append(registered)
        if Path("m").exists() and any(Path("m").rglob("?")):
            again = r.register("fraud", "m", code="none", move=True, if_exists="skip")
            assert again.changed or registered
            assert not Path("m").exists()
        assert errors(r) == []
        if lived:
            break
    assert lived
    assert step > 1, f"{call} is never called: the test tests nothing"
    assert seen == sorted(seen)


def errors(r):
    """Return what is wrong; the clocks of these tests are none that the log should warn of."""
    return [finding for finding in r.verify().findings if finding.severity == "error"]
