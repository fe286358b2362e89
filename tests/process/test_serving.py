"""Versions in use, through the installed program: a canary that fails, where it runs, and what a script sees of it."""

import json

import pytest

pytestmark = pytest.mark.process


def test_a_canary_that_fails_is_ended_by_monitoring_and_found_by_scripts(run, made):
    (made / "policy.toml").write_text(
        '[[stages]]\nname = "staging"\n[[stages]]\nname = "production"\nprotected = true\n'
        '[[signals]]\nname = "lift"\nstage = "production"\nbelow = -0.1\nthen = "rollback"\n'
    )
    assert run("policy", "set", "policy.toml").exit_code == 0
    done = run("promote", "fraud@2", "production", "--share", "10")
    assert done.stdout == "share of production: none -> fraud@2 at 10%\n"
    assert "fraud@1 holds production and keeps 90%\n" in done.stderr
    assert run("deployment", "record", "fraud@2", "--to", "k8s/eu", "--share", "10").exit_code == 0
    assert run("deployments", "--drift", "--exit-code").exit_code == 0
    assert run("signals", "--open", "--exit-code").exit_code == 0

    done = run("signal", "fraud@2", "lift", "-0.25", "--count", "500", "--window", "1h")
    assert done.stdout == "share of production: fraud@2 -> none\nlift of fraud@2: none -> -0.25\n"
    assert "warning: fraud@2 still runs at k8s/eu\n" in done.stderr

    drift = run("deployments", "--drift", "--exit-code")
    assert (drift.exit_code, drift.stdout.split("\t")[7]) == (1, "marked bad")
    waiting = run("signals", "--open", "--exit-code", "-q")
    assert waiting.exit_code == 1
    assert run("acknowledge", waiting.stdout.strip(), "-m", "seen").exit_code == 0
    assert run("signals", "--open", "--exit-code").exit_code == 0
    assert run("list", "fraud", "--columns", "ref,state,stage").stdout.splitlines()[-2:] == [
        "fraud@2\tbad\t-",
        "fraud@1\tactive\tproduction",
    ]
    assert run("verify", "--log").exit_code == 0


def test_keys_come_from_options_files_and_standard_input(run, made):
    (made / "keys.txt").write_text("user-1\nuser 2\r\n東京\n")
    assert run("pick", "fraud@production", "--key", "user-1", "--keys-from", "keys.txt", "-q").stdout == "fraud@1\n" * 4
    answer = json.loads(run("pick", "fraud@prod", "--keys-from", "-", "--json", stdin="user-1\nuser 2\n").stdout)
    assert [each["key"] for each in answer["picks"]] == ["user-1", "user 2"]
    lines = run("pick", "fraud@production", "--keys-from", "keys.txt").stdout.splitlines()
    assert [line.split("\t")[1] for line in lines] == ["user-1", "user 2", "東京"]
    (made / "keys.txt").write_bytes(b"\xff\xfe\n")
    assert run("pick", "fraud@production", "--keys-from", "keys.txt").exit_code == 2
    assert run("pick", "fraud@production", "--keys-from", "none.txt").exit_code == 2
    assert run("pick", "fraud@production").exit_code == 2
    assert run("pick", "risk/churn@production", "--key", "a").exit_code == 3


def test_a_bad_mark_says_that_the_share_goes_on(run, made):
    run("promote", "fraud@2", "production", "--share", "0.5")
    done = run("mark", "fraud@2", "bad")
    assert "fraud@2 still has 0.5% of production (end it: modelkeep rollback fraud@2 production)\n" in done.stderr
    assert run("rollback", "fraud@2", "production").stdout == "share of production: fraud@2 -> none\n"


@pytest.mark.parametrize("words", [["lift", "-0.25"], ["lift", "-.5", "--source", "x"], ["lift", "--", "-1e-3"]])
def test_a_negative_value_is_no_option(run, made, words):
    assert run("signal", "fraud@1", *words).exit_code == 0
