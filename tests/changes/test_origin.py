"""Where a version came from: environment, CI run, seeds, attachments; what is missing; and that no secret is kept."""

import json
import os
import subprocess

import pytest
from changing import effects, notes, refused
from msgspec.structs import replace
from world import World

from modelkeep.cli.views.interface import as_json, field_lines, flattened
from modelkeep.cli.views.show import VersionView
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.known_documents import Environment
from modelkeep.locate import Located
from modelkeep.papers.openlineage import to_openlineage
from modelkeep.provenance.captured_environment import Captured
from modelkeep.provenance.environment import capture
from modelkeep.registry import Registry

NUMPY = Environment(python="3.11.7", system="Linux", packages=(("numpy", "2.4.6"), ("pip", "24.0")))


def git(place, *words):
    identity = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *words], cwd=place, check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
def project(tmp_path):
    """Return a git work tree with one commit and an untracked model."""
    place = tmp_path / "project"
    place.mkdir()
    git(place, "init", "-q", "-b", "main")
    (place / "train.py").write_text("rate = 1\n")
    git(place, "add", "train.py")
    git(place, "commit", "-q", "-m", "begin")
    (place / "model.onnx").write_bytes(b"weights")
    return place


def seen_by(world, environ=(), environment=None, **more):
    """Return the registry as one has it who has these variables, and this environment."""
    environ = {"PATH": os.environ["PATH"], **dict(environ)}
    found = environment or (lambda given, seen: capture(given, seen, environ, in_process=False))
    return Registry(
        replace(world.context, environ=environ, environment=found, **more), Located(str(world.home), "flag")
    )


def test_an_environment_is_one_document_however_many_versions_share_it(world):
    r = seen_by(world, environment=lambda _given, _seen: Captured(NUMPY, "/venv"))
    for _ in range(3):
        r.register("fraud", world.model(), code="none")
    found = r.version("fraud@3").environment
    assert (found.python, found.package_count, found.packages) == ("3.11.7", 2, {"numpy": "2.4.6", "pip": "24.0"})
    assert world.rows("SELECT count(*) FROM document WHERE digest = ?", found.digest) == [(1,)]
    assert r.packages("fraud@1").packages == found.packages
    assert refused(r.packages, "fraud@1", as_of="seq:1")[0] == "NotFound"
    assert world.verify().ok


def test_a_file_of_packages_is_kept_by_name_and_digest(world, monkeypatch):
    monkeypatch.chdir(world.work)
    r, lock = seen_by(world), world.work / "requirements.txt"
    lock.write_text("numpy==2.4.6\npandas>=2\n")
    made = r.register("fraud", world.model(b"one", "model.bin"), code="none", env=lock)
    assert notes(made) == ["3 B in 1 file, 1 package of requirements.txt (1 of 2 packages have no exact version)"]
    assert r.version("fraud@1").environment.lock.digest == digest_of(lock.read_bytes())
    lock.write_text("numpy==2.4.7\n")
    changed = refused(r.register, "fraud", world.model(b"one", "model.bin"), code="none", env="requirements.txt")
    assert changed[:2] == ("Conflict", "these bytes are fraud@1 already, with another environment")
    change = r.supplement("fraud@1", env="requirements.txt")
    assert [each.partition(":")[0] for each in effects(change)] == ["environment"]
    assert r.version("fraud@1").environment.packages == {"numpy": "2.4.7"}
    assert r.version("fraud@1", as_of="seq:2").environment.packages == {"numpy": "2.4.6"}
    assert refused(r.supplement, "fraud@1", env="none")[1] == "there is no environment to add: --env none names none"
    assert refused(r.register, "churn", world.model(), env="gone.txt")[0] == "NotFound"
    assert world.verify().ok


def test_an_environment_that_is_not_known_is_said(world, tmp_path):
    r = seen_by(world, {"VIRTUAL_ENV": str(tmp_path)})
    made = r.register("fraud", world.model(b"one", "model.bin"), code="none")
    assert notes(made) == [f"3 B in 1 file, environment unknown ({tmp_path} has no Python packages)"]
    assert r.version("fraud@1").environment is None
    assert notes(r.register("fraud", world.model(b"two", "model.bin"), code="none", env="none")) == ["3 B in 1 file"]


def test_the_run_of_a_ci_system_is_recorded_and_compared(world):
    github = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTOR": "octo",
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_SERVER_URL": "https://github.com",
    }
    github |= {"GITHUB_REPOSITORY": "acme/fraud", "GITHUB_RUN_ID": "77", "GITHUB_JOB": "train"}
    made = seen_by(world, github).register("fraud", world.model(), code="none", env="none")
    assert notes(made)[0].endswith(", CI github")
    seen_by(world, {**github, "GITHUB_ACTOR": "bo"}).register("fraud", world.model(), code="none", env="none")
    found = world.registry.version("fraud@1").ci
    assert (found.system, found.url, found.actor) == ("github", "https://github.com/acme/fraud/actions/runs/77", "octo")
    rows = [(row.section, row.key, row.values) for row in world.registry.diff(["fraud@1", "fraud@2"]).rows]
    assert ("ci", "actor", ("octo", "bo")) in rows
    assert not [row for row in rows if row[:2] == ("ci", "url")]


def test_packages_are_compared_where_all_versions_have_some(world):
    newer = replace(NUMPY, python="3.12.4", packages=(("numpy", "2.5.0"), ("scipy", "1.17")))
    for environment in (NUMPY, newer, None):
        found = Captured(environment)
        seen_by(world, environment=lambda _given, _seen, found=found: found).register(
            "fraud", world.model(), code="none"
        )
    rows = [
        (row.key, row.values)
        for row in world.registry.diff(["fraud@1", "fraud@2"]).rows
        if row.section == "environment"
    ]
    assert rows == [
        ("python", ("3.11.7", "3.12.4")),
        ("packages.numpy", ("2.4.6", "2.5.0")),
        ("packages.pip", ("24.0", None)),
        ("packages.scipy", (None, "1.17")),
    ]
    rows = [row.key for row in world.registry.diff(["fraud@1", "fraud@3"]).rows if row.section == "environment"]
    assert rows == ["digest"]


def test_seeds_and_the_beginning_of_a_training_are_recorded(world):
    r = world.registry
    r.register(
        "fraud",
        world.model(b"one", "model.bin"),
        code="none",
        seeds=[42, "numpy=7", 42],
        training_started="2026-11-20T10:00:00Z",
        trained_at="2026-11-20T12:00:00Z",
    )
    trained = r.version("fraud@1").trained
    assert trained.seeds == ("42", "numpy=7")
    assert (trained.started, trained.ended) == ("2026-11-20T10:00:00.000000Z", "2026-11-20T12:00:00.000000Z")
    again = refused(r.register, "fraud", world.model(b"one", "model.bin"), code="none", seeds=1)
    assert again[1] == "these bytes are fraud@1 already, with another seed"
    model = world.model(b"two", "model.bin")
    os.utime(world.work / "model.bin", (0, 0))
    r.register("fraud", model, code="none", training_started="2026-11-20T10:00:00Z")
    assert r.version("fraud@2").trained.ended is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"seeds": "a b"}, "not a seed: 'a b'"),
        ({"seeds": "https://u:secret@x"}, "not a seed: 'https://u:secret@x'"),
        (
            {"training_started": "2026-11-20T10:00:00Z", "trained_at": "2026-11-19T10:00:00Z"},
            "the training cannot have ended (2026-11-19T10:00:00.000000Z) before it began (2026-11-20T10:00:00.000000Z)",
        ),
        ({"training_started": "seq:1"}, "--training-started is a time, not an entry of the log: seq:1"),
        ({"training_started": "2036-01-01"}, "--training-started is in the future: '2036-01-01' is 2036-01-01T00:00:00.000000Z"),
        ({"env": "-", "paths": ["-"]}, "standard input cannot be both the model and its packages"),
        ({"attach": "diff"}, "--attach diff is what was changed since the commit of the code, and not since --code none"),
    ],
)  # fmt: skip
def test_what_cannot_be_of_a_training_is_refused(world, given, message):
    paths = given.get("paths", [world.model(b"one")])
    given = {name: value for name, value in given.items() if name != "paths"}
    assert refused(world.registry.register, "fraud", *paths, code="none", **given)[:2] == ("UsageError", message)


# Attachments


def test_the_uncommitted_diff_is_kept_and_can_be_applied(world, project):
    r = seen_by(world, cwd=str(project))
    (project / "train.py").write_text("rate = 2\n")
    (project / "new.py").write_text("untracked\n")
    (project / ".gitignore").write_text("*.log\n.gitignore\n")
    (project / "train.log").write_text("ignored\n")
    made = r.register("fraud", str(project / "model.onnx"), attach="diff", env="none")
    assert notes(made)[1] == "1 untracked file not in the diff: new.py"
    version, found = r.version("fraud@1"), r.attachment("fraud@1", "diff")
    assert found.digest == version.code.diff == version.attachments[0].digest
    git(project, "checkout", "-q", "train.py")
    (project / "changes.patch").write_bytes(found.content)
    git(project, "apply", "changes.patch")
    assert (project / "train.py").read_text() == "rate = 2\n"
    assert world.verify().ok


def test_a_clean_tree_has_no_diff_and_a_large_one_is_refused(world, project):
    r = seen_by(world, cwd=str(project))
    made = r.register("fraud", str(project / "model.onnx"), attach="diff", env="none")
    assert notes(made)[1] == "everything is committed: no diff is attached"
    (project / "train.py").write_text("x" * 1_100_000)
    large = refused(r.register, "fraud", str(project / "model.onnx"), attach="diff", if_exists="new")
    assert large[:2] == ("UsageError", "the uncommitted diff has 1.1 MB, and at most 1 MiB is kept")
    assert refused(r.supplement, "fraud@1", attach=["diff"])[1] == large[1]


def test_a_diff_runs_nothing_of_the_repository(world, project, tmp_path):
    ran = tmp_path / "ran"
    (project / "evil").write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    (project / "evil").chmod(0o755)
    for key in ("diff.external", "diff.x.textconv", "diff.x.command", "filter.x.clean", "core.fsmonitor", "core.pager"):
        git(project, "config", key, str(project / "evil"))
    (project / ".gitattributes").write_text("*.py diff=x\n")
    (project / "train.py").write_text("rate = 2\n")
    seen_by(world, cwd=str(project)).register("fraud", str(project / "model.onnx"), attach="diff", env="none")
    assert b"rate = 2" in world.registry.attachment("fraud@1", "diff").content
    assert not ran.exists()


def test_without_a_commit_there_is_no_diff(world, tmp_path):
    r = seen_by(world, cwd=str(tmp_path))
    assert refused(r.register, "fraud", world.model(), attach="diff", env="none")[:2] == (
        "NotFound", "there is no commit to make a diff from: it comes from no git work tree",
    )  # fmt: skip


def test_files_are_attached_by_name_and_the_newest_counts(world):
    r, notes_ = world.registry, world.work / "notes.md"
    notes_.write_bytes(b"by night\n")
    (world.work / "plot.png").write_bytes(b"\x89PNG\0\xff")
    r.register("fraud", world.model(b"one", "model.bin"), code="none", attach=[notes_, world.work / "plot.png"])
    assert [(each.name, each.kind, each.size_bytes) for each in r.version("fraud@1").attachments] == [
        ("notes.md", "file", 9),
        ("plot.png", "file", 6),
    ]
    assert r.attachment("fraud@1", "plot.png").content == b"\x89PNG\0\xff"
    assert r.register("fraud", world.model(b"one", "model.bin"), code="none", attach=notes_).changed is False
    notes_.write_bytes(b"by day\n")
    assert refused(r.register, "fraud", world.model(b"one", "model.bin"), code="none", attach=notes_)[1].endswith(
        "another attachment notes.md"
    )
    assert r.supplement("fraud@1", attach=notes_).changed
    assert r.supplement("fraud@1", attach=notes_).why == "fraud@1 has that already"
    assert r.attachment("fraud@1", "notes.md").content == b"by day\n"
    assert r.attachment("fraud@1", "notes.md", as_of="seq:2").content == b"by night\n"
    assert refused(r.attachment, "fraud@1", "notes") == (
        "NotFound",
        "fraud@1 has no attachment 'notes'",
        "it has notes.md",
    )
    assert world.verify().ok


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("gone.md", None, "there is no file"),
        ("large.bin", b"x" * ((1 << 20) + 1), "is larger than 1 MiB"),
        ("empty.md", b"", "is empty"),
        (".env", b"KEY=1", "looks like a file of secrets"),
        (".netrc", b"machine x", "looks like a file of secrets"),
        ("id_ed25519", b"key", "looks like a private key"),
        ("notes.txt", b"-----BEGIN PRIVATE KEY-----\n", "looks like a private key"),
        ("a\nb", b"x", "an attachment is a file with a name"),
    ],
)
def test_what_cannot_be_attached_is_refused(world, name, data, message):
    path = world.work / name
    if data is not None:
        path.write_bytes(data)
    assert message in refused(world.register, "fraud", b"one", attach=str(path))[1]
    assert world.rows("SELECT count(*) FROM version") == [(0,)]


def test_more_attachments_than_fit_are_refused_before_a_byte_is_stored(world):
    given = [f"{number}.md" for number in range(21)]
    assert (
        refused(world.register, "fraud", b"one", attach=given)[1]
        == "21 attachments are more than the 20 that fit at once"
    )
    assert not [path for path in (world.home / "store").rglob("*") if path.is_file() and path.read_bytes() == b"one"]


def test_two_attachments_of_one_name_are_refused(world):
    for place in ("a", "b"):
        (world.work / place).mkdir()
        (world.work / place / "x.md").write_text(place)
    given = [str(world.work / place / "x.md") for place in ("a", "b")]
    assert refused(world.register, "fraud", b"one", attach=given)[1] == "two attachments are called 'x.md'"


# Completeness


def test_a_version_says_what_is_missing(world, project):
    r = seen_by(world, cwd=str(project))
    world.register("fraud", b"bare")
    assert r.version("fraud@1").missing == ("data", "code", "environment", "metrics", "licence")
    (project / "train.py").write_text("rate = 2\n")
    lock = world.work / "requirements.txt"
    lock.write_text("numpy==2.4.6\n")
    r.register("fraud", str(project / "model.onnx"), data="t@1", metrics={"auc": 0.9}, env=lock)
    assert r.version("fraud@2").missing == ("clean-code", "licence")
    r.supplement("fraud@2", licence="MIT")
    assert r.version("fraud@2").missing == ("clean-code",)
    assert r.version("fraud@2", as_of="seq:3").missing == ("clean-code", "licence")


def test_the_same_data_code_and_params_as_a_version_are_said(world, project):
    r = seen_by(world, cwd=str(project))

    def said(**given):
        """Return what is said of another model with these."""
        world.said.clear()
        (project / "model.onnx").write_bytes(os.urandom(8))
        r.register("fraud", str(project / "model.onnx"), env="none", **{"data": "t@1", "params": {"depth": 8}, **given})
        return [each for each in world.said if "same data" in each]

    assert said() == []
    assert said() == ["note: same data, code and params as fraud@1"]
    assert said(params={"depth": 9}) == said(data="t@2") == said(seeds=3) == []
    assert said(seeds=3) == ["note: same data, code and params as fraud@5"]
    assert said(data="t") == said(data="t") == said(code="none") == said(code="none") == []
    (project / "train.py").write_text("rate = 2\n")
    assert said() == []
    assert said() == ["note: same data, code and params as fraud@11"]
    r.delete("fraud@11")
    r.delete("fraud@12")
    assert said() == []


# Secrets


TOKEN = "ghp_planted0123456789abcdefghijklmnopqr"


def test_no_secret_of_the_surroundings_is_in_the_registry_or_in_an_answer(world, project, tmp_path):
    git(project, "remote", "add", "origin", f"https://x-access-token:{TOKEN}@github.example/acme/fraud.git")
    site = tmp_path / "venv" / "lib" / "python3.11" / "site-packages"
    (site / "numpy-2.4.6.dist-info").mkdir(parents=True)
    (site / f"{TOKEN}.dist-info").mkdir()
    (site / "private-1.0.dist-info").mkdir()
    (site / "private-1.0.dist-info" / "direct_url.json").write_text(json.dumps({"url": f"https://{TOKEN}@x.example"}))
    (tmp_path / "venv" / "pyvenv.cfg").write_text(
        f"version = 3.11.7\nprompt = {TOKEN}\ncommand = pip --index-url https://u:{TOKEN}@x\n"
    )
    (tmp_path / "venv" / "pip.conf").write_text(f"[global]\nindex-url = https://u:{TOKEN}@pypi.example/simple\n")
    environ = {
        "VIRTUAL_ENV": str(tmp_path / "venv"), "HOME": str(tmp_path), "AWS_SECRET_ACCESS_KEY": TOKEN, "WANDB_API_KEY": TOKEN,
        "GITHUB_TOKEN": TOKEN, "PIP_INDEX_URL": f"https://u:{TOKEN}@pypi.example/simple", "GITHUB_ACTIONS": "true",
        "GITHUB_SERVER_URL": f"https://oauth2:{TOKEN}@github.example", "GITHUB_REPOSITORY": "acme/fraud", "GITHUB_RUN_ID": f"7?token={TOKEN}",
        "GITHUB_REF": f"https://u:{TOKEN}@x.example/ref", "ACTIONS_RUNTIME_TOKEN": TOKEN, "MLFLOW_TRACKING_PASSWORD": TOKEN,
    }  # fmt: skip
    (tmp_path / ".netrc").write_text(f"machine pypi.example password {TOKEN}\n")
    r = seen_by(world, environ, cwd=str(project))
    lock = world.work / "uv.lock"
    lock.write_text(
        f'[[package]]\nname = "numpy"\nversion = "2.4.6"\nsource = {{ registry = "https://u:{TOKEN}@x.example" }}\n'
    )
    uri = f"https://user:{TOKEN}@data.example/t.parquet?X-Amz-Signature={TOKEN}#{TOKEN}"
    for env in ("auto", str(lock)):
        (project / "model.onnx").write_bytes(env.encode())
        r.register(
            "fraud", str(project / "model.onnx"), env=env, data=uri, parents=uri, runs=f"https://u:{TOKEN}@mlflow.example/runs/r7",
            params={"source": uri}, tags={"from": uri}, message=f"see {uri}", description=f"as in {uri}",
        )  # fmt: skip
    refused(r.register, "churn", world.model(), attach=str(tmp_path / ".netrc"), env="none", code="none")
    answers = [r.show("fraud@1"), r.show("fraud@2"), r.packages("fraud@1"), r.diff(["fraud@1", "fraud@2"])]
    pages = [VersionView(each, None) for each in answers[:2]]
    printed = [
        repr(answers),
        *(as_json(page.document()) for page in pages),
        *(line for page in pages for line in field_lines(flattened(page.document()))),
    ]
    graph = r.lineage("fraud@2")
    printed += [*world.said, repr(r.audit()), repr(graph), "".join(to_openlineage(graph))]
    printed += [repr(paper) for paper in (r.card("fraud@2"), r.bom("fraud@2"), r.annex_iv("fraud@2"), r.report())]
    assert not [text for text in printed if TOKEN in text]
    r.backup(str(tmp_path / "backup"))
    held = [path for top in (world.home, tmp_path / "backup") for path in top.rglob("*") if path.is_file()]
    assert {"registry.db"} <= {path.name for path in held}
    assert not [path for path in held if TOKEN.encode() in path.read_bytes()]
    assert any("numpy" in text for text in printed)
    assert sum(b"numpy" in path.read_bytes() for path in held) == 2  # where a secret would have been found
    assert answers[0].environment.packages == {"numpy": "2.4.6", "private": "1.0"}
    assert answers[0].ci.url == "https://github.example/acme/fraud/actions/runs/7"
