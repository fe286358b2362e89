"""Which registry: flag, environment, the files on the way up, the user's config, the default."""

import os
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from modelkeep import locate, userdirs
from modelkeep.errors import RegistryUnavailable, UsageError
from modelkeep.locate import Located


@pytest.fixture
def world(tmp_path):
    """A home with a project in it, and nothing of modelkeep anywhere."""
    (tmp_path / "home/work/deep").mkdir(parents=True)
    return tmp_path


def environ(world: Path, **more: str) -> dict[str, str]:
    return {"HOME": str(world / "home"), **more}


def find(world: Path, flag: str | None = None, cwd: str = "home/work/deep", **more: str) -> tuple[str, str, str | None]:
    """Locate from below the world, and tell it by paths relative to it."""
    located = locate.locate(flag, environ(world, **more), str(world / cwd))
    where = os.path.relpath(located.where, world) if located.where and os.sep in located.where else located.where
    return os.path.relpath(located.path, world), located.origin, where


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_without_anything_it_is_the_users_data_directory(world):
    assert find(world) == ("home/.local/share/modelkeep/registry", "default", None)


def test_the_flag_beats_everything(world):
    (world / "home/work/.modelkeep").mkdir()
    assert find(world, "x", MODELKEEP_REGISTRY="/env") == ("home/work/deep/x", "flag", "--registry")


def test_the_path_of_the_database_means_its_directory(world):
    assert find(world, "../r/registry.db")[0] == "home/work/r"
    assert find(world, MODELKEEP_REGISTRY="r/registry.db") == (
        "home/work/deep/r",
        "environment",
        "MODELKEEP_REGISTRY",
    )


def test_a_directory_that_is_called_registry_db_stays_one(world):
    (world / "home/work/deep/registry.db").mkdir()
    assert find(world, "registry.db")[0] == "home/work/deep/registry.db"


def test_an_empty_variable_is_unset_and_an_empty_flag_is_a_mistake(world):
    assert find(world, MODELKEEP_REGISTRY="")[1] == "default"
    with pytest.raises(UsageError, match="--registry is empty"):
        find(world, "")


def test_a_tilde_is_the_home_directory_where_no_shell_expanded_it(world):
    assert find(world, "~/r")[0] == "home/r"
    assert find(world, MODELKEEP_REGISTRY="~")[0] == "home"


def test_the_nearest_directory_upwards_wins(world):
    (world / "home/.modelkeep").mkdir()
    (world / "home/work/.modelkeep").mkdir()
    assert find(world) == ("home/work/.modelkeep", "directory", "home/work/.modelkeep")


def test_a_project_file_names_a_registry_relative_to_itself(world):
    write(world / "home/work/modelkeep.toml", 'registry = "../shared"')
    assert find(world) == ("home/shared", "file", "home/work/modelkeep.toml")


def test_a_project_file_that_names_none_is_passed_over(world):
    (world / "home/.modelkeep").mkdir()
    write(world / "home/work/modelkeep.toml", "")
    assert find(world)[0] == "home/.modelkeep"


def test_beside_each_other_the_directory_wins_over_the_file(world):
    (world / "home/work/.modelkeep").mkdir()
    write(world / "home/work/modelkeep.toml", 'registry = "x"')
    assert find(world)[1] == "directory"


def test_nothing_above_the_home_directory_counts(world):
    (world / ".modelkeep").mkdir()
    assert find(world)[1] == "default"


def test_the_home_directory_is_recognised_through_a_link(world):
    (world / ".modelkeep").mkdir()
    (world / "link").symlink_to(world / "home")
    located = locate.locate(None, {"HOME": str(world / "link")}, str(world / "home/work"))
    assert located.origin == "default"


def test_outside_of_home_the_way_up_ends_at_the_root(world):
    (world / ".modelkeep").mkdir()
    (world / "elsewhere/deep").mkdir(parents=True)
    assert find(world, cwd="elsewhere/deep") == (".modelkeep", "directory", ".modelkeep")


@pytest.mark.skipif(
    not os.path.ismount("/dev/shm") or not os.access("/dev/shm", os.W_OK), reason="needs a second file system"
)
def test_a_file_systems_border_is_not_crossed():
    assert list(locate._ancestors("/dev/shm", "/nowhere")) == ["/dev/shm"]


def test_a_link_to_a_disk_that_is_away_is_no_reason_to_go_elsewhere(world):
    (world / "home/work/.modelkeep").symlink_to("/mnt/away")
    assert find(world)[:2] == ("home/work/.modelkeep", "directory")


def test_the_users_config_names_a_directory_relative_to_itself_or_below_home(world):
    config = world / "home/.config/modelkeep/config.toml"
    write(config, 'registry = "~/models"')
    assert find(world) == ("home/models", "config", "home/.config/modelkeep/config.toml")
    write(config, 'registry = "here"')
    assert find(world)[0] == "home/.config/modelkeep/here"


def test_the_users_config_may_name_several(world):
    write(
        world / "home/.config/modelkeep/config.toml",
        'registry = "mine"\n[registries]\nmine = "/srv/mine"\nteam = "/srv/team"\n',
    )
    root = os.path.relpath("/srv", world)
    assert find(world)[0] == f"{root}/mine"
    assert find(world, "team") == (f"{root}/team", "flag", "--registry")
    assert find(world, MODELKEEP_REGISTRY="team")[0] == f"{root}/team"
    assert find(world, "other")[0] == "home/work/deep/other"


def test_a_name_of_the_config_wins_over_a_directory_that_somebody_left_here(world):
    write(world / "home/.config/modelkeep/config.toml", '[registries]\nteam = "/srv/team"')
    write(world / "home/work/deep/team/registry.db", "")
    assert find(world, "team")[0] == os.path.relpath("/srv/team", world)
    assert find(world, "./team")[0] == "home/work/deep/team"


def test_xdg_config_home_is_followed_when_it_is_absolute(world):
    write(world / "xdg/modelkeep/config.toml", 'registry = "/srv/x"')
    assert find(world, XDG_CONFIG_HOME=str(world / "xdg"))[1] == "config"
    assert find(world, XDG_CONFIG_HOME="xdg")[1] == "default"


def test_wrong_toml_is_told_with_its_file_and_line(world):
    file = world / "home/work/modelkeep.toml"
    write(file, "# fine\nregistry = oops\n")
    with pytest.raises(UsageError) as caught:
        find(world)
    assert caught.value.message == f"{file} is not TOML: Invalid value (at line 2, column 12)"


@pytest.mark.parametrize("said", ["registry = 3", 'registry = ""', "registry = []", 'registry = "a\\u0000b"'])
def test_a_registry_that_is_no_text_is_told_with_its_file(world, said):
    file = world / "home/work/modelkeep.toml"
    write(file, said)
    with pytest.raises(UsageError, match="registry must be a text that is not empty"):
        find(world)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a=" + b"[" * 100_000, b"x = 1\n" * 400_000])
def test_hostile_toml_is_a_usage_error(world, content):
    (world / "home/work/modelkeep.toml").write_bytes(content)
    with pytest.raises(UsageError):
        find(world)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_read_is_told(world):
    file = world / "home/work/modelkeep.toml"
    write(file, "")
    file.chmod(0)
    with pytest.raises(RegistryUnavailable, match="cannot read"):
        find(world)


def test_a_fifo_in_the_way_does_not_hang(world):
    os.mkfifo(world / "home/work/modelkeep.toml")
    assert find(world)[1] == "default"


def test_a_directory_that_is_gone_is_no_obstacle(world):
    assert find(world, cwd="home/gone")[1] == "default"


def test_init_goes_where_it_is_told_else_where_flag_or_variable_point_else_here(world):
    def target(directory=None, flag=None, **more):
        path = locate.init_target(directory, flag, environ(world, **more), str(world / "home/work"))
        return os.path.relpath(path, world)

    assert target() == "home/work/.modelkeep"
    assert target("x", "y") == "home/work/x"
    assert target(None, "y", MODELKEEP_REGISTRY="z") == "home/work/y"
    assert target(None, None, MODELKEEP_REGISTRY="z") == "home/work/z"
    assert target(None, None, MODELKEEP_REGISTRY="") == "home/work/.modelkeep"


def test_init_here_does_not_look_upwards(world):
    (world / "home/.modelkeep").mkdir()
    assert locate.init_target(None, None, environ(world), str(world / "home/work")) == str(
        world / "home/work/.modelkeep"
    )


def test_a_registry_is_where_its_database_is(world):
    assert not locate.is_registry(str(world))
    (world / "registry.db").mkdir()
    assert not locate.is_registry(str(world))
    write(world / "r/registry.db", "")
    assert locate.is_registry(str(world / "r"))


def test_a_located_is_a_value():
    assert Located("/a", "default") == Located("/a", "default", None)
    assert Located("/a", "default") != Located("/a", "config", "/c")
    assert len({Located("/a", "default"), Located("/a", "default")}) == 1
    assert repr(Located("/a", "flag", "--registry")) == "Located('/a', 'flag', '--registry')"


SPELLINGS = [
    {},
    {"XDG_CONFIG_HOME": "/x/c", "XDG_DATA_HOME": "/x/d", "XDG_STATE_HOME": "/x/s", "XDG_CACHE_HOME": "/x/k"},
    {"XDG_CONFIG_HOME": "", "XDG_DATA_HOME": " ", "XDG_STATE_HOME": "relative", "XDG_CACHE_HOME": "~/k"},
    {"HOME": "/"},
]


@pytest.mark.parametrize("given", SPELLINGS)
@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_the_users_directories_are_those_of_platformdirs(monkeypatch, given, platform):
    """On Linux its rules for Linux; elsewhere it is asked itself."""
    from platformdirs.unix import Unix

    monkeypatch.setattr(sys, "platform", platform)
    for name in SPELLINGS[1]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/ana")
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    theirs = (Unix if platform == "linux" else platformdirs.PlatformDirs)("modelkeep", appauthor=False)
    assert [
        userdirs.config_dir(os.environ),
        userdirs.data_dir(os.environ),
        userdirs.state_dir(os.environ),
        userdirs.cache_dir(os.environ),
    ] == [theirs.user_config_dir, theirs.user_data_dir, theirs.user_state_dir, theirs.user_cache_dir]


def test_without_home_the_name_service_knows(monkeypatch):
    import pwd

    assert userdirs.home({}) == (pwd.getpwuid(os.getuid()).pw_dir.rstrip("/") or "/")
    assert userdirs.home({"HOME": "relative"}) == userdirs.home({})


def test_locating_imports_nothing_but_our_errors(tmp_path):
    """Completion pays for each module; tomllib is for where a TOML file decides."""
    code = (
        "import sys; before = set(sys.modules)\n"
        "from modelkeep import locate\n"
        f"locate.locate(None, {{'HOME': {str(tmp_path)!r}}}, {str(tmp_path)!r})\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {
        "__future__",
        "modelkeep",
        "modelkeep._version",
        "modelkeep.errors",
        "modelkeep.local_path",
        "modelkeep.locate",
        "modelkeep.owners",
        "modelkeep.userdirs",
    }
