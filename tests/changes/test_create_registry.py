"""Making a registry: what is made, how open it is, what is refused, and what a kill leaves behind."""

import os
import shutil
import stat
import subprocess
import threading
from pathlib import Path

import pytest
from changing import refused

from modelkeep import create_registry, open_registry


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    """Give each test a home of its own, where the head of a log is remembered."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def test_a_new_registry_has_a_log_of_one_entry_and_an_empty_store(tmp_path):
    registry, created = create_registry(tmp_path / "r")
    assert created
    assert sorted(os.listdir(tmp_path / "r")) == ["registry.db", "registry.lock", "store"]
    assert sorted(os.listdir(tmp_path / "r/store")) == ["blobs", "gc-mark", "tmp"]
    assert [(each.seq, each.action) for each in registry.audit()] == [(1, "init")]
    assert (len(registry.id), registry.verify().ok) == (32, True)


def test_each_registry_has_an_id_of_its_own(tmp_path):
    assert create_registry(tmp_path / "a")[0].id != create_registry(tmp_path / "b")[0].id


def test_dev_and_other_short_words_can_be_stages(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("model.onnx").write_bytes(b"model")
    registry, _ = create_registry(tmp_path / "r", stages=["dev", "qa", "prod"])
    registry.register("fraud", "model.onnx", code="none")
    registry.register("fraud", "model.onnx", code="none", if_exists="new")
    assert registry.promote("fraud@1", "dev").effects[0].after == "fraud@1"
    assert registry.promote("fraud@1", "Prod").effects[0].what == "prod"
    assert registry.resolve("fraud@dev").version == 1
    assert registry.resolve("fraud@development").version == 2
    assert [each.ref for each in registry.versions("fraud", stage="dev")] == ["fraud@1"]
    assert [each.ref for each in registry.versions("fraud", stage="development")] == ["fraud@2"]
    assert refused(registry.promote, "fraud@1", "production")[0] == "NotFound"
    assert refused(registry.promote, "fraud@1", "development")[0] == "UsageError"
    assert (
        refused(registry.alias, "fraud@1", "dev")[1]
        == "'dev' is a stage here, and an alias may not have a stage's name"
    )
    assert refused(registry.alias, "fraud@1", "development")[0] == "UsageError"
    assert registry.verify().ok


def test_development_can_be_a_stage_and_dev_is_short_for_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("model.onnx").write_bytes(b"model")
    registry, _ = create_registry(tmp_path / "r", stages=["development", "live"])
    registry.register("fraud", "model.onnx", code="none")
    registry.register("fraud", "model.onnx", code="none", if_exists="new")
    registry.promote("fraud@1", "dev")
    assert registry.resolve("fraud@dev").version == registry.resolve("fraud@development").version == 1
    assert [each.ref for each in registry.versions("fraud", stage="dev")] == ["fraud@1"]
    assert registry.verify().ok


def test_the_stages_are_staging_and_production_and_the_last_is_protected(tmp_path):
    registry, _ = create_registry(tmp_path / "r")
    assert [(each.name, each.protected, each.synonyms) for each in registry.stages()] == [
        ("staging", False, ("stg",)),
        ("production", True, ("prod",)),
    ]


def test_other_stages_may_be_given_lowest_first(tmp_path):
    registry, _ = create_registry(tmp_path / "r", stages=["qa", "staging", "live-eu"])
    assert [(each.name, each.protected, each.synonyms) for each in registry.stages()] == [
        ("qa", False, ()),
        ("staging", False, ("stg",)),
        ("live-eu", True, ()),
    ]


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        (["qa", "qa"], "two stages are called 'qa'"),
        (["latest"], "'latest' is a reserved word and cannot be the name of a stage"),
        (["v2"], "'v2' reads as the number of a version and cannot be the name of a stage"),
        (["deadbeef"], "'deadbeef' reads as a digest and cannot be the name of a stage"),
        (["Live EU"], "not a legal name for a stage: 'Live EU'"),
    ],
)
def test_what_no_stage_may_be_called_is_refused_and_nothing_is_made(tmp_path, stages, message):
    assert refused(create_registry, tmp_path / "r", stages=stages)[:2] == ("UsageError", message)
    assert not (tmp_path / "r").exists()


def test_where_there_is_one_there_is_nothing_to_do(tmp_path):
    first, _ = create_registry(tmp_path / "r", stages=["qa", "live-eu"])
    for stages in (None, ["qa", "live-eu"]):
        again, created = create_registry(tmp_path / "r", stages=stages)
        assert (created, again.id, len(again.audit())) == (False, first.id, 1)


def test_where_there_is_one_with_other_stages_it_is_a_conflict(tmp_path):
    create_registry(tmp_path / "r")
    assert refused(create_registry, tmp_path / "r", stages=["qa", "live-eu"]) == (
        "Conflict",
        f"the registry {tmp_path}/r has the stages staging,production, not qa,live-eu",
        "stages are given once, when a registry is made",
    )


def test_a_directory_with_other_things_in_it_is_refused_and_left_as_it_was(tmp_path):
    (tmp_path / "r").mkdir()
    (tmp_path / "r/thesis.txt").write_text("mine")
    assert refused(create_registry, tmp_path / "r") == (
        "Conflict",
        f"{tmp_path}/r holds other things: thesis.txt",
        f"modelkeep init {tmp_path}/r/.modelkeep",
    )
    assert os.listdir(tmp_path / "r") == ["thesis.txt"]


def test_an_empty_directory_becomes_the_registry(tmp_path):
    (tmp_path / "r").mkdir()
    assert create_registry(tmp_path / "r")[1]


@pytest.mark.parametrize("slashes", ["//", "///"])
def test_a_path_that_begins_with_two_slashes_is_no_address_of_a_machine(tmp_path, slashes):
    directory = slashes + str(tmp_path / "r").lstrip("/")
    assert create_registry(directory)[1]
    registry = open_registry(directory)
    assert (registry.verify().ok, open_registry(tmp_path / "r").id) == (True, registry.id)


def test_a_directory_of_the_projects_own_is_not_taken_into_git(tmp_path):
    create_registry(tmp_path / "project/.modelkeep")
    assert (tmp_path / "project/.modelkeep/.gitignore").read_text() == "*\n"
    assert not create_registry(tmp_path / "project/.modelkeep")[1]


def test_it_is_nobody_elses_to_read(tmp_path):
    before = os.umask(0)
    try:
        create_registry(tmp_path / "r")
    finally:
        os.umask(before)
    found = {name: oct(mode(tmp_path / "r" / name)) for name in (".", "registry.db", "registry.lock")}
    assert found == {".": "0o700", "registry.db": "0o660", "registry.lock": "0o660"}


def test_the_store_may_lie_elsewhere(tmp_path):
    (tmp_path / "model").write_bytes(b"weights")
    (tmp_path / "big-disk").mkdir()
    registry, _ = create_registry(tmp_path / "r", store=tmp_path / "big-disk/store")
    registry.register("fraud", tmp_path / "model", code="none")
    assert os.readlink(tmp_path / "r/store") == f"{tmp_path}/big-disk/store"
    assert len([path for path in (tmp_path / "big-disk/store/blobs").rglob("*") if path.is_file()]) == 1
    registry.get("fraud@1", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"weights"


def test_a_store_on_a_disk_that_is_not_there_is_refused_and_nothing_is_made(tmp_path):
    assert refused(create_registry, tmp_path / "r", store=tmp_path / "big-disk/store") == (
        "RegistryUnavailable",
        f"there is no directory {tmp_path}/big-disk to make a store in",
        f"is its disk mounted? else: mkdir -p {tmp_path}/big-disk",
    )
    assert not (tmp_path / "r").exists()


def test_a_store_with_other_things_or_of_another_registry_is_refused(tmp_path):
    (tmp_path / "model").write_bytes(b"weights")
    create_registry(tmp_path / "a", store=tmp_path / "store")[0].register("fraud", tmp_path / "model", code="none")
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers/thesis.txt").write_text("mine")
    assert refused(create_registry, tmp_path / "b", store=tmp_path / "papers") == (
        "Conflict",
        f"{tmp_path}/papers holds other things: thesis.txt",
        f"--store {tmp_path}/papers/modelkeep",
    )
    assert refused(create_registry, tmp_path / "b", store=tmp_path / "store")[0] == "Conflict"
    assert not (tmp_path / "b").exists()


def test_an_empty_store_of_another_registry_is_refused_too(tmp_path):
    create_registry(tmp_path / "a", store=tmp_path / "store")
    assert refused(create_registry, tmp_path / "b", store=tmp_path / "store") == (
        "Conflict",
        f"{tmp_path}/store holds other things: blobs, gc-mark, owner.json",
        f"--store {tmp_path}/store/modelkeep",
    )


@pytest.mark.parametrize("made", [(), ("blobs",), ("blobs/sha256", "tmp")])
def test_a_store_that_a_killed_init_was_making_is_gone_on_with(tmp_path, made):
    (tmp_path / "r").mkdir()
    (tmp_path / "store").mkdir()
    (tmp_path / "r/store").symlink_to(tmp_path / "store")
    for name in made:
        (tmp_path / "store" / name).mkdir(parents=True)
    registry, created = create_registry(tmp_path / "r", store=tmp_path / "store")
    assert (created, registry.verify().ok) == (True, True)


def test_where_there_is_one_with_another_store_it_is_a_conflict(tmp_path):
    create_registry(tmp_path / "r", store=tmp_path / "one")
    assert not create_registry(tmp_path / "r", store=tmp_path / "one")[1]
    assert refused(create_registry, tmp_path / "r", store=tmp_path / "two") == (
        "Conflict",
        f"the registry {tmp_path}/r keeps its bytes in {tmp_path}/one, not in {tmp_path}/two",
        "the store is given once, when a registry is made",
    )


def test_a_place_that_cannot_be_one_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    assert refused(create_registry, tmp_path / "file/r") == (
        "RegistryUnavailable",
        f"no registry can be made at {tmp_path}/file/r: not a directory",
        "modelkeep init DIR        (where this account may make one)",
    )


@pytest.mark.parametrize("left", [(), ("registry.lock",), ("registry.lock", "registry.db"), ("store",)])
def test_what_a_killed_init_left_is_gone_on_with(tmp_path, left):
    (tmp_path / "r").mkdir()
    for name in left:
        if name == "store":
            (tmp_path / "r/store/blobs").mkdir(parents=True)
        else:
            (tmp_path / "r" / name).touch()
    registry, created = create_registry(tmp_path / "r")
    assert (created, registry.verify().ok) == (True, True)


def test_a_registry_whose_init_did_not_end_is_named_with_the_line_that_ends_it(tmp_path):
    (tmp_path / "our r").mkdir()
    for name in ("registry.lock", "registry.db"):
        (tmp_path / "our r" / name).touch()
    assert refused(open_registry(tmp_path / "our r").models) == (
        "RegistryUnavailable",
        f"there is no registry at {tmp_path}/our r: the init that began it has not ended",
        f"modelkeep init '{tmp_path}/our r'",
    )


def test_a_half_made_registry_is_not_one_that_is_there(tmp_path):
    create_registry(tmp_path / "r")
    (tmp_path / "r/registry.db").unlink()
    assert refused(open_registry, tmp_path / "r")[:2] == (
        "RegistryUnavailable",
        f"there is no registry at {tmp_path}/r",
    )


def test_the_hint_that_makes_a_registry_is_quoted_for_the_shell(tmp_path):
    (tmp_path / "our models").mkdir()
    assert refused(open_registry(tmp_path / "our models", must_exist=False).models)[2] == (
        f"modelkeep init '{tmp_path}/our models'"
    )


def test_a_registry_may_be_moved(tmp_path):
    (tmp_path / "model").write_bytes(b"weights")
    create_registry(tmp_path / "r")[0].register("fraud", tmp_path / "model", code="none")
    shutil.move(tmp_path / "r", tmp_path / "elsewhere")
    assert open_registry(tmp_path / "elsewhere").verify().ok
    assert open_registry(tmp_path / "elsewhere/registry.db").resolve("fraud@1").ref == "fraud@1"


def test_of_many_who_make_one_at_once_exactly_one_does(tmp_path):
    found, together = [], threading.Barrier(8)

    def make():
        together.wait()
        found.append(create_registry(tmp_path / "r"))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(created for _, created in found) == [False] * 7 + [True]
    assert {registry.id for registry, _ in found} == {found[0][0].id}
    assert len(found[0][0].audit()) == 1


def test_nothing_else_is_made_beside_it(tmp_path):
    create_registry(tmp_path / "place/r")
    assert [path.name for path in Path(tmp_path / "place").iterdir()] == ["r"]


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"")])
def test_no_new_log_is_begun_over_the_bytes_of_one_that_is_gone(tmp_path, harm):
    directory = tmp_path / "registry"
    registry, _ = create_registry(directory)
    (tmp_path / "model.onnx").write_bytes(b"weights")
    registry.register("fraud", tmp_path / "model.onnx")
    registry.backup(tmp_path / "backup")
    harm(directory / "registry.db")
    assert refused(create_registry, directory) == (
        "Conflict",
        f"{directory} holds the bytes of a registry whose registry.db is missing or empty",
        f"bring it back from a backup: cp BACKUP/registry.db {directory}/        (docs/backup.md)",
    )


@pytest.mark.parametrize(("harm", "said"), [(Path.unlink, "missing"), (lambda path: path.write_bytes(b""), "empty")])
@pytest.mark.parametrize("journal", [False, True])
def test_who_has_lost_the_database_is_told_to_bring_it_back_and_not_to_make_one(tmp_path, harm, said, journal):
    directory = tmp_path / "registry"
    registry, _ = create_registry(directory)
    (tmp_path / "model.onnx").write_bytes(b"weights")
    registry.register("fraud", tmp_path / "model.onnx", code="none")
    registry.backup(tmp_path / "backup")
    harm(directory / "registry.db")
    if journal:
        (directory / "registry.db-journal").write_bytes(b"of another database")
    rm = f"rm {directory}/registry.db-journal && " if journal else ""
    told = (
        "RegistryUnavailable",
        f"{directory} holds the bytes of a registry whose registry.db is {said}",
        f"bring it back from a backup: {rm}cp BACKUP/registry.db {directory}/        (docs/backup.md)",
    )
    assert refused(registry.models) == told
    assert refused(lambda: open_registry(directory).models()) == told
    (found,) = [each for each in registry.doctor().findings if each.severity == "error"]
    assert (found.code, found.hint) == ("database", told[2])
    line = told[2].partition(": ")[2].partition("   ")[0].replace("BACKUP", f"{tmp_path}/backup")
    subprocess.run(line, shell=True, check=True)
    assert (registry.verify().ok, registry.resolve("fraud@1").ref) == (True, "fraud@1")
