"""The commands that are harmed, a row each.

A new command that changes something is one more row here, and its syncs in tests/harm/test_fsyncs.py.

Each begins in the same place: a registry with ``fraud`` 1 (staging), 2 (production, after 1) and 3 (a
tree), files to register in ``work``, something old at ``work/out``, and a config file.
"""

import grp
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from harm import Place, Scene, Strike

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "registry-1"
DIGEST = hashlib.sha256(b"model 2 " * 1000).hexdigest()
MANY = 18  # more than 16 files are made durable together


def begin(place: Place) -> None:
    """Make what every scene begins with, in an empty place."""
    for part in (place.work, place.cache, place.state):
        part.mkdir(parents=True)
    for number in (1, 2):
        (place.work / f"m{number}").write_bytes(b"model %d " % number * 1000)
    (place.work / "new").write_bytes(b"the new one " * 1000)
    for folder, count in (("tree", 3), ("few", 4), ("many", MANY)):
        (place.work / folder / "sub").mkdir(parents=True)
        for number in range(count):
            name = f"sub/f{number}" if number % 2 else f"f{number}"
            (place.work / folder / name).write_bytes(f"{folder} {number} ".encode() * 500)
    (place.work / "out").write_bytes(b"old")
    place.must("config", "set", "lock_wait", "20s")
    place.must("init")
    for number in (1, 2):
        place.must("register", "fraud", f"m{number}", "--code", "none", "--tag", "owner=risk")
        place.must("promote", f"fraud@{number}", "production", "-m", "go")
    place.must("promote", "fraud@1", "staging")
    place.must("register", "fraud", "tree", "--code", "none")


def _row(name: str, line: str, prepare: Callable[[Place], object] = lambda _place: None) -> Scene:
    return Scene(name, tuple(line.split()), prepare)


def _moving(name: str, line: str, prepare: Callable[[Place], object]) -> Scene:
    return Scene(name, tuple(line.split()), prepare, moves=True)


def _old_tree(place: Place) -> None:
    """Let a whole directory stand where an artifact is to go: one of an older version, and a file more."""
    (place.work / "out").unlink()
    (place.work / "out").mkdir()
    for name in ("f0", "old"):
        (place.work / "out" / name).write_bytes(b"old")


def _no_registry(place: Place) -> None:
    shutil.rmtree(place.registry.parent)
    shutil.rmtree(place.state)


def _garbage(place: Place) -> None:
    """Leave bytes that only a deleted version had, bytes of nobody, and what a killed writer was about to register."""
    place.must("delete", "fraud@3", "--yes")
    place.run(("register", "fraud", "few", "--code", "none"), Strike("pwrite64", 1))
    place.run(("register", "fraud", "new", "--code", "none"), Strike("renameat", 1))
    place.must("tag", "fraud@1", "tidy=yes")  # the killed one's journal is gone
    assert place.leftovers()


def _swept(place: Place) -> None:
    """Leave no mark in the store, as a killed `gc` does: a publisher looks whether its bytes are there."""
    place.must("delete", "fraud@3", "--yes")
    place.run(("gc", "--grace", "0"), Strike("unlinkat", 2))
    assert not (place.registry / "store/gc-mark").exists()


def _old_backup(place: Place) -> None:
    """Leave a backup from before the last version."""
    place.must("backup", "../backup")
    place.must("register", "fraud", "few", "--code", "none", "--stage", "staging")


def _damaged(place: Place) -> None:
    """Let a blob rot."""
    blob = place.registry / "store/blobs/sha256" / DIGEST[:2] / DIGEST
    blob.chmod(0o600)
    blob.write_bytes(b"MODEL 2 " * 1000)
    blob.chmod(0o444)


def _older(place: Place) -> None:
    """Put a registry of an older release there."""
    _no_registry(place)
    shutil.copytree(FIXTURE, place.registry)
    for blob in (place.registry / "store/blobs").rglob("*/*/*"):
        blob.chmod(0o444)  # git does not keep it


def _to_move(place: Place) -> None:
    """Let files stand there that are large enough to be taken as they are, and one that is not."""
    for name, seed in (("big", b"big"), ("moving/sub/f1", b"f1"), ("moving/f2", b"f2")):
        (place.work / name).parent.mkdir(parents=True, exist_ok=True)
        (place.work / name).write_bytes(seed * 600_000)
        (place.work / name).chmod(0o640)
    (place.work / "moving/f3").write_bytes(b"f3")


def _known(place: Place) -> None:
    """Let what is to be moved be registered already, by another name."""
    _to_move(place)
    place.must("register", "churn", "big", "--code", "none")


def _no_config(place: Place) -> None:
    shutil.rmtree(place.config)


SCENES = (
    _row("init", "init", _no_registry),
    _row("init-shared", f"init --shared {grp.getgrgid(os.getgid()).gr_name}", _no_registry),
    _row("register-file", "register fraud new --code none --stage staging --alias champion --metric auc=0.9"),
    _row("register-duplicate", "register churn m1 --code none"),
    _row("register-swept", "register churn tree --code none", _swept),
    _row("register-few", "register fraud few --code none"),
    _row("register-many", "register fraud many --code none"),
    _moving("register-move", "register fraud big --code none --move", _to_move),
    _moving("register-move-tree", "register fraud moving --code none --move", _to_move),
    _moving("register-move-known", "register fraud big --code none --move", _known),
    _row("promote", "promote fraud@3 production -m go"),
    _row("rollback", "rollback fraud@2 -m slow"),
    _row("archive", "archive fraud@3"),
    _row("tag", "tag fraud@1 owner=fraud-team tier=1 -m moved"),
    _row("delete", "delete fraud@3 --yes -m gone"),
    Scene("gc", ("gc", "--grace", "0"), _garbage, visible=False),
    _row("backup", "backup ../backup"),
    _row("backup-again", "backup ../backup", _old_backup),
    Scene("repair", ("verify", "--repair", "m2"), _damaged, visible=False),
    Scene("migrate", ("migrate",), _older, visible=False),
    _row("get-file", "get fraud@2 out --force"),
    _row("get-tree", "get fraud@3 out --force", _old_tree),
    _row("get-new", "get fraud@3 fresh"),
    _row("get-into", "get fraud@2 some/where/"),
    Scene("path", ("path", "fraud@3"), lasting=False),
    _row("config-set", "config set lock_wait 5s"),
    _row("config-first", "config set lock_wait 5s", _no_config),
)
