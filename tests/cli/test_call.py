"""What the registry says while it reads is printed when it has read."""

import pytest

from modelkeep.cli import call, options
from modelkeep.errors import NotFound


def test_a_note_of_the_registry_waits_until_its_snapshot_is_closed(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("modelkeep.registry.open_registry", lambda *, say, **_: say)
    asked = call.Call(options.Flags(registry=str(tmp_path)))

    def read(asked):
        say = asked.registry()
        say("note: fraud is taken as fraud@latest")
        assert capsys.readouterr().err == ""
        message = "fraud has no version 7"
        raise NotFound(message)

    with pytest.raises(NotFound):
        asked.run(read)
    assert capsys.readouterr().err == "note: fraud is taken as fraud@latest\n"
