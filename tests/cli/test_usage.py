"""What cannot be parsed is refused in our words, with what was likely meant."""

import pytest

from modelkeep.cli import app, command_table
from modelkeep.errors import ModelkeepError


def refused(*words: str) -> tuple[str, str | None]:
    with pytest.raises(ModelkeepError) as error:
        app.run(list(words))
    assert error.value.exit_code == 2
    return error.value.message, error.value.hint


def test_help_and_version_are_understood_as_words(capsys):
    assert app.run(["help"]) == 0
    assert app.run(["help", "promote"]) == 0
    assert app.run(["help", "config", "set"]) == 0
    shown = capsys.readouterr().out
    for usage in ("modelkeep COMMAND", "modelkeep promote REF STAGE", "modelkeep config set KEY VALUE"):
        assert f"usage: {usage} [OPTIONS]\n" in shown
    assert app.run(["version"]) == 0
    assert capsys.readouterr().out.startswith("modelkeep ")
    assert refused("help", "promot")[1] == "modelkeep promote --help"
    assert refused("help", "statuz")[1] == "modelkeep status --help"
    with pytest.raises(ModelkeepError) as error:
        app.run(["help", "statez"])
    assert error.value.hint == "modelkeep help states"  # nearer than status


def test_a_word_like_no_command_is_answered_with_the_help():
    assert refused("xyzzy") == ("there is no command 'xyzzy'", "modelkeep --help")


def test_a_misspelt_command_of_a_group_is_answered_with_the_closest():
    assert refused("config", "lst") == ("there is no command 'config lst'", "modelkeep config list")
    assert refused("config") == ("config needs one of list, get, set, trust", "modelkeep config list")


def test_a_misspelt_option_is_answered_with_the_closest():
    assert refused("list", "--srot", "created")[1] == "modelkeep list --sort created"
    assert refused("promote", "fraud@4", "staging", "--mesage", "x") == (
        "modelkeep promote has no option '--mesage'",
        "modelkeep promote fraud@4 staging --message x",
    )
    assert refused("note", "fraud@1", "-3 points", "-n") == (
        "'-3 points' begins as an option does",
        "modelkeep note fraud@1 -n -- '-3 points'",
    )
    assert refused("list", "-3") == ("modelkeep list has no option '-3'", "modelkeep list --help")
    assert refused("list", "--bogus") == ("modelkeep list has no option '--bogus'", "modelkeep list --help")


@pytest.mark.parametrize("second", [["--on", "b@1"], ["--on=b@1"]])
def test_metrics_are_not_measured_on_two_datasets_at_once(second):
    assert refused("evaluate", "fraud@2", "-M", "auc=0.9", "--on", "a@1", *second) == (
        "--on was given 2 times: 'a@1' and 'b@1'; the metrics of one line are measured on one dataset",
        "modelkeep evaluate --help",
    )


def test_a_text_without_quotes_is_kept_whole_in_the_hint():
    assert refused("note", "fraud@2", "hello", "world") == (
        "modelkeep note takes its text in quotes",
        "modelkeep note fraud@2 'hello world'",
    )
    assert refused("describe", "fraud", "finds", "stolen", "cards", "-n") == (
        "modelkeep describe takes its text in quotes",
        "modelkeep describe fraud 'finds stolen cards' -n",
    )


def test_what_is_missing_is_named_as_the_usage_line_names_it():
    assert refused("promote", "fraud@4") == ("modelkeep promote needs STAGE", "modelkeep promote fraud@4 STAGE")
    assert refused("get", "fraud") == ("modelkeep get needs DEST", "modelkeep get fraud@latest DEST")
    assert refused("retire", "fraud") == ("modelkeep retire needs STAGE", "modelkeep retire fraud STAGE")
    assert refused("register", "fraud") == ("modelkeep register needs PATH", "modelkeep register fraud PATH")
    assert refused("promote") == (
        "modelkeep promote needs REF",
        'modelkeep promote fraud@4 production -m "march data"',
    )
    assert refused("promote", "fraud@4", "-m", "x", "--json")[1] == "modelkeep promote fraud@4 STAGE -m x --json"
    assert refused("completion")[1] == "modelkeep completion bash"


def test_what_is_too_much_is_named():
    assert refused("list", "a", "b", "c") == (
        "modelkeep list does not take 'b c'",
        "modelkeep list a",
    )


def test_nobody_is_led_to_force():
    assert refused("delete", "fraud@1", "--grace", "0")[1] == "modelkeep delete --help"
    assert refused("delete", "fraud@1", "--forse")[1] == "modelkeep delete fraud@1 --force"


def test_words_after_two_dashes_are_words(world):
    assert refused("show", "--", "churn", "2", "--field") == (
        "modelkeep show does not take '2 --field'",
        "modelkeep show -- churn",
    )
    assert (
        refused("show", "--registry", world.registry.directory, "--", "--json")[1]
        == "NAME@VERSION, as fraud@3, fraud@1.2, fraud@production or fraud@latest"
    )
    assert refused("tag", "churn", "--", "-k") == ("tag '-k' has no value", "K=V sets a tag, K- takes it off")


@pytest.mark.parametrize("words", [["show", "fraud@1; rm -rf"], ["show", "fraud@$(x)"], ["path", "fraud@a|b"]])
def test_of_what_is_no_mistyped_reference_nothing_is_guessed(words: list[str], world):
    assert refused(*words, "--registry", world.registry.directory)[1] in {
        "NAME@VERSION, as fraud@3, fraud@1.2, fraud@production or fraud@latest",
        "a number, a label, a stage, an alias, latest or sha256:HEX",
    }


def test_an_option_without_its_value_is_named():
    assert refused("promote", "fraud@4", "staging", "-m") == (
        "-m needs a value",
        "modelkeep promote fraud@4 staging -m TEXT",
    )
    assert refused("list", "--json=yes") == ("--json takes no value", "modelkeep list --json")
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
    assert refused("mark", "fraud@3", "okay") == (
        "the mark cannot be 'okay'",
        "modelkeep mark fraud@3 bad        (or good)",
    )
    assert refused("demo", "--json") == ("the demo is a story to be read, and has no JSON document", "modelkeep demo")
    assert refused("completion", "tcsh") == (
        "the shell cannot be 'tcsh'",
        "modelkeep completion bash        (or zsh, fish)",
    )
    assert refused("completion", "zsh", "--as", "mk\nrm") == (
        "the name of a program has no control characters",
        "modelkeep completion zsh",
    )


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (
            "error",
            "--if-exists match        (the default: refused where something is given that the version does not have)",
        ),
        (
            "ignore",
            "--if-exists skip        (the registered version is the answer, and what else was given is left out)",
        ),
        ("overwrite", "--if-exists new        (one more version; what is registered is never replaced)"),
        ("xyzzy", "--if-exists match|skip|new"),
    ],
)
def test_what_other_tools_call_the_ways_of_if_exists_is_explained(typed: str, hint: str):
    assert refused("register", "m", "p", "--if-exists", typed) == (f"--if-exists cannot be '{typed}'", hint)


@pytest.mark.parametrize("text", ["auc=0.9", "auc=.9", "mAP50(B)=+9e-1", "a=b=1", "loss=nan"])
def test_a_reason_that_reads_as_a_metric_is_refused_where_metrics_are_taken(text: str):
    message = f"-m is the reason of the change, and '{text}' reads as a metric: that is -M"
    shown = f"'{text}'" if "(" in text else text
    assert refused("register", "fraud", "model.onnx", "-m", text) == (
        message,
        f"modelkeep register fraud model.onnx -M {shown}",
    )
    assert refused("evaluate", "fraud@1", "-m", text) == (message, f"modelkeep evaluate fraud@1 -M {shown}")


def test_a_word_that_lacks_its_option_or_is_another_kind_of_name_is_answered_with_the_line(world):
    (world.work / "model.onnx").write_bytes(b"model")
    at = ("--registry", world.registry.directory)
    assert refused("evaluate", "fraud@1", "auc=0.9", "f1=0.8")[1] == "modelkeep evaluate fraud@1 -M auc=0.9 -M f1=0.8"
    assert refused("register", "fraud", "model.onnx", "auc=0.9")[1] == "modelkeep register fraud model.onnx -M auc=0.9"
    assert refused("tag", "fraud@1", "owner", "risk", *at)[1] == "modelkeep tag fraud@1 owner=risk"
    assert refused("label", "fraud@1", "champion", *at)[1] == "modelkeep alias fraud@1 champion"
    assert refused("alias", "fraud@1", "1.0", *at)[1] == "modelkeep label fraud@1 1.0"


def test_any_other_reason_is_a_reason(world):
    (world.work / "model.onnx").write_bytes(b"model")
    at = ["--registry", world.registry.directory]
    for number, text in enumerate(["better auc=0.9", "auc=high", "a reason", "=1"]):
        (world.work / "model.onnx").write_bytes(b"%d" % number)
        assert app.run(["register", "fraud", "model.onnx", "--code", "none", "-m", text, *at]) == 0
    assert app.run(["promote", "fraud@1", "production", "-m", "auc=0.9", *at]) == 0
    assert world.registry.audit("fraud@1", action="promote")[0].sentence.endswith('"auc=0.9"')


def test_a_tree_is_a_format_of_lineage_only():
    assert refused("list", "--format", "tree")[0] == "--format cannot be 'tree'"


def test_control_characters_that_were_typed_are_shown():
    assert refused("\x1b[2J")[0] == "there is no command '\\x1b[2J'"


def test_every_command_is_built_has_help_and_an_example():
    tree = app.group()
    context = tree.make_context("modelkeep", ["status"])
    for row in command_table.COMMANDS:
        built = tree.get_command(context, row.name)
        assert built is not None, row.name
        assert 2 <= len(row.examples) <= 3, row.name
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
        "7 registry missing, 8 partly done, 9 denied by the policy, 70 unexpected failure, 130 interrupted (^C), 141 broken pipe."
    )


def test_h_is_help_everywhere(capsys):
    assert app.run(["-h"]) == 0
    assert app.run(["promote", "-h"]) == 0
    assert capsys.readouterr().out.count("usage: ") == 2


def help_of(capsys, *words: str) -> str:
    assert app.run([*words, "--help"]) == 0
    return " ".join(capsys.readouterr().out.split())


def test_the_role_of_a_policy_is_not_explained_as_the_role_of_data(capsys):
    shown = help_of(capsys, "role", "grant")
    assert "The role, as the policy names it." in shown
    assert "what the data was used for" not in shown


def test_help_says_what_its_words_mean(capsys):
    shown = help_of(capsys, "register")
    for word in (
        "DATA a dataset: NAME or NAME@VERSION in your own words (transactions@2026-02), a URI, or with / or . in it a path",
        "ROLE what the data was used for, as train, validation or test",
        "GLOB a pattern of file names: '*.log' is compared with each name",
        "VERSION a version of this model by its number (3), its label (1.2.0) or its digest",
    ):
        assert word in shown, word
    assert (
        "--expect VERSION Change the stage or alias only if VERSION still has it; none: only if it is empty." in shown
    )
    assert "KEY what to sort by: created, version" in help_of(capsys, "list")
    assert "Words:" not in help_of(capsys, "whoami")


def test_help_names_the_options_of_all_commands_in_a_line(capsys):
    assert (
        "Options of all commands: --registry, --json, --format, -q, -v, --no-color, --yes, -0, --github-output, --no-pager, --no-input (modelkeep --help)."
    ) in help_of(capsys, "promote")


def test_commands_stand_in_panels_everyday_ones_first(capsys):
    assert app.run(["--help"]) == 0
    titles = [line for line in capsys.readouterr().out.splitlines() if line.endswith(":") and not line.startswith(" ")]
    order = ["Everyday:", "Annotate:", "Inspect:", "Govern:", "Run:", "Maintain:", "Setup:", "Options:"]
    assert titles == [title for title in order if title in titles]
    assert set(titles) >= {"Everyday:", "Annotate:", "Inspect:", "Maintain:", "Setup:"}


def test_a_file_without_a_name_is_registered_under_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "churn v2.pkl").touch()
    assert refused("register", "churn v2.pkl", "--label", "1.0") == (
        "modelkeep register needs NAME before 'churn v2.pkl'",
        "modelkeep register my-model 'churn v2.pkl' --label 1.0",
    )
