"""`inspect` on the command line: exit codes, no registry, and the forms of the answer."""

import json
from pathlib import Path

import pytest
from model_files import safetensors

from modelkeep.cli import app
from modelkeep.errors import NotFound


@pytest.fixture
def work(tmp_path, monkeypatch):
    """Return a directory with a sound file and one that would run a command, and no registry anywhere."""
    for variable in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    monkeypatch.delenv("MODELKEEP_REGISTRY", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("model.safetensors").write_bytes(safetensors({"w": (2, 3)}))
    Path("model.pkl").write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
    return tmp_path


def test_files_are_inspected_where_there_is_no_registry_and_nothing_runs(work, capsys):
    assert app.run(["inspect", "model.safetensors", "--exit-code"]) == 0
    assert app.run(["inspect", "model.pkl", "--exit-code"]) == 1
    assert app.run(["inspect", "model.pkl", "-q"]) == 0
    out = capsys.readouterr().out
    assert "-\tfact\tparameters\t6\n" in out
    assert "model.pkl\tproblem\tdangerous\tit imports os.system" in out
    assert out.endswith("\npickle\n")
    assert not (work / "ran").exists()
    assert not (work / "home").exists()


def test_a_document_has_all_tensors(work, capsys):
    app.run(["inspect", "model.safetensors", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["ref"], found["recorded"]) == ("modelkeep.inspected/1", None, False)
    assert found["tensors"] == [{"file": "model.safetensors", "name": "w", "dtype": "F32", "shape": ["2", "3"]}]


def test_of_a_file_of_no_known_format_nothing_is_printed_and_that_is_said(work, capsys):
    Path("notes.txt").write_text("hello")
    assert app.run(["inspect", "notes.txt", "--exit-code"]) == 0
    assert capsys.readouterr() == ("", "no file of notes.txt is of a format that modelkeep knows\n")


def test_what_is_no_file_needs_a_registry(work):
    with pytest.raises(NotFound, match=r"there is no file './gone'|gone"):
        app.run(["inspect", "./gone"])


def test_a_version_is_registered_inspected_and_listed(work, capsys):
    app.run(["init", "registry"])
    for line in (
        ["register", "fraud", "model.pkl", "--code", "none", "--env", "none"],
        ["register", "fraud", "model.safetensors", "--no-inspect", "--code", "none", "--env", "none"],
        ["supplement", "fraud@2", "--inspect"],
        ["list", "fraud", "--columns", "ref,format"],
        ["show", "fraud@1", "--field", "inspection.format"],
    ):
        assert app.run(["--registry", "registry", *line]) in {0, None}
    out, err = capsys.readouterr()
    assert "warning: model.pkl: dangerous: it imports os.system" in err
    assert "inspection: none -> safetensors (6 parameters)\n" in out
    assert out.endswith("fraud@2\tsafetensors\nfraud@1\tpickle\npickle\n")
    assert app.run(["--registry", "registry", "inspect", "fraud@1", "--exit-code"]) == 1
