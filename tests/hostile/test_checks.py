"""Evidence that is no report, and a `check run` that is interrupted."""

import os
import signal
import socket
import time

import pytest
from world import World

from modelkeep.errors import Conflict, NotFound, UsageError


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    world.register()
    return world


def refused(world, path, error=UsageError):
    with pytest.raises(error) as caught:
        world.registry.record_check("fraud@1", "bias", "pass", evidence=path)
    assert world.registry.checks("fraud@1") == ()
    assert list(world.context.bucket.stale_drafts()) == []
    return caught.value.message


def test_a_pipe_is_not_waited_for(world, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "is a pipe, a socket or a device: evidence is a regular file" in refused(world, tmp_path / "pipe")


def test_a_directory_a_socket_and_a_device_are_no_evidence(world, tmp_path):
    assert "is a directory" in refused(world, tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        assert "a socket" in refused(world, tmp_path / "socket")
    assert "a device" in refused(world, "/dev/null")


def test_a_file_of_the_system_that_says_it_is_empty_is_read(world, tmp_path):
    world.registry.record_check("fraud@1", "cpu", "pass", evidence="/proc/version")
    world.registry.check_evidence("fraud@1", "cpu", tmp_path / "out")
    with open("/proc/version", "rb") as file:
        assert (tmp_path / "out").read_bytes() == file.read()


def test_an_empty_file_is_evidence_of_nothing(world, tmp_path):
    (tmp_path / "report").touch()
    assert "is empty: it is evidence of nothing" in refused(world, tmp_path / "report")


def test_a_file_without_an_end_on_paper_is_refused_before_it_is_read(world, tmp_path):
    with open(tmp_path / "sparse", "wb") as file:
        file.truncate(1 << 40)
    assert "is larger than 1.1 GB" in refused(world, tmp_path / "sparse")


def test_a_sparse_file_within_the_bound_is_its_zeros(world, tmp_path):
    with open(tmp_path / "sparse", "wb") as file:
        file.truncate(3 << 20)
    done = world.registry.record_check("fraud@1", "bias", "pass", evidence=tmp_path / "sparse")
    assert done.evidence_bytes == 3 << 20
    world.registry.check_evidence("fraud@1", "bias", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == bytes(3 << 20)


def test_a_file_that_grows_while_it_is_read_is_refused(world, tmp_path, monkeypatch):
    from modelkeep.store.content.writer import ContentWriter

    path = tmp_path / "report"
    path.write_bytes(bytes(3 << 20))
    real = ContentWriter.add_stream

    def add_stream(self, stream, look=None):
        content = real(self, stream, look)
        with open(path, "ab") as file:
            file.write(b"more")
        return content

    monkeypatch.setattr(ContentWriter, "add_stream", add_stream)
    assert "was changed while it was read" in refused(world, path, Conflict)


@pytest.mark.parametrize("path", ["/no/such/report", "\x1b[31mred"])
def test_a_file_that_is_not_there_is_named_without_its_escapes(world, path):
    assert "\x1b" not in refused(world, path, NotFound)


def test_a_name_that_a_script_left_empty_is_none(world):
    assert refused(world, "") == "the evidence is a file without a name"


def test_the_name_of_a_registered_file_is_never_a_part_of_a_script(world, tmp_path):
    (tmp_path / "a;touch pwned;.pkl").write_bytes(b"evil")
    world.registry.register("evil", [tmp_path / "a;touch pwned;.pkl"])
    for words in (["sh", "-c", "cat {}"], ["sh", "-c", "cat<{}"], ["python3", "-c", "import os; os.stat('{}')"]):
        with pytest.raises(UsageError, match="characters that would be a part of the script"):
            world.registry.run_check("evil@1", "scan", words)
    words = ["sh", "-c", 'cd "$1" && cat "$MODELKEEP_PATH" && test ! -e pwned', "sh", str(tmp_path)]
    assert world.registry.run_check("evil@1", "scan", words).result == "pass"
    assert world.registry.run_check("evil@1", "scan", ["test", "-s", "{}"]).result == "pass"
    assert world.registry.run_check("evil@1", "scan", ["test", "--path={}", "!=", "x"]).result == "pass"


def test_evidence_with_escapes_comes_out_as_it_is_and_is_shown_without_them(world, tmp_path):
    (tmp_path / "report").write_bytes(b"\x1b[2J\x07gone")
    world.registry.record_check("fraud@1", "bias", "pass", evidence=tmp_path / "report", message="\x1b[2J")
    world.registry.check_evidence("fraud@1", "bias", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"\x1b[2J\x07gone"


def wait_for(path):
    until = time.monotonic() + 60
    while not (path.exists() and path.read_text().endswith("\n")):
        assert time.monotonic() < until, "it did not begin"
        time.sleep(0.01)
    return [int(pid) for pid in path.read_text().split()]


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.process
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_check_kills_its_command_and_records_nothing(run, number, code):
    (run.cwd / "model.onnx").write_bytes(b"one")
    for words in (("init",), ("register", "fraud", "model.onnx"), ("check", "record", "fraud@1", "scan", "pass")):
        assert run(*words).exit_code == 0
    pids = run.cwd / "pids"
    command = ["sh", "-c", f"trap '' INT TERM; sleep 600 & echo $$ $! > {pids}; wait"]
    process = run.start("check", "run", "fraud@1", "scan", "--", *command)
    found = wait_for(pids)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == code
    until = time.monotonic() + 20
    while any(map(is_alive, found)) and time.monotonic() < until:
        time.sleep(0.01)
    assert not any(map(is_alive, found))
    assert run("check", "list", "fraud@1").stdout.split("\t")[:3] == ["scan", "pass", "current"]


@pytest.mark.process
def test_what_a_command_prints_moves_no_cursor_and_a_failure_is_exit_1(run):
    (run.cwd / "model.onnx").write_bytes(b"one")
    for words in (("init",), ("register", "fraud", "model.onnx")):
        assert run(*words).exit_code == 0
    done = run("check", "run", "fraud@1", "scan", "--", "printf", "\\033[2Jred {}\\n")
    assert (done.exit_code, done.stdout) == (0, "scan: none -> pass\n")
    assert done.stderr.startswith("\\x1b[2Jred /")
    assert "\x1b" not in done.stderr
    failed = run("check", "run", "fraud@1", "scan", "--", "false")
    assert (failed.exit_code, failed.stdout, failed.stderr) == (1, "scan: pass -> fail\n", "exit code 1\n")
    assert run("check", "run", "fraud@1", "scan", "-q", "--", "echo", "x").stderr == ""
    assert run("check", "show", "fraud@1", "scan", "-o", "-").stdout.startswith("x /")
