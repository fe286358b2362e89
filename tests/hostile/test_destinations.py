"""A destination that another account owns: that account may swap every name in it, at any moment.

What it swaps it in for is a directory or a file of root's. Whatever it does, nothing may be written, made executable
or removed there.
"""

import os
import shutil
import signal
import stat
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from people import UIDS

from modelkeep import trust
from modelkeep.errors import Conflict, ModelkeepError, RegistryUnavailable
from modelkeep.registry import create_registry, open_registry
from modelkeep.store.access.rename_rights import others_may_rename
from modelkeep.store.bucket.directory import DirectoryBucket, create_store
from modelkeep.store.export.artifact import export
from modelkeep.store.ingest.artifact import Selection, ingest

OTTO = UIDS["otto"]

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="needs root: sudo make test, in a container for example, runs it as two accounts"
)


@pytest.fixture
def artifact(tmp_path):
    """Return what gets an artifact of 40 files; the owner of its destination is otto."""
    os.chmod(tmp_path, 0o755)
    (tmp_path / "registry").mkdir()
    create_store(str(tmp_path / "registry/store"))
    bucket = DirectoryBucket(str(tmp_path / "registry/store"))
    source = tmp_path / "source"
    for number in range(40):
        path = source / f"d{number % 3}" / f"{number:02d}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%d" % number)
    (tmp_path / "model.onnx").write_bytes(b"model" * 1000)
    forms = {
        "tree": ingest(bucket, [str(source)], Selection()).manifest,
        "file": ingest(bucket, [str(tmp_path / "model.onnx")], Selection()).manifest,
    }

    def get(dest, form="tree", *, force=False, progress=None):
        return export(bucket, forms[form], form, str(dest), default_name="fraud-3", force=force, progress=progress)

    return get


@pytest.fixture
def roots(roots):
    """Return a directory of root's, with a program and a directory in it that must stay as they are."""
    (roots / "d0").mkdir(mode=0o700)
    (roots / "program").write_bytes(b"#!")
    os.chmod(roots / "program", 0o700)
    os.chmod(roots, 0o711)
    return roots


def state(place: Path):
    """Return all that must not change: paths, kinds, modes, bytes."""
    return {
        str(path.relative_to(place)): (stat.S_IFMT(path.lstat().st_mode), stat.S_IMODE(path.lstat().st_mode))
        for path in [place, *place.rglob("*")]
    }


def drafts(place: Path):
    return [path for path in place.iterdir() if path.name.startswith(".modelkeep-") and not path.name.endswith("-away")]


def swap_for(target: Path, place: Path):
    """Return a progress that puts a link to the target in the place of the draft, at the first and at the last byte."""

    def swap(done, total):
        for draft in drafts(place):
            if not draft.is_symlink() and done in {1, total}:
                os.rename(draft, f"{draft}-away")
                draft.symlink_to(target)

    return swap


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("aim", [".", "d0", "program"])
@pytest.mark.parametrize("form", ["tree", "file"])
def test_a_draft_that_becomes_a_link_leads_nowhere(artifact, ottos, roots, form, aim, force):
    before = state(roots)
    if force:
        (ottos / "out").mkdir() if form == "tree" else (ottos / "out").write_bytes(b"old")
        if form == "tree":
            (ottos / "out/d0").mkdir()
            (ottos / "out/d0/00.bin").write_bytes(b"old")
    artifact(ottos / "out", form, force=force, progress=swap_for(roots / aim, ottos))
    assert state(roots) == before


def test_a_mode_is_not_given_to_what_takes_the_drafts_place(artifact, ottos, roots):
    before = state(roots)
    (ottos / "out").mkdir()
    os.chmod(ottos / "out", 0o6777)
    with suppress(Conflict):
        artifact(ottos / "out", progress=swap_for(roots / "program", ottos))
    assert state(roots) == before


@pytest.mark.parametrize("mode", [0o4755, 0o2755, 0o6777])
def test_set_id_bits_are_not_taken_over_from_what_is_replaced(artifact, ottos, mode):
    (ottos / "out").write_bytes(b"old")
    os.chmod(ottos / "out", mode)
    artifact(ottos / "out", "file", force=True)
    assert stat.S_IMODE((ottos / "out").stat().st_mode) == 0o644
    (ottos / "dir").mkdir()
    os.chmod(ottos / "dir", mode)
    artifact(ottos / "dir")
    assert not (ottos / "dir").stat().st_mode & (stat.S_ISUID | stat.S_ISGID)


def test_what_force_did_not_judge_is_not_removed(artifact, ottos, roots, tmp_path):
    (ottos / "out/d0").mkdir(parents=True)
    (ottos / "out/d0/00.bin").write_bytes(b"old")
    (ottos / "data").mkdir()
    (ottos / "data/precious").write_bytes(b"root's")
    moved = []

    def swap(done, total):
        if not moved:
            os.rename(ottos / "out", ottos / "old")
            os.rename(ottos / "data", ottos / "out")
            moved.append(1)

    with pytest.raises(Conflict, match="was made by another process meanwhile"):
        artifact(ottos / "out", force=True, progress=swap)
    assert (ottos / "out/precious").read_bytes() == b"root's"
    assert sorted(os.listdir(ottos)) == ["old", "out"]


def test_a_directory_that_otto_names_like_a_draft_is_not_removed(artifact, ottos):
    (ottos / "data").mkdir()
    (ottos / "data/precious").write_bytes(b"root's")
    os.rename(ottos / "data", ottos / ".modelkeep-0123456789abcdef")
    artifact(ottos / "out")
    assert (ottos / ".modelkeep-0123456789abcdef/precious").read_bytes() == b"root's"


def test_a_link_of_another_account_leads_only_to_what_is_its_own(artifact, ottos, roots):
    (ottos / "into").symlink_to(roots)
    os.chown(ottos / "into", OTTO, OTTO, follow_symlinks=False)
    before = state(roots)
    for dest in ("into/out", "into/new/", "into/d0/x"):
        for form in ("tree", "file"):
            with pytest.raises(Conflict) as caught:
                artifact(f"{ottos}/{dest}", form)
            assert "a link that uid:71004 made leads" in caught.value.message
            assert caught.value.hint.startswith(f"name what it leads to: {roots}")
    assert state(roots) == before
    (ottos / "own").mkdir()
    os.chown(ottos / "own", OTTO, OTTO)
    (ottos / "mine").symlink_to("own")
    os.chown(ottos / "mine", OTTO, OTTO, follow_symlinks=False)
    assert artifact(f"{ottos}/mine/out").changed
    (ottos / "roots-link").symlink_to(roots)
    assert artifact(f"{ottos}/roots-link/out").changed


def test_hundreds_of_swaps_lead_nothing_out(artifact, ottos, roots):
    """Two seconds of swapping: a race needs many tries to be seen."""
    before = state(roots)
    (ottos / "work").mkdir()
    os.chown(ottos / "work", OTTO, OTTO)
    child = os.fork()
    if child == 0:
        os.chdir(ottos / "work")
        os.setgid(OTTO)
        os.setuid(OTTO)
        _swap_for_ever(str(roots))
    try:
        done = 0
        until = time.monotonic() + 2
        while time.monotonic() < until:
            for form in ("tree", "file"):
                with suppress(ModelkeepError):
                    artifact(ottos / "work" / f"out{done}", form, force=done % 2 == 1)
                done += 1
        assert done > 4
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert state(roots) == before


def _swap_for_ever(target):
    """Put a link in the place of each draft, and the draft back, again and again."""
    number = 0
    while True:
        for name in os.listdir("."):
            number += 1
            try:
                if name.startswith(".modelkeep-") and not name.endswith("away"):
                    os.rename(name, f"{name}{number}away")
                    os.symlink(target, name)
                    os.rename(f"{name}{number}away", name)
            except OSError:
                continue


def test_who_may_rename_is_told(tmp_path, ottos):
    os.chmod(tmp_path, 0o755)
    (tmp_path / "mine").mkdir()
    assert others_may_rename(str(tmp_path / "mine/new")) is None
    assert others_may_rename(str(ottos / "x")) == str(ottos)
    (ottos / "sub").mkdir()
    assert others_may_rename(str(ottos / "sub")) == str(ottos)
    assert others_may_rename("/dev/null") is None
    (tmp_path / "roots").mkdir()
    (ottos / "link").symlink_to(tmp_path / "roots")  # it came after the path was found to have no links
    assert others_may_rename(str(ottos / "link/new")) == str(ottos)
    os.chown(tmp_path / "mine", 0, 0)
    os.chmod(tmp_path / "mine", 0o770)  # root's group holds nobody else
    assert others_may_rename(str(tmp_path / "mine/new")) is None
    if shutil.which("setfacl"):
        subprocess.run(["setfacl", "-m", f"u:{OTTO}:rwx", tmp_path / "mine"], check=True)
        assert others_may_rename(str(tmp_path / "mine/new")) == str(tmp_path / "mine")
        subprocess.run(["setfacl", "-b", tmp_path / "mine"], check=True)
    for mode, found in ((0o1777, None), (0o777, "mine"), (0o757, "mine")):
        os.chmod(tmp_path / "mine", mode)
        assert others_may_rename(str(tmp_path / "mine/new")) == (found and str(tmp_path / found))


# Backups ----------------------------------------------------------------------------------------


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """Return a registry of root's with one version; home and config are in the test's directory."""
    os.chmod(tmp_path, 0o755)
    for name in [name for name in os.environ if name.startswith(("XDG_", "MODELKEEP_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    create_registry(str(tmp_path / "models"))
    made = open_registry(str(tmp_path / "models"))
    (tmp_path / "m.bin").write_bytes(b"model")
    made.register("fraud", str(tmp_path / "m.bin"))
    return made


def test_a_backup_is_not_made_where_another_account_may_rename(registry, ottos):
    for dest in (ottos / "backup", ottos):
        for dry_run in (False, True):
            with pytest.raises(RegistryUnavailable) as caught:
                registry.backup(dest, dry_run=dry_run)
            assert caught.value.message == (
                f"other accounts may rename what is in {ottos}, and so lead a backup elsewhere"
            )
            assert caught.value.hint == f"name another directory, or: modelkeep config trust {ottos}"
    assert os.listdir(ottos) == []


def test_a_backup_is_made_there_once_the_directory_is_trusted(registry, ottos, tmp_path):
    trust.change(str(ottos), os.environ, str(tmp_path), remove=False)
    assert registry.backup(ottos / "backup").ok
    assert registry.backup(ottos / "backup").new_blobs == 0


def test_a_backup_is_made_in_a_sticky_directory(registry, tmp_path):
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp").chmod(0o1777)
    assert registry.backup(tmp_path / "tmp/backup").ok
