"""What goes in, under which name; what is left out, what is refused, and that a moving source is noticed."""

import hashlib
import io
import os
import random
import resource
import shutil
import socket
import subprocess
import sys
import threading
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domain.manifest import Manifest
from modelkeep.errors import Conflict, IntegrityError, NotFound, UsageError
from modelkeep.store.bucket.directory import DirectoryBucket, create_store
from modelkeep.store.content.artifacts import missing_from
from modelkeep.store.content.checking import examine
from modelkeep.store.ingest.artifact import Selection, ingest, measure
from modelkeep.store.ingest.selection import IGNORE_FILE

PLAIN = Selection()
KEY = b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n"


def make(directory: Path, files: dict[str, bytes]):
    for name, data in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def names(ingested):
    return [file.path for file in ingested.manifest.files]


def blobs(root):
    return sorted(path.name for path in (root / "blobs").rglob("*") if path.is_file())


def nothing_left(root):
    return blobs(root) == [] and os.listdir(root / "tmp") == []


# What goes in -----------------------------------------------------------------------------------


def test_one_file_goes_in_under_its_base_name(artifacts, work):
    make(work, {"runs/7/model.onnx": b"hello"})
    os.utime(work / "runs/7/model.onnx", ns=(1, 1_700_000_000_123_456_789))
    done = ingest(artifacts, ["runs/7/model.onnx"], PLAIN)
    assert done.manifest.to_bytes() == (
        b'{"files":[{"digest":"sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",'
        b'"path":"model.onnx","size":5}],"format":"modelkeep manifest 1"}'
    )
    assert (done.form, done.symlinks, done.notes, done.size_bytes, done.new_bytes) == ("file", False, (), 5, 5)
    assert done.newest_mtime_ns == 1_700_000_000_123_456_789


def test_one_file_may_be_given_another_name(artifacts, work):
    make(work, {"out.tmp": b"hello"})
    assert names(ingest(artifacts, ["out.tmp"], Selection(filename="model.onnx"))) == ["model.onnx"]


def test_one_directory_is_its_contents_without_its_name(artifacts, work):
    make(work, {"m/b": b"b", "m/a/c": b"", "m/a.txt": b"a"})
    for typed in ("m", "m/", "./m", str(work / "m")):
        done = ingest(artifacts, [typed], PLAIN)
        assert (names(done), done.form, done.size_bytes) == (["a.txt", "a/c", "b"], "tree", 2)


def test_the_current_directory_is_a_directory(artifacts, work):
    make(work, {"a": b"a"})
    assert names(ingest(artifacts, ["."], PLAIN)) == ["a"]


def test_several_are_files_by_base_name_and_directories_by_name(artifacts, work):
    make(work, {"x/m.bin": b"m", "tok/vocab": b"v", "tok/deep/er": b"d", "y/cfg": b"c"})
    done = ingest(artifacts, ["x/m.bin", "tok/", "y/cfg"], PLAIN)
    assert (names(done), done.form) == (["cfg", "m.bin", "tok/deep/er", "tok/vocab"], "tree")


def test_one_directory_and_the_same_files_one_by_one_are_the_same_version(artifacts, work):
    make(work, {"m/a": b"a", "m/b": b"b"})
    one = ingest(artifacts, ["m"], PLAIN)
    several = ingest(artifacts, ["m/b", "m/a"], PLAIN)
    assert one.manifest == several.manifest
    assert several.new_bytes == 0


def test_equal_names_are_refused(artifacts, work, root):
    make(work, {"a/m.bin": b"1", "b/m.bin": b"2"})
    with pytest.raises(UsageError, match=r"'a/m.bin' and 'b/m.bin' would both be 'm.bin'"):
        ingest(artifacts, ["a/m.bin", "b/m.bin"], PLAIN)
    assert nothing_left(root)


def test_names_equal_without_case_are_refused_before_anything_is_read(artifacts, work, root):
    make(work, {"m/Model.bin": b"1", "m/model.bin": b"2"})
    with pytest.raises(UsageError, match=r"Model\.bin"):
        ingest(artifacts, ["m"], PLAIN, progress=lambda *_: pytest.fail("something was read"))
    assert nothing_left(root)


def test_names_equal_in_another_unicode_form_are_refused(artifacts, work):
    make(work, {"m/" + unicodedata.normalize(form, "é"): b"" for form in ("NFC", "NFD")})
    with pytest.raises(UsageError, match="one path"):
        ingest(artifacts, ["m"], PLAIN)


def test_standard_input_needs_a_name(artifacts, root):
    with pytest.raises(UsageError) as caught:
        ingest(artifacts, ["-"], PLAIN, stdin=io.BytesIO(b"hello"))
    assert caught.value.message == "standard input has no name"
    assert caught.value.hint == "modelkeep register NAME - --filename model.onnx"
    assert nothing_left(root)


def test_standard_input_is_a_file(artifacts, work):
    data = os.urandom(700_000)
    done = ingest(artifacts, ["-"], Selection(filename="m.bin"), stdin=io.BytesIO(data))
    assert (names(done), done.form, done.newest_mtime_ns, done.size_bytes) == (["m.bin"], "file", None, 700_000)
    make(work, {"m.bin": data})
    assert measure(["m.bin"], PLAIN).manifest == done.manifest


def test_standard_input_stands_alone_and_must_be_there(artifacts, work):
    make(work, {"a": b"a"})
    with pytest.raises(UsageError, match="stands alone"):
        ingest(artifacts, ["-", "a"], Selection(filename="m"), stdin=io.BytesIO(b""))
    with pytest.raises(UsageError, match="no standard input"):
        ingest(artifacts, ["-"], Selection(filename="m"))


def test_empty_standard_input_is_said(artifacts):
    done = ingest(artifacts, ["-"], Selection(filename="m"), stdin=io.BytesIO(b""))
    assert done.notes == ("standard input was empty",)


@pytest.mark.parametrize(
    ("paths", "filename"), [(["a", "b"], "m"), (["d"], "m"), (["a"], "x/m"), (["a"], ".."), (["a"], "con"), (["a"], "")]
)
def test_a_filename_names_one_file_and_is_a_name(artifacts, work, root, paths, filename):
    make(work, {"a": b"a", "b": b"b", "d/x": b"x"})
    with pytest.raises(UsageError):
        ingest(artifacts, paths, Selection(filename=filename))
    assert nothing_left(root)


@pytest.mark.parametrize("paths", [[], [""], ["d"], ["d", "d2"]])
def test_an_artifact_without_a_file_is_refused(artifacts, work, root, paths):
    (work / "d").mkdir()
    (work / "d2").mkdir()
    with pytest.raises(UsageError):
        ingest(artifacts, paths, PLAIN)
    assert nothing_left(root)


def test_a_typed_path_that_is_a_link_is_followed_and_keeps_its_own_name(artifacts, work):
    make(work, {"real/m": b"m", "blob": b"hello"})
    os.symlink("blob", work / "model.bin")
    os.symlink("real", work / "current")
    done = ingest(artifacts, ["model.bin"], PLAIN)
    assert (names(done), done.symlinks, done.size_bytes) == (["model.bin"], False, 5)
    assert names(ingest(artifacts, ["current"], PLAIN)) == ["m"]
    assert names(ingest(artifacts, ["current", "model.bin"], PLAIN)) == ["current/m", "model.bin"]


def test_the_executable_bit_is_kept_and_an_empty_directory_is_not_which_is_said(artifacts, work):
    make(work, {"m/run.sh": b"#!", "m/weights": b"w"})
    (work / "m/run.sh").chmod(0o754)
    (work / "m/weights").chmod(0o644)
    (work / "m/empty").mkdir()
    done = ingest(artifacts, ["m"], PLAIN)
    assert [(file.path, file.executable) for file in done.manifest.files] == [("run.sh", True), ("weights", False)]
    assert done.notes == ("not kept: 1 empty directory",)
    assert measure(["m"], PLAIN).manifest == done.manifest


def test_what_only_the_group_may_run_is_not_executable(artifacts, work):
    make(work, {"m": b"#!"})
    (work / "m").chmod(0o654)
    assert not ingest(artifacts, ["m"], PLAIN).manifest.files[0].executable


def test_a_colon_in_a_name_is_kept_with_a_warning(artifacts, work):
    make(work, {"m/model_2024-05-01T10:00:00.pkl": b"a", "m/x:y/z": b"b", "m/plain": b""})
    done = ingest(artifacts, ["m"], PLAIN)
    assert names(done) == ["model_2024-05-01T10:00:00.pkl", "plain", "x:y/z"]
    said = "warning: no file can be called 'model_2024-05-01T10:00:00.pkl' and 1 more on Windows, because of the colon"
    assert done.notes == (said,)


def test_what_a_killed_get_left_is_left_out(artifacts, work):
    left = ".modelkeep-0123456789abcdef"
    make(work, {f"m/{left}": b"half", f"m/sub/{left}/a": b"half", "m/.modelkeep-notes": b"mine", "m/a": b""})
    done = ingest(artifacts, ["m"], PLAIN)
    assert names(done) == [".modelkeep-notes", "a"]
    assert done.notes == ("left out: 2 by a get that was killed",)


@pytest.mark.parametrize("glob", ["./secret.csv", "/secret.csv", "secret.csv", ".//secret.csv", "./././secret.csv"])
def test_an_exclude_is_understood_as_people_write_paths(artifacts, work, glob):
    make(work, {"m/secret.csv": b"s", "m/a": b""})
    done = ingest(artifacts, ["m"], Selection(exclude=(glob,)))
    assert (names(done), done.notes) == (["a"], ("left out: 1 by --exclude",))


@pytest.mark.parametrize("glob", ["sub/data/", "./sub//data", "sub/./data/", "data/"])
def test_an_exclude_of_a_directory_is_understood_as_people_write_paths(artifacts, work, glob):
    make(work, {"m/sub/data/x": b"s", "m/a": b""})
    assert names(ingest(artifacts, ["m"], Selection(exclude=(glob,)))) == ["a"]


def test_an_exclude_or_include_that_matches_nothing_is_said(artifacts, work):
    make(work, {"m/secret.csv": b"s", "m/.git/config": b"", "m/sub/a": b""})
    selection = Selection(exclude=("secrets.csv", "./a", ".git", "secret.csv/"), include=("*.pem",))
    assert ingest(artifacts, ["m"], selection).notes == (
        "left out: .git",
        "warning: 'secrets.csv' matched nothing",
        "warning: './a' matched nothing",
        "warning: 'secret.csv/' matched nothing",
        "warning: '*.pem' matched nothing",
    )


def test_more_files_than_a_manifest_takes_are_refused_before_a_byte_is_copied(artifacts, work, root, monkeypatch):
    name = "n" * 200
    make(work, {f"m/{name}{number}": b"" for number in range(40)})
    monkeypatch.setattr("modelkeep.store.ingest.walk.LARGEST_MANIFEST", 10_000)
    with pytest.raises(UsageError) as caught:
        ingest(artifacts, ["m"], PLAIN)
    assert caught.value.hint == "register one file that holds them: tar -cf files.tar m"
    assert nothing_left(root)


@pytest.mark.skipif(sys.platform != "linux", reason="bytes of names are Linux's")
def test_the_bytes_of_names_are_kept_under_a_locale_that_is_not_utf8(root, work):
    make(work, {"m/ümlaut.bin": b"a", "m/重み/w": b"b"})
    program = (
        "import sys; from modelkeep.store.ingest.artifact import Selection, ingest, measure\n"
        "from modelkeep.store.bucket.directory import DirectoryBucket\n"
        "assert sys.getfilesystemencoding() != 'utf-8'\n"
        "done = ingest(DirectoryBucket(sys.argv[1]), sys.argv[2:], Selection(exclude=('no*',)))\n"
        "sys.stdout.buffer.write(done.manifest.to_bytes())"
    )
    env = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for paths, wanted in ((["m"], ["ümlaut.bin", "重み/w"]), (["m/ümlaut.bin"], ["ümlaut.bin"])):
        command = [sys.executable, "-c", program, str(root), *paths]
        done = subprocess.run(command, env=env, capture_output=True, check=True)
        assert [file.path for file in Manifest.from_bytes(done.stdout).files] == wanted


def test_many_files_go_in_with_several_threads(artifacts, work, root):
    contents = {f"{n:04d}": (b"%d" % n) * 1000 for n in range(300)}
    make(work / "m", contents)
    seen = []
    done = ingest(artifacts, ["m"], PLAIN, progress=lambda *step: seen.append(step))
    assert {f.path: f.digest for f in done.manifest.files} == {
        name: "sha256:" + hashlib.sha256(data).hexdigest() for name, data in contents.items()
    }
    total = sum(map(len, contents.values()))
    assert seen[-1] == (total, total)
    assert [step[0] for step in seen] == sorted(step[0] for step in seen)
    assert len(blobs(root)) == 300
    assert os.listdir(root / "tmp") == []


def test_a_small_file_costs_four_opens(artifacts, work, monkeypatch):
    """Its source, its draft, and the directory of its key when that is asked for and when it is named."""
    opened, real = [], os.open

    def count(*arguments, **names):
        opened.append(arguments)
        return real(*arguments, **names)

    deep = work / "a/long/way/to/it"
    make(deep, {"few/0": b"0", **{f"many/{n}": b"%d" % n for n in range(1, 101)}})
    monkeypatch.setattr(os, "open", count)
    ingest(artifacts, [str(deep / "few")], PLAIN)
    few = len(opened)
    found = ingest(artifacts, [str(deep / "many")], PLAIN)
    missing_from(artifacts, found.manifest.files)
    assert len(opened) - 2 * few <= 100 * 5


def test_many_typed_directories_are_not_all_held_open(artifacts, work):
    make(work, {f"d{n}/a": b"%d" % n for n in range(40)})
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 30, limit[1]))
    try:
        done = ingest(artifacts, [f"d{n}" for n in range(40)], PLAIN)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limit)
    assert len(done.manifest.files) == 40


def test_the_same_artifact_twice_adds_no_bytes(artifacts, work, root):
    make(work, {"m/a": b"same", "m/b": b"same", "m/c": b"other"})
    assert ingest(artifacts, ["m"], PLAIN).new_bytes == 9
    before = blobs(root)
    again = ingest(artifacts, ["m"], PLAIN)
    assert (again.new_bytes, again.size_bytes) == (0, 13)
    assert blobs(root) == before


def test_measuring_is_what_ingesting_would_be_without_a_store(artifacts, work):
    make(work, {"m/a": b"a", "m/b/c": b"c", "m/.git/HEAD": b"", "m/.env": b"S=1"})
    measured = measure(["m"], Selection(exclude=(".env",)))
    ingested = ingest(artifacts, ["m"], Selection(exclude=(".env",)))
    assert measured.manifest == ingested.manifest
    assert (measured.new_bytes, ingested.new_bytes) == (0, 2)
    assert measured.notes == ingested.notes == ("left out: .git, 1 by --exclude",)
    assert names(measure(["m"], PLAIN)) == [".env", "a", "b/c"]  # nothing is kept of it
    with pytest.raises(UsageError, match=r"'m/\.env' looks like a file of secrets"):
        measure(["m"], PLAIN, secrets=False)


@given(
    st.dictionaries(
        st.from_regex(r"[a-c]{1,2}(/[d-f]{1,2}){0,2}\.x", fullmatch=True), st.binary(max_size=20), min_size=1
    )
)
def test_what_goes_in_is_what_was_there(tmp_path_factory, files):
    base = tmp_path_factory.mktemp("law")
    make(base / "m", files)
    create_store(str(base / "store"))
    artifacts = DirectoryBucket(str(base / "store"))
    done = ingest(artifacts, [str(base / "m")], PLAIN)
    back = {}
    for file in done.manifest.files:
        with artifacts.get(file.digest) as stream:
            back[file.path] = stream.read()
    assert back == files
    assert done.new_bytes == sum(map(len, set(files.values())))


# Left out, refused ------------------------------------------------------------------------------


def test_what_is_never_part_of_a_model_is_left_out_and_said(artifacts, work):
    make(
        work,
        {
            "m/a": b"a",
            "m/.git/config": b"",
            "m/x/__pycache__/a.pyc": b"",
            "m/__pycache__/a.pyc": b"",
            "m/.ipynb_checkpoints/n": b"",
            "m/.DS_Store": b"",
            "m/x/b": b"b",
        },
    )
    done = ingest(artifacts, ["m"], PLAIN)
    assert names(done) == ["a", "x/b"]
    assert done.notes == ("left out: .DS_Store, .git, .ipynb_checkpoints, __pycache__ (2 times)",)


def test_a_registry_does_not_swallow_itself(artifacts, work):
    make(work, {"model.bin": b"a", ".modelkeep/registry.db": b"", "reg/registry.db": b"", "reg/store/x": b"x"})
    done = ingest(artifacts, ["."], PLAIN)
    assert names(done) == ["model.bin"]
    assert done.notes == ("left out: .modelkeep, a registry",)
    with pytest.raises(UsageError, match="'reg' is a registry, not an artifact"):
        ingest(artifacts, ["reg"], PLAIN)


@pytest.mark.parametrize(
    ("globs", "kept"),
    [
        (("*.log",), ["a.bin", "b/c.bin", "b/tmp/d", "tmp"]),
        (("tmp",), ["a.bin", "a.log", "b/c.bin", "b/e.log"]),
        (("tmp/",), ["a.bin", "a.log", "b/c.bin", "b/e.log", "tmp"]),
        (("b/*.log",), ["a.bin", "a.log", "b/c.bin", "b/tmp/d", "tmp"]),
        (("/a.*",), ["b/c.bin", "b/e.log", "b/tmp/d", "tmp"]),
        (("b",), ["a.bin", "a.log", "tmp"]),
        (("?.log", "[t]mp"), ["a.bin", "b/c.bin"]),
        (("*.LOG",), ["a.bin", "a.log", "b/c.bin", "b/e.log", "b/tmp/d", "tmp"]),
    ],
)
def test_globs_mean_a_name_or_with_a_slash_a_path(artifacts, work, globs, kept):
    files = ["a.bin", "a.log", "b/c.bin", "b/e.log", "b/tmp/d", "tmp"]
    make(work / "m", dict.fromkeys(files, b""))
    assert names(ingest(artifacts, ["m"], Selection(exclude=globs))) == kept
    (work / "m" / ".modelkeepignore").write_text("# not these\n\n" + "\n".join(globs) + "\n")
    done = ingest(artifacts, ["m"], PLAIN)
    assert names(done) == kept


def test_include_wins_over_what_leaves_out(artifacts, work):
    make(work, {"m/a.log": b"", "m/keep.log": b"", "m/b.tmp": b"", "m/keep.tmp": b"", "m/.DS_Store": b""})
    (work / "m/.modelkeepignore").write_text("*.tmp\n")
    selection = Selection(exclude=("*.log",), include=("keep.*", ".DS_Store"))
    done = ingest(artifacts, ["m"], selection)
    assert names(done) == [".DS_Store", "keep.log", "keep.tmp"]
    assert done.notes == ("left out: 1 by --exclude, 1 by .modelkeepignore",)


def test_an_ignore_file_that_takes_back_is_refused_with_the_flag_that_does(artifacts, work):
    make(work, {"m/.modelkeepignore": b"*.log\n!keep.log\n", "m/keep.log": b""})
    with pytest.raises(UsageError) as caught:
        ingest(artifacts, ["m"], PLAIN)
    assert caught.value.message == "'m/.modelkeepignore' takes nothing back: '!keep.log'"
    assert caught.value.hint == "--include 'keep.log'"


@pytest.mark.parametrize("how", [os.mkfifo, lambda p: p.write_bytes(b"\xff\xfe"), lambda p: p.symlink_to("/dev/zero")])
def test_an_ignore_file_that_cannot_be_read_lets_nothing_in(artifacts, work, root, how):
    make(work, {"m/a": b"a"})
    how(work / "m/.modelkeepignore")
    with pytest.raises(UsageError, match="modelkeepignore"):
        ingest(artifacts, ["m"], PLAIN)
    assert nothing_left(root)


@pytest.mark.parametrize(
    "name",
    [".env", ".env.production", ".env~", ".envrc", "prod.env", "id_rsa", "id_ed25519", "tls.key", "a.p12", "ID_RSA"],
)
def test_secrets_are_refused_by_name_with_the_flags_that_help(artifacts, work, root, name):
    make(work, {"m/a": b"a", f"m/sub/{name}": b"secret"})
    with pytest.raises(UsageError) as caught:
        ingest(artifacts, ["m"], PLAIN)
    assert caught.value.message.startswith(f"'m/sub/{name}' looks like a ")
    assert caught.value.hint == f"leave it out with --exclude 'sub/{name}', or allow it with --include"
    assert nothing_left(root)
    assert names(ingest(artifacts, ["m"], Selection(exclude=(name,)))) == ["a"]
    assert names(ingest(artifacts, ["m"], Selection(include=(f"sub/{name}",)))) == sorted(["a", f"sub/{name}"])


@pytest.mark.parametrize("name", [".env.example", "public.pem", "id_rsa.pub", "keys.json", "environment", "env"])
def test_what_only_sounds_like_a_secret_goes_in(artifacts, work, name):
    make(work, {f"m/{name}": b"-----BEGIN CERTIFICATE-----\nas in '-----BEGIN PRIVATE KEY-----'\n"})
    assert names(ingest(artifacts, ["m"], PLAIN)) == [name]


@pytest.mark.parametrize(
    "header",
    [
        KEY,
        b"-----BEGIN PRIVATE KEY-----\n",
        b"\n-----BEGIN RSA PRIVATE KEY-----\n",
        b"PuTTY-User-Key-File-3: x",
        b"\xef\xbb\xbf" + KEY,
        KEY.decode().encode("utf-16"),
        b"-----BEGIN CERTIFICATE-----\r\nMIIB\r\n" + KEY,
    ],
    ids=["openssh", "pkcs8", "after a line", "putty", "a mark before it", "utf-16", "behind a certificate"],
)
def test_private_keys_are_refused_by_how_they_begin(artifacts, work, root, header):
    make(work, {"m/a": b"a", "m/weights.pem": header})
    with pytest.raises(UsageError, match=r"'m/weights.pem' looks like a private key"):
        ingest(artifacts, ["m"], PLAIN)
    with pytest.raises(UsageError, match="looks like a private key"):
        ingest(artifacts, ["m/weights.pem"], Selection(filename="model.bin"))
    with pytest.raises(UsageError, match="'-' looks like a private key"):
        ingest(artifacts, ["-"], Selection(filename="model.bin"), stdin=io.BytesIO(header))
    assert nothing_left(root)
    assert names(ingest(artifacts, ["m"], Selection(include=("*.pem",)))) == ["a", "weights.pem"]


def test_standard_input_is_looked_at_like_a_file(artifacts):
    def take(**more):
        return ingest(artifacts, ["-"], Selection(**more), stdin=io.BytesIO(KEY))

    with pytest.raises(UsageError, match="'-' looks like a file of secrets"):
        take(filename=".env")
    with pytest.raises(UsageError, match="'-' looks like a private key"):
        take(filename="m", include=("*.pem",))
    assert names(take(filename="m.pem", include=("*.pem",))) == ["m.pem"]


# Hostile sources --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        b"\xff",
        b"a\\b",
        b"a\nb",
        b"a\x1b[2Jb",
        b"con",
        b"NUL.txt",
        b"x.",
        b"x " + b"",
        b"a" * 255 + b"/" + b"a" * 255 + b"/" + b"a" * 255 + b"/" + b"a" * 255 + b"/aaaa",
    ],
)
def test_names_are_refused_not_repaired(artifacts, work, root, name):
    make(work, {"m/a": b"a"})
    path = os.fsencode(work / "m") + b"/" + name
    here = os.open(work / "m", os.O_RDONLY)
    try:
        below = here
        for part in name.split(b"/")[:-1]:
            os.mkdir(part, dir_fd=below)
            below = os.open(part, os.O_RDONLY, dir_fd=below)
        os.close(os.open(path.split(b"/")[-1], os.O_CREAT | os.O_WRONLY, dir_fd=below))
    finally:
        os.close(here)
    with pytest.raises(UsageError) as caught:
        ingest(artifacts, ["m"], PLAIN)
    assert caught.value.message.isprintable()
    assert caught.value.hint == "rename the file, or leave it out with --exclude"
    assert nothing_left(root)


def test_a_tree_too_deep_to_name_is_refused_and_not_walked_to_its_end(artifacts, work, root):
    below = os.open(work, os.O_RDONLY)
    for name in ["m", *["d"] * 600]:
        os.mkdir(name, dir_fd=below)
        deeper = os.open(name, os.O_RDONLY, dir_fd=below)
        os.close(below)
        below = deeper
    os.close(os.open("f", os.O_CREAT | os.O_WRONLY, dir_fd=below))
    os.close(below)
    with pytest.raises(UsageError, match="1025 bytes, more than 1024"):
        ingest(artifacts, ["m"], PLAIN)
    assert nothing_left(root)


def test_a_deep_tree_that_can_be_named_goes_in(artifacts, work):
    make(work, {"m/" + "d/" * 400 + "f": b"deep"})
    assert names(ingest(artifacts, ["m"], PLAIN)) == ["d/" * 400 + "f"]


def bind(path):
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.getcwd()
        os.chdir(os.path.dirname(path))
        listener.bind(os.path.basename(path))
        os.chdir(here)


@pytest.mark.parametrize("typed", ["m", "m/odd"])
@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("a pipe (FIFO)", os.mkfifo),
        ("a socket", bind),
        pytest.param(
            "a device",
            lambda path: os.mknod(path, 0o20666, os.makedev(1, 5)),
            marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a device"),
        ),
    ],
)
def test_what_is_no_file_is_refused_without_blocking(artifacts, work, root, kind, how, typed):
    make(work, {"m/a": b"a"})
    how(str(work / "m" / "odd"))
    with pytest.raises(UsageError) as caught:
        ingest(artifacts, [typed], PLAIN)
    assert caught.value.message == f"'m/odd' is {kind}, not a file"
    assert nothing_left(root)


def test_a_process_substitution_is_told_of_standard_input(artifacts):
    out, into = os.pipe()
    try:
        with pytest.raises(UsageError) as caught:
            ingest(artifacts, [f"/dev/fd/{out}"], PLAIN)
        assert caught.value.hint == "to register what a pipe yields, use - and --filename"
    finally:
        os.close(out)
        os.close(into)


def test_symbolic_links_inside_are_refused_with_the_flag_that_copies(artifacts, work, root):
    make(work, {"secret": b"s", "m/a": b"a"})
    os.symlink("../secret", work / "m/link")
    with pytest.raises(UsageError) as caught:
        ingest(artifacts, ["m"], PLAIN)
    assert caught.value.message == "'m/link' is a symbolic link"
    assert caught.value.hint == "--follow-symlinks copies the files they lead to; --exclude leaves them out"
    assert nothing_left(root)
    assert names(ingest(artifacts, ["m"], Selection(exclude=("link",)))) == ["a"]


def test_a_hugging_face_snapshot_goes_in_with_its_real_names(artifacts, work):
    hub = work / "models--org--net"
    make(hub, {"blobs/aaa": b"weights", "blobs/bbb": b"{}", "blobs/ccc": b"vocab"})
    snapshot = hub / "snapshots/0123abc"
    (snapshot / "tok").mkdir(parents=True)
    os.symlink("../../blobs/aaa", snapshot / "model.safetensors")
    os.symlink("../../blobs/bbb", snapshot / "config.json")
    os.symlink("../../../blobs/ccc", snapshot / "tok/vocab.txt")
    done = ingest(artifacts, [str(snapshot)], Selection(follow_symlinks=True))
    assert names(done) == ["config.json", "model.safetensors", "tok/vocab.txt"]
    assert (done.symlinks, done.size_bytes) == (True, 14)
    assert done.notes == ("copied what 3 symbolic links lead to",)


def test_linked_directories_are_followed_too(artifacts, work):
    make(work, {"shared/a": b"a", "m/b": b"b"})
    os.symlink("../shared", work / "m/one")
    os.symlink("../shared", work / "m/two")
    done = ingest(artifacts, ["m"], Selection(follow_symlinks=True))
    assert (names(done), done.new_bytes) == (["b", "one/a", "two/a"], 2)


@pytest.mark.parametrize(
    ("link", "target"), [("m/self", "."), ("m/up", ".."), ("m/d/root", "../../m"), ("m/loop", "loop")]
)
def test_circles_of_links_are_refused(artifacts, work, root, link, target):
    make(work, {"m/a": b"a", "m/d/b": b"b"})
    os.symlink(target, work / link)
    with pytest.raises(UsageError, match="in a circle"):
        ingest(artifacts, ["m"], Selection(follow_symlinks=True))
    assert nothing_left(root)


def test_a_link_farm_that_would_explode_is_refused(artifacts, work, root):
    for level in range(30):
        (work / f"d{level}").mkdir()
        for name in ("x", "y"):
            os.symlink(f"../d{level + 1}", work / f"d{level}/{name}")
    make(work, {"d30/file": b"boom"})
    with pytest.raises(UsageError, match="more than 16 ways"):
        ingest(artifacts, ["d0"], Selection(follow_symlinks=True))
    assert nothing_left(root)


def test_a_followed_link_to_nothing_a_device_or_a_secret_is_refused(artifacts, work, root):
    make(work, {"m/a": b"a", ".env": b"S=1"})
    for target, why in (("gone", "leads to nothing"), ("/dev/zero", "is a device"), ("../.env", "file of secrets")):
        os.symlink(target, work / "m/link")
        with pytest.raises(UsageError, match=why):
            ingest(artifacts, ["m"], Selection(follow_symlinks=True))
        os.unlink(work / "m/link")
    assert nothing_left(root)


def test_a_path_that_is_not_there_is_told_with_its_neighbours(artifacts, work):
    make(work, {"models/fraud.onnx": b""})
    with pytest.raises(NotFound) as caught:
        ingest(artifacts, ["models/fruad.onnx"], PLAIN)
    assert caught.value.message == "there is no file 'models/fruad.onnx'"
    assert caught.value.hint == "did you mean models/fraud.onnx?"
    with pytest.raises(NotFound) as caught:
        ingest(artifacts, ["modles/fraud.onnx"], PLAIN)
    assert caught.value.hint == "there is no directory 'modles'"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user to become")
@pytest.mark.parametrize("closed", ["m/a", "m/d"])
def test_what_may_not_be_read_is_told(artifacts, work, root, closed):
    make(work, {"m/a": b"a", "m/d/b": b"b"})
    for path in (work, *work.parents):
        if path.stat().st_uid == 0 and "pytest" in str(path):
            path.chmod(0o755)
    (work / closed).chmod(0)
    os.seteuid(65534)
    try:
        with pytest.raises(UsageError) as caught:
            measure(["m"], PLAIN)
    finally:
        os.seteuid(0)
    assert caught.value.message == f"'{closed}' cannot be read: permission denied"
    assert caught.value.hint == f"ls -ld {closed}"


# A source that moves ----------------------------------------------------------------------------

BIG = bytes(2_000_000)


def change_in_place(work):
    with open(work / "m/big", "r+b") as file:
        file.write(b"changed")


def append(work):
    with open(work / "m/big", "ab") as file:
        file.write(b"more")


def truncate(work):
    os.truncate(work / "m/big", 1_500_000)


def replace(work):
    make(work, {"new": BIG})
    os.rename(work / "new", work / "m/big")


def add(work):
    make(work, {"m/later": b"x"})


def remove(work):
    os.unlink(work / "m/big")


@pytest.mark.parametrize("harm", [change_in_place, append, truncate, replace, add, remove])
@pytest.mark.parametrize("take", [ingest, measure])
def test_a_source_that_changes_while_it_is_read_is_an_error(artifacts, work, root, harm, take):
    make(work, {"m/big": BIG})
    done = []

    def meddle(so_far, total):
        if not done:
            done.append(so_far)
            harm(work)

    arguments = (artifacts,) if take is ingest else ()
    with pytest.raises(Conflict) as caught:
        take(*arguments, ["m"], PLAIN, progress=meddle)
    assert done
    assert done[0] < len(BIG)
    assert "m/" in caught.value.message
    assert nothing_left(root)


def for_a_link(b):
    os.symlink("../secret", b)


def for_a_pipe(b):
    os.mkfifo(b)


def for_another_file(b):
    b.write_bytes(b"y")


def for_nothing(b):
    pass


@pytest.fixture
def one_thread():
    """Have files read in their order."""
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(processors)})
    yield
    os.sched_setaffinity(0, processors)


@pytest.mark.parametrize("swap", [for_a_link, for_a_pipe, for_another_file, for_nothing])
def test_a_file_that_was_swapped_before_it_was_read_is_not_read(artifacts, work, root, swap, one_thread):
    make(work, {"m/a": bytes(100_000), "m/b": b"b", "secret": b"s"})
    steps = []

    def meddle(so_far, total):
        os.unlink(work / "m/b")
        swap(work / "m/b")
        steps.append(so_far)

    with pytest.raises(Conflict, match="'m/b' was changed while it was read"):
        ingest(artifacts, ["m"], PLAIN, progress=meddle)
    assert steps == [100_000]
    assert nothing_left(root)


def move_away(typed):
    typed.rename("elsewhere")


def put_another(typed):
    typed.rename("elsewhere")
    shutil.copytree("elsewhere", typed)


@pytest.mark.parametrize("harm", [move_away, put_another])
def test_a_typed_directory_that_was_swapped_while_it_was_read_is_an_error(artifacts, work, root, harm, one_thread):
    make(work, {"m/a": bytes(100_000), "m/b": b"b"})

    def meddle(so_far, total):
        if so_far == 100_000:
            harm(work / "m")

    with pytest.raises(Conflict, match="was changed while it was read"):
        ingest(artifacts, ["m"], PLAIN, progress=meddle)
    assert nothing_left(root)


def test_a_directory_that_was_swapped_for_a_link_to_itself_is_not_entered(artifacts, work, root, one_thread):
    make(work, {"m/a": bytes(100_000), "m/d/b": b"b"})

    def meddle(so_far, total):
        if so_far == 100_000:
            os.rename(work / "m/d", work / "elsewhere")
            os.symlink("../elsewhere", work / "m/d")

    with pytest.raises(Conflict, match="'m/d/b' was changed while it was read"):
        ingest(artifacts, ["m"], PLAIN, progress=meddle)
    assert nothing_left(root)


def write_into(directory):
    (directory / "a").write_bytes(b"c" * 100_000)


def add_to(directory):
    (directory / "c").write_bytes(b"c")


def take_from(directory):
    (directory / "a").unlink()


def copy_in(directory):
    shutil.copy2(directory / "a", directory / "c")
    os.replace(directory / "c", directory / "a")


def swap_names_in(directory):
    os.rename(directory / "a", directory / "c")
    os.rename(directory / "b", directory / "a")
    os.rename(directory / "c", directory / "b")


def ignore_in(directory):
    (directory / IGNORE_FILE).write_text("a\n")


@pytest.mark.parametrize("change", [write_into, add_to, take_from, copy_in, swap_names_in, ignore_in])
def test_a_directory_that_changes_after_it_was_read_is_another_artifact(artifacts, work, root, change, one_thread):
    make(work, {"m/a": bytes(100_000), "m/b": bytes(100_000)})

    def meddle(so_far, total):
        if so_far == total:
            change(work / "m")

    with pytest.raises(Conflict, match=r"'m/[abc]' was changed while it was read"):
        ingest(artifacts, ["m"], PLAIN, progress=meddle)
    assert nothing_left(root)


def test_a_directory_that_stays_as_it_is_goes_in_with_what_it_ignores_and_links_to(artifacts, work):
    make(work, {"m/a": b"a", "m/x": b"x", f"m/{IGNORE_FILE}": b"x\n", "m/d/e": b"e"})
    os.symlink("a", work / "m/b")
    taken = ingest(artifacts, ["m"], Selection(follow_symlinks=True))
    assert [file.path for file in taken.manifest.files] == ["a", "b", "d/e"]
    twice = ingest(artifacts, ["m", "m/d"], Selection(follow_symlinks=True))
    assert [file.path for file in twice.manifest.files] == ["d/e", "m/a", "m/b", "m/d/e"]


def test_a_file_that_grows_is_not_run_after(artifacts, work, root):
    make(work, {"log": bytes(300_000)})
    steps = []

    def grow(so_far, total):
        steps.append(so_far)
        if len(steps) < 50:
            with open(work / "log", "ab") as log:
                log.write(bytes(300_000))

    with pytest.raises(Conflict, match="'log' was changed while it was read"):
        ingest(artifacts, ["log"], PLAIN, progress=grow)
    assert max(steps) <= 300_000
    assert nothing_left(root)


@pytest.mark.parametrize("path", ["/proc/self/status", "/sys/kernel/uevent_seqnum"])
def test_a_file_that_is_not_as_long_as_it_says_is_refused(artifacts, root, path):
    if not os.path.exists(path):
        pytest.skip(f"this system has no {path}")
    with pytest.raises(Conflict, match="was changed while it was read"):
        ingest(artifacts, [path], PLAIN)
    assert nothing_left(root)


def test_an_interruption_leaves_nothing_and_no_thread_goes_on(artifacts, work, root):
    make(work / "m", {f"{n:03d}": os.urandom(100_000) for n in range(200)})

    def interrupt(so_far, total):
        if so_far > total // 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest(artifacts, ["m"], PLAIN, progress=interrupt)
    assert threading.active_count() == 1
    assert nothing_left(root)


def test_a_damaged_copy_in_the_store_is_made_whole_and_that_is_said(artifacts, work, root):
    make(work, {"m/a": b"hello", "m/b": b"b"})
    blob = ingest(artifacts, ["m/a"], PLAIN).manifest.files[0]
    path = artifacts.local_path(blob.digest)
    os.chmod(path, 0o600)
    os.truncate(path, 1)
    done = ingest(artifacts, ["m"], PLAIN)
    assert (done.new_bytes, done.notes) == (
        6,
        (f"the store's copy of {blob.digest} was damaged, and is replaced",),
    )
    assert examine(artifacts, blob.digest, blob.size, quick=False) is None
    assert os.listdir(root / "tmp") == []


def test_memory_stays_small_whatever_the_size(root, work):
    with open(work / "big", "wb") as file:
        file.truncate(400 * 1024 * 1024)
    code = (
        "import resource, sys\n"
        "from modelkeep.store.bucket.directory import DirectoryBucket\n"
        "from modelkeep.store.ingest.artifact import Selection, ingest\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "ingest(DirectoryBucket(sys.argv[1]), ['big'], Selection())\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    import subprocess

    grown = int(
        subprocess.run([sys.executable, "-c", code, str(root)], capture_output=True, check=True, text=True).stdout
    )
    assert grown < 20 * 1024  # KiB


# What is there already ----------------------------------------------------------------------------


def known(artifacts):
    """Answer as the ledger does, from what the store holds."""

    def of_sizes(sizes):
        asked.append(sorted(sizes))
        return {size: [blob.key for blob in artifacts.list() if blob.size == size] for size in sizes}

    asked = []
    of_sizes.asked = asked
    return of_sizes


@pytest.fixture
def random_bytes():
    """Return what makes a file that is like no other."""
    return lambda seed: random.Random(seed).randbytes(1_500_000)


@pytest.fixture
def drafts(artifacts):
    """Count the files that are begun in the store."""
    begun = []
    upload = artifacts.upload

    def watched(**how):
        started = upload(**how)
        draft = started.draft
        started.draft = lambda: begun.append(1) or draft()
        return started

    artifacts.upload = watched
    return begun


def test_a_big_file_that_is_there_is_read_once_and_nothing_is_written(artifacts, work, root, random_bytes, drafts):
    make(work, {"m": random_bytes(1)})
    ingest(artifacts, ["m"], PLAIN)
    drafts.clear()
    before = [(path, path.lstat().st_mtime_ns) for path in sorted(root.rglob("*"))]
    done = []
    again = ingest(artifacts, ["m"], PLAIN, stored=known(artifacts), progress=lambda so_far, _: done.append(so_far))
    assert (again.new_bytes, drafts, done[-1]) == (0, [], 1_500_000)
    assert [(path, path.lstat().st_mtime_ns) for path in sorted(root.rglob("*"))] == before


def test_a_model_that_was_trained_again_is_copied_at_once(artifacts, work, random_bytes, drafts):
    make(work, {"m": random_bytes(1), "n": random_bytes(2)})
    ingest(artifacts, ["m"], PLAIN)
    drafts.clear()
    done = []
    ingest(artifacts, ["n"], PLAIN, stored=known(artifacts), progress=lambda so_far, _: done.append(so_far))
    assert (len(drafts), done[-1]) == (1, 1_500_000)


def test_one_other_byte_anywhere_makes_it_another_content(artifacts, work, random_bytes, drafts):
    one = random_bytes(1)
    other = bytearray(one)
    other[20_000] ^= 1
    make(work, {"m": one, "n": bytes(other)})
    first = ingest(artifacts, ["m"], PLAIN)
    drafts.clear()
    done = []
    second = ingest(artifacts, ["n"], PLAIN, stored=known(artifacts), progress=lambda so_far, _: done.append(so_far))
    assert (second.new_bytes, len(drafts), done[-1]) == (1_500_000, 1, 1_500_000)
    assert second.manifest != first.manifest
    (file,) = second.manifest.files
    assert examine(artifacts, file.digest, file.size, quick=False) is None


@pytest.mark.parametrize(
    "harm", [os.unlink, lambda path: os.truncate(path, 5), lambda path: (os.unlink(path), os.mkfifo(path))]
)
def test_what_the_ledger_knows_and_the_store_has_lost_is_copied(artifacts, work, random_bytes, harm):
    make(work, {"m": random_bytes(1)})
    (file,) = ingest(artifacts, ["m"], PLAIN).manifest.files
    path = artifacts.local_path(file.digest)
    os.chmod(path, 0o600)
    harm(path)
    if os.path.lexists(path) and not os.path.isfile(path):
        with pytest.raises(IntegrityError):
            ingest(artifacts, ["m"], PLAIN, stored=lambda _: {1_500_000: [file.digest]})
        return
    assert ingest(artifacts, ["m"], PLAIN, stored=lambda _: {1_500_000: [file.digest]}).new_bytes == 1_500_000
    assert examine(artifacts, file.digest, file.size, quick=False) is None


def test_the_ledger_is_asked_once_and_only_for_what_does_not_fit_into_memory(artifacts, work, random_bytes):
    make(work, {"m/a": b"a", "m/b": random_bytes(1), "m/c": random_bytes(2) + b"c"})
    ask = known(artifacts)
    ingest(artifacts, ["m"], PLAIN, stored=ask)
    assert ask.asked == [[1_500_000, 1_500_001]]
    ingest(artifacts, ["m/a"], PLAIN, stored=ask)
    assert len(ask.asked) == 1


@pytest.mark.parametrize("size", [5, 1_500_000])
def test_a_stored_content_with_a_flipped_byte_is_not_relied_upon_and_is_replaced(artifacts, work, size):
    make(work, {"m": b"x" * size})
    (file,) = ingest(artifacts, ["m"], PLAIN).manifest.files
    path = artifacts.local_path(file.digest)
    os.chmod(path, 0o600)
    with open(path, "r+b") as blob:
        blob.seek(size // 3)
        blob.write(b"y")
    done = ingest(artifacts, ["m"], PLAIN, stored=known(artifacts))
    assert done.notes == (f"the store's copy of {file.digest} was damaged, and is replaced",)
    assert examine(artifacts, file.digest, file.size, quick=False) is None


def test_a_file_with_a_slash_behind_it_is_no_file(artifacts, work):
    (work / "a").write_text("a")
    with pytest.raises(NotFound, match="there is no file 'a/'"):
        ingest(artifacts, ["a/"], PLAIN)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs Linux: a deleted file by its descriptor")
def test_a_deleted_file_is_taken_in_by_its_descriptor(artifacts, work):
    (work / "a").write_text("deleted")
    descriptor = os.open(work / "a", os.O_RDONLY)
    try:
        (work / "a").unlink()
        taken = ingest(artifacts, [f"/dev/fd/{descriptor}"], PLAIN)
    finally:
        os.close(descriptor)
    assert [file.size for file in taken.manifest.files] == [len("deleted")]
