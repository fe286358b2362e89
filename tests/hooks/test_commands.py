"""Hooks that are commands: what they are told, when, and that nothing they do makes a change fail."""

import os
import select
import signal
import sys
from contextlib import suppress

import pytest

ON = {"on": ["promote"]}


def is_gone(pid):
    """Tell whether a process ends: one that was killed may need a moment, and nobody may have taken it yet."""
    try:
        ending = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([ending], [], [], 30)[0])
    finally:
        os.close(ending)


def test_a_command_is_told_the_entry_as_audit_shows_it_and_the_answer_of_the_change(hooked):
    hooked.configure(keep={**ON, "command": hooked.keeper()})
    done = hooked.registry.promote("fraud@1", "production", message="first")
    (event,) = hooked.told()
    (entry,) = hooked.registry.audit(limit=1)
    assert event.pop("entry") == {name: getattr(entry, name) for name in entry.__struct_fields__}
    change = event.pop("change")
    assert (change["seq"], change["ref"]) == (done.seq, "fraud@1")
    assert change["effects"] == [{"what": "production", "before": "none", "after": "fraud@1"}]
    assert event == {
        "schema": "modelkeep.event/1", "hook": "keep", "test": False, "registry": hooked.registry.id,
        "directory": str(hooked.directory), "events": ["promote"],
    }  # fmt: skip
    assert hooked.said == []


@pytest.mark.linux
def test_a_registry_in_a_directory_whose_name_is_no_text_has_hooks(hooked):
    place = hooked.root / os.fsdecode(b"models\xff")
    hooked.directory.rename(place)
    hooked.directory = place
    hooked.configure(keep={**ON, "command": hooked.keeper()})
    hooked.registry.promote("fraud@1", "production")
    assert hooked.said == []
    assert [event["directory"] for event in hooked.told()] == [str(place)]


def test_no_shell_reads_the_arguments(hooked):
    command = hooked.script("say", "import sys; open('args', 'w').write(repr(sys.argv[1:]))")
    words = ["$(touch ran)", "; touch ran", "*", "a b"]
    hooked.configure(say={**ON, "command": [*command, *words]})
    hooked.registry.promote("fraud@1", "production")
    assert (hooked.config.parent / "args").read_text() == repr(words)
    assert not (hooked.config.parent / "ran").exists()


def test_a_command_with_a_slash_is_found_beside_the_file_that_names_it_and_others_in_path_alone(hooked, monkeypatch):
    program = hooked.config.parent / "note.sh"
    program.write_text("#!/bin/sh\necho told > told\n")
    program.chmod(0o755)
    (hooked.root / "note.sh").write_text("#!/bin/sh\necho wrong > told\n")
    monkeypatch.setenv("PATH", f".:{os.environ['PATH']}")
    hooked.configure(note={**ON, "command": ["./note.sh"]}, lost={**ON, "command": ["note.sh"]})
    hooked.registry.promote("fraud@1", "production")
    assert (hooked.config.parent / "told").read_text() == "told\n"
    assert hooked.said == ["warning: hook lost: there is no program 'note.sh' in PATH"]


def test_a_hook_runs_for_its_changes_models_and_stages_only(hooked):
    keeper = hooked.keeper()
    hooked.configure(
        keep={"on": ["promote", "rollback", "tag"], "stages": ["Prod"], "models": ["fr*"], "command": keeper}
    )
    registry = hooked.registry
    registry.promote("fraud@1", "staging")
    registry.tag("fraud@1", {"a": "b"})
    registry.register("other", hooked.root / "one", code="none", stage="production")
    registry.promote("fraud@1", "production")
    registry.promote("fraud@2", "production")
    registry.mark("fraud@1", "good")
    registry.rollback("fraud@2")
    assert [event["events"] for event in hooked.told()] == [["promote"], ["promote"], ["rollback"]]


def test_what_happens_by_the_way_counts_too(hooked):
    hooked.configure(keep={"on": ["promote", "mark"], "command": hooked.keeper()})
    registry = hooked.registry
    registry.register("churn", hooked.root / "one", code="none", stage="production")
    registry.promote("fraud@1", "production")
    registry.promote("fraud@2", "production")
    registry.rollback("fraud@2")
    assert [event["events"] for event in hooked.told()] == [["promote"], ["promote"], ["promote"], ["mark"]]


def test_a_dry_run_and_a_change_that_is_not_needed_tell_nobody(hooked):
    hooked.configure(keep={"on": ["*"], "command": hooked.keeper()})
    hooked.registry.promote("fraud@1", "production", dry_run=True)
    assert hooked.told() == []
    hooked.registry.promote("fraud@1", "production")
    hooked.registry.promote("fraud@1", "production")
    assert len(hooked.told()) == 1


def test_hooks_run_in_the_order_of_the_file(hooked):
    command = hooked.script("order", "import sys; open('order', 'a').write(sys.argv[1])")
    hooked.configure(**{name: {**ON, "command": [*command, name]} for name in ("z", "a", "m")})
    hooked.registry.promote("fraud@1", "production")
    assert (hooked.config.parent / "order").read_text() == "zam"


@pytest.mark.parametrize(
    ("code", "warning"),
    [
        ("import sys; print('no room'); sys.exit(3)", "warning: hook bad: exit code 3: no room"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "warning: hook bad: killed by signal 9"),
        ("print('\\x1b[2J')\nraise SystemExit(1)", "warning: hook bad: exit code 1: \\x1b[2J"),
    ],
)
def test_a_command_that_fails_is_a_warning_and_the_change_stands(hooked, code, warning):
    hooked.configure(bad={**ON, "command": hooked.script("bad", code)}, keep={**ON, "command": hooked.keeper()})
    assert hooked.registry.promote("fraud@1", "production").changed
    assert hooked.said == [warning]
    assert len(hooked.told()) == 1


def test_a_program_that_is_not_there_is_a_warning(hooked):
    hooked.configure(bad={**ON, "command": ["/no/such/program"]}, dir={**ON, "command": ["/"]})
    assert hooked.registry.promote("fraud@1", "production").changed
    assert hooked.said == [
        "warning: hook bad: cannot be run: No such file or directory",
        "warning: hook dir: cannot be run: Permission denied",
    ]


@pytest.mark.linux
def test_a_command_that_hangs_is_killed_with_its_children(hooked):
    code = (
        "import subprocess, sys; p = subprocess.Popen(['sleep', '1000']); open('pid', 'w').write(str(p.pid)); p.wait()"
    )
    hooked.configure(hang={**ON, "timeout": "1s", "command": hooked.script("hang", code)})
    assert hooked.registry.promote("fraud@1", "production").changed
    assert hooked.said == ["warning: hook hang: took longer than 1 second and was killed"]
    child = int((hooked.config.parent / "pid").read_text())
    assert is_gone(child)


@pytest.mark.linux
@pytest.mark.parametrize("script", ["{}", "({}) & wait"])
def test_a_command_that_ignores_the_order_to_end_is_killed_with_its_children(hooked, script):
    """Takes three seconds: the limit, and the time that a command has to end."""
    stubborn = "trap '' TERM; exec sh -c 'echo $$ > pid; exec sleep 1000'"
    hooked.configure(hang={**ON, "timeout": "1s", "command": ["sh", "-c", script.format(stubborn)]})
    assert hooked.registry.promote("fraud@1", "production").changed
    assert hooked.said == ["warning: hook hang: took longer than 1 second and was killed"]
    assert is_gone(int((hooked.config.parent / "pid").read_text()))


def test_a_command_that_leaves_a_child_with_its_output_is_not_waited_for(hooked):
    code = (
        "import subprocess\n"
        "child = subprocess.Popen(['sleep', '1000'], start_new_session=True)\n"
        "open('pid', 'w').write(str(child.pid)); print('done')\n"
    )
    hooked.configure(fork={**ON, "timeout": "600s", "command": hooked.script("fork", code)})
    try:
        assert hooked.registry.promote("fraud@1", "production").changed
        assert hooked.said == []
    finally:
        with suppress(OSError):
            os.kill(int((hooked.config.parent / "pid").read_text()), signal.SIGKILL)


@pytest.mark.parametrize(
    "code", ["print('x' * 10_000_000)", "import sys; sys.stdin.close()", "import os; os.close(1); os.close(2)"]
)
def test_a_command_may_write_much_and_read_nothing(hooked, code):
    hooked.configure(loud={**ON, "command": hooked.script("loud", code)})
    assert hooked.registry.promote("fraud@1", "production", message="m" * 100_000).changed
    assert hooked.said == []


def test_a_hook_may_change_the_registry_and_runs_once(hooked):
    code = (
        "import json, subprocess, sys\n"
        "event = json.load(sys.stdin)\n"
        "open('runs', 'a').write('.')\n"
        f"subprocess.run([{sys.executable!r}, '-m', 'modelkeep', 'tag', event['change']['ref'], 'told=yes'], check=True)\n"
    )
    hooked.configure(tag={"on": ["*"], "command": hooked.script("tag", code)})
    assert hooked.registry.promote("fraud@1", "production").changed
    assert hooked.said == []
    assert hooked.registry.version("fraud@1").tags == {"told": "yes"}
    assert (hooked.config.parent / "runs").read_text() == "."
    assert hooked.registry.verify().ok


def test_hooks_that_are_held_run_when_it_is_asked_for(hooked):
    hooked.configure(keep={"on": ["*"], "command": hooked.keeper()})
    registry = hooked.registry
    registry.hold_hooks()
    registry.promote("fraud@1", "production")
    registry.note("fraud", "hello")
    assert hooked.told() == []
    registry.run_hooks()
    assert [event["events"] for event in hooked.told()] == [["promote"], ["note"]]
    registry.run_hooks()
    assert len(hooked.told()) == 2


def test_wrong_hooks_are_a_warning_of_a_change_and_an_error_of_the_list(hooked):
    hooked.configure(bad={"on": ["promot"], "command": ["true"]})
    assert hooked.registry.promote("fraud@1", "production").changed
    assert hooked.said == [f"warning: no hook runs: {hooked.config}: hooks.bad: there is no change 'promot'"]


def test_every_kind_of_change_is_told(hooked):
    hooked.configure(keep={"on": ["*"], "command": hooked.keeper()})
    registry = hooked.registry
    registry.register("churn", hooked.root / "one", code="none")
    registry.evaluate("churn@1", {"auc": 0.9})
    registry.record_check("churn@1", "bias", "pass")
    registry.record_deployment("churn@1", "k8s/eu")
    registry.signal("churn@1", "errors", 0.5)
    (hooked.root / "policy.toml").write_text(
        '[[stages]]\nname = "staging"\n[[stages]]\nname = "production"\nprotected = true\n'
        '[retention]\nkeep_last = 1\nthen = "archive"\n'
    )
    registry.set_policy(hooked.root / "policy.toml")
    registry.prune("fraud")
    registry.delete("fraud@2")
    assert [event["entry"]["action"] for event in hooked.told()] == [
        "register", "evaluate", "check", "deploy", "signal", "policy", "archive", "delete",
    ]  # fmt: skip
    assert hooked.said == []
