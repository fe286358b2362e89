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
    assert open_registry(place / "copy").verify(log=False).ok
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
        f"if no other registry leads to this store: rm {place}/bytes/owner.json",
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
        f"if no other registry leads to this store: rm {place}/bytes/owner.json",
    )
    assert refused(sweep, place / "elsewhere") == refused(register, place / "elsewhere") == said
    subprocess.run(said[2].partition(": ")[2], shell=True, check=True)
    assert owner(place / "elsewhere") == [
        ("ok", "the store behind the link has no owner yet: the next register or gc makes it this registry's", None)
    ]
    assert sweep(place / "elsewhere", dry_run=True) == 1
    assert not mark(place).exists()
    assert sweep(place / "elsewhere") == 1
    assert mark(place).exists()


def test_of_two_that_lead_to_a_store_of_an_older_release_the_first_to_use_it_has_it(place):
    mark(place).unlink()
    copy("r", "copy")
    assert register(place / "r").changed
    assert refused(sweep, place / "copy")[0] == "Conflict"
    assert refused(register, place / "copy")[0] == "Conflict"


def test_promote_and_get_need_no_owner_of_the_store(place):
    copy("r", "copy")
    assert open_registry(place / "copy").promote("fraud@1", "production").changed
    open_registry(place / "copy").get("fraud@production", place / "out")
    assert (place / "out").read_text() == "model"


@pytest.mark.parametrize("written", ["", "[]", "{}", '{"format": "modelkeep store 1", "registry": 7}', "[" * 10_000])
def test_an_unreadable_owner_file_is_refused(place, written):
    mark(place).unlink()
    mark(place).write_text(written)
    kind, message, hint = refused(sweep, place / "r")
    assert (kind, hint) == ("Conflict", f"if no other registry leads to this store: rm {mark(place)}")
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
