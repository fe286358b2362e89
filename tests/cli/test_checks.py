"""`check` on the command line: each wrong line is answered with the one that was meant."""

import pytest

BEHIND = "check run takes the program behind --, so that its options are its own"

pytestmark = pytest.mark.process


@pytest.fixture
def made(run):
    (run.cwd / "model.onnx").write_bytes(b"one")
    for words in (("init",), ("register", "fraud", "model.onnx"), ("check", "record", "fraud@1", "bias", "pass")):
        assert run(*words).exit_code == 0
    return run


def test_a_wrong_line_is_answered_with_the_one_that_was_meant(made):
    for typed, message, hint in (
        ("record fraud@1 pass bias", "a check ends with pass, fail or warn, not 'bias'", "record fraud@1 bias pass"),
        (
            "record fraud 1 bias pass",
            "check record takes a version as one word, not 'fraud 1'",
            "record fraud@1 bias pass",
        ),
        ("show fraud 1 bias", "check show takes a version as one word, not 'fraud 1'", "show fraud@1 bias"),
        ("list fraud", "check needs a version: fraud has latest 1", "list fraud@1"),
        (
            "run fraud@1 scan cat -n {}",
            BEHIND,
            "run fraud@1 scan -- cat -n '{}'",
        ),
        ("run fraud@1 scan picklescan -p {}", BEHIND, "run fraud@1 scan -- picklescan -p '{}'"),
        ("run fraud@1 scan cat -- -n", BEHIND, "run fraud@1 scan -- cat -n"),
        ("run fraud@1 scan true", BEHIND, "run fraud@1 scan -- true"),
        ("run fraud@1 scan", "check run needs a program behind --", "run fraud@1 scan -- picklescan -p '{}'"),
    ):
        done = made("check", *typed.split())
        assert (done.exit_code, done.stderr) == (2, f"error: {message}\nhint: modelkeep check {hint}\n"), typed
    assert made("check", "list", "fraud@1", "-q").stdout == "bias\n"


def test_the_answer_stands_on_a_line_of_its_own(made):
    done = made("check", "run", "fraud@1", "scan", "--", "printf", "no newline %.0s")
    assert done.stderr.startswith("no newline \nexit code 0\n")
    assert made("check", "run", "fraud@1", "scan", "-q", "-n", "--", "true").stdout == "pass\n"
