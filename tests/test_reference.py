"""Generated files are what would be generated, and what they are generated from is all there is."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import modelkeep
from modelkeep import config
from modelkeep.cli import command_table, topics
from modelkeep.cli.complete import grammar
from modelkeep.cli.environment import ENVIRONMENT
from modelkeep.errors import EXIT_CODES
from tools import api_page, command_tree, generated_files, marked_tables, roff

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted((ROOT / "man").glob("man[17]/*"))
COMMAND_PAGES = [page for page in PAGES if page.suffix == ".1"]


@pytest.fixture(scope="module")
def program():
    return command_tree.read()


def test_generated_files_are_up_to_date():
    assert generated_files.stale() == [], f"run: {generated_files.COMMAND}"


def test_a_file_that_is_changed_missing_or_left_over_is_found_and_renewed(tmp_path):
    for name in (
        "README.md",
        "docs",
        "man",
        "src/modelkeep/cli/complete/grammar.py",
        "src/modelkeep/completions",
        "src/modelkeep/schemas",
    ):
        copy = tmp_path / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, copy)
    assert generated_files.stale(str(tmp_path)) == []
    (tmp_path / "man" / "man1" / "modelkeep-promote.1").unlink()
    (tmp_path / "man" / "man7" / "modelkeep-transition.7").touch()
    text = (tmp_path / "README.md").read_text()
    (tmp_path / "README.md").write_text(text.replace("| `promote` |", "| `demote` |"))
    expected = ["README.md", "man/man1/modelkeep-promote.1", "man/man7/modelkeep-transition.7"]
    assert generated_files.stale(str(tmp_path)) == expected
    assert generated_files.renew(str(tmp_path)) == expected
    assert generated_files.stale(str(tmp_path)) == []
    assert (tmp_path / "README.md").read_text() == text


def test_every_command_and_option_is_completed_and_in_its_man_page(program):
    for node in command_tree.walk(program):
        known = grammar.COMMANDS[node.title][2].split() + grammar.ALWAYS.split()
        page = (ROOT / "man" / "man1" / f"modelkeep-{node.words[0]}.1").read_text()
        for argument in node.arguments:
            assert argument.metavar.replace("-", "\\-") in page
            assert roff.plain(argument.help) in page
        for option in node.options:
            for spelling in option.spellings:
                assert spelling in {word.partition("=")[0] for word in known}
                assert f"\\fB{roff.exact(spelling)}\\fR" in page
                assert f"\n{roff.plain(option.help)}" in page
    names = {page.stem for page in COMMAND_PAGES}
    assert names == {"modelkeep", *(f"modelkeep-{row.name}" for row in command_table.COMMANDS)}


def test_see_also_leads_to_pages_that_exist_and_lead_back():
    leads = {}
    for page in PAGES:
        found = re.findall(r"^(\S+)\((\d)\),?$", page.read_text().partition(".SH SEE ALSO\n")[2], re.MULTILINE)
        leads[page.name] = {f"{name}.{section}".replace("\\", "") for name, section in found}
    assert all(leads.values())
    for name, others in leads.items():
        for other in others:
            assert name in leads[other], (name, other)


def test_a_topic_has_the_same_text_in_help_and_in_its_man_page():
    if shutil.which("groff") is None:
        pytest.skip("install groff")
    for topic in topics.names():
        page = ROOT / "man" / "man7" / f"modelkeep-{topic}.7"
        done = subprocess.run(
            ["groff", "-man", "-Tutf8", "-rLL=400n", "-P-cbou", page], capture_output=True, text=True, check=True
        )
        title, _, text = topics.text(topic).partition("\n")
        assert f"{title[:1].lower()}{title[1:]}" in done.stdout
        shown = done.stdout.partition("DESCRIPTION\n")[2].partition("SEE ALSO\n")[0]
        assert shown.split() == text.split()


def test_an_option_takes_a_value_everywhere_or_nowhere(program):
    # the script of bash skips the word behind it without knowing the command
    takes = {}
    for node in command_tree.walk(program):
        for option in node.parameters:
            for spelling in option.spellings:
                assert takes.setdefault(spelling, bool(option.takes)) == bool(option.takes), spelling


def test_every_format_that_completion_offers_is_one(run):
    assert run("init").exit_code == 0
    (run.cwd / "model.onnx").write_bytes(b"model")
    assert run("register", "fraud", "model.onnx", "--code", "none").exit_code == 0
    for name in ("list", "lineage"):
        words = (grammar.COMMANDS[name][2] + " " + grammar.ALWAYS).split()
        choices = next(word for word in words if word.startswith("--format=")).partition("=")[2].split("|")
        for choice in choices:
            done = run(name, "fraud@1" if name == "lineage" else "fraud", "--format", choice)
            assert done.exit_code == 0, done.stderr


def test_the_manual_tells_every_variable_that_sets_something():
    told = " ".join(name for name, _ in ENVIRONMENT)
    assert set(config.KEYS.values()) <= set(re.findall(r"\w+", told))


def test_the_manual_has_no_date_and_the_sections_people_look_for():
    sections = ["NAME", "SYNOPSIS", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES", "SEE ALSO"]
    for page in PAGES:
        text = page.read_text()
        assert f'.TH {page.stem.upper()} {page.suffix[1:]} "" modelkeep\n' in text
        examples = text.replace("2026-02", "").replace("2026-03-01", "")
        assert not re.search(r"\b(19|20)\d\d-\d\d-\d\d", examples), page.name
        for section in sections if page in COMMAND_PAGES else ("NAME", "DESCRIPTION", "SEE ALSO"):
            assert f".SH {section}\n" in text, page.name
        for code, _ in EXIT_CODES if page in COMMAND_PAGES else ():
            assert f"\\fB{code}\\fR" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_manual_is_clean_under_warnings(page):
    if shutil.which("man") is None or shutil.which("groff") is None:
        pytest.skip("install man-db and groff")
    done = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", page],
        env={"LC_ALL": "C.UTF-8", "MANROFFSEQ": "", "MANWIDTH": "80", "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        check=False,
    )
    assert (done.stderr, done.returncode) == (b"", 0)
    assert page.stem.upper().encode() in done.stdout


def test_what_is_typed_is_in_the_manual_as_it_is_typed():
    if shutil.which("groff") is None:
        pytest.skip("install groff")
    for row in command_table.COMMANDS:
        page = ROOT / "man" / "man1" / f"modelkeep-{row.name}.1"
        done = subprocess.run(
            ["groff", "-man", "-Tutf8", "-rLL=200n", "-P-cbou", page], capture_output=True, text=True, check=True
        )
        for example in row.examples:
            assert f"  {example}\n" in done.stdout


def test_a_text_in_the_manual_is_never_a_request():
    assert roff.prose(".SH x") == "\\&.SH x\n"
    assert roff.prose("'quoted'") == "\\&'quoted'\n"
    assert roff.exact("a\\b 'c' -d ~e^f`") == "a\\eb \\(aqc\\(aq \\-d \\(tie\\(haf\\(ga"
    assert roff.prose("…") == "\\[u2026]\n"


def test_only_what_stands_between_the_markers_of_a_text_is_renewed():
    text = "before\n<!-- generated: exit codes -->\nold\n<!-- end -->\nafter\n"
    found = marked_tables.renewed(text)
    assert found.startswith("before\n<!-- generated: exit codes -->\n| exit | meaning |\n|---|---|\n| 0 | done, or ")
    assert found.endswith("| 141 | broken pipe |\n<!-- end -->\nafter\n")
    assert marked_tables.renewed(found) == found
    with pytest.raises(KeyError, match="nonsense"):
        marked_tables.renewed("<!-- generated: nonsense -->\n<!-- end -->")


def test_the_page_of_the_api_tells_every_public_name():
    text = (ROOT / "docs" / "api.md").read_text()
    for name in modelkeep.__all__:
        if not name.startswith("__"):
            assert re.search(rf"^#+ {name}$|`{name}`", text, re.MULTILINE), name
    for name in vars(modelkeep.Registry):
        assert name.startswith("_") or f"\n### Registry.{name}\n" in text, name
    assert api_page.text() == text


COMPLETIONS = ROOT / "src" / "modelkeep" / "completions"


def test_the_script_of_each_shell_names_each_command_once():
    names = [row.name for row in command_table.COMMANDS]
    listed = {
        "bash": re.search(r"^_modelkeep_commands='(.*)'$", _script("bash"), re.MULTILINE)[1].split(),
        "zsh": re.findall(r"^ +'([a-z]+):", _script("zsh").partition("('')")[2].partition(")\n")[0], re.MULTILINE),
        "fish": re.findall(
            r"^ +echo '([a-z]+)'", _script("fish").partition("case ''\n")[2].partition("case")[0], re.MULTILINE
        ),
    }
    assert listed == dict.fromkeys(listed, names)
    assert "COMP_WORDBREAKS" not in _script("bash")


def _script(shell):
    text = (COMPLETIONS / f"modelkeep.{shell}").read_text()
    assert not re.search("%[A-Z]+%", text)
    return text


def test_the_scripts_of_zsh_and_fish_name_each_option_of_a_command_with_its_help(program):
    for node in command_tree.walk(program):
        for option in node.options:
            for spelling in option.spellings:
                quoted = option.help.replace("'", "'\\''")
                assert f"\n            '{spelling}:{quoted}'\n" in _script("zsh"), (node.title, spelling)
                quoted = option.help.replace("'", "\\'")
                assert f"\n            echo '{spelling}'\\t'{quoted}'\n" in _script("fish"), (node.title, spelling)


@pytest.mark.shell
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_syntax_that_the_shell_understands(shell):
    if shutil.which(shell) is None:
        pytest.skip(f"install {shell}")
    subprocess.run([shell, "-n", COMPLETIONS / f"modelkeep.{shell}"], check=True)
