"""Root works in a directory that another account owns, and that swaps a name between two steps of root's.

Whatever is swapped, nothing of root's may be written, opened to others, given away or removed.
"""

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from people import UIDS

from modelkeep.config import write_config
from modelkeep.errors import Conflict, ModelkeepError
from modelkeep.local_path import real_path
from modelkeep.registry import create_registry, open_registry, read_pairs
from modelkeep.store.db.sqlite.database import Database
from modelkeep.store.db.sqlite.database_copy import copy_database
from modelkeep.store.durable import exchange
from modelkeep.store.named_paths import open_directory

OTTO = UIDS["otto"]

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: sudo make test runs it as two accounts")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    os.chmod(tmp_path, 0o755)
    for name in [name for name in os.environ if name.startswith(("XDG_", "MODELKEEP_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def attacked(do, swap):
    """Do something in a process of its own, and call ``swap(event, arguments)`` before each step that Python tells of."""
    child = os.fork()
    if child == 0:
        inside = []

        def hook(event, arguments):
            if not inside:
                inside.append(1)
                with suppress(OSError):
                    swap(event, arguments)
                inside.clear()

        try:
            sys.addaudithook(hook)
            with suppress(ModelkeepError):
                do()
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def lead_to(name: Path, target: Path) -> None:
    """Put a link of otto's in the place of a name, once."""
    if name.is_symlink():
        return
    if name.exists():
        os.rename(name, f"{name}.away")
    name.symlink_to(target)
    os.chown(name, OTTO, OTTO, follow_symlinks=False)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("what", ["reg", "bytes"])
def test_init_makes_no_other_directory_private_than_the_one_it_was_told(ottos, roots, what):
    def swap(event, _arguments):
        if event == "os.chmod":
            lead_to(ottos / what, roots)

    attacked(lambda: create_registry(str(ottos / "reg"), store=str(ottos / "bytes")), swap)
    assert mode(roots) == 0o755


def test_init_refuses_a_link_of_another_account(ottos, roots):
    lead_to(ottos / "reg", roots)
    with pytest.raises(Conflict) as caught:
        create_registry(str(ottos / "reg"))
    assert caught.value.message == f"a link that uid:71004 made leads '{ottos}/reg' to what is not uid:71004's"
    assert caught.value.hint == f"name what it leads to: {roots}"
    assert os.listdir(roots) == []
    assert mode(roots) == 0o755


def test_init_writes_its_gitignore_through_no_link(ottos, roots):
    (roots / "precious").write_text("root's")
    place = ottos / ".modelkeep"

    def swap(_event, _arguments):
        if os.path.lexists(place / ".gitignore"):
            lead_to(place / ".gitignore", roots / "precious")

    attacked(lambda: create_registry(str(place)), swap)
    assert (roots / "precious").read_text() == "root's"


def test_init_shared_opens_no_other_directory_to_the_group(ottos, roots):
    create_registry(str(ottos / "reg"))
    (roots / "precious").write_text("root's")
    os.chmod(roots / "precious", 0o600)

    def swap(event, arguments):
        if event == "open" and str(arguments[0]) in {str(ottos / "reg"), "/"}:
            lead_to(ottos / "reg", roots)

    attacked(lambda: create_registry(str(ottos / "reg"), shared="nogroup"), swap)
    assert (mode(roots), mode(roots / "precious")) == (0o755, 0o600)
    assert (roots / "precious").stat().st_gid == 0


@pytest.fixture
def registry(tmp_path):
    """Return a registry of root's with one version, of a directory."""
    create_registry(str(tmp_path / "models"))
    made = open_registry(str(tmp_path / "models"))
    (tmp_path / "source").mkdir()
    (tmp_path / "source/m.bin").write_bytes(b"model")
    made.register("fraud", str(tmp_path / "source"))
    return made


@pytest.mark.parametrize("kind", ["directory", "link"])
def test_a_backup_is_not_made_where_another_account_was_quicker(registry, tmp_path, roots, kind):
    sticky = tmp_path / "tmp"
    sticky.mkdir()
    sticky.chmod(0o1777)
    place = sticky / "backup"

    def swap(event, arguments):
        if event == "os.mkdir" and arguments[0] == str(place) and not os.path.lexists(place):
            place.mkdir() if kind == "directory" else place.symlink_to(roots)
            os.chown(place, OTTO, OTTO, follow_symlinks=False)

    attacked(lambda: registry.backup(place), swap)
    assert os.path.lexists(place)
    assert os.listdir(place) == []


def test_a_backup_goes_where_a_link_led_at_the_beginning(registry, ottos, roots, tmp_path):
    (ottos / "backup").symlink_to(roots)
    other = tmp_path / "other"
    other.mkdir()

    def swap(event, arguments):
        if event == "open" and str(arguments[0]).endswith("backup.json"):
            with suppress(OSError):
                os.unlink(ottos / "backup")
                (ottos / "backup").symlink_to(other)

    attacked(lambda: registry.backup(ottos / "backup"), swap)
    assert os.listdir(other) == []
    assert (roots / "registry.db").exists()


@pytest.mark.parametrize("below", ["", "/new"])
def test_a_backup_is_not_made_where_a_link_of_another_account_leads(registry, ottos, roots, below):
    lead_to(ottos / "backup", roots)
    with pytest.raises(Conflict) as caught:
        registry.backup(f"{ottos}/backup{below}")
    assert caught.value.message == f"a link that uid:71004 made leads '{ottos}/backup' to what is not uid:71004's"
    assert os.listdir(roots) == []


def test_get_writes_into_no_directory_that_takes_the_place_of_its_new_one(registry, ottos):
    precious = ottos / "precious"
    precious.mkdir(mode=0o700)
    (precious / "m.bin").write_bytes(b"root's")

    def swap(_event, _arguments):
        for draft in ottos.glob(".modelkeep-*"):
            if precious.exists():
                os.rename(draft, ottos / "away")
                os.rename(precious, draft)

    attacked(lambda: registry.get("fraud@1", ottos / "out"), swap)
    kept = [path for path in ottos.rglob("m.bin") if path.read_bytes() == b"root's"]
    assert len(kept) == 1
    assert len(os.listdir(kept[0].parent)) == 1
    assert mode(kept[0].parent) == 0o700


def test_what_get_replaces_is_what_it_has_judged(registry, ottos):
    (ottos / "precious").mkdir()
    (ottos / "precious/note").write_bytes(b"root's")
    (ottos / "model").mkdir()
    (ottos / "model/m.bin").write_bytes(b"old")
    os.rename(ottos / "model", ottos / "judged")
    os.rename(ottos / "precious", ottos / "model")

    def swap(event, arguments):
        if event == "open" and arguments[0] == "model" and (ottos / "judged").exists():
            os.rename(ottos / "model", ottos / "precious")
            os.rename(ottos / "judged", ottos / "model")
        elif event == "os.mkdir" and (ottos / "precious").exists():
            os.rename(ottos / "model", ottos / "judged")
            os.rename(ottos / "precious", ottos / "model")

    attacked(lambda: registry.get("fraud@1", ottos / "model", force=True), swap)
    assert [path.read_bytes() for path in ottos.rglob("note")] == [b"root's"]


def test_a_directory_named_like_a_draft_is_judged_by_what_was_opened(ottos, roots):
    from modelkeep.store.export.draft import remove_stale_drafts

    draft = ottos / ".modelkeep-0123456789abcdef"
    draft.mkdir()
    (draft / "precious").write_bytes(b"root's")
    with open_directory(str(ottos)) as opened:
        os.rename(ottos, f"{ottos}.away")
        ottos.symlink_to(roots)
        remove_stale_drafts(opened)
    assert Path(f"{ottos}.away/.modelkeep-0123456789abcdef/precious").read_bytes() == b"root's"


@pytest.mark.parametrize("below", ["", "/plans"], ids=["directory", "file"])
def test_register_reads_nothing_of_ours_through_a_link_of_another_account(tmp_path, ottos, roots, below):
    (roots / "plans").write_text("root's")
    create_registry(str(tmp_path / "reg"))
    lead_to(ottos / "src", roots)
    with pytest.raises(Conflict) as caught:
        open_registry(str(tmp_path / "reg")).register("m", f"{ottos}/src{below}", code="none")
    assert caught.value.message == f"a link that uid:71004 made leads '{ottos}/src{below}' to what is not uid:71004's"
    assert caught.value.hint == f"name what it leads to: {roots}{below}"


@pytest.mark.parametrize("step", range(0, 60, 3))
def test_register_takes_nothing_of_ours_where_the_source_becomes_a_link(tmp_path, ottos, roots, step):
    (roots / "plans").write_text("root's")
    (ottos / "src").mkdir()
    (ottos / "src" / "plans").write_text("otto's")
    create_registry(str(tmp_path / "reg"))
    steps = iter(range(1_000))

    def swap(event, _arguments):
        if event in {"open", "os.scandir", "os.listdir"} and next(steps) == step:
            lead_to(ottos / "src", roots)

    attacked(lambda: open_registry(str(tmp_path / "reg")).register("m", str(ottos / "src"), code="none"), swap)
    stored = [path for path in (tmp_path / "reg" / "store").rglob("*") if path.is_file()]
    assert all("root's" not in path.read_text() for path in stored)


@pytest.mark.parametrize("what", ["tmp", "blobs/sha256/93"])
def test_a_directory_of_ours_that_came_to_stand_in_a_store_is_not_given_away(tmp_path, ottos, what):
    create_registry(str(ottos / "reg"))
    for path in (ottos / "reg", *(ottos / "reg").rglob("*")):
        os.chown(path, OTTO, OTTO)
    (tmp_path / "m.bin").write_bytes(b"model")
    place = ottos / "reg" / "store" / what
    place.mkdir(mode=0o700, exist_ok=True)
    (place / "precious").write_text("root's")
    os.chown(place, 0, 0)
    open_registry(str(ottos / "reg")).register("m", str(tmp_path / "m.bin"), code="none")
    assert (place.stat().st_uid, place.stat().st_gid) == (0, 0)


@pytest.mark.parametrize("what", ["params", "metrics"])
def test_values_of_ours_are_not_read_through_a_link_of_another_account(ottos, roots, what):
    (roots / "values.json").write_text('{"secret": 1}')
    lead_to(ottos / "values.json", roots / "values.json")
    with pytest.raises(Conflict) as caught:
        read_pairs([], [f"{ottos}/values.json"], what[:-1])
    assert caught.value.message == f"a link that uid:71004 made leads '{ottos}/values.json' to what is not uid:71004's"
    assert caught.value.hint == f"name what it leads to: {roots}/values.json"


@pytest.mark.parametrize("what", ["gc", "register", "repair"])
def test_the_log_of_one_registry_and_the_store_of_another_are_never_used_together(tmp_path, ottos, roots, what):
    """Otto owns the directory that the registry is in: SQLite opens his database, and the store is to be root's."""
    (tmp_path / "m.bin").write_bytes(b"root's model")
    (tmp_path / "n.bin").write_bytes(b"otto's model")
    create_registry(str(roots / "reg"))
    open_registry(str(roots / "reg")).register("m", str(tmp_path / "m.bin"), code="none")
    create_registry(str(ottos / "reg"))
    if what == "repair":
        open_registry(str(ottos / "reg")).register("n", str(tmp_path / "n.bin"), code="none")
    (ottos / "link").symlink_to(roots / "reg")
    place, link = ottos / "reg", ottos / "link"

    def swap(event, arguments):
        theirs = event == "open" and str(arguments[0]) == f"{place}/store"
        if theirs != place.is_symlink() and event in {"open", "sqlite3.connect"}:
            assert exchange(str(place), str(link))

    registry = open_registry(str(place))
    do = {
        "gc": lambda: registry.gc(grace="0s"),
        "register": lambda: registry.register("n", str(tmp_path / "n.bin"), code="none"),
        "repair": lambda: registry.verify(log=False, repair=str(tmp_path / "n.bin")),
    }
    before = sorted(path for path in (roots / "reg").rglob("*") if path.is_file())
    attacked(do[what], swap)
    assert sorted(path for path in (roots / "reg").rglob("*") if path.is_file()) == before


def test_register_move_removes_no_directory_that_a_link_leads_to(tmp_path, ottos, roots):
    (roots / "sub").mkdir()
    (ottos / "src/sub").mkdir(parents=True)
    (ottos / "src/sub/m.bin").write_bytes(b"model")
    create_registry(str(tmp_path / "reg"))

    def swap(event, _arguments):
        if event == "os.rmdir" and not (ottos / "src/sub/m.bin").exists():
            lead_to(ottos / "src", roots)

    def do():
        open_registry(str(tmp_path / "reg")).register("m", str(ottos / "src"), code="none", move=True)

    attacked(do, swap)
    assert os.listdir(roots) == ["sub"]
    assert not (ottos / "src.away/sub/m.bin").exists()


def test_a_copy_of_a_database_is_written_into_no_other_file(tmp_path, ottos, roots):
    for name in ("reg", "roots/other"):
        create_registry(str(tmp_path / name))
    other, copy = roots / "other/registry.db", ottos / "copy.db"
    before = other.read_bytes()

    def swap(event, arguments):
        if event == "sqlite3.connect" and arguments[0] == str(copy):
            lead_to(copy, other)

    attacked(lambda: copy_database(Database(str(tmp_path / "reg")), str(copy)), swap)
    assert other.read_bytes() == before


def test_the_head_of_a_log_is_not_remembered_where_a_link_of_another_account_leads(
    registry, tmp_path, ottos, roots, monkeypatch
):
    lead_to(ottos / "state", roots)
    monkeypatch.setenv("XDG_STATE_HOME", str(ottos / "state"))
    open_registry(str(tmp_path / "models")).tag("fraud@1", {"a": "b"})
    assert os.listdir(roots) == []


def test_the_directory_of_heads_belongs_to_the_account_in_whose_home_it_is(registry, tmp_path, ottos, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(ottos / "state"))
    open_registry(str(tmp_path / "models")).tag("fraud@1", {"a": "b"})
    made = list((ottos / "state").rglob("*"))
    assert {(path.lstat().st_uid, path.lstat().st_gid) for path in (ottos / "state", *made)} == {(OTTO, OTTO)}
    assert len(made) == 3


def test_the_config_is_not_written_where_a_link_of_another_account_leads(ottos, roots):
    (roots / "config.toml").write_text("# root's\n")
    lead_to(ottos / "modelkeep", roots)
    with pytest.raises(Conflict):
        write_config(str(ottos / "modelkeep/config.toml"), {"actor": "otto"})
    assert (os.listdir(roots), (roots / "config.toml").read_text()) == (["config.toml"], "# root's\n")


def test_the_config_is_not_written_where_a_name_leads_by_then(ottos, roots):
    (roots / "config.toml").write_text("# root's\n")
    (ottos / "modelkeep").mkdir()
    (ottos / "modelkeep/config.toml").write_text("")
    lead_to(ottos / "link", roots)

    def swap(event, arguments):
        if event == "open" and str(arguments[0]) == f"{roots}" and (ottos / "modelkeep").is_symlink():
            exchange(str(ottos / "modelkeep"), str(ottos / "link"))

    exchange(str(ottos / "modelkeep"), str(ottos / "link"))
    attacked(lambda: write_config(str(ottos / "modelkeep/config.toml"), {"actor": "otto"}), swap)
    assert (os.listdir(roots), (roots / "config.toml").read_text()) == (["config.toml"], "# root's\n")


def test_a_link_that_is_replaced_while_it_is_read_is_read_again(tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to("there")
    read, replaced = os.readlink, iter([True, True])

    def readlink(path):
        if next(replaced, False):
            raise OSError(errno.EINVAL, "it is a directory now", path)
        return read(path)

    monkeypatch.setattr(os, "readlink", readlink)
    assert real_path(str(tmp_path / "link/x")) == str(tmp_path / "there/x")
