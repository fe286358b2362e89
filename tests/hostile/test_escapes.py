"""What stands in a registry may be anything: no control character of it reaches a terminal or a line."""

import json
import os
import sqlite3
from contextlib import closing

import pexpect
import pytest
from feeding import UNSAFE, ask

pytestmark = pytest.mark.process

# A title, a colour, a C1 control, a turned direction, a line separator, a bell, a carriage return.
EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnirts\u2066\u2028\r\x08x"
# What Rich itself writes in colours, and what the terminal turns a newline into.
STYLES = r"\x1b\[[0-9;]*m|\r\n"

READS = (
    "list", "list fraud", "show fraud", "show fraud@1", "show fraud@2", "audit", "history", "status", "lineage fraud@3",
    "diff fraud 1 2", "describe fraud", "identify m.bin", "verify --log", "show fraud@2 --field tag.owner", "list -q",
    "list fraud -q", "list fraud --columns name,tag.owner,author", "config list", "whoami",
    "data list",
)  # fmt: skip


@pytest.fixture
def spoken(fed):
    """Return the registry in which somebody said evil things, through the front door."""
    for words in (
        ["describe", "fraud", EVIL],
        ["describe", "fraud@2", EVIL],
        ["note", "fraud@2", EVIL],
        ["tag", "fraud@2", f"owner={EVIL}", "-m", EVIL],
        ["promote", "fraud@2", "staging", "-m", EVIL],
        ["register", "fraud", "m.bin", "--if-exists", "new", "--code", "none", "-p", f"p={EVIL}", "-M", f"auc={EVIL}", "--author", EVIL, "--data", "x@1"],
    ):  # fmt: skip
        _, err, code = ask(fed, words)
        assert code == 0, err
    return fed


@pytest.fixture
def forged(spoken):
    """Return the registry after somebody wrote into its tables what no command would have written."""
    with closing(sqlite3.connect(spoken.cwd / ".modelkeep" / "registry.db", isolation_level=None)) as connection:
        for pragma in ("foreign_keys = OFF", "ignore_check_constraints = ON"):
            connection.execute(f"PRAGMA {pragma}")
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        forged = 0
        for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            for _, column, kind, *_ in connection.execute(f"PRAGMA table_xinfo({table})").fetchall():
                if kind == "TEXT" and (table, column) not in KEPT and not column.endswith(("digest", "hash")):
                    text = "substr(%s, 1, 1) || ? || %s" % (column, column)  # noqa: UP031
                    try:
                        connection.execute(f"UPDATE {table} SET {column} = {text} WHERE {column} IS NOT NULL", (EVIL,))
                        forged += 1
                    except sqlite3.IntegrityError:
                        continue
        assert forged > 20
        for _, text in triggers:
            connection.execute(text)
    return spoken


# Without these nothing is found any more.
KEPT = {("model_name", "folded"), ("registry", "id"), ("entry_index", "time"), ("entry_index", "intent_id"), ("stage", "name"), ("tenure", "stage")}  # fmt: skip


def on_a_terminal(run, words: str) -> str:
    child = pexpect.spawn(
        str(run.script), words.split(), cwd=str(run.cwd), dimensions=(60, 120), encoding="utf-8", timeout=60,
        env={**run.env, "TERM": "xterm"},
    )  # fmt: skip
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus not in {None, 70}, (words, child.before)
    return child.before


def harmless(text: str) -> bool:
    import re

    return not UNSAFE.search(re.sub(STYLES, "", text))


@pytest.mark.slow
@pytest.mark.parametrize("registry", ["spoken", "forged"])
def test_nothing_in_a_registry_reaches_a_pipe_raw(request, registry):
    run = request.getfixturevalue(registry)
    for words in READS:
        out, err, code = ask(run, words.split(), seconds=10)  # which looks for what is unsafe
        # who forged the key of a tag took the field and the column away
        takes_a_key = "--field" in words or "tag.owner" in words
        assert code in ({0, 5} if registry == "spoken" or not takes_a_key else {2}), (words, err)
        assert out or code or words == "verify --log", words
        whole = words.replace(" -q", "").partition(" --columns")[0]  # a document has all its fields
        if words != "verify --log":
            shown, _, again = ask(run, [*whole.split(), "--json"], seconds=10)
            assert again == code or " --columns" in words, words
            assert not again or shown == ""
            assert again or json.loads(shown)


@pytest.mark.slow
@pytest.mark.parametrize("registry", ["spoken", "forged"])
def test_nothing_in_a_registry_reaches_a_terminal_raw(request, registry):
    run = request.getfixturevalue(registry)
    for words in (
        *READS,
        "show fraud@2 --json",
        "list --json",
        "path fraud@2",
        "get fraud@2 out",
        "show fraud@9",
        "path fraud@2/nothing",
    ):
        assert harmless(on_a_terminal(run, words)), words


def test_the_escapes_are_shown_as_what_they_are(spoken):
    assert ask(spoken, ["describe", "fraud"])[0] == (
        "\\x1b]0;owned\\x07\\x1b[2J\\x9b31m\\u202egnirts\\u2066\\u2028\\r\\x08x\n"
    )
    assert json.loads(ask(spoken, ["show", "fraud", "--json"])[0])["description"] == EVIL


def test_a_forged_name_is_not_completed(forged):
    out, err, code = ask(forged, ["__complete", "--", "show", ""])
    assert (err, code) == ("", 0)
    assert "fraud" not in out


def test_the_names_of_places_are_shown_harmless_too(fed):
    place = fed.cwd / EVIL.replace("\r", "")
    place.mkdir()
    os.rename(fed.cwd / ".modelkeep", place / ".modelkeep")
    (place / "m2.bin").write_bytes(b"two")
    for words in (
        "status",
        "list",
        "register fraud m2.bin --code none",
        "promote fraud@3 staging",
        "get fraud@1 out/",
        "verify",
    ):
        _, err, code = ask(fed, words.split(), cwd=place, seconds=10)
        assert code == 0, (words, err)


def test_a_path_is_exact_in_a_pipe_and_harmless_on_a_terminal(fed):
    import subprocess

    cache = f"{fed.home}/c\x1b[2J"
    env = {**fed.env, "MODELKEEP_CACHE": cache}
    done = subprocess.run(
        [fed.script, "path", "fraud@1"], cwd=fed.cwd, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(f"{cache}/")
    with open(done.stdout.removesuffix("\n"), "rb") as model:
        assert model.read() == b"one"
    fed.env["MODELKEEP_CACHE"] = cache
    assert harmless(on_a_terminal(fed, "path fraud@1"))
