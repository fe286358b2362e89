"""Code, as git tells it: commit, dirty, digest, remote, branch; unknown is never a failure."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from modelkeep.errors import NotFound, UsageError
from modelkeep.provenance import code, git

GIT = shutil.which("git")
pytestmark = pytest.mark.skipif(GIT is None, reason="needs git")


class Repo:
    """A work tree with one commit, made by real git in a home of its own."""

    def __init__(self, base: Path, name: str = "repo") -> None:
        self.home = base / "home"
        self.home.mkdir(exist_ok=True)
        (self.home / ".gitconfig").write_text("[user]\n\tname = Ana Diaz\n\temail = ana@example.com\n")
        self.environ = {"HOME": str(self.home), "PATH": os.environ["PATH"]}
        self.path = base / name
        self.path.mkdir()
        self("init", "-q", "-b", "main")
        self.write("train.py", "print(1)\n")
        self("add", ".")
        self("commit", "-q", "-m", "one")

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run([GIT, *arguments], cwd=self.path, env=self.environ, capture_output=True, check=True)
        return done.stdout.decode().strip()

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def capture(self, *paths: object, rev: str = "auto", cwd: Path | None = None, **more: str) -> code.Code:
        """Return the code of artifacts, by default of the directory in which one stands."""
        cwd = cwd or self.path
        return code.capture([str(path) for path in paths or [cwd]], str(cwd), rev, {**self.environ, **more})

    def code(self, *known: object, **more: object) -> code.Code:
        """Return what is known of the code of this work tree."""
        return code.Code(*known, **{"work_tree": str(self.path), **more})


@pytest.fixture
def repo(tmp_path):
    return Repo(tmp_path)


def test_a_clean_tree_is_a_commit_and_a_branch(repo):
    assert repo.capture() == repo.code(repo("rev-parse", "HEAD"), dirty=False, branch="main")


def test_dirty_counts_tracked_files_staged_or_not_and_no_others(repo):
    repo.write("model.onnx", "untracked")
    assert repo.capture().dirty is False
    repo.write("train.py", "print(2)\n")
    assert repo.capture().dirty is True
    repo("add", "train.py")
    assert repo.capture().dirty is True
    repo("commit", "-q", "-m", "two")
    assert repo.capture().dirty is False
    (repo.path / "train.py").unlink()
    assert repo.capture().dirty is True


def test_the_digest_is_that_of_the_diff_as_git_writes_it(repo):
    assert repo.capture().diff is None
    repo.write("train.py", "print(2)\n")
    diff = subprocess.run(
        [GIT, "diff", "HEAD", "--binary", "--full-index", "--no-renames"],
        cwd=repo.path, env=repo.environ, capture_output=True, check=True,
    ).stdout  # fmt: skip
    assert repo.capture().diff == "sha256:" + hashlib.sha256(diff).hexdigest()


def test_the_digest_does_not_depend_on_how_somebody_likes_diffs(repo):
    repo.write("train.py", "print(2)\n")
    before = repo.capture().diff
    for key, value in [
        ("diff.noprefix", "true"), ("diff.mnemonicPrefix", "true"), ("diff.algorithm", "patience"), ("color.ui", "always"),
        ("diff.context", "9"), ("diff.external", "/bin/echo"), ("diff.renames", "copies"), ("core.pager", "cat"),
    ]:  # fmt: skip
        repo("config", key, value)
    assert repo.capture().diff == before


def test_a_touched_file_of_the_same_content_is_clean(repo):
    os.utime(repo.path / "train.py", (1, 1))
    assert repo.capture().dirty is False


def test_the_artifacts_work_tree_comes_before_the_current_directory(repo, tmp_path):
    other = Repo(tmp_path, "other")
    other.write("x.py", "")
    other("add", ".")
    other("commit", "-q", "-m", "other")
    artifact = other.write("out/model.onnx", "m")
    assert repo.capture(artifact).commit == other("rev-parse", "HEAD")
    assert repo.capture(artifact.parent).commit == other("rev-parse", "HEAD")


def test_an_artifact_outside_of_any_work_tree_has_no_code_until_head_is_asked_for(repo, tmp_path):
    artifact = tmp_path / "model.onnx"
    artifact.write_text("m")
    repo.write("train.py", "print(2)\n")
    for path in (artifact, "-", "../model.onnx"):
        assert repo.capture(path) == code.Code(
            note=f"it comes from no git work tree; --code HEAD takes the commit of {repo.path}"
        )
        here = repo.capture(path, rev="HEAD")
        assert here == repo.code(repo("rev-parse", "HEAD"), dirty=True, diff=here.diff, branch="main")
        assert here.diff is not None


def test_the_script_that_runs_says_which_code_where_the_artifact_does_not(repo, tmp_path):
    artifact = tmp_path / "model.onnx"
    artifact.write_text("m")
    found = code.capture([str(artifact)], str(tmp_path), "auto", repo.environ, str(repo.path / "train.py"))
    assert found == repo.code(repo("rev-parse", "HEAD"), dirty=False, branch="main")
    other = Repo(tmp_path, "other")
    found = code.capture([str(other.path)], str(tmp_path), "auto", repo.environ, str(repo.path / "train.py"))
    assert found == other.code(other("rev-parse", "HEAD"), dirty=False, branch="main")


def test_a_link_in_the_work_tree_to_a_disk_for_artifacts_belongs_to_the_work_tree(repo, tmp_path):
    (tmp_path / "scratch/run").mkdir(parents=True)
    (tmp_path / "scratch/run/model.onnx").write_text("m")
    (repo.path / "out").symlink_to("../scratch")
    for path in ("out", "out/run", "out/run/model.onnx"):
        assert repo.capture(path).commit == repo("rev-parse", "HEAD")


def test_what_is_installed_inside_of_a_work_tree_was_not_made_by_its_code(repo):
    model = repo.write(".venv/lib/python3.11/site-packages/vad/data/model.onnx", "m")
    outside = code.capture([str(model)], str(repo.path.parent), "auto", repo.environ)
    assert outside == code.Code()
    assert repo.capture(model).commit is None
    program = code.capture(
        ["-"], str(repo.path.parent), "auto", repo.environ, str(Path(sys.executable).with_name("pytest"))
    )
    assert program == code.Code()


def test_a_revision_is_looked_up_where_one_stands_before_where_the_artifact_is(repo, tmp_path):
    other = Repo(tmp_path, "other")
    other("commit", "-q", "--allow-empty", "-m", "two")
    for rev in ("HEAD", "main"):
        assert repo.capture(other.path, rev=rev).commit == repo("rev-parse", "HEAD")
        assert repo.capture(other.path, rev=rev, cwd=tmp_path).commit == other("rev-parse", "HEAD")


def test_where_there_is_no_git_repository_nothing_is_known_and_nothing_said(tmp_path):
    assert code.capture([], str(tmp_path), "auto", {"PATH": os.environ["PATH"]}) == code.Code()


def test_a_directory_that_is_gone_is_unknown(tmp_path):
    assert code.capture([], str(tmp_path / "gone"), "auto", {"PATH": os.environ["PATH"]}) == code.Code()


def test_none_asks_nothing(repo):
    assert repo.capture(rev="none") == code.Code()


def test_a_work_tree_beside_the_repository_is_understood(repo):
    repo("worktree", "add", "-q", "../beside", "-b", "side")
    beside = repo.path.parent / "beside"
    assert repo.capture(cwd=beside) == repo.code(
        repo("rev-parse", "HEAD"), dirty=False, branch="side", work_tree=str(beside)
    )


def test_packed_references_are_read(repo):
    repo("branch", "mai")
    repo("commit", "-q", "--allow-empty", "-m", "two")
    repo("pack-refs", "--all")
    assert not (repo.path / ".git/refs/heads/main").exists()
    assert repo.capture() == repo.code(repo("rev-parse", "HEAD"), dirty=False, branch="main")


def test_a_repository_without_a_configuration_is_one_with_an_empty_one(repo):
    (repo.path / ".git/config").unlink()
    assert repo.capture() == repo.code(repo("rev-parse", "HEAD"), dirty=False, branch="main")


def test_a_configuration_that_git_cannot_read_leaves_the_commit_and_the_claim(repo):
    commit = repo("rev-parse", "HEAD")
    with (repo.path / ".git/config").open("a") as config:
        config.write("[user\n")
    found = repo.capture()
    assert (found.commit, found.dirty) == (commit, None)
    assert found.note.startswith("git says: fatal: bad config line")
    assert git.identity(str(repo.path), repo.environ) == "ana@example.com"


def test_a_repository_of_sha256_is_understood(tmp_path):
    repo = Repo(tmp_path)
    shutil.rmtree(repo.path / ".git")
    repo("init", "-q", "-b", "main", "--object-format=sha256")
    repo("add", ".")
    repo("commit", "-q", "-m", "one")
    repo.write("train.py", "print(2)\n")
    found = repo.capture()
    assert (len(found.commit), found.dirty, found.note) == (64, True, None)


def test_a_submodule_at_another_commit_is_dirty(repo, tmp_path):
    inner = Repo(tmp_path, "inner")
    repo("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.path), "sub")
    repo("commit", "-q", "-m", "with a submodule")
    assert repo.capture().dirty is False
    inner_tree = repo.path / "sub"
    subprocess.run(
        [GIT, "-c", "user.email=a@b", "-c", "user.name=a", "commit", "-q", "--allow-empty", "-m", "two"],
        cwd=inner_tree, env=repo.environ, check=True,
    )  # fmt: skip
    found = repo.capture()
    assert (found.dirty, found.diff is not None) == (True, True)
    assert repo.capture(cwd=inner_tree).commit != repo.capture().commit


def test_a_detached_head_has_no_branch(repo):
    repo("checkout", "-q", "--detach")
    assert repo.capture().branch is None
    assert repo.capture().commit == repo("rev-parse", "HEAD")


def test_a_repository_without_a_commit_is_unknown(tmp_path):
    repo = Repo(tmp_path)
    repo("checkout", "-q", "--orphan", "new")
    assert repo.capture() == code.Code(branch="new", note="the work tree has no commit, or none that can be read")


def test_a_repository_with_a_reftable_is_unknown_and_says_so(repo):
    (repo.path / ".git/HEAD").write_text("ref: refs/heads/.invalid\n")
    assert repo.capture() == code.Code(
        note="the repository keeps its references in a reftable, which is not read; --code with a full commit hash"
    )


def test_the_remote_loses_its_token(repo):
    repo("remote", "add", "origin", "https://x-access-token:ghs_SECRET@github.com/acme/fraud.git")
    assert repo.capture().remote == "https://github.com/acme/fraud.git"


def test_the_branchs_own_remote_comes_before_origin(repo):
    repo("remote", "add", "a", "https://example.com/a")
    assert repo.capture().remote == "https://example.com/a"
    repo("remote", "add", "origin", "https://example.com/origin")
    assert repo.capture().remote == "https://example.com/origin"
    repo("remote", "add", "Fork", "git@example.com:fork.git")
    repo("config", "branch.main.remote", "Fork")
    assert repo.capture().remote == "example.com:fork.git"


def test_a_token_that_insteadof_puts_in_never_appears(repo):
    repo("config", "url.https://u:SECRET@github.com/.insteadOf", "https://github.com/")
    repo("remote", "add", "origin", "https://github.com/acme/fraud.git")
    assert repo.capture().remote == "https://github.com/acme/fraud.git"


def test_variables_of_git_do_not_point_us_elsewhere(repo, tmp_path):
    other = Repo(tmp_path, "other")
    other("commit", "-q", "--allow-empty", "-m", "other")
    here = repo.capture(GIT_DIR=str(other.path / ".git"), GIT_WORK_TREE=str(other.path), GIT_INDEX_FILE="/x")
    assert here.commit == repo("rev-parse", "HEAD")


def test_looking_writes_nothing(repo):
    os.utime(repo.path / "train.py", (1, 1))  # what would make git refresh its index
    before = (repo.path / ".git/index").stat().st_mtime_ns
    repo.capture()
    assert (repo.path / ".git/index").stat().st_mtime_ns == before


def test_a_program_that_the_repository_names_is_not_run(repo, tmp_path):
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    repo("config", "core.fsmonitor", str(trap))
    repo("config", "diff.external", str(trap))
    repo("config", "core.pager", str(trap))
    repo.write("train.py", "print(2)\n")
    assert repo.capture().dirty is True
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("key", ["filter.evil.clean", "filter.evil.process"])
@pytest.mark.parametrize("whose", ["repository", "account"])
def test_a_filter_is_not_run_and_what_it_would_say_is_unknown(repo, tmp_path, key, whose):
    repo.write(".gitattributes", "*.py filter=evil\n")
    repo.write("train.py", "print(2)\n")
    repo("add", ".")
    repo("commit", "-q", "-m", "two")
    repo("config", *(["--global"] if whose == "account" else []), key, f"touch {tmp_path}/sprung; cat")
    commit = repo("rev-parse", "HEAD")
    assert repo.capture() == repo.code(commit, dirty=False, branch="main")
    repo.write("train.py", "print(3)\n")
    assert repo.capture() == repo.code(
        commit=commit, branch="main", note="a filter of git is not run, so it is unknown whether train.py was changed"
    )
    assert not (tmp_path / "sprung").exists()
    repo.write("notes.txt", "")
    repo("add", "notes.txt")
    assert (repo.capture().dirty, repo.capture().diff) == (True, None)


def test_a_touched_file_with_a_filter_that_was_not_changed_is_clean_where_its_bytes_are_those_of_the_commit(repo):
    repo.write(".gitattributes", "*.py filter=ours\n")
    repo("add", ".")
    repo("commit", "-q", "-m", "two")
    os.utime(repo.path / "train.py", (1, 1))
    assert repo.capture().dirty is False


def test_attributes_of_the_account_and_of_the_repository_itself_count(repo):
    attributes = repo.home / ".config/git/attributes"
    attributes.parent.mkdir(parents=True)
    attributes.write_text("*.py filter=strip\n")
    repo.write("train.py", "print(2)\n")
    assert repo.capture().dirty is None
    (repo.path / ".git/info/attributes").write_text("*.py -filter\n")
    assert repo.capture().dirty is True
    (repo.home / ".gitconfig").write_text("[core]\n\tattributesFile = ~/mine\n")
    (repo.path / ".git/info/attributes").unlink()
    assert repo.capture().dirty is True
    (repo.home / "mine").write_text("train.py filter=strip\n")
    assert repo.capture().dirty is None


def test_line_ends_are_compared_as_the_account_or_the_repository_has_them(repo):
    for scope in ("--global", "--local"):
        repo("config", scope, "core.autocrlf", "true")
        repo.write("train.py", "print(1)\r\n")
        assert repo.capture().dirty is False
        repo("config", scope, "--unset", "core.autocrlf")
        assert repo.capture().dirty is True


def test_a_submodule_is_not_entered(repo, tmp_path):
    inner = Repo(tmp_path, "inner")
    repo("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.path), "sub")
    repo("commit", "-q", "-m", "with a submodule")
    config = repo.path / ".git/modules/sub/config"
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    with config.open("a") as file:
        file.write(f'[filter "evil"]\n\tclean = touch {tmp_path}/sprung\n[core]\n\tfsmonitor = {trap}\n')
    repo.write("sub/.gitattributes", "* filter=evil\n")
    repo.write("sub/train.py", "print(2)\n")
    assert repo.capture().dirty is False
    assert not (tmp_path / "sprung").exists()


def test_a_partial_clone_fetches_nothing(repo, tmp_path):
    lacking = repo("rev-parse", "HEAD^{tree}")
    repo("config", "extensions.partialClone", "origin")
    repo("config", "remote.origin.url", str(repo.path))
    repo("config", "remote.origin.promisor", "true")
    repo("config", "remote.origin.uploadpack", f"touch {tmp_path}/sprung; git-upload-pack")
    (repo.path / ".git/objects" / lacking[:2] / lacking[2:]).unlink()
    repo.capture()
    assert not (tmp_path / "sprung").exists()


def test_git_missing_is_unknown_and_says_so(repo):
    commit = repo("rev-parse", "HEAD")
    assert repo.capture(PATH="/nowhere") == repo.code(commit=commit, branch="main", note="git is not installed")
    assert git.identity(str(repo.path), {"PATH": ""}) is None


def test_a_git_of_the_current_directory_is_not_run(repo, monkeypatch):
    monkeypatch.chdir(repo.path)
    repo.write("git", "#!/bin/sh\ntouch sprung\n").chmod(0o755)
    assert repo.capture(PATH=".:").note == "git is not installed"
    assert not (repo.path / "sprung").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_work_tree_of_another_user_is_unknown_and_says_so(repo):
    for path in [repo.path, *repo.path.rglob("*")]:
        os.chown(path, 12345, 12345)
    assert repo.capture() == code.Code(
        note="the repository belongs to another user (git's safe.directory may allow it)"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_in_a_work_tree_of_another_user_only_a_full_hash_is_believed(repo):
    commit = repo("rev-parse", "HEAD")
    for path in [repo.path, *repo.path.rglob("*")]:
        os.chown(path, 12345, 12345)
    why = "the repository belongs to another user (git's safe.directory may allow it)"
    assert repo.capture(rev=commit) == code.Code(commit=commit, note=f"not looked up: {why}")
    with pytest.raises(NotFound) as caught:
        repo.capture(rev="main")
    assert caught.value.message == f"cannot look up the commit 'main': {why}"


def test_a_git_that_hangs_is_left_after_two_seconds_with_its_children(repo, tmp_path):
    slow = tmp_path / "bin/git"
    slow.parent.mkdir()
    slow.write_text(f"#!/bin/sh\nsleep 60 & echo $! >> {tmp_path}/children; wait\n")
    slow.chmod(0o755)
    started = time.monotonic()
    found = repo.capture(PATH=f"{slow.parent}:{os.environ['PATH']}")
    assert time.monotonic() - started < 30  # far from the 60 it would hang, far from 2 on a busy machine
    assert found == repo.code(
        commit=repo("rev-parse", "HEAD"), branch="main", note="git did not answer within 2 seconds"
    )
    for child in (tmp_path / "children").read_text().split():
        assert _ends(int(child))


def _ends(pid: int) -> bool:
    """Say whether a process that was killed is gone; the kernel takes a moment."""
    deadline = time.monotonic() + 10
    while _runs(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not _runs(pid)


def _runs(pid: int) -> bool:
    """Say whether a process runs; one that is dead and not yet buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_work_tree_of_another_user_is_known_where_safe_directory_names_it(repo):
    for path in [repo.path, *repo.path.rglob("*")]:
        os.chown(path, 12345, 12345)
    for value, known in [("*", True), (str(repo.path), True), (f"{repo.path.parent}/*", True), ("/else", False)]:
        (repo.home / ".gitconfig").write_text(f"[safe]\n\tdirectory = {value}\n")
        assert (repo.capture().dirty is False) is known


def test_a_revision_is_resolved_to_its_commit(repo):
    first = repo("rev-parse", "HEAD")
    repo("tag", "-a", "v1", "-m", "v1")
    repo("commit", "-q", "--allow-empty", "-m", "two")
    for rev in ("v1", "HEAD~1", first, first[:8], "refs/tags/v1"):
        assert repo.capture(rev=rev) == repo.code(commit=first)


@pytest.mark.parametrize("rev", ["nothing", "--all", "-h", "HEAD..HEAD", "HEAD:train.py", "", "a b", "0" * 40])
def test_a_revision_that_is_none_is_not_found(repo, rev):
    with pytest.raises(NotFound):
        repo.capture(rev=rev)


def test_a_revision_with_a_nul_is_a_usage_error(repo):
    with pytest.raises(UsageError):
        repo.capture(rev="a\0b")


def test_without_a_work_tree_only_a_full_hash_is_believed(tmp_path):
    full = "9f2c4e1ab07d3586c1e0a94b7d2f6853e4c1b0a7"
    environ = {"PATH": os.environ["PATH"]}
    assert code.capture([], str(tmp_path), full, environ) == code.Code(
        commit=full, note="not looked up: no git work tree here"
    )
    with pytest.raises(NotFound, match="no git work tree here in which 'main' could be looked up"):
        code.capture([], str(tmp_path), "main", environ)


def test_the_identity_is_the_address_else_the_name(repo, tmp_path):
    assert git.identity(str(repo.path), repo.environ) == "ana@example.com"
    assert git.identity(str(tmp_path), repo.environ) == "ana@example.com"
    repo("config", "user.email", "ana@work.example")
    assert git.identity(str(repo.path), repo.environ) == "ana@work.example"


def test_hostile_file_names_and_branches_do_no_harm(repo):
    repo("checkout", "-q", "-b", "a/ü-$(touch;x)")
    repo.write("# branch.oid 0000\n\x1b[2J", "x")
    repo("add", ".")
    found = repo.capture()
    assert (found.commit, found.dirty, found.branch) == (repo("rev-parse", "HEAD"), True, "a/ü-$(touch;x)")
