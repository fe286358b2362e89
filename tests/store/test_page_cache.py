"""Reading once: no more than there should be, and memory afterwards as it was before."""

import ctypes
import io
import mmap
import os

import pytest

from modelkeep.store.content.hashing import content_of, read_once

SIZE = 1 << 20


@pytest.fixture
def path(tmp_path):
    """Return a file on a file system that can tell what of it is in memory, with none of it there."""
    path = tmp_path / "model"
    path.write_bytes(b"x" * SIZE)
    let_go(path)
    if in_memory(path):
        pytest.skip("the file system of the temporary directory does not let go of its files: set TMPDIR to a disk")
    return path


def let_go(path):
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


def in_memory(path):
    """Return how many pages of a file are in memory; looking brings none in."""
    library = ctypes.CDLL(None, use_errno=True)
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        pages = (ctypes.c_ubyte * (SIZE // mmap.PAGESIZE))()
        anchor = ctypes.c_char.from_buffer(mapped)
        place = ctypes.c_void_p(ctypes.addressof(anchor))
        assert library.mincore(place, ctypes.c_size_t(SIZE), pages) == 0
        del anchor
        return sum(page & 1 for page in pages)


@pytest.mark.linux
def test_what_was_not_in_memory_goes_again(path):
    with path.open("rb", buffering=0) as stream:
        assert content_of(read_once(stream, SIZE, window=SIZE // 2)).size == SIZE
    assert in_memory(path) == 0


@pytest.mark.linux
def test_what_others_are_using_stays(path):
    path.read_bytes()
    with path.open("rb", buffering=0) as stream:
        assert content_of(read_once(stream, SIZE)).size == SIZE
    assert in_memory(path) == SIZE // mmap.PAGESIZE


def test_of_a_file_that_grows_one_byte_more_is_read_and_no_further(tmp_path):
    path = tmp_path / "grows"
    path.write_bytes(b"x" * SIZE)
    with path.open("rb", buffering=0) as stream:
        assert content_of(read_once(stream, 1000)).size == 1001
        assert stream.seek(0, io.SEEK_CUR) == 1001
