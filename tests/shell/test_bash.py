"""TAB in a real bash."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from shell_lines import TYPED_IN_BOTH

pytestmark = [pytest.mark.shell, pytest.mark.slow]


def rename(registry, name, new):
    """Give a model a name that no command gives, as an import or a forger might."""
    connection = sqlite3.connect(registry / "registry.db")
    connection.execute(
        "UPDATE model_name SET name = :new, folded = :new WHERE name = :name", {"name": name, "new": new}
    )
    connection.commit()
    connection.close()


def test_commands_and_options_are_completed(bash):
    assert bash.line("modelkeep sh\t") == ["modelkeep", "show"]
    assert bash.line("modelkeep promote --dr\t") == ["modelkeep", "promote", "--dry-run"]
    assert bash.line("modelkeep config s\t") == ["modelkeep", "config", "set"]
    assert bash.line("modelkeep --registry . his\t") == ["modelkeep", "--registry", ".", "history"]


def test_the_everyday_commands_stand_first(bash):
    assert bash.offers("modelkeep ")[:4] == ["register", "list", "show", "get"]


TYPED = TYPED_IN_BOTH | {
    "promote fr\t": "promote|fraud@",
    "promote fraud@p\t": "promote|fraud@production",
    "promote fraud@1 st\t": "promote|fraud@1|staging",
    "promote ch\tl\t pr\t": "promote|churn@latest|production",
    "rollback ch\t pro\t": "rollback|churn|production",
    "show 'fraud@p\t": "show|fraud@production",
    'show "fraud@p\t': "show|fraud@production",
    "show fraud\\@p\t": "show|fraud@production",
    "list --stage=pro\t": "list|--stage=production",
    "list --stage pro\t": "list|--stage|production",
    "list --sort metric.a\t": "list|--sort|metric.auc",
    "list --sort=metric.auc:d\t": "list|--sort=metric.auc:desc",
    "evaluate fraud@2 -M a\t1": "evaluate|fraud@2|-M|auc=1",
    "diff fraud 1 sta\t": "diff|fraud|1|staging",
    "diff fraud@1 @sta\t": "diff|fraud@1|@staging",
    "lineage co\t": "lineage|code:",
    "ls fr\t": "ls|fraud",
    "completion b\t": "completion|bash",
    "list --where me\tx": "list|--where|metric.x",
    """list --where "stage = 'production' AND al\t\"""": "list|--where|stage = 'production' AND alias",
    "promote nobody\t": "promote|nobody",
    "mark fraud@1 g\t": "mark|fraud@1|good",
    "gc --grace 3\t": "gc|--grace|30d",
    "verify --subset=3\t": "verify|--subset=3/7",
    "audit --since se\t9": "audit|--since|seq:9",
    "config set color al\t": "config|set|color|always",
}


def test_values_are_completed_through_the_characters_at_which_readline_breaks_words(bash, registries):
    assert {typed: "|".join(bash.line(f"modelkeep {typed}")[1:]) for typed in TYPED} == TYPED


def test_it_works_where_the_shell_breaks_words_elsewhere(bash):
    bash.send("shopt -u hostcomplete")
    assert bash.line("modelkeep promote fraud@p\t")[-1] == "fraud@production"
    bash.send("COMP_WORDBREAKS=${COMP_WORDBREAKS//[:=]/}")
    assert bash.line("modelkeep list --stage=pro\t")[-1] == "--stage=production"
    assert bash.line("modelkeep list --sort=metric.auc:d\t")[-1] == "--sort=metric.auc:desc"


def test_word_breaks_and_options_of_the_shell_stay_as_they_are(bare_bash, registry):
    bash = bare_bash()
    before = bash.send('printf %q "$COMP_WORDBREAKS"; shopt; set -o; declare -F')
    bash.send('eval "$(modelkeep completion bash)"')
    bash.line("modelkeep promote fraud@p\t")
    after = bash.send('printf %q "$COMP_WORDBREAKS"; shopt; set -o; declare -F')
    assert [line for line in after.splitlines() if "_modelkeep" not in line] == before.splitlines()


def test_all_selectors_of_a_model_are_listed(bash):
    assert bash.offers("modelkeep show fraud@") == ["@production", "@staging", "@latest", "@2", "@1"]


def test_what_is_listed_has_its_description_where_each_has_one(bash, run):
    (run.cwd / "policy.toml").write_text(
        '[[stages]]\nname = "staging"\nmeaning = "is tried out"\n[[stages]]\nname = "production"\nmeaning = "in use: $x"\n'
    )
    assert run("policy", "set", "policy.toml").exit_code == 0
    said = ["staging", "(is", "tried", "out)", "production", "(in", "use:", "$x)"]
    assert bash.offers("modelkeep promote fraud@1 ") == said
    assert bash.line("modelkeep promote fraud@1 st\t")[-1] == "staging"
    bash.send("bind 'set show-all-if-ambiguous on'")
    assert bash.line("modelkeep promote fraud@1 \tp\t")[-1] == "production"


def test_the_cursor_may_stand_inside_the_line(bash):
    left = "\x02" * len(" staging")
    assert bash.line(f"modelkeep promote fraud@p staging{left}\t") == [
        "modelkeep",
        "promote",
        "fraud@production",
        "staging",
    ]


def test_the_command_may_follow_others_on_the_line(bash):
    assert bash.line("true; modelkeep promote fraud@p\t") == ["true"]
    assert bash.line("modelkeep list 2>/dev/null --stage pro\t") == ["modelkeep", "list", "--stage", "production"]


def test_letters_of_all_languages_may_stand_before_the_cursor(bash, registry):
    rename(registry, "churn", "Überwachung")
    assert bash.line("modelkeep register fraud größe.onnx --stage pro\t")[-1] == "production"
    assert bash.line("modelkeep show Über\t") == ["modelkeep", "show", "Überwachung"]
    assert bash.line("modelkeep show Überwachung@s\t") == ["modelkeep", "show", "Überwachung@staging"]


def test_a_shell_that_is_strict_about_variables_is_no_trouble(bash, files):
    bash.send("set -u; shopt -s failglob nocasematch")
    assert bash.line("modelkeep promote fraud@p\t st\t") == ["modelkeep", "promote", "fraud@production", "staging"]
    assert bash.line("modelkeep register fraud pl\t")[-1] == "plain.onnx"
    assert bash.line("modelkeep config s\t")[-1] == "set"


def test_files_are_completed_where_files_are_due(bash, files):
    assert bash.line("modelkeep register fraud my\t") == ["modelkeep", "register", "fraud", "my model.onnx"]
    assert bash.line("modelkeep register fraud it\t") == ["modelkeep", "register", "fraud", "it's.onnx"]
    assert bash.line("modelkeep register fraud 'my\t") == ["modelkeep", "register", "fraud", "my model.onnx"]
    assert bash.line('modelkeep register fraud "it\t') == ["modelkeep", "register", "fraud", "it's.onnx"]
    assert bash.line("modelkeep register fraud --params=pl\t")[-1] == "--params=plain.onnx"
    assert bash.line("modelkeep register fraud x --data train=pl\t")[-1] == "train=plain.onnx"
    assert bash.line("modelkeep identify pl\t")[-1] == "plain.onnx"
    assert bash.line("modelkeep list < pl\t")[-1] == "list"  # there is no file `pl` to read from
    assert bash.line("modelkeep --registry fo\t")[-1] == "folder/"
    assert bash.line("modelkeep --registry pl\t")[-1] == "pl"
    assert bash.line("modelkeep promote pl\t")[-1] == "pl"


def test_the_registry_of_the_line_is_the_one_that_is_asked(bash, registries, run):
    run("init", "other")
    assert bash.line("modelkeep --registry other promote fr\t")[-1] == "fr"
    bash.send("unset MODELKEEP_REGISTRY")
    assert bash.line("modelkeep promote fr\t")[-1] == "fr"
    assert bash.line("modelkeep promote --registry=$HOME/models fr\t")[-1] == "fr"  # a variable is nobody's to expand
    assert bash.line("modelkeep promote --registry ~/models fr\t")[-1] == "fraud@"
    bash.send("cd project")
    assert bash.line("modelkeep show Lines/17\t99\t")[-1] == "Lines/1799/Score"


def test_a_name_that_would_run_a_command_is_quoted(bash, registry):
    rename(registry, "churn", "ch urn$(touch x)")
    assert bash.line("modelkeep show ch\t") == ["modelkeep", "show", "ch urn$(touch x)"]
    assert bash.line('modelkeep show "ch\t"') == ["modelkeep", "show", "ch"]
    assert bash.line("modelkeep show 'ch\t") == ["modelkeep", "show", "ch urn$(touch x)"]
    assert "x" not in bash.send("ls").split()


def test_another_name_is_completed_as_well(bare_bash, registry):
    bash = bare_bash()
    bash.send('alias mk=modelkeep; eval "$(modelkeep completion bash --as mk)"')
    assert bash.line("mk promote fraud@p\t") == ["mk", "promote", "fraud@production"]


def test_it_works_under_the_bash_completion_package(bare_bash, registries, modelkeep):
    package = Path("/usr/share/bash-completion/bash_completion")
    if not package.is_file():
        pytest.skip("install bash-completion")
    # as the wheel puts it in place: found on the first TAB
    script = modelkeep.parent.parent / "share" / "bash-completion" / "completions" / "modelkeep"
    assert script.is_file()
    bash = bare_bash(BASH_COMPLETION_USER_DIR=str(script.parent.parent))
    bash.send(f"source {package}")
    assert {typed: "|".join(bash.line(f"modelkeep {typed}")[1:]) for typed in TYPED} == TYPED


def test_trouble_is_silent(bare_bash, registry, modelkeep, run):
    bash = bare_bash()
    bash.send('eval "$(modelkeep completion bash)"')
    shutil.rmtree(registry)
    assert bash.line("modelkeep promote fr\t") == ["modelkeep", "promote", "fr"]
    bash.send("PATH=/nowhere")
    assert bash.line("modelkeep promote fr\t") == ["modelkeep", "promote", "fr"]
    assert bash.line("modelkeep sh\t") == ["modelkeep", "show"]
