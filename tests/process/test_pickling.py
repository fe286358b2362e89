"""Registries and answers go to other processes: by pickle, by spawn, by joblib and by fork."""

import copy
import importlib
import multiprocessing
import os
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

import pytest

from modelkeep import registry as api
from modelkeep.errors import RegistryUnavailable

pytestmark = pytest.mark.process


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Return a registry with a model file beside it, in the working directory."""
    monkeypatch.chdir(tmp_path)
    for variable in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    for number in range(4):
        (tmp_path / f"{number}.bin").write_bytes(b"%d" % number)
    made, _ = api.create_registry("registry")
    return made


def test_a_copy_is_the_same_registry_with_the_same_settings(home, monkeypatch, tmp_path):
    monkeypatch.setenv("MODELKEEP_LOCK_WAIT", "7s")
    monkeypatch.setenv("MODELKEEP_ACTOR", "ana")
    opened = api.open_registry("registry", say=lambda _text: None)
    monkeypatch.delenv("MODELKEEP_LOCK_WAIT")
    sent = pickle.dumps(opened)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for copied in (pickle.loads(sent), copy.copy(opened), copy.deepcopy(opened)):
        assert (copied.directory, copied.origin, repr(copied)) == (opened.directory, "flag", repr(opened))
        assert copied._context.database.lock_wait == 7.0
        assert copied.register("fraud", tmp_path / "0.bin", code="none").ref == "fraud@1"


def test_a_copy_of_a_registry_that_is_gone_says_so_when_it_is_used(home, tmp_path):
    sent = pickle.dumps(home)
    (tmp_path / "registry").rename(tmp_path / "moved")
    copied = pickle.loads(sent)
    with pytest.raises(RegistryUnavailable, match="no registry"):
        copied.status()


@pytest.mark.slow  # starts interpreters
def test_other_processes_use_it_by_spawn_and_by_joblib(home):
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        made = list(pool.map(home.register, ["fraud"] * 4, [f"{number}.bin" for number in range(4)]))
    assert sorted(each.ref for each in made) == ["fraud@1", "fraud@2", "fraud@3", "fraud@4"]
    joblib = pytest.importorskip("joblib")
    found = joblib.Parallel(n_jobs=2)(joblib.delayed(home.version)(f"fraud@{number}") for number in (1, 2))
    assert [each.ref for each in found] == ["fraud@1", "fraud@2"]
    importlib.import_module("joblib.externals.loky").get_reusable_executor().shutdown(wait=True)  # its threads stay


def test_a_forked_process_and_its_parent_both_write(home):
    home.register("fraud", "0.bin", code="none")
    child = os.fork()
    if child == 0:
        done = 1
        try:
            home.register("fraud", "1.bin", code="none")
            home.tag("fraud@1", {"by": "child"})
            done = 0
        finally:
            os._exit(done)
    home.tag("fraud@1", {"and": "parent"})
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert dict(home.version("fraud@1").tags) == {"by": "child", "and": "parent"}
    assert home.version("fraud@2").ref == "fraud@2"
    assert home.verify().ok


def test_every_answer_survives_a_pipe(home):
    home.register(
        "fraud", "0.bin", metrics={"auc": 0.9}, params={"depth": 8}, tags={"a": "b"}, data="tx@1", code="none"
    )
    home.register("fraud", "1.bin", metrics={"auc": 0.8}, code="none")
    home.promote("fraud@1", "production")
    home.promote("fraud@2", "production")
    answers = [
        home.register("fraud", "2.bin", code="none"), home.evaluate("fraud@1", {"f1": 0.5}), home.rollback("fraud@2"), home.retire("fraud", "production"),
        home.stages(), home.resolve("fraud@1"), home.version("fraud@1"), home.model("fraud"), home.models(), home.versions("fraud"), home.get("fraud@1", "out.bin"),
        home.identify("0.bin"), home.diff(["fraud@1", "fraud@2"]), home.lineage("fraud@1"), home.audit(), home.history("fraud"), home.status(), home.whoami(),
        home.as_of("seq:1"), home.verify(), home.gc(dry_run=True), home.doctor(), home.access(), home.backup("backup"), home.migrate(),
    ]  # fmt: skip
    script = "import pickle, sys; sys.stdout.buffer.write(pickle.dumps(pickle.load(sys.stdin.buffer)))"
    done = subprocess.run([sys.executable, "-c", script], input=pickle.dumps(answers), capture_output=True, check=True)
    assert pickle.loads(done.stdout) == answers
