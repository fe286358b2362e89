"""A kill, a full disk or a read-only one at any moment leaves the old state or the new, and the next command works."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from world import every

import modelkeep
from modelkeep.errors import RegistryUnavailable
from modelkeep.registry import create_registry, open_registry

pytestmark = [pytest.mark.linux, pytest.mark.slow]

SOURCE = str(Path(modelkeep.__file__).parent.parent)
PROLOGUE = "import sys; from modelkeep.registry import open_registry, create_registry; r = open_registry('registry');"
INIT = "import sys; from modelkeep.registry import create_registry; create_registry('registry')"
REGISTER = PROLOGUE + "r.register('fraud', 'new', code='none', stage='staging', metrics={'auc': '0.9'}, message='new')"
PROMOTE = PROLOGUE + "r.promote('fraud@2', 'production', message='go')"
ROLLBACK = PROLOGUE + "r.rollback('fraud@1', to='2')"

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="apt-get install strace")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a disk")


def do(code, *wrapped):
    """Run a step in a process of its own; return how it ended."""
    done = subprocess.run(
        [*wrapped, sys.executable, "-S", "-c", code],
        env={**os.environ, "PYTHONPATH": SOURCE, "PYTHONDONTWRITEBYTECODE": "1", "MODELKEEP_ACTOR": "ana"},
        capture_output=True,
        check=False,
        text=True,
    )
    return done.returncode, done.stderr


def killed_at(code, call, step):
    """Run a step and kill it when it is about to make its n-th such call; return whether it lived."""
    strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}"]
    ended, said = do(code, *strace, "-e", f"inject={call}:signal=SIGKILL:when={step}")
    assert "Traceback" not in said, said
    assert ended in {0, -9, 137}, (ended, said)
    return ended == 0


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


def look():
    """Return what can be told apart: the versions, and who is in production."""
    registry = open_registry("registry")
    versions = [(each.version, each.stages) for each in registry.versions("fraud", all=True)]
    assert registry.verify().findings == ()
    return versions


CALLS = ["pwrite64", "fdatasync", "fsync", "unlink", "ftruncate", "write", "rename", "link"]


@needs_strace
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("code", [REGISTER, PROMOTE, ROLLBACK], ids=["register", "promote", "rollback"])
def test_killed_at_any_step_a_change_happened_or_did_not(base, code, call):
    old = look()
    assert do(code) == (0, "")
    new = look()
    assert new != old
    seen, journals = [], 0
    # SQLite writes page by page: what lies between two pages of one kind differs little
    for step in range(1, 400, 5 if call == "pwrite64" else 1):
        restore()
        lived = killed_at(code, call, step)
        journals += Path("registry", "registry.db-journal").exists()
        found = look()
        assert found in (old, new), (call, step)
        seen.append(found == new)
        assert seen == sorted(seen), "what is done stays done: a later kill never undoes more"
        if lived:
            break
        assert do(code)[0] in ({0, 4} if code is ROLLBACK else {0})
        assert look() == new
    assert lived
    assert found == new
    if call in {"pwrite64", "fdatasync"}:
        assert journals, "no kill left a journal behind: the reader after a killed writer was not tested"
        assert True in seen
        assert False in seen


@needs_strace
@pytest.mark.parametrize("call", ["pwrite64", "fdatasync", "fsync", "unlink", "mkdir"])
def test_killed_at_any_step_of_init_the_next_init_makes_the_registry(tmp_path, monkeypatch, call):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for step in range(1, 400, 7 if call == "pwrite64" else 1):
        shutil.rmtree("registry", ignore_errors=True)
        lived = killed_at(INIT, call, step)
        assert do(INIT) == (0, "")
        assert open_registry("registry").verify().findings == ()
        if lived:
            break
    assert lived
    assert step > 1


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


@needs_root
@pytest.mark.parametrize("what", ["register", "promote"])
def test_a_disk_that_fills_up_leaves_the_old_state_and_goes_on_when_there_is_room(base, tmp_path, what):
    outcomes = set()
    big = b"0123456789" * 2000
    for free_kib in (0, 4, 8, 16, 24, 32, 48, 64, 96, 128, 256):
        disk = tmp_path / "disk"
        disk.mkdir(exist_ok=True)
        with _mounted(disk, "-t", "tmpfs", "-o", "size=1m", "tmpfs"):
            shutil.copytree("base", disk / "registry")
            registry = open_registry(disk / "registry")
            (tmp_path / "big").write_bytes(big)
            _fill(disk / "filler", free_kib * 1024)

            def act(registry=registry):
                if what == "register":
                    return registry.register("fraud", "big", code="none")
                return registry.promote("fraud@2", "production", message="x" * 30_000)

            try:
                act()
                outcomes.add("done")
            except RegistryUnavailable as error:
                outcomes.add("full" if "full" in error.message or "no space left" in error.message else error.message)
                assert registry.version("fraud@production").version == 1
                assert len(registry.versions("fraud")) == 2
            (disk / "filler").unlink()
            assert registry.verify(accept_head=True).findings == ()
            act()
            assert (registry.version("fraud@production").version, len(registry.versions("fraud"))) == (
                (2, 2) if what == "promote" else (1, 3)
            )
            assert [path for path in every(disk / "registry") if "journal" in path or "/tmp/" in path] == []
            shutil.rmtree("state")
    assert outcomes == {"done", "full"}


class _mounted:  # noqa: N801 - reads as `with _mounted(place, …):`
    def __init__(self, place, *words):
        self.place, self.words = place, words

    def __enter__(self):
        done = subprocess.run(["mount", *self.words, self.place], check=False, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"this machine does not let us mount: {done.stderr.strip()}")

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.place], check=True)


def _fill(path, leave):
    """Write a file that leaves so many bytes of a disk."""
    with path.open("wb", buffering=0) as file:
        free = os.statvfs(path.parent).f_bavail * os.statvfs(path.parent).f_bsize
        file.write(b"\0" * max(free - leave, 0))
