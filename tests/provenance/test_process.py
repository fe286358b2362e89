"""Child processes end in time, with their children, and leave nothing open."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from modelkeep.provenance import child_process

SH = shutil.which("sh")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="for POSIX")


def run(script: str, seconds: float = 10, take: child_process.Take | None = None) -> child_process.Outcome:
    return child_process.run([SH, "-c", script], {"PATH": os.environ["PATH"]}, time.monotonic() + seconds, take)


def open_files() -> list[str]:
    return sorted(os.listdir("/proc/self/fd"))


def test_what_a_process_says_comes_with_its_code():
    assert run("echo out; echo err >&2; exit 3") == child_process.Outcome(3, b"out\n", b"err\n")


def test_it_has_no_input():
    assert run("cat").out == b""


def test_one_that_takes_too_long_is_ended():
    started = time.monotonic()
    assert run("echo begun; sleep 60", 0.3).code is None
    assert time.monotonic() - started < 5


def test_one_that_closes_its_output_and_stays_is_ended_too():
    started = time.monotonic()
    assert run("exec >&- 2>&-; sleep 60", 0.3).code is None
    assert time.monotonic() - started < 5


def test_no_more_than_a_mebibyte_or_so_is_kept():
    outcome = run("head -c 20000000 /dev/zero")
    assert outcome.code == 0
    assert len(outcome.out) < 1_200_000


def test_what_is_taken_is_taken_whole_or_until_it_is_enough():
    sizes = []
    assert run("head -c 3000000 /dev/zero", take=lambda data: sizes.append(len(data)) or True).code == 0
    assert sum(sizes) == 3_000_000
    assert run("yes", take=lambda _: False).code is None


def test_nothing_stays_open_and_nobody_stays_unburied():
    run("true")
    before = open_files()
    for _ in range(3):
        run("echo x; sleep 60", 0.05)
        run("true")
    assert open_files() == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_what_cannot_be_started_raises_and_leaves_nothing_open():
    before = open_files()
    with pytest.raises(OSError, match="nowhere"):
        child_process.run(["/nowhere/git"], {}, time.monotonic() + 1)
    assert open_files() == before


def test_it_works_with_closed_standard_streams():
    code = (
        "import os, time, sys\n"
        "for fd in (0, 1, 2): os.close(fd)\n"
        "from modelkeep.provenance import child_process as process\n"
        f"o = process.run([{SH!r}, '-c', 'echo out; echo err >&2'], {{}}, time.monotonic() + 9)\n"
        "os._exit(0 if (o.code, o.out, o.err) == (0, b'out\\n', b'err\\n') else 9)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_where_the_system_buries_children_it_still_answers():
    code = (
        "import os, time, signal\n"
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "from modelkeep.provenance import child_process as process\n"
        f"print(process.run([{SH!r}, '-c', 'echo out'], {{}}, time.monotonic() + 9).out)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "b'out\\n'\n"


def test_a_broken_pipe_ends_it_as_it_would_in_a_shell():
    assert run("kill -PIPE $$; echo survived") == child_process.Outcome(-signal.SIGPIPE, b"", b"")


def test_running_costs_no_import_of_subprocess():
    code = "import sys; from modelkeep.provenance import git; git.identity('/'); print('subprocess' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_programs_are_found_in_absolute_directories_only(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "git").write_text("")
    (tmp_path / "git").chmod(0o755)
    assert child_process.find("git", {"PATH": f".::{os.sep}nowhere"}) is None
    assert child_process.find("git", {"PATH": f"{tmp_path}"}) == str(tmp_path / "git")
    (tmp_path / "git").chmod(0o644)
    if os.geteuid():
        assert child_process.find("git", {"PATH": f"{tmp_path}"}) is None
