"""An error is printed in two lines, or as one object."""

import pytest

from modelkeep.cli import error_output
from modelkeep.cli.views import errors
from modelkeep.errors import AmbiguousKey, NotFound, UsageError


def test_an_error_is_two_lines():
    error = NotFound("fraud has no version 7", "modelkeep list fraud        (newest is 4)")
    assert errors.as_text(error) == ("error: fraud has no version 7\nhint: modelkeep list fraud        (newest is 4)\n")


def test_without_a_hint_it_is_one():
    assert errors.as_text(NotFound("gone")) == "error: gone\n"


def test_what_has_several_lines_is_aligned():
    error = UsageError("two ways:\none", "first\nsecond")
    assert errors.as_text(error) == "error: two ways:\n       one\nhint: first\n      second\n"


def test_control_characters_are_shown():
    assert errors.as_text(NotFound("no \x1b[2J")) == "error: no \\x1b[2J\n"


def test_json_is_one_ascii_line():
    text = errors.as_json(NotFound("modèle\nx"))
    assert text.isascii()
    assert "\n" not in text


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["list", "--json"], True),
        (["--json", "list"], True),
        (["list", "--format", "json"], True),
        (["list", "--format=json"], True),
        (["list", "--format", "lines"], False),
        (["note", "fraud", "--", "--json"], False),
        ([], False),
    ],
)
def test_json_is_known_from_arguments_that_cannot_be_parsed(arguments: list[str], wanted: bool):
    assert error_output.wants_json(arguments) is wanted


def test_a_value_of_megabytes_is_not_echoed_whole():
    error = UsageError(f"not a legal key: '{'x' * 2_000_000}' in metrics.json", "y" * 2_000_000)
    shown = f"not a legal key: '{'x' * 282} [... 2,000,035 characters ...] {'x' * 83}' in metrics.json"
    assert error.message == shown
    assert str(error) == shown
    assert len(error.hint) < 500
    assert len(errors.as_text(error)) < 1_000
    assert UsageError(f"no file {'a/' * 2048}").message == f"no file {'a/' * 2048}"


def test_what_the_system_refuses_about_a_path_is_no_bug():
    error = error_output.unforeseen(PermissionError(13, "Permission denied", "/proc/1/root"))
    assert (error.exit_code, error.message) == (7, "/proc/1/root cannot be used: permission denied")
    assert error.hint == "ls -ld /proc/1/root"
    assert error_output.unforeseen(PermissionError(13, "Permission denied")).exit_code == 70
    assert error_output.unforeseen(FileNotFoundError(2, "No such file", "/usr/lib/x.py")).exit_code == 70


def test_a_bug_is_reported_as_one():
    error = error_output.unforeseen(KeyError("x"))
    assert error.exit_code == 70
    assert error.message == "this is a bug in modelkeep: KeyError: 'x'"


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (
            ["list", "m", "--sort", "metric.auc:desc"],
            "modelkeep list m --sort metric.auc@h@1:desc        (or metric.auc@t@1)",
        ),
        (
            ["list", "m", "--columns=ref,metric.auc,metric.auc2"],
            "modelkeep list m --columns=ref,metric.auc@h@1,metric.auc2        (or metric.auc@t@1)",
        ),
        (
            ["show", "m@1", "--field", "metric.auc"],
            "modelkeep show m@1 --field metric.auc@h@1        (or metric.auc@t@1)",
        ),
        (
            ["list", "--where", "tag.x = 'metric.auc' AND (metrics.`auc` > 0.9 OR metric.auc2 > 1)"],
            "modelkeep list --where \"tag.x = 'metric.auc' AND (metric.auc@h@1 > 0.9 OR metric.auc2 > 1)\"        (or metric.auc@t@1)",
        ),
    ],
)
def test_a_key_that_may_mean_several_is_answered_with_the_line_that_means_one(capsys, arguments: list[str], hint: str):
    error_output.write(AmbiguousKey("which?", "metric.auc", ("metric.auc@h@1", "metric.auc@t@1")), arguments)
    assert capsys.readouterr().err == f"error: which?\nhint: {hint}\n"


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["list", "fraud", "--sort", "acu", "-q"], "modelkeep list fraud --sort auc -q"),
        (["list", "--sort=acu"], "modelkeep list --sort=auc"),
        (["list", "acu", "--sort", "acu"], "modelkeep list acu --sort auc"),
        (
            ["list", "--where", "stage = 'acu' OR name = 'acu2'"],
            "modelkeep list --where \"stage = 'auc' OR name = 'acu2'\"",
        ),
        (["list", "--srot", "acu", "x"], "modelkeep list --sort auc x"),
        (["list"], "the fallback"),
    ],
)
def test_a_correction_is_answered_with_the_whole_line(capsys, arguments: list[str], hint: str):
    error_output.write(UsageError("no", "the fallback", correction=("acu", "auc")), arguments)
    assert capsys.readouterr().err == f"error: no\nhint: {hint}\n"
