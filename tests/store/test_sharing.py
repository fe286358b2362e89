"""Whose registry it is, and access lists as the kernel keeps them; what several accounts may do is in process/."""

import os
import stat
import struct

import pytest

from modelkeep import create_registry
from modelkeep.domain.answers.maintenance import Access
from modelkeep.store.access import access_lists, permissions, sharing
from modelkeep.store.access.sharing import Group, Sharing
from modelkeep.store.durable import create_file

MINE = Sharing(Group(permissions.group_name(os.getegid()), os.getegid()))


def mode(path):
    return oct(stat.S_IMODE(os.stat(path).st_mode))


def test_an_access_list_is_what_the_kernel_writes():
    # getfacl: user::rwx group::rwx group:1000:r-x mask::rwx other::---
    assert access_lists.of_mode(0o770, 1000) == bytes.fromhex(
        "02000000 01000700ffffffff 04000700ffffffff 08000500e8030000 10000700ffffffff 20000000ffffffff"
    )
    # user::rwx group::rwx other::---
    assert access_lists.of_mode(0o770) == bytes.fromhex("02000000 01000700ffffffff 04000700ffffffff 20000000ffffffff")
    assert access_lists.groups_in(access_lists.of_mode(0o660, 1000)) == (1000,)


@pytest.mark.parametrize("data", [b"", b"\x02", b"\x01\x00\x00\x00", struct.pack("<IHHI", 2, 8, 1, 1000), b"x" * 11])
def test_what_is_no_list_or_lets_nobody_read_names_no_group(data):
    assert access_lists.groups_in(data) == ()


def test_a_registry_of_ones_own_is_shared_with_nobody(tmp_path):
    registry, _ = create_registry(tmp_path / "r")
    assert sharing.sharing_of(registry.directory) is None
    assert registry.access() == Access(None, None, None)


def test_a_registry_is_shared_with_a_group_of_ones_own_by_name_or_number(tmp_path):
    for number, group in enumerate((MINE.writers.name, str(MINE.writers.gid))):
        registry, created = create_registry(tmp_path / str(number), shared=group)
        assert created
        assert sharing.sharing_of(registry.directory) == MINE
        assert registry.access().shared == MINE.writers.name
        assert mode(registry.directory) == "0o2770"


def test_sharing_what_is_there_changes_what_is_not_so_and_counts_it(tmp_path):
    said = []
    registry, _ = create_registry(tmp_path / "r")
    (tmp_path / "model").write_bytes(b"weights")
    registry.register("fraud", tmp_path / "model", code="none")
    create_registry(tmp_path / "r", shared=MINE.writers.name, say=said.append)
    assert said[0].startswith(f"shared with {MINE.writers.name}: ")
    assert {mode(path) for path, _, _ in os.walk(tmp_path / "r")} == {"0o2770"}
    assert {mode(path) for path in (tmp_path / "r").glob("store/blobs/sha256/*/*")} == {"0o444"}
    (tmp_path / "r/store/tmp").chmod(0o700)
    create_registry(tmp_path / "r", shared=MINE.writers.name, say=said.append)
    create_registry(tmp_path / "r", shared=MINE.writers.name, say=said.append)
    assert said[1:] == [
        f"shared with {MINE.writers.name}: access was set at 1 place",
        f"nothing to do: it is shared with {MINE.writers.name} already",
    ]


def test_a_link_that_somebody_put_there_is_not_followed(tmp_path):
    registry, _ = create_registry(tmp_path / "r")
    secret, private = tmp_path / "secret", tmp_path / "private"
    secret.write_text("")
    secret.chmod(0o600)
    private.mkdir(mode=0o700)
    (tmp_path / "r/notes").symlink_to(secret)
    (tmp_path / "r/store/blobs/sha256/aa").symlink_to(private)
    create_registry(registry.directory, shared=MINE.writers.name)
    assert (mode(secret), mode(private)) == ("0o600", "0o700")


@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_a_new_file_is_as_open_as_asked_in_a_shared_directory_and_as_the_umask_says_elsewhere(tmp_path, umask):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o2770)
    before = os.umask(umask)
    try:
        create_file(str(tmp_path / "shared/file"), 0o660)
        create_file(str(tmp_path / "file"), 0o660)
    finally:
        os.umask(before)
    assert (mode(tmp_path / "shared/file"), mode(tmp_path / "file")) == ("0o660", oct(0o660 & ~umask))
    with pytest.raises(FileExistsError):
        create_file(str(tmp_path / "file"), 0o660)
