"""The queue of writers: its turn, its deadline, and nothing of it left behind."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
import time

import pytest

from modelkeep.errors import Busy
from modelkeep.store.backup_place import BackupPlace
from modelkeep.store.db.sqlite.writers_queue import queued

HOLD = "import fcntl, sys; f = open(sys.argv[1], 'r+'); fcntl.flock(f, 2); print('held', flush=True); sys.stdin.read()"


@pytest.fixture
def lock(tmp_path):
    path = tmp_path / "registry.lock"
    path.touch()
    return str(path)


@pytest.fixture
def holder(lock):
    """Hold the lock in another process until its standard input is closed."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"held\n"
    yield process
    process.stdin.close()
    process.wait()
    process.stdout.close()


def untouched():
    return signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0) and signal.getsignal(signal.SIGALRM) == signal.SIG_DFL


def test_who_does_not_get_the_lock_in_time_is_told_and_leaves_no_alarm(lock, holder):
    with pytest.raises(Busy, match=r"is writing to it; waited 0\.2 s"), queued(lock, time.monotonic() + 0.2, 0.2):
        pytest.fail("another process holds it")
    assert untouched()


def test_who_waits_gets_the_lock_when_it_is_release_and_leaves_no_alarm(lock, holder):
    holder.stdin.close()
    with queued(lock, time.monotonic() + 60, 60):
        assert untouched()
    assert untouched()


@pytest.fixture
def forked():
    """Fork a process that lives until the test is over."""
    children = []

    def fork():
        children.append(os.fork())
        if children[-1] == 0:
            time.sleep(60)
            os._exit(0)

    yield fork
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_process_that_was_forked_meanwhile_does_not_keep_the_lock(lock, forked):
    """Another thread of a program that trains may begin its workers at any moment, and they live for hours."""
    with queued(lock, time.monotonic() + 60, 60):
        forked()
    with queued(lock, time.monotonic(), 0):  # it waits for nobody
        pass


def test_a_process_that_was_forked_meanwhile_keeps_no_backup_out(tmp_path, forked):
    with BackupPlace(str(tmp_path)).locked():
        forked()
    with BackupPlace(str(tmp_path)).locked():
        pass


def test_an_alarm_of_somebody_else_is_left_alone(lock, holder):
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(True))
    try:
        with pytest.raises(Busy), queued(lock, time.monotonic() + 0.2, 0.2):
            pytest.fail("another process holds it")
        assert rung == []
        assert signal.getsignal(signal.SIGALRM) is not signal.SIG_DFL
    finally:
        signal.signal(signal.SIGALRM, before)


def test_where_there_are_no_such_locks_sqlite_alone_keeps_writers_apart(lock, monkeypatch):
    def none(_descriptor, _how):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", none)
    entered = False
    with queued(lock, time.monotonic() + 1, 1):
        entered = True
    assert entered
