"""Where code was found: never in a repository that neither holds the artifact nor the script that runs."""

import os
import shutil
import subprocess

import pytest

GIT = shutil.which("git")
pytestmark = [pytest.mark.process, pytest.mark.skipif(GIT is None, reason="needs git")]

TRAIN = """
import sys
import modelkeep
made = modelkeep.register("fraud", sys.argv[1])
print(*made.notes, sep="\\n")
print(modelkeep.open_registry().version(made.ref).code.work_tree)
"""


@pytest.fixture
def work(run):
    """Return a git work tree with one commit, in a home with a registry, and a model beside it."""
    assert run("init", cwd=run.home).exit_code == 0
    (run.home / "model.bin").write_text("weights")
    (run.cwd / "train.py").write_text(TRAIN)
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["-c", "user.email=a@b", "-c", "user.name=a", "commit", "-qm", "x"],
    ):
        subprocess.run([GIT, *words], cwd=run.cwd, env=run.env, check=True)
    return run.cwd


def head(work) -> str:
    return subprocess.check_output([GIT, "rev-parse", "HEAD"], cwd=work, text=True)[:7]


def test_a_model_from_elsewhere_gets_no_commit_of_the_repository_in_which_one_stands(run, work):
    done = run("register", "fraud", "../model.bin")
    assert done.stderr.splitlines()[0] == (
        f"7 B in 1 file, code unknown (it comes from no git work tree; --code HEAD takes the commit of {work})"
    )
    done = run("register", "fraud", "../model.bin", "--code", "HEAD", "--if-exists", "new")
    assert done.stderr.splitlines()[0] == f"7 B in 1 file, code {head(work)}"
    done = run("register", "fraud", "../model.bin", "--code", "HEAD", "--if-exists", "new", cwd=work.parent)
    assert (done.exit_code, done.stderr.splitlines()[0]) == (
        3, "error: there is no git work tree here in which 'HEAD' could be looked up",
    )  # fmt: skip


def test_show_says_in_which_work_tree_the_commit_was_found(run, work):
    shutil.copy(run.home / "model.bin", work)
    done = run("register", "fraud", "work/model.bin", cwd=run.home)
    assert done.stderr.splitlines()[0] == f"7 B in 1 file, code {head(work)} of {work}"
    shown = run("show", "fraud@1", "--format", "table", env={"COLUMNS": "200"}).stdout
    code = next(line.split() for line in shown.splitlines() if line.startswith("  code "))
    assert (code[1][:7], code[2:]) == (head(work), ["main", "in", str(work)])


def test_a_script_that_registers_says_which_code(run, work):
    for cwd in (work, run.home):
        shutil.rmtree(run.home / ".modelkeep")
        assert run("init", cwd=run.home).exit_code == 0
        done = subprocess.run(
            [run.script.with_name("python"), work / "train.py", run.home / "model.bin"], cwd=cwd, env=run.env,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout.splitlines()[-1] == str(work)
        place = "" if cwd == work else f" of {work}"
        assert done.stdout.splitlines()[0] == f"7 B in 1 file, code {head(work)}{place}"


def test_the_time_of_files_is_said_to_be_that(run, work):
    os.utime(run.home / "model.bin", (1_700_000_000, 1_700_000_000))
    run("register", "fraud", "../model.bin")
    run("register", "fraud", "../model.bin", "--if-exists", "new", "--trained-at", "2026-03-01")
    shown = [run("show", f"fraud@{number}", "--format", "table").stdout.splitlines() for number in (1, 2)]
    assert "  files dated  2023-11-14 22:13:20" in shown[0]
    assert "  trained  2026-03-01 00:00:00" in shown[1]


def test_python_m_modelkeep_imports_nothing_of_the_current_directory(run):
    python = run.script.with_name("python")
    listed = subprocess.check_output([python, "-c", "import sys; print(*sys.stdlib_module_names)"], text=True).split()
    started = subprocess.check_output(
        [python, "-c", "import runpy, sys; runpy.run_module('this'); print(*sys.modules)"], text=True
    ).split()  # what Python itself imports for -m
    for name in {*listed, "modelkeep_x", "msgspec", "typer", "click", "rich"} - set(started):
        (run.cwd / f"{name}.py").write_text("import os\nos.write(2, b'ran ' + __name__.encode())\n")
    done = subprocess.run(
        [python, "-m", "modelkeep", "init"], cwd=run.cwd, env=run.env, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"{run.cwd}/.modelkeep\n")
    assert "ran" not in done.stderr
