"""The contract of a bucket, on every bucket; then what a directory promises beyond it."""

import errno
import fcntl
import hashlib
import os
import shutil
import stat
import time
from contextlib import suppress

import pytest

from modelkeep.errors import Conflict, IntegrityError, ModelkeepError, RegistryUnavailable
from modelkeep.store.bucket.directory import DirectoryBucket, create_store
from modelkeep.store.ownership import claim

HELLO = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
ABSENT = "sha256:" + "0" * 64


def drafted(upload, *parts):
    draft = upload.draft()
    for part in parts:
        draft.write(part)
    draft.finish()
    return draft


def put(bucket, key, *parts, many=False):
    with bucket.upload(many=many) as upload:
        upload.commit(drafted(upload, *parts), key)
        return upload.flush()


def read(bucket, key, *part):
    with bucket.get(key, *part) as stream:
        return stream.read()


def keys(bucket):
    return sorted(blob.key for blob in bucket.list())


# The contract ---------------------------------------------------------------------------------


@pytest.mark.parametrize("many", [False, True])
def test_what_was_put_is_there(bucket, many):
    before = time.time()
    assert put(bucket, HELLO, b"hel", memoryview(b"lo"), many=many) == {HELLO}
    assert read(bucket, HELLO) == b"hello"
    blob = bucket.stat(HELLO)
    assert (blob.key, blob.size, blob.writable) == (HELLO, 5, False)
    assert before - 1 <= blob.since <= time.time() + 1
    assert list(bucket.list()) == [blob]


def test_an_empty_content_is_a_content(bucket):
    put(bucket, EMPTY)
    assert bucket.stat(EMPTY).size == 0
    assert read(bucket, EMPTY) == b""


def test_what_was_not_put_is_not_there(bucket):
    assert bucket.stat(ABSENT) is None
    assert keys(bucket) == []
    with pytest.raises(IntegrityError, match=ABSENT):
        bucket.get(ABSENT)


def test_many_keys_are_asked_for_at_once(bucket):
    put(bucket, HELLO, b"hello")
    put(bucket, EMPTY)
    assert bucket.stat_all([]) == {}
    told = bucket.stat_all(iter([HELLO, ABSENT, EMPTY, HELLO]))
    assert told == {HELLO: bucket.stat(HELLO), EMPTY: bucket.stat(EMPTY)}


def test_an_upload_tells_what_is_there(bucket):
    put(bucket, EMPTY)
    with bucket.upload() as upload:
        assert (upload.stat(ABSENT), upload.stat(EMPTY)) == (None, bucket.stat(EMPTY))
        upload.commit(drafted(upload, b"hello"), HELLO)
        assert upload.stat(HELLO) is None
        upload.flush()
        assert upload.stat(HELLO) == bucket.stat(HELLO)
        bucket.delete(HELLO)
        assert upload.stat(HELLO) is None


def test_a_part_of_the_bytes_can_be_had(bucket):
    put(bucket, HELLO, b"hello")
    assert read(bucket, HELLO, 1) == b"ello"
    assert read(bucket, HELLO, 1, 3) == b"ell"
    assert read(bucket, HELLO, 3, 9) == b"lo"
    assert read(bucket, HELLO, 9) == b""


def test_many_reads_are_as_single_ones(bucket):
    put(bucket, HELLO, b"hello")
    with bucket.reading() as contents:
        with contents.get(HELLO, 1, 3) as stream:
            assert stream.read() == b"ell"
        put(bucket, EMPTY)
        with contents.get(EMPTY) as stream:
            assert stream.read() == b""
        with pytest.raises(IntegrityError):
            contents.get(ABSENT)


def test_what_is_there_is_replaced_and_is_not_new(bucket):
    put(bucket, HELLO, b"jello")  # a bucket does not look at the bytes
    assert put(bucket, HELLO, b"hello") == frozenset()
    assert read(bucket, HELLO) == b"hello"
    assert keys(bucket) == [HELLO]


def test_nothing_is_there_before_it_is_flushed(bucket):
    with bucket.upload() as upload:
        upload.commit(drafted(upload, b"hello"), HELLO)
        assert keys(bucket) == []
        upload.flush()
        assert read(bucket, HELLO) == b"hello"


def test_several_flushes_of_one_upload_bring_what_came_since(bucket):
    with bucket.upload() as upload:
        upload.commit(drafted(upload, b"hello"), HELLO)
        assert upload.flush() == {HELLO}
        upload.commit(drafted(upload), EMPTY)
        assert upload.flush() == {EMPTY}
        assert upload.flush() == frozenset()
    assert keys(bucket) == [HELLO, EMPTY]


def test_what_was_not_flushed_leaves_no_trace(bucket):
    def fail():
        with bucket.upload() as upload:
            upload.commit(drafted(upload, b"hello"), HELLO)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert bucket.stat(HELLO) is None
    assert keys(bucket) == []


def test_of_equal_drafts_one_is_taken(bucket):
    with bucket.upload() as upload:
        for _ in range(2):
            upload.commit(drafted(upload, b"hello"), HELLO)
        assert upload.flush() == {HELLO}
    assert read(bucket, HELLO) == b"hello"


def test_a_draft_that_was_discarded_is_gone(bucket):
    with bucket.upload() as upload:
        drafted(upload, b"hello").discard()
        assert upload.flush() == frozenset()


def test_what_is_kept_is_there_after_the_flush(bucket):
    put(bucket, HELLO, b"hello")
    with bucket.upload() as upload:
        upload.keep(HELLO)
        assert upload.flush() == frozenset()
    assert read(bucket, HELLO) == b"hello"


def test_what_was_deleted_is_gone_and_may_be_deleted_again(bucket):
    put(bucket, HELLO, b"hello")
    for _ in range(2):
        bucket.delete(HELLO)
        bucket.settle()
    assert bucket.stat(HELLO) is None
    assert put(bucket, HELLO, b"hello") == {HELLO}


def test_a_note_is_read_as_it_was_written_last(bucket):
    assert bucket.read_note("gc-mark") is None
    bucket.write_note("gc-mark", b"one")
    bucket.write_note("gc-mark", b"two")
    assert bucket.read_note("gc-mark") == b"two"
    for _ in range(2):
        bucket.remove_note("gc-mark")
    assert bucket.read_note("gc-mark") is None
    bucket.write_note("gc-mark", b"three")
    assert keys(bucket) == list(bucket.unknown()) == []


def test_a_copy_of_what_is_damaged_can_be_set_aside(bucket):
    put(bucket, HELLO, b"jello")
    with bucket.upload() as upload:
        assert upload.set_aside(ABSENT) is None
        assert upload.set_aside(HELLO)
        upload.commit(drafted(upload, b"hello"), HELLO)
        upload.flush()
    assert read(bucket, HELLO) == b"hello"


# The directory --------------------------------------------------------------------------------


def files_in(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir())


def test_a_blob_is_a_read_only_file_named_by_its_digest(root):
    put(DirectoryBucket(str(root)), HELLO, b"hello")
    assert files_in(root) == ["blobs/sha256/2c/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"]
    status = (root / files_in(root)[0]).stat()
    assert stat.S_IMODE(status.st_mode) == 0o444
    assert status.st_nlink == 1


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_the_mode_of_a_blob_is_not_the_umasks(root, umask):
    before = os.umask(umask)
    try:
        put(DirectoryBucket(str(root)), HELLO, b"hello")
        DirectoryBucket(str(root)).write_note("gc-mark", b"x")
    finally:
        os.umask(before)
    assert {stat.S_IMODE((root / name).stat().st_mode) for name in files_in(root)} == {0o444}


def test_a_blob_that_may_be_written_to_is_told(root):
    bucket = DirectoryBucket(str(root))
    put(bucket, HELLO, b"hello")
    os.chmod(bucket.local_path(HELLO), 0o644)
    assert bucket.stat(HELLO).writable


def test_the_directories_of_a_shared_store_are_as_open_as_the_store(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o2770)
    before = os.umask(0o077)
    try:
        create_store(str(shared / "store"))
        put(DirectoryBucket(str(shared / "store")), HELLO, b"hello")
    finally:
        os.umask(before)
    modes = {
        stat.S_IMODE(path.stat().st_mode)
        for path in [shared / "store", *(shared / "store").rglob("*")]
        if path.is_dir()
    }
    assert modes == {0o2770}


def test_while_it_is_written_a_file_lies_in_a_directory_that_names_its_process(root):
    bucket = DirectoryBucket(str(root))
    with bucket.upload() as upload:
        upload.draft().write(b"half")
        (name,) = os.listdir(root / "tmp")
        boot, process, chance = name.split("-")
        assert (len(boot), int(process), len(chance)) == (32, os.getpid(), 16)
        assert [each.writer for each in bucket.stale_drafts()] == ["alive"]
        assert keys(bucket) == list(bucket.unknown()) == []
    assert os.listdir(root / "tmp") == []


def test_while_it_is_written_the_directory_is_locked_and_a_dead_writers_is_not(root):
    with DirectoryBucket(str(root)).upload() as upload:
        upload.draft().write(b"half")
        (directory,) = (root / "tmp").iterdir()
        descriptor = os.open(directory, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ESTALE])
def test_a_writer_whose_directory_cannot_be_locked_writes_all_the_same(root, monkeypatch, code):
    def refuse(_descriptor, _how):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert put(DirectoryBucket(str(root)), HELLO, b"hello") == {HELLO}


def test_a_directory_for_drafts_that_cannot_be_looked_at_leaves_nothing_open(root, monkeypatch):
    def refused(*_arguments, **_names):
        raise PermissionError(errno.EACCES, "Permission denied")

    before = os.listdir("/proc/self/fd")
    monkeypatch.setattr("modelkeep.store.bucket.directory_places.BucketDirectory.is_", refused)
    with pytest.raises(RegistryUnavailable), DirectoryBucket(root).upload() as upload:
        upload.draft()
    assert os.listdir("/proc/self/fd") == before


def test_a_damaged_file_is_set_aside_where_gc_finds_it(root):
    bucket = DirectoryBucket(str(root))
    put(bucket, HELLO, b"jello")
    with bucket.upload() as upload:
        aside = upload.set_aside(HELLO)
        upload.commit(drafted(upload, b"hello"), HELLO)
        upload.flush()
    with open(aside, "rb") as file:
        assert file.read() == b"jello"
    (left,) = bucket.stale_drafts()
    assert (left.damaged, left.files, left.size_bytes) == (True, 1, 5)


def test_making_a_store_twice_is_making_it_once(root):
    put(DirectoryBucket(str(root)), HELLO, b"hello")
    create_store(str(root))
    assert read(DirectoryBucket(str(root)), HELLO) == b"hello"


def test_a_store_may_be_a_link_to_another_disk_that_names_the_directory_of_the_link(tmp_path):
    create_store(str(tmp_path / "disk"))
    (tmp_path / "store").symlink_to(tmp_path / "disk")
    with pytest.raises(Conflict, match="does not name"):
        put(DirectoryBucket(str(tmp_path / "store")), HELLO, b"hello")
    claim(str(tmp_path), "7" * 32)
    put(DirectoryBucket(str(tmp_path / "store")), HELLO, b"hello")
    assert files_in(tmp_path / "disk") == [
        "blobs/sha256/2c/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        "owner.json",
    ]


def test_names_that_are_no_digests_are_no_keys(root):
    bucket = DirectoryBucket(str(root))
    put(bucket, HELLO, b"hello")
    (root / "blobs" / "sha256" / "ff").mkdir()
    strangers = [root / "mine", root / "blobs/sha256/README", root / "blobs/sha256/2c/README", root / "tmp/mine"]
    strangers += [root / "blobs/mine", root / "blobs/sha256/ff" / HELLO[7:]]
    for each in strangers:
        each.touch()
    assert keys(bucket) == [HELLO]
    assert sorted(bucket.unknown()) == sorted(map(str, strangers))


@pytest.mark.parametrize("key", ["../../etc/passwd", "sha256:../../../etc/passwd", "sha256:" + "G" * 64, HELLO[7:], ""])
def test_what_is_no_digest_never_becomes_a_path(root, key):
    bucket = DirectoryBucket(str(root))
    with bucket.upload() as upload:
        for ask in (bucket.get, bucket.stat, bucket.delete, bucket.local_path, upload.stat):
            with pytest.raises(IntegrityError, match="not a digest"):
                ask(key)


@pytest.mark.parametrize(
    "make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path), lambda path: os.symlink(__file__, path)]
)
def test_what_is_no_regular_file_is_no_blob_and_does_not_block(root, make):
    bucket = DirectoryBucket(str(root))
    path = bucket.local_path(HELLO)
    os.makedirs(os.path.dirname(path))
    make(path)
    assert bucket.stat(HELLO) is None
    with bucket.upload() as upload:
        assert upload.stat(HELLO) is None
    with pytest.raises(IntegrityError):
        bucket.get(HELLO)
    with pytest.raises(IntegrityError):
        put(bucket, HELLO, b"hello")
    assert os.listdir(root / "tmp") == []


def test_a_store_that_is_not_there_is_told_from_a_missing_blob(tmp_path):
    bucket = DirectoryBucket(str(tmp_path / "unmounted"))
    for act in (lambda: bucket.stat(HELLO), lambda: keys(bucket), lambda: put(bucket, HELLO, b"hello")):
        with pytest.raises(RegistryUnavailable, match="unmounted"):
            act()


def test_the_file_system_is_synced_once_for_many_files_and_all_are_there(root):
    bucket = DirectoryBucket(str(root))
    contents = {"sha256:" + hashlib.sha256(data).hexdigest(): data for data in (b"%d" % n for n in range(100))}
    with bucket.upload(many=True) as upload:
        for key, data in contents.items():
            upload.commit(drafted(upload, data), key)
        assert upload.flush() == contents.keys()
    assert {key: read(bucket, key) for key in keys(bucket)} == contents
    assert os.listdir(root / "tmp") == []


def test_a_directory_whose_maker_was_killed_before_it_was_opened_to_the_group_is_opened_by_its_owner(root):
    root.chmod(0o2770)
    (root / "tmp").rmdir()
    (root / "tmp").mkdir(mode=0o700)
    put(DirectoryBucket(str(root)), HELLO, b"hello")
    assert (root / "tmp").stat().st_mode & 0o7777 == 0o2770


def test_an_upload_leaves_no_directory_open(root):
    before = os.listdir("/proc/self/fd")
    put(DirectoryBucket(str(root)), HELLO, b"hello", many=True)
    assert os.listdir("/proc/self/fd") == before


def ask_upload(bucket, key):
    with bucket.upload() as upload:
        return upload.stat(key)


ACTS = [
    lambda bucket: ask_upload(bucket, HELLO),
    lambda bucket: bucket.stat_all([HELLO, ABSENT]),
    lambda bucket: bucket.stat(HELLO),
    lambda bucket: bucket.get(HELLO).close(),
    lambda bucket: list(bucket.list()),
    lambda bucket: bucket.delete(HELLO),
    lambda bucket: put(bucket, HELLO, b"hello"),
    lambda bucket: put(bucket, HELLO, b"hello", many=True),
    lambda bucket: bucket.write_note("gc-mark", b"mark"),
    lambda bucket: bucket.remove_note("gc-mark"),
    lambda bucket: bucket.read_note("gc-mark"),
    lambda bucket: list(bucket.stale_drafts()),
    lambda bucket: [bucket.remove_stale(each) for each in bucket.stale_drafts()],
    lambda bucket: list(bucket.unknown()),
]


@pytest.mark.parametrize("inside", ["", "blobs", "blobs/sha256", "blobs/sha256/2c", "tmp"])
def test_no_directory_of_a_store_is_followed_through_a_link(root, tmp_path, inside):
    other = tmp_path / "other"
    create_store(str(other))
    put(DirectoryBucket(str(other)), HELLO, b"hello")
    DirectoryBucket(str(other)).write_note("gc-mark", b"other")
    (other / f"tmp/{'0' * 32}-1-{'0' * 16}").mkdir()
    put(DirectoryBucket(str(root)), HELLO, b"hello")
    before = sorted((path, path.lstat()) for path in other.rglob("*"))
    shutil.rmtree(root / inside)
    (root / inside).symlink_to(other / inside)
    for act in ACTS:
        with suppress(ModelkeepError):
            act(DirectoryBucket(str(root)))
    with pytest.raises(ModelkeepError):
        put(DirectoryBucket(str(root)), HELLO, b"hello")
    after = sorted((path, path.lstat()) for path in other.rglob("*"))
    assert [(path, status.st_mtime_ns) for path, status in after] == [
        (path, status.st_mtime_ns) for path, status in before
    ]
    if inside != "tmp":
        for ask in (DirectoryBucket.get, DirectoryBucket.stat, ask_upload):
            with pytest.raises(ModelkeepError):
                ask(DirectoryBucket(str(root)), HELLO)
