"""Approvals through the installed program: several accounts, their disguises, a terminal, and two at once."""

import json
import shlex

import people as people_
import pexpect
import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.linux,
    pytest.mark.skipif(people_.cannot() is not None, reason=people_.WHY),
]

POLICY = """
[[stages]]
name = "staging"

[[stages]]
name = "production"
protected = true
require = ["data"]
approvals = 1

[[stages.gates]]
metric = "auc"
min = 0.9
"""
ANA = people_.UIDS["ana"]


@pytest.fixture(scope="module")
def people(modelkeep):
    """Return people who share a registry, in which ana registered fraud@1 and fraud@2."""
    made = people_.People(modelkeep)
    made.env["MODELKEEP_REGISTRY"] = str(made.root / "srv/models")
    place = made.root / "srv"
    place.mkdir()
    place.chmod(0o1777)
    (place / "policy.toml").write_text(POLICY)
    for name in ("one", "two"):
        (place / name).write_text(name)
    for words in (
        ["init", place / "models", "--shared", "ml"],
        ["policy", "set", place / "policy.toml"],
        ["register", "fraud", place / "one", "-M", "auc=0.95", "--data", "tx@1"],
        ["register", "fraud", place / "two", "-M", "auc=0.85"],
    ):
        done = made("ana", *words)
        assert done.exit_code == 0, done.stderr
    yield made
    made.close()


def asked(people, who="ana"):
    """Return the number of an open request for fraud@1; one that is there already is taken."""
    done = people(who, "promote", "fraud@1", "production", "--request", "-m", "march data", "--json")
    assert done.exit_code == 0, done.stderr
    (number,) = people(who, "requests", "fraud@1", "--open", "-q").stdout.split() or [None]
    return number


def test_what_is_refused_is_listed_and_a_dry_run_shows_every_rule(people):
    dry = people("ana", "promote", "fraud@2", "production", "-n")
    assert (dry.exit_code, dry.stdout) == (9, "")
    lines = dry.stderr.splitlines()
    assert lines[:3] == [
        "fails   data            missing  must be there",
        "fails   metric auc min  0.85     must be >= 0.9",
        "fails   approval        0        must be 1 person",
    ]
    assert lines[3].startswith("plan sha256:")
    assert lines[4:] == [
        "error: fraud@2 may not be in production: 3 rules of the policy do not hold",
        "         data: missing, must be there",
        "         metric auc min: 0.85, must be >= 0.9",
        "         approval: 0, must be 1 person",
        "       to record data or code: modelkeep register fraud PATH --data NAME@VERSION --if-exists new",
        "       who may approve: anybody who neither registered it, made it nor asked for it",
        '       to ask for it: modelkeep promote fraud@2 production --request -m "why"',
    ]
    error = json.loads(people("ana", "promote", "fraud@2", "production", "--json").stderr)["error"]
    assert (error["code"], error["exit"]) == ("denied", 9)
    assert [(each["rule"], each["value"], each["passed"]) for each in error["findings"]] == [
        ("data", "missing", False),
        ("metric auc min", "0.85", False),
        ("approval", "0", False),
    ]
    assert error["plan"] == lines[3].removeprefix("plan ")


def test_the_lines_that_are_printed_ask_approve_and_promote(people):
    done = people("ana", "promote", "fraud@1", "production", "--request", "-m", "march data")
    number = done.stdout.removeprefix("request ").partition(":")[0]
    assert done.stdout == f"request {number}: none -> open\n"
    assert done.stderr.splitlines() == [
        "approval: 0, must be 1 person",
        "who may approve: anybody who neither registered it, made it nor asked for it",
        f"approve: modelkeep approve {number}",
        f'reject: modelkeep reject {number} -m "why"',
    ]
    unseen = people("bo", "approve", number)
    assert unseen.exit_code == 2
    hint = unseen.stderr.splitlines()[-1].removeprefix("hint: modelkeep ")
    assert hint.startswith(f"approve {number} --plan sha256:")
    approved = people("bo", *shlex.split(hint), "-m", "seen the report")
    assert (approved.exit_code, approved.stdout) == (0, f"request {number}: open -> approved by bo\n")
    assert approved.stderr.splitlines()[-1] == 'next: modelkeep promote fraud@1 production -m "why"'
    dry = people("ana", "promote", "fraud@1", "production", "-n")
    assert (dry.exit_code, dry.stdout) == (0, "production: none -> fraud@1\n")
    assert "holds   approval        1      must be 1 person" in dry.stderr.splitlines()
    done = people("ana", "promote", "fraud@1", "production", "--json")
    change = json.loads(done.stdout)
    assert [(each["rule"], each["value"]) for each in change["rules"]] == [
        ("data", "there"),
        ("metric auc min", "0.95"),
        ("approval", "1"),
    ]
    (request,) = json.loads(people("ana", "requests", "fraud@1", "--json").stdout)["requests"]
    (approval,) = request["approvals"]
    assert (request["state"], approval["actor"], approval["reason"], approval["counts"]) == (
        "promoted",
        "bo",
        "seen the report",
        True,
    )
    assert approval["plan"]["digest"] == change["plan"] == request["plan"]
    assert {"rule": "metric auc min", "value": "0.95", "bound": ">= 0.9"} in approval["plan"]["values"]
    (tenure,) = json.loads(people("bo", "history", "fraud", "--json").stdout)["tenures"]
    assert (tenure["request"], tenure["rules"]) == (int(number), change["rules"])
    assert people("bo", "verify", "--log").exit_code == 0
    assert people("ana", "retire", "fraud@1", "production").exit_code == 0


def test_nobody_approves_in_a_disguise(people):
    number = asked(people)
    assert people("ana", "approve", number, "-n").exit_code == 9
    refused = people.run("ana", ["unshare", "-U", "--map-user=0", people.script, "approve", number, "-n"])
    if "unshare failed" not in refused.stderr:
        assert refused.exit_code == 9
        assert "an account in a user namespace can call itself anything" in refused.stderr
    for renamed, who, message in (
        (f"anna:x:{ANA}", "71001", "anna cannot approve fraud@1: ana, who is the same person as anna, asked for it"),
        ("ana:x:71009", "ana", "ana cannot approve fraud@1: ana asked for it"),
    ):
        passwd = people.root / "passwd"
        kept = passwd.read_text()
        try:
            passwd.write_text(kept.replace(f"ana:x:{ANA}", renamed))
            refused = people.run(who, [people.script, "approve", number, "-n"], cwd="/", env={"HOME": "/nonexistent"})
        finally:
            passwd.write_text(kept)
        assert refused.exit_code == 9, refused.stderr
        assert message in refused.stderr


def test_the_login_behind_a_sudo_gives_the_person_away(people):
    number = asked(people)
    sudo = f"echo {ANA} > /proc/self/loginuid && grep -qx {ANA} /proc/self/loginuid"
    probe = people.run("root", ["true"], before=sudo)
    if probe.exit_code:
        pytest.skip("needs a kernel that audits logins: /proc/self/loginuid")
    for who in ("root", "bo"):
        refused = people(who, "approve", number, "-n", before=sudo)
        assert refused.exit_code == 9
        assert "asked for it" in refused.stderr


def test_a_person_at_a_terminal_sees_what_is_approved_and_is_asked(people):
    number = asked(people)
    for answer, exit_code in (("n", 4), ("y", 0)):
        child = at_terminal(people, "bo", "approve", number)
        child.expect(r'ana asks for fraud@1 in production: "march data"\r\nit would replace nothing\r\n')
        child.expect(r"holds   metric auc min  0\.95   must be >= 0\.9\r\n")
        child.expect(r"approve fraud@1\? \[y/N\] ")
        child.sendline(answer)
        if answer == "y":
            child.expect(r"why \(Enter to skip\)\? ")
            child.sendline("seen the report")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == exit_code, child.before
    (request,) = json.loads(people("bo", "requests", "fraud@1", "--open", "--json").stdout)["requests"]
    assert [(each["actor"], each["reason"]) for each in request["approvals"]] == [("bo", "seen the report")]
    rejected = people("bo", "reject", "fraud@1", "production", "-m", "not before the audit")
    assert rejected.stdout == f"request {number}: open -> rejected\n"


def at_terminal(people, who, *words):
    """Start modelkeep as somebody at a terminal of their own."""
    become = ["setpriv", f"--reuid={who}", f"--regid={who}", "--init-groups", str(people.script), *words]
    script = f"set -e\n{people._prologue}\ncd {people.home(who)}/work\numask 022\nexec {shlex.join(become)}"
    env = {**people.env, "HOME": str(people.home(who)), "TERM": "dumb"}
    return pexpect.spawn(
        "unshare", ["-m", "sh", "-c", script], env=env, encoding="utf-8", timeout=60, dimensions=(40, 120)
    )


def test_two_who_approve_at_once_are_counted_once_each(people):
    number = asked(people)
    digest = json.loads(people("bo", "requests", "fraud@1", "--open", "--json").stdout)["requests"][0]["plan"]
    started = [people.start(who, [people.script, "approve", number, "--plan", digest]) for who in ("bo", "bo", "root")]
    ended = [process.communicate("", 60) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], ended
    assert sum("nothing to do: bo approved it in entry" in err for _, err in ended) == 1
    (request,) = json.loads(people("bo", "requests", "fraud@1", "--open", "--json").stdout)["requests"]
    assert sorted(each["actor"] for each in request["approvals"]) == ["bo", "root"]
    assert people("bo", "verify", "--log").exit_code == 0
