"""What the registry says while it reads is printed when it has read."""

import pytest

from modelkeep.cli import call, options
from modelkeep.errors import NotFound


class Opened:
    """A registry that says things, also when its hooks run."""

    def __init__(self, *, say, **_more):
        self.say, self.is_held = say, False

    def hold_hooks(self):
        self.is_held = True

    def run_hooks(self):
        if self.is_held:
            self.say("warning: hook notify: exit code 1")


def test_hooks_run_when_the_answer_was_printed_and_their_warnings_come_last(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("modelkeep.registry.open_registry", Opened)
    asked = call.Call(options.Flags(registry=str(tmp_path)))

    def change(asked):
        asked.registry()
        print("production: fraud@3 -> fraud@4", flush=True)
        assert capsys.readouterr() == ("production: fraud@3 -> fraud@4\n", "")

    asked.run(change)
    assert capsys.readouterr() == ("", "warning: hook notify: exit code 1\n")


def test_hooks_do_not_run_where_the_user_interrupted(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("modelkeep.registry.open_registry", Opened)
    asked = call.Call(options.Flags(registry=str(tmp_path)))

    def change(asked):
        asked.registry()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asked.run(change)
    assert capsys.readouterr() == ("", "")


def test_a_note_of_the_registry_waits_until_its_snapshot_is_closed(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("modelkeep.registry.open_registry", Opened)
    asked = call.Call(options.Flags(registry=str(tmp_path)))

    def read(asked):
        say = asked.registry().say
        say("note: fraud is taken as fraud@latest")
        assert capsys.readouterr().err == ""
        message = "fraud has no version 7"
        raise NotFound(message)

    with pytest.raises(NotFound):
        asked.run(read)
    assert capsys.readouterr().err == "note: fraud is taken as fraud@latest\nwarning: hook notify: exit code 1\n"
