"""Settings: which source wins, what each says about its origin, and how they are written."""

import os
import stat
import tomllib
from pathlib import Path

import pytest

from modelkeep import config
from modelkeep.errors import NotFound, UsageError


@pytest.fixture
def home(tmp_path):
    path = tmp_path / "home"
    path.mkdir()
    return path


def config_of(home: Path) -> Path:
    return home / ".config/modelkeep/config.toml"


def write(home: Path, text: str) -> Path:
    file = config_of(home)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def load(home: Path, flags=None, **environ: str) -> config.Settings:
    return config.load_settings(flags or {}, {"HOME": str(home), **environ}, str(home))


def put(home: Path, key: str, value: str) -> str:
    return config.set_value(key, value, {"HOME": str(home)}, str(home))


def test_each_default_says_that_it_is_one(home):
    assert load(home).items() == (
        ("registry", f"{home}/.local/share/modelkeep/registry", "default"),
        ("actor", None, "default"),
        ("lock_wait", "30s", "default"),
        ("cache", f"{home}/.cache/modelkeep", "default"),
        ("color", "auto", "default"),
        ("progress", "auto", "default"),
        ("pager", "less", "default"),
    )


def test_each_value_says_where_it_came_from(home):
    file = write(home, 'actor = "ana"\nlock_wait = 5\n[registries]\nteam = "/srv/team"\n')
    settings = load(
        home, {"registry": "team", "progress": "plain"}, MODELKEEP_LOCK_WAIT="1m", MODELKEEP_CACHE="c", NO_COLOR="1"
    )
    assert settings.items() == (
        ("registry", "/srv/team", "--registry"),
        ("registries.team", "/srv/team", str(file)),
        ("actor", "ana", str(file)),
        ("lock_wait", "60s", "MODELKEEP_LOCK_WAIT"),
        ("cache", f"{home}/c", "MODELKEEP_CACHE"),
        ("color", "never", "NO_COLOR"),
        ("progress", "plain", "--progress"),
        ("pager", "less", "default"),
    )


def test_an_empty_variable_means_no_pager_and_that_of_other_programs_comes_last(home):
    for env, expected in (
        ({"PAGER": "more", "MODELKEEP_PAGER": ""}, ("pager", "", "MODELKEEP_PAGER")),
        ({"PAGER": ""}, ("pager", "", "PAGER")),
        ({"PAGER": "more -s"}, ("pager", "more -s", "PAGER")),
        ({"PAGER": "more", "MODELKEEP_PAGER": "less -S"}, ("pager", "less -S", "MODELKEEP_PAGER")),
    ):
        assert load(home, **env).items()[-1] == expected
    file = write(home, 'pager = "cat"\n')
    assert load(home, PAGER="more").items()[-1] == ("pager", "cat", str(file))
    with pytest.raises(UsageError, match="MODELKEEP_PAGER: not a command: 'a\\\\nb'"):
        load(home, MODELKEEP_PAGER="a\nb")


def test_the_resolved_values_are_those_that_are_listed(home):
    settings = load(
        home, {"progress": "none", "color": "never", "lock_wait": "1s"}, MODELKEEP_CACHE="/c", MODELKEEP_ACTOR="ana"
    )
    assert (settings.cache, settings.progress, settings.color, settings.actor) == ("/c", "none", "never", "ana")
    assert (settings.lock_wait_seconds, settings.file) == (1.0, str(config_of(home)))
    assert load(home).progress == "auto"


def test_flags_beat_the_environment_beats_the_file(home):
    write(home, 'lock_wait = "3s"')
    assert load(home).lock_wait_seconds == 3
    assert load(home, MODELKEEP_LOCK_WAIT="2").lock_wait_seconds == 2
    assert load(home, {"lock_wait": "1"}, MODELKEEP_LOCK_WAIT="2").lock_wait_seconds == 1


def test_an_empty_variable_is_unset(home):
    settings = load(home, MODELKEEP_LOCK_WAIT="", MODELKEEP_ACTOR="", MODELKEEP_CACHE="", NO_COLOR="")
    assert {origin for _, _, origin in settings.items()} == {"default"}


@pytest.mark.parametrize(
    ("environ", "color"),
    [
        ({}, "auto"),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, "never"),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, "always"),
        ({"FORCE_COLOR": "0", "TERM": "dumb"}, "never"),
        ({"TERM": "xterm"}, "auto"),
    ],
)
def test_colour_follows_what_other_tools_know(home, environ, color):
    assert load(home, **environ).color == color
    assert load(home, {"color": "always"}, **environ).color == "always"


@pytest.mark.parametrize(
    ("text", "expected"), [("0", 0), ("30", 30), ("30s", 30), ("500ms", 0.5), ("2m", 120), ("1h", 3600), ("1.5", 1.5)]
)
def test_a_time_to_wait_is_a_number_with_a_unit(text, expected):
    assert config.seconds(text, "--lock-wait") == expected


@pytest.mark.parametrize("text", ["", "-1", "soon", "1e9", "2d", "nan", "inf", "86401", "9" * 400, "1\n2"])
def test_what_is_no_time_to_wait_is_told_with_its_source(text):
    with pytest.raises(UsageError, match="--lock-wait: not a time to wait"):
        config.seconds(text, "--lock-wait")


def test_an_unknown_key_of_the_file_is_told_with_the_one_that_was_meant(home):
    file = write(home, 'registy = "/srv"')
    with pytest.raises(UsageError) as caught:
        load(home)
    assert caught.value.message == f"{file}: there is no setting 'registy'"
    assert caught.value.hint == "did you mean registry?"


def test_a_projects_file_says_the_registry_and_nothing_else(home):
    (home / "modelkeep.toml").write_text('registry = "r"\ncache = "/tmp/evil"\n')
    with pytest.raises(UsageError, match="there is no setting 'cache'"):
        load(home)


@pytest.mark.parametrize(
    "said",
    ["lock_wait = true", "lock_wait = []", 'color = "blue"', 'progress = ""', "actor = 1979-05-27", 'actor = "a\\u001b[2J"',
     "registries = 3", "[registries]\nteam = 3"],
)  # fmt: skip
def test_an_ill_typed_value_of_the_file_is_told_with_the_file(home, said):
    file = write(home, said)
    with pytest.raises(UsageError) as caught:
        load(home)
    assert str(file) in caught.value.message
    assert "\x1b" not in caught.value.message


def test_get_knows_the_keys_and_names_the_one_that_was_meant(home):
    write(home, '[registries]\nteam = "/srv/team"')
    settings = load(home)
    assert settings.get("registries.team") == "/srv/team"
    assert settings.get("actor") is None
    with pytest.raises(UsageError) as caught:
        settings.get("lockwait")
    assert caught.value.hint == "did you mean lock_wait?"
    with pytest.raises(NotFound, match="no registry is called 'other'"):
        settings.get("registries.other")


def test_one_registry_needs_not_be_named_and_several_do(home):
    assert not load(home).more_than_one_registry
    write(home, 'registry = "team"\n[registries]\nteam = "/srv/team"')
    assert not load(home).more_than_one_registry
    assert load(home, {"registry": "other"}).more_than_one_registry
    write(home, '[registries]\na = "/srv/a"\nb = "/srv/b"')
    assert load(home, {"registry": "a"}).more_than_one_registry


def test_a_second_registry_at_the_default_place_counts(home):
    (home / ".modelkeep").mkdir()
    assert not load(home).more_than_one_registry
    default = home / ".local/share/modelkeep/registry"
    default.mkdir(parents=True)
    (default / "registry.db").touch()
    assert load(home).more_than_one_registry


def test_what_was_set_is_read_again_and_other_keys_stay(home):
    write(home, 'actor = "ana"\n[registries]\nold = "/srv/old"\n')
    file = put(home, "registries.team", "team")
    put(home, "registry", "team")
    put(home, "lock_wait", "2m")
    assert tomllib.loads(Path(file).read_text()) == {
        "actor": "ana",
        "registries": {"old": "/srv/old", "team": f"{home}/team"},
        "registry": "team",
        "lock_wait": "120s",
    }
    assert load(home).registry.path == f"{home}/team"


def test_a_directory_is_made_absolute_where_it_was_typed(home):
    file = put(home, "registry", "here/registry.db")
    assert tomllib.loads(Path(file).read_text()) == {"registry": f"{home}/here"}


def test_an_empty_value_takes_the_key_out(home):
    put(home, "actor", "ana")
    put(home, "actor", "")
    put(home, "actor", "")
    assert load(home).actor is None


@pytest.mark.parametrize(
    "key", ["", "actr", "registries", "registries.", "registries.a.b", "actor.x", "registries.a b"]
)
def test_an_unknown_key_is_not_set(home, key):
    with pytest.raises(UsageError, match="there is no setting"):
        put(home, key, "x")
    assert not config_of(home).exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [("lock_wait", "soon"), ("color", "blue"), ("actor", "a\nb"), ("cache", "a\0b"), ("actor", "a" * 201)],
)
def test_a_wrong_value_is_not_set(home, key, value):
    write(home, 'actor = "ana"')
    with pytest.raises(UsageError):
        put(home, key, value)
    assert config_of(home).read_text() == 'actor = "ana"'


def test_the_file_is_private_when_made_and_keeps_its_mode(home):
    file = Path(put(home, "actor", "ana"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    put(home, "actor", "bo")
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert os.listdir(file.parent) == ["config.toml"]


def test_a_link_to_the_config_stays_a_link(home):
    kept = home / "dotfiles.toml"
    kept.write_text("")
    config_of(home).parent.mkdir(parents=True)
    config_of(home).symlink_to(kept)
    put(home, "actor", "ana")
    assert config_of(home).is_symlink()
    assert kept.read_text() == 'actor = "ana"\n'


@pytest.mark.parametrize("is_link", [False, True])
def test_a_config_that_is_a_device_or_a_pipe_is_not_replaced(home, is_link):
    place = home / "pipe" if is_link else config_of(home)
    config_of(home).parent.mkdir(parents=True)
    os.mkfifo(place)
    if is_link:
        config_of(home).symlink_to(place)
    with pytest.raises(UsageError, match=f"cannot write {place}: it is no regular file") as caught:
        put(home, "actor", "ana")
    assert caught.value.hint == f"ls -l {place}"
    assert stat.S_ISFIFO(place.stat().st_mode)


def test_a_config_that_cannot_be_written_is_told_and_nothing_is_left(home):
    (home / ".config").write_text("a file is in the way")
    with pytest.raises(UsageError, match="cannot write"):
        put(home, "actor", "ana")


def test_what_a_killed_process_of_the_same_number_left_is_in_nobodys_way(tmp_path):
    file = tmp_path / "config.toml"
    (tmp_path / f"config.toml.{os.getpid()}.tmp").touch()
    config.write_config(str(file), {"actor": "ana"})
    assert file.read_text() == 'actor = "ana"\n'
