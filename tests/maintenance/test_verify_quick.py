"""A quick look finds the same of the last entries of a long log as of its first ones."""

import re
import shutil

import pytest
from world import World, changed, rechained

HARM = {
    "none": lambda _entry: None,
    "another user": lambda entry: entry["observed"].update(user="mallory"),
    "another hold": lambda entry: entry.update(prev="sha256:" + "0" * 64),
    "another number": lambda entry: entry.update(seq=7),
    "a time that is none": lambda entry: entry["intent"].update(time="yesterday"),
    "a time that is gone": lambda entry: entry.update(time="2020-01-01T00:00:00.000000Z"),
    "another registry": lambda entry: entry["intent"].update(registry="f" * 32),
    "an id that is none": lambda entry: entry["intent"].update(id="f"),
    "a field too many": lambda entry: entry["intent"]["command"].update(more=1),
    "a field too few": lambda entry: entry["events"][-1].pop("version"),
    "a person": lambda entry: entry["intent"].update(actor={"person": "ana"}),
    "a signature": lambda entry: entry.update(signatures=[{"form": "sshsig", "value": "x"}]),
    "an end": lambda entry: entry["intent"].update(not_after="2030-01-01T00:00:00.000000Z"),
    "no such details": lambda entry: entry["intent"].update(details="sha256:" + "0" * 64),
    "no such manifest": lambda entry: entry["intent"]["subject"].update(digest="sha256:" + "0" * 64),
    "no manifest": lambda entry: entry["intent"]["subject"].pop("digest"),
    "a later format": lambda entry: entry.update(format="modelkeep entry 2"),
    "an escape": lambda entry: entry["observed"].update(user='"ana"'),
}


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """Return a registry whose log has the same entry many times, as nobody but a quick look takes it."""
    world = World(tmp_path_factory.mktemp("long"))
    world.register(tags={"owner": "risk"}, metrics={"auc": "0.9"})
    first, entry = world.entries()
    same = [changed(entry, lambda value, seq=seq: value.update(seq=seq)) for seq in range(2, 300)]
    world.write_log(rechained([first, *same]))
    shutil.rmtree(world.context.state_dir)  # or it would be another log than the one that was seen
    return world


@pytest.mark.parametrize("harm", sorted(HARM))
def test_a_quick_check_finds_the_same_in_late_entries_as_in_early_ones(long, tmp_path, harm):
    found = []
    for seq in (9, 290):
        world = long.copy(tmp_path / f"{seq}")
        entries = world.entries()
        entries[seq - 1] = changed(entries[seq - 1], HARM[harm])
        world.write_log(entries[: seq + 1])
        lines = world.findings(bytes_=False, quick=True)
        found.append([re.sub(r"sha256:[0-9a-f]{64}|\b[0-9]{1,3}\b", "N", line) for line in lines])
    assert found[0] == found[1]
    assert bool(found[0]) == (harm != "none")


@pytest.mark.parametrize(
    "text", ["replace(text, 'risk', 'rusk')", "replace(text, '\"]', '\" ]')", "'x'", "text || 'x'"]
)
def test_a_quick_check_finds_changed_details(long, tmp_path, text):
    found = []
    for count in (9, 299):
        world = long.copy(tmp_path / f"{count}")
        world.write_log(world.entries()[:count])
        world.edit(f"UPDATE details SET text = {text}")
        found.append([line for line in world.findings(bytes_=False, quick=True) if f"entry {min(count, 9)}:" in line])
    assert found[0] == found[1]
    assert len(found[0]) == 1
