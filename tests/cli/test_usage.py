"""What cannot be parsed is refused in our words, with what was likely meant."""

import pytest

from modelkeep.cli import app, command_table
from modelkeep.cli.commands.compare import expanded
from modelkeep.errors import ModelkeepError, UsageError


def refused(*words: str) -> tuple[str, str | None]:
    with pytest.raises(ModelkeepError) as error:
        app.run(list(words))
    assert error.value.exit_code == 2
    return error.value.message, error.value.hint


@pytest.mark.parametrize(
    ("typed", "ours"),
    [
        ("download", "get"), ("pull", "get"), ("upload", "register"), ("add", "register"), ("push", "register"),
        ("versions", "list"), ("log", "audit"), ("info", "show"), ("transition", "promote"), ("stage", "promote"),
        ("assign", "promote"), ("revert", "rollback"), ("undo", "rollback"),
    ],
)  # fmt: skip
def test_verbs_that_people_bring_are_answered_with_ours(typed: str, ours: str):
    assert refused(typed, "fraud@3", "a b") == (f"there is no command '{typed}'", f"modelkeep {ours} fraud@3 'a b'")


def test_taking_away_is_archiving_or_deleting():
    for typed in ("rm", "remove"):
        message, hint = refused(typed, "fraud@3")
        assert message == f"there is no command '{typed}'"
        assert hint == "modelkeep archive fraud@3 or modelkeep delete fraud@3"


def test_a_misspelt_command_is_answered_with_the_closest():
    assert refused("promot", "fraud@3", "staging") == (
        "there is no command 'promot'",
        "modelkeep promote fraud@3 staging",
    )


def test_help_and_version_are_options_here():
    assert refused("help") == ("there is no command 'help'", "modelkeep --help")
    assert refused("help", "promote")[1] == "modelkeep promote --help"
    assert refused("version")[1] == "modelkeep --version"


def test_a_word_like_no_command_is_answered_with_the_help():
    assert refused("xyzzy") == ("there is no command 'xyzzy'", "modelkeep --help")


def test_a_misspelt_command_of_a_group_is_answered_with_the_closest():
    assert refused("config", "lst") == ("there is no command 'config lst'", "modelkeep config list")
    assert refused("config") == ("config needs one of list, get, set, trust", "modelkeep config list")


def test_a_misspelt_option_is_answered_with_the_closest():
    assert refused("promote", "fraud@4", "staging", "--mesage", "x") == (
        "modelkeep promote has no option '--mesage'",
        "--message",
    )
    assert refused("list", "--bogus") == ("modelkeep list has no option '--bogus'", "modelkeep list --help")


def test_what_is_missing_is_named_as_the_usage_line_names_it():
    assert refused("promote", "fraud@4") == ("modelkeep promote needs STAGE", "modelkeep promote REF STAGE [OPTIONS]")
    assert refused("register", "fraud")[0] == "modelkeep register needs PATH"


def test_what_is_too_much_is_named():
    assert refused("list", "a", "b", "c") == (
        "modelkeep list does not take 'b c'",
        "modelkeep list [NAME|PATTERN] [OPTIONS]",
    )


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("restore", "modelkeep --registry x backup DIR        (where the registry is to be again)"),
        ("repair", "modelkeep verify --bytes --repair x"),
        ("undelete", "modelkeep show x"),
        ("unarchive", "modelkeep archive --undo x"),
        ("demote", "modelkeep retire x or modelkeep rollback x"),
        ("trust", "modelkeep config trust x"),
    ],
)
def test_a_word_for_the_way_back_is_not_answered_with_the_way_there(typed: str, hint: str):
    assert refused(typed, "x") == (f"there is no command '{typed}'", hint)


def test_nobody_is_led_to_force():
    assert refused("delete", "fraud@1", "--grace", "0")[1] == "modelkeep delete --help"
    assert refused("delete", "fraud@1", "--forse")[1] == "--force"


def test_an_option_without_its_value_is_named():
    assert refused("promote", "fraud@4", "staging", "-m") == ("-m needs a value", "modelkeep promote --help")
    assert refused("--registry") == ("--registry needs a value", "modelkeep --help")


@pytest.mark.parametrize("value", ["many", "0", "-1", "1.5", "", "9" * 20])
def test_a_number_that_is_none_is_named_with_its_option(value: str, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert refused("list", f"--limit={value}") == (
        f"--limit cannot be '{value}'",
        "--limit takes a whole number, 1 or more",
    )
    assert refused("audit", f"--limit={value}")[0] == f"--limit cannot be '{value}'"
    assert refused("lineage", "fraud@1", f"--depth={value}")[0] == f"--depth cannot be '{value}'"


def test_a_word_that_is_none_of_those_allowed_is_answered_with_the_closest():
    assert refused("list", "--format", "jsn") == ("--format cannot be 'jsn'", "--format json")
    assert refused("--format", "xml", "list")[0] == "--format cannot be 'xml'"
    assert refused("register", "m", "p", "--if-exists", "ski") == ("--if-exists cannot be 'ski'", "--if-exists skip")
    assert refused("mark", "fraud@3", "god") == ("the mark cannot be 'god'", "modelkeep mark fraud@3 good")
    assert refused("mark", "fraud@3", "okay") == ("the mark cannot be 'okay'", "modelkeep mark fraud@3 bad|good")
    assert refused("demo", "--json") == ("the demo is a story to be read, and has no JSON document", "modelkeep demo")
    assert refused("completion", "tcsh") == ("the shell cannot be 'tcsh'", "modelkeep completion bash")


def test_a_tree_is_a_format_of_lineage_only():
    assert refused("list", "--format", "tree")[0] == "--format cannot be 'tree'"


def test_control_characters_that_were_typed_are_shown():
    assert refused("\x1b[2J")[0] == "there is no command '\\x1b[2J'"


@pytest.mark.parametrize(
    ("words", "refs"),
    [
        (["fraud", "3", "4"], ["fraud@3", "fraud@4"]),
        (["fraud@3", "@4"], ["fraud@3", "fraud@4"]),
        (["fraud", "production", "@latest", "1.2"], ["fraud@production", "fraud@latest", "fraud@1.2"]),
        (["fraud@3", "churn@2"], ["fraud@3", "churn@2"]),
        (["fraud@4"], ["fraud@4"]),
        (["fraud"], ["fraud"]),
        (["sha256:0c416566", "fraud@4"], ["sha256:0c416566", "fraud@4"]),
    ],
)
def test_a_first_word_without_at_that_others_follow_is_the_model(words: list[str], refs: list[str]):
    assert expanded(words) == refs


@pytest.mark.parametrize("words", [[], ["@3"], ["@3", "@4"], ["sha256:0c416566", "@4"]])
def test_a_selector_without_a_model_is_refused(words: list[str]):
    with pytest.raises(UsageError):
        expanded(words)


def test_every_command_is_built_has_help_and_an_example():
    tree = app.group()
    context = tree.make_context("modelkeep", ["status"])
    for row in command_table.COMMANDS:
        built = tree.get_command(context, row.name)
        assert built is not None, row.name
        assert row.examples, row.name
        for example in row.examples:
            assert f"modelkeep {row.name}" in example.replace("$(", " "), example
        if row.commands:
            assert built.list_commands(context) == [each.name for each in row.commands]


def test_list_answers_to_ls():
    tree = app.group()
    context = tree.make_context("modelkeep", ["status"])
    assert tree.get_command(context, "ls").name == "list"


@pytest.mark.parametrize("row", command_table.COMMANDS, ids=lambda row: row.name)
@pytest.mark.parametrize("width", ["60", "100"])
def test_help_fits_the_window(row: command_table.CommandRow, width: str, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", width)
    assert app.run([row.name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.isascii()
    assert shown.startswith(f"usage: modelkeep {row.name}")
    wide = [line for line in shown.splitlines() if len(line) > int(width)]
    assert [line for line in wide if not line.startswith(("usage:", "  modelkeep", "  eval"))] == []


def test_help_tells_every_exit_code(capsys):
    assert app.run(["promote", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.partition("Exit codes: ")[2].split())
    assert shown == (
        "0 done, 1 the answer is no (--exit-code), 2 usage, 3 not found, 4 conflict, 5 integrity, 6 busy, "
        "7 registry missing, 8 partly done, 70 unexpected failure, 130 interrupted (^C), 141 broken pipe."
    )


def test_h_is_help_everywhere(capsys):
    assert app.run(["-h"]) == 0
    assert app.run(["promote", "-h"]) == 0
    assert capsys.readouterr().out.count("usage: ") == 2
