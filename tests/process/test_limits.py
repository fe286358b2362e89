"""What a shell's limits do to a command: it is told, and the old state stays."""

import subprocess

import pytest

pytestmark = [pytest.mark.process, pytest.mark.linux]


def under(run, limit: str, words: str) -> tuple[str, int]:
    """Return what a command says on stderr below a limit, and its exit code."""
    done = subprocess.run(
        ["sh", "-c", f"{limit}; exec modelkeep {words}"], cwd=run.cwd, env=run.env, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    return done.stderr, done.returncode


@pytest.mark.parametrize("words", ["list", "tag fraud@1 a=1", "register fraud model.onnx", "init", "doctor"])
def test_a_shell_that_lets_a_process_open_few_files_is_named(run, words):
    for most in (5, 6, 63):  # with fewer, Python cannot start
        told, code = under(run, f"ulimit -n {most}", words)
        assert (code, told.splitlines()) == (7, [
            f"error: a process may open {most} files here, and a command may need 64",
            "hint: ulimit -n 64        (in a shell that may raise the limit)",
        ])  # fmt: skip


def test_a_limit_that_may_be_raised_is_raised(run):
    (run.cwd / "model.onnx").write_text("weights")
    for words in ("init", "register fraud model.onnx", "promote fraud@1 production", "get fraud@1 out.onnx", "verify"):
        assert under(run, "ulimit -S -n 5", words)[1] == 0
