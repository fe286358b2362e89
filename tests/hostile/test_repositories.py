"""A repository that a stranger made runs nothing, is not waited for and exhausts no memory.

Each repository comes with a trap: a program that leaves a file behind when it runs. The installed program stands in
the repository, registers a file of it, and changes a stage, for which it reads who git says we are.
"""

import os
import resource
import shutil
import subprocess
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from running import Done, Run

from modelkeep import open_registry
from modelkeep.domain.answers.pages import Version

GIT = shutil.which("git")
pytestmark = [pytest.mark.process, pytest.mark.skipif(GIT is None, reason="needs git")]
PATIENCE_SECONDS = 60  # for a machine that has other things to do


#: What a small machine has.
LIMITS = {resource.RLIMIT_AS: (3 << 30, 3 << 30), resource.RLIMIT_FSIZE: (1 << 30, 1 << 30)}


class Hostile:
    """A work tree with two files and a model, and a trap."""

    def __init__(self, base: Path, run: Run) -> None:
        self.base, self.home = base, run.home
        home = run.home
        self.environ = {
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self.run = replace(run, env=self.environ)
        (home / ".gitconfig").write_text("[user]\n\tname = Ana Diaz\n\temail = ana@example.com\n")
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
        self.write("model.onnx", "weights")

    def __call__(self, *arguments: str) -> str:
        return subprocess.check_output([GIT, *arguments], cwd=self.path, env=self.environ, text=True).strip()

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

    def ask(self, *words: str, cwd: Path | None = None, **variables: str) -> str:
        """Return what a command prints, from within the repository and with the memory of a small machine."""
        return self._run(words, cwd=cwd or self.path, env=variables, limits=LIMITS).stdout

    def tell(self, *words: str, **variables: str) -> str:
        """Return what a command says beside its answer."""
        return self._run(words, cwd=self.path, env=variables).stderr

    def _run(self, words: Iterable[str], **more: Any) -> Done:
        done = self.run(*words, **more)
        assert done.exit_code == 0, done.stderr[-2000:]
        return done

    def register(self, *more: str, cwd: Path | None = None, **variables: str) -> Version:
        """Register the model and return the version."""
        model = str(self.path / "model.onnx")
        words = ["register", "fraud", model, "--if-exists", "new", *more]
        ref = self.ask(*words, cwd=cwd, **variables).strip()
        return open_registry(self.home / ".modelkeep").version(ref)


@pytest.fixture
def repo(tmp_path, run):
    assert run("init", cwd=run.home).exit_code == 0
    base = run.home / "base"
    base.mkdir()
    return Hostile(base, run)


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


def included_pipe(repo: Hostile) -> None:
    os.mkfifo(repo.path / "pipe")
    repo.configure("[include]\n\tpath = ../pipe\n[core]\n\tfsmonitor = TRAP\n")


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


def attributes_elsewhere(repo: Hostile) -> None:
    repo.write(".git/info/attributes", "[attr]evil filter=evil diff=evil merge=evil\n* evil\n")
    repo.write("mine", "* filter=evil\n")
    repo.configure(
        f'[core]\n\tattributesFile = {repo.path}/mine\n[filter "evil"]\n\tclean = TRAP\n\tprocess = TRAP\n'
        '[diff "evil"]\n\ttextconv = TRAP\n\tcommand = TRAP\n'
    )


def replaced(repo: Hostile) -> None:
    """Make the commit another one for git, through ``refs/replace``."""
    other = repo("commit-tree", "-m", "other", repo("hash-object", "-t", "tree", "-w", "/dev/null"))
    repo("replace", repo.commit, other)
    filtering('[filter "evil"]\n\tclean = TRAP\n')(repo)


def alternates(repo: Hostile) -> None:
    """Move the objects to a repository with a configuration of its own."""
    other = repo.base / "other.git"
    repo("init", "-q", "--bare", str(other))
    shutil.copytree(repo.dir / "objects", other / "objects", dirs_exist_ok=True)
    shutil.rmtree(repo.dir / "objects")
    repo.write(".git/objects/info/alternates", f"{other}/objects\n")
    text = '[core]\n\tfsmonitor = TRAP\n\talternateRefsCommand = TRAP\n\tsshCommand = TRAP\n[remote "origin"]\n\turl = ext::TRAP\n'
    repo.configure(text)
    with (other / "config").open("a") as file:
        file.write(text.replace("TRAP", str(repo.trap)))


def link_for_a_repository(repo: Hostile) -> None:
    filtering('[core]\n\tfsmonitor = TRAP\n[filter "evil"]\n\tclean = TRAP\n')(repo)
    shutil.move(repo.dir, repo.base / "assets")
    repo.dir.symlink_to("../assets")


def linked_work_tree(repo: Hostile) -> None:
    """Make the repository a linked work tree of another one, with a configuration for this work tree alone."""
    main = repo.base / "main"
    repo("clone", "-q", str(repo.path), str(main))
    subprocess.run([GIT, "worktree", "add", "-q", "-b", "side", "../side"], cwd=main, env=repo.environ, check=True)
    link = (repo.base / "side/.git").read_text()
    shutil.rmtree(repo.dir)
    repo.write(".git", link)
    private = Path(link.removeprefix("gitdir: ").strip())
    (private / "gitdir").write_text(f"{repo.path}/.git\n")
    trap = '[core]\n\tfsmonitor = TRAP\n[filter "evil"]\n\tclean = TRAP\n'.replace("TRAP", str(repo.trap))
    (private / "config.worktree").write_text(trap)
    with (main / ".git/config").open("a") as file:
        file.write("[extensions]\n\tworktreeConfig = true\n" + trap)
    repo.write(".gitattributes", "* filter=evil\n")


def embedded(repo: Hostile) -> None:
    """Track a directory as a submodule that is a repository of its own, with everything that runs."""
    inner = repo.path / "sub"
    subprocess.run([GIT, "init", "-q", str(inner)], env=repo.environ, check=True)
    subprocess.run([GIT, "commit", "-q", "--allow-empty", "-m", "x"], cwd=inner, env=repo.environ, check=True)
    repo("add", "sub")
    (inner / ".git/hooks").mkdir(exist_ok=True)
    shutil.copy(repo.trap, inner / ".git/hooks/post-index-change")
    (inner / ".git/config").write_text(
        f"[core]\n\trepositoryformatversion = 0\n\tfsmonitor = {repo.trap}\n\tworktree = {repo.path}\n"
        f"[include]\n\tpath = {repo.path}/more\n"
    )
    repo.write("more", f'[filter "evil"]\n\tclean = {repo.trap}\n')
    repo.write(".gitattributes", "* filter=evil\n")
    subprocess.run(
        [GIT, "-c", "core.fsmonitor=", "commit", "-q", "--allow-empty", "-m", "y"],
        cwd=inner,
        env=repo.environ,
        check=False,
    )
    repo.sprung.unlink(missing_ok=True)


def split_index(repo: Hostile) -> None:
    repo("update-index", "--split-index")
    hook(repo)
    repo.configure("[core]\n\tsplitIndex = true\n\tfsmonitor = TRAP\n")


def with_monitor_and_untracked_cache(repo: Hostile) -> None:
    """Leave an index whose extensions name a monitor and a cache of untracked files."""
    repo("config", "core.untrackedCache", "true")
    repo("update-index", "--untracked-cache")
    repo("update-index", "--fsmonitor")
    repo.configure("[core]\n\tfsmonitor = TRAP\n\tfsmonitorHookVersion = 2\n")


def every_key(repo: Hostile) -> None:
    """Name the trap under all keys of git-config(1) that hold a command."""
    repo.configure(
        "[core]\n\teditor = TRAP\n\tpager = TRAP\n\taskPass = TRAP\n\tsshCommand = TRAP\n\tgitProxy = TRAP\n"
        "\talternateRefsCommand = TRAP\n\tfsmonitor = TRAP\n\thooksPath = tools\n"
        '[gpg]\n\tprogram = TRAP\n[gpg "ssh"]\n\tprogram = TRAP\n\tdefaultKeyCommand = TRAP\n'
        "[log]\n\tshowSignature = true\n[commit]\n\tgpgSign = true\n[tag]\n\tgpgSign = true\n"
        "[sequence]\n\teditor = TRAP\n[interactive]\n\tdiffFilter = TRAP\n[diff]\n\ttool = evil\n\tguitool = evil\n"
        '[difftool "evil"]\n\tcmd = TRAP\n[mergetool "evil"]\n\tcmd = TRAP\n[trailer "x"]\n\tcommand = TRAP\n\tcmd = TRAP\n'
        '[uploadpack]\n\tpackObjectsHook = TRAP\n[remote "origin"]\n\turl = ext::TRAP\n\tvcs = evil\n\treceivepack = TRAP\n'
        "\tuploadpack = TRAP\n[credential]\n\thelper = !TRAP\n[init]\n\ttemplateDir = tools\n[web]\n\tbrowser = evil\n"
        '[browser "evil"]\n\tcmd = TRAP\n[man]\n\tviewer = evil\n[man "evil"]\n\tcmd = TRAP\n[sendemail]\n\tsendmailCmd = TRAP\n'
        '[gc]\n\trecentObjectsHook = TRAP\n[receive]\n\tprocReceiveRefs = refs\n[tar "x"]\n\tcommand = TRAP\n'
        '[hook "evil"]\n\tcommand = TRAP\n\tevent = post-index-change\n[submodule]\n\trecurse = true\n'
    )
    repo.write("tools/post-index-change", repo.trap.read_text()).chmod(0o755)


def links_for_objects(repo: Hostile) -> None:
    shutil.move(repo.dir / "objects", repo.path / "blobs")
    (repo.dir / "objects").symlink_to("../blobs")
    hook(repo)


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
    "attributes elsewhere": attributes_elsewhere,
    "a filter that git-lfs would have": filtering(
        '[filter "evil"]\n\tclean = git-lfs clean -- %f\n\tprocess = git-lfs filter-process\n'
    ),
    "a commit that stands for another": replaced,
    "objects that are elsewhere": alternates,
    "objects behind a link": links_for_objects,
    "a link for a repository": link_for_a_repository,
    "a linked work tree": linked_work_tree,
    "a repository inside of it": embedded,
    "a split index": split_index,
    "an index with a monitor": with_monitor_and_untracked_cache,
    "every key that names a program": every_key,
    "an include of a pipe": included_pipe,
    "an included file for a remote": included('includeIf "hasconfig:remote.*.url:**"'),
    "a work tree elsewhere": filtering('[core]\n\tworktree = /\n\tfsmonitor = TRAP\n[filter "evil"]\n\tclean = TRAP\n'),
}


@pytest.mark.parametrize("change", PROGRAMS.values(), ids=PROGRAMS)
def test_no_program_of_a_repository_is_run_and_its_commit_is_known(repo, change):
    repo.disturb()
    change(repo)
    if (attributes_file := repo.path / ".gitattributes").exists():
        os.utime(attributes_file)
    made = repo.register()
    assert not repo.sprung.exists(), repo.sprung.read_text()
    assert (made.code.commit, made.claimed) == (repo.commit, "ana@example.com")


@pytest.mark.slow  # 40 repositories, of which git waits for two
def test_git_itself_runs_a_program_of_most_of_these_repositories(tmp_path, run):
    sprung = []
    for number, (name, change) in enumerate(PROGRAMS.items()):
        base = tmp_path / str(number)
        (base / "home").mkdir(parents=True)
        repo = Hostile(base, replace(run, home=base / "home"))
        repo.disturb()
        change(repo)
        for words in (["status"], ["diff", "HEAD"]):
            with suppress(subprocess.TimeoutExpired):
                subprocess.run(
                    [GIT, *words], cwd=repo.path, env=repo.environ, capture_output=True, check=False, timeout=3,
                    stdin=subprocess.DEVNULL,
                )  # fmt: skip
        sprung += [name] if repo.sprung.exists() else []
    assert len(sprung) >= 20, sprung


def test_no_program_is_run_where_a_revision_is_looked_up(repo):
    repo.disturb()
    for change in (hook, every_hook, every_key, attributes_elsewhere, partial_clone):
        change(repo)
    repo.write(".git/refs/tags/v1", f"{repo.commit}\n")
    assert [repo.register("--code", rev).code.commit for rev in ("v1", "HEAD")] == [repo.commit, repo.commit]
    assert not repo.sprung.exists(), repo.sprung.read_text()


@pytest.mark.parametrize(
    "variables",
    [
        {"GIT_DIR": "DIR/evil", "GIT_WORK_TREE": "DIR"},
        {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor", "GIT_CONFIG_VALUE_0": "TRAP"},
        {"GIT_CONFIG_PARAMETERS": "'core.fsmonitor'='TRAP'"},
        {"GIT_CONFIG_GLOBAL": "DIR/evil/config", "GIT_CONFIG_SYSTEM": "DIR/evil/config", "GIT_CONFIG": "DIR/evil/config"},
        {"GIT_EXTERNAL_DIFF": "TRAP", "GIT_PAGER": "TRAP", "GIT_SSH_COMMAND": "TRAP", "GIT_ASKPASS": "TRAP", "GIT_EDITOR": "TRAP"},
        {"GIT_EXEC_PATH": "DIR/evil", "GIT_TEMPLATE_DIR": "DIR/evil"},
        {"GIT_COMMON_DIR": "DIR/evil", "GIT_INDEX_FILE": "DIR/evil/index", "GIT_ATTR_SOURCE": "HEAD", "GIT_NAMESPACE": "x"},
        {"PATH": ".:DIR-relative:PATH"},
        {"PATH": ":bin:PATH"},
    ],
)  # fmt: skip
def test_a_variable_does_not_lead_to_a_program_of_a_repository(repo, variables):
    repo.disturb()
    shutil.copytree(repo.dir, repo.path / "evil")
    repo.configure('[core]\n\tfsmonitor = TRAP\n[filter "evil"]\n\tclean = TRAP\n', "evil/config")
    for name in ("git", "bin/git", "evil/git", "evil/git-status"):
        repo.write(name, repo.trap.read_text()).chmod(0o755)
    told = {
        key: value.replace("DIR", str(repo.path)).replace("TRAP", str(repo.trap)).replace("PATH", os.environ["PATH"])
        for key, value in variables.items()
    }
    made = repo.register(**told)
    assert not repo.sprung.exists(), repo.sprung.read_text()
    assert made.code.commit == repo.commit


def test_a_directory_that_is_a_bare_repository_is_no_repository(repo):
    inner = repo.path / "inner"
    shutil.copytree(repo.dir, inner)
    (inner / "HEAD").write_text("0" * 40 + "\n")
    with (inner / "config").open("a") as file:
        file.write(f"[core]\n\tbare = false\n\tworktree = ..\n\tfsmonitor = {repo.trap}\n")
    made = repo.register("--code", "HEAD", cwd=inner)
    assert not repo.sprung.exists()
    assert made.code.commit == repo.commit


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
    unknown = {".git", ".git/HEAD", ".git/refs/heads/main"}
    made = repo.register()
    assert (made.code.commit, made.claimed) == (None if place in unknown else repo.commit, "ana@example.com")
    for words in (["promote", "fraud@1", "staging"], ["tag", "fraud@1", "a=b"], ["whoami"]) if place in OURS else ():
        repo.ask(*words)


def test_an_object_that_unpacks_to_forty_gigabytes_exhausts_no_memory(repo):
    tree = repo("rev-parse", "HEAD^{tree}")
    path = repo.dir / "objects" / tree[:2] / tree[2:]
    path.unlink()
    path.write_bytes(zlib.compress(b"tree %d\0" % (40 << 30) + bytes(64 << 20)))
    repo.disturb()
    code = repo.register().code
    assert (code.commit, code.dirty) == (repo.commit, None)


def test_a_reference_that_leads_out_of_the_repository_is_not_followed(repo):
    (repo.base / "secret").write_text("9f2c4e1ab07d3586c1e0a94b7d2f6853e4c1b0a7\n")
    for name in ("refs/../../../secret", "../../secret", str(repo.base / "secret")):
        (repo.dir / "HEAD").write_text(f"ref: {name}\n")
        assert repo.register().code.commit is None


def test_references_that_name_one_another_end(repo):
    (repo.dir / "refs/heads/main").write_text("ref: refs/heads/other\n")
    (repo.dir / "refs/heads/other").write_text("ref: refs/heads/main\n")
    assert repo.register().code.commit is None


# Runs the commands of standard input, a line each, and writes to stderr what they open and start.
WATCH = """
import os, sys
seen = {"open", "os.open", "os.listdir", "os.scandir", "subprocess.Popen"}
sys.addaudithook(lambda event, args: event in seen and print("saw", event, args[0], file=sys.__stderr__))
from modelkeep.cli.main import answer
for line in sys.stdin.read().splitlines():
    sys.argv = ["modelkeep", *line.split()]
    print("code", answer(), line, file=sys.__stderr__)
"""
NEED_NO_GIT = """\
status
list
list fraud
show fraud@1
history fraud
audit
lineage fraud@1
verify
identify model.onnx
diff fraud@1 fraud@1
get fraud@1 out.onnx
path fraud@1
doctor
gc
config list
register fraud train.py --code none
promote fraud@1 staging
"""


def test_a_command_that_needs_no_git_reads_nothing_of_a_repository(repo):
    """Neither does one that changes something, where the user says who it is."""
    repo.register()
    done = subprocess.run(
        [repo.run.script.with_name("python"), "-c", WATCH], cwd=repo.path, env={**repo.environ, "MODELKEEP_ACTOR": "ana"},
        input=NEED_NO_GIT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = done.stderr.splitlines()
    assert [line for line in told if line.startswith("code ")] == [
        f"code 0 {line}" for line in NEED_NO_GIT.splitlines()
    ]
    assert len([line for line in told if line.startswith("saw ")]) > 20
    assert not [line for line in told if ".git" in line.split("/") or line.startswith("saw subprocess")]


@pytest.mark.slow  # six commands
def test_a_directory_for_temporary_files_that_others_may_change_is_not_used(repo):
    if os.geteuid() != 0:
        pytest.skip("only root can give a directory away")
    repo.disturb()
    place = repo.base / "tmp"
    place.mkdir()
    note = f"other accounts may change the directory for temporary files, {place}"
    for mode, owner, group, dirty in ((0o777, 0, 0, None), (0o1777, 0, 0, True), (0o755, 12345, 0, None),
                                      (0o775, 0, 12345, None), (0o775, 0, 0, True), (0o700, 0, 0, True)):  # fmt: skip
        os.chown(place, owner, group)
        place.chmod(mode)
        told = repo.tell("register", "fraud", "model.onnx", "--if-exists", "new", TMPDIR=str(place))
        assert (note in told) is (dirty is None)
        assert f"code {repo.commit[:7]}" in told


def test_below_a_directory_of_another_account_nothing_is_asked(repo):
    if os.geteuid() != 0:
        pytest.skip("only root can give a directory away")
    hook(repo)
    repo.configure("[safe]\n\tdirectory = *\n")
    repo.disturb()
    for path in [repo.path, *repo.path.rglob("*")]:
        os.chown(path, 12345, 12345)
    below = repo.path / "mine"
    below.mkdir()
    made = repo.register(cwd=below)
    assert not repo.sprung.exists()
    assert (made.code.commit, made.claimed) == (None, "ana@example.com")
