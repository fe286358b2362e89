"""A registry that was found is the one that is opened: another one that takes its name meanwhile is refused."""

import copy
import os
import pickle
import subprocess
import sys

import pytest

from modelkeep.errors import IntegrityError, RegistryUnavailable
from modelkeep.registry import create_registry, open_registry


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return the current directory: ``.modelkeep`` and ``other``, each with another ``fraud@1``."""
    for name in [name for name in os.environ if name.startswith(("XDG_", "MODELKEEP_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    for name in (".modelkeep", "other"):
        create_registry(str(project / name))
        (project / "m").write_text(name)
        open_registry(str(project / name)).register("fraud", "m")
    return project


def swap(project):
    os.rename(project / ".modelkeep", project / "away")
    os.rename(project / "other", project / ".modelkeep")


def test_another_registry_under_the_name_is_neither_read_nor_written(project):
    found = open_registry()
    assert found.get("fraud@1", "first").changed
    swap(project)
    for use in (
        lambda: found.get("fraud@1", "second"),
        lambda: found.path("fraud@1"),
        lambda: found.promote("fraud@1", "production"),
        lambda: found.register("fraud", "first"),
    ):
        with pytest.raises(RegistryUnavailable) as caught:
            use()
        assert caught.value.message == (
            f"the registry {project}/.modelkeep was replaced by another one after it was found"
        )
        assert caught.value.hint == f"if that one is meant: modelkeep list --registry {project}/.modelkeep"
    assert not (project / "second").exists()
    assert open_registry(str(project / ".modelkeep")).status().entries == 2


def test_no_byte_is_stored_in_and_no_decision_is_asked_of_the_one_that_took_its_name(project):
    found = open_registry()
    swap(project)
    (project / "private").write_text("private bytes")
    with pytest.raises(RegistryUnavailable, match="was replaced by another one"):
        found.register("fraud", "private", code="none", if_exists="new")
    with pytest.raises(RegistryUnavailable, match="was replaced by another one"):
        found.promote("fraud@1", "production", dry_run=True)
    stored = [path for path in (project / ".modelkeep" / "store").rglob("*") if path.is_file()]
    assert all(b"private bytes" not in path.read_bytes() for path in stored)


@pytest.mark.parametrize("copied", [copy.copy, lambda registry: pickle.loads(pickle.dumps(registry))])
def test_a_copy_of_a_found_registry_is_as_strict(project, copied):
    found = open_registry()
    assert copied(found).version("fraud@1").ref == "fraud@1"
    copy_before = copied(found)
    swap(project)
    with pytest.raises(RegistryUnavailable, match="was replaced by another one"):
        copy_before.models()


def test_a_link_that_leads_elsewhere_meanwhile_is_refused(project):
    os.rename(project / ".modelkeep", project / "one")
    (project / ".modelkeep").symlink_to("one")
    found = open_registry()
    (project / ".modelkeep").unlink()
    (project / ".modelkeep").symlink_to("other")
    with pytest.raises(RegistryUnavailable, match="was replaced by another one"):
        found.get("fraud@1", "out")


def test_what_was_named_may_be_replaced(project):
    named = open_registry(str(project / ".modelkeep"))
    swap(project)
    named.get("fraud@1", "out")
    assert (project / "out").read_text() == "other"


def test_a_found_registry_that_was_moved_away_is_missing(project):
    found = open_registry()
    os.rename(project / ".modelkeep", project / "away")
    with pytest.raises(RegistryUnavailable, match="there is no registry at"):
        found.get("fraud@1", "out")


@pytest.mark.slow
def test_a_swap_in_a_loop_never_delivers_the_others_bytes(project):
    """Two processes for some seconds: each try is a race of its own."""
    code = (
        "import ctypes; libc = ctypes.CDLL(None)\nwhile True: libc.renameat2(-100, b'.modelkeep', -100, b'other', 2)\n"
    )
    found = open_registry()
    with subprocess.Popen([sys.executable, "-c", code], cwd=project) as swapping:
        try:
            refused = 0
            for number in range(200):
                try:
                    found.get("fraud@1", f"out{number}")
                    assert (project / f"out{number}").read_text() == ".modelkeep"
                except (RegistryUnavailable, IntegrityError) as error:  # the other store has none of these bytes
                    refused += "was replaced" in error.message
        finally:
            swapping.kill()
    assert refused > 0
