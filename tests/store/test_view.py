"""The view: real names that lead into this store, complete or absent, and nothing written in the registry."""

import hashlib
import os
import shutil
import stat
from pathlib import Path

import pytest

from modelkeep.errors import IntegrityError, NotFound, UsageError
from modelkeep.store.bucket.directory import DirectoryBucket
from modelkeep.store.bucket.interface import Blob
from modelkeep.store.export.part import path_inside
from modelkeep.store.export.view import view
from modelkeep.store.ingest.artifact import Selection, ingest

REGISTRY = "872491a30d60d598962de6e7b834ab76"


@pytest.fixture
def tree(artifacts, work):
    for name, data in {"m/model.onnx": b"hello", "m/tok/vocab.txt": b"v"}.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_bytes(data)
    return ingest(artifacts, ["m"], Selection()).manifest


@pytest.fixture
def file(artifacts, work, tree):
    return ingest(artifacts, ["m/model.onnx"], Selection()).manifest


def see(artifacts, manifest, form="tree", **more):
    more.setdefault("directory", str(Path.cwd().parent / "registry"))
    return view(artifacts, manifest, form, cache_dir="cache", registry_id=REGISTRY, **more)


def views_of(work):
    where = hashlib.sha256(os.fsencode(work.parent / "registry")).hexdigest()[:16]
    return f"{work}/cache/{REGISTRY}-{where}"


@pytest.fixture(autouse=True)
def private_way(tmp_path):
    """Close the directories above: a cache must be this account's own."""
    os.chmod(tmp_path, 0o755)


def test_a_file_is_seen_under_its_real_name(artifacts, file, work):
    path = see(artifacts, file, "file")
    assert path == f"{views_of(work)}/{file.digest[7:]}/model.onnx"
    assert os.readlink(path) == artifacts.local_path(file.files[0].digest)
    with open(path, "rb") as stream:
        assert stream.read() == b"hello"


def test_a_tree_is_seen_as_a_directory(artifacts, tree, work):
    path = see(artifacts, tree)
    assert path == f"{views_of(work)}/{tree.digest[7:]}"
    assert sorted(os.path.join(where, name) for where, _, names in os.walk(path) for name in names) == [
        f"{path}/model.onnx",
        f"{path}/tok/vocab.txt",
    ]


@pytest.mark.parametrize("inner", ["model.onnx", "tok/vocab.txt", "tok", "tok/"])
def test_one_file_or_directory_of_a_tree_is_seen(artifacts, tree, inner):
    assert see(artifacts, tree, inner=path_inside(tree, inner)) == see(artifacts, tree) + "/" + inner.rstrip("/")


def test_the_nearest_names_are_told(tree):
    with pytest.raises(NotFound) as caught:
        path_inside(tree, "modle.onnx")
    assert caught.value.message == "the artifact has no file 'modle.onnx'"
    assert caught.value.hint == "it has model.onnx, …"


@pytest.mark.parametrize("forged", ["../../../outside", "", "a/b", ".."])
def test_the_id_of_a_hostile_registry_leads_nowhere(artifacts, tree, work, forged):
    with pytest.raises(IntegrityError, match="not the id of a registry"):
        view(artifacts, tree, "tree", cache_dir="cache", registry_id=forged, directory="r")
    assert os.listdir(work) == ["m"]


def test_a_second_look_makes_nothing(artifacts, tree, work):
    path = see(artifacts, tree)
    before = {where: os.lstat(where).st_ctime_ns for where, _, _ in os.walk(work / "cache")}
    assert see(artifacts, tree) == path
    assert {where: os.lstat(where).st_ctime_ns for where, _, _ in os.walk(work / "cache")} == before


def test_nothing_is_written_in_the_registry(artifacts, tree, root):
    def state():
        return {where: os.lstat(where).st_mtime_ns for where, _, _ in os.walk(root.parent)}

    before = state()
    see(artifacts, tree)
    assert state() == before


def test_writing_through_the_view_meets_a_read_only_file(artifacts, file):
    assert stat.S_IMODE(os.stat(see(artifacts, file, "file")).st_mode) == 0o444


def aim_elsewhere(path):
    os.unlink(f"{path}/model.onnx")
    os.symlink("/etc/hostname", f"{path}/model.onnx")


def copy_instead(path):
    os.unlink(f"{path}/model.onnx")
    with open(f"{path}/model.onnx", "wb") as file:
        file.write(b"evil!")


def lose(path):
    os.unlink(f"{path}/tok/vocab.txt")


def become_a_file(path):
    shutil.rmtree(path)
    with open(path, "wb"):
        pass


def become_a_link(path):
    os.rename(path, path + ".away")
    os.symlink("/etc", path)


@pytest.mark.parametrize("harm", [aim_elsewhere, copy_instead, lose, become_a_file, become_a_link])
def test_a_view_that_does_not_lead_into_this_store_is_made_anew(artifacts, tree, harm):
    path = see(artifacts, tree)
    harm(path)
    assert see(artifacts, tree) == path
    assert os.readlink(f"{path}/model.onnx") == artifacts.local_path(tree.files[0].digest)
    assert os.path.exists(f"{path}/tok/vocab.txt")
    assert [name for name in os.listdir(os.path.dirname(path)) if name.startswith(".modelkeep-")] == []
    assert os.path.exists("/etc/hostname")


def test_a_registry_that_moved_is_followed(artifacts, tree, root):
    path = see(artifacts, tree)
    moved = root.parent.parent / "moved"
    os.rename(root.parent, moved)
    elsewhere = DirectoryBucket(str(moved / "store"))
    assert see(elsewhere, tree) == path
    assert os.readlink(f"{path}/model.onnx").startswith(str(moved))


@pytest.mark.parametrize("harm", [os.unlink, lambda path: os.truncate(path, 1)])
def test_missing_or_cut_off_bytes_are_an_error_and_not_a_dangling_link(artifacts, tree, harm):
    see(artifacts, tree)
    path = artifacts.local_path(tree.files[0].digest)
    os.chmod(path, 0o600)
    harm(path)
    with pytest.raises(IntegrityError, match=r"'model\.onnx' .* missing from the store or cut off"):
        see(artifacts, tree)


def test_a_cache_that_cannot_be_written_is_told(artifacts, tree, work):
    (work / "cache").write_bytes(b"")
    with pytest.raises(UsageError, match="cannot be written") as told:
        see(artifacts, tree)
    assert told.value.hint == "set MODELKEEP_CACHE to a directory of your own"


def test_a_store_without_paths_says_so(tree):
    class Far:
        def stat_all(self, _keys):
            return {file.digest: Blob(file.digest, file.size, 0.0) for file in tree.files}

        def local_path(self, key):
            assert key.startswith("sha256:")

    with pytest.raises(UsageError, match="no paths on this machine"):
        see(Far(), tree)


# Checked when it is made ------------------------------------------------------------------------


def damage(artifacts, tree):
    """Flip a byte of the first blob; its size and mode stay."""
    path = artifacts.local_path(tree.files[0].digest)
    os.chmod(path, 0o600)
    with open(path, "r+b") as blob:
        blob.write(b"j")
    os.chmod(path, 0o444)


def test_a_wrong_byte_is_found_when_the_view_is_made(artifacts, tree, work):
    damage(artifacts, tree)
    with pytest.raises(IntegrityError, match=r"the store's bytes of 'model\.onnx' are damaged"):
        see(artifacts, tree)
    assert os.listdir(views_of(work)) == []


def test_a_byte_that_changes_later_is_found_by_the_next_look(artifacts, tree):
    see(artifacts, tree)
    damage(artifacts, tree)
    with pytest.raises(IntegrityError, match=r"'model\.onnx' are damaged"):
        see(artifacts, tree)


def test_progress_counts_the_bytes_that_are_checked(artifacts, tree):
    steps = []
    see(artifacts, tree, progress=lambda done, total: steps.append((done, total)))
    assert steps[-1] == (6, 6)
    steps.clear()
    see(artifacts, tree, progress=lambda done, total: steps.append((done, total)))
    assert steps == []


def test_a_copy_of_a_registry_has_views_of_its_own(artifacts, tree, root, work):
    production = see(artifacts, tree)
    clone = work.parent / "clone"
    shutil.copytree(root.parent, clone)
    bucket = DirectoryBucket(str(clone / "store"))
    assert see(bucket, tree, directory=str(clone)) != production
    assert os.readlink(f"{production}/model.onnx") == artifacts.local_path(tree.files[0].digest)
    damage(bucket, tree)
    with pytest.raises(IntegrityError):
        see(bucket, tree, directory=str(clone))
    with open(f"{see(artifacts, tree)}/model.onnx", "rb") as file:
        assert file.read() == b"hello"


# Nobody else may change it ----------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_a_cache_that_others_may_write_is_refused(artifacts, tree, work, mode):
    (work / "cache").mkdir()
    os.chown(work / "cache", -1, 65534)
    (work / "cache").chmod(mode)
    with pytest.raises(UsageError) as told:
        see(artifacts, tree)
    assert told.value.message == (
        f"the cache {views_of(work)} can be changed by other accounts: they may write in {work}/cache"
    )
    assert told.value.hint == "set MODELKEEP_CACHE to a directory of your own"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a directory away")
def test_a_cache_below_a_directory_of_another_account_is_refused(artifacts, tree, work):
    os.chown(work, 65534, 65534)
    with pytest.raises(UsageError, match=f"they may write in {work}"):
        see(artifacts, tree)


def test_a_cache_in_a_sticky_directory_is_used(artifacts, tree, work):
    (work / "tmp").mkdir()
    (work / "tmp").chmod(0o1777)
    assert view(artifacts, tree, "tree", cache_dir="tmp/cache", registry_id=REGISTRY, directory="r")
