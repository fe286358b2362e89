"""The directories of others that a user trusts; what trust is good for is in process/test_trust.py."""

import os

import pytest

from modelkeep import trust
from modelkeep.config import load_settings, set_value
from modelkeep.errors import NotFound, UsageError
from modelkeep.locate import Located, untrusted


@pytest.fixture
def environ(tmp_path):
    return {"HOME": str(tmp_path / "home"), "XDG_CONFIG_HOME": str(tmp_path / "config")}


def written(tmp_path):
    return (tmp_path / "config/modelkeep/config.toml").read_text()


def test_a_directory_is_trusted_once_with_its_links_resolved(environ, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    real = str(tmp_path / "real")
    assert trust.directories(environ) == ()
    assert trust.change("link", environ, str(tmp_path), remove=False) == ((real,), True)
    assert trust.change(real, environ, "/", remove=False) == ((real,), False)
    assert trust.directories(environ) == (real,)


def test_what_is_trusted_no_longer_leaves_the_other_settings_as_they_are(environ, tmp_path):
    set_value("lock_wait", "5s", environ, str(tmp_path))
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        trust.change(name, environ, str(tmp_path), remove=False)
    assert trust.change("one", environ, str(tmp_path), remove=True) == ((str(tmp_path / "two"),), True)
    assert trust.change("one", environ, str(tmp_path), remove=True) == ((str(tmp_path / "two"),), False)
    os.rmdir(tmp_path / "two")  # gone, and still to be taken out
    assert trust.change("two", environ, str(tmp_path), remove=True) == ((), True)
    assert written(tmp_path) == 'lock_wait = "5s"\n'


def test_only_a_directory_that_is_there_can_be_trusted(environ, tmp_path):
    (tmp_path / "file").write_text("")
    for name in ("*", "nowhere", "file"):
        with pytest.raises(NotFound, match="there is no directory"):
            trust.change(name, environ, str(tmp_path), remove=False)


@pytest.mark.parametrize("said", ["true", '"/srv"', "[1]", '[""]', "{}"])
def test_a_config_that_trusts_something_else_than_directories_is_refused(environ, tmp_path, said):
    (tmp_path / "config/modelkeep").mkdir(parents=True)
    (tmp_path / "config/modelkeep/config.toml").write_text(f"trust = {said}\n")
    with pytest.raises(UsageError, match="trust must be a list of directories"):
        trust.directories(environ)
    with pytest.raises(UsageError, match="trust must be a list of directories"):
        load_settings({}, environ, str(tmp_path))


def test_each_trusted_directory_is_a_setting_that_is_listed_and_not_set(environ, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        trust.change(name, environ, str(tmp_path), remove=False)
    listed = [item for item in load_settings({}, environ, str(tmp_path)).items() if item[0] == "trust"]
    file = str(tmp_path / "config/modelkeep/config.toml")
    assert listed == [("trust", str(tmp_path / name), file) for name in ("one", "two")]
    with pytest.raises(UsageError) as caught:
        set_value("trust", "/srv", environ, str(tmp_path))
    with pytest.raises(UsageError, match="trust is a list"):
        load_settings({}, environ, str(tmp_path)).get("trust")
    assert caught.value.hint == "modelkeep config trust DIR        (--remove takes one out; without DIR it lists them)"


def test_what_is_ones_own_is_used(tmp_path):
    assert untrusted(Located("/a", "flag", "--registry")) is None
