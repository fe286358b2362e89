"""A repository that a stranger made runs nothing, is not waited for and exhausts no memory."""

import json
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

GIT = shutil.which("git")
pytestmark = pytest.mark.skipif(GIT is None, reason="needs git")

# What every command does with the repository it stands in, under the limits of a small machine.
ASK = """
import json, os, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
from modelkeep.provenance import code, machine
place = os.getcwd()
found = code.capture([place], place)
print(json.dumps({"commit": found.commit, "dirty": found.dirty, "note": found.note, "claim": machine.claimed_identity(os.environ, place)}))
"""


class Hostile:
    """A work tree with two files, and a trap: a program that leaves a file behind when it runs."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.home = base / "home"
        self.home.mkdir()
        (self.home / ".gitconfig").write_text("[user]\n\tname = Ana Diaz\n\temail = ana@example.com\n")
        self.path = base / "repo"
        self.path.mkdir()
        self.dir = self.path / ".git"
        self.sprung = base / "sprung"
        self.trap = base / "trap"
        self.trap.write_text(f"#!/bin/sh\necho $0 $* >> {self.sprung}\ncat\n")
        self.trap.chmod(0o755)
        self("init", "-q", "-b", "main")
        self.write("train.py", "print(1)\n")
        self.write("data.csv", "1,2\n")
        self("add", ".")
        self("commit", "-q", "-m", "one")
        self.commit = self("rev-parse", "HEAD")

    def __call__(self, *arguments: str) -> str:
        environ = {"HOME": str(self.home), "PATH": os.environ["PATH"]}
        return subprocess.check_output([GIT, *arguments], cwd=self.path, env=environ, text=True).strip()

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def configure(self, text: str, path: str = ".git/config") -> None:
        with (self.path / path).open("a") as file:
            file.write(text.replace("TRAP", str(self.trap)))

    def disturb(self) -> None:
        """Change one file, and the times of the other: git looks into both and may refresh its index."""
        self.write("train.py", "print(2)\n")
        os.utime(self.path / "data.csv", (1, 1))

    def ask(self, cwd: Path | None = None) -> dict[str, object]:
        environ = {"HOME": str(self.home), "PATH": os.environ["PATH"]}
        done = subprocess.run(
            [sys.executable, "-c", ASK], cwd=cwd or self.path, env=environ, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-500:]
        return json.loads(done.stdout)


@pytest.fixture
def repo(tmp_path):
    return Hostile(tmp_path)


def hook(repo: Hostile) -> None:
    repo.dir.joinpath("hooks").mkdir(exist_ok=True)
    shutil.copy(repo.trap, repo.dir / "hooks/post-index-change")


def every_hook(repo: Hostile) -> None:
    repo.dir.joinpath("hooks").mkdir(exist_ok=True)
    for name in ("reference-transaction", "post-checkout", "fsmonitor-watchman", "query-watchman", "pre-commit"):
        shutil.copy(repo.trap, repo.dir / "hooks" / name)


def hooks_elsewhere(repo: Hostile) -> None:
    hook(repo)
    shutil.move(repo.dir / "hooks", repo.path / "tools")
    repo.configure("[core]\n\thooksPath = tools\n")


def filtering(text: str, path: str = ".git/config") -> Callable[[Hostile], None]:
    def change(repo: Hostile) -> None:
        repo.write(".gitattributes", "* filter=evil diff=evil\n")
        repo.configure(text, path)

    return change


def many_filters(repo: Hostile) -> None:
    repo.write(".gitattributes", "* filter=evil\n")
    repo.configure("".join(f'[filter "{n:05000}"]\n\tclean = git-lfs clean -- %f\n' for n in range(300)))
    repo.configure('[filter "evil"]\n\tclean = TRAP\n')


def included(condition: str) -> Callable[[Hostile], None]:
    def change(repo: Hostile) -> None:
        repo.write(".gitattributes", "* filter=evil\n")
        repo.configure('[filter "evil"]\n\tclean = TRAP\n', "more")
        repo.configure(f"[{condition}]\n\tpath = {repo.path}/more\n")

    return change


def config_of_the_work_tree(repo: Hostile) -> None:
    repo.write(".gitattributes", "* filter=evil\n")
    repo.configure("[extensions]\n\tworktreeConfig = true\n")
    repo.configure('[filter "evil"]\n\tclean = TRAP\n[core]\n\tfsmonitor = TRAP\n', ".git/config.worktree")


def partial_clone(repo: Hostile) -> None:
    repo.configure(
        "[core]\n\trepositoryformatversion = 1\n\tsshCommand = TRAP\n[extensions]\n\tpartialClone = origin\n"
        '[remote "origin"]\n\turl = ext::TRAP\n\tpromisor = true\n\tuploadpack = TRAP\n[protocol]\n\tallow = always\n'
    )
    tree = repo("rev-parse", "HEAD^{tree}")
    (repo.dir / "objects" / tree[:2] / tree[2:]).unlink()


def submodule(repo: Hostile) -> None:
    environ = {"HOME": str(repo.home), "PATH": os.environ["PATH"]}
    subprocess.run([GIT, "clone", "-q", repo.path, repo.base / "inner"], env=environ, check=True)
    repo("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repo.base / "inner"), "sub")
    repo.configure('[filter "evil"]\n\tclean = TRAP\n[core]\n\tfsmonitor = TRAP\n', ".git/modules/sub/config")
    repo.write("sub/.gitattributes", "* filter=evil\n")
    repo.write("sub/train.py", "print(3)\n")
    shutil.copy(repo.trap, repo.dir / "modules/sub/hooks/post-index-change")
    repo.configure('[submodule "sub"]\n\tupdate = !TRAP\n', ".gitmodules")
    repo.configure('[submodule "sub"]\n\tupdate = !TRAP\n\tactive = true\n')


def elsewhere(repo: Hostile) -> None:
    filtering('[filter "evil"]\n\tclean = TRAP\n')(repo)
    hook(repo)
    shutil.move(repo.dir, repo.path / "assets")
    repo.write(".git", "gitdir: assets\n")


def common_elsewhere(repo: Hostile) -> None:
    filtering('[filter "evil"]\n\tclean = TRAP\n[core]\n\tfsmonitor = TRAP\n')(repo)
    (repo.dir / "one").mkdir()
    for name in ("HEAD", "index"):
        shutil.copy(repo.dir / name, repo.dir / "one" / name)
    (repo.dir / "one/commondir").write_text("..\n")
    shutil.copytree(repo.dir, repo.path / "assets")
    shutil.rmtree(repo.dir)
    repo.write(".git", "gitdir: assets/one\n")


PROGRAMS = {
    "a hook": hook,
    "every hook": every_hook,
    "hooks in another directory": hooks_elsewhere,
    "a monitor": filtering("[core]\n\tfsmonitor = TRAP\n"),
    "a clean filter": filtering('[filter "evil"]\n\tclean = TRAP\n\trequired = true\n'),
    "a filter process": filtering('[filter "evil"]\n\tprocess = TRAP\n'),
    "a smudge filter": filtering('[filter "evil"]\n\tsmudge = TRAP\n\tclean = cat\n'),
    "a filter that calls itself lfs": filtering(
        '[filter "evil"]\n\tclean = git-lfs clean -- %f\n[alias]\n\tlfs = !TRAP\n'
    ),
    "a filter behind a megabyte of others": many_filters,
    "a filter in an included file": included("include"),
    "a filter in a file that is included for this directory": included('includeIf "gitdir:/**"'),
    "a filter in the configuration of the work tree": config_of_the_work_tree,
    "an external diff": filtering("[diff]\n\texternal = TRAP\n"),
    "an external diff of one kind of file": filtering('[diff "evil"]\n\tcommand = TRAP\n'),
    "a text converter": filtering('[diff "evil"]\n\ttextconv = TRAP\n\tcachetextconv = true\n'),
    "a merge driver": filtering('[merge "evil"]\n\tdriver = TRAP\n'),
    "a pager": filtering("[core]\n\tpager = TRAP\n[pager]\n\tstatus = TRAP\n\tdiff = TRAP\n\tconfig = TRAP\n"),
    "an alias": filtering("[alias]\n\tstatus = !TRAP\n\tdiff = !TRAP\n\tconfig = !TRAP\n"),
    "traces": filtering("[trace2]\n\teventTarget = TRAP\n\tnormalTarget = TRAP\n"),
    "a partial clone": partial_clone,
    "a proxy and a helper": filtering("[core]\n\tgitProxy = TRAP\n\taskPass = TRAP\n[credential]\n\thelper = TRAP\n"),
    "a submodule": submodule,
    "a repository under another name": elsewhere,
    "a common directory under another name": common_elsewhere,
    "a work tree elsewhere": filtering('[core]\n\tworktree = /\n\tfsmonitor = TRAP\n[filter "evil"]\n\tclean = TRAP\n'),
}


@pytest.mark.parametrize("change", PROGRAMS.values(), ids=PROGRAMS)
def test_no_program_of_a_repository_is_run_and_its_commit_is_known(repo, change):
    repo.disturb()
    change(repo)
    if (attributes_file := repo.path / ".gitattributes").exists():
        os.utime(attributes_file)
    found = repo.ask()
    assert not repo.sprung.exists(), repo.sprung.read_text()
    assert found["commit"] == repo.commit
    assert found["claim"] == "ana@example.com"


def fifo(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 40 << 30)


# What this module reads itself, and what git reads of the data that it is given.
OURS = [
    ".git", ".git/HEAD", ".git/commondir", ".git/config", ".git/index", ".git/packed-refs", ".git/refs/heads/main",
    ".git/info/attributes",
]  # fmt: skip
OF_GIT = [
    ".gitattributes", ".gitmodules", ".git/objects/info/alternates", ".git/objects/info/commit-graph",
    ".git/objects/pack/pack-1.idx", "train.py",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("place", OURS + OF_GIT)
@pytest.mark.parametrize("make", [fifo, endless, sparse], ids=lambda make: make.__name__)
def test_what_is_no_small_regular_file_is_not_waited_for(repo, make, place):
    repo.disturb()
    path = repo.path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    make(path)
    found = repo.ask()
    unknown = {".git", ".git/HEAD", ".git/commondir", ".git/refs/heads/main"}
    assert found["commit"] == (None if place in unknown and place != ".git/commondir" else repo.commit)
    assert found["claim"] == "ana@example.com"


def test_an_object_that_unpacks_to_forty_gigabytes_exhausts_no_memory(repo):
    tree = repo("rev-parse", "HEAD^{tree}")
    path = repo.dir / "objects" / tree[:2] / tree[2:]
    path.unlink()
    path.write_bytes(zlib.compress(b"tree %d\0" % (40 << 30) + bytes(64 << 20)))
    repo.disturb()
    found = repo.ask()
    assert (found["commit"], found["dirty"]) == (repo.commit, None)


def test_a_reference_that_leads_out_of_the_repository_is_not_followed(repo):
    (repo.base / "secret").write_text("9f2c4e1ab07d3586c1e0a94b7d2f6853e4c1b0a7\n")
    for name in ("refs/../../../secret", "../../secret", str(repo.base / "secret")):
        (repo.dir / "HEAD").write_text(f"ref: {name}\n")
        assert repo.ask()["commit"] is None


def test_references_that_name_one_another_end(repo):
    (repo.dir / "refs/heads/main").write_text("ref: refs/heads/other\n")
    (repo.dir / "refs/heads/other").write_text("ref: refs/heads/main\n")
    assert repo.ask()["commit"] is None


def test_below_a_directory_of_another_account_nothing_is_asked(repo):
    if os.geteuid() != 0:
        pytest.skip("only root can give a directory away")
    hook(repo)
    repo.disturb()
    for path in [repo.path, *repo.path.rglob("*")]:
        os.chown(path, 12345, 12345)
    below = repo.path / "mine"
    below.mkdir()
    found = repo.ask(below)
    assert not repo.sprung.exists()
    assert (found["commit"], found["claim"]) == (None, "ana@example.com")
    assert "belongs to another user" in found["note"]
