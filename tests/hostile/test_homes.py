"""What others prepared in the places of an account: its cache of views, its config, a project's file, its memory."""

import hashlib
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from feeding import ask, picture

pytestmark = pytest.mark.process


@pytest.fixture
def registry(fed):
    """Return the id of the registry."""
    with closing(sqlite3.connect(fed.cwd / ".modelkeep" / "registry.db")) as connection:
        ((registry,),) = connection.execute("SELECT id FROM registry").fetchall()
    return registry


@pytest.fixture
def place(fed, registry):
    """Return where the views of the registry are to be, before there is any."""
    (fed.home / ".cache" / "modelkeep").mkdir(parents=True)
    where = hashlib.sha256(os.fsencode(os.path.realpath(fed.cwd / ".modelkeep"))).hexdigest()[:16]
    return fed.home / ".cache" / "modelkeep" / f"{registry}-{where}"


@pytest.mark.parametrize(
    ("make", "exit_code", "reason"),
    [
        (lambda path: path.symlink_to("/nowhere"), 2, "'{}/{}' cannot be written: file exists"),
        (os.mkfifo, 2, "'{}/{}' cannot be written: file exists"),
        (lambda path: path.write_bytes(b""), 2, "'{}/{}' cannot be written: file exists"),
        (lambda path: (path.mkdir(), path.chmod(0o777)), 2, "the cache {0} can be changed by other accounts: they may write in {0}"),
    ],
    ids=["a dangling link", "a pipe", "a file", "everybody's"],
)  # fmt: skip
def test_a_prepared_cache_is_refused(fed, place, make, exit_code, reason):
    make(place)
    out, err, code = ask(fed, ["path", "fraud@1"])
    told = err.partition("\n")[0].removeprefix("error: ")
    digest = next((part for part in told.split("/") if len(part.partition("'")[0]) == 64), "").partition("'")[0]
    assert (out, code, told) == ("", exit_code, reason.format(place, digest))


@pytest.mark.linux
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: a directory of another user")
def test_a_cache_of_another_user_is_refused(fed, place):
    place.mkdir()
    os.chown(place, 65534, 65534)
    out, err, code = ask(fed, ["path", "fraud@1"])
    assert (out, code) == ("", 2)
    assert err == (
        f"error: the cache {place} can be changed by other accounts: they may write in {place}\n"
        "hint: set MODELKEEP_CACHE to a directory of your own\n"
    )


@pytest.mark.parametrize(
    "make",
    [os.mkfifo, lambda p: p.symlink_to("/dev/zero"), lambda p: p.symlink_to("/dev/tty"), lambda p: p.symlink_to(p.name), lambda p: p.write_bytes(b"\xff" * 9_000)],
    ids=["pipe", "device", "terminal", "loop", "bytes"],
)  # fmt: skip
def test_a_note_beside_a_view_that_is_none_is_made_anew(fed, make):
    where = ask(fed, ["path", "fraud@2"])[0].rstrip("\n")
    note = Path(f"{where}.checked")
    written = note.read_bytes()
    note.unlink()
    make(note)
    assert ask(fed, ["path", "fraud@2"])[0] == f"{where}\n"
    assert (note.is_symlink(), note.read_bytes()) == (False, written)


def test_a_view_that_somebody_turned_elsewhere_is_made_anew(fed, place):
    where = ask(fed, ["path", "fraud@2"])[0].rstrip("\n")
    os.unlink(f"{where}/a")
    os.symlink("/etc/passwd", f"{where}/a")
    assert ask(fed, ["path", "fraud@2"])[0] == f"{where}\n"
    with open(f"{where}/a", "rb") as file:
        assert file.read() == b"a"
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


CONFIGS = {
    "no TOML": (b"\x1b]0;owned\x07", "is not TOML: Invalid statement (at line 1, column 1)"),
    "no UTF-8": (b"\xff\xfe", "is not TOML: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    "too large": (b"#\n" * 60_000, "is larger than 64 KiB, or has a line longer than 4 KiB"),
    "a long line": (b"#" * 5_000, "is larger than 64 KiB, or has a line longer than 4 KiB"),
    "a long key": (b".".join([b"a"] * 30_000) + b" = 1", "is larger than 64 KiB, or has a line longer than 4 KiB"),
    "a deep key": (
        b"registry." + b".".join([b"a"] * 2_000) + b" = 1",
        "registry must be a text that is not empty, not a table",
    ),
    "a deep array": (
        b"registry = " + b"[" * 400 + b"]" * 400,
        "registry must be a text that is not empty, not an array",
    ),
    "a deeper array": (b"registry = " + b"[" * 4_000, "is not TOML: maximum recursion depth exceeded"),
    "an empty text": (b'registry = ""', "registry must be a text that is not empty, not ''"),
    "a NUL": (b'registry = "a\\u0000b"', "registry must be a text that is not empty, not 'a\\x00b'"),
    "a number": (b"registry = 1", "registry must be a text that is not empty, not 1"),
}


@pytest.mark.parametrize("file", ["modelkeep.toml", ".config/modelkeep/config.toml"])
@pytest.mark.parametrize("name", CONFIGS)
def test_a_hostile_config_is_told_and_hangs_nothing(fed, name, file):
    data, reason = CONFIGS[name]
    place = fed.home / file
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    elsewhere = fed.home / "nothing"
    elsewhere.mkdir()
    before = picture(fed.home)
    out, err, code = ask(fed, ["list"], cwd=elsewhere)
    told = err.partition("\n")[0]
    assert (out, code) == ("", 2)
    assert told in {f"error: {place} {reason}", f"error: {place}: {reason}"}
    assert ask(fed, ["__complete", "--", "show", ""], cwd=elsewhere) == ("", "", 0)
    assert picture(fed.home) == before


@pytest.mark.parametrize(
    "make", [os.mkfifo, lambda p: p.symlink_to("/dev/zero"), lambda p: p.mkdir()], ids=["pipe", "device", "directory"]
)
@pytest.mark.parametrize("file", ["modelkeep.toml", ".config/modelkeep/config.toml"])
def test_a_config_that_is_no_file_is_none(fed, make, file):
    place = fed.home / file
    place.parent.mkdir(parents=True, exist_ok=True)
    make(place)
    assert ask(fed, ["list", "-q"])[0::2] == ("fraud\n", 0)
    assert ask(fed, ["__complete", "--", "show", ""])[0::2] == ("fraud\tnewest 2\n", 0)


def test_a_link_to_itself_names_no_registry_and_may_not_stand_for_the_accounts_config(fed):
    (fed.home / "modelkeep.toml").symlink_to("modelkeep.toml")
    assert ask(fed, ["list", "-q"])[0::2] == ("fraud\n", 0)
    config = fed.home / ".config" / "modelkeep" / "config.toml"
    config.parent.mkdir(parents=True)
    config.symlink_to(config.name)
    out, err, code = ask(fed, ["list", "-q"])
    assert (out, code) == ("", 7)
    assert err.startswith(f"error: cannot read {config}: Too many levels of symbolic links\n")
    assert ask(fed, ["__complete", "--", "show", ""])[0::2] == ("fraud\tnewest 2\n", 0)


def test_a_projects_file_may_say_where_the_registry_is_and_nothing_else(fed):
    elsewhere = fed.home / "cloned"
    elsewhere.mkdir()
    (elsewhere / "modelkeep.toml").write_text(f'registry = "{fed.cwd}/.modelkeep"\nactor = "ben"\n')
    out, err, code = ask(fed, ["list"], cwd=elsewhere)
    assert (out, code) == ("", 2)
    assert err.startswith(f"error: {elsewhere}/modelkeep.toml: there is no setting 'actor'\n")


@pytest.mark.parametrize(
    "make",
    [os.mkfifo, lambda p: p.symlink_to("/dev/zero"), lambda p: p.symlink_to("/etc/passwd"), lambda p: p.mkdir(), lambda p: p.write_bytes(b"\xff" * 9_000),
     lambda p: p.write_text("1 sha256:" + "0" * 64 + "\nmore"), lambda p: p.write_text("9" * 150), lambda p: p.write_text("\x1b[2J"),
     lambda p: (os.mkfifo(p), os.open(p, os.O_RDWR | os.O_NONBLOCK))],
    ids=["pipe", "device", "link", "directory", "bytes", "more", "digits", "escape", "a pipe whose other end is open"],
)  # fmt: skip
def test_a_memory_that_is_none_is_not_believed(fed, registry, make):
    heads = fed.home / ".local" / "state" / "modelkeep" / "heads"
    heads.mkdir(parents=True)
    make(heads / registry)
    for words in ("list", "tag fraud a=b", "list", "verify"):
        _, err, code = ask(fed, words.split())
        assert (code, "warning" in err) == (0, False), (words, err)


@pytest.mark.linux
@pytest.mark.skipif(not os.access("/proc/kmsg", os.R_OK), reason="needs root: /proc/kmsg is a file that is waited for")
@pytest.mark.parametrize("file", ["modelkeep.toml", ".config/modelkeep/config.toml", "work/.git/commondir"])
def test_a_file_that_has_to_be_waited_for_is_no_bug(fed, file):
    place = fed.home / file
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to("/proc/kmsg")
    if place.parent.name == ".git":
        (place.parent / "HEAD").write_text("ref: refs/heads/main\n")
        (place.parent / "objects").mkdir()
        (place.parent / "refs").mkdir()
    _, err, code = ask(fed, ["whoami"], cwd=fed.home if place.parent == fed.home else fed.cwd)
    assert code in {0, 2, 7}, err  # 2: the kernel had something to say, which is no TOML


def test_a_draft_of_the_memory_is_not_written_through_a_link(fed, registry):
    heads = fed.home / ".local" / "state" / "modelkeep" / "heads"
    heads.mkdir(parents=True)
    target = fed.home / "precious"
    target.write_bytes(b"precious")
    for pid in range(os.getpid(), os.getpid() + 3_000):  # what a draft was once called after
        (heads / f"{registry}.{pid}").symlink_to(target)
    assert ask(fed, ["tag", "fraud", "a=b"])[2] == 0
    assert target.read_bytes() == b"precious"
    assert (heads / registry).is_file()
