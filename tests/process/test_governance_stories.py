"""Stories of teams under a policy, through the installed program, each account with a home of its own."""

import json
import re

import people as people_
import pytest

pytestmark = [pytest.mark.process, pytest.mark.linux]
needs_people = pytest.mark.skipif(people_.cannot() is not None, reason=people_.WHY)

NEVER_MEANT = re.compile(r"Traceback|unexpected failure")


class Team:
    """People who share a registry and a desk with files; `says` runs a command and returns what it printed."""

    def __init__(self, people):
        self.people = people
        self.desk = people.root / "desk"
        self.desk.mkdir()
        self.desk.chmod(0o1777)
        people.env["MODELKEEP_REGISTRY"] = str(self.desk / "models")

    def says(self, who, *words, exit_code=0, **more):
        """Run a command to its end, and return the lines of stdout and stderr."""
        done = self.people(who, *words, cwd=self.desk, **more)
        assert done.exit_code == exit_code, (words, done.stdout, done.stderr)
        assert not NEVER_MEANT.search(done.stderr)
        return [*done.stdout.splitlines(), *done.stderr.splitlines()]

    def answers(self, who, *words):
        """Run a command with ``--json`` and return its answer."""
        return json.loads(self.says(who, *words, "--json")[0])

    def commits(self, who, text):
        """Write a model into a repository of their own and commit it; return the file."""
        work = self.people.home(who) / "work"
        name = f"-c user.name={who} -c user.email={who}@example.org"
        line = f"git init -q .; printf {text} > model.bin; git add model.bin; git {name} commit -qm {text}"
        done = self.people.run(who, ["sh", "-c", line])
        assert done.exit_code == 0, done.stderr
        return work / "model.bin"

    def asks(self, who, ref, *words):
        """Ask for a version in production; return the number of the request."""
        line = self.says(who, "promote", ref, "production", "--request", "-m", "march data", *words)[0]
        return re.fullmatch(r"request (\d+): none -> open", line)[1]

    def approves(self, who, request):
        """Look at the plan of a request, and approve what was seen."""
        plan = self.answers(who, "approve", request, "-n")["plan"]
        return self.says(who, "approve", request, "--plan", plan, "-m", "read the report")

    def edits(self, policy, *changes):
        """Change words of the policy, as its team would; each of them is there."""
        path = self.desk / policy
        text = path.read_text()
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        path.write_text(text)


@pytest.fixture
def team(modelkeep):
    """Return a team without a registry."""
    people = people_.People(modelkeep)
    yield Team(people)
    people.close()


def test_solo_a_reason_is_asked_for_and_the_way_back_is_free(run):
    for name in ("one", "two"):
        (run.cwd / name).write_text(name)
    for words in (
        ["init"],
        ["policy", "init", "solo"],
        ["policy", "set", "policy.toml"],
        ["register", "fraud", "one", "--data", "tx@1"],
        ["promote", "fraud@1", "production", "-m", "first"],
        ["register", "fraud", "two", "--data", "tx@2", "--description", "scores card payments"],
    ):
        done = run(*words)
        assert done.exit_code == 0, done.stderr
    refused = run("promote", "fraud@2", "production")
    assert (refused.exit_code, refused.stdout) == (9, "")
    assert refused.stderr.splitlines() == [
        "error: fraud@2 may not be in production (is in use): 1 rule of the policy does not hold",
        "         reason: missing, must be there",
        '       to say why: modelkeep promote fraud@2 production -m "why"',
        "       only a warning: code: missing, should be there",
        "hint: modelkeep promote fraud@2 production -n        (every rule with its value)",
    ]
    promoted = run("promote", "fraud@2", "production", "-m", "february data")
    assert promoted.stderr.splitlines()[0] == "warning: code: missing, should be there"
    assert run("rollback", "fraud@2", "-m", "p99").stdout == "production: fraud@2 -> fraud@1\n"
    assert run("verify").exit_code == 0


@needs_people
def test_a_team_of_three_asks_approves_rejects_and_refuses(team):
    team.says("ana", "init", team.desk / "models", "--shared", "everybody")
    team.says("ana", "policy", "init", "team")
    team.says("ana", "policy", "set", "policy.toml", "-m", "as agreed")
    assert team.says("bo", "whoami", "--json", exit_code=0)[0].find('"roles":[]') > 0
    assert team.says("bo", "register", "fraud", team.commits("bo", "one"), exit_code=9) == [
        "error: bo may not register versions: it takes the role lead (user:ana) or member (nobody has it)",
        "hint: modelkeep whoami        (what you may do)",
    ]
    for who in ("user:bo", "group:auditors"):
        team.says("ana", "role", "grant", "member", who)
    described = ("--data", "tx@1", "--description", "scores card payments")
    team.says("bo", "register", "fraud", team.commits("bo", "two"), "-M", "auc=0.91", *described)
    refused = team.says("bo", "promote", "fraud@1", "production", "-m", "go", exit_code=9)
    assert refused[1:] == [
        "         approval: 0, must be 1 person",
        "       who may approve: user:ana, group:auditors (lead or member)",
        'hint: modelkeep promote fraud@1 production --request -m "why"',
    ]
    first = team.asks("bo", "fraud@1")
    assert team.says("bo", "approve", first, exit_code=9)[0] == "error: bo cannot approve fraud@1: bo asked for it"
    assert team.says("ana", "reject", first, "-m", "on which data?") == [f"request {first}: open -> rejected"]
    second = team.asks("bo", "fraud@1")
    assert team.approves("rita", second)[0] == f"request {second}: open -> approved by rita"
    promoted = team.says("bo", "promote", "fraud@1", "production", "-m", "reviewed by rita")
    assert promoted[0] == "production: none -> fraud@1"
    states = [(each["request"], each["state"]) for each in team.answers("otto", "requests")["requests"]]
    assert states == [(int(second), "promoted"), (int(first), "rejected")]
    assert team.says("ana", "role", "revoke", "lead", "user:ana", exit_code=4)[0] == (
        "error: nobody else may change the policy: without this role nobody could change it any more"
    )
    assert team.says("otto", "verify")[0].startswith("ok: ")


@needs_people
def test_a_regulated_team_takes_checks_with_evidence_and_two_approvals(team):
    team.says("olga", "init", team.desk / "models", "--shared", "everybody")
    team.says("olga", "policy", "init", "regulated")
    team.edits("policy.toml", ("soak =", "# soak ="))
    team.says("olga", "policy", "set", "policy.toml", "-m", "as agreed with risk")
    for role, who in (("developer", "ana"), ("reviewer", "bo"), ("operator", "otto")):
        team.says("olga", "role", "grant", role, f"user:{who}")
    team.says("olga", "role", "grant", "risk-officer", "group:auditors")
    described = ("--licence", "MIT", "--description", "scores card payments", "--tag", "owner=risk")
    model = team.commits("ana", "one")
    team.says("ana", "register", "fraud", model, "--data", "tx@1", "--label", "1.0.0", *described)
    team.says("ana", "promote", "fraud@1", "staging")
    assert team.says("ana", "promote", "fraud@1", "production", "-m", "go", exit_code=9)[0] == (
        "error: ana may not promote to production: it takes the role operator (user:otto)"
    )
    refused = team.says("otto", "promote", "fraud@1", "production", "-m", "go", exit_code=9)
    assert [line.strip() for line in refused[1:10]] == [
        "check bias: missing, must be pass or warn, at most 90d old",
        "check validation: missing, must be pass or warn, at most 90d old",
        "approval of reviewer: 0, must be 1 person with the role reviewer",
        "approval of risk-officer: 0, must be 1 person with the role risk-officer",
        "to check it: modelkeep check run fraud@1 bias -- COMMAND",
        "to check it: modelkeep check run fraud@1 validation -- COMMAND",
        "who may approve: user:bo (reviewer); group:auditors (risk-officer)",
        'to ask for it: modelkeep promote fraud@1 production --request -m "why"',
        "only a warning: pickles: missing, should be safe",
    ]
    (team.desk / "bias.html").write_text("<p>no group differs")
    for who, name in (("ana", "bias"), ("bo", "validation")):
        done = team.says(who, "check", "record", "fraud@1", name, "pass", "--evidence", "bias.html")
        assert done[0] == f"{name}: none -> pass"
    request = team.asks("ana", "fraud@1")
    for who in ("ana", "otto", "olga"):  # who develops, operates or writes the rules does not approve
        assert team.says(who, "approve", request, exit_code=9)[0].startswith(f"error: {who} may not approve: ")
    assert team.approves("bo", request)[1:3] == [
        "approval of risk-officer: 0, must be 1 person with the role risk-officer",
        "who may approve: group:auditors (risk-officer)",
    ]
    team.says("otto", "promote", "fraud@1", "production", "-m", "go", exit_code=9)
    assert team.approves("rita", request)[1:] == ['next: modelkeep promote fraud@1 production -m "why"']
    assert team.says("otto", "promote", "fraud@1", "production", "-m", "go") == [
        "production: none -> fraud@1",
        "warning: pickles: missing, should be safe",
        "warning: signature: missing, should be there: nothing is in production",
    ]
    report = "\n".join(team.says("rita", "report", "--verify"))
    assert "| promoted | otto | ana | bo, rita |" in report
    kept = team.answers("rita", "requests", "fraud@1")["requests"][0]["approvals"]
    saw = [each["rule"] for each in kept[1]["plan"]["values"]]
    assert saw[-4:] == ["check bias", "check validation", "pickles", "signature"]
    assert [(each["actor"], each["roles"]) for each in kept] == [("bo", ["reviewer"]), ("rita", ["risk-officer"])]


@needs_people
def test_at_night_a_signal_rolls_back_and_another_person_reviews_what_broke_the_glass(team):
    team.says("ana", "init", team.desk / "models", "--shared", "everybody")
    team.says("ana", "policy", "init", "team")
    rule = """[[signals]]
name = "error-rate"
above = 0.05
count = 1000
stage = "production"
then = "rollback"
"""
    team.edits("policy.toml", ("# [[signals]]", f"{rule}\n# [[signals]]"), ("approvals = 1 ", "# approvals = 1 "))
    team.edits("policy.toml", ("approvals_expire", "# approvals_expire"))
    team.says("ana", "policy", "set", "policy.toml", "-m", "as agreed")
    team.says("ana", "role", "grant", "member", "user:bo")
    for number in (1, 2):
        described = ("--data", f"tx@{number}", "--description", "scores card payments")
        model = team.commits("bo", f"text{number}")
        team.says("bo", "register", "fraud", model, "--stage", "production", "-m", "go", *described)
    few = team.says("bo", "signal", "fraud@2", "error-rate", "0.2", "--count", "50")
    assert few == ["error-rate of fraud@2: none -> 0.2"]
    many = team.says("bo", "signal", "fraud@2", "error-rate", "0.09", "--count", "5000", "--source", "prometheus")
    assert many[0] == "production: fraud@2 -> fraud@1"
    signalled = re.fullmatch(r"next: modelkeep acknowledge (\d+)", many[-1])[1]
    again = team.says("bo", "signal", "fraud@2", "error-rate", "0.09", "--count", "5000")
    assert again == ["error-rate of fraud@2: 0.09 -> 0.09"]

    # The month must be closed, and what served it before is the wrong one: ana takes the bad version back in.
    team.says("ana", "mark", "fraud@2", "good", "-m", "the probe was wrong")
    (team.desk / "policy2.toml").write_text((team.desk / "policy.toml").read_text().replace("# approvals", "approvals"))
    team.says("ana", "policy", "set", "policy2.toml", "-m", "a second person looks")
    team.says("ana", "promote", "fraud@2", "production", "-m", "month end", exit_code=9)
    assert team.says("bo", "promote", "fraud@2", "production", "--break-glass", "-m", "x", exit_code=9)[0] == (
        "error: bo may not break the glass of production: it takes the role lead (user:ana)"
    )
    broken = team.says("ana", "promote", "fraud@2", "production", "--break-glass", "-m", "month end")
    item = re.fullmatch(r"another person has to look at it: modelkeep acknowledge (\d+)", broken[-1])[1]
    assert broken[1] == "warning: approval: 0, must be 1 person (waived)"
    assert team.says("ana", "acknowledge", item, "-m", "fine", exit_code=9)[0] == (
        f"error: ana broke the glass in entry {item}, and another person has to acknowledge it"
    )
    status = team.answers("bo", "status")
    assert [(each["seq"], each["item"]) for each in status["items"]] == [
        (int(signalled), "signal"), (int(item), "break-glass"),
    ]  # fmt: skip
    for number in (signalled, item):
        team.says("bo", "acknowledge", number, "-m", "reviewed in the morning")
    assert team.says("bo", "rollback", "fraud@2", "-m", "p99")[0] == "production: fraud@2 -> fraud@1"
    assert team.says("bo", "verify")[0].startswith("ok: ")


@needs_people
def test_a_policy_that_changes_in_the_middle_of_a_request_asks_again_and_leaves_the_past(team):
    team.says("ana", "init", team.desk / "models", "--shared", "everybody")
    team.says("ana", "policy", "init", "team")
    team.says("ana", "policy", "set", "policy.toml", "-m", "as agreed")
    for who in ("user:bo", "user:rita"):
        team.says("ana", "role", "grant", "member", who)
    described = ("--data", "tx@1", "--description", "scores card payments")
    team.says("bo", "register", "fraud", team.commits("bo", "one"), *described)
    request = team.asks("bo", "fraud@1")
    assert team.approves("ana", request)[1:] == ['next: modelkeep promote fraud@1 production -m "why"']
    team.edits("policy.toml", ("approvals = 1 ", "approvals = 2 "))
    stale = (
        f"request {request} (fraud@1 to production): the rules changed, so 1 approval of it does not count any longer"
    )
    assert team.says("ana", "policy", "set", "policy.toml", "-n")[-1] == stale
    assert team.says("ana", "policy", "set", "policy.toml", "-m", "two look")[-1] == stale
    refused = team.says("bo", "promote", "fraud@1", "production", "-m", "go", exit_code=9)
    assert refused[1:3] == [
        "         approval: 0, must be 2 persons",
        "       who may approve: user:ana, user:rita (lead or member)",
    ]
    assert team.approves("ana", request)[1] == "approval: 1, must be 2 persons"
    assert team.approves("rita", request)[1:] == ['next: modelkeep promote fraud@1 production -m "why"']
    team.says("bo", "promote", "fraud@1", "production", "-m", "go")
    kept = team.answers("otto", "requests", "fraud@1")["requests"][0]["approvals"]
    assert [(each["actor"], each["counts"]) for each in kept] == [("ana", False), ("ana", True), ("rita", True)]
    then = team.says("otto", "policy", "show", "--as-of", f"seq:{request}", "--format", "lines")
    now = team.says("otto", "policy", "show", "--format", "lines")
    assert [any(line.startswith(f"approvals = {count} ") for line in shown) for shown in (then, now) for count in (1, 2)] == [
        True, False, False, True,
    ]  # fmt: skip
    assert team.says("otto", "verify")[0].startswith("ok: ")
