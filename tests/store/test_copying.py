"""A copy is what landed, and its digest is of that; whatever the kernel can or cannot do here."""

import errno
import hashlib
import os
import random
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from processes import SOURCE
from warm import of_checkout, struck

from modelkeep.store.bucket.interface import NotWritten
from modelkeep.store.content.copying import copy_file
from modelkeep.store.content.hashing import CHUNK, Content, content_of_file

MIB = 1024 * 1024
SIZES = [0, 1, CHUNK, 2 * MIB - 1, 2 * MIB, 16 * MIB, 33 * MIB + 17]

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="apt-get install strace")


def content(data):
    return Content("sha256:" + hashlib.sha256(data).hexdigest(), len(data))


def copied(source, target, size, count=lambda _: None):
    with open(source, "rb") as one, open(target, "x+b") as other:
        return copy_file(one.fileno(), other.fileno(), size, count)


@pytest.mark.parametrize("size", SIZES)
def test_any_length_is_copied_and_hashed(tmp_path, size):
    data = random.Random(size).randbytes(size)
    (tmp_path / "a").write_bytes(data)
    done = []
    assert copied(tmp_path / "a", tmp_path / "b", size, done.append) == content(data)
    assert (tmp_path / "b").read_bytes() == data
    assert sum(done) == size
    assert threading.active_count() == 1


def test_where_the_system_has_no_thread_left_it_is_copied_and_hashed_by_one(tmp_path, monkeypatch):
    def none_left(_thread):
        message = "can't start new thread"
        raise RuntimeError(message)

    monkeypatch.setattr(threading.Thread, "start", none_left)
    data = random.Random(7).randbytes(9 * MIB)
    (tmp_path / "a").write_bytes(data)
    assert copied(tmp_path / "a", tmp_path / "b", len(data)) == content(data)
    with open(tmp_path / "b", "rb") as file:
        assert content_of_file(file.fileno(), len(data), lambda _: None) == content(data)


@pytest.mark.parametrize("size", [MIB, 40 * MIB])
def test_a_source_that_is_shorter_than_was_said_ends_where_it_ends(tmp_path, size):
    (tmp_path / "a").write_bytes(bytes(size - 5))
    assert copied(tmp_path / "a", tmp_path / "b", size) == content(bytes(size - 5))


def test_a_file_of_proc_is_copied_by_reading_it(tmp_path):
    data = Path("/proc/version").read_bytes()
    assert copied("/proc/version", tmp_path / "b", len(data)) == content(data)


@pytest.mark.parametrize("size", [MIB, 40 * MIB])
def test_who_counts_may_stop_it_and_no_thread_goes_on(tmp_path, size):
    (tmp_path / "a").write_bytes(bytes(size))

    def stop(_done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copied(tmp_path / "a", tmp_path / "b", size, stop)
    assert threading.active_count() == 1


@pytest.mark.parametrize("size", [MIB, 40 * MIB])
def test_what_the_target_refuses_is_not_the_sources_fault(tmp_path, size):
    (tmp_path / "a").write_bytes(bytes(size))
    with (
        open(tmp_path / "a", "rb") as one,
        open("/dev/full", "r+b", buffering=0) as full,
        pytest.raises(NotWritten) as caught,
    ):
        copy_file(one.fileno(), full.fileno(), size, lambda _: None)
    assert caught.value.errno == errno.ENOSPC
    assert threading.active_count() == 1


COPY = """
import os, sys
from modelkeep.store.bucket.interface import NotWritten
from modelkeep.store.content.copying import NotRead, copy_file
with open("a", "rb") as one, open("b", "x+b") as other:
    try:
        print(copy_file(one.fileno(), other.fileno(), os.path.getsize("a"), lambda _: None))
    except NotWritten as error:
        print("not written", error.errno)
    except NotRead as error:
        print("not read", error.errno)
"""


def told(work, *injections):
    """Copy ``a`` to ``b`` in a process of its own whose system calls are tampered with; return what it says."""
    trace = ",".join(injection.partition(":")[0] for injection in injections)
    options = ["-f", "-o", "trace", "-P", str(work / "a"), "-P", str(work / "b"), "-e", f"trace={trace}"]
    for injection in injections:
        options += ["-e", f"inject={injection}"]
    ended, out, err = of_checkout().run([], os.environ, work, code=COPY, held=struck(options))
    assert (ended, err) == (0, b"")
    return out.decode().strip()


@pytest.fixture(params=[MIB, 40 * MIB], ids=["small", "big"])
def source(request, work):
    """Return the bytes of the file ``a``: copied by one thread, or by two."""
    data = random.Random(request.param).randbytes(request.param)
    (work / "a").write_bytes(data)
    return data


@pytest.mark.linux
@needs_strace
@pytest.mark.parametrize("error", ["EXDEV", "ENOSYS", "EINVAL", "EOPNOTSUPP", "EPERM", "ETXTBSY"])
def test_what_the_kernel_cannot_do_here_is_done_by_hand(work, source, error):
    assert told(work, f"copy_file_range:error={error}") == str(content(source))
    assert (work / "b").read_bytes() == source
    assert (work / "trace").read_text().count("copy_file_range(") == 1, "it is tried once"


@pytest.mark.linux
@needs_strace
def test_a_way_that_copies_nothing_is_left_for_another(work, source):
    assert told(work, "copy_file_range:retval=0") == str(content(source))


@pytest.mark.linux
@needs_strace
def test_a_way_that_fails_in_the_middle_is_gone_on_with_from_there(work, source):
    assert told(work, "copy_file_range:error=EIO:when=2+") == str(content(source))
    assert (work / "b").read_bytes() == source


@pytest.mark.linux
@needs_strace
def test_an_error_of_the_disk_is_told_with_the_side_it_is_on(work, source):
    ways = ("copy_file_range:error=EIO",)
    assert told(work, *ways, "pwrite64:error=ENOSPC:when=2") == f"not written {errno.ENOSPC}"
    os.unlink(work / "b")
    # the first reading is the copier's; the hasher has only what landed to read
    assert told(work, *ways, "pread64:error=EIO:when=1") == f"not read {errno.EIO}"
    os.unlink(work / "b")
    assert told(work, "preadv,preadv2:error=EIO:when=2") == f"not written {errno.EIO}"


@pytest.mark.linux
@needs_strace
def test_a_large_copy_is_synced_by_the_thread_that_does_not_hash(work, source):
    large = len(source) > 16 * MIB
    assert told(work, "fsync:delay_enter=1", "preadv,preadv2:delay_enter=1") == str(content(source))
    calls = [line.split() for line in (work / "trace").read_text().splitlines()]
    syncing, hashing = ({thread for thread, call, *_ in calls if call.startswith(name)} for name in ("fsync", "preadv"))
    assert len(syncing) == large
    assert len(hashing - syncing) == 1
    os.unlink(work / "b")
    assert told(work, "fsync:error=EIO") == (f"not written {errno.EIO}" if large else str(content(source)))


# Real file systems ---------------------------------------------------------------------------------


@pytest.fixture(params=["xfs", "xfs without reflink", "tmpfs", "vfat", "btrfs"])
def disk(request, tmp_path):
    """Return a directory on a file system of its own, and whether its files can share blocks."""
    kind, _, without = request.param.partition(" ")
    if os.geteuid() != 0:
        pytest.skip("only root can mount a disk")
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", kind, "-o", "size=400m", "tmpfs", place]
    if kind != "tmpfs":
        make = {
            "xfs": ["mkfs.xfs", "-q", "-m", f"reflink={0 if without else 1}"],
            "vfat": ["mkfs.vfat"],
            "btrfs": ["mkfs.btrfs", "-q"],
        }[kind]
        if shutil.which(make[0]) is None:
            pytest.skip(f"apt-get install {({'xfs': 'xfsprogs', 'vfat': 'dosfstools', 'btrfs': 'btrfs-progs'})[kind]}")
        with open(tmp_path / "image", "wb") as image:
            image.truncate(400 * MIB)
        subprocess.run([*make, tmp_path / "image"], check=True, capture_output=True)
        mount = ["mount", "-t", kind, "-o", "loop", tmp_path / "image", place]
    mounted = subprocess.run(mount, check=False, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"this kernel mounts no {kind}: {mounted.stderr.strip()}")
    yield place, request.param in {"xfs", "btrfs"}
    subprocess.run(["umount", place], check=True)


@pytest.mark.linux
@pytest.mark.slow
def test_on_any_file_system_what_goes_in_comes_out_and_equal_content_is_there_once(disk):
    from modelkeep.store.bucket.directory import DirectoryBucket, create_store
    from modelkeep.store.export.artifact import export
    from modelkeep.store.ingest.artifact import Selection, ingest

    place, _ = disk
    store, source, out = place / "store", place / "m", place / "out"
    create_store(str(store))
    source.mkdir()
    for number in range(20):
        (source / f"f{number}").write_bytes(random.Random(number).randbytes(50_000))
    (source / "big").write_bytes(random.Random(99).randbytes(40 * MIB))
    artifacts = DirectoryBucket(str(store))
    done = ingest(artifacts, [str(source)], Selection())
    assert done.new_bytes == done.size_bytes == 41 * 1024 * 1024 - MIB + 20 * 50_000
    assert ingest(artifacts, [str(source)], Selection()).new_bytes == 0
    assert os.listdir(store / "tmp") == []
    export(artifacts, done.manifest, "tree", str(out), default_name="x", force=False)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == {
        path.name: path.read_bytes() for path in source.iterdir()
    }


@pytest.mark.linux
@pytest.mark.slow
def test_where_blocks_can_be_shared_a_copy_takes_no_space(disk):
    place, shares = disk
    (place / "a").write_bytes(random.Random(1).randbytes(40 * MIB))
    os.sync()
    before = os.statvfs(place).f_bfree
    assert copied(place / "a", place / "b", 40 * MIB).size == 40 * MIB
    os.sync()
    taken = (before - os.statvfs(place).f_bfree) * os.statvfs(place).f_bsize
    assert (taken < MIB) == shares
    (place / "a").write_bytes(b"changed")
    assert content((place / "b").read_bytes()) == content(random.Random(1).randbytes(40 * MIB))


# Memory --------------------------------------------------------------------------------------------


@pytest.mark.linux
@pytest.mark.slow
@pytest.mark.parametrize("files", [1, 4])
def test_memory_does_not_grow_with_the_file(tmp_path, files):
    code = (
        "import os, resource, sys\n"
        "from modelkeep.registry import create_registry\n"
        "registry, _ = create_registry('registry')\n"
        "registry.register('small', sys.argv[1], code='none')\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "registry.register('fraud', *sys.argv[2:], code='none')\n"
        "registry.get('fraud@1', 'out')\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    (tmp_path / "small").write_bytes(b"x")
    names = [f"big{number}" for number in range(files)]
    for name in names:
        with open(tmp_path / name, "wb") as file:
            file.truncate(512 * MIB // files)
            file.write(name.encode())
    env = {**os.environ, "PYTHONPATH": SOURCE, "XDG_STATE_HOME": str(tmp_path / "state")}
    done = subprocess.run(
        [sys.executable, "-c", code, "small", *names],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        check=True,
        text=True,
    )
    assert int(done.stdout) < 10 * 1024  # KiB; the promise is 40 MiB
