"""The transcripts of the command line, run as processes: stdout, stderr, exit code."""

import contextlib
import json
import os
import sqlite3
import subprocess

import pytest

pytestmark = pytest.mark.process


def test_a_registration_prints_the_ref_alone_and_the_rest_on_stderr(run, made):
    (made / "new.bin").write_bytes(b"x" * 3_200_000)
    done = run("register", "fraud", "new.bin", "--metric", "auc=0.92", "--data", "transactions@2026-03")
    assert done.stdout == "fraud@3\n"
    assert done.stderr.splitlines() == [
        "3.2 MB in 1 file, data transactions@2026-03",
        "auc 0.92 (+0.013 better than production, fraud@1)",
        "next: modelkeep promote fraud@3 staging",
    ]


def test_the_same_again_is_a_success_that_changes_nothing(run, made):
    done = run("register", "fraud", "model2.onnx")
    assert (done.stdout, done.stderr, done.exit_code) == ("fraud@2\n", "already registered as fraud@2\n", 0)
    assert json.loads(run("register", "fraud", "model2.onnx", "--json").stdout)["changed"] is False


def test_a_promotion_prints_before_and_after(run, made):
    done = run("promote", "fraud@2", "production", "-m", "march data")
    assert done.stdout == "production: fraud@1 -> fraud@2\n"
    again = run("promote", "fraud@2", "production")
    assert (again.stdout, again.exit_code) == ("", 0)
    assert again.stderr.startswith("nothing to do: ")


def test_a_dry_run_prints_the_same_and_writes_nothing(run, made):
    before = run("audit").stdout
    done = run("promote", "fraud@2", "production", "-n")
    assert done.stdout == "production: fraud@1 -> fraud@2\n"
    assert "dry run: nothing was written\n" in done.stderr
    assert run("audit").stdout == before


def test_rollback_goes_back_once_and_says_what_it_did(run, made):
    run("promote", "fraud@2", "production")
    done = run("rollback", "fraud@2", "-m", "p99 latency")
    assert done.stdout == "production: fraud@2 -> fraud@1\n"
    assert "fraud@2 is marked bad (undo: modelkeep mark fraud@2 good)\n" in done.stderr
    again = run("rollback", "fraud@2")
    assert (again.stdout, again.exit_code) == ("", 0)
    assert again.stderr.startswith("nothing to do: fraud@2 is not in production (fraud@1 is")


def test_a_bare_rollback_soon_after_another_one_is_refused_in_a_script(run, made):
    run("promote", "fraud@2", "production")
    (made / "new.onnx").write_bytes(b"y")
    run("register", "fraud", "new.onnx", "--stage", "production")
    assert run("rollback", "fraud").exit_code == 0
    done = run("rollback", "fraud", "--yes")
    assert done.exit_code == 4
    assert "hint: modelkeep rollback fraud@2 production\n" in done.stderr


def test_list_is_a_line_per_model_and_stage(run, made):
    lines = [line.split("\t") for line in run("list").stdout.splitlines()]
    assert [line[:4] for line in lines] == [["fraud", "production", "1", "1.0"], ["risk/churn", "-", "1", "-"]]
    assert [len(line) for line in lines] == [6, 6]
    assert run("ls").stdout == run("list").stdout


def test_list_of_a_tag_is_the_versions_that_have_it(run, made):
    run("tag", "risk/churn@1", "owner=growth")
    assert run("list", "--tag", "owner", "-q").stdout == "risk/churn@1\nfraud@1\n"
    assert run("list", "fraud", "--tag", "owner=risk", "--stage", "production", "-q").stdout == "fraud@1\n"
    assert run("list", "--tag", "owner=risk", "--tag", "nope", "-q").stdout == ""


def test_a_key_with_a_comma_is_a_column_and_a_misspelt_column_is_refused_as_one(run, made):
    (made / "new.onnx").write_bytes(b"y")
    run("register", "keys", "new.onnx", "-p", "a,b=1")
    assert run("list", "keys", "--columns", "ref,param.a,b,version").stdout == "keys@1\t1\t1\n"
    assert run("list", "keys", "--columns", "param.a,b,stat").stderr.startswith("error: there is no column 'stat'\n")


def test_list_of_a_model_is_its_versions_newest_first(run, made):
    lines = [line.split("\t") for line in run("list", "FRAUD").stdout.splitlines()]
    assert [(line[0], line[1], line[3], line[4]) for line in lines] == [
        ("fraud", "2", "-", "development"),
        ("fraud", "1", "production", "active"),
    ]


def test_nothing_found_is_no_output_and_no_error_and_stderr_says_so(run, made):
    for words, why in (
        (("list", "x*"), "no model matches 'x*'\n"),
        (("list", "--tag", "ownr"), "there is no version with the tag ownr; near: owner\n"),
        (("list", "--search", "frud"), "no name, description or tag has 'frud' in it; near: fraud\n"),
    ):
        done = run(*words)
        assert (done.stdout, done.stderr, done.exit_code) == ("", why, 0)
        done = run(*words, "-q")
        assert (done.stdout, done.stderr, done.exit_code) == ("", "", 0)


def test_a_name_that_is_none_is_exit_three_with_the_nearest(run, made):
    done = run("list", "fruad")
    assert done.exit_code == 3
    assert "fraud" in done.stderr


def test_quiet_prints_identifiers_and_nothing_else(run, made):
    assert run("list", "-q").stdout == "fraud\nrisk/churn\n"
    assert run("list", "fraud", "--quiet", "--format", "table").stdout == "fraud@2\nfraud@1\n"
    done = run("promote", "fraud@2", "staging", "-q")
    assert (done.stdout, done.stderr) == ("fraud@2\n", "")


def test_quiet_silences_what_a_read_has_to_say(run, made):
    assert run("diff", "fraud@1", "fraud").stderr == "note: fraud is taken as fraud@latest\n"
    assert run("diff", "fraud@1", "fraud", "-q").stderr == ""


def test_quiet_keeps_warnings(run, made):
    done = run("register", "fraud", "model3.onnx", "--metric", "loss=NaN", "-q")
    assert done.stdout == "fraud@3\n"
    assert "NaN" in done.stderr
    assert all(line.startswith("warning: ") for line in done.stderr.splitlines())


def test_shared_options_stand_before_or_after_the_command(run, made):
    assert run("--json", "list").stdout == run("list", "--json").stdout == run("list", "--format", "json").stdout
    other = run("--registry", "/nowhere", "list", "--registry", ".modelkeep")
    assert other.exit_code == 0


def test_get_writes_the_bytes_and_prints_the_path(run, made):
    done = run("get", "fraud@production", "out/")
    assert (done.stdout, done.exit_code) == ("out/model1.onnx\n", 0)
    assert (made / "out" / "model1.onnx").read_bytes() == (made / "model1.onnx").read_bytes()
    again = run("get", "fraud@production", "out/", "--json")
    assert json.loads(again.stdout)["changed"] is False
    other = run("get", "fraud@2", "out/model1.onnx")
    assert other.exit_code == 4
    assert "--force" in other.stderr


def test_get_to_stdout_is_the_bytes(run, made):
    done = run("get", "fraud@1", "-")
    assert done.stdout == "1" * 1000


def test_get_without_a_version_says_which_there_are(run, made):
    done = run("get", "fraud", "out")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: get needs a version: fraud has production 1, latest 2\n")
    assert "hint: modelkeep get fraud@production" in done.stderr


def test_path_prints_a_path_and_nothing_else(run, made):
    done = run("path", "fraud@1")
    assert done.stderr == ""
    with open(done.stdout.rstrip("\n"), "rb") as file:
        assert file.read() == b"1" * 1000


def test_identify_knows_the_bytes(run, made):
    lines = [line.split("\t") for line in run("identify", "model1.onnx").stdout.splitlines()]
    assert ["fraud@1", "production", "active"] in [[line[0], line[1], line[4]] for line in lines]
    (made / "unknown").write_bytes(b"nobody")
    assert run("identify", "unknown").exit_code == 3


def test_a_batch_tells_each_items_fate(run, made):
    done = run("archive", "fraud@2", "fraud@9", "risk/churn@1")
    assert done.exit_code == 8
    assert done.stdout.count(" -> ") == 2
    assert "error: fraud has no version 9\n" in done.stderr
    document = json.loads(run("archive", "fraud@2", "fraud@9", "--json").stdout)
    assert document["schema"] == "modelkeep.changes/1"
    assert [row["error"] and row["error"]["exit"] for row in document["changes"]] == [None, 3]


def test_delete_in_a_script_wants_yes(run, made):
    before = run("audit").stdout
    done = run("delete", "fraud@2", "-m", "a trial")
    assert (done.stdout, done.exit_code) == ("", 2)
    assert done.stderr == (
        "error: delete asks before it deletes, and nobody is at a terminal to answer\n"
        "hint: modelkeep delete fraud@2 -m 'a trial' --yes\n"
    )
    planned = run("delete", "fraud@2", "-n")
    assert (planned.stdout, planned.exit_code) == ("fraud@2: development -> deleted\n", 0)
    assert run("audit").stdout == before
    done = run("delete", "fraud@2", "-m", "a trial", "--yes")
    assert (done.stdout, done.exit_code) == ("fraud@2: development -> deleted\n", 0)
    again = run("delete", "fraud@2", "--yes")
    assert (again.stdout, again.exit_code) == ("", 0)
    assert again.stderr.startswith("nothing to do: fraud@2 was deleted by ")
    assert again.stderr.endswith(': "a trial"\n')
    assert json.loads(run("delete", "fraud@2", "--yes", "--json").stdout)["changes"][0]["change"]["changed"] is False


def test_a_production_that_is_deleted_by_force_is_told_loudly(run, made):
    done = run("delete", "fraud@1", "--yes")
    assert (done.stdout, done.exit_code) == ("", 4)
    assert done.stderr.splitlines() == [
        "error: fraud@1 is in production, which is protected",
        "hint: modelkeep retire fraud@1 production        (or delete it with --force)",
    ]
    done = run("delete", "fraud@1", "--yes", "--force", "-q")
    assert (done.stdout, done.exit_code) == ("fraud@1\n", 0)
    assert done.stderr == "warning: fraud has nothing in production any more: fraud@1 held it\n"
    assert run("audit", "--limit", "1").stdout.split("\t")[-1] == "deleted fraud@1, fraud@1 left production\n"


def test_a_whole_model_is_deleted_in_one_entry(run, made):
    done = run("delete", "fraud", "--yes")
    assert (done.exit_code, done.stderr.splitlines()[0]) == (2, "error: fraud is a whole model")
    assert run("delete", "fraud").stderr == done.stderr
    assert run("delete", "fraud@1", "--all-versions", "--yes").exit_code == 2
    assert run("delete", "fraud", "--all-versions").stderr.endswith(
        "hint: modelkeep delete fraud --all-versions --yes\n"
    )
    done = run("delete", "fraud", "--all-versions", "--yes")
    assert (done.stdout, done.exit_code) == ("", 4)
    assert done.stderr.startswith("error: fraud has or had a version in production, which is protected\n")
    done = run("delete", "fraud", "--all-versions", "--yes", "--force", "-m", "trial")
    assert done.stdout == "fraud: in use -> deleted\nproduction: fraud@1 -> none\n"
    assert done.stderr == "warning: fraud has nothing in production any more: fraud@1 held it\n"
    assert run("audit", "--limit", "1").stdout.split("\t")[-1].startswith("deleted the model fraud, fraud@1 left")
    assert run("list", "--all", "-q").stdout == "risk/churn\n"
    assert run("list", "fraud", "--all", "-q").stdout == "fraud@2\nfraud@1\n"
    done = run("delete", "fraud", "--all-versions", "--yes")
    assert (done.stdout, done.stderr, done.exit_code) == ("", "nothing to do: the model fraud is deleted\n", 0)
    assert run("verify").exit_code == 0


def test_the_name_of_a_deleted_model_is_given_again_only_when_asked_for(run, made):
    run("delete", "fraud", "--all-versions", "--yes", "--force")
    done = run("register", "fraud", "model1.onnx")
    assert (done.exit_code, done.stderr.splitlines()) == (
        4,
        [
            "error: a deleted model bore the name fraud",
            "hint: give another name, or register with --reuse-name",
        ],
    )
    assert run("register", "fraud", "model1.onnx", "--reuse-name").stdout == "fraud@1\n"
    assert run("show", "fraud@1", "--field", "state").stdout == "development\n"
    assert run("list", "fraud", "--all", "-q").stdout == "fraud@1\n"
    assert run("verify").exit_code == 0


def test_what_was_deleted_is_answered_with_who_and_why(run, made):
    run("delete", "fraud@2", "--yes", "-m", "a trial")
    for words, exit_code in ((["get", "fraud@2", "out"], 3), (["path", "fraud@2"], 3), (["tag", "fraud@2", "a=b"], 4)):
        done = run(*words)
        assert (done.stdout, done.exit_code) == ("", exit_code)
        assert done.stderr.startswith("error: fraud@2 was deleted by ")
        assert ': "a trial"\nhint: ' in done.stderr
    assert run("show", "fraud@2", "--field", "state").stdout == "deleted\n"
    assert run("show", "fraud@2", "--field", "deletion.reason").stdout == "a trial\n"
    assert "\tdeleted\t" in run("identify", "model2.onnx").stdout
    assert "deleted\t1\n" in run("status").stdout
    assert run("list", "fraud", "--all", "--columns", "ref,deleted").stdout == "fraud@2\tyes\nfraud@1\tno\n"


def test_show_field_is_one_value(run, made):
    assert run("show", "fraud@1", "--field", "metric.auc").stdout == "0.907\n"
    assert run("show", "fraud@1", "--field", "tag.owner").stdout == "risk\n"
    assert run("show", "fraud@1", "--field", "description").stdout == "\n"
    assert run("show", "fraud@1", "--field", "nothing").exit_code == 2


def test_diff_takes_a_model_and_selectors(run, made):
    one, other = run("diff", "fraud", "1", "2"), run("diff", "fraud@1", "@2")
    assert one.stdout == other.stdout
    assert "metrics\tauc\t0.907\t0.914\t+0.007\t+0.77%\tbetter\n" in one.stdout
    assert run("diff", "fraud", "1", "2", "--exit-code").exit_code == 1
    assert run("diff", "fraud", "1", "1", "--exit-code").exit_code == 0
    assert run("diff").exit_code == 2


def test_tags_and_aliases_are_put_and_taken_back(run, made):
    assert run("tag", "fraud@1", "owner=fraud-team", "reviewed=yes").stdout == (
        "owner: risk -> fraud-team\nreviewed: none -> yes\n"
    )
    assert run("tag", "fraud@1", "reviewed-").stdout == "reviewed: yes -> none\n"
    assert run("tag", "fraud@1", "reviewed=").stdout == 'reviewed: none -> ""\n'
    assert run("tag", "fraud@1", "reviewed-").stdout == 'reviewed: "" -> none\n'
    assert run("tag", "fraud@1", "reviewed").exit_code == 2
    assert run("alias", "fraud@1", "champion").stdout == "champion: none -> fraud@1\n"
    assert run("alias", "fraud", "champion-").stdout == "champion: fraud@1 -> none\n"


def test_a_description_is_set_and_shown(run, made):
    run("describe", "fraud", "-", stdin="scores cards\nowned by risk\n")
    assert run("describe", "fraud").stdout == "scores cards\nowned by risk\n"


def test_the_past_can_be_asked_and_the_instant_is_told(run, made):
    done = run("list", "--as-of", "seq:2", "--json")
    document = json.loads(done.stdout)
    assert document["as_of"]["seq"] == 2
    assert [model["holders"] for model in document["models"]] == [[]]
    assert "entry 2" in done.stderr


@pytest.mark.parametrize("words", [["list"], ["list", "fraud"], ["show", "fraud"], ["show", "fraud@1"], ["history"]])
def test_an_age_is_read_once_so_the_note_and_the_document_name_the_same_instant(run, made, words):
    done = run(*words, "--as-of", "0s", "--json")
    moment = json.loads(done.stdout)["as_of"]
    assert done.stderr == f"as of {moment['time']} (entry {moment['seq']})\n"


def test_init_is_idempotent_and_refuses_other_stages(run):
    first = run("init", "models", "--stages", "qa,prod")
    assert first.stdout == f"{run.cwd}/models\n"
    again = run("init", "models")
    assert (again.stdout, again.exit_code) == (first.stdout, 0)
    assert again.stderr == "nothing to do: there is a registry already\n"
    assert run("init", "models", "--stages", "a,b").exit_code == 4


def test_where_the_files_are_swapped_the_right_line_is_the_hint(run, made):
    done = run("register", "model1.onnx", "fraud")
    assert done.stderr == (
        "error: there is no file 'fraud' here, and 'model1.onnx' is a file: the name comes first\n"
        "hint: modelkeep register fraud model1.onnx\n"
    )
    assert done.exit_code == 2


def test_without_a_registry_a_script_gets_exit_seven(run):
    for words in (["list"], ["register", "fraud", "x"], ["status"], ["verify"]):
        done = run(*words)
        assert done.exit_code == 7, words
        assert "modelkeep init" in done.stderr, words
    assert list(run.home.rglob("registry.db")) == []


def test_bare_is_the_first_commands_then_the_status(run):
    assert "modelkeep init" in run().stdout
    run("init")
    assert run().stdout.startswith("registry\t")


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    [
        (["show", "fraud@7"], 3, "not_found"),
        (["promote", "fraud", "production"], 2, "usage"),
        (["list", "--bogus"], 2, "usage"),
        (["nosuch"], 2, "usage"),
        (["promote", "fraud@2", "production", "--expect", "none"], 4, "conflict"),
        (["list", "--registry", "/nowhere"], 7, "registry_unavailable"),
    ],
)
def test_under_json_an_error_is_the_last_line_of_stderr_and_stdout_is_empty(run, made, words, exit_code, code):
    done = run(*words, "--json")
    error = json.loads(done.stderr.splitlines()[-1])["error"]
    assert (done.stdout, done.exit_code, error["exit"], error["code"]) == ("", exit_code, exit_code, code)
    assert error["message"]


def test_a_bug_is_exit_seventy_without_a_traceback_unless_asked(run, made):
    script = (
        "import sys; sys.argv = ['modelkeep', 'whoami']\n"
        "import modelkeep.registry as r\n"
        "r.Registry.whoami = lambda self: 1 / 0\n"
        "from modelkeep.cli.main import main; sys.exit(main())"
    )
    python = run.script.with_name("python")
    for debug in ("", "1"):
        done = subprocess.run(
            [python, "-c", script], capture_output=True, text=True, check=False, cwd=made,
            env={**run.env, "MODELKEEP_DEBUG": debug},
        )  # fmt: skip
        assert done.returncode == 70
        assert "error: this is a bug in modelkeep: ZeroDivisionError: division by zero\n" in done.stderr
        assert ("Traceback" in done.stderr) is bool(debug)


def test_every_change_names_the_registry_where_there_are_several(run, made):
    assert run("config", "set", "registries.team", str(run.home / "team")).exit_code == 0
    done = run("promote", "fraud@2", "staging")
    assert f"in the registry {made}/.modelkeep\n" in done.stderr
    told = run("tag", "fraud@2", "a=b", "--json")
    assert (told.stderr, run("tag", "fraud@2", "a=b", "-q").stderr) == (f"in the registry {made}/.modelkeep\n", "")
    run("init", "--registry", "team")
    assert run("list", "--registry", "team").stdout == ""


def test_a_directory_that_was_removed_is_told(run):
    script = "mkdir gone && cd gone && rmdir ../gone && modelkeep list"
    done = subprocess.run(["dash", "-c", script], capture_output=True, text=True, check=False, cwd=run.cwd, env=run.env)
    assert done.returncode == 3
    assert done.stderr == "error: the directory you are in was removed\nhint: cd to one that is there\n"


def test_a_lock_that_is_not_had_in_time_is_exit_six_and_readers_do_not_wait(run, made):
    with contextlib.closing(sqlite3.connect(made / ".modelkeep" / "registry.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = run("promote", "fraud@2", "production", "--lock-wait", "200ms", "--json")
        assert json.loads(done.stderr)["error"]["code"] == "busy"
        assert (done.stdout, done.exit_code) == ("", 6)
        assert run("list", "-q").stdout == "fraud\nrisk/churn\n"
    assert run("promote", "fraud@2", "production").exit_code == 0


def test_a_damaged_byte_is_exit_five_and_never_leaves(run, made):
    blob = next(
        path
        for path in (made / ".modelkeep" / "store" / "blobs").rglob("*")
        if path.is_file() and path.read_bytes()[:1] == b"1"
    )
    os.chmod(blob, 0o600)
    blob.write_bytes(b"0" + b"1" * 999)
    done = run("get", "fraud@1", "out")
    assert (done.stdout, done.exit_code) == ("", 5)
    assert not (made / "out").exists()
    found = run("verify")
    assert found.exit_code == 5
    assert found.stdout.startswith("error\t")
    assert found.stderr.startswith("NOT ok: ")
    document = json.loads(run("verify", "--json").stdout)
    assert document["ok"] is False


def test_settings_tell_where_they_come_from(run):
    assert run("config", "set", "lock_wait", "20s").exit_code == 0
    assert run("config", "get", "lock_wait").stdout == "20s\n"
    rows = dict(line.split("\t", 1) for line in run("config", "list").stdout.splitlines())
    assert rows["lock_wait"].startswith("20s\t")
    assert rows["registry"].endswith("default")
    assert run("config", "get", "colour").exit_code == 2


def test_a_file_that_is_moved_in_is_gone_and_comes_out_again(run, made):
    (run.cwd / "moved.bin").write_bytes(b"x" * 2_000_000)
    done = run("register", "fraud", "moved.bin", "--move", "--code", "none", "--progress", "plain")
    assert (done.stdout, done.exit_code) == ("fraud@3\n", 0)
    assert "moved: 1 file" in done.stderr
    assert not (run.cwd / "moved.bin").exists()
    assert run("get", "fraud@3", "back.bin").exit_code == 0
    assert (run.cwd / "back.bin").read_bytes() == b"x" * 2_000_000


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        ("list", "try again"),
        ("show fraud@1", "try again"),
        ("verify", "try again"),
        ("backup ../copy", "try again"),
        ("get fraud@1 -", "try again"),
        ("tag fraud@1 a=b", "try again, or wait longer with --lock-wait"),
        ("archive fraud@2", "try again, or wait longer with --lock-wait"),
        ("register fraud model2.onnx --if-exists new", "try again, or wait longer with --lock-wait"),
        ("gc", "try again, or wait longer with --lock-wait"),
    ],
)
def test_a_command_that_waited_in_vain_names_the_option_to_wait_longer_only_where_it_has_one(run, made, command, hint):
    with contextlib.closing(sqlite3.connect(made / ".modelkeep" / "registry.db", isolation_level=None)) as elsewhere:
        elsewhere.execute("BEGIN EXCLUSIVE")
        done = run(*command.split(), env={"MODELKEEP_LOCK_WAIT": "100ms"})
    assert done.exit_code == 6
    assert done.stderr.splitlines()[-1] == f"hint: {hint}"
    assert "holds it: " in done.stderr
