"""A kill, a failing disk or a full one at any step leaves the old or the new, and the next command works."""

import hashlib
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import processes
import pytest

from modelkeep.errors import RegistryUnavailable
from modelkeep.store.bucket.directory import DirectoryBucket, create_store
from modelkeep.store.export.artifact import export
from modelkeep.store.export.view import view
from modelkeep.store.ingest.artifact import Selection, ingest

pytestmark = pytest.mark.linux

PROLOGUE = """
import sys
from modelkeep.errors import ModelkeepError
from modelkeep.store.bucket.directory import DirectoryBucket, create_store
from modelkeep.store.ingest.artifact import Selection, ingest, measure
from modelkeep.store.export.artifact import export
from modelkeep.store.export.view import view
artifacts = DirectoryBucket("store")
"""
REGISTER = "ingest(artifacts, ['m'], Selection())"
GET = "export(artifacts, measure(['m'], Selection()).manifest, 'tree', 'out', default_name='x', force=True)"
VIEW = (
    "view(artifacts, measure(['m'], Selection()).manifest, 'tree', cache_dir='cache', registry_id='r', directory='.')"
)

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="apt-get install strace")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")


def do(code, inject):
    """Run a step in a process of its own with one system call tampered with; return how it ended."""
    call = inject.partition(":")[0]
    guarded = "".join(f"    {line}\n" for line in code.splitlines())
    program = f"{PROLOGUE}try:\n{guarded}except ModelkeepError as error:\n    sys.exit(error.exit_code)\n"
    ended, said = processes.do(program, "-e", f"trace={call}", "-e", f"inject={inject}")
    assert "Traceback" not in said, said
    return ended


def kill_at_each(code, call):
    """Yield after each process that was killed at the first, second … such call, until one lives."""
    for step in range(1, 200):
        ended = do(code, f"{call}:signal=SIGKILL:when={step}")
        if ended == 0:
            assert step > 1, f"{call} is never called: the test tests nothing"
            return
        assert ended == -9
        yield step


def whole(root):
    """Return the digests of all blobs, each of which must be what its name says, and read-only."""
    found = set()
    for path in Path(root, "blobs").rglob("*"):
        if path.is_file():
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
            assert stat.S_IMODE(path.stat().st_mode) == 0o444
            found.add(path.name)
    return found


def fill(directory, count, salt):
    shutil.rmtree(directory, ignore_errors=True)
    (directory / "sub").mkdir(parents=True)
    for number in range(count):
        (directory / ("sub" if number % 2 else "") / f"f{number}").write_bytes(b"%s%d" % (salt, number) * 40_000)


def look(directory):
    return {
        str(path.relative_to(directory)): path.read_bytes() for path in Path(directory).rglob("*") if path.is_file()
    }


@pytest.fixture
def store(work):
    create_store("store")
    return DirectoryBucket("store")


@needs_strace
@pytest.mark.slow
@pytest.mark.parametrize("call", ["mkdirat", "write", "fchmod", "fsync", "renameat", "unlinkat"])
def test_killed_at_any_step_of_taking_in_a_blob_is_whole_or_absent(store, work, call):
    for step in kill_at_each_salted(work, store, call):
        assert step


def kill_at_each_salted(work, store, call):
    fill(work / "m", 2, b"0-")
    for step in kill_at_each(REGISTER, call):
        whole("store")
        assert ingest(store, ["m"], Selection()).size_bytes == 240_000
        assert len(whole("store")) == 2 * step
        fill(work / "m", 2, b"%d-" % step)
        yield step


@needs_strace
@pytest.mark.slow
@pytest.mark.parametrize("call", ["syncfs", "renameat"])
def test_killed_at_a_step_of_taking_in_many_files_a_blob_is_whole_or_absent(store, work, call):
    fill(work / "m", 20, b"x")
    for _ in kill_at_each(REGISTER, call):
        found = whole("store")
        assert call == "renameat" or found in (set(), {hashlib.sha256(data).hexdigest() for data in look("m").values()})
    assert ingest(store, ["m"], Selection()).new_bytes == 0
    assert len(whole("store")) == 20


@needs_strace
@pytest.mark.slow
@pytest.mark.parametrize("call", ["mkdirat", "copy_file_range", "fsync", "renameat2", "unlinkat"])
def test_killed_at_any_step_of_get_the_destination_is_the_old_or_the_new(store, work, call):
    fill(work / "m", 2, b"new")
    manifest = ingest(store, ["m"], Selection()).manifest
    new = look("m")
    bring_back_the_old(work)
    for _ in kill_at_each(GET, call):
        assert look("out") in ({"f0": b"old"}, new)
        assert all(name in {"m", "store", "out"} or name.startswith(".modelkeep-") for name in os.listdir())
        assert export(store, manifest, "tree", "out", default_name="x", force=True).path == "out"
        assert look("out") == new
        bring_back_the_old(work)
    assert look("out") == new


def bring_back_the_old(work):
    shutil.rmtree("out", ignore_errors=True)
    (work / "out").mkdir()
    (work / "out/f0").write_bytes(b"old")  # a file of the artifact: else --force would not replace the directory


@needs_strace
@pytest.mark.slow
@pytest.mark.parametrize("call", ["mkdirat", "symlinkat", "renameat"])
def test_killed_at_any_step_of_path_the_view_is_complete_or_absent(store, work, call):
    fill(work / "m", 2, b"new")
    manifest = ingest(store, ["m"], Selection()).manifest
    complete = view(store, manifest, "tree", cache_dir="cache", registry_id="r", directory=".")
    shutil.rmtree("cache")
    for _ in kill_at_each(VIEW, call):
        assert not os.path.exists(complete) or look(complete) == look("m")
        place = view(store, manifest, "tree", cache_dir="cache", registry_id="r", directory=".")
        assert (place, look(place)) == (complete, look("m"))
        shutil.rmtree("cache")


@needs_strace
@pytest.mark.parametrize("call", ["fsync", "renameat", "fchmod"])
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_what_the_disk_refuses_at_any_step_is_an_error_and_not_a_version(store, work, call, error):
    fill(work / "m", 1, b"x")
    step = 1
    while ended := do(REGISTER, f"{call}:error={error}:when={step}"):
        assert ended == 7
        assert os.listdir("store/tmp") == []
        whole("store")
        step += 1
    assert step > 1
    assert len(whole("store")) == 1


@needs_strace
def test_an_error_that_the_system_kept_back_until_the_file_system_is_synced_counts(store, work):
    fill(work / "m", 20, b"x")
    assert do(REGISTER, "syncfs:error=EIO:when=1") == 7
    assert whole("store") == set()
    assert os.listdir("store/tmp") == []


@needs_strace
def test_without_syncfs_each_file_is_synced(store, work):
    fill(work / "m", 20, b"x")
    assert do(REGISTER, "syncfs:error=ENOSYS") == 0
    assert len(whole("store")) == 20


@needs_strace
@pytest.mark.parametrize("error", ["EPERM", "EOPNOTSUPP"])
def test_a_file_system_without_hard_links_will_do(store, work, error):
    fill(work / "m", 2, b"x")
    assert do(REGISTER, f"linkat:error={error}") == 0
    assert do(REGISTER, f"linkat:error={error}") == 0
    assert len(whole("store")) == 2
    assert os.listdir("store/tmp") == []


@needs_strace
def test_a_file_system_that_cannot_exchange_names_will_do(store, work):
    fill(work / "m", 2, b"new")
    ingest(store, ["m"], Selection())
    for _ in range(2):
        assert do(GET, "renameat2:error=EINVAL") == 0
        assert look("out") == look("m")
        (work / "out/more").touch()
    assert do(GET, "renameat2:error=EINVAL") == 0
    assert sorted(os.listdir()) == ["m", "out", "store"]


@needs_strace
def test_without_a_rename_that_refuses_a_dangling_link_is_still_somebodys(work):
    (work / "new").touch()
    (work / "taken").symlink_to("gone")
    code = "from modelkeep.store.durable import rename_new\ntry:\n    rename_new('new', 'taken')\n"
    assert do(code + "except FileExistsError:\n    sys.exit(4)\n", "renameat2:error=EINVAL") == 4
    assert (
        do("from modelkeep.store.durable import rename_new\nrename_new('new', 'free')", "renameat2:error=EINVAL") == 0
    )
    assert sorted(os.listdir(work)) == ["free", "taken"]


@pytest.fixture
def small_disk(work):
    """Return a directory with 1 MiB of space."""
    disk = work / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=True)
    yield disk
    subprocess.run(["umount", disk], check=True)


@needs_root
@pytest.mark.parametrize("files", [1, 40])
def test_a_full_disk_is_told_and_nothing_is_left_on_it(small_disk, work, files):
    create_store("disk/store")
    store = DirectoryBucket("disk/store")
    (work / "m").mkdir()
    for number in range(files):
        (work / "m" / str(number)).write_bytes(os.urandom(3_000_000 // files))
    with pytest.raises(RegistryUnavailable) as caught:
        ingest(store, ["m"], Selection())
    assert caught.value.message == f"no space left for the store {work}/disk/store: no space left on device"
    assert caught.value.hint == f"df -h {work}/disk/store"
    assert os.listdir("disk/store/tmp") == []
    assert whole("disk/store") == set()
    (work / "small").write_bytes(os.urandom(500_000))
    assert ingest(store, ["small"], Selection()).new_bytes == 500_000


@needs_root
@pytest.mark.parametrize("form", ["file", "tree"])
def test_a_full_destination_keeps_what_it_had(small_disk, store, work, form):
    (work / "m").mkdir()
    (work / "m/big").write_bytes(os.urandom(3_000_000))
    manifest = ingest(store, ["m"] if form == "tree" else ["m/big"], Selection()).manifest
    (small_disk / "out").write_bytes(b"old")
    with pytest.raises(RegistryUnavailable) as caught:
        export(store, manifest, form, "disk/out", default_name="x", force=True)
    assert caught.value.message == "no space left to write 'disk/out': no space left on device"
    assert look("disk") == {"out": b"old"}


@needs_root
def test_a_store_that_is_mounted_read_only_is_told_and_still_read(small_disk, work):
    create_store("disk/store")
    store = DirectoryBucket("disk/store")
    (work / "m").write_bytes(b"hello")
    manifest = ingest(store, ["m"], Selection()).manifest
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    export(store, manifest, "file", "out", default_name="x", force=False)
    assert (work / "out").read_bytes() == b"hello"
    assert ingest(store, ["m"], Selection()).new_bytes == 0
    (work / "m").write_bytes(b"other")
    with pytest.raises(RegistryUnavailable, match="read-only file system"):
        ingest(store, ["m"], Selection())


def calls(code, names, work):
    """Return the system calls of a step, a line each: the call and the paths it was about, chance taken out."""
    assert processes.do(f"{PROLOGUE}{code}", "-y", "-o", "calls", "-e", f"trace={names}") == (0, "")
    told = []
    for line in Path("calls").read_text().splitlines():
        if "(" not in line:  # how it ended
            continue
        name = re.search(r"(\w+)\(", line)[1]
        paths = re.findall(rf"[<\"]({re.escape(str(work))}[^>\"]*)", line)
        told.append(" ".join([name, *paths]).replace(f"{work}/", ""))
    return [re.sub(r"tmp/[0-9a-f]+-[0-9]+-[0-9a-f]+", "tmp/X", line) for line in told]


@needs_strace
def test_bytes_are_durable_before_their_name_and_the_name_before_we_say_so(work):
    (work / "m").write_bytes(b"hello")
    create_store("store")
    shelf = "store/blobs/sha256/2c"
    assert calls(REGISTER, "fsync,renameat", work) == [
        "fsync store/tmp/X/1",
        f"renameat store/tmp/X {shelf}",
        f"fsync {shelf}",
        "fsync store/blobs/sha256",
    ]
    # Another process may have put it there a moment ago: its name is made durable before we rely on it.
    assert calls(REGISTER, "fsync,renameat", work) == [f"fsync {shelf}", "fsync store/blobs/sha256"]


@needs_strace
def test_many_files_are_synced_together_before_the_first_name(store, work):
    fill(work / "m", 40, b"x")
    told = [line.partition(" ")[0] for line in calls(REGISTER, "fsync,syncfs,renameat", work)]
    assert told == ["syncfs", *["renameat"] * 40, "syncfs"]


@needs_strace
def test_get_is_durable_before_the_destination_has_its_name(store, work):
    (work / "m").write_bytes(b"hello")
    ingest(store, ["m"], Selection())
    code = GET.replace("'tree'", "'file'")
    told = [re.sub(r"\.modelkeep-[0-9a-f]+", "NEW", line) for line in calls(code, "fsync,renameat,renameat2", work)]
    assert told == ["fsync NEW", f"renameat2 {work} {work}", f"fsync {work}"]


@needs_strace
def test_what_is_there_already_is_read_and_nothing_is_written(work):
    (work / "m").mkdir()
    (work / "m/big").write_bytes(os.urandom(3_000_000))
    (work / "m/small").write_bytes(b"small")
    create_store("store")
    (file, _) = ingest(DirectoryBucket("store"), ["m"], Selection()).manifest.files
    again = f"ingest(artifacts, ['m'], Selection(), stored=lambda _: {{3_000_000: ['{file.digest}']}})"
    writing = "write,pwrite64,copy_file_range,sendfile,ioctl,link,linkat,rename,renameat,unlink,unlinkat,mkdir,mkdirat,rmdir,fchmod,ftruncate"
    assert [line for line in calls(again, writing, work) if "store" in line] == []
    assert [line for line in calls(again.replace("3_000_000:", "5:"), "copy_file_range", work) if "store" in line] == [
        "copy_file_range m/big store/tmp/X/1"
    ]
