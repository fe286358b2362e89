"""The process of a check: bounded in time and output, and nothing of its group is left when it has ended."""

import os
import signal
import sys
import threading
import time

import pytest

from modelkeep.changes.check_process import BoundedOutput, run_command
from modelkeep.domain.verbs.check import MOST_IN_DOCUMENT

PYTHON = [sys.executable, "-I", "-S", "-c"]


def run(arguments, *, seconds=30.0, grace=30.0, show=lambda _data: None, cwd="/", **environ):
    return run_command(
        arguments, cwd=cwd, environ={"PATH": os.environ["PATH"], **environ}, seconds=seconds, limit="a while", show=show, grace=grace
    )  # fmt: skip


def is_alive(pid):
    """Tell whether a process runs; one that waits to be reaped does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def dies(pid):
    """Wait until a process is gone."""
    until = time.monotonic() + 20
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return not is_alive(pid)


@pytest.mark.parametrize("code", [0, 1, 3, 255])
def test_the_exit_code_and_both_streams_in_their_order(code):
    ended = run(["sh", "-c", f"echo one; echo two >&2; echo three; exit {code}"])
    assert (ended.code, ended.outcome, ended.output) == (code, f"exit code {code}", b"one\ntwo\nthree\n")


@pytest.mark.parametrize(
    ("arguments", "outcome"),
    [
        (["/no/such/program"], "could not be started: No such file or directory"),
        (["/etc/passwd"], "could not be started: Permission denied"),
        (["/"], "could not be started: Permission denied"),
        (["true", "a\0b"], "could not be started: embedded null byte"),
        (["true", "x" * 3_000_000], "could not be started: Argument list too long"),
    ],
)
def test_what_cannot_be_started_has_no_code(arguments, outcome):
    ended = run(arguments)
    assert (ended.code, ended.outcome, ended.output) == (None, outcome, b"")


def test_a_script_without_an_interpreter_cannot_be_started(tmp_path):
    (tmp_path / "scan").write_bytes(b"no program")
    (tmp_path / "scan").chmod(0o755)
    assert run([str(tmp_path / "scan")]).outcome == "could not be started: Exec format error"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_command_that_is_killed_has_no_code(number):
    ended = run(["sh", "-c", f"kill -{int(number)} $$"])
    assert (ended.code, ended.outcome) == (None, f"killed by {number.name}")


def test_standard_input_is_empty():
    assert run(["cat"]).code == 0


def test_no_shell_reads_the_words():
    assert run(["printf", "%s|", "$HOME", "a b", "; false", "*"]).output == b"$HOME|a b|; false|*|"


def test_a_command_that_takes_too_long_is_ended_and_had_time_to_say_why():
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('cleaned up', flush=True), sys.exit(0)))\n"
        "print('begun', flush=True)\n"
        "time.sleep(600)"
    )
    ended = run([*PYTHON, code], seconds=2.0)
    assert (ended.code, ended.outcome) == (None, "timed out after a while")
    assert ended.output == b"begun\ncleaned up\n"


def test_a_command_that_ignores_sigterm_is_killed():
    code = "import os, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint(os.getpid(), flush=True)\ntime.sleep(600)"
    ended = run([*PYTHON, code], seconds=2.0, grace=0.1)
    assert ended.outcome == "timed out after a while"
    assert dies(int(ended.output))


def test_children_of_the_group_are_killed_with_it():
    ended = run(["sh", "-c", "sleep 600 & echo $!; sleep 600 & echo $!; wait"], seconds=1.0)
    children = [int(pid) for pid in ended.output.split()]
    assert len(children) == 2
    assert all(map(dies, children))


def test_children_that_a_command_leaves_behind_are_killed_and_not_waited_for():
    ended = run(["sh", "-c", "sleep 600 & echo $!"], seconds=600.0)
    assert ended.code == 0
    assert dies(int(ended.output))


def test_a_daemon_that_has_left_the_group_is_not_waited_for():
    ended = run(
        ["sh", "-c", "setsid sh -c 'while :; do echo spam; sleep 0.01; done' & echo $!; sleep 0.2"], seconds=600.0
    )
    daemon = int(ended.output.split()[0])
    os.kill(daemon, signal.SIGKILL)
    assert ended.code == 0


def test_a_command_that_closes_its_output_is_waited_for():
    assert run(["sh", "-c", "exec >&- 2>&-; sleep 0.2; exit 7"]).code == 7


def test_the_output_is_bounded_and_keeps_beginning_and_end():
    shown = []
    code = "import sys\nfor number in range(300_000): sys.stdout.write(f'line {number}\\n')"
    ended = run([*PYTHON, code], show=lambda data: shown.append(len(data)))
    assert ended.code == 0
    assert len(ended.output) <= MOST_IN_DOCUMENT
    assert ended.output.startswith(b"line 0\nline 1\n")
    assert ended.output.endswith(b"line 299999\n")
    assert b" bytes]\n" in ended.output
    assert sum(shown) == sum(len(f"line {number}\n") for number in range(300_000))


def test_output_without_an_end_ends_in_time():
    shown = 0

    def show(data):
        nonlocal shown
        shown += len(data)

    ended = run([*PYTHON, "import os\nwhile True: os.write(1, b'x' * 65536)"], show=show, seconds=1.0, grace=0.1)
    assert ended.outcome == "timed out after a while"
    assert shown > MOST_IN_DOCUMENT
    assert len(ended.output) <= MOST_IN_DOCUMENT


@pytest.mark.parametrize(
    "size", [0, 1, MOST_IN_DOCUMENT - 100, MOST_IN_DOCUMENT - 99, MOST_IN_DOCUMENT, 5 * MOST_IN_DOCUMENT]
)
def test_what_is_kept_and_what_is_left_out_make_the_whole(size):
    output = BoundedOutput()
    data = os.urandom(64) * (size // 64 + 1)
    data = data[:size]
    for start in range(0, size, 50_000):
        output.add(data[start : start + 50_000])
    kept = output.data
    assert len(kept) <= MOST_IN_DOCUMENT
    first, note, last = kept.partition(b"\n[modelkeep left out ")
    if not note:
        assert kept == data
        return
    number, _, last = last.partition(b" bytes]\n")
    assert data == first + data[len(first) : len(first) + int(number)] + last


def test_an_interruption_kills_the_group():
    pids = []

    def show(data):
        pids.extend(int(pid) for pid in data.split())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(["sh", "-c", "sleep 600 & echo $$ $!; wait"], show=show)
    assert len(pids) == 2
    assert all(map(dies, pids))


def test_a_reader_that_went_away_kills_the_group():
    def show(_data):
        raise BrokenPipeError

    before = threading.active_count()
    with pytest.raises(BrokenPipeError):
        run(["sh", "-c", "echo x; sleep 600"], show=show)
    assert threading.active_count() == before


def test_an_interruption_while_the_command_starts_kills_it_too(monkeypatch, tmp_path):
    pids = tmp_path / "pids"
    real, interrupted = os.read, []

    def read(descriptor, size):
        if not interrupted:  # `Popen` waits there for the news that the program could be started
            while not pids.exists() or not pids.read_text():
                time.sleep(0.01)
            interrupted.append(True)
            raise KeyboardInterrupt
        return real(descriptor, size)

    monkeypatch.setattr(os, "read", read)
    with pytest.raises(KeyboardInterrupt):
        run(["sh", "-c", f"sleep 600 & echo $! > {pids}; wait"])
    monkeypatch.undo()
    assert dies(int(pids.read_text()))
