"""What somebody at a terminal sees and is asked, through a real pseudo-terminal."""

import re

import pexpect
import pytest

pytestmark = pytest.mark.process


def at(run, *words: str, columns: int = 100, **env: str) -> pexpect.spawn:
    return pexpect.spawn(
        str(run.script), list(words), cwd=str(run.cwd), dimensions=(40, columns), encoding="utf-8", timeout=30,
        env={**run.env, "TERM": "xterm", **env},
    )  # fmt: skip


def seen(run, *words: str, columns: int = 100, **env: str) -> str:
    child = at(run, *words, columns=columns, **env)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, child.before
    return child.before.replace("\r\n", "\n")


def test_models_are_a_matrix_with_colours(run, made):
    told = seen(run, "list")
    assert "\x1b[" in told
    plain = re.sub(r"\x1b\[[0-9;]*m", "", told)
    assert plain.splitlines()[0].split() == ["model", "development", "staging", "production"]
    assert any(line.split()[:2] == ["fraud", "2"] for line in plain.splitlines())


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colours_where_they_are_not_wanted(run, made, env):
    assert "\x1b" not in seen(run, "list", **env)


def test_errors_have_colours_where_they_are_wanted(run, made):
    for words, env, wanted in (([], {}, True), (["--no-color"], {}, False), ([], {"MODELKEEP_COLOR": "never"}, False)):
        child = at(run, "show", "fraud@9", *words, **env)
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 3
        assert ("\x1b[1;31merror:\x1b[0m" in child.before) is wanted


def test_nothing_is_wider_than_sixty_columns(run, made):
    for words in (
        ["list"],
        ["list", "fraud"],
        ["show", "fraud"],
        ["show", "fraud@2"],
        ["audit"],
        ["history"],
        ["--help"],
        ["status"],
    ):
        told = seen(run, *words, columns=60, NO_COLOR="1")
        assert all(len(line) <= 60 or len(line.split()) == 1 for line in told.splitlines()), words
        assert "…" not in told


def test_the_locale_c_is_ascii_on_a_terminal(run, made):
    run("tag", "fraud@2", "who=Zoë")
    told = seen(run, "show", "fraud@2", LC_ALL="C", NO_COLOR="1")
    assert told.isascii()
    assert "Zo\\xeb" in told
    assert seen(run, "lineage", "fraud@2", LC_ALL="C", NO_COLOR="1").isascii()


def test_a_rollback_asks_why_and_enter_skips(run, made):
    run("promote", "fraud@2", "production")
    child = at(run, "rollback", "fraud@2")
    child.expect_exact("fraud@2 leaves production, and fraud@1 comes back: why (Enter to skip)? ")
    assert "->" not in child.before
    child.sendline("")
    child.expect_exact("production: fraud@2 -> fraud@1")
    child.expect(pexpect.EOF)
    assert "->" not in child.before
    child.close()
    assert child.exitstatus == 0


def test_the_reason_that_was_typed_is_kept(run, made):
    run("promote", "fraud@2", "production")
    child = at(run, "rollback", "fraud")
    child.expect_exact("why (Enter to skip)? ")
    child.sendline("p99 latency")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert "p99 latency" in run("history", "fraud", "production").stdout


def test_a_rollback_does_not_leave_a_version_that_was_promoted_during_the_question(run, made):
    run("promote", "fraud@2", "production")
    child = at(run, "rollback", "fraud")
    child.expect_exact("why (Enter to skip)? ")
    run("promote", "fraud@1", "production")
    child.sendline("")
    child.expect_exact("the holder of production is 1, not 2 as expected")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 4
    assert "fraud\tproduction\t1" in run("list").stdout


def test_a_bare_rollback_soon_after_another_one_is_asked_for_even_with_yes(run, made):
    run("promote", "fraud@2", "production")
    (made / "new.onnx").write_bytes(b"y")
    run("register", "fraud", "new.onnx", "--stage", "production")
    run("rollback", "fraud@3")
    child = at(run, "rollback", "fraud", "--yes", "-m", "again")
    child.expect_exact("go back once more? [y/N] ")
    child.sendline("n")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 4
    assert "fraud\tproduction\t2" in run("list").stdout
    child = at(run, "rollback", "fraud", "-m", "again")
    child.expect_exact("go back once more? [y/N] ")
    child.sendline("y")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert "fraud\tproduction\t1" in run("list").stdout


def test_delete_shows_what_goes_and_asks(run, made):
    run("alias", "fraud@2", "champion")
    run("register", "fraud", "model3.onnx", "--parent", "fraud@2")
    for answer, exit_code, left in (("", 4, True), ("n", 4, True), ("y", 0, False)):
        child = at(run, "delete", "fraud@2", "fraud@1", NO_COLOR="1")
        child.expect_exact("fraud@2; 1.0 kB in 1 file; development; called champion; led to fraud@3")
        child.expect_exact("delete 1 version for good? [y/N] ")
        child.sendline(answer)
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == (exit_code or 8), child.before
        assert ("fraud@2" in run("list", "fraud", "-q").stdout) is left
    assert "error: fraud@1 is in production, which is protected" in child.before
    assert "fraud@2 stays in the lineage of what was made from it: fraud@3" in child.before


def test_delete_asks_nothing_where_nothing_goes_or_all_was_said(run, made):
    assert "for good?" not in seen(run, "delete", "fraud@2", "-n", NO_COLOR="1")
    assert "fraud@2: development -> deleted" in seen(run, "delete", "fraud@2", "--yes", NO_COLOR="1")
    assert "nothing to do: fraud@2 was deleted by" in seen(run, "delete", "fraud@2", NO_COLOR="1")
    child = at(run, "delete", "fraud@1", "--no-input", NO_COLOR="1")
    child.expect_exact("delete asks before it deletes, and --no-input forbids to ask")
    child.expect_exact("modelkeep delete fraud@1 --yes")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 2


def test_delete_of_a_model_says_what_it_has_and_asks(run, made):
    run("alias", "fraud@2", "champion")
    child = at(run, "delete", "fraud", "--all-versions", "--force", NO_COLOR="1")
    child.expect_exact("fraud with 2 versions; production: fraud@1; aliases champion")
    child.expect_exact("delete fraud with 2 versions for good? [y/N] ")
    run("register", "fraud", "model3.onnx")
    child.sendline("y")
    child.expect_exact("error: fraud changed since it was shown")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 4
    child = at(run, "delete", "fraud", "--all-versions", "--force", NO_COLOR="1")
    child.expect_exact("delete fraud with 3 versions for good? [y/N] ")
    child.sendline("y")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert "production: fraud@1 -> none" in child.before


def test_a_tombstone_is_a_page_and_a_dim_row(run, made):
    run("delete", "fraud@2", "--yes", "-m", "a trial")
    told = seen(run, "show", "fraud@2", NO_COLOR="1")
    assert told.splitlines()[0] == "fraud@2  deleted"
    assert re.search(r"^  deleted +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d by \S+: a trial$", told, re.MULTILINE)
    assert "2 versions, 1 deleted, " in seen(run, "status", NO_COLOR="1")
    assert re.search(r"^fraud@2 +- +- +deleted ", seen(run, "list", "fraud", "--all", NO_COLOR="1"), re.MULTILINE)


def test_no_input_asks_nothing(run, made):
    run("promote", "fraud@2", "production")
    assert "why" not in seen(run, "rollback", "fraud@2", "--no-input")


def test_the_default_place_is_made_by_a_first_register_at_a_terminal(run):
    (run.cwd / "m.onnx").write_bytes(b"m")
    told = seen(run, "register", "fraud", "m.onnx")
    assert "a new registry was made at" in told
    assert "fraud@1" in told
    assert run("list", "-q").stdout == "fraud\n"


def test_the_bytes_of_a_model_are_not_poured_on_a_terminal(run, made):
    child = at(run, "get", "fraud@1", "-", NO_COLOR="1")
    child.expect_exact("hint: modelkeep get fraud@1 - > FILE")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 2


def test_more_than_fifty_rows_are_cut_with_a_note(run, made):
    for number in range(60):
        (made / "many").mkdir(exist_ok=True)
        (made / "many" / f"{number}").write_bytes(b"%d" % number)
    script = "; ".join(f"registry.register('big', 'many/{number}', code='none')" for number in range(60))
    import subprocess

    subprocess.run(
        [run.script.with_name("python"), "-c", f"import modelkeep; registry = modelkeep.open_registry(); {script}"],
        cwd=made, env=run.env, check=True,
    )  # fmt: skip
    told = seen(run, "list", "big", "--no-pager", NO_COLOR="1")
    assert len(told.splitlines()) == 52
    assert told.splitlines()[-1] == "only the first 50 are shown; --limit N shows more"
    assert len(run("list", "big").stdout.splitlines()) == 60


def test_json_on_a_terminal_is_indented(run, made):
    assert seen(run, "list", "--json").startswith('{\n  "schema": "modelkeep.models/1",\n')


def test_an_interrupt_at_a_question_is_130(run, made):
    run("promote", "fraud@2", "production")
    child = at(run, "rollback", "fraud@2")
    child.expect_exact("why (Enter to skip)? ")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert "fraud\tproduction\t2" in run("list").stdout


def test_on_a_terminal_the_answer_stands_above_the_notes(run, made):
    (run.cwd / "again.bin").write_bytes(b"again")
    assert seen(run, "register", "fraud", "again.bin", NO_COLOR="1").splitlines()[:2] == ["fraud@3", "5 B in 1 file"]


def test_what_was_sorted_by_is_a_column_and_a_bad_winner_is_told(run, made):
    for number, auc in ((3, "0.9387654321098761"), (4, "0.912")):
        (made / "m.bin").write_bytes(b"%d" % number)
        run("register", "fraud", "m.bin", "-M", f"auc={auc}")
    run("mark", "fraud@3", "bad")
    told = seen(run, "list", "fraud", "--sort", "metric.auc:desc", "--limit", "3", NO_COLOR="1").splitlines()
    assert told[0] == "auc  ▂█▁  @2 0.914 -> @4 0.912 (-0.002 worse), best shown 0.914 in fraud@2"
    assert told[2].split() == ["version", "stage", "state", "auc", "change", "created", "author", "size"]
    assert told[3].split()[:6] == ["fraud@3", "-", "bad", "0.938765", "+0.0247654", "better"]
    assert told[5].split()[:6] == ["fraud@4", "-", "development", "0.912", "-0.0267654", "worse"]
    assert told[6:] == ["warning: fraud@3 is marked bad"]
    quiet = run("list", "fraud", "--sort", "metric.auc:desc", "--limit", "1", "-q")
    assert (quiet.stdout, quiet.stderr) == ("fraud@3\n", "warning: fraud@3 is marked bad\n")
    assert run("list", "fraud", "--sort", "metric.auc").stdout.splitlines()[0].endswith("\t0.9387654321098761")


def test_an_empty_answer_says_so_with_what_is_near(run, made):
    for words, said in (
        (["list", "frad*"], "no model matches 'frad*'; near: fraud"),
        (["list", "churn-?"], "no model matches 'churn-?'; near: risk/churn"),
        (["list", "zzz*"], "no model matches 'zzz*'"),
        (["list", "fraud", "--stage", "staging"], "fraud has no version in staging"),
        (["list", "--stage", "staging"], "there is no version in staging"),
        (["list", "fraud", "--tag", "ower"], "fraud has no version with the tag ower; near: owner"),
        (["list", "--tag", "owner=bo"], "there is no version with the tag owner=bo; there is owner=risk"),
        (
            ["list", "--sort", "created", "--tag", "x", "--stage", "staging"],
            "there is no version in staging with the tag x",
        ),
        (["list", "frad*", "--sort", "created"], "no model matches 'frad*'; near: fraud"),
        (["list", "--search", "frad"], "no name, description or tag has 'frad' in it; near: fraud"),
        (["list", "--search", "fraud", "--stage", "staging"], "nothing with 'fraud' in it is otherwise as asked for"),
        (["history", "fraud", "staging"], "no version of fraud ever held staging"),
        (["history", "--until", "seq:1"], "no version held the highest stage in that time"),
        (["audit", "fraud", "--action", "rename"], "no entry about fraud of rename"),
        (["audit", "--actor", "nobody-here"], "no entry by nobody-here"),
        (["lineage", "fraud@1"], "nothing is known that fraud@1 was made from or went into"),
        (["describe", "fraud"], "fraud has no description"),
        (["config", "trust"], "no directory of another user is trusted"),
    ):
        assert seen(run, *words, NO_COLOR="1").splitlines()[-1] == said
        in_a_script = run(*words)
        assert (in_a_script.stdout, in_a_script.exit_code) == ("", 0)
        assert said in in_a_script.stderr.splitlines(), words
        assert said not in run(*words, "-q").stderr, words
    run("archive", "risk/churn", "--all-versions")
    run("retire", "fraud", "production")
    run("archive", "fraud", "--all-versions")
    assert seen(run, "list", NO_COLOR="1") == "every model is archived or deleted: --all shows them\n"
    assert seen(run, "list", "--search", "risk", NO_COLOR="1") == (
        "all with 'risk' in it are archived or deleted: --all shows them\n"
    )
    assert seen(run, "list", "fr*", NO_COLOR="1") == "all that match 'fr*' are archived or deleted: --all shows them\n"
    assert seen(run, "list", "fraud", "--sort", "created", NO_COLOR="1") == (
        "fraud has no version that is not archived or deleted: --all shows them\n"
    )


def test_an_empty_registry_says_how_to_begin(run):
    run("init", "r")
    assert seen(run, "--registry", "r", "list") == "there is no model yet: modelkeep register NAME FILE\n"
