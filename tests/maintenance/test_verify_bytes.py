"""`verify --bytes`: every content once, in parts, in a hurry, and what is wrong with each."""

import os
import threading
from collections import Counter

import pytest
from world import World

from modelkeep.errors import UsageError
from modelkeep.maintenance import verify_bytes
from modelkeep.maintenance.findings import Findings
from modelkeep.store.content import checking


@pytest.fixture
def world(tmp_path):
    """Return a registry with twelve contents, one of them in two models."""
    world = World(tmp_path)
    for number in range(12):
        world.register("fraud", b"model %d" % number)
    world.register("churn", b"model 0")
    return world


def bytes_found(world, *refs, **how):
    return [
        f"{each.severity} {each.code} {each.place}: {each.message}"
        for each in world.verify(*refs, log=False, **how).findings
    ]


def test_seven_subsets_read_each_blob_once(world, monkeypatch):
    seen = Counter()
    real = checking.examine

    def counted(bucket, digest, size, **how):
        seen[digest] += 1
        return real(bucket, digest, size, **how)

    monkeypatch.setattr(verify_bytes, "examine", counted)
    found = [world.verify(log=False, subset=f"{day}/7") for day in range(1, 8)]
    assert sum(each.blobs for each in found) == 12
    assert sum(each.size_bytes for each in found) == world.verify(log=False).size_bytes
    assert [each.subset for each in found] == [f"{day}/7" for day in range(1, 8)]
    assert set(seen.values()) == {2}  # once in its part, once in the whole
    again = [world.verify(log=False, subset=f"{day}/7").blobs for day in range(1, 8)]
    assert again == [each.blobs for each in found]


def test_a_damaged_content_is_found_in_its_part_and_in_no_other(world):
    world.damage(b"model 5")
    found = [bytes_found(world, subset=f"{day}/7") for day in range(1, 8)]
    assert [len(each) for each in found if each] == [1]
    assert [len(bytes_found(world, "fraud@6", subset=f"{day}/7")) for day in range(1, 8)] == [
        len(each) for each in found
    ]
    assert [len(bytes_found(world, "fraud@5", subset=f"{day}/7")) for day in range(1, 8)] == [0] * 7


def test_progress_of_a_part_ends_at_its_total(world):
    for day in range(1, 8):
        told = []
        found = world.verify(log=False, subset=f"{day}/7", progress=lambda *pair, told=told: told.append(pair))
        assert (told[-1] if told else (0, 0)) == (found.size_bytes, found.size_bytes)


def test_each_kind_of_damage_has_its_message(world):
    world.damage(b"model 1", None)
    world.damage(b"model 2", b"short")
    world.damage(b"model 3", b"MODEL 3")
    path = world.damage(b"model 4", None)
    path.mkdir()
    path = world.damage(b"model 5", None)
    os.mkfifo(path)
    path = world.damage(b"model 6", None)
    path.symlink_to(world.blob(b"model 7"))
    world.blob(b"model 8").chmod(0o644)
    found = sorted(line.split(" (sha256:")[0].split(" sha256:")[0] for line in bytes_found(world))
    assert found == [
        "error blob fraud@2: model.onnx: missing",
        "error blob fraud@3: model.onnx: 5 bytes instead of 7",
        "error blob fraud@4: model.onnx: its bytes are",
        "error blob fraud@5: model.onnx: not a regular file",
        "error blob fraud@6: model.onnx: not a regular file",
        "error blob fraud@7: model.onnx: not a regular file",
        f"warning mode fraud@9: model.onnx: it can be written to: chmod 0444 {world.blob(b'model 8')}",
    ]
    hurried = bytes_found(world, quick=True)
    assert [line for line in hurried if "its bytes" in line] == []
    assert len(hurried) == 6
    counts = world.verify(log=False)
    assert (counts.ok, counts.errors, counts.warnings, counts.repaired) == (False, 6, 1, 0)


def test_a_writable_file_alone_is_a_warning(world):
    world.blob(b"model 8").chmod(0o664)
    found = world.verify()
    assert (found.ok, found.errors, found.warnings) == (True, 0, 1)


def test_damage_behind_a_wrong_mode_is_an_error(world):
    world.damage(b"model 3", b"MODEL 3").chmod(0o644)
    assert [line.partition(" fraud")[0] for line in bytes_found(world)] == ["error blob"]


def test_damaged_files_are_reported_one_by_one(tmp_path):
    world = World(tmp_path)
    source = world.work / "tree"
    source.mkdir()
    for number in range(60):
        (source / f"{number:02}").write_bytes(b"%d" % number)
    world.registry.register("tree", source, code="none")
    for number in range(60):
        world.damage(b"%d" % number, None)
    found = world.verify(log=False)
    assert sorted(each.message.partition(":")[0] for each in found.findings) == [f"{n:02}" for n in range(60)]
    assert found.errors == 60


def test_several_files_are_read_at_once(tmp_path, monkeypatch):
    world = World(tmp_path)
    world.register("fraud", b"one")
    world.register("fraud", b"two")
    monkeypatch.setattr("modelkeep.store.content.workers._processors", lambda: 2)
    real, both = checking.examine, threading.Barrier(2, timeout=20)

    def meeting(*words, **how):
        both.wait()  # breaks unless the other thread comes too
        return real(*words, **how)

    monkeypatch.setattr(verify_bytes, "examine", meeting)
    assert world.verify(log=False).blobs == 2


def test_blobs_are_checked_in_batches_of_bounded_size(world, monkeypatch):
    sizes = []
    real = verify_bytes.each

    def measured(work, items, progress):
        sizes.append(len(items))
        return real(work, items, progress)

    monkeypatch.setattr(verify_bytes, "each", measured)
    findings = Findings()
    checked = verify_bytes.check_bytes(
        world.context, findings, verify_bytes.Wanted(), None, repair=None, progress=None, at_once=5
    )
    assert (checked.blobs, findings.all()) == (12, ())
    assert sizes == [5, 5, 2]


def test_options_for_an_unchecked_half_are_refused(world):
    for more in ({"subset": "1/7"}, {"repair": str(world.work)}):
        with pytest.raises(UsageError, match="--log checks none"):
            world.verify(bytes_=False, **more)
    with pytest.raises(UsageError, match="--dry-run goes with --repair"):
        world.verify(dry_run=True)
    with pytest.raises(UsageError, match="a reference chooses whose stored bytes are checked"):
        world.verify("fraud@1", bytes_=False)
    with pytest.raises(UsageError, match="nothing would be checked"):
        world.verify(log=False, bytes_=False)
    with pytest.raises(UsageError, match="'8/7'"):
        world.verify(subset="8/7")
