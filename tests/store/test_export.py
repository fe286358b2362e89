"""What comes out is what went in, all of it or nothing; a wrong byte never leaves."""

import hashlib
import io
import os
import socket
import stat
from pathlib import Path

import pytest
from msgspec.structs import replace

from modelkeep.domain.manifest import Manifest
from modelkeep.errors import Conflict, IntegrityError, NotFound, RegistryUnavailable, UsageError
from modelkeep.store.bucket.directory import create_store
from modelkeep.store.content.hashing import CHUNK
from modelkeep.store.export.artifact import Exported, export, export_stream
from modelkeep.store.export.draft import Draft
from modelkeep.store.export.part import part_of
from modelkeep.store.ingest.artifact import Selection, ingest
from modelkeep.store.named_paths import open_directory
from modelkeep.store.opened_directory import OpenedDirectory


@pytest.fixture
def model(artifacts, work):
    """Return what gets the artifact of one file, ``m.onnx``."""
    return _Artifact(artifacts, work, {"m.onnx": b"hello"}, "file")


@pytest.fixture
def tree(artifacts, work):
    """Return what gets the artifact of three files in two directories."""
    return _Artifact(artifacts, work, {"a.bin": b"hello", "sub/b.bin": bytes(2 * CHUNK + 3), "sub/deep/c": b""}, "tree")


class _Artifact:
    def __init__(self, artifacts, work: Path, files: dict[str, bytes], form: str):
        self.artifacts = artifacts
        self.files = files
        self.form = form
        source = work.parent / "source"
        for name, data in files.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes(data)
        done = ingest(artifacts, [str(source / "m.onnx" if form == "file" else source)], Selection())
        self.manifest = done.manifest

    def get(self, dest, *, force=False, progress=None):
        return export(
            self.artifacts, self.manifest, self.form, dest, default_name="fraud-3", force=force, progress=progress
        )

    def harm(self, harm, which=0):
        path = self.artifacts.local_path(self.manifest.files[which].digest)
        os.chmod(path, 0o600)
        harm(path)


def look(directory):
    """Return all files below a directory, hidden ones too."""
    base = Path(directory)
    return {str(path.relative_to(base)): path.read_bytes() for path in sorted(base.rglob("*")) if not path.is_dir()}


def flip(path):
    with open(path, "r+b") as blob:
        first = blob.read(1)
        blob.seek(0)
        blob.write(bytes([first[0] ^ 1]))


def cut(path):
    os.truncate(path, os.path.getsize(path) - 1)


# Where it goes ----------------------------------------------------------------------------------


def test_a_file_goes_to_the_name_that_was_given(model, work):
    assert model.get("out.onnx") == Exported("out.onnx", changed=True)
    assert look(work) == {"out.onnx": b"hello"}


def test_a_tree_goes_to_the_name_that_was_given(tree, work):
    assert tree.get("out") == Exported("out", changed=True)
    assert look("out") == tree.files


@pytest.mark.parametrize(
    ("dest", "path"), [("dir", "dir/m.onnx"), ("dir/", "dir/m.onnx"), (".", "./m.onnx"), ("new/er/", "new/er/m.onnx")]
)
def test_a_file_goes_into_a_directory_under_its_name(model, work, dest, path):
    (work / "dir").mkdir()
    assert model.get(dest) == Exported(path, changed=True)
    assert look(work) == {os.path.normpath(path): b"hello"}


@pytest.mark.parametrize(("dest", "path"), [("dir/", "dir/fraud-3"), (".", "./fraud-3"), ("new/", "new/fraud-3")])
def test_a_tree_goes_into_a_directory_under_the_models_name(tree, work, dest, path):
    (work / "dir").mkdir()
    assert tree.get(dest) == Exported(path, changed=True)
    assert look(path) == tree.files


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o000])
def test_files_are_0644_and_directories_0755_less_the_umask(tree, model, umask):
    before = os.umask(umask)
    try:
        tree.get("out")
        model.get("file")
    finally:
        os.umask(before)
    paths = [Path("out"), *Path("out").rglob("*"), Path("file")]
    modes = {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()}
    assert modes == {0o644 & ~umask}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_dir()} == {0o755 & ~umask}


def test_a_directory_that_is_not_there_is_told(model, work):
    with pytest.raises(NotFound) as caught:
        model.get("no/where")
    assert caught.value.message == "there is no directory 'no' to write into"
    assert caught.value.hint == "mkdir -p no"


def test_an_empty_destination_is_refused(model):
    with pytest.raises(UsageError, match="empty destination"):
        model.get("")


def test_a_file_where_a_directory_is_meant_is_left_alone(model, tree, work):
    (work / "f").write_bytes(b"mine")
    for artifact in (model, tree):
        for dest in ("f/", "f/x/"):
            with pytest.raises((Conflict, UsageError)):
                artifact.get(dest, force=True)
    assert look(work) == {"f": b"mine"}


def test_progress_counts_to_the_end(tree):
    steps = []
    tree.get("out", progress=lambda done, total: steps.append((done, total)))
    assert steps[-1] == (2 * CHUNK + 8, 2 * CHUNK + 8)


# What is there already --------------------------------------------------------------------------


@pytest.mark.parametrize("force", [False, True])
def test_the_same_bytes_are_left_as_they_are(model, tree, force):
    for artifact, dest in ((model, "file"), (tree, "dir")):
        artifact.get(dest)
        before = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in Path.cwd().rglob("*")}
        assert artifact.get(dest, force=force) == Exported(dest, changed=False)
        assert {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in Path.cwd().rglob("*")} == before


@pytest.mark.parametrize("data", [b"hellp", b"hell", b"", b"hello\n"])
def test_other_bytes_are_kept_unless_forced(model, work, data):
    (work / "file").write_bytes(data)
    with pytest.raises(Conflict) as caught:
        model.get("file")
    assert caught.value.message == "'file' exists and is something else"
    assert caught.value.hint == "--force replaces it"
    assert look(work) == {"file": data}
    assert model.get("file", force=True) == Exported("file", changed=True)
    assert look(work) == {"file": b"hello"}


def more(out):
    (out / "sub/extra").write_bytes(b"x")


def less(out):
    (out / "sub/deep/c").unlink()


def different(out):
    (out / "a.bin").write_bytes(b"jello")


def link(out):
    (out / "a.bin").unlink()
    (out / "a.bin").symlink_to("/etc/hostname")


def fifo(out):
    (out / "sub/deep/c").unlink()
    os.mkfifo(out / "sub/deep/c")  # as empty as the file was


@pytest.mark.parametrize("harm", [more, less, different])
def test_a_directory_that_differs_is_kept_unless_forced_and_then_is_replaced_whole(tree, work, harm):
    tree.get("out")
    harm(work / "out")
    with pytest.raises(Conflict, match="something else"):
        tree.get("out")
    assert tree.get("out", force=True) == Exported("out", changed=True)
    assert look("out") == tree.files
    assert os.listdir(work) == ["out"]


@pytest.mark.parametrize(("harm", "name"), [(link, "a.bin"), (fifo, "sub/deep/c")])
def test_a_directory_with_what_no_artifact_has_is_not_replaced_by_force_either(tree, work, harm, name):
    tree.get("out")
    harm(work / "out")
    for force in (False, True):
        with pytest.raises(Conflict) as caught:
            tree.get("out", force=force)
        assert caught.value.message == (f"'out' holds what no artifact has, '{name}': it will not be replaced")
        assert caught.value.hint == "name a directory of its own"
    assert sorted(os.listdir(work / "out")) == ["a.bin", "sub"]


def test_a_link_inside_to_the_same_bytes_is_not_a_file(tree, work):
    tree.get("out")
    os.rename(work / "out/a.bin", work / "bb")
    (work / "out/a.bin").symlink_to("../bb")  # five letters, as many bytes as the file has
    with pytest.raises(Conflict, match="holds what no artifact has"):
        tree.get("out")


def test_what_python_leaves_behind_does_not_make_a_directory_different(tree, work):
    tree.get("out")
    (work / "out/__pycache__").mkdir()
    (work / "out/__pycache__/a.pyc").touch()
    (work / "out/.DS_Store").touch()
    assert not tree.get("out").changed


def test_what_the_artifact_has_of_it_counts(artifacts, work):
    (work / "source").mkdir()
    (work / "source/.DS_Store").write_bytes(b"icons")
    (work / "source/m.onnx").write_bytes(b"hello")
    manifest = ingest(artifacts, ["source"], Selection(include=(".DS_Store",))).manifest
    assert export(artifacts, manifest, "tree", "out", default_name="fraud-3", force=False).changed
    assert not export(artifacts, manifest, "tree", "out", default_name="fraud-3", force=False).changed
    (work / "out/.DS_Store").write_bytes(b"other")
    with pytest.raises(Conflict, match="something else"):
        export(artifacts, manifest, "tree", "out", default_name="fraud-3", force=False)


def test_an_artifact_with_what_its_ignore_file_names_is_the_same_again(artifacts, work):
    (work / "source").mkdir()
    (work / "source/.modelkeepignore").write_text("*.log\n")
    (work / "source/train.log").write_bytes(b"loss")
    manifest = ingest(artifacts, ["source"], Selection(include=("*",))).manifest
    assert export(artifacts, manifest, "tree", "out", default_name="fraud-3", force=False).changed
    assert not export(artifacts, manifest, "tree", "out", default_name="fraud-3", force=False).changed


def test_an_empty_directory_is_filled_and_stays_as_private_as_it_was(tree, work):
    (work / "out").mkdir(mode=0o700)
    assert tree.get("out").changed
    assert look("out") == tree.files
    assert stat.S_IMODE((work / "out").stat().st_mode) == 0o700


def test_a_link_to_a_file_is_replaced_and_not_written_through(model, tree, work):
    (work / "mine").write_bytes(b"mine")
    for artifact in (model, tree):
        (work / "link").symlink_to("mine")
        with pytest.raises(Conflict, match="something else"):
            artifact.get("link")
        artifact.get("link", force=True)
        assert not (work / "link").is_symlink()
        assert (work / "mine").read_bytes() == b"mine"
        if artifact is model:
            (work / "link").unlink()
    assert sorted(os.listdir(work)) == ["link", "mine"]


@pytest.mark.parametrize("points_at", ["/dev/null", "gone", "dir", "pipe"])
@pytest.mark.parametrize("force", [False, True])
def test_a_link_to_what_is_no_file_is_never_replaced(model, tree, work, points_at, force):
    (work / "dir").mkdir()
    os.mkfifo(work / "pipe")
    (work / "link").symlink_to(points_at)
    for artifact in (model, tree) if points_at != "dir" else (tree,):
        with pytest.raises(Conflict) as caught:
            artifact.get("link", force=force)
        assert caught.value.message == "'link' is a link, and not to a regular file: it will not be replaced"
        writable = points_at in {"/dev/null", "pipe"}
        assert caught.value.hint == (
            "to write to it: modelkeep get REF - > link" if writable else "name another destination"
        )
    assert os.readlink(work / "link") == points_at


def test_a_link_to_the_same_bytes_is_the_same(model, tree, work):
    model.get("v1.onnx")
    tree.get("v1")
    (work / "file").symlink_to("v1.onnx")
    (work / "dir").symlink_to("v1")
    assert not model.get("file").changed
    assert not tree.get("dir").changed


def test_a_pipe_or_a_device_is_not_replaced_by_force_either(model, tree, work):
    os.mkfifo(work / "pipe")
    before = os.lstat(work / "pipe")
    for artifact in (model, tree):
        for force in (False, True):
            with pytest.raises(Conflict, match="'pipe' is a device, a pipe or a socket: it will not be replaced"):
                artifact.get("pipe", force=force)
    assert os.path.samestat(before, os.lstat(work / "pipe"))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("sock")
    with pytest.raises(Conflict) as caught:
        model.get("sock", force=True)
    assert caught.value.hint == "name another destination"
    os.unlink("sock")
    assert os.listdir(work) == ["pipe"]


def test_a_directory_of_the_files_name_is_never_replaced_by_the_file(model, work):
    (work / "dir/m.onnx").mkdir(parents=True)
    with pytest.raises(Conflict, match=r"'dir/m\.onnx' is a directory, and the artifact is a file"):
        model.get("dir", force=True)


def test_force_does_not_throw_away_the_directory_one_stands_in_nor_home_nor_work(tree, work, monkeypatch):
    home = work / "home/ana"
    for mine in (work / "here/below", home, work / "code/.git", work / "reg/.modelkeep"):
        mine.mkdir(parents=True)
        (mine / "mine").write_bytes(b"mine")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(work / "here/below")
    before = look(work)
    for dest in (str(work), "../../here", str(home), str(home.parent), "../../code", "../../reg"):
        with pytest.raises(Conflict, match="will not be replaced"):
            tree.get(dest, force=True)
    assert look(work) == before


def test_a_place_that_somebody_takes_meanwhile_is_theirs(model, tree, work):
    def take_file(done, total):
        (work / "file").write_bytes(b"mine")

    def take_directory(done, total):
        (work / "dir").mkdir(exist_ok=True)
        (work / "dir/mine").write_bytes(b"mine")

    with pytest.raises(Conflict, match="meanwhile"):
        model.get("file", progress=take_file)
    with pytest.raises(Conflict, match="meanwhile"):
        tree.get("dir", progress=take_directory)
    assert look(work) == {"dir/mine": b"mine", "file": b"mine"}
    assert sorted(os.listdir(work)) == ["dir", "file"]


# Harm -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("harm", [flip, cut, os.unlink])
@pytest.mark.parametrize("force", [False, True])
def test_a_wrong_byte_never_leaves_through_get(model, tree, work, harm, force):
    model.harm(harm)
    for artifact, dest in ((model, "file"), (tree, "dir")):
        with pytest.raises(IntegrityError):
            artifact.get(dest, force=force)
        assert os.listdir(work) == []
        (work / dest).write_bytes(b"old")
        with pytest.raises((IntegrityError, Conflict)):
            artifact.get(dest, force=force)
        assert look(work) == {dest: b"old"}
        (work / dest).unlink()


@pytest.mark.parametrize("size", [1, CHUNK, 3 * CHUNK + 1])
def test_standard_output_gets_every_byte(artifacts, work, size):
    data = os.urandom(size)
    (work / "m").write_bytes(data)
    done = ingest(artifacts, ["m"], Selection())
    out = io.BytesIO()
    export_stream(artifacts, done.manifest, out)
    assert out.getvalue() == data


def test_standard_output_gets_not_one_byte_of_a_damaged_file(artifacts, work):
    data = os.urandom(3 * CHUNK)
    (work / "m").write_bytes(data)
    manifest = ingest(artifacts, ["m"], Selection()).manifest
    path = artifacts.local_path(manifest.files[0].digest)
    os.chmod(path, 0o600)
    with open(path, "r+b") as blob:
        blob.seek(-1, os.SEEK_END)
        blob.write(bytes([data[-1] ^ 128]))
    out = io.BytesIO()
    with pytest.raises(IntegrityError, match="are damaged"):
        export_stream(artifacts, manifest, out)
    assert out.getvalue() == b""


def test_a_disk_that_changes_its_mind_between_two_readings_is_caught(artifacts, work):
    data = os.urandom(3 * CHUNK)
    (work / "m").write_bytes(data)
    manifest = ingest(artifacts, ["m"], Selection()).manifest
    path = artifacts.local_path(manifest.files[0].digest)
    os.chmod(path, 0o600)

    class Out(io.BytesIO):
        def write(self, chunk):
            with open(path, "r+b") as blob:  # the last chunk, after the first was handed out
                blob.seek(2 * CHUNK)
                blob.write(b"\0" * 64)
            return super().write(chunk)

    out = Out()
    with pytest.raises(IntegrityError):
        export_stream(artifacts, manifest, out)
    assert out.getvalue() == data[: 2 * CHUNK]


def test_standard_output_is_for_a_single_file(tree):
    with pytest.raises(UsageError, match="this is 3 files"):
        export_stream(tree.artifacts, tree.manifest, io.BytesIO())


def test_a_short_write_is_finished(model):
    class Pipe(io.BytesIO):
        def write(self, chunk):
            return super().write(bytes(chunk[:2]))

    out = Pipe()
    export_stream(model.artifacts, model.manifest, out)
    assert out.getvalue() == b"hello"


def test_an_interruption_leaves_the_old_and_no_litter(tree, model, work):
    (work / "dir").mkdir()
    (work / "dir/a.bin").write_bytes(b"old")
    (work / "file").write_bytes(b"old")

    def interrupt(done, total):
        raise KeyboardInterrupt

    for artifact, dest in ((tree, "dir"), (model, "file")):
        with pytest.raises(KeyboardInterrupt):
            artifact.get(dest, force=True, progress=interrupt)
    assert look(work) == {"dir/a.bin": b"old", "file": b"old"}
    assert sorted(os.listdir(work)) == ["dir", "file"]


def test_without_exchanging_names_a_tree_is_replaced_all_the_same(work):
    from modelkeep.store.export.draft import swap_in_steps

    (work / "old").mkdir()
    (work / "old/mine").touch()
    (work / "new").mkdir()
    with open_directory(".") as here:
        swap_in_steps(here, "new", "old")
        assert sorted(os.listdir(work)) == ["new", "old"]
        assert os.listdir("new") == ["mine"]
        with pytest.raises(OSError, match="gone"):
            swap_in_steps(here, "gone", "new")
    assert os.listdir("new") == ["mine"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user to become")
def test_a_place_that_may_not_be_written_is_told(model, work):
    work.chmod(0o755)
    for path in work.parents:
        if path.stat().st_uid == 0 and "pytest" in str(path):
            path.chmod(0o755)
    os.seteuid(65534)
    try:
        with pytest.raises(RegistryUnavailable) as caught:
            model.get("file")
    finally:
        os.seteuid(0)
    assert caught.value.message == "'file' cannot be written: permission denied"
    assert caught.value.hint == "ls -ld ."


def test_many_files_come_out_with_several_threads(artifacts, work):
    files = {f"d{n % 7}/{n:03d}": b"%d" % n * 100 for n in range(200)}
    tree = _Artifact(artifacts, work, files, "tree")
    tree.get("out")
    assert look("out") == files


# Executable files -------------------------------------------------------------------------------


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_file_that_the_manifest_calls_executable_can_be_run(artifacts, model, work, umask):
    manifest = Manifest.of(
        [replace(model.manifest.files[0], executable=True, path=path) for path in ("run", "bin/run")]
    )
    before = os.umask(umask)
    try:
        export(artifacts, manifest, "tree", "out", default_name="t-1", force=False)
        file = Manifest.of([manifest.files[1]])
        export(artifacts, file, "file", "tool", default_name="t-1", force=False)
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(os.stat(path).st_mode) for path in ("out/run", "out/bin/run", "tool")]
    assert modes == [0o755 & ~umask] * 3
    assert not export(artifacts, file, "file", "tool", default_name="t-1", force=False).changed
    os.chmod("tool", 0o644)
    with pytest.raises(Conflict) as caught:
        export(artifacts, file, "file", "tool", default_name="t-1", force=False)
    assert (caught.value.message, caught.value.hint) == (
        "'tool' has these bytes, but is not executable",
        "chmod +x tool",
    )
    os.chmod("out/bin/run", 0o644)
    with pytest.raises(Conflict) as caught:
        export(artifacts, manifest, "tree", "out", default_name="t-1", force=False)
    assert (caught.value.message, caught.value.hint) == (
        "'out' has these bytes, but 1 of its files are not executable",
        "chmod +x out/bin/run",
    )
    assert export(artifacts, file, "file", "tool", default_name="t-1", force=True).changed


def test_one_that_was_made_executable_afterwards_is_the_same(model, work):
    model.get("tool")
    os.chmod("tool", 0o755)
    assert not model.get("tool").changed


# What force replaces ----------------------------------------------------------------------------


def test_force_leaves_a_directory_that_holds_nothing_of_the_artifact(tree, work):
    (work / "documents").mkdir()
    (work / "documents/thesis.tex").write_bytes(b"mine")
    for force in (False, True):
        with pytest.raises(Conflict) as caught:
            tree.get("documents", force=force)
        assert caught.value.message == "'documents' holds no file of this artifact: it will not be replaced"
    assert look(work) == {"documents/thesis.tex": b"mine"}


def test_force_replaces_another_version_that_has_no_file_in_common(tree, work):
    (work / "out").mkdir()
    (work / "out/old.pt").write_bytes(b"old")
    asked = []

    def known(digest):
        asked.append(digest)
        return True

    export(tree.artifacts, tree.manifest, "tree", "out", default_name="t-1", force=True, known=known)
    assert look("out") == tree.files
    old = hashlib.sha256(b"old").hexdigest()
    document = f'{{"files":[{{"digest":"sha256:{old}","path":"old.pt","size":3}}],"format":"modelkeep manifest 1"}}'
    assert asked == ["sha256:" + hashlib.sha256(document.encode()).hexdigest()]


@pytest.mark.parametrize(
    ("inside", "what"),
    [
        ("registry.db", "a registry"),
        ("below/registry.db", "a registry"),
        ("below/.modelkeep/x", "a registry"),
        ("bk/backup.json", "a backup"),
        ("code/.git/HEAD", "a git work tree"),
    ],
)
def test_force_leaves_the_parent_of_a_registry_a_backup_or_work(tree, work, inside, what):
    tree.get("out")
    (work / "out" / inside).parent.mkdir(parents=True, exist_ok=True)
    (work / "out" / inside).write_bytes(b"x")
    (work / "out/a.bin").write_bytes(b"jello")
    with pytest.raises(Conflict, match=f"'out' holds {what}, '[a-z./]+': it will not be replaced"):
        tree.get("out", force=True)
    assert (work / "out" / inside).read_bytes() == b"x"


def test_force_leaves_a_store_that_lies_elsewhere_and_what_holds_it(tree, work):
    (work / "disk").mkdir()
    create_store("disk/store")
    for dest in ("disk", "disk/store"):
        with pytest.raises(Conflict, match="holds the store of a registry"):
            tree.get(dest, force=True)
    assert sorted(os.listdir("disk/store")) == ["blobs", "tmp"]


@pytest.mark.parametrize("force", [False, True])
def test_nothing_is_written_inside_a_registry(model, tree, work, force):
    (work / ".modelkeep").mkdir()
    create_store(".modelkeep/store")
    (work / ".modelkeep/registry.db").write_bytes(b"db")
    create_store("elsewhere")
    (work / "plain").mkdir()
    (work / "plain/registry.db").write_bytes(b"db")
    (work / "models/sub").mkdir(parents=True)
    for name in ("registry.db", "registry.lock"):
        (work / "models" / name).write_bytes(b"")
    (work / "link").symlink_to(".modelkeep/store")
    before = sorted(map(str, work.rglob("*")))
    for dest in (
        ".modelkeep/store", ".modelkeep/registry.db", ".modelkeep/new", ".modelkeep/store/blobs/sha256/ab/x", "link/x",
        "elsewhere/blobs", "elsewhere/new", "plain/registry.db", "plain/registry.db-journal", "plain/registry.lock",
        "plain/store/x", "models/new", "models/hooks.toml", "models/sub/new",
    ):  # fmt: skip
        for artifact in (model, tree):
            with pytest.raises((Conflict, NotFound), match=r"inside the registry|no directory"):
                artifact.get(dest, force=force)
    assert sorted(map(str, work.rglob("*"))) == before
    assert model.get("plain/served.onnx", force=force).changed


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("dest", ["/dev/stdout", "/dev/null", "/dev/new", "/proc/self/fd/1", "/sys/kernel/x"])
def test_the_systems_own_places_are_left_alone(model, tree, dest, force):
    before = os.lstat("/dev/stdout")
    for artifact in (model, tree):
        with pytest.raises(Conflict) as caught:
            artifact.get(dest, force=force)
        assert caught.value.message == f"'{dest}' belongs to the system: nothing is written there"
        assert caught.value.hint == "to write to standard output: modelkeep get REF -"
    assert os.path.samestat(before, os.lstat("/dev/stdout"))


# What a killed get leaves -----------------------------------------------------------------------


def test_the_next_get_removes_what_a_killed_one_left(model, tree, work):
    for number, artifact in enumerate((model, tree)):
        left = work / f".modelkeep-{number:016x}"
        left.mkdir()
        (left / "half").write_bytes(b"h")
        (work / f".modelkeep-{number + 7:016x}").write_bytes(b"half")
        artifact.get(f"out{number}")
    assert sorted(os.listdir(work)) == ["out0", "out1"]


def test_what_another_get_writes_at_the_moment_stays(model, tree, work):
    def other(done, total):
        before = [name for name in os.listdir(work) if name.startswith(".modelkeep-")]
        model.get("inner")
        assert [name for name in os.listdir(work) if name.startswith(".modelkeep-")] == before
        os.unlink("inner")

    tree.get("outer", progress=other)
    assert sorted(os.listdir(work)) == ["outer"]
    assert tree.files.items() <= look("outer").items()


def test_what_only_looks_like_a_draft_stays(model, work):
    for name in (".modelkeep-notes", ".modelkeep-0123456789abcdef-old", ".modelkeep-0123456789ABCDEF"):
        (work / name).write_bytes(b"mine")
    (work / ".modelkeep-00000000000000aa").symlink_to("/etc/hostname")
    os.mkfifo(work / ".modelkeep-00000000000000bb")
    before = sorted(os.listdir(work))
    model.get("out")
    assert sorted(os.listdir(work)) == sorted([*before, "out"])


def test_in_a_directory_that_everybody_may_write_they_stay(model, work):
    (work / "shared").mkdir()
    (work / "shared").chmod(0o777)
    (work / "shared/.modelkeep-00000000000000aa").mkdir()
    model.get("shared/out")
    assert sorted(os.listdir("shared")) == [".modelkeep-00000000000000aa", "out"]


# A part of an artifact --------------------------------------------------------------------------


def test_a_part_is_one_file_or_the_files_below_a_directory(tree, work):
    found, form = part_of(tree.manifest, "sub/b.bin")
    assert (form, [file.path for file in found.files]) == ("file", ["b.bin"])
    for inner in ("sub", "sub/"):
        found, form = part_of(tree.manifest, inner)
        assert (form, [file.path for file in found.files]) == ("tree", ["b.bin", "deep/c"])


@pytest.mark.parametrize("inner", ["sub/b.bi", "su", "", "/", "..", "sub/..", "a.bin/x", "a.bin/", "/etc/passwd"])
def test_what_is_no_part_is_not_found(tree, inner):
    with pytest.raises(NotFound, match="the artifact has no file"):
        part_of(tree.manifest, inner)


class _Tidied(OpenedDirectory):
    """A directory in which another process removes the first draft before it is locked."""

    tidied = False

    def enter(self, name):
        if not self.tidied:
            self.tidied = True
            self.remove(name)
        return super().enter(name)


def test_a_draft_that_another_get_removed_before_it_was_locked_is_made_again(tmp_path):
    with _Tidied(os.open(tmp_path, os.O_RDONLY), str(tmp_path)) as directory:
        draft = Draft(directory, "tree", 0o755)
        assert directory.tidied
        (name,) = os.listdir(tmp_path)
        assert directory.is_(name, draft.descriptor)
        draft.discard()
