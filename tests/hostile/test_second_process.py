"""A process of another account swaps a name for a link, as fast as it can, while root runs a command there.

Each command has a fixed number of rounds. Whatever the swaps hit, nothing of root's may be written, removed, opened to
others, given away or shown, and the command ends as documented.
"""

import os
import random
import shutil
import signal
import stat
import time
from pathlib import Path

import pytest

from modelkeep.errors import ModelkeepError
from modelkeep.registry import create_registry, open_registry
from modelkeep.store.durable import exchange

OTTO = 71004
ROUNDS = 4
SECRET = b"root's own"

pytestmark = [
    pytest.mark.linux,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: sudo make test runs it as two accounts"),
]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Return a directory with root's registry ``models``, and the same names below ``ottos`` and ``roots``."""
    os.chmod(tmp_path, 0o755)
    for name in [name for name in os.environ if name.startswith(("XDG_", "MODELKEEP_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.bin").write_bytes(b"model")
    (tmp_path / "tree/sub").mkdir(parents=True)
    (tmp_path / "tree/sub/a").write_bytes(b"a")
    for registry in ("models", "ottos/reg", "roots/reg"):
        create_registry(str(tmp_path / registry))
        made = open_registry(str(tmp_path / registry))
        made.register("file", "m.bin", code="none")
        made.register("tree", "tree", code="none")
        (tmp_path / "garbage").write_bytes(registry.encode())
        made.register("old", "garbage", code="none")
        made.delete("old@1")
    for who, data in (("ottos", b"otto's"), ("roots", SECRET)):
        for name in ("src/sub/a", "dest/kept", "src/sub/deep/b", "spare/one"):
            (tmp_path / who / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / who / name).write_bytes(data)
    for path in (tmp_path / "ottos", *(tmp_path / "ottos").rglob("*")):
        os.chown(path, OTTO, OTTO)
    return tmp_path


#: What root does, and the name that is swapped for a link to root's of the same name.
ATTACKS = {
    "get": (lambda models, _reg: models.get("tree@1", "ottos/dest/out"), "dest"),
    "get from it": (lambda _models, reg: reg.get("tree@1", "out", force=True), "reg/store"),
    "register": (lambda models, _reg: models.register("new", "ottos/src", code="none"), "src/sub"),
    "register --move": (lambda models, _reg: models.register("new", "ottos/src", code="none", move=True), "src"),
    "register in it": (lambda _models, reg: reg.register("new", "garbage", code="none"), "reg/store/blobs"),
    "gc": (lambda _models, reg: reg.gc(grace="0"), "reg/store"),
    "backup": (lambda models, _reg: models.backup("ottos/dest/backup"), "dest"),
    "backup of it": (lambda _models, reg: reg.backup("kept"), "reg/store/blobs/sha256"),
    "verify --repair": (lambda models, _reg: models.verify(log=False, repair="ottos/spare"), "spare"),
    "path": (lambda _models, reg: reg.path("tree@1"), "reg/store"),
    "doctor": (lambda _models, reg: reg.doctor(), "reg/store/tmp"),
}


@pytest.mark.parametrize("what", ATTACKS)
def test_swaps_by_another_process_change_and_show_nothing_of_ours(place, what):
    do, name = ATTACKS[what]
    shutil.copytree(place / "ottos", place / "before", symlinks=True)
    link, before = place / "ottos" / "link", _picture(place / "roots")
    for _ in range(ROUNDS):
        link.symlink_to(place / "roots" / name)
        os.chown(link, OTTO, OTTO, follow_symlinks=False)
        swapper = _swapping(f"ottos/{name}", "ottos/link")
        try:
            assert _done(lambda: do(open_registry("models"), open_registry("ottos/reg"))) == 0
        finally:
            os.kill(swapper, signal.SIGKILL)
            os.waitpid(swapper, 0)
        assert _picture(place / "roots") == before
        shown = [path for path in (place / "ottos").rglob("*") if not path.is_symlink() and path.is_file()]
        assert [path for path in shown if SECRET in path.read_bytes()] == []
        _reset(place)


def _swapping(name: str, link: str) -> int:
    """Start a process of otto's that swaps two names until it is killed. He may not enter what is above this directory."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(OTTO)
            os.setuid(OTTO)
            while True:
                exchange(name, link)
                time.sleep(random.random() / 1000)
        finally:
            os._exit(0)
    return child


def _done(do) -> int:
    """Do something in a process of its own, and return 0 where it ended well or was refused."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            do()
            code = 0
        except ModelkeepError as error:
            code = 0 if error.exit_code != 70 else 70
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _reset(place: Path) -> None:
    shutil.rmtree(place / "ottos")
    shutil.copytree(place / "before", place / "ottos", symlinks=True)
    for path in (place / "ottos", *(place / "ottos").rglob("*")):
        os.chown(path, OTTO, OTTO, follow_symlinks=False)


def _picture(top: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return mode, owner and bytes of what is below a directory."""
    found = {}
    for path in (top, *top.rglob("*")):
        status = path.lstat()
        found[str(path)] = (status.st_mode, status.st_uid, path.read_bytes() if stat.S_ISREG(status.st_mode) else b"")
    return found
