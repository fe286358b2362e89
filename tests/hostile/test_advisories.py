"""The attacks of MLflow's published advisories, tried on modelkeep.

Paths in the names, sources and files of models (CVE-2023-1177, -2356, -2780, -6831, -6909; CVE-2024-1483,
-1558, -1560, -1594, -3848; CVE-2025-11201), archives that write where they are unpacked, and temporary places
that others know beforehand (CVE-2025-10279). Here a source is a file that is copied, a URI is a name that is
never opened, an archive is one file, and a name of a model never becomes one of a file.
"""

import io
import json
import os
import tarfile
import zipfile

import pytest
from feeding import Row, ask, feed, picture, rows

pytestmark = pytest.mark.process

SOURCES = [
    "file:///etc/passwd", "file://localhost/etc/passwd", "file:/etc/passwd", "file:../../etc/passwd", "FILE:///etc/passwd",
    "file:///etc/passwd#/../..", "file:///x?/../../etc/passwd", "file:///%2e%2e/%2e%2e/etc/passwd", "file:///..%2f..%2fetc%2fpasswd",
    "file:///%252e%252e%252fetc%252fpasswd", "file:///x;/../../etc/passwd", "file:///\\..\\..\\etc\\passwd", "http:///#/../../../etc/",
    "http://host/%2e%2e%2f%2e%2e%2fetc/passwd", "s3://bucket/../../etc/passwd", "mlflow-artifacts:/../../etc/passwd",
    "mlflow-artifacts://host/..%5c..%5cetc", "dbfs:/../etc/passwd", "runs:/../../etc/passwd",
]  # fmt: skip


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_is_a_file_and_never_a_uri(fed, source):
    before = picture(fed.home)
    out, err, code = ask(fed, ["register", "f", source, "--code", "none"])
    if source.startswith("file:.."):  # to the system a path that begins with the directory `file:..`
        assert (out, code) == ("", 3)
        assert err.startswith("error: there is no file '")
    else:
        assert (out, code) == ("", 2)
        assert err.startswith("error: PATH takes a path of this machine, not '")
    assert picture(fed.home) == before


@pytest.mark.parametrize("source", SOURCES)
def test_a_uri_of_data_or_a_parent_is_a_name_that_nobody_opens(fed, source):
    words = ["register", "f", "m.bin", "--code", "none", "--data", source, "--run", "7"]
    if "://" in source:  # a parent that is no URI is a model, and there is none of this name
        words += ["--parent", source]
    out, err, code = ask(fed, words)
    if code == 0:
        shown = ask(fed, ["show", "f@1", "--json"])[0]
        assert "root:" not in shown  # the content of what it names
        assert json.loads(shown)["files"] == 1
    else:
        names_nothing = source.startswith("http:///#")
        assert (out, code) == ("", 2 if names_nothing else 3), err


@pytest.mark.parametrize(
    "name",
    ["../../etc", "..", ".", "/etc", "..\\..\\etc", "%2e%2e%2fetc", "%252e%252e", "..%2f..", "a/../../b", "a/./b", "a//b", "a/", "a#/../..", "a?x=/..", "a;/../..", "C:\\x", "~root", "a%00b"],
)  # fmt: skip
def test_no_name_of_a_model_is_a_path(fed, name):
    before = picture(fed.home)
    out, err, code = ask(fed, ["register", name, "m.bin", "--code", "none"])
    assert (out, code) == ("", 2)
    assert err.startswith(("error: not a legal name for a model: '", "error: not a reference to a model or version: '"))
    assert picture(fed.home) == before
    out, err, code = ask(fed, ["get", f"{name}@1", "out"])
    assert (out, code in {2, 3}) == ("", True)
    assert picture(fed.home) == before


def _tar() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name in ("../../escaped", "/tmp/escaped", "ok"):
            member = tarfile.TarInfo(name)
            member.size = 5
            archive.addfile(member, io.BytesIO(b"owned"))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(link)
    return made.getvalue()


def _zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("../../escaped", b"owned")
        archive.writestr("/tmp/escaped", b"owned")
    return made.getvalue()


def _bomb() -> bytes:
    made = io.BytesIO()
    with (
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zeros", "w", force_zip64=True) as file,
    ):
        for _ in range(64):
            file.write(bytes(1 << 20))
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [("model.tar.gz", _tar()), ("model.zip", _zip()), ("model.pt", _zip()), ("model.keras", _zip()), ("bomb.zip", _bomb()),
     ("model.pkl", b"cos\nsystem\n(S'touch owned'\ntR."), ("model.joblib", b"cos\nsystem\n(S'touch owned'\ntR."),
     ("MLmodel", b"artifact_path: ../../etc\nflavors:\n  python_function:\n    loader_module: os\n"), ("conda.yaml", b"!!python/object/apply:os.system [touch owned]\n")],
)  # fmt: skip
def test_an_archive_or_a_pickle_is_one_file_that_nobody_opens(fed, name, data):
    (fed.cwd / name).write_bytes(data)
    feed(fed, Row(["register", "f", name, "--code", "none"], 0, "f@1"))
    feed(fed, Row("get f@1 out", 0, "out"))
    assert (fed.cwd / "out").read_bytes() == data
    for words in ("show f@1", "path f@1", "identify out", "verify", "diff f@1 fraud@1"):
        assert ask(fed, words.split())[2] == 0, words
    assert [path for path in fed.home.rglob("*") if path.name in {"owned", "escaped", "zeros"}] == []
    assert not os.path.exists("/tmp/escaped")


def test_nothing_is_written_where_others_could_have_put_something_beforehand(fed):
    tmp = fed.home / "tmp"
    tmp.mkdir()
    tmp.chmod(0o555)
    (fed.cwd / "x.json").write_text('{"a": 1}')
    for words in (
        "init other", "register f m.bin --code none --params x.json", "register f tree --code none", "promote f@1 staging",
        "get f@1 out", "get f@2 out2/", "path f@2", "verify", "config set actor ana", "demo --keep story",
    ):  # fmt: skip
        _out, err, code = ask(fed, words.split(), seconds=30)
        assert code == 0, (words, err)
    assert os.listdir(tmp) == []


@pytest.mark.parametrize(
    "row",
    rows(
        Row("get fraud@1 out", 4, "error: 'out' exists and is something else", lambda here: (here / "out").symlink_to("/etc/passwd")),
        Row("get fraud@1 out", 4, "error: 'out' is a link, and not to a regular file: it will not be replaced", lambda here: (here / "out").symlink_to("/nowhere/x")),
        Row("get fraud@1 out", 4, "error: 'out' is a device, a pipe or a socket: it will not be replaced", lambda here: os.mkfifo(here / "out")),
        Row("get fraud@1 out --force", 4, "error: 'out' is a device, a pipe or a socket: it will not be replaced", lambda here: os.mkfifo(here / "out")),
        Row("get fraud@1 /dev/null", 4, "error: '/dev/null' belongs to the system: nothing is written there"),
        Row("get fraud@1 /dev/null --force", 4, "error: '/dev/null' belongs to the system: nothing is written there"),
        Row("get fraud@1 out/", 4, "error: 'out/m.bin' exists and is something else",
            lambda here: ((here / "out").mkdir(), (here / "out/m.bin").symlink_to("/etc/passwd"))),
        Row("get fraud@1 out/", 4, "error: 'out/m.bin' is a directory, and the artifact is a file", lambda here: (here / "out/m.bin").mkdir(parents=True)),
        Row("get fraud@2 out", 4, "error: 'out' is a link, and not to a regular file: it will not be replaced",
            lambda here: (here / "out").symlink_to("/etc")),
        Row("get fraud@2 out", 4, "error: 'out' holds what no artifact has, 'a': it will not be replaced",
            lambda here: ((here / "out").mkdir(), (here / "out/a").symlink_to("/etc/passwd"))),
        Row(["get", "fraud@1", "\x1b[2J/x"], 3, "error: there is no directory '\\x1b[2J' to write into"),
        Row("get fraud@1 m.bin/x", 2, "error: 'm.bin/x' cannot be written: not a directory"),
        Row("get fraud@1 /proc/self/x", 4, "error: '/proc/self/x' belongs to the system: nothing is written there"),
    ),
)  # fmt: skip
def test_a_destination_is_never_written_through(fed, row):
    feed(fed, row)
