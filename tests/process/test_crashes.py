"""Who comes after a killed writer, and who may only read. The harm itself is done in tests/harm."""

import shutil
import subprocess
from pathlib import Path

import pytest
from processes import killed_at
from world import every

from harm import needs_root, needs_strace
from modelkeep.errors import RegistryUnavailable
from modelkeep.registry import create_registry

pytestmark = [pytest.mark.linux, pytest.mark.slow]

PROLOGUE = "import sys; from modelkeep.registry import open_registry, create_registry; r = open_registry('registry');"
PROMOTE = PROLOGUE + "r.promote('fraud@2', 'production', message='go')"


@pytest.fixture
def base(tmp_path, monkeypatch):
    """Return a registry with two versions, one of them in production, to be restored before each kill."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    registry, _ = create_registry("registry")
    for number, stage in ((1, "production"), (2, None)):
        Path("m").write_text(f"model {number}")
        registry.register("fraud", "m", code="none", stage=stage)
    registry.promote("fraud@2", "production")
    registry.promote("fraud@1", "production")
    Path("new").write_text("new")
    shutil.copytree("registry", "base")
    shutil.copytree("state", "base-state")
    return registry


def restore():
    for name, kept in (("registry", "base"), ("state", "base-state")):
        shutil.rmtree(name)
        shutil.copytree(kept, name)


@pytest.fixture
def hot(base):
    """Return a registry with the journal of a writer that was killed in the middle of its commit."""
    for step in range(1, 400):
        restore()
        killed_at(PROMOTE, "fdatasync", step)
        changed = Path("registry", "registry.db").read_bytes() != Path("base", "registry.db").read_bytes()
        if changed and Path("registry", "registry.db-journal").exists():
            return base
    pytest.fail("no kill leaves a journal behind")


@needs_strace
def test_the_first_reader_after_a_killed_writer_tidies_up(hot):
    assert [each.version for each in hot.versions("fraud")] == [2, 1]
    assert not Path("registry", "registry.db-journal").exists()
    assert hot.verify().findings == ()


@needs_strace
@needs_root
def test_a_reader_who_may_not_tidy_up_after_a_killed_writer_says_who_can(hot, tmp_path):
    before = every("registry")
    with _mounted(tmp_path / "registry", "--bind", str(tmp_path / "registry")):
        subprocess.run(["mount", "-o", "remount,ro,bind", tmp_path / "registry"], check=True)
        with pytest.raises(RegistryUnavailable, match=r"a writer of .* was killed, and this account may not") as caught:
            hot.versions("fraud")
        assert caught.value.hint == "ask root to run any modelkeep command where it is not mounted read-only"
        assert every("registry") == before
    assert [each.version for each in hot.versions("fraud")] == [2, 1]


@needs_root
def test_everything_can_be_read_on_a_read_only_mount_and_nothing_written(base, tmp_path):
    before = every("registry")
    with _mounted(tmp_path / "registry", "--bind", str(tmp_path / "registry")):
        subprocess.run(["mount", "-o", "remount,ro,bind", tmp_path / "registry"], check=True)
        assert base.version("fraud@production").version == 1
        assert len(base.history("fraud")) == 3
        assert base.verify().findings == ()
        base.get("fraud@1", "out")
        assert Path("out").read_text() == "model 1"
        for act in (
            lambda: base.register("fraud", "new", code="none"),
            lambda: base.promote("fraud@2", "production"),
            lambda: create_registry("registry/inner"),
        ):
            with pytest.raises(RegistryUnavailable) as caught:
                act()
            assert caught.value.exit_code == 7
    assert every("registry") == before


class _mounted:  # noqa: N801 - reads as `with _mounted(place, …):`
    def __init__(self, place, *words):
        self.place, self.words = place, words

    def __enter__(self):
        done = subprocess.run(["mount", *self.words, self.place], check=False, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"this machine does not let us mount: {done.stderr.strip()}")

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.place], check=True)
