"""The contract of a bucket, on every bucket; then what a directory promises beyond it."""

import fcntl
import hashlib
import os
import stat

import pytest

from modelkeep.errors import IntegrityError, RegistryUnavailable
from modelkeep.store.bucket.directory import DirectoryBucket, create_store
from modelkeep.store.bucket.drafts import make_directory

HELLO = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
ABSENT = "sha256:" + "0" * 64


def put(bucket, key, *parts, many=False):
    with bucket.begin(many=many) as batch:
        draft = batch.draft()
        for part in parts:
            draft.write(part)
        draft.finish()
        batch.put(key, draft)
        return batch.commit()


def read(bucket, key):
    with bucket.open(key) as stream:
        return stream.read()


# The contract ---------------------------------------------------------------------------------


@pytest.mark.parametrize("many", [False, True])
def test_what_was_put_is_there(bucket, many):
    assert put(bucket, HELLO, b"hel", memoryview(b"lo"), many=many) == {HELLO}
    assert read(bucket, HELLO) == b"hello"
    assert bucket.size(HELLO) == 5
    assert list(bucket.keys()) == [HELLO]


def test_an_empty_content_is_a_content(bucket):
    put(bucket, EMPTY)
    assert bucket.size(EMPTY) == 0
    assert read(bucket, EMPTY) == b""


def test_what_was_not_put_is_not_there(bucket):
    assert bucket.size(ABSENT) is None
    assert list(bucket.keys()) == []
    with pytest.raises(IntegrityError, match=ABSENT):
        bucket.open(ABSENT)


def test_putting_twice_is_putting_once(bucket):
    put(bucket, HELLO, b"hello")
    assert put(bucket, HELLO, b"hello") == frozenset()
    assert list(bucket.keys()) == [HELLO]


def test_what_is_there_is_never_overwritten_unless_its_size_tells_that_it_is_damaged(bucket):
    put(bucket, HELLO, b"jello")  # a bucket does not look at the bytes
    assert put(bucket, HELLO, b"hello") == frozenset()
    assert read(bucket, HELLO) == b"jello"
    put(bucket, EMPTY, b"not")
    with bucket.begin() as batch:
        draft = batch.draft()
        draft.finish()
        batch.put(EMPTY, draft)
        assert batch.commit() == {EMPTY}
        assert list(batch.repaired) == [EMPTY]
    assert read(bucket, EMPTY) == b""


def test_what_was_put_or_kept_at_hand_can_be_put_again_until_the_block_ends(bucket):
    put(bucket, EMPTY)
    with bucket.begin() as batch:
        for key, data, note in ((HELLO, b"hello", batch.put), (EMPTY, b"", batch.spare)):
            draft = batch.draft()
            draft.write(data)
            draft.finish()
            note(key, draft)
        assert batch.keep(EMPTY, 0)
        assert batch.commit() == {HELLO}
        bucket.delete(HELLO)
        bucket.delete(EMPTY)
        assert batch.again(HELLO)
        assert batch.again(EMPTY)
        assert not batch.again(ABSENT)
    assert (read(bucket, HELLO), read(bucket, EMPTY)) == (b"hello", b"")


def test_only_what_is_there_with_that_size_is_kept(bucket):
    put(bucket, HELLO, b"hello")
    with bucket.begin() as batch:
        assert batch.keep(HELLO, 5)
        assert not batch.keep(HELLO, 6)
        assert not batch.keep(ABSENT, 5)
        assert batch.commit() == frozenset()


def test_what_was_not_committed_leaves_no_trace(bucket):
    def fail():
        with bucket.begin() as batch:
            draft = batch.draft()
            draft.write(b"hello")
            draft.finish()
            batch.put(HELLO, draft)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert bucket.size(HELLO) is None
    assert list(bucket.keys()) == []


def test_of_equal_drafts_one_is_kept(bucket):
    with bucket.begin() as batch:
        for _ in range(2):
            draft = batch.draft()
            draft.write(b"hello")
            draft.finish()
            batch.put(HELLO, draft)
        assert batch.commit() == {HELLO}
    assert read(bucket, HELLO) == b"hello"


def test_what_was_deleted_is_gone_and_may_be_deleted_again(bucket):
    put(bucket, HELLO, b"hello")
    bucket.delete(HELLO)
    bucket.delete(HELLO)
    assert bucket.size(HELLO) is None
    assert put(bucket, HELLO, b"hello") == {HELLO}


def test_what_was_swept_away_is_brought_back(bucket):
    put(bucket, HELLO, b"hello")
    assert bucket.swept(HELLO) is None
    sweep(bucket, HELLO)
    assert (bucket.size(HELLO), bucket.swept(HELLO)) == (None, 5)
    assert bucket.bring_back(HELLO)
    assert not bucket.bring_back(HELLO)
    assert (read(bucket, HELLO), bucket.swept(HELLO)) == (b"hello", None)


def sweep(bucket, key):
    if isinstance(bucket, DirectoryBucket):
        os.makedirs(os.path.join(bucket.root, "trash"), exist_ok=True)
        os.rename(bucket.local_path(key), os.path.join(bucket.root, "trash", key[7:]))
    else:
        bucket.trash[key] = bucket.blobs.pop(key)


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
    finally:
        os.umask(before)
    assert stat.S_IMODE((root / files_in(root)[0]).stat().st_mode) == 0o444


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
    with DirectoryBucket(str(root)).begin() as batch:
        batch.draft().write(b"half")
        (leftover,) = os.listdir(root / "tmp")
        boot, process, chance = leftover.split("-")
        assert (len(boot), int(process), len(chance)) == (32, os.getpid(), 16)
        assert list(DirectoryBucket(str(root)).keys()) == []
    assert os.listdir(root / "tmp") == []


def test_while_it_is_written_the_directory_is_locked_and_a_dead_writers_is_not(root):
    with DirectoryBucket(str(root)).begin() as batch:
        batch.draft().write(b"half")
        (leftover,) = (root / "tmp").iterdir()
        descriptor = os.open(leftover, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)


def test_making_a_store_twice_is_making_it_once(root):
    put(DirectoryBucket(str(root)), HELLO, b"hello")
    create_store(str(root))
    assert read(DirectoryBucket(str(root)), HELLO) == b"hello"


def test_a_store_may_be_a_link_to_another_disk(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "store").symlink_to(tmp_path / "disk")
    create_store(str(tmp_path / "store"))
    put(DirectoryBucket(str(tmp_path / "store")), HELLO, b"hello")
    assert files_in(tmp_path / "disk") == [
        "blobs/sha256/2c/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    ]


def test_names_that_are_no_digests_are_no_keys(root):
    bucket = DirectoryBucket(str(root))
    put(bucket, HELLO, b"hello")
    (root / "blobs" / "sha256" / "2c" / "README").touch()
    (root / "blobs" / "sha256" / "README").touch()
    assert list(bucket.keys()) == [HELLO]


@pytest.mark.parametrize("key", ["../../etc/passwd", "sha256:../../../etc/passwd", "sha256:" + "G" * 64, HELLO[7:], ""])
def test_what_is_no_digest_never_becomes_a_path(root, key):
    bucket = DirectoryBucket(str(root))
    for ask in (bucket.open, bucket.size, bucket.delete, bucket.local_path):
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
    assert bucket.size(HELLO) is None
    with pytest.raises(IntegrityError):
        bucket.open(HELLO)
    with pytest.raises(IntegrityError):
        put(bucket, HELLO, b"hello")
    assert os.listdir(root / "tmp") == []


def test_a_store_that_is_not_there_is_told_from_a_missing_blob(tmp_path):
    bucket = DirectoryBucket(str(tmp_path / "unmounted"))
    with pytest.raises(RegistryUnavailable, match="unmounted"):
        bucket.size(HELLO)
    with pytest.raises(RegistryUnavailable, match="unmounted"):
        put(bucket, HELLO, b"hello")


def test_the_file_system_is_synced_once_for_many_files_and_all_are_there(root):
    bucket = DirectoryBucket(str(root))
    contents = {"sha256:" + hashlib.sha256(data).hexdigest(): data for data in (b"%d" % n for n in range(100))}
    with bucket.begin(many=True) as batch:
        for key, data in contents.items():
            draft = batch.draft()
            draft.write(data)
            draft.finish()
            batch.put(key, draft)
        assert batch.commit() == contents.keys()
    assert {key: read(bucket, key) for key in list(bucket.keys())} == contents
    assert os.listdir(root / "tmp") == []


def test_a_shelf_whose_maker_was_killed_before_it_was_opened_to_the_group_is_opened_by_its_owner(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o2770)
    (shared / "ab").mkdir(mode=0o700)
    (tmp_path / "private").mkdir(mode=0o700)
    (shared / "cd").symlink_to(tmp_path / "private")
    for name in ("ab", "cd"):
        assert make_directory(str(shared / name)) is False
    assert (shared / "ab").stat().st_mode & 0o7777 == 0o2770
    assert (tmp_path / "private").stat().st_mode & 0o7777 == 0o700  # what a link leads to is nobody's to open
