"""What docs/ci.md and docs/ci/ give users to copy runs: scripts, workflows, the action, the template, the pipeline, the crontab."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from github_actions import Runner

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "ci.md").read_text()
FILES = ROOT / "docs" / "ci"
ACTION = yaml.safe_load((FILES / "action.yml").read_text())
GITLAB_CI_LOCAL = ROOT / ".venv" / "gitlab-ci-local" / "node_modules" / ".bin" / "gitlab-ci-local"
SHELL = "dash" if os.path.exists("/bin/dash") else "sh"

pytestmark = [pytest.mark.process, pytest.mark.slow]  # each plays a story of several commands


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def named(name):
    """Return the YAML block of the page that is the file of this name."""
    (text,) = (each for each in blocks("yaml") if each.startswith(f"# {name}\n"))
    return text


class Job:
    """A git checkout with a training script, a registry beside it, and what runs in them."""

    def __init__(self, run, place):
        self.place = place
        self.checkout = place / "checkout"
        self.checkout.mkdir(parents=True)
        self.env = {**run.env, "MODELKEEP_REGISTRY": str(place / "models")}
        self.sh("modelkeep init -q && git init -q -b main")
        self.sh("printf '%s\\n' '*.onnx' metrics.json modelkeep.ref >.gitignore")
        self.commit("0.90")

    def sh(self, script, *, shell="sh", check=True, **env):
        done = subprocess.run(
            [shell, "-c", script],
            cwd=self.checkout, env={**self.env, **env}, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0 or not check, f"{script}\n{done.stdout}{done.stderr}"
        return done

    def commit(self, auc, subject="train"):
        """Commit a training script that makes a model with this metric."""
        (self.checkout / "train.py").write_text(
            f"open('model.onnx', 'w').write('weights {auc}')\nopen('metrics.json', 'w').write('{{\"auc\": {auc}}}')\n"
        )
        self.sh(f"git add -A && git -c user.name=ana -c user.email=ana@example.com commit -q -m '{subject}'")

    def show(self, ref, field="ref"):
        return self.sh(f"modelkeep show {ref} --field {field}").stdout.strip()


@pytest.fixture
def job(run):
    return Job(run, run.cwd / "place")


def test_every_file_is_of_the_form_that_its_system_takes(tmp_path):
    files = {"vendor.github-actions": [FILES / "action.yml"], "vendor.gitlab-ci": [FILES / "gitlab.yml"]}
    for number, text in enumerate(blocks("yaml")):
        path = tmp_path / f"{number}.yml"
        path.write_text(text)
        kind = "vendor.gitlab-ci" if text.startswith("# .gitlab-ci.yml") else "vendor.github-workflows"
        files.setdefault(kind, []).append(path)
    assert sorted(map(len, files.values())) == [1, 2, 3]
    for kind, paths in files.items():
        done = subprocess.run(
            ["check-jsonschema", "--builtin-schema", kind, *paths],
            capture_output=True, text=True, check=False, env={"PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


def test_an_action_of_others_is_pinned_to_a_commit():
    for text in (*blocks("yaml"), (FILES / "action.yml").read_text()):
        for used in re.findall(r"^\s*(?:- )?uses: (.*)$", text, re.MULTILINE):
            assert re.fullmatch(r"\./\S+(\s+#.*)?|[\w-]+/[\w-]+@[0-9a-f]{40}  # v[\d.]+", used), used


def test_every_script_runs_twice_in_a_plain_shell(run, job):
    """A job is retried sooner or later: the second run of a script succeeds too."""
    scripts = [text for text in blocks("sh") if "set -eu" in text]
    assert len(scripts) == 8
    (job.place / "bin").mkdir()
    ssh = job.place / "bin" / "ssh"
    ssh.write_text('#!/bin/sh\nshift\nexec sh -c "$*"\n')  # as sshd starts a command
    ssh.chmod(0o755)
    job.sh("python3 train.py && printf old >old.onnx")
    job.sh("modelkeep register fraud old.onnx --metrics metrics.json --on holdout@2026-02 --stage production")
    job.sh("modelkeep register fraud old.onnx -q --if-exists new --tag tree.$(git rev-parse 'HEAD^{tree}')=trained")
    for script in scripts:
        text = re.sub(r"^export MODELKEEP_REGISTRY=.*$", "", script, flags=re.MULTILINE)
        for _ in range(2):
            job.sh(text, shell=SHELL, PATH=f"{job.place}/bin:{run.env['PATH']}")
    job.sh("modelkeep verify")


@pytest.mark.parametrize(
    ("auc", "story", "exit_code", "holder"),
    [
        ("0.80", "", 0, "fraud@1"),
        ("0.9400", "", 0, "fraud@2"),
        ("NaN", "", 0, "fraud@1"),
        ("0.80", "modelkeep evaluate fraud@1 -M auc=NaN --on holdout@2026-02", 0, "fraud@1"),
        ("0.5", "modelkeep retire fraud production", 0, "fraud@2"),
        ("0.99", "modelkeep register fraud metrics.json --tag a=b --stage production --if-exists new", 2, "fraud@2"),
    ],
)
def test_the_gate_promotes_nothing_that_is_worse_on_the_same_data(job, auc, story, exit_code, holder):
    """The version in production was measured on other data and again on this data before the job comes."""
    script = next(text for text in blocks("sh") if "awk" in text)
    job.sh(f"""
        set -eu
        printf old >old.onnx; printf new >model.onnx; printf '{{"auc": {auc}}}' >metrics.json
        modelkeep register fraud old.onnx -M auc=0.95 --on holdout@2026-02 --stage production
        modelkeep evaluate fraud@1 -M auc=0.70 --on shifted@1
        modelkeep evaluate fraud@1 -M auc=0.94 --on holdout@2026-02
        {story}
    """)
    done = job.sh(re.sub(r"^export MODELKEEP_REGISTRY=.*$", "", script, flags=re.MULTILINE), check=False)
    assert done.returncode == exit_code, done.stderr
    assert job.show("fraud@production") == holder


class GitHub:
    """A repository on GitHub with the action, and its runner."""

    def __init__(self, job):
        self.job = job
        place = job.checkout / ".github" / "actions" / "modelkeep"
        place.mkdir(parents=True)
        shutil.copy(FILES / "action.yml", place)
        job.sh("git add -A && git -c user.name=ana -c user.email=ana@example.com commit -q -m action")
        self.github = {
            "actor": "octo", "ref": "refs/heads/main", "event": {"head_commit": {"message": "Merge\n\n$(touch owned) `touch owned`"}},
        }  # fmt: skip
        env = {key: value for key, value in job.env.items() if key != "MODELKEEP_REGISTRY"}
        env |= {"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "octo", "GITHUB_SERVER_URL": "https://github.com"}
        env |= {"GITHUB_REPOSITORY": "acme/fraud", "GITHUB_RUN_ID": "77"}
        self.runner = Runner(job.checkout, job.place / "runner", env)

    def action(self, command, **inputs):
        given = {"registry": self.job.env["MODELKEEP_REGISTRY"], "command": command, **inputs}
        return self.runner.action(ACTION, given, {"github": self.github})

    def workflow(self, name, **more):
        """Run the jobs of a workflow in order, as far as their conditions hold."""
        text = named(f".github/workflows/{name}.yml").replace("/mnt/models", self.job.env["MODELKEEP_REGISTRY"])
        text = text.replace("/srv/fraud", str(self.job.place))
        context, code = {"github": self.github, "needs": {}, **more}, 0
        for each, job in yaml.safe_load(text)["jobs"].items():
            if not code and ("if" not in job or self.github["ref"] in job["if"]):
                code, outputs = self.runner.job(job, context)
                context["needs"][each] = {"outputs": outputs}
        return code


def test_the_workflows_train_once_a_tree_promote_on_merge_deploy_roll_back_and_verify(job):
    github = GitHub(job)
    github.github["ref"] = "refs/heads/branch"
    assert github.workflow("model") == 0, github.runner.log
    assert job.show("fraud@staging") == "fraud@1"
    assert job.show("fraud@1", "ci.url") == "https://github.com/acme/fraud/actions/runs/77"
    github.github["ref"] = "refs/heads/main"
    assert github.workflow("model") == 0, github.runner.log
    assert github.runner.ran.count("python3 train.py") == 1
    assert job.show("fraud@production") == "fraud@1"
    assert (job.place / "model.onnx").read_text() == "weights 0.90"
    assert not (job.checkout / "owned").exists()
    assert "Merge" in job.sh("modelkeep audit fraud").stdout

    kept = re.findall(r"^head of the log: (sha256:\w+)$", github.runner.log, re.MULTILINE)[-1]
    job.commit("0.95")
    assert github.workflow("model") == 0, github.runner.log
    assert job.show("fraud@production") == "fraud@2"
    (job.checkout / "README").write_text("another tree, the same bytes")
    job.commit("0.95")
    assert github.workflow("model") == github.workflow("model") == 0, github.runner.log
    assert github.runner.ran.count("python3 train.py") == 3
    assert (job.show("fraud@production"), job.show("fraud@latest")) == ("fraud@2", "fraud@2")

    payload = {"version": "fraud@2", "reason": "$(touch owned)"}
    github.github["event"] = {"client_payload": payload}
    assert github.workflow("rollback") == github.workflow("rollback") == 0, github.runner.log
    assert (job.show("fraud@production"), (job.place / "model.onnx").read_text()) == ("fraud@1", "weights 0.90")
    payload["version"] = "--to=fraud@2"
    assert github.workflow("rollback") != 0
    assert not (job.checkout / "owned").exists()

    assert github.workflow("verify", vars={"MODELKEEP_HEAD": kept}) == 0, github.runner.log
    assert "# Model registry report: all models\n" in github.runner.summary.read_text()
    assert github.workflow("verify", vars={"MODELKEEP_HEAD": "sha256:" + "0" * 64}) == 5


def test_the_action_gives_outputs_a_summary_and_the_exit_code(job):
    github = GitHub(job)
    job.sh("printf weights >model.onnx")
    code, outputs = github.action("register fraud 'model.onnx' -M auc=0.9", message="it's\nnew; $(touch owned)")
    assert (code, outputs["ref"], outputs["changed"], outputs["exit-code"]) == (0, "fraud@1", "true", "0")
    assert outputs["head"] == job.sh("modelkeep status --format '{head_hash}'").stdout.strip()
    assert (
        json.loads(job.sh("modelkeep audit fraud --json").stdout)["entries"][-1]["reason"]
        == "it's\nnew; $(touch owned)"
    )
    assert job.show("fraud@1", "claimed") == "octo"
    assert github.action("show fraud@1 --field metric.auc")[1]["value"] == "0.9"
    assert github.action(f"get fraud@1 {job.place}/out")[1]["path"] == f"{job.place}/out"
    code, outputs = github.action("list fraud", outputs="false", summary="false")
    assert (code, outputs["ref"]) == (0, "")
    code, outputs = github.action("promote fraud@9 production")
    assert (code, outputs["exit-code"]) == (3, "3")
    summary = github.runner.summary.read_text()
    assert summary.startswith(
        "### modelkeep: exit 0\n\n    $ modelkeep register fraud 'model.onnx' -M auc=0.9\n    fraud@1\n"
    )
    assert "    error: fraud has no version 9" in summary
    assert "$ modelkeep list" not in summary


def test_nothing_that_others_wrote_becomes_a_command_an_option_or_a_page(job):
    github = GitHub(job)
    job.sh("printf weights >model.onnx")
    hostile = "a\n```\n::add-mask::fraud\n<script>x</script>\nref=evil@9\n\r# heading"
    assert github.action("register fraud model.onnx", message=hostile)[1]["ref"] == "fraud@1"
    assert github.action("describe fraud@1 'a description'", message="--registry=/nowhere")[0] == 0
    # behind -- stand the words of another program, and the message is no option of it
    assert github.action("check run fraud@1 bias -- echo ran {}", message="--timeout=0")[0] == 0, github.runner.log
    evidence = job.sh("modelkeep check show fraud@1 bias -o -").stdout
    assert (evidence.startswith("ran /"), "--" in evidence) == (True, False)
    assert job.sh("modelkeep check list fraud@1 --json").stdout.count("--timeout=0") <= 1
    for command in ("list --registry /nowhere", "list '--registry=/nowhere'"):
        code, outputs = github.action(command)
        assert (code, outputs["head"], "not --registry in command" in github.runner.log) == (2, "", True)
    assert github.action("describe fraud@1 -- --registry=/srv")[0] == 0
    assert job.show("fraud@1", "description") == "--registry=/srv"
    assert github.action(r"describe fraud@1 a\ \'b")[0] == 0
    assert job.show("fraud@1", "description") == "a 'b"
    job.sh('modelkeep describe fraud@1 "$TEXT"', TEXT=hostile)
    assert github.action("describe fraud@1", outputs="false")[0] == 0
    for command in (
        "register fraud $(touch owned) `touch owned`",
        "list; touch owned",
        "list && touch owned",
        "list > owned",
    ):
        assert github.action(command, outputs="false")[0] in {2, 3}, command
    for command in ("register 'fraud", "describe fraud@1\r# heading", "describe fraud@1\n# heading"):
        assert github.action(command, outputs="false")[0] != 0
    assert not [*job.checkout.glob("*owned*")]
    for line in github.runner.summary.read_text().splitlines():
        assert not line or re.match(r"    |### modelkeep: exit \d+$", line), line
    # the runner obeys no line between the two marks
    for token, between in re.findall(
        r"^::stop-commands::(\w{32})$(.*?)^::\1::$", github.runner.log, re.MULTILINE | re.DOTALL
    ):
        assert token not in between
    outside = re.sub(r"^::stop-commands::(\w+)$.*?^::\1::$", "", github.runner.log, flags=re.MULTILINE | re.DOTALL)
    assert "add-mask" in github.runner.log
    assert "add-mask" not in outside
    for wrong in (
        {"registry": "/srv/models\nPATH=/evil"},
        {"version": "--index-url=https://evil.example"},
        {"version": "1 @ https://evil.example/x"},
    ):
        code, _ = github.action("list", **wrong)
        assert code == 2, wrong
    assert "/evil" not in github.runner.env["PATH"]
    github.runner.env["PATH"] = "/usr/bin:/bin"
    assert github.action("list")[0] == 2
    assert "this runner has no modelkeep" in github.runner.log


def test_the_action_installs_a_wheel_into_an_environment_of_its_own(job, wheel):
    github = GitHub(job)
    python = job.place / "python"  # records how it is called: there is no index to install from
    python.write_text(
        '#!/bin/sh\necho "$@" >>"$RUNNER_TEMP/calls"\nif [ "$2" = venv ]; then mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; fi\n'
    )
    python.chmod(0o755)
    for version, package in ((str(wheel), str(wheel)), ("1.2.0", "modelkeep==1.2.0")):
        assert github.action("", version=version, python=str(python))[0] == 0, github.runner.log
        last = (job.place / "runner" / "calls").read_text().splitlines()[-1]
        assert last == f"-m pip install --quiet --disable-pip-version-check {package}"
    assert github.runner.env["PATH"].startswith(f"{job.place}/runner/modelkeep/bin:")


def test_the_steps_of_the_jenkinsfile_run(job):
    text = (FILES / "Jenkinsfile").read_text()
    assert '"""' not in text
    assert not re.search(r'sh\s+"', text)
    steps = re.findall(r"sh '''(.*?)'''|sh '(.*?)'", text, re.DOTALL)
    assert len(steps) == 5
    for _ in range(2):
        for script in ("".join(each) for each in steps):
            done = job.sh(
                script,
                shell=SHELL,
                BUILD_TAG="jenkins-fraud-9",
                JENKINS_URL="https://ci.example/",
                BUILD_URL="https://ci.example/9/",
            )
    assert done.stdout.startswith("head of the log: sha256:")
    assert (job.show("fraud@production"), job.show("fraud@1", "ci.system")) == ("fraud@1", "jenkins")
    assert (job.checkout / "serving" / "model.onnx").read_text() == "weights 0.90"


def test_the_lines_of_the_crontab_are_silent_unless_something_is_wrong(job):
    (text,) = blocks("crontab")
    text = text.replace("/mnt/models", job.env["MODELKEEP_REGISTRY"]).replace("/srv/fraud", str(job.place))
    text = text.replace("/mnt/backup", f"{job.place}/backups")
    job.sh("mkdir ../backups && printf weights >model.onnx")
    job.sh("modelkeep register fraud model.onnx --code none --stage production")
    lines = [line.split(None, 5) for line in text.splitlines() if re.match(r"[\d*]", line)]
    assert len(lines) == 4
    assert all(re.fullmatch(r"[\d*/]+", word) for *when, _ in lines for word in when)
    for *_, command in lines:
        assert not re.search(r"(?<!\\)%", command)
        done = job.sh(command.replace("\\%", "%"))
        assert ("report" in command) == bool(done.stdout), command
        assert ("report" in command) == bool(done.stderr), command
    for path in (job.place / "models" / "store").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(b"changed")
    (job.place / "model.onnx").unlink()
    for *_, command in lines[:2]:
        done = job.sh(command.replace("\\%", "%").replace("$(date +%u)/7", "1/1"), check=False)
        assert (done.returncode, done.stdout + done.stderr != "") == (5, True), command


def test_the_template_runs_in_gitlab(job):
    for program, what in ((GITLAB_CI_LOCAL, "npm, and run .ci/run"), ("rsync", "rsync")):
        if shutil.which(program) is None:
            pytest.skip(f"install {what}")
    (job.checkout / "ci").mkdir()
    shutil.copy(FILES / "gitlab.yml", job.checkout / "ci" / "modelkeep.yml")
    text = named(".gitlab-ci.yml").replace("/mnt/models", job.env["MODELKEEP_REGISTRY"])
    (job.checkout / ".gitlab-ci.yml").write_text(text.replace("/srv/fraud", str(job.place)))
    job.sh(
        "printf '%s\\n' .gitlab-ci-local/ >>.gitignore && git config user.name ana && git config user.email ana@example.com"
    )
    job.sh("git remote add origin https://gitlab.example/acme/fraud.git")
    job.commit("0.91", "it is; $(touch owned)")

    def pipeline(*words):
        options = "--shell-isolation --no-json-schema-validation --variable CI_DEFAULT_BRANCH=main"
        return job.sh(f"{GITLAB_CI_LOCAL} {options} {' '.join(words)}", check=False)

    done = pipeline()
    assert done.returncode == 0, done.stdout + done.stderr
    assert (job.show("fraud@production"), job.show("fraud@1", "claimed")) == ("fraud@1", "ana")
    assert (job.place / "model.onnx").read_text() == "weights 0.91"
    head = job.sh("modelkeep status --format '{head_hash}'").stdout.strip()
    assert f"head of the log: {head}" in done.stdout
    (job.checkout / "README").write_text("another tree, the same bytes")
    job.commit("0.91")
    done = pipeline("train", "register")
    assert done.returncode == 0, done.stdout + done.stderr
    done = pipeline("release")
    assert (done.returncode, job.show("fraud@latest")) == (0, "fraud@1"), done.stdout + done.stderr
    job.sh("printf other | modelkeep register fraud - --filename model.onnx --stage production")
    done = pipeline(
        "--variable CI_PIPELINE_SOURCE=trigger --variable VERSION=fraud@2 --variable 'REASON=$(touch owned)'",
        "rollback",
    )
    assert job.show("fraud@production") == "fraud@1", done.stdout + done.stderr
    schedule = "--variable CI_PIPELINE_SOURCE=schedule"
    done = pipeline(schedule, "verify")
    assert ("KEPT_HEAD is not set" in done.stdout + done.stderr, done.returncode) == (True, 1), done.stdout
    assert pipeline(f"{schedule} --variable KEPT_HEAD=none", "verify").returncode == 0
    done = pipeline(f"{schedule} --variable KEPT_HEAD={'0' * 64}", "verify")
    assert ("no entry has the hash sha256:0000" in done.stdout, done.returncode) == (True, 1), done.stdout
    assert not [*job.checkout.rglob("owned")]
