"""A content comes into a bucket from a source that nobody trusts: right, or not at all, and what was damaged is kept."""

import io

import pytest
from memory_bucket import MemoryBucket

from modelkeep.store.bucket.directory import DirectoryBucket, create_store
from modelkeep.store.content.hashing import content_of_bytes
from modelkeep.store.content.transfer import transfer

RIGHT = b"right bytes"
WANTED = content_of_bytes(RIGHT)


@pytest.fixture(params=["directory", "memory"])
def bucket(request, tmp_path):
    if request.param == "memory":
        return MemoryBucket()
    create_store(str(tmp_path / "store"))
    return DirectoryBucket(str(tmp_path / "store"))


@pytest.fixture
def source(tmp_path):
    """Return a function that makes an open file of some bytes."""

    def opened(data):
        path = tmp_path / "source"
        path.write_bytes(data)
        return io.FileIO(path)

    return opened


def bring(bucket, stream, **how):
    with stream, bucket.upload() as upload:
        done = transfer(stream, WANTED, upload, **how)
        upload.flush()
    return done


def held(bucket):
    with bucket.get(WANTED.digest) as stream:
        return stream.read()


def test_right_bytes_come_in_and_are_counted(bucket, source):
    counted = []
    done = bring(bucket, source(RIGHT), count=counted.append)
    assert (done.found, done.kept, done.not_kept) == (WANTED, None, None)
    assert (held(bucket), sum(counted)) == (RIGHT, len(RIGHT))


@pytest.mark.parametrize("data", [b"", b"wrong bytes", RIGHT + b"!", RIGHT[:-1]])
def test_wrong_bytes_leave_no_trace(bucket, source, data):
    assert bring(bucket, source(data)).found != WANTED
    assert list(bucket.list()) == []


def test_what_they_replace_is_kept(bucket, source):
    with bucket.upload() as upload:
        draft = upload.draft()
        draft.write(b"damaged byte")
        draft.finish()
        upload.commit(draft, WANTED.digest)
        upload.flush()
    kept = bring(bucket, source(RIGHT)).kept
    assert held(bucket) == RIGHT
    if kept.startswith("memory:"):
        assert bucket.damaged == {WANTED.digest: b"damaged byte"}
    else:
        with open(kept, "rb") as file:
            assert file.read() == b"damaged byte"


def test_a_source_that_cannot_be_read_leaves_no_trace(bucket):
    class Failing(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, _view):
            raise OSError(5, "input/output error")

        def fileno(self):
            raise io.UnsupportedOperation

    with pytest.raises(OSError, match="input/output error"):
        bring(bucket, Failing())
    assert list(bucket.list()) == []
