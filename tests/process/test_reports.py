"""Reports and pruning by the installed program: files, exit codes, and what is asked before something is lost."""

import json
import os
import shutil

import pytest

pytestmark = pytest.mark.process

RETENTION = '[[stages]]\nname = "staging"\n[[stages]]\nname = "production"\nprotected = true\n[retention]\nkeep_last = 1\nthen = "%s"\n'


def test_a_report_is_one_file_and_the_same_each_time(run, made):
    first = run("report", "--verify", "-o", "q1.md")
    assert (first.exit_code, first.stdout, first.stderr) == (0, "q1.md\n", "")
    page = (made / "q1.md").read_text()
    assert "### Entry 3: production: none -> fraud@1 (promoted)" in page
    assert "The log is intact: 0 errors, 0 warnings." in page
    assert run("report", "--verify").stdout == run("report", "--verify", "-o", "-").stdout == page
    again = run("report", "-o", "q1.md")
    assert (again.exit_code, again.stderr) == (
        4, "error: q1.md is there already\nhint: --force overwrites it; -o FILE writes to another place\n",
    )  # fmt: skip
    assert run("report", "--verify", "-o", "q1.md", "--force").exit_code == 0
    assert (made / "q1.md").read_text() == page


def test_a_report_of_a_damaged_log_says_so_and_is_exit_5(run, made):
    import sqlite3

    with sqlite3.connect(made / ".modelkeep" / "registry.db") as database:
        database.execute("UPDATE version SET code_commit = 'MIT'")
    done = run("report", "--verify")
    assert done.exit_code == 5
    assert "The log is **NOT intact**" in done.stdout
    assert run("report").exit_code == 0


def test_a_link_in_the_place_of_the_file_is_not_followed(run, made):
    (made / "other").write_text("mine")
    (made / "q1.md").symlink_to(made / "other")
    assert run("report", "-o", "q1.md", "--force").exit_code == 4
    assert (made / "other").read_text() == "mine"


def test_a_pipe_that_nobody_reads_is_not_waited_for(run, made):
    os.mkfifo(made / "q1.md")
    assert run("report", "-o", "q1.md", "--force").stderr == (
        "error: q1.md is there, and is no regular file: it will not be replaced\nhint: -o FILE writes to another place\n"
    )


@pytest.mark.parametrize("words", ["report", "card fraud@1", "bom fraud@1", "page", "check show fraud@1 bias"])
def test_no_paper_is_written_over_a_registry_or_into_it(run, made, words):
    assert run("check", "record", "fraud@1", "bias", "pass", "--evidence", "model1.onnx").exit_code == 0
    shutil.copytree(made / ".modelkeep", made / "models")  # what it is counts, and not what it is called
    assert run("backup", "copy").exit_code == 0
    (made / "link").symlink_to("models")
    before = {path: path.read_bytes() for path in sorted(made.rglob("*")) if path.is_file()}
    for place in (
        ".modelkeep/registry.db", ".modelkeep/x.md", ".modelkeep/store/x.md", "/dev/full",
        "models/x.md", "models/hooks.toml", "link/policy.toml", "copy/x.md", "copy/hooks.toml",
    ):  # fmt: skip
        done = run(*words.split(), "-o", place, "--force")
        assert (done.exit_code, done.stdout) == (4, ""), place
    assert {path: path.read_bytes() for path in sorted(made.rglob("*")) if path.is_file()} == before


def test_a_paper_that_is_replaced_keeps_who_may_read_it(run, made):
    place = made / "q1.md"
    place.write_text("old")
    place.chmod(0o600)
    assert run("report", "-o", "q1.md", "--force").exit_code == 0
    assert (place.read_text()[:2], place.stat().st_mode & 0o777) == ("# ", 0o600)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["fraud"], "modelkeep report --model fraud        (or report REF --annex-iv)"),
        (["--annex-iv"], "modelkeep report fraud@production --annex-iv"),
        (["fraud@1", "--annex-iv", "--since", "7d"], "modelkeep report fraud@1 --annex-iv"),
        (["--as-of", "7d"], "modelkeep report --until 7d"),
    ],
)
def test_a_report_that_is_not_meant_so_is_refused_with_the_line_that_is(run, made, words, hint):
    done = run("report", *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.endswith(f"hint: {hint}\n")


def test_a_version_is_documented(run, made):
    done = run("report", "fraud@production", "--annex-iv")
    assert done.exit_code == 0
    assert done.stdout.startswith("# Technical documentation of fraud@1 (Annex IV)\n")
    document = json.loads(run("report", "fraud@1", "--annex-iv", "--json").stdout)
    assert (document["schema"], len(document["sections"])) == ("modelkeep.annex/1", 23)


def test_pruning_that_deletes_asks_first_and_pruning_that_archives_does_not(run, made):
    (made / "policy.toml").write_text(RETENTION % "delete")
    run("register", "fraud", "model3.onnx")
    assert run("policy", "set", "policy.toml").exit_code == 0
    refused = run("prune", "-m", "tidy")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.endswith("hint: modelkeep prune -m tidy --yes\n")
    planned = run("prune", "-n")
    assert (planned.exit_code, planned.stdout) == (0, "fraud@2: development -> deleted\n")
    (made / "policy.toml").write_text(RETENTION % "archive")
    assert run("policy", "set", "policy.toml").exit_code == 0
    done = run("prune")
    assert (done.exit_code, done.stdout) == (0, "fraud@2: development -> archived\n")
    assert done.stderr == "1 version archived\n"
    nothing = run("prune", "--json")
    assert json.loads(nothing.stdout) == {"schema": "modelkeep.pruned/1", "versions": []}
