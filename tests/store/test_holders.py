"""Who holds a lock, read from the kernel's table."""

import os
import pwd
import sys
import time

import pytest

from modelkeep.store.access.holders import holder_of, running_seconds

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")


@pytest.fixture
def lock(tmp_path):
    path = tmp_path / "registry.lock"
    path.touch()
    return path


def row(path, pid, kind="FLOCK  ADVISORY  WRITE", *, waits=""):
    status = os.stat(path)
    place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    return f"1: {waits}{kind} {pid} {place} 0 EOF\n"


def test_a_holder_is_a_process_and_its_account(lock, tmp_path):
    other = tmp_path / "other"
    other.touch()
    found = holder_of(str(lock), row(other, 1) + row(lock, os.getppid()))
    assert (found.pid, found.user, found.stopped) == (os.getppid(), pwd.getpwuid(os.getuid()).pw_name, False)
    assert str(found) == f"process {found.pid} of {found.user}"


def test_a_writer_is_named_before_readers(lock):
    table = row(lock, os.getppid(), "POSIX  ADVISORY  READ") + row(lock, 1)
    assert holder_of(str(lock), table).pid == 1


def test_who_waits_is_no_holder_nor_are_we_nor_who_is_not_to_be_seen(lock):
    assert holder_of(str(lock), row(lock, 1, waits="-> ")) is None
    assert holder_of(str(lock), row(lock, os.getpid())) is None
    for pid in (0, -1, 2**22 + 1):
        assert holder_of(str(lock), row(lock, pid)) is None


@pytest.mark.parametrize("table", ["", "1: FLOCK", "nonsense\n\n"])
def test_a_table_that_tells_nothing_names_nobody(lock, table):
    assert holder_of(str(lock), table) is None


def test_a_file_that_is_gone_has_no_holder(tmp_path):
    assert holder_of(str(tmp_path / "gone")) is None


def test_a_process_has_been_running_for_as_long_as_it_took_of_the_processor_and_not_since_it_was_looked_at():
    assert time.process_time() <= running_seconds(os.getpid()) < time.clock_gettime(time.CLOCK_BOOTTIME)
    assert running_seconds(2**30) is None
