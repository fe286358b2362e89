"""The document that a hook gets keeps to the schema in the package, for an entry of every kind."""

import os

from msgspec.structs import replace
from schemas import event
from stories import UNWRITTEN, golden_history

from modelkeep.domain.verbs.all_verbs import ACTIONS
from modelkeep.hooks.after_commit import HookQueue
from modelkeep.registry import Registry


def test_the_event_of_an_entry_of_every_kind_keeps_to_the_schema(tmp_path):
    golden, place = golden_history().registry, tmp_path / "event"
    (tmp_path / "modelkeep").mkdir()
    keep = {"on": ["*"], "command": ["sh", "-c", f"cat > {place}"]}
    environ = {"PATH": os.environ["PATH"], "XDG_CONFIG_HOME": str(tmp_path)}
    context = replace(golden._context, environ=environ, listener=HookQueue({"keep": keep}))
    registry = Registry(context, golden._located)
    written = [action for action in ACTIONS if action not in UNWRITTEN]
    events = []
    for action in written:
        assert registry.test_hook("keep", event=action).ok
        events.append(event(place.read_bytes()))
    assert [each["entry"]["action"] for each in events] == written
    assert all(each["test"] and each["change"]["seq"] == each["entry"]["seq"] for each in events)
