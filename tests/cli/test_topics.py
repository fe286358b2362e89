"""`help TOPIC`: texts that name only what is there."""

import json
import re

import pytest

from modelkeep.cli import topics
from modelkeep.cli.command_table import COMMANDS
from modelkeep.domain.filters.parse import FIELDS
from modelkeep.domain.state import state_of
from modelkeep.errors import EXIT_CODES, NotFound, UsageError


@pytest.mark.parametrize("topic", topics.names())
def test_a_topic_has_a_title_and_fits_the_page(topic):
    lines = topics.text(topic).splitlines()
    assert lines[0] == topics.title(topic)
    assert lines[1] == ""
    assert max(map(len, lines)) <= 79
    assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize("topic", topics.names())
def test_a_topic_fits_a_narrow_terminal_and_loses_no_word(topic):
    text = topics.text(topic)
    names = {name for part in topics.paragraphs(text) if not isinstance(part, str) for name, _ in part}
    for width in (40, 60):
        fitted = topics.fitted(text, width)
        assert [line for line in fitted.splitlines() if len(line) > width and line.strip() not in names] == []
        assert [line for line in fitted.splitlines() if line != line.rstrip()] == []
        assert fitted.split() == text.split()
    assert topics.fitted(text, 79) == text


def test_topics_name_commands_fields_states_and_codes_that_exist():
    commands = {row.name for row in COMMANDS}
    written = "".join(topics.text(topic) for topic in topics.names())
    assert set(re.findall(r"modelkeep ([a-z]+)", written)) <= commands
    assert set(topics.text("filters").partition("Fields: ")[2].partition(",")[0].split()) == set(FIELDS)
    for options in ({"deleted": True}, {"archived": True}, {"bad": True}, {"active": True}, {"held": True}, {}):
        state = state_of(**({"archived": False, "bad": False, "active": False, "held": False} | options))
        assert f"\n  {state} " in topics.text("states")
    assert all(f"\n  {code} " in topics.text("exit-codes") for code, _ in EXIT_CODES)


def test_a_schema_is_printed_by_its_name_as_documents_say_it():
    for name in ("version", "modelkeep.version/1"):
        assert "$schema" in json.loads(topics.text("schema", name))
    assert "\n  versions " in topics.text("schema") == topics.text("schema", "list")
    with pytest.raises(NotFound, match="there is no schema 'versoin'") as error:
        topics.text("schema", "versoin")
    assert error.value.hint == "modelkeep help schema version"


def test_an_unknown_topic_is_answered_with_a_close_one():
    with pytest.raises(NotFound, match="there is no topic 'filtres'") as error:
        topics.text("filtres")
    assert error.value.hint == "modelkeep help filters"
    for word, near in (
        ("search", "filters"),
        ("columns", "formats"),
        ("schemas", "schema"),
        ("exit", "exit-codes"),
        ("env", "environment"),
    ):
        with pytest.raises(NotFound) as error:
            topics.text(word)
        assert error.value.hint == f"modelkeep help {near}"
    with pytest.raises(UsageError, match="help takes one topic"):
        topics.text("states", "x")


def test_where_there_is_no_registry_each_command_says_what_to_type_next(run):
    done = run()
    assert (done.exit_code, done.stderr) == (0, "")
    lines = [line.strip() for line in done.stdout.splitlines() if line.startswith("  ")]
    assert [line.split()[:2] for line in lines] == [["modelkeep", word] for word in ("init", "register", "promote")]
    for line in ("modelkeep --help", "modelkeep demo", "--registry DIR", "MODELKEEP_REGISTRY=DIR"):
        assert line in done.stdout
    for command in (["list"], ["status"], ["show", "fraud"], ["register", "fraud", "x"]):
        done = run(*command)
        assert (done.exit_code, done.stdout) == (7, "")
        assert done.stderr.endswith(
            "hint: modelkeep init        (makes one in this directory; --registry DIR names another)\n"
        )
    assert run("list", "--registry", "x y").stderr.endswith(
        "hint: modelkeep init 'HERE/x y'\n".replace("HERE", str(run.cwd))
    )
    (run.cwd / "m").write_bytes(b"m")
    for words in (word.replace("NAME", "fraud").replace("FILE", "m").split()[1:] for word in lines):
        assert run(*words).exit_code == 0
