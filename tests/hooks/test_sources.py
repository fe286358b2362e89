"""Where hooks come from: your config, and a registry that you trust; and every way to write them wrongly."""

import os

import pytest

from modelkeep import trust
from modelkeep.errors import Conflict, NotFound, UsageError
from modelkeep.hooks.hook import parse_hooks

ON = {"on": ["promote"]}


def let(hooked, directory=None):
    """Trust the registry."""
    trust.change(str(directory or hooked.directory), os.environ, str(hooked.root), remove=False)


def test_the_hooks_of_a_registry_run_only_for_who_trusts_it(hooked):
    hooked.share(keep={**ON, "command": hooked.keeper()})
    assert hooked.registry.promote("fraud@1", "production").changed
    assert hooked.told() == []
    assert hooked.said == [f"note: {hooked.registry_hooks} does not run: modelkeep config trust {hooked.directory}"]
    assert [(each.name, each.runs) for each in hooked.registry.hooks()] == [("keep", False)]
    with pytest.raises(Conflict):
        hooked.registry.test_hook("keep")
    assert hooked.told() == []
    let(hooked)
    hooked.registry.promote("fraud@2", "production")
    assert len(hooked.told()) == 1
    assert [(each.name, each.runs) for each in hooked.registry.hooks()] == [("keep", True)]


def test_to_trust_what_holds_a_registry_is_enough_where_it_is_called_as_usual(hooked):
    work = hooked.root / "work"
    work.mkdir(exist_ok=True)
    hooked.directory.rename(work / ".modelkeep")
    hooked.directory = work / ".modelkeep"
    hooked.registry_hooks = hooked.directory / "hooks.toml"
    hooked.share(keep={**ON, "command": hooked.keeper()})
    let(hooked, work)
    hooked.registry.promote("fraud@1", "production")
    assert len(hooked.told()) == 1


def test_to_trust_a_directory_somewhere_above_is_not_enough(hooked):
    hooked.share(keep={**ON, "command": hooked.keeper()})
    let(hooked, hooked.root)
    hooked.registry.promote("fraud@1", "production")
    assert hooked.told() == []


def test_the_hooks_of_a_registry_do_not_run_in_a_directory_where_others_may_write(hooked):
    program = hooked.directory / "run.sh"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    place = hooked.root / "place"
    hooked.share(here={**ON, "command": ["sh", "-c", f"pwd > {place}"]}, beside={**ON, "command": ["./run.sh"]})
    let(hooked)
    hooked.registry.promote("fraud@1", "production")
    assert place.read_text() == "/\n"
    assert hooked.said == ["warning: hook beside: cannot be run: No such file or directory"]


def test_your_own_hooks_run_first(hooked):
    command = hooked.script("order", f"import sys; open({str(hooked.root / 'order')!r}, 'a').write(sys.argv[1])")
    hooked.share(theirs={**ON, "command": [*command, "b"]})
    let(hooked)
    text = hooked.config.read_text()
    hooked.configure(mine={**ON, "command": [*command, "a"]})
    hooked.config.write_text(text + hooked.config.read_text())
    hooked.registry.promote("fraud@1", "production")
    assert (hooked.root / "order").read_text() == "ab"


def spoil_by_link(hooked):
    hooked.registry_hooks.rename(hooked.root / "elsewhere")
    hooked.registry_hooks.symlink_to(hooked.root / "elsewhere")


def spoil_by_pipe(hooked):
    hooked.registry_hooks.unlink()
    os.mkfifo(hooked.registry_hooks)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (spoil_by_link, "it is no regular file"),
        (spoil_by_pipe, "it is no regular file"),
        (lambda hooked: hooked.registry_hooks.chmod(0o664), "others may write it: chmod go-w"),
        (lambda hooked: hooked.registry_hooks.write_text("#" * 70_000), "it is larger than 64 KiB, or no file"),
    ],
)
def test_a_file_that_another_account_may_have_written_runs_nothing(hooked, spoil, why):
    hooked.share(keep={**ON, "command": hooked.keeper()})
    let(hooked)
    spoil(hooked)
    assert hooked.registry.promote("fraud@1", "production").changed
    assert hooked.told() == []
    assert hooked.said == [f"warning: no hook of the registry runs: {hooked.registry_hooks}: {why}"]


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to another account")
def test_a_file_of_an_account_that_neither_owns_the_registry_nor_is_ours_runs_nothing(hooked):
    hooked.share(keep={**ON, "command": hooked.keeper()})
    let(hooked)
    os.chown(hooked.registry_hooks, 65_001, 65_001)
    assert hooked.registry.promote("fraud@1", "production").changed
    assert hooked.told() == []
    assert hooked.said == [
        f"warning: no hook of the registry runs: {hooked.registry_hooks}: it belongs to another account"
    ]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"command": ["true"]}, "does not say when it runs"),
        ({**ON}, "needs a command or a url, one of the two"),
        ({**ON, "command": ["true"], "url": "https://x"}, "needs a command or a url, one of the two"),
        ({**ON, "command": "true"}, "command is a list of texts"),
        ({**ON, "command": ["a\0"]}, "command is a list of texts"),
        ({**ON, "command": ["true"], "stage": ["x"]}, "has no setting 'stage'"),
        ({"on": ["promot"], "command": ["true"]}, "there is no change 'promot'"),
        ({"on": ["init"], "command": ["true"]}, "there is no change 'init'"),
        ({**ON, "url": "http://example.org"}, "needs https, or http to this machine"),
        ({**ON, "url": "http://localhost.example.org"}, "needs https, or http to this machine"),
        ({**ON, "url": "http://127.0.0.1@example.org"}, "has a user or password in its url"),
        ({**ON, "url": "file:///etc/passwd"}, "has a wrong url"),
        ({**ON, "url": "ftp://127.0.0.1/x"}, "needs https, or http to this machine"),
        ({**ON, "url": "https://user:secret@example.org"}, "has a user or password in its url"),
        ({**ON, "url": "https://example.org:99999"}, "has a wrong url"),
        ({**ON, "url": "https://user:se/cret@example.org"}, "has a wrong url"),
        ({**ON, "url": "https://example.org/\r\nX: y"}, "has a wrong url"),
        ({**ON, "url": "https://example.org", "secret_env": "not a name"}, "secret_env is the name of an environment variable, not the secret"),
        ({**ON, "url": "https://example.org", "secret_env": "A", "secret_file": "b"}, "has secret_env and secret_file: one of the two is enough"),
        ({**ON, "command": ["true"], "secret_env": "A"}, "has a command: secrets and retries are for a url"),
        ({**ON, "command": ["true"], "timeout": "2h"}, "timeout is between 1s and 10m"),
        ({**ON, "command": ["true"], "timeout": 3}, "timeout is a text"),
        ({**ON, "url": "https://x.org", "retries": 100}, "retries is a number from 0 to 5"),
        ({**ON, "url": "https://x.org", "retries": True}, "retries is a number from 0 to 5"),
        ("true", "is no table"),
    ],
)  # fmt: skip
def test_a_wrong_hook_says_what_is_wrong(table, message):
    with pytest.raises(UsageError) as refused:
        parse_hooks({"x": table}, "config.toml", "/")
    assert refused.value.message == f"config.toml: hooks.x: {message}"


def test_a_table_of_hooks_is_one_and_has_an_end():
    for wrong in (
        [],
        "x",
        {f"h{n}": {**ON, "command": ["true"]} for n in range(51)},
        {"a b": {**ON, "command": ["true"]}},
    ):
        with pytest.raises(UsageError):
            parse_hooks(wrong, "config.toml", "/")


def test_the_list_shows_of_a_url_its_host_alone(hooked):
    hooked.configure(
        ci={
            **ON,
            "url": "https://hooks.example.org:8443/T0/secret?token=x",
            "secret_env": "S",
            "stages": ["production"],
        },
        say={"on": ["*"], "command": ["say", "it"], "timeout": "2m"},
    )
    ci, say = hooked.registry.hooks()
    assert (ci.kind, ci.target, ci.signed, ci.stages) == (
        "url",
        "https://hooks.example.org:8443",
        True,
        ("production",),
    )
    assert (say.kind, say.target, say.timeout_seconds, say.runs) == ("command", "say it", 120, True)


def test_a_hook_is_tried_with_an_entry_that_is_there(hooked):
    hooked.configure(keep={**ON, "command": hooked.keeper()}, bad={"on": ["*"], "command": ["false"]})
    registry = hooked.registry
    with pytest.raises(NotFound) as missing:
        registry.test_hook("keep")
    assert missing.value.message == "there is no entry that keep is meant for yet"
    assert registry.test_hook("keep", event="register").ok
    promoted = registry.promote("fraud@1", "production")
    assert registry.test_hook("keep").outcome == "exit code 0"
    first, real, tried = hooked.told()
    assert (first["test"], first["change"]["ref"], first["events"]) == (True, "fraud@2", [])
    assert real["test"] is False
    for event in (real, tried):
        del event["change"]["notes"], event["change"]["hints"]
    assert tried == {**real, "test": True}
    assert promoted.seq == tried["change"]["seq"]
    run = registry.test_hook("bad")
    assert (run.ok, run.outcome) == (False, "exit code 1")
    with pytest.raises(NotFound):
        registry.test_hook("keeep")
    with pytest.raises(UsageError):
        registry.test_hook("keep", event="promot")


def test_settings_of_hooks_survive_a_change_of_the_config(hooked):
    from modelkeep import config

    hooked.configure(keep={**ON, "command": hooked.keeper()})
    config.set_value("lock_wait", "5s", os.environ, str(hooked.root))
    hooked.registry.promote("fraud@1", "production")
    assert len(hooked.told()) == 1
