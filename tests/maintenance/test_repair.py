"""`verify --repair`: right bytes come back from wherever they are, wrong ones never, good ones are not touched."""

import os
import shutil
import stat
import threading
from pathlib import Path

import pytest
from world import World, every

from modelkeep.domain.answers.maintenance import VerifyFinding
from modelkeep.errors import NotFound, RegistryUnavailable, UsageError
from modelkeep.maintenance import repair as repairing
from modelkeep.maintenance.findings import Findings
from modelkeep.maintenance.repair import Repair
from modelkeep.maintenance.verify_bytes import Wanted, check_bytes
from modelkeep.store.db.sqlite.database import Database

ONE, TWO, THREE = b"model one", b"model two", b"model three"


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    for content in (ONE, TWO, THREE):
        world.register(content=content)
    return world


@pytest.fixture
def elsewhere(tmp_path):
    """Return an empty directory to look for right bytes in."""
    place = tmp_path / "elsewhere"
    place.mkdir()
    return place


def repaired(world, source, **how):
    return world.verify(log=False, repair=str(source), **how)


def told(found):
    return [f"{each.severity} {each.place}: {each.message.split(' (sha256')[0]}" for each in found.findings]


def leftovers(world):
    return sorted(path for path in every(world.home) if path.startswith("store/tmp/"))


def test_a_damaged_file_is_taken_again_from_the_right_one_and_kept_for_a_look(world, elsewhere):
    path = world.damage(ONE, b"model onE")
    right = elsewhere / "whatever it is called"
    right.write_bytes(ONE)
    found = repaired(world, right)
    assert (found.ok, found.errors, found.repaired) == (True, 0, 1)
    (finding,) = found.findings
    assert (finding.severity, finding.code, finding.place) == ("repaired", "blob", "fraud@1")
    assert f"; was taken from {right}; the damaged one is {world.home}/store/tmp/" in finding.message
    assert path.read_bytes() == ONE
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    (kept,) = leftovers(world)
    assert Path(kept).name == f"damaged-{path.name}"
    assert (world.home / kept).read_bytes() == b"model onE"
    assert world.verify().findings == ()
    assert right.read_bytes() == ONE


@pytest.mark.parametrize("where", ["file", "tree", "backup", "store"])
@pytest.mark.parametrize("how", [None, b"", b"model onE", b"longer than it was"])
def test_a_repair_takes_bytes_from_files_directories_backups_and_registries(world, elsewhere, where, how):
    world.damage(ONE, how)
    if where == "file":
        source = elsewhere / "m"
        source.write_bytes(ONE)
    elif where == "tree":
        source = elsewhere
        (elsewhere / "a" / "b").mkdir(parents=True)
        (elsewhere / "a" / "b" / "m").write_bytes(ONE)
        (elsewhere / "a" / "same size").write_bytes(b"model owe")
    else:
        other = World(elsewhere)
        other.register(content=ONE)
        source = other.home if where == "backup" else other.home / "store"
    found = repaired(world, source)
    assert [each.severity for each in found.findings] == ["repaired"]
    assert found.ok
    assert world.blob(ONE).read_bytes() == ONE
    assert world.verify().findings == ()


def test_several_blobs_are_repaired_and_those_without_a_copy_reported(world, elsewhere):
    world.damage(ONE)
    world.damage(TWO, None)
    world.damage(THREE, None)
    (elsewhere / "two").write_bytes(TWO)
    (elsewhere / "one").write_bytes(ONE)
    found = repaired(world, elsewhere)
    assert (found.ok, found.errors, found.repaired) == (False, 1, 2)
    assert sorted(line.split(";")[0] for line in told(found)) == [
        "error fraud@3: model.onnx: missing",
        "repaired fraud@1: model.onnx: 7 bytes instead of 9",
        "repaired fraud@2: model.onnx: missing",
    ]
    assert [line for line in told(found) if f"missing; {elsewhere} has no right copy" in line] != []
    assert [each.place for each in world.verify().findings] == ["fraud@3"]


def test_wrong_bytes_are_never_taken(world, elsewhere):
    world.damage(ONE, None)
    other = World(elsewhere)
    other.register(content=ONE)
    other.damage(ONE, b"model onE")
    (world.work / "model.onnx").write_bytes(b"model onE")
    before = every(world.home)
    for source in (other.home, world.work, world.work / "model.onnx"):
        found = repaired(world, source)
        assert (found.ok, found.repaired, found.errors) == (False, 0, 1)
    assert every(world.home) == before


def test_a_good_file_is_not_touched(world, elsewhere):
    for content in (ONE, TWO, THREE):
        (elsewhere / content.decode()).write_bytes(content)
    before = {content: world.blob(content).stat() for content in (ONE, TWO, THREE)}
    assert repaired(world, elsewhere).findings == ()
    world.blob(TWO).chmod(0o644)  # a warning: its bytes are right
    world.damage(ONE)
    assert [each.severity for each in repaired(world, elsewhere).findings].count("repaired") == 1
    for content in (TWO, THREE):
        assert world.blob(content).stat().st_ino == before[content].st_ino


def test_a_dry_run_tells_the_same_and_writes_nothing(world, elsewhere):
    world.damage(ONE)
    world.damage(TWO, None)
    (elsewhere / "one").write_bytes(ONE)
    before = every(world.home)
    found = repaired(world, elsewhere, dry_run=True)
    assert (found.ok, found.errors, found.repaired, found.dry_run) == (False, 1, 1, True)
    assert any("could be taken from" in line for line in told(found))
    assert every(world.home) == before
    (elsewhere / "two").write_bytes(TWO)
    assert repaired(world, elsewhere, dry_run=True).ok
    assert every(world.home) == before
    assert repaired(world, elsewhere).ok


def test_a_dry_run_remembers_no_head(world, elsewhere):
    world.damage(ONE)
    (elsewhere / "one").write_bytes(ONE)
    world.forget()
    assert world.verify(repair=str(elsewhere), dry_run=True).ok
    assert every(world.root / "state") == {}
    with pytest.raises(UsageError, match="--accept-head remembers a head"):
        world.verify(repair=str(elsewhere), dry_run=True, accept_head=True)
    assert world.verify(repair=str(elsewhere)).ok
    assert len(every(world.root / "state")) == 1


def test_a_directory_in_the_place_of_a_blob_is_moved_away_by_a_repair(world, elsewhere):
    for content, make in ((ONE, Path.mkdir), (TWO, os.mkfifo), (THREE, lambda path: path.symlink_to("/etc/passwd"))):
        make(world.damage(content, None))
        (elsewhere / content.decode()).write_bytes(content)
    assert repaired(world, elsewhere).ok
    assert world.verify().findings == ()
    assert Path("/etc/passwd").is_file()


def test_a_lost_store_comes_back_from_another_registry(world, elsewhere):
    other = world.copy(elsewhere)
    shutil.rmtree(world.home / "store")
    found = repaired(world, other.home)
    assert (found.ok, found.repaired) == (True, 3)
    assert world.verify().findings == ()
    world.register(content=b"and it goes on")


def test_an_unmounted_store_is_not_created_by_a_repair(world, elsewhere):
    other = world.copy(elsewhere)
    (world.home / "store").rename(world.root / "disk")
    (world.home / "store").symlink_to(world.root / "nowhere")
    for dry_run in (True, False):
        with pytest.raises(RegistryUnavailable, match="the store is not there"):
            repaired(world, other.home, dry_run=dry_run)
    assert not (world.root / "nowhere").exists()


def test_only_the_versions_and_the_part_asked_for_are_repaired(world, elsewhere):
    for content in (ONE, TWO, THREE):
        world.damage(content, None)
        (elsewhere / content.decode()).write_bytes(content)
    found = world.verify("fraud@2", log=False, repair=str(elsewhere))
    assert (found.ok, found.repaired) == (True, 1)
    assert world.blob(TWO).exists()
    assert not world.blob(ONE).exists()
    assert sum(repaired(world, elsewhere, subset=f"{day}/7").repaired for day in range(1, 8)) == 2


@pytest.mark.parametrize("content", [ONE, b"none of them"])
def test_a_shared_blob_is_reported_for_the_versions_asked_for(world, elsewhere, content):
    for _ in range(5):
        world.register(content=ONE, if_exists="new")
    world.damage(ONE, None)
    (elsewhere / "m").write_bytes(content)
    found = world.verify("fraud@8", log=False, repair=str(elsewhere), dry_run=True)
    assert [(each.place, each.ref) for each in found.findings] == [("fraud@8", "fraud@8")]


def test_the_registry_itself_is_no_source(world):
    for source in (world.home, world.home / "store"):
        with pytest.raises(UsageError, match="is the registry itself"):
            repaired(world, source)


def test_a_source_that_is_none_is_refused_before_anything_is_read(world, elsewhere):
    os.mkfifo(elsewhere / "pipe")
    for source in (elsewhere / "pipe", Path("/dev/zero")):
        with pytest.raises(UsageError, match="is neither a file nor a directory"):
            repaired(world, source)
    with pytest.raises(NotFound, match="there is no file"):
        repaired(world, elsewhere / "gone")


def test_a_hostile_repair_source_is_searched_without_following_links(world, elsewhere):
    world.damage(ONE, None)
    world.damage(TWO, None)
    os.mkfifo(elsewhere / "pipe")
    (elsewhere / "circle").symlink_to(elsewhere)
    (elsewhere / "farm").mkdir()
    for level in range(40):
        (elsewhere / "farm" / str(level)).symlink_to("..")
    secret = world.root / "outside"
    secret.write_bytes(ONE)
    (elsewhere / "link").symlink_to(secret)
    for number in range(50):
        os.link(secret, elsewhere / f"hard-{number}")
    os.truncate(os.open(elsewhere / "sparse", os.O_CREAT | os.O_WRONLY, 0o600), 1 << 40)
    deep = elsewhere
    for _ in range(150):
        deep = deep / "deep"
        deep.mkdir()
    (deep / "two").write_bytes(TWO)
    found = repaired(world, elsewhere)
    assert found.ok
    assert [line for line in told(found) if str(secret) in line or "link" in line] == []


def test_a_tree_of_links_alone_has_nothing(world, elsewhere):
    world.damage(ONE, None)
    (world.root / "right").write_bytes(ONE)
    (elsewhere / "link").symlink_to(world.root / "right")
    assert not repaired(world, elsewhere).ok
    assert repaired(world, elsewhere / "link").ok  # what was typed is followed


def test_a_file_that_changes_between_two_looks_is_not_taken(world, elsewhere, monkeypatch):
    world.damage(ONE, None)
    changing = elsewhere / "changing"
    changing.write_bytes(ONE)
    real = repairing.transfer

    def meanwhile(*words):
        with changing.open("r+b") as file:
            file.write(b"MODEL")
        return real(*words)

    monkeypatch.setattr(repairing, "transfer", meanwhile)
    assert not repaired(world, elsewhere).ok
    assert not world.blob(ONE).exists()
    assert leftovers(world) == []


def test_what_cannot_be_read_is_skipped_with_a_warning(world, elsewhere):
    if os.geteuid() == 0:
        pytest.skip("root may read everything: run as another user")
    world.damage(ONE, None)
    (elsewhere / "shut").mkdir(mode=0)
    (elsewhere / "one").write_bytes(ONE)
    assert repaired(world, elsewhere).ok
    assert world.said == [f"warning: skipped 1 file or directory in {elsewhere} that could not be read"]


def test_two_repairs_at_once_both_end_well(world, elsewhere):
    for number in range(20):
        world.register(content=b"%d" % number)
        world.damage(b"%d" % number, None)
        (elsewhere / str(number)).write_bytes(b"%d" % number)
    found = []
    threads = [threading.Thread(target=lambda: found.append(repaired(world, elsewhere))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.ok for each in found] == [True, True]
    assert world.verify().findings == ()


def test_registering_the_right_file_over_one_that_was_cut_off_repairs_it(world):
    world.damage(ONE, ONE[:-1])
    made = world.register("other", ONE)
    assert any("damaged" in note for note in made.notes), made.notes
    assert world.verify().findings == ()


def test_a_finding_says_repaired_and_is_no_error(world, elsewhere):
    world.damage(ONE)
    (elsewhere / "one").write_bytes(ONE)
    (finding,) = repaired(world, elsewhere).findings
    assert isinstance(finding, VerifyFinding)
    assert finding.severity == "repaired"


def test_of_too_many_lost_files_the_rest_is_counted(world, elsewhere):
    for content in (ONE, TWO, THREE):
        world.damage(content, None)
    findings = Findings(most_of_a_kind=2)
    repair = Repair(world.context, str(elsewhere), dry_run=False)
    check_bytes(world.context, findings, Wanted(), None, repair=repair, progress=None)
    assert (findings.count("error"), len(findings.all())) == (3, 3)
    assert findings.all()[-1].message == "and 1 more of this kind"


def test_many_lost_files_are_looked_up_together(tmp_path, elsewhere, monkeypatch):
    world = World(tmp_path)
    source = tmp_path / "source"
    source.mkdir()
    for number in range(40):
        (source / str(number)).write_text(str(number))
    world.registry.register("many", str(source), code="none")
    for number in range(40):
        world.damage(str(number).encode(), None)
    opened = []
    reading = Database.reading
    monkeypatch.setattr(Database, "reading", lambda database: opened.append(1) or reading(database))
    found = repaired(world, elsewhere)
    assert found.errors == 40
    assert found.findings[39].message.endswith(f"{elsewhere} has no right copy ({found.findings[39].digest})")
    assert len(opened) < 10
