"""What lies where a model should be: links, secrets, devices, pipes, files that never end or will not hold still."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from feeding import Row, ask, feed, picture, rows

pytestmark = pytest.mark.process

REGISTER = "register f d --code none"
FOLLOW = f"{REGISTER} --follow-symlinks"
KEY = b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n"


def files(**contents: bytes):
    """Return what makes files in ``d``; `__` in a name stands for a slash, `_dot_` for a dot."""

    def make(here: Path) -> None:
        for name, data in contents.items():
            path = here / "d" / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    return make


def holding(name: str, data: bytes = b"x"):
    """Return what makes one file in ``d``."""

    def make(here: Path) -> None:
        path = here / "d" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    return make


def links(*pairs: tuple[str, str]):
    """Return what makes symbolic links in ``d``: name, target."""

    def make(here: Path) -> None:
        (here / "d").mkdir()
        for name, target in pairs:
            path = here / "d" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)

    return make


def pipe(here: Path) -> None:
    (here / "d").mkdir()
    os.mkfifo(here / "d" / "p")


def unix_socket(here: Path) -> None:
    (here / "d").mkdir()
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(here / "d" / "s"))


def secret(name: str, what: str, data: bytes = b"x") -> Row:
    reason = f"error: 'd/{name}' looks like {what}, which would stay in the registry for ever"
    return Row(REGISTER, 2, reason, holding(name, data))


ENV, PRIVATE = "a file of secrets", "a private key"


@pytest.mark.parametrize(
    "row",
    rows(
        secret(".env", ENV),
        secret(".ENV", ENV),
        secret("sub/.env", ENV),
        secret(".env.production", ENV),
        secret(".env~", ENV),
        secret(".env.example.bak", ENV),
        secret(".envrc", ENV),
        secret("prod.env", ENV),
        secret("id_rsa", PRIVATE),
        secret("Id_Ed25519", PRIVATE),
        secret("tls.KEY", PRIVATE),
        secret("cert.p12", PRIVATE),
        secret("weights.bin", PRIVATE, KEY),
        secret("bom.bin", PRIVATE, b"\xef\xbb\xbf" + KEY),
        secret("blank.bin", PRIVATE, b"\n \t\r\n" + KEY),
        secret("windows.bin", PRIVATE, KEY.replace(b"\n", b"\r\n")),
        secret("utf16.bin", PRIVATE, KEY.decode().encode("utf-16")),
        secret("utf16be.bin", PRIVATE, b"\xfe\xff" + KEY.decode().encode("utf-16-be")),
        secret("bundle.pem", PRIVATE, b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" + KEY),
        secret("bag.pem", PRIVATE, b"Bag Attributes\n    friendlyName: me\n  -----BEGIN ENCRYPTED PRIVATE KEY-----\n"),
        secret("pgp.asc", PRIVATE, b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n"),
        secret("putty.txt", PRIVATE, b"PuTTY-User-Key-File-3: ssh-ed25519\n"),
        Row("register f - --filename model.bin", 2, "error: '-' looks like a private key, which would stay in the registry for ever", stdin=KEY),
        Row("register f - --filename .env", 2, "error: '-' looks like a file of secrets, which would stay in the registry for ever", stdin=b"x"),
        Row(FOLLOW, 2, "error: 'd/weights' looks like a file of secrets, which would stay in the registry for ever",
            lambda here: (holding("x")(here), (here / ".env").write_bytes(b"x"), (here / "d/weights").symlink_to("../.env"))),
        Row(FOLLOW, 2, "error: 'd/weights' looks like a file of secrets, which would stay in the registry for ever",
            lambda here: (holding("x")(here), (here / ".env").write_bytes(b"x"), (here / "innocent").symlink_to(".env"),
                          (here / "d/weights").symlink_to("../innocent"))),
        Row(FOLLOW, 2, "error: 'd/conf/id_rsa' looks like a private key, which would stay in the registry for ever",
            lambda here: (holding("x")(here), (here / "ssh").mkdir(), (here / "ssh/id_rsa").write_bytes(b"x"),
                          (here / "d/conf").symlink_to("../ssh"))),
        Row("register f m.bin tls.key --code none", 2, "error: 'tls.key' looks like a private key, which would stay in the registry for ever",
            lambda here: (here / "tls.key").write_bytes(b"x")),
    ),
)  # fmt: skip
def test_a_secret_is_refused_whatever_it_is_disguised_as(fed, row):
    feed(fed, row)


def circle(name: str) -> str:
    return f"error: 'd/{name}' leads in a circle: it is a symbolic link to a directory above itself"


def farm(here: Path) -> None:
    """Make thirty directories, each with two links to the next: a thousand million paths."""
    (here / "d").mkdir()
    for level in range(30):
        (here / f"f{level}").mkdir()
        for name in "ab":
            (here / f"f{level}" / name).symlink_to(f"../f{level + 1}")
    (here / "f30").mkdir()
    (here / "d" / "in").symlink_to("../f0")


@pytest.mark.parametrize(
    "row",
    rows(
        Row(REGISTER, 2, "error: 'd/l' is a symbolic link", links(("l", "/etc/passwd"))),
        Row(REGISTER, 2, "error: 'd/l' is a symbolic link", links(("l", "../m.bin"))),
        Row(REGISTER, 2, "error: 'd/l' is a symbolic link", links(("l", "/nowhere"))),
        Row(REGISTER, 2, "error: 'd/l' is a symbolic link", links(("l", "../tree"))),
        Row(REGISTER, 2, "error: 'd/l' is a symbolic link", links(("l", "."))),
        Row(REGISTER, 2, "error: 'd/sub/l' is a symbolic link", links(("sub/l", "../../../../../etc/shadow"))),
        Row("register f m.bin d --code none", 2, "error: 'd/l' is a symbolic link", links(("l", "/etc"))),
        Row(FOLLOW, 2, "error: 'd/l' is a symbolic link that leads to nothing", links(("l", "/nowhere"))),
        Row(FOLLOW, 2, "error: 'd/l' is a symbolic link that leads in a circle or was made while it was read", links(("l", "l"))),
        Row(FOLLOW, 2, "error: 'd/a' is a symbolic link that leads in a circle or was made while it was read", lambda here: (links(("a", "../b"))(here), (here / "b").symlink_to("d/a"))),
        Row(FOLLOW, 2, circle("l"), links(("l", "."))),
        Row(FOLLOW, 2, circle("sub/l"), links(("sub/l", ".."))),
        Row(FOLLOW, 2, circle("l/d"), links(("l", ".."))),
        Row(FOLLOW, 2, "error: 'd/l' is a device, not a file", links(("l", "/dev/zero"))),
        Row(FOLLOW, 2, "error: 'd/l' is a device, not a file", links(("l", "/dev/tty"))),
        Row(FOLLOW, 4, "error: 'd/l' was changed while it was read", links(("l", "/proc/version"))),
        Row(FOLLOW, 2, "error: an artifact needs at least one file, and there is none", links(("l", "../.modelkeep"))),
        Row("register f .modelkeep --code none", 2, "error: '.modelkeep' is a registry, not an artifact"),
        Row("register f l --code none", 2, "error: 'l' is a registry, not an artifact", lambda here: (here / "l").symlink_to(".modelkeep")),
        Row("register f l --code none", 3, "error: there is no file 'l'", lambda here: (here / "l").symlink_to("/nowhere")),
        Row("register f l --code none", 2, "error: 'l' is a symbolic link that leads in a circle or was made while it was read",
            lambda here: (here / "l").symlink_to("l")),
    ),
)  # fmt: skip
def test_a_link_leads_nowhere(fed, row):
    feed(fed, row)


def test_a_link_farm_is_not_walked_to_its_end(fed):
    row = Row(FOLLOW, 2, "error: 'd/in/b/b/b/b/a' is reached in more than 16 ways through symbolic links", farm)
    farm(fed.cwd)
    before = picture(fed.home)
    out, err, code = ask(fed, row.words.split())
    assert (out, code) == ("", 2)
    assert err.partition("\n")[0].endswith("is reached in more than 16 ways through symbolic links")
    assert picture(fed.home) == before


def test_a_link_to_all_processes_is_refused(fed):
    (fed.cwd / "d").mkdir()
    (fed.cwd / "d" / "proc").symlink_to("/proc")
    before = picture(fed.home)
    out, _, code = ask(fed, FOLLOW.split())
    assert out == ""
    assert code in {2, 3, 4}  # which of its wonders is met first is up to the system
    assert picture(fed.home) == before


ONLY = "error: an artifact needs at least one file, and there is none"
IGNORE = "error: 'd/.modelkeepignore'"


@pytest.mark.parametrize(
    "row",
    rows(
        Row(REGISTER, 2, "error: 'd/p' is a pipe (FIFO), not a file", pipe),
        Row(REGISTER, 2, "error: 'd/s' is a socket, not a file", unix_socket),
        Row("register f d/p --code none", 2, "error: 'd/p' is a pipe (FIFO), not a file", pipe),
        Row("register f d/s --code none", 2, "error: 'd/s' is a socket, not a file", unix_socket),
        Row("register f /dev/zero --code none", 2, "error: '/dev/zero' is a device, not a file"),
        Row("register f /dev/null --code none", 2, "error: '/dev/null' is a device, not a file"),
        Row("register f /dev/tty --code none", 2, "error: '/dev/tty' is a device, not a file"),
        Row("register f /proc/version --code none", 4, "error: '/proc/version' was changed while it was read"),
        Row("register f /proc/self/environ --code none", 4, "error: '/proc/self/environ' was changed while it was read"),
        Row("register f /proc/self/mem --code none", 5, "error: '/proc/self/mem' cannot be read: input/output error"),
        Row("identify /dev/zero", 2, "error: '/dev/zero' is a device, not a file"),
        Row("identify /dev/urandom", 2, "error: '/dev/urandom' is a device, not a file"),
        Row("identify d/p", 2, "error: 'HERE/d/p' is a pipe (FIFO), not a file", pipe),
        Row("identify /proc/version", 4, "error: '/proc/version' was changed while it was read"),
        Row("register f d --data d/p --code none", 2, "error: 'HERE/d/p' is a pipe (FIFO), not a file", pipe),
        Row("register f m.bin --data /dev/zero --code none", 2, "error: '/dev/zero' is a device, not a file"),
        Row(REGISTER, 2, ONLY, lambda here: (here / "d").mkdir()),
        Row(REGISTER, 2, ONLY, lambda here: (here / "d/a/b/c").mkdir(parents=True)),
        Row(REGISTER, 2, ONLY, holding(".git/config")),
        Row([*REGISTER.split(), "--exclude", "*"], 2, ONLY, holding("a")),
        Row(REGISTER, 2, ONLY, lambda here: (holding("a")(here), holding(".modelkeepignore", b"*\n")(here))),
        Row("register f nothing --code none", 3, "error: there is no file 'nothing'"),
        Row("register f m.bin/x --code none", 3, "error: there is no file 'm.bin/x'"),
        Row(["register", "f", "", "--code", "none"], 2, "error: an empty path"),
        Row(["register", "f", "\x1b[2J\x9b", "--code", "none"], 3, "error: there is no file '\\x1b[2J\\x9b'"),
        Row(["register", "f", "n" * 5000, "--code", "none"], 2, f"error: '{'n' * 299} [... 5,037 characters ...] {'n' * 64}' cannot be read: file name too long"),
        Row(["register", "f", b"\xff", "--code", "none"], 2, "error: source is not valid UTF-8: \\udcff"),
        Row(["register", "f", b"\xff", "--code", "none"], 2, "error: source is not valid UTF-8: \\udcff", holding("../\udcff/a")),
        Row(REGISTER, 2, f"{IGNORE} is not a regular file", lambda here: (holding("a")(here), os.mkfifo(here / "d/.modelkeepignore"))),
        Row(REGISTER, 2, f"{IGNORE} cannot be read: too many levels of symbolic links",
            lambda here: (holding("a")(here), (here / "d/.modelkeepignore").symlink_to("/dev/zero"))),
        Row(REGISTER, 2, f"{IGNORE} is not a regular file", holding(".modelkeepignore/x")),
        Row(REGISTER, 2, f"{IGNORE} is not UTF-8", holding(".modelkeepignore", b"\xff\xfe\x00")),
        Row(REGISTER, 2, f"{IGNORE} is longer than 65536 bytes", holding(".modelkeepignore", b"#" * (1 << 21))),
        Row(REGISTER, 2, f"{IGNORE} has more than 1,000 globs or sets in them, or a glob longer than a path", holding(".modelkeepignore", b"a?\n" * 1_500)),
        Row(REGISTER, 2, f"{IGNORE} has more than 1,000 globs or sets in them, or a glob longer than a path", holding(".modelkeepignore", b"*a" * 3_000)),
        Row(REGISTER, 2, f"{IGNORE} takes nothing back: '!\\x1b[2J'", holding(".modelkeepignore", b"!\x1b[2J\n")),
    ),
)  # fmt: skip
def test_what_is_no_model_is_refused(fed, row):
    feed(fed, row)


@pytest.mark.parametrize("glob", ["*a" * 2_000 + "b", "*[a-z]" * 500 + "0", "?*" * 1_000 + "b", "[" * 3_000, "[]" * 900, "[!" * 900, "[z-a]*", "*" * 9_000])  # fmt: skip
def test_a_glob_is_matched_in_no_time(fed, glob):
    (fed.cwd / "d").mkdir()
    (fed.cwd / "d" / ("a" * 255)).write_bytes(b"x")
    (fed.cwd / "d" / "b").write_bytes(b"x")
    out, _, code = ask(fed, ["register", "f", "d", "--code", "none", f"--exclude=0{glob}", f"--include={glob}"])
    assert (out, code) == ("f@1\n", 0)
    out, _, code = ask(fed, ["list", f"f{glob}"])
    assert code == 0


def test_a_file_without_an_end_is_stopped_before_the_disk_is_full(fed):
    with (fed.cwd / "big").open("wb") as file:
        file.truncate(1 << 40)
    row = Row(
        "register f big --code none",
        7,
        "error: a file is too large for the store HERE/.modelkeep/store: file too large",
    )
    feed(fed, row)


@pytest.mark.parametrize("words", ["register f big --code none -n", "identify big"])
def test_hashing_a_file_without_an_end_can_be_interrupted(fed, words):
    with (fed.cwd / "big").open("wb") as file:
        file.truncate(1 << 40)
    before = picture(fed.home)
    process = fed.start(*words.split())
    try:
        while _read_by(process.pid) < (16 << 20):
            time.sleep(0.01)
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (out, process.returncode) == (b"", 130)
    assert b"Traceback" not in err
    assert picture(fed.home) == before


def _read_by(pid: int) -> int:
    return int(Path(f"/proc/{pid}/io").read_text().partition("rchar: ")[2].partition("\n")[0])


@pytest.mark.slow
def test_a_hundred_thousand_files_in_one_directory_need_no_more_memory_than_others(fed):
    (fed.cwd / "d").mkdir()
    at = os.open(fed.cwd / "d", os.O_RDONLY)
    for number in range(100_000):
        os.close(os.open(str(number), os.O_CREAT | os.O_WRONLY, dir_fd=at))
    os.close(at)
    out, err, code = ask(fed, ["register", "f", "d", "--code", "none", "-n"], seconds=60)
    assert (out, code) == ("f@1\n", 0)
    assert "0 B in 100000 files\n" in err


@pytest.mark.linux
@pytest.mark.skipif(not os.access("/proc/kmsg", os.R_OK), reason="needs root: /proc/kmsg is a file that is waited for")
def test_a_file_that_has_to_be_waited_for_is_not_waited_for(fed):
    out, err, code = ask(fed, ["identify", "/proc/kmsg"])
    assert out == ""
    # What the kernel has to say just then is more than the nothing that the file claims to be.
    assert (err.partition("\n")[0], code) in {
        ("error: '/proc/kmsg' cannot be read: resource temporarily unavailable", 2),
        ("error: '/proc/kmsg' was changed while it was read", 4),
    }


@pytest.mark.parametrize(
    "harm",
    ["while :; do echo x >> d/weights; done", "while :; do echo $$ > d/new; mv d/new d/weights; done", "while :; do : > d/weights; head -c 9000000 /dev/zero > d/weights; done"],
    ids=["grows", "is replaced", "shrinks"],
)  # fmt: skip
def test_a_file_that_will_not_hold_still_is_no_version(fed, harm):
    holding("weights", b"x" * 8_000_000)(fed.cwd)
    vandal = subprocess.Popen(["sh", "-c", harm], cwd=fed.cwd, start_new_session=True)
    try:
        for _ in range(5):
            out, err, code = ask(fed, ["register", "f", "d", "--code", "none", "--if-exists", "new"], seconds=10)
            if code:
                assert (out, code) == ("", 4)
                assert "was changed while it was read" in err
    finally:
        os.killpg(vandal.pid, signal.SIGKILL)
        vandal.wait()
    assert os.listdir(fed.cwd / ".modelkeep" / "store" / "tmp") == []
    out, _, code = ask(fed, ["verify"], seconds=10)
    assert (out, code) == ("", 0)
