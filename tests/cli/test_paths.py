"""A path is of this machine: what names another place is refused, and no directory ``s3:`` is made."""

import os
from pathlib import Path

import pytest

import modelkeep
from modelkeep.cli import app
from modelkeep.cli.complete import grammar
from modelkeep.errors import ModelkeepError, UsageError

URI = "s3://bucket/models"
#: Patterns, not paths.
GLOBS = {"--exclude", "--include"}
#: Words that a command needs besides the one that is a path.
OTHERS = {"model": "fraud", "version": "fraud@1", "setting": "registry", "file": "model.onnx", "directory": "made"}


def lines_with_a_path(uri: str) -> list[list[str]]:
    """Return a command line for each argument and option of each command that takes a file or directory."""
    lines = []
    for name, (_, arguments, options) in grammar.COMMANDS.items():
        kinds = [kind.rstrip("*") for kind in arguments.split()]
        words = [OTHERS.get(kind, "x") for kind in kinds]
        for place, kind in enumerate(kinds):
            if kind in {"file", "directory"}:
                lines.append([*name.split(), *words[:place], uri, *words[place + 1 :]])
        for option, _, kind in (each.partition("=") for each in options.split()):
            if kind in {"file", "directory"} and option not in GLOBS:
                # the program of `check run` stands behind --
                behind = ["--", words.pop()] if name == "check run" else []
                lines.append([*name.split(), *words, option, uri, *behind])
    return [*lines, ["--registry", uri, "list"], ["config", "set", "registry", uri], ["config", "set", "cache", uri]]


@pytest.fixture
def work(world, monkeypatch):
    Path("model.onnx").write_bytes(b"model")
    monkeypatch.setenv("MODELKEEP_REGISTRY", world.registry.directory)
    world.registry.register("fraud", "model.onnx", code="none")
    return world.work


@pytest.mark.parametrize("line", lines_with_a_path(URI), ids=" ".join)
def test_a_uri_is_refused_wherever_a_path_is_taken(line: list[str], work):
    before = sorted(os.listdir(work))
    with pytest.raises(UsageError) as error:
        app.run(line)
    assert "takes a path of this machine, not 's3://bucket/models'" in error.value.message
    assert error.value.hint == "a directory or file here or on a mounted disk; one of that name is ./s3://bucket/models"
    assert sorted(os.listdir(work)) == before


def test_arguments_of_every_kind_were_tried():
    tried = {" ".join(line) for line in lines_with_a_path(URI)}
    for line in (
        f"backup {URI}", f"get fraud@1 {URI}", f"register fraud {URI}", f"register fraud model.onnx --params {URI}",
        f"init {URI}", f"init made --store {URI}", f"verify fraud@1 --repair {URI}", f"demo --keep {URI}",
        f"config trust {URI}", f"identify {URI}", f"evaluate fraud@1 --metrics {URI}",
    ):  # fmt: skip
        assert line in tried


@pytest.mark.parametrize("variable", ["MODELKEEP_REGISTRY", "MODELKEEP_CACHE"])
def test_a_uri_in_a_variable_is_refused_by_its_name(variable: str, work, monkeypatch):
    monkeypatch.setenv(variable, URI)
    with pytest.raises(UsageError) as error:
        app.run(["list"])
    assert error.value.message == f"{variable} takes a path of this machine, not '{URI}'"


def test_a_uri_in_a_file_is_refused_by_its_name(work, monkeypatch):
    monkeypatch.delenv("MODELKEEP_REGISTRY")
    Path("modelkeep.toml").write_text(f'registry = "{URI}"\n')
    with pytest.raises(UsageError) as error:
        app.run(["list"])
    assert error.value.message == f"{work}/modelkeep.toml: registry takes a path of this machine, not '{URI}'"


@pytest.mark.parametrize("given", ["ana@host:/srv/backup", "C:/models", "sftp://host/srv", "gs://bucket/models/"])
def test_another_machine_is_no_directory_here(given: str, work):
    with pytest.raises(UsageError) as error:
        app.run(["backup", given])
    assert error.value.message == f"DEST takes a path of this machine, not '{given}'"
    assert not Path(given.partition("/")[0]).exists()


def test_a_file_uri_is_answered_with_its_path(work):
    for given in ("file:///srv/backup", "file://localhost/srv/backup"):
        with pytest.raises(UsageError) as error:
            app.run(["backup", given])
        assert error.value.hint == "/srv/backup"


def test_a_path_of_python_that_was_made_of_a_uri_is_refused(world):
    with pytest.raises(UsageError):
        world.registry.backup(Path(URI))
    with pytest.raises(UsageError):
        modelkeep.open_registry(URI)


def test_a_colon_elsewhere_in_a_path_is_a_colon(work):
    Path("run_10:00").mkdir()
    Path("s3:").mkdir()
    for given in ("run_10:00/model_2026-05-01T10:00:00.onnx", "./s3:/model.onnx", "a:b.onnx"):
        assert app.run(["get", "fraud@1", given]) == 0
        assert Path(given).read_bytes() == b"model"


@pytest.mark.parametrize(
    "line", ["init -", "init made --store -", "demo --keep -", "config set registry -", "config trust -"]
)
def test_a_directory_is_no_stream(line: str, work):
    before = sorted(os.listdir(work))
    with pytest.raises(UsageError) as error:
        app.run(line.split())
    assert error.value.message.endswith(" takes a directory, and '-' is none")
    assert sorted(os.listdir(work)) == before


def test_completion_is_silent_about_a_uri(run):
    done = run("__complete", "--", "list", "", env={"MODELKEEP_REGISTRY": URI})
    assert (done.exit_code, done.stderr) == (0, "")


def test_a_setting_that_became_a_uri_can_be_taken_back(run):
    config = run.home / ".config" / "modelkeep"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(f'registry = "{URI}"\n')
    refused = run("list")
    assert refused.exit_code == 2
    assert refused.stderr.startswith(f"error: {config}/config.toml: registry takes a path of this machine")
    assert run("config", "set", "registry", "").exit_code == 0
    with pytest.raises(ModelkeepError):
        app.run(["list", "--registry", "nowhere"])
