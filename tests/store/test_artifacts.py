"""Artifacts: what comes in is hashed, what is there once is kept once, what is wrong is said."""

import hashlib
import io
import os
import random
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from world import store_bytes

from modelkeep.domain.manifest import ManifestFile
from modelkeep.errors import IntegrityError
from modelkeep.store.bucket.directory import DirectoryBucket
from modelkeep.store.content.artifacts import copy_out, missing_from
from modelkeep.store.content.checking import examine
from modelkeep.store.content.hashing import CHUNK, Content, chunks_of, content_of, content_of_file
from modelkeep.store.content.writer import ContentWriter

HELLO = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def trouble(artifacts, key, size):
    found = examine(artifacts, key, size, quick=False)
    return None if found is None else found.text


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 5 * CHUNK + 17])
def test_any_length_comes_in_and_goes_out(bucket, size):
    data = random.Random(size).randbytes(size)
    content = store_bytes(bucket, data)
    assert (content.digest, content.size) == (digest(data), size)
    with bucket.get(content.digest) as stream:
        assert stream.read() == data
    assert trouble(bucket, content.digest, size) is None


def test_the_same_content_twice_adds_no_bytes(root, artifacts):
    for data in (b"hello", bytes(3 * CHUNK)):
        with ContentWriter(artifacts) as writer:
            writer.add_stream(io.BytesIO(data))
            assert writer.commit() == len(data)
        before = {path: path.stat() for path in root.rglob("*")}
        with ContentWriter(artifacts) as writer:
            writer.add_stream(io.BytesIO(data))
            writer.add_bytes(data)
            assert writer.commit() == 0
        after = {path: path.stat() for path in root.rglob("*")}
        blobs = [path for path in before if path.is_file()]
        assert before.keys() == after.keys()
        assert all(
            (before[blob].st_ino, before[blob].st_mtime_ns) == (after[blob].st_ino, after[blob].st_mtime_ns)
            for blob in blobs
        )


def test_a_small_content_that_is_there_is_not_even_written_to_the_side(root, artifacts):
    store_bytes(artifacts, b"hello")
    before = (root / "tmp").stat().st_mtime_ns
    with ContentWriter(artifacts) as writer:
        writer.add_bytes(b"hello")
        writer.commit()
    assert (root / "tmp").stat().st_mtime_ns == before


@pytest.mark.parametrize("damage", [b"hel", b"jello"])
def test_a_damaged_copy_is_not_trusted_because_of_its_name_and_is_replaced(root, artifacts, damage):
    store_bytes(artifacts, b"hello")
    path = artifacts.local_path(HELLO)
    os.chmod(path, 0o600)
    with open(path, "wb") as blob:
        blob.write(damage)
    with ContentWriter(artifacts) as writer:
        writer.add_stream(io.BytesIO(b"hello"))
        assert writer.commit() == 5
        assert writer.repaired == [HELLO]
    assert trouble(artifacts, HELLO, 5) is None
    assert os.stat(path).st_mode & 0o777 == 0o444
    assert os.listdir(root / "tmp") == []


def test_absent_is_what_is_missing_or_has_another_size(bucket):
    store_bytes(bucket, b"hello")
    there, missing = ManifestFile(HELLO, "a", 5), ManifestFile(digest(b"x"), "b", 1)
    longer = ManifestFile(HELLO, "c", 6)
    assert missing_from(bucket, [there, missing, longer]) == (missing, longer)
    assert missing_from(bucket, [Content(HELLO, 5), Content(HELLO, 6)]) == (Content(HELLO, 6),)


def test_check_says_what_is_wrong(artifacts):
    assert trouble(artifacts, HELLO, 5) == "missing"
    store_bytes(artifacts, b"hello")
    assert trouble(artifacts, HELLO, 5) is None
    path = artifacts.local_path(HELLO)
    os.chmod(path, 0o600)
    with open(path, "r+b") as blob:
        blob.write(b"j")
    assert trouble(artifacts, HELLO, 5) == f"its bytes are {digest(b'jello')} instead of {HELLO}"
    os.truncate(path, 2)
    assert trouble(artifacts, HELLO, 5) == "2 bytes instead of 5"


@given(data=st.binary(min_size=1, max_size=300), bit=st.integers(0))
def test_any_flipped_bit_is_found(tmp_path_factory, data, bit):
    from modelkeep.store.bucket.directory import create_store

    root = str(tmp_path_factory.mktemp("store"))
    create_store(root)
    artifacts = DirectoryBucket(root)
    content = store_bytes(artifacts, data)
    path = artifacts.local_path(content.digest)
    os.chmod(path, 0o600)
    byte, mask = bit // 8 % len(data), 1 << bit % 8
    with open(path, "r+b") as blob:
        blob.seek(byte)
        blob.write(bytes([data[byte] ^ mask]))
    file = ManifestFile(content.digest, "x", content.size)
    assert trouble(artifacts, content.digest, content.size) is not None
    with open(f"{root}/out", "w+b") as out, pytest.raises(IntegrityError):
        copy_out(artifacts, file, out.fileno(), lambda _: None)


def test_a_stream_that_trickles_is_read_to_its_end():
    class Trickle(io.RawIOBase):
        def __init__(self):
            self.left = 1000

        def readable(self):
            return True

        def readinto(self, buffer):
            self.left -= 1
            buffer[:7] = b"trickle"
            return 7 if self.left >= 0 else 0

    assert [bytes(chunk) for chunk in chunks_of(Trickle())] == [b"trickle" * 1000]


def test_a_pipe_that_was_made_non_blocking_is_not_cut_short():
    out, into = os.pipe()
    os.set_blocking(out, False)

    def write():
        started.wait()
        with os.fdopen(into, "wb", buffering=0) as pipe:
            for _ in range(3):
                pipe.write(b"x" * 50_000)

    started = threading.Event()
    writer = threading.Thread(target=write)
    writer.start()
    with os.fdopen(out, "rb", buffering=0) as pipe:
        assert pipe.read(1) is None  # nothing there yet
        started.set()
        assert sum(len(chunk) for chunk in chunks_of(pipe)) == 150_000
    writer.join()


@pytest.mark.parametrize("size", [0, 8 * 1024 * 1024 - 1, 8 * 1024 * 1024, 11_000_003])
def test_a_file_is_hashed_up_to_a_size_or_to_its_end(tmp_path, size):
    data = random.Random(size).randbytes(size)
    (tmp_path / "a").write_bytes(data)
    with open(tmp_path / "a", "rb") as file:
        for most in (size, size + 5, 2 * size + 9_000_000, size // 2):
            done = []
            content = content_of_file(file.fileno(), most, done.append)
            assert (content.digest, content.size) == (digest(data[:most]), min(size, most))
            assert sum(done) == content.size
    assert threading.active_count() == 1


def test_who_counts_may_stop_the_hashing_and_no_thread_goes_on(tmp_path):
    (tmp_path / "a").write_bytes(bytes(20_000_000))

    def stop(_done):
        raise KeyboardInterrupt

    with open(tmp_path / "a", "rb") as file, pytest.raises(KeyboardInterrupt):
        content_of_file(file.fileno(), 20_000_000, stop)
    assert threading.active_count() == 1


def test_a_file_that_cannot_be_read_to_its_end_raises_in_the_thread_that_asked(tmp_path):
    descriptor = os.open(tmp_path, os.O_RDONLY)  # of a directory nothing is read
    try:
        for size in (5, 20_000_000):
            with pytest.raises(IsADirectoryError):
                content_of_file(descriptor, size, lambda _: None)
    finally:
        os.close(descriptor)
    assert threading.active_count() == 1


def test_of_a_file_that_grows_one_byte_more_is_read_and_no_further(tmp_path):
    (tmp_path / "grows").write_bytes(b"x" * 2 * CHUNK)
    with (tmp_path / "grows").open("rb", buffering=0) as stream:
        assert content_of(stream, expected=1000).size == 1001
        assert stream.seek(0, io.SEEK_CUR) == 1001
