"""A log that lost its end and clocks that disagree are told, and nothing is refused for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec.structs
import pytest
from warm import of_checkout, struck

import modelkeep
from harm import needs_strace
from modelkeep.locate import Located
from modelkeep.registry import Registry
from modelkeep.store.db.sqlite.database import Database


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Return a registry with one version, in a home of its own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    made, _ = modelkeep.create_registry(tmp_path / "registry")
    (tmp_path / "model.bin").write_bytes(b"weights")
    made.register("fraud", tmp_path / "model.bin")
    return made


def seen_by(registry: Registry, *, late: timedelta = timedelta(0)) -> tuple[Registry, list[str]]:
    """Return the registry through a clock that is late, and the list of what it says on the way."""
    said: list[str] = []
    context = msgspec.structs.replace(
        registry._context,
        clock=lambda: datetime.now(UTC) - late,
        say=said.append,
    )
    return Registry(context, Located(registry.directory, "flag")), said


def test_a_clock_behind_the_log_is_told_and_the_entry_keeps_the_order_of_time(registry: Registry) -> None:
    late, _ = seen_by(registry, late=timedelta(minutes=10))
    change = late.promote("fraud@1", "staging")
    assert [note for note in change.notes if "clock" in note] == [
        "warning: this machine's clock is 10 minutes behind the log's last entry",
        "warning: this machine's clock is 10 minutes away from the file system's",
    ]
    first, last = registry.audit()[-2:]
    assert first.time == last.time
    assert registry.verify().ok


def test_clocks_that_agree_are_not_told_of(registry: Registry) -> None:
    assert [note for note in registry.promote("fraud@1", "production").notes if "clock" in note] == []


def test_a_log_that_lost_its_end_is_told_on_reading_and_on_writing(registry: Registry, tmp_path: Path) -> None:
    database = Path(registry.directory) / "registry.db"
    shutil.copy(database, tmp_path / "earlier.db")
    registry.promote("fraud@1", "staging")
    shutil.copy(tmp_path / "earlier.db", database)
    reader, said = seen_by(registry)
    reader.model("fraud")
    assert said == [
        "warning: the log went backwards: this account saw entry 3, and the log ends at 2; see modelkeep verify --log",
    ]
    writer, said = seen_by(registry)
    writer.note("fraud", "went on")
    assert said == [
        "warning: the log went backwards: this account saw entry 3, and the log ends at 2; see modelkeep verify --log",
    ]


@pytest.mark.parametrize(
    "read",
    [
        lambda registry: registry.get("fraud@1", "copy.bin"),
        lambda registry: registry.path("fraud@1"),
        lambda registry: registry.id,
        lambda registry: registry.stages(),
    ],
    ids=["get", "path", "id", "stages"],
)
def test_no_read_passes_beside_the_check(registry: Registry, tmp_path: Path, monkeypatch, read) -> None:
    monkeypatch.chdir(tmp_path)
    database = Path(registry.directory) / "registry.db"
    shutil.copy(database, tmp_path / "earlier.db")
    registry.promote("fraud@1", "staging")
    shutil.copy(tmp_path / "earlier.db", database)
    reader, said = seen_by(registry)
    read(reader)
    assert said == [
        "warning: the log went backwards: this account saw entry 3, and the log ends at 2; see modelkeep verify --log",
    ]


def test_another_entry_where_one_was_seen_is_told(registry: Registry, tmp_path: Path) -> None:
    database = Path(registry.directory) / "registry.db"
    shutil.copy(database, tmp_path / "earlier.db")
    registry.promote("fraud@1", "staging")
    kept = (tmp_path / ".local/state/modelkeep/heads" / registry.id).read_text()
    shutil.copy(tmp_path / "earlier.db", database)
    registry.promote("fraud@1", "production")
    (tmp_path / ".local/state/modelkeep/heads" / registry.id).write_text(kept)
    reader, said = seen_by(registry)
    reader.model("fraud")
    assert said == [
        (
            "warning: the log went backwards: this account saw entry 3, and the log has another one there; "
            "see modelkeep verify --log"
        ),
    ]


def test_what_was_seen_is_not_forgotten_by_writing_on_until_somebody_says_that_this_is_right(
    registry: Registry, tmp_path: Path
) -> None:
    database = Path(registry.directory) / "registry.db"
    shutil.copy(database, tmp_path / "earlier.db")
    registry.promote("fraud@1", "staging")
    shutil.copy(tmp_path / "earlier.db", database)
    for text in ("as many as were lost", "more than were lost", "and more"):
        registry.note("fraud", text)
    reader, said = seen_by(registry)
    reader.model("fraud")
    assert len(said) == 1
    assert said[0].startswith("warning: the log went backwards: this account saw entry 3, and the log has another one")
    assert [each.code for each in registry.verify().findings] == ["head"]
    assert not registry.verify().ok
    assert registry.verify(accept_head=True).ok
    registry.note("fraud", "went on")
    assert registry.verify().findings == ()
    reader, said = seen_by(registry)
    reader.model("fraud")
    assert said == []


def test_to_accept_a_backup_forgets_nothing_of_the_registry(registry: Registry, tmp_path: Path) -> None:
    registry.backup(tmp_path / "backup")
    registry.promote("fraud@1", "staging")
    assert modelkeep.open_registry(tmp_path / "backup").verify(accept_head=True).ok
    shutil.copy(tmp_path / "backup/registry.db", Path(registry.directory) / "registry.db")
    assert [each.code for each in registry.verify().findings] == ["head"]


@pytest.mark.slow
@needs_strace
def test_a_log_that_cannot_be_accepted_is_not_said_to_be(registry: Registry, tmp_path: Path) -> None:
    database = Path(registry.directory) / "registry.db"
    shutil.copy(database, tmp_path / "earlier.db")
    registry.promote("fraud@1", "staging")
    shutil.copy(tmp_path / "earlier.db", database)
    (remembered,) = (Path(registry._context.state_dir) / "heads").iterdir()
    strace = ["strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=renameat", "-e", "inject=renameat:error=EROFS"]
    words = [sys.executable, "-m", "modelkeep", "verify", "--accept-head"]
    environ = os.environ | {
        "PYTHONPATH": os.path.dirname(os.path.dirname(modelkeep.__file__)),
        "MODELKEEP_REGISTRY": registry.directory,
    }

    def accepted() -> tuple[int, bool]:
        ended = subprocess.run([*strace, *words], env=environ, capture_output=True, text=True, check=False)
        return ended.returncode, "the log could not be accepted" in ended.stdout + ended.stderr

    assert accepted() == (5, True)
    assert os.listdir(remembered.parent) == [remembered.name]
    remembered.unlink()
    assert accepted() == (0, False)  # nothing to be warned of is left


@pytest.mark.slow
@needs_strace
def test_a_database_that_cannot_be_looked_at_after_the_change_is_no_error(registry: Registry) -> None:
    """Let each look at the database fail once, as where a network mount has lost the file: done means exit 0."""
    path = os.path.join(registry.directory, "registry.db")
    done = []
    for step in range(1, 60):
        before = len(registry.audit())
        inject = f"inject=newfstatat:error=ESTALE:when={step}"
        held = struck(["-f", "-o", os.devnull, "-P", path, "-e", "trace=newfstatat", "-e", inject])
        environ = {**os.environ, "MODELKEEP_REGISTRY": registry.directory}
        code, *said = of_checkout().run(["tag", "fraud@1", f"step={step}"], environ, "/", held=held)
        changed = len(registry.audit()) > before
        assert (code == 0) == changed, (step, code, said)
        assert code in {0, 5, 6, 7}, (step, code, said)
        done.append(changed)
        if done[-8:] == [True] * 8:  # there is no such look any more
            break
    assert False in done, "no look ever failed: the test tests nothing"
    assert done[-8:] == [True] * 8
    assert registry.verify().ok


def test_nobody_waits_in_the_queue_for_who_listens_or_for_who_is_asked(registry: Registry, tmp_path: Path) -> None:
    database = Path(registry.directory) / "registry.db"
    shutil.copy(database, tmp_path / "earlier.db")
    registry.promote("fraud@1", "staging")
    shutil.copy(tmp_path / "earlier.db", database)
    others = []

    def somebody_writes(_text: str = "") -> None:
        with Database(registry.directory, lock_wait=0.1).writing():
            others.append("wrote")

    context = msgspec.structs.replace(registry._context, claim=somebody_writes, say=somebody_writes)
    assert Registry(context, Located(registry.directory, "flag")).promote("fraud@1", "production").changed
    assert others == ["wrote", "wrote"]  # the claim is asked, that the log went backwards is said
