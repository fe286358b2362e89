"""Where a version came from, on the command line: the activated environment, CI, attachments, packages."""

import json

import pytest

pytestmark = pytest.mark.process


@pytest.fixture
def surroundings(run):
    """Return the variables of a CI job in which an environment is activated."""
    site = run.home / "venv" / "lib" / "python3.11" / "site-packages"
    for name in ("numpy-2.4.6.dist-info", "Scikit_Learn-1.7.2.dist-info"):
        (site / name).mkdir(parents=True)
    (run.home / "venv" / "pyvenv.cfg").write_text("version = 3.11.7\nimplementation = CPython\n")
    return {
        "VIRTUAL_ENV": str(run.home / "venv"), "GITLAB_CI": "true", "GITLAB_USER_LOGIN": "ana", "CI_JOB_NAME": "train",
        "CI_JOB_URL": "https://gitlab.example/acme/fraud/-/jobs/5",
    }  # fmt: skip


def test_a_registration_captures_its_surroundings_and_shows_them(run, surroundings):
    run("init")
    (run.cwd / "model.bin").write_bytes(b"weights")
    (run.cwd / "notes.md").write_text("by night\x1b[31m\n")
    done = run("register", "fraud", "model.bin", "--seed", "42", "--attach", "notes.md", env=surroundings)
    assert (done.stdout, done.exit_code) == ("fraud@1\n", 0)
    assert done.stderr.splitlines()[0] == "7 B in 1 file, CI gitlab"
    assert run("show", "fraud@1", "--packages").stdout == "numpy\t2.4.6\nscikit-learn\t1.7.2\n"
    assert run("show", "fraud", "1", "--packages", "-q").stdout == "numpy==2.4.6\nscikit-learn==1.7.2\n"
    assert run("show", "fraud@1", "--field", "environment.python").stdout == "3.11.7\n"
    assert run("show", "fraud@1", "--field", "environment.packages.numpy").stdout == "2.4.6\n"
    assert run("show", "fraud@1", "--field", "ci.actor").stdout == "ana\n"
    assert run("show", "fraud@1", "--attachment", "notes.md").stdout == "by night\x1b[31m\n"
    assert run("show", "fraud@1", "--attachment", "notes.md", "--format", "table").stdout == "by night\\x1b[31m\n"
    document = json.loads(run("show", "fraud@1", "--attachment", "notes.md", "--json").stdout)
    assert (document["encoding"], document["content"]) == ("utf-8", "by night\x1b[31m\n")
    shown = run("show", "fraud@1", "--format", "table").stdout
    assert "seeds        42\n" in shown
    assert "missing     no data recorded, no code recorded, no metrics, no licence\n" in shown
    assert run("show", "fraud@1", "--packages", "--field", "ref").exit_code == 2
    assert run("show", "fraud", "--packages").exit_code == 2
    done = run("show", "fraud@1", "--attachment", "diff")
    assert (done.exit_code, done.stderr) == (3, "error: fraud@1 has no attachment 'diff'\nhint: it has notes.md\n")
    assert run("verify").exit_code == 0
