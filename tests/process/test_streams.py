"""Pipes that break, streams that are closed, disks that are full, locales that lack characters."""

import os
import signal
import subprocess

import pytest

pytestmark = pytest.mark.process


def shell(run, script: str, program: str = "dash", **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, "-c", script], capture_output=True, text=True, check=False, cwd=run.cwd, env={**run.env, **env}
    )


@pytest.mark.parametrize("words", ["list", "list --json", "audit", "--help", "show fraud@1"])
def test_a_reader_that_goes_away_is_141_and_silent(run, made, words: str):
    reading, writing = os.pipe()
    os.close(reading)
    process = run.start(*words.split(), stdout=writing)
    os.close(writing)
    _, stderr = process.communicate()
    assert (process.returncode, stderr) == (141, b"")


def test_a_loop_reads_cells_by_tab_none_of_them_empty(run, made):
    done = shell(
        run,
        "modelkeep list | while IFS='\t' read -r name stage version label since share; do"
        ' echo "$name|$stage|$version|$label|$share"; done',
    )
    assert done.stdout == "fraud|production|1|1.0|-\nrisk/churn|-|1|-|-\n"


def test_a_ref_can_be_taken_into_a_variable(run, made):
    done = shell(run, 'ref=$(modelkeep register fraud model2.onnx 2>/dev/null) && modelkeep promote "$ref" staging')
    assert done.stdout == "staging: none -> fraud@2\n"


def test_in_a_log_of_both_streams_the_answer_stands_above_its_notes(run, made):
    done = shell(run, "cp model3.onnx model3.bin; modelkeep register fraud model3.bin 2>&1 | cat", PYTHONUNBUFFERED="")
    assert done.stdout.splitlines()[:2] == ["fraud@3", "1.0 kB in 1 file"]


@pytest.mark.parametrize("words", ["list", "show fraud@1", "--help", "config --help", "list --help", "--version"])
def test_a_full_disk_behind_stdout_is_told(run, made, words: str):
    with open("/dev/full", "wb") as full:
        process = run.start(*words.split(), stdout=full)
        _, stderr = process.communicate()
    assert process.returncode == 8
    assert stderr.startswith(b"error: the answer could not be written to standard output: No space left on device\n")


def test_a_full_disk_behind_stderr_hides_notes_and_changes_no_exit_code(run, made):
    done = shell(run, "modelkeep register fraud model3.onnx 2>/dev/full")
    assert (done.stdout, done.returncode) == ("fraud@3\n", 0)
    assert shell(run, "modelkeep show fraud@9 2>/dev/full").returncode == 3


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_answer_of_which_only_the_beginning_fits_is_told(run, made, unbuffered: str):
    done = shell(run, "ulimit -f 1; modelkeep get fraud@1 - >cut-off", PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 8
    assert done.stderr == (
        "error: the answer could not be written to standard output: File too large\n"
        "hint: df -h .        (what was written is not the whole artifact: get it again)\n"
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_pipe_that_does_not_wait_is_told_when_it_is_full(run, made, unbuffered: str):
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    while True:
        try:
            os.write(writing, bytes(4096))
        except BlockingIOError:
            break
    process = run.start("list", stdout=writing, env={"PYTHONUNBUFFERED": unbuffered})
    os.close(writing)
    _, stderr = process.communicate()
    os.close(reading)
    assert process.returncode == 8
    assert stderr.startswith(b"error: the answer could not be written to standard output: ")


def test_a_closed_stdout_is_told_and_nothing_is_written_into_other_files(run, made):
    done = shell(run, "modelkeep list >&-")
    assert done.returncode == 8
    assert done.stderr.startswith("error: the answer could not be written to standard output: ")
    assert shell(run, "modelkeep promote fraud@2 staging >&- 2>&-").returncode == 8
    assert run("verify").exit_code == 0
    assert "staging" in run("list").stdout


def test_a_closed_stdin_is_no_trouble(run, made):
    assert shell(run, "modelkeep list <&-").returncode == 0
    assert shell(run, "modelkeep rollback fraud <&-").returncode == 4
    assert shell(run, "modelkeep pick fraud@production --keys-from - <&-").returncode == 2
    done = shell(run, "modelkeep register fraud - --filename x <&-")
    assert done.returncode in {2, 3}
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("locale", [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}, {"LC_ALL": "POSIX"}])
def test_what_a_locale_lacks_gets_a_stand_in_and_never_a_traceback(run, made, locale):
    run("note", "fraud@1", "déjà vu → ☃")
    run("tag", "fraud@1", "who=Zoë")
    for words in (
        ["show", "fraud@1"],
        ["show", "fraud@1", "--json"],
        ["audit"],
        ["lineage", "fraud@2", "--format", "tree"],
    ):
        done = run(*words, env=locale)
        assert (done.exit_code, done.stderr) == (0, ""), words


def test_json_is_utf8_in_every_locale(run, made):
    run("tag", "fraud@1", "who=Zoë")
    wanted = run("show", "fraud@1", "--json").stdout
    assert "Zoë" in wanted
    assert run("show", "fraud@1", "--json", env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}).stdout == wanted


def test_a_table_in_a_pipe_is_not_cropped(run, made):
    run("tag", "fraud@1", "long=" + "x" * 300)
    assert "x" * 300 in run("show", "fraud@1", "--format", "table", env={"COLUMNS": "60"}).stdout


def test_force_color_colours_tables_and_never_lines(run, made):
    forced = {"FORCE_COLOR": "1"}
    assert "\x1b[" in run("list", "--format", "table", env=forced).stdout
    assert "\x1b[" not in run("list", env=forced).stdout
    assert "\x1b[" not in run("list", "--format", "table", "--no-color", env=forced).stdout


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_standard_input_is_read_leaves_the_old_state(run, made, number, exit_code):
    process = run.start("register", "fraud", "-", "--filename", "m.bin", stdin=subprocess.PIPE)
    process.stdin.write(b"x" * 200_000)
    process.stdin.flush()
    _until_reading(process)
    process.send_signal(number)
    _, stderr = process.communicate()
    assert process.returncode == exit_code
    assert b"Traceback" not in stderr
    assert run("list", "fraud", "-q").stdout == "fraud@2\nfraud@1\n"
    assert run("verify").exit_code == 0


def test_a_second_interrupt_ends_at_once(run, made):
    script = (
        "import sys; sys.argv = ['modelkeep', 'whoami']\n"
        "import modelkeep.registry as r\n"
        "def stuck(self):\n"
        "    try:\n"
        "        print('ready', file=sys.stderr, flush=True); input()\n"
        "    finally:\n"
        "        print('cleaning', file=sys.stderr, flush=True)\n"
        "        while True: pass\n"
        "r.Registry.whoami = stuck\n"
        "from modelkeep.cli.main import main; sys.exit(main())"
    )
    process = subprocess.Popen(
        [run.script.with_name("python"), "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, cwd=made, env=run.env,
    )  # fmt: skip
    assert process.stderr.readline() == b"ready\n"
    process.send_signal(signal.SIGINT)
    assert process.stderr.readline() == b"cleaning\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == -signal.SIGINT


def test_an_interrupt_that_was_ignored_from_the_start_stays_ignored(run, made):
    done = shell(run, "trap '' INT; modelkeep config get color; modelkeep list -q")
    assert done.returncode == 0


def _until_reading(process: subprocess.Popen[bytes]) -> None:
    """Wait until the process has read what was written and waits for more."""
    import fcntl
    import struct
    import termios

    waiting = struct.pack("i", 0)
    while struct.unpack("i", fcntl.ioctl(process.stdin, termios.FIONREAD, waiting))[0]:
        assert process.poll() is None


def test_identify_reads_a_file_from_standard_input(run, made):
    data = (made / "model1.onnx").read_bytes()
    assert run("identify", "-", stdin=data).stdout == run("identify", "model1.onnx").stdout != ""
    assert run("identify", "-", stdin=b"").stdout == ""
