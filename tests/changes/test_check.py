"""`check record`, `check run` and what is asked about them, through the public door."""

import os
import shutil
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from policies import to_toml
from world import World

from modelkeep.domain.policy.rules import RequiredCheck, RoleRules, Rules, StageRules
from modelkeep.domain.verbs.check import MOST_IN_DOCUMENT
from modelkeep.errors import Conflict, Denied, IntegrityError, NotFound, UsageError
from modelkeep.locate import Located
from modelkeep.maintenance.gc import gc
from modelkeep.registry import Registry

LARGE = b"report " * 200_000
PYTHON = [sys.executable, "-I", "-S", "-c"]


@pytest.fixture
def world(tmp_path):
    """Return a registry with fraud@1 and fraud@2."""
    world = World(tmp_path)
    world.context = replace(world.context, environ={"PATH": os.environ["PATH"]})
    world.registry = Registry(world.context, Located(str(world.home), "flag"))
    world.register(content=b"one")
    world.register(content=b"two!")
    return world


def report(world, data, name="report.html"):
    path = world.work / name
    path.write_bytes(data)
    return str(path)


def rules(*checks, **more):
    return Rules(stages=(StageRules(name="staging"), StageRules(name="production", checks=checks)), **more)


def put_in_force(world, rules):
    (world.work / "policy.toml").write_text(to_toml(rules))
    world.registry.set_policy(world.work / "policy.toml")


def evidence(world, name="bias", ref="fraud@1"):
    """Return the bytes that come out again."""
    out = world.work / f"out-{name}"
    world.registry.check_evidence(ref, name, out, force=True)
    return out.read_bytes()


# Recording


def test_a_result_is_recorded_and_the_newest_counts(world):
    r = world.registry
    assert [str(each.before) for each in r.record_check("fraud@1", "bias", "pass").effects] == ["none"]
    done = r.record_check("fraud@1", "bias", "fail", message="on the new data")
    assert (done.effects[0].before, done.effects[0].after, done.result, done.evidence) == ("pass", "fail", "fail", None)
    (row,) = r.checks("fraud@1")
    assert (row.name, row.result, row.state, row.actor, row.reason) == (
        "bias",
        "fail",
        "current",
        "ana",
        "on the new data",
    )
    assert [each.result for each in r.checks("fraud@1", all=True)] == ["fail", "pass"]
    assert [each.state for each in r.checks("fraud@1", all=True)] == ["current", "superseded"]
    assert r.checks("fraud@2") == ()
    assert world.findings() == []


def test_the_same_result_again_is_a_new_one(world):
    first = world.registry.record_check("fraud@1", "bias", "pass")
    second = world.registry.record_check("fraud@1", "bias", "pass")
    assert (first.changed, second.changed, second.seq) == (True, True, first.seq + 1)


@pytest.mark.parametrize("data", [b"\0", b"<html>all is well", b"x" * MOST_IN_DOCUMENT], ids=len)
def test_evidence_that_is_small_is_a_document_and_comes_out_again(world, data):
    done = world.registry.record_check("fraud@1", "bias", "pass", evidence=report(world, data))
    assert done.evidence_bytes == len(data)
    assert not world.blob(data).exists()
    assert evidence(world) == data
    assert world.findings() == []


def test_evidence_that_is_large_is_in_the_store_and_comes_out_again(world):
    done = world.registry.record_check("fraud@1", "bias", "pass", evidence=report(world, LARGE))
    assert done.evidence_bytes == len(LARGE)
    assert world.blob(LARGE).read_bytes() == LARGE
    assert evidence(world) == LARGE
    assert world.registry.check("fraud@1", "bias").evidence_bytes == len(LARGE)
    assert world.findings() == []
    assert "files" in repr(world.registry.version("fraud@1"))
    assert [each.path for each in world.registry.version("fraud@1").contents] == ["model.onnx"]


def test_evidence_comes_from_standard_input(world, monkeypatch):
    with open(report(world, LARGE)) as file:
        monkeypatch.setattr(sys, "stdin", file)
        world.registry.record_check("fraud@1", "bias", "pass", evidence="-")
    assert evidence(world) == LARGE


def test_evidence_is_not_written_over_another_file(world):
    world.registry.record_check("fraud@1", "bias", "pass", evidence=report(world, b"all is well"))
    out = report(world, b"mine", "out.html")
    with pytest.raises(Conflict, match="exists and is something else"):
        world.registry.check_evidence("fraud@1", "bias", out)
    done = world.registry.check_evidence("fraud@1", "bias", out, force=True)
    assert (done.changed, Path(out).read_bytes()) == (True, b"all is well")
    assert not world.registry.check_evidence("fraud@1", "bias", out).changed
    assert world.registry.check_evidence("fraud@1", "bias", f"{world.work}/").path == f"{world.work}/bias.evidence"


def test_a_dry_run_stores_nothing(world):
    before = world.registry.status().head_hash
    done = world.registry.record_check("fraud@1", "bias", "pass", evidence=report(world, LARGE), dry_run=True)
    assert (done.dry_run, done.evidence_bytes) == (True, len(LARGE))
    assert not world.blob(LARGE).exists()
    assert world.registry.status().head_hash == before


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (("fraud", "bias", "pass"), UsageError, "check needs a version"),
        (("fraud@9", "bias", "pass"), NotFound, "fraud has no version 9"),
        (("fraud@1", "Bias", "pass"), UsageError, "not a name for a check: 'Bias'"),
        (("fraud@1", "\x1b[2J", "pass"), UsageError, r"not a name for a check: '\\x1b\[2J'"),
        (("fraud@1", "licence", "pass"), UsageError, "licence is no check that is recorded"),
        (("fraud@1", "bias", "passed"), UsageError, "a check ends with pass, fail or warn, not 'passed'"),
        (("fraud@1", "bias", ""), UsageError, "not ''"),
    ],
)
def test_a_wrong_word_is_refused_before_evidence_is_stored(world, values, error, message):
    with pytest.raises(error, match=message):
        world.registry.record_check(*values, evidence=report(world, LARGE))
    assert not world.blob(LARGE).exists()


@pytest.mark.parametrize(
    ("expires", "until"),
    [
        ("30d", "2026-12-23T09:"),
        (timedelta(hours=2), "2026-11-23T11:"),
        ("2027-01-31T00:00:00Z", "2027-01-31T00:00:00.000000Z"),
    ],
)
def test_a_result_counts_until_it_expires(world, expires, until):
    done = world.registry.record_check("fraud@1", "bias", "pass", expires=expires)
    assert done.expires.startswith(until)
    assert world.registry.check("fraud@1", "bias").state == "current"
    world.pass_time(days=100)
    assert world.registry.check("fraud@1", "bias").state == "expired"
    for moment, state in (
        ("2026-11-23T10:00:00Z", "current"),
        ("98d", "current" if "11-23" not in until else "expired"),
    ):
        for as_of in (moment, world.registry.as_of(moment)):
            assert world.registry.check("fraud@1", "bias", as_of=as_of).state == state
            assert world.registry.checks("fraud@1", as_of=as_of)[0].state == state
            assert world.registry.version("fraud@1", as_of=as_of).checks[0].state == state


@pytest.mark.parametrize("expires", ["tomorrow", "0", "seq:3", "999999999w", "-1d", "30", "", "2026-11-22", "0d"])
def test_a_time_to_expire_that_is_none_is_refused(world, expires):
    with pytest.raises(UsageError):
        world.registry.record_check("fraud@1", "bias", "pass", expires=expires)
    assert world.registry.checks("fraud@1") == ()


def test_what_the_policy_asks_for_is_missing_stale_or_there(world):
    checks = (RequiredCheck(name="bias", max_age=86_400), RequiredCheck(name="scan"))
    put_in_force(world, rules(*checks))
    world.registry.record_check("fraud@1", "bias", "pass")
    assert [(row.name, row.state, row.stages) for row in world.registry.checks("fraud@1")] == [
        ("bias", "current", ("production",)),
        ("scan", "missing", ("production",)),
    ]
    world.pass_time(days=2)
    row = world.registry.check("fraud@1", "bias")
    assert (row.state, row.stale_for) == ("stale", ("production",))
    with pytest.raises(NotFound, match="fraud@1 has no check scan"):
        world.registry.check("fraud@1", "scan")


def test_who_may_not_check_may_not_and_no_command_runs(world):
    roles = (RoleRules("owner", ("*",)), RoleRules("trainer", ("register",)))
    put_in_force(world, rules(roles=roles))
    world.registry.grant_role("owner", "user:bo")
    world.registry.revoke_role("owner", "user:ana")
    for call in (
        lambda: world.registry.record_check("fraud@1", "bias", "pass", evidence=report(world, LARGE)),
        lambda: world.registry.run_check("fraud@1", "bias", ["touch", str(world.work / "ran"), "{}"]),
    ):
        with pytest.raises(Denied):
            call()
    assert not world.blob(LARGE).exists()
    assert not (world.work / "ran").exists()


def test_the_page_of_a_version_and_the_difference_of_two_have_the_checks(world):
    world.registry.record_check("fraud@1", "bias", "pass")
    world.registry.record_check("fraud@2", "bias", "fail")
    world.registry.record_check("fraud@2", "scan", "warn")
    assert [(each.name, each.result) for each in world.registry.version("fraud@2").checks] == [
        ("bias", "fail"),
        ("scan", "warn"),
    ]
    rows = [
        (each.key, each.values) for each in world.registry.diff(["fraud@1", "fraud@2"]).rows if each.section == "checks"
    ]
    assert rows == [("bias", ("pass", "fail")), ("scan", (None, "warn"))]


def test_a_result_of_the_past_is_what_was_known_then(world):
    first = world.registry.record_check("fraud@1", "bias", "pass", evidence=report(world, b"first"))
    world.registry.record_check("fraud@1", "bias", "fail", evidence=report(world, b"second"))
    then = f"seq:{first.seq}"
    assert [each.result for each in world.registry.checks("fraud@1", as_of=then)] == ["pass"]
    assert world.registry.check("fraud@1", "bias", as_of=then).state == "current"
    world.registry.check_evidence("fraud@1", "bias", world.work / "then", as_of=then)
    assert (world.work / "then").read_bytes() == b"first"
    assert world.registry.checks("fraud@1", as_of=f"seq:{first.seq - 1}") == ()


# Large evidence in the store


def test_gc_keeps_evidence_and_removes_it_with_its_version(world):
    world.registry.record_check("fraud@1", "bias", "pass", evidence=report(world, LARGE))
    world.pass_time(days=30)
    assert world.registry.gc(grace="0").garbage == ()
    world.registry.delete("fraud@1")
    (blob, evidence) = sorted(world.registry.gc(grace="0").garbage, key=lambda each: each.size_bytes)
    assert (blob.size_bytes, evidence.size_bytes) == (3, len(LARGE))
    assert evidence.reason.startswith("only fraud@1, deleted 2026-12-2")
    assert not world.blob(LARGE).exists()
    assert world.findings() == []
    assert [each.severity for each in world.registry.doctor().findings if each.severity == "error"] == []


def test_gc_removes_nothing_where_the_log_needs_evidence_that_the_tables_do_not(world):
    world.registry.record_check("fraud@1", "bias", "pass", evidence=report(world, LARGE))
    world.edit("DELETE FROM check_result")
    with pytest.raises(IntegrityError, match="by the log a version needs sha256:04836d3b"):
        world.registry.gc(grace="0")
    assert world.blob(LARGE).exists()


def test_evidence_is_verified_once_and_progress_knows_all_bytes(world):
    seen = []
    for ref in ("fraud@1", "fraud@2"):
        world.registry.record_check(ref, "bias", "pass", evidence=report(world, LARGE))
        world.registry.record_check(ref, "scan", "pass", evidence=report(world, LARGE * 2))
    world.register(content=LARGE * 2)  # evidence that is a file of a version too
    found = world.verify(log=False, progress=lambda done, total: seen.append((done, total)))
    assert (found.blobs, found.size_bytes) == (4, 3 + 4 + 3 * len(LARGE))
    assert seen[-1] == (found.size_bytes, found.size_bytes)
    chosen = world.verify("fraud@1", log=False)
    assert (chosen.blobs, chosen.size_bytes) == (3, 3 + 3 * len(LARGE))


def test_evidence_that_two_versions_share_stays_with_one_of_them(world):
    for ref in ("fraud@1", "fraud@2"):
        world.registry.record_check(ref, "bias", "pass", evidence=report(world, LARGE))
    world.registry.delete("fraud@1")
    assert LARGE not in [each.size_bytes for each in world.registry.gc(grace="0").garbage]
    assert evidence(world, ref="fraud@2") == LARGE


def test_verify_finds_evidence_that_is_damaged_or_missing(world):
    world.registry.record_check("fraud@1", "bias", "pass", evidence=report(world, LARGE))
    world.damage(LARGE)
    (found,) = world.findings()
    assert found.startswith("error blob fraud@1: evidence of the check bias: ")
    with pytest.raises(IntegrityError):
        evidence(world)
    world.damage(LARGE, None)
    (found,) = world.findings()
    assert found.startswith("error blob fraud@1: evidence of the check bias: ")
    assert any("evidence of the check bias" in each.message for each in world.registry.doctor().findings)


def test_a_backup_has_the_evidence_and_mends_it(world):
    world.registry.record_check("fraud@1", "bias", "pass", evidence=report(world, LARGE))
    world.registry.backup(world.root / "backup")
    world.damage(LARGE)
    assert world.registry.verify(repair=world.root / "backup").findings[0].severity == "repaired"
    assert evidence(world) == LARGE


def test_gc_between_the_evidence_and_its_entry_makes_the_evidence_be_stored_again(world, monkeypatch):
    from modelkeep.changes import check

    ran = []
    real = check.from_file

    def from_file(*args, **more):
        found = real(*args, **more)
        if not ran:
            ran.append(gc(world.context, grace=timedelta(), dry_run=False))
        return found

    monkeypatch.setattr(check, "from_file", from_file)
    world.registry.record_check("fraud@1", "bias", "pass", evidence=report(world, LARGE))
    assert [each.size_bytes for each in ran[0].garbage] == [len(LARGE)]
    assert evidence(world) == LARGE


# Running


def test_a_command_gets_the_artifact_and_its_output_is_the_evidence(world):
    said = []
    command = ["sh", "-c", 'cat "$1"; echo; echo "$MODELKEEP_REF"; [ "$1" = "$MODELKEEP_PATH" ]', "sh", "{}"]
    done = world.registry.run_check("fraud@2", "cat", command, output=said.append)
    assert (done.result, done.outcome, "".join(said)) == ("pass", "exit code 0", "two!\nfraud@2\n")
    assert evidence(world, "cat", "fraud@2") == b"two!\nfraud@2\n"
    row = world.registry.check("fraud@2", "cat")
    assert row.command == """sh -c 'cat "$1"; echo; echo "$MODELKEEP_REF"; [ "$1" = "$MODELKEEP_PATH" ]' sh {}"""
    assert world.findings() == []


def test_the_path_stands_inside_of_words_or_at_the_end(world):
    world.registry.run_check("fraud@1", "echo", ["printf", "%s ", "--in={}", "{}/x"])
    first, second = evidence(world, "echo").decode().split()
    assert first.removeprefix("--in=") == second.removesuffix("/x")
    world.registry.run_check("fraud@1", "echo", ["cat"])
    assert evidence(world, "echo") == b"one"
    assert world.registry.check("fraud@1", "echo").command == "cat {}"


def test_a_directory_is_given_as_one(world):
    tree = world.work / "export"
    (tree / "sub").mkdir(parents=True)
    (tree / "sub" / "weights.bin").write_bytes(b"w")
    world.registry.register("bert", tree, code="none")
    world.registry.run_check("bert@1", "ls", ["sh", "-c", "cd $1 && find . -mindepth 1 | sort", "sh", "{}"])
    assert evidence(world, "ls", "bert@1") == b"./sub\n./sub/weights.bin\n"


@pytest.mark.parametrize(
    ("code", "result"), [(0, "pass"), (1, "fail"), (2, "fail"), (3, "warn"), (127, "fail"), (255, "fail")]
)
def test_the_exit_code_is_the_result(world, code, result):
    done = world.registry.run_check("fraud@1", "scan", ["sh", "-c", f"exit {code}"], warn_code=3)
    assert (done.result, done.outcome, done.evidence) == (result, f"exit code {code}", None)


def test_what_cannot_be_started_has_failed(world):
    done = world.registry.run_check("fraud@1", "scan", ["no-such-scanner", "-p"])
    assert (done.result, done.outcome) == ("fail", "could not be started: No such file or directory")
    assert world.registry.check("fraud@1", "scan").result == "fail"


def test_a_command_that_takes_too_long_or_is_killed_has_failed(world):
    done = world.registry.run_check("fraud@1", "scan", ["sleep", "600", "{}"], timeout="1s")
    assert done.outcome == "exit code 1"  # sleep takes no path
    done = world.registry.run_check("fraud@1", "scan", ["sh", "-c", "sleep 600"], timeout="1s", warn_code=1)
    assert (done.result, done.outcome) == ("fail", "timed out after 1s")
    done = world.registry.run_check("fraud@1", "scan", ["sh", "-c", "kill -9 $$"])
    assert (done.result, done.outcome) == ("fail", "killed by SIGKILL")


def test_secrets_in_addresses_are_not_written(world):
    done = world.registry.run_check("fraud@1", "scan", ["true", "--to=https://ana:hunter2@host.example/x?token=abc"])
    row = world.registry.check("fraud@1", "scan")
    assert row.command == done.command == "true --to=https://host.example/x {}"
    log = (world.home / "registry.db").read_bytes()
    assert b"hunter2" not in log
    assert b"token=abc" not in log


def test_a_report_that_the_command_writes_is_the_evidence(world):
    out = world.work / "report.json"
    done = world.registry.run_check(
        "fraud@1", "scan", ["sh", "-c", f"echo noise; echo '{{\"a\": 1}}' > {out}"], evidence=out
    )
    assert done.result == "pass"
    assert evidence(world, "scan") == b'{"a": 1}\n'


def test_a_report_of_an_earlier_run_is_none(world):
    out = Path(report(world, b"an old one", "report.json"))
    done = world.registry.run_check("fraud@1", "scan", ["sh", "-c", "echo noise"], evidence=out)
    assert (done.result, done.outcome) == ("fail", f"exit code 0, and '{out}' was not written")
    assert evidence(world, "scan") == b"noise\n"


@pytest.mark.parametrize(
    ("makes", "problem"),
    [
        (": > {}", "is empty: it is evidence of nothing"),
        ("mkdir {}", "is a directory"),
        ("mkfifo {}", "is a pipe"),
        ("truncate -s 2G {}", "is larger than 1.1 GB"),
        ("ln -s nowhere {}", "was not written"),
    ],
)
def test_a_command_whose_report_is_no_evidence_has_failed(world, makes, problem):
    world.registry.record_check("fraud@1", "scan", "pass")
    out = world.work / "report.json"
    done = world.registry.run_check(
        "fraud@1", "scan", ["sh", "-c", f"echo why; {makes.format(out)}; exit 3"], evidence=out
    )
    assert (done.result, done.outcome.startswith("exit code 3, and "), problem in done.outcome) == ("fail", True, True)
    assert [each.result for each in world.registry.checks("fraud@1")] == ["fail"]
    assert evidence(world, "scan") == b"why\n"


def test_a_large_report_of_a_command_is_in_the_store(world):
    out = world.work / "report.json"
    code = f"open({str(out)!r}, 'wb').write(b'report ' * 200_000)"
    world.registry.run_check("fraud@1", "scan", [*PYTHON, code], evidence=out)
    assert world.blob(LARGE).exists()
    assert evidence(world, "scan") == LARGE


def test_the_version_is_the_one_that_was_meant_when_the_command_began(world):
    world.registry.promote("fraud@1", "production")
    ran = []

    def meanwhile(_text):
        if not ran:
            ran.append(world.registry.promote("fraud@2", "production"))

    done = world.registry.run_check("fraud@production", "scan", ["cat"], output=meanwhile)
    assert (done.ref, ran[0].effects[0].after) == ("fraud@1", "fraud@2")


def test_a_version_that_is_deleted_while_a_command_runs_gets_no_result(world):
    with pytest.raises(NotFound, match="fraud@1 was deleted by ana"):
        world.registry.run_check("fraud@1", "scan", ["cat"], output=lambda _text: world.registry.delete("fraud@1"))


def test_a_dry_run_runs_the_command_and_records_nothing(world):
    done = world.registry.run_check("fraud@1", "scan", ["cat"], dry_run=True)
    assert (done.result, done.seq) == ("pass", None)
    assert world.registry.checks("fraud@1") == ()


def test_a_command_that_changes_the_artifact_is_no_check(world):
    command = ["sh", "-c", 'chmod u+w "$(readlink -f "$1")"; printf bad > "$1"', "sh", "{}"]
    with pytest.raises(IntegrityError, match=r"changed while the command ran, so nothing was recorded: .* damaged"):
        world.registry.run_check("fraud@1", "scan", command)
    assert world.registry.checks("fraud@1") == ()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"command": []}, "a check needs a command"),
        ({"command": [""]}, "a check needs a command"),
        ({"command": "picklescan -p {}"}, "there is no program 'picklescan -p {}'"),
        ({"timeout": "0"}, "between a second and a week"),
        ({"timeout": "2w"}, "between a second and a week"),
        ({"timeout": "soon"}, "not a length of time"),
        ({"warn_code": 0}, "an exit code that means warn is between 1 and 255, not 0"),
        ({"warn_code": 256}, "an exit code that means warn is between 1 and 255, not 256"),
        ({"name": "../scan"}, "not a name for a check"),
    ],
)
def test_a_command_that_is_none_is_refused_and_nothing_is_recorded(world, more, message):
    values = {"ref": "fraud@1", "name": "scan", "command": ["true"]} | more
    with pytest.raises(UsageError, match=message):
        world.registry.run_check(**values)
    assert world.registry.checks("fraud@1") == ()


def test_output_is_handed_on_as_text(world):
    said = []
    world.registry.run_check("fraud@1", "scan", ["printf", "10%%\\r20%%\\r\\n\\303\\244\\377"], output=said.append)
    assert "".join(said).startswith("10%\n20%\nä\N{REPLACEMENT CHARACTER}")


def test_the_store_may_be_gone_while_evidence_is_small(world):
    shutil.rmtree(world.home / "store" / "blobs")
    world.registry.record_check("fraud@1", "bias", "pass", evidence=report(world, b"all is well"))
    assert evidence(world) == b"all is well"
