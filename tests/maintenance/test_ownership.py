"""A store that a link leads to belongs to one registry: a copy of the directory neither sweeps it nor adds to it."""

import json
import os
import shutil
import stat
import subprocess

import pytest
from changing import refused

from modelkeep import create_registry, open_registry


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Return a directory with a registry `r`, whose store is `bytes` and holds one version and one file nobody needs."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for name in ("model", "garbage"):
        (tmp_path / name).write_text(name)
    registry, _ = create_registry(tmp_path / "r", store=tmp_path / "bytes")
    registry.register("fraud", "model", code="none")
    registry.register("fraud", "garbage", code="none")
    registry.delete("fraud@2")
    return tmp_path


def copy(one, other):
    subprocess.run(["cp", "-r", one, other], check=True)


def register(directory, name="model"):
    return open_registry(directory).register("churn", name, code="none")


def sweep(directory, **how):
    return open_registry(directory).gc(grace="0", **how).files


def mark(place):
    return place / "bytes/owner.json"


def owner(directory):
    """Return severity, message and hint of what doctor says of the store's owner."""
    found = [each for each in open_registry(directory).doctor().findings if each.code == "owner"]
    return [(each.severity, each.message, each.hint) for each in found]


def test_a_copy_with_the_same_store_is_refused_gc_and_register(place):
    copy("r", "copy")
    told = (
        "Conflict",
        (
            f"the store {place}/bytes belongs to the registry {place}/r, of which {place}/copy is a copy: "
            "gc of one would remove what the other needs"
        ),
        (
            f"give the copy bytes of its own: cp -a {place}/bytes {place}/copy/store.new && "
            f"rm {place}/copy/store && mv {place}/copy/store.new {place}/copy/store"
        ),
    )
    for do in (sweep, register, lambda directory: sweep(directory, dry_run=True)):
        assert refused(do, place / "copy") == told
    assert owner(place / "copy") == [("error", *told[1:])]
    assert register(place / "r", "garbage").changed
    assert refused(open_registry(place / "copy").get, "fraud@1", place / "out") == (
        "Conflict",
        f"the store {place}/bytes belongs to the registry {place}/r, and does not name {place}/copy, which leads to it by a link",
        told[2],
    )
    assert owner(place / "r") == [("ok", "the store behind the link belongs to this registry", None)]
    assert sweep(place / "r") == 0


def test_what_the_hint_says_makes_two_registries_of_them(place, monkeypatch):
    copy("r", "copy")
    hint = refused(sweep, place / "copy")[2]
    subprocess.run(hint.partition(": ")[2], shell=True, check=True)
    assert sweep(place / "r") == 1
    assert open_registry(place / "r").verify().ok
    monkeypatch.setenv("HOME", str(place / "home of another account"))
    assert register(place / "copy").changed
    assert sweep(place / "copy") == 1
    assert open_registry(place / "copy").verify().ok


@pytest.mark.parametrize("how", ["-r", "-rL", "-a"])
def test_a_copy_with_its_own_store_works(place, how):
    if how == "-rL":
        directory = place / "r"
    else:
        directory = place / "whole"
        create_registry(directory)[0].register("fraud", "model", code="none")
    subprocess.run(["cp", how, directory, "copy"], check=True)
    shutil.rmtree(directory)
    assert (register("copy", "garbage").changed, sweep("copy")) == (True, 0)
    assert owner(place / "copy") == []


def test_a_registry_that_was_renamed_keeps_its_store(place):
    (place / "r").rename(place / "moved")
    assert sweep(place / "moved", dry_run=True) == 1
    assert json.loads(mark(place).read_text())["directory"] == f"{place}/r"
    assert sweep(place / "moved") == 1
    assert json.loads(mark(place).read_text())["directory"] == f"{place}/moved"
    copy("moved", "r")  # and a copy where it was before is a copy
    assert refused(sweep, place / "r")[0] == "Conflict"
    assert register(place / "moved").changed


def test_a_copy_in_the_place_of_the_registry_is_not_taken_for_it(place):
    (place / "r").rename(place / "old")
    copy("old", "r")
    assert refused(sweep, place / "r") == (
        "Conflict",
        (
            f"the store {place}/bytes belongs to the registry {place}/r, and the directory there is another one by now: "
            "it was restored, or is a copy"
        ),
        f"if no other registry leads to this store: rm {place}/bytes/owner.json && modelkeep init {place}/r --store {place}/bytes",
    )
    assert sweep(place / "old") == 1


@pytest.mark.parametrize("how", [shutil.copy, os.replace])
def test_a_database_that_was_restored_in_its_place_keeps_the_store(place, how):
    open_registry(place / "r").backup(place / "backup")
    how(place / "backup/registry.db", place / "r/registry.db")
    assert register(place / "r").changed
    assert sweep(place / "r") == 1


def test_a_registry_that_went_to_another_disk_is_given_its_store_by_hand(place):
    copy("r", "elsewhere")
    shutil.rmtree("r")
    said = (
        "Conflict",
        (
            f"the store {place}/bytes belongs to the registry {place}/r, which does not lead to it any more: "
            "it was moved, or is on another machine"
        ),
        (
            f"if no other registry leads to this store: rm {place}/bytes/owner.json && "
            f"modelkeep init {place}/elsewhere --store {place}/bytes"
        ),
    )
    assert refused(sweep, place / "elsewhere") == refused(register, place / "elsewhere") == said
    mark(place).unlink()
    create_registry(place / "elsewhere", store=place / "bytes")
    assert owner(place / "elsewhere") == [("ok", "the store behind the link belongs to this registry", None)]
    assert sweep(place / "elsewhere") == 1


def test_a_store_without_a_note_belongs_to_no_link_until_init_names_both(place):
    mark(place).unlink()
    said = (
        "Conflict",
        f"the store {place}/bytes does not name {place}/r, which leads to it by a link",
        f"if no other registry uses this store: modelkeep init {place}/r --store {place}/bytes",
    )
    assert refused(sweep, place / "r") == refused(register, place / "r") == said
    assert refused(open_registry(place / "r").get, "fraud@1", place / "out") == said
    assert owner(place / "r") == [("error", *said[1:])]
    create_registry(place / "r", store=place / "bytes")
    assert register(place / "r").changed


def test_a_link_into_the_store_of_another_registry_is_followed_by_no_command(place):
    mine, _ = create_registry(place / "mine")
    mine.register("fraud", "model", code="none")
    create_registry(place / "cloned")
    shutil.rmtree(place / "cloned/store")
    (place / "cloned/store").symlink_to(place / "mine/store")
    said = (
        "Conflict",
        f"{place}/cloned/store leads to the store of another registry, {place}/mine",
        f"ls -ld {place}/cloned/store        (who made it?)",
    )
    for do in (sweep, register):
        assert refused(do, place / "cloned") == said
    assert refused(create_registry, place / "cloned", store=place / "mine/store")[:2] == (
        "Conflict",
        f"the store {place}/mine/store is that of another registry, {place}/mine",
    )
    assert refused(sweep, place / "cloned") == said
    assert mine.verify().ok


def test_a_database_that_is_a_link_to_another_registrys_is_opened_by_no_command(place):
    mine, _ = create_registry(place / "mine")
    mine.register("fraud", "model", code="none")
    cloned, _ = create_registry(place / "cloned")
    (place / "cloned/registry.db").unlink()
    (place / "cloned/registry.db").symlink_to(place / "mine/registry.db")
    said = (
        "IntegrityError",
        f"{place}/cloned/registry.db is a symbolic link, and none is followed inside a registry",
        f"ls -l {place}/cloned/registry.db        (who made it?)",
    )
    for do in (sweep, register, lambda directory: open_registry(directory).show("fraud@1")):
        assert refused(do, place / "cloned") == said
    assert cloned.doctor().ok is False
    assert mine.status().entries == 2


@pytest.mark.parametrize("inside", ["blobs", "blobs/sha256", "tmp"])
def test_a_member_who_swaps_a_directory_of_the_store_for_a_link_makes_gc_remove_nothing(place, inside):
    mine, _ = create_registry(place / "mine")
    mine.register("fraud", "model", code="none")
    shared, _ = create_registry(place / "shared")
    shutil.rmtree(place / "shared/store" / inside)
    (place / "shared/store" / inside).symlink_to(place / "mine/store" / inside)
    kind, message, hint = refused(sweep, place / "shared") if inside != "tmp" else refused(register, place / "shared")
    assert (kind, message) == (
        "RegistryUnavailable",
        f"{place}/shared/store/{inside} is a symbolic link, and none is followed inside a registry",
    )
    assert hint == f"ls -ld {place}/shared/store/{inside}        (who made it?)"
    found = [each for each in shared.doctor().findings if each.severity == "error"]
    assert any(each.message.endswith("none is followed inside a registry") for each in found)
    assert not any("gc" in (each.hint or "") for each in found)
    assert mine.verify().ok


@pytest.mark.parametrize("written", ["", "[]", "{}", '{"format": "modelkeep store 1", "registry": 7}', "[" * 10_000])
def test_an_unreadable_owner_file_is_refused(place, written):
    mark(place).unlink()
    mark(place).write_text(written)
    kind, message, hint = refused(sweep, place / "r")
    assert kind == "Conflict"
    assert hint == (
        f"if no other registry leads to this store: rm {mark(place)} && modelkeep init {place}/r --store {place}/bytes"
    )
    assert message == f"whose the store {place}/bytes is cannot be told: {mark(place)} is unreadable"


def test_the_store_of_another_registry_is_no_place_to_lead_to(place):
    create_registry(place / "other")[0].register("fraud", "model", code="none")
    shutil.rmtree(place / "other/store")
    (place / "other/store").symlink_to(place / "bytes")
    assert refused(sweep, place / "other")[:2] == (
        "Conflict",
        f"the store {place}/bytes belongs to the registry {place}/r, which is not this one",
    )


def test_whoever_may_come_into_the_store_may_read_whose_it_is(place):
    before = os.umask(0o077)
    try:
        create_registry(place / "strict", store=place / "strict-bytes")
    finally:
        os.umask(before)
    assert stat.S_IMODE((place / "strict-bytes/owner.json").stat().st_mode) == 0o444
    assert os.listdir(place / "strict-bytes/tmp") == []
    assert [each.code for each in open_registry(place / "strict").doctor().findings if each.code == "unknown"] == []
    assert open_registry(place / "strict").gc().unknown == ()


def test_a_registry_whose_directory_is_not_utf8_keeps_its_store(place):
    directory = os.fsdecode(os.fsencode(place) + b"/r\xff")
    (place / "r").rename(directory)
    assert register(directory).changed
    assert sweep(directory) == 1
    assert json.loads(mark(place).read_text())["directory"] == directory
