"""Which registry: the flag, the environment, a file on the way up, the user's config, the default.

Light by contract: completion imports it. Only ``os`` and ``sys``; ``tomllib`` where a TOML file
must decide, never else.
"""

from __future__ import annotations

import os
import sys

from modelkeep.errors import RegistryUnavailable, UsageError

TYPE_CHECKING = False  # typing costs a third of a completion
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Literal, TypeAlias

    Origin: TypeAlias = Literal["flag", "environment", "directory", "file", "config", "default"]
    Home: TypeAlias = Literal["config", "data", "state", "cache"]

APP = "modelkeep"
DATABASE = "registry.db"
HERE = ".modelkeep"
PROJECT_FILE = "modelkeep.toml"
VARIABLE = "MODELKEEP_REGISTRY"

# A config of more than 64 KiB is none; of a key with many dots the parser takes quadratic time.
_LARGEST_FILE, _LONGEST_LINE, _LONGEST_SHOWN = 64 << 10, 4 << 10, 60


class Located:
    """Where the registry is, whether or not there is one: an absolute path, and who said so.

    ``origin`` is one of flag, environment, directory, file, config, default; ``where`` is what
    decided: the flag, the variable or the path of the file; None for the default.
    """

    __slots__ = ("origin", "path", "where")

    def __init__(self, path: str, origin: Origin, where: str | None = None) -> None:
        self.path = path
        self.origin = origin
        self.where = where

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Located):
            return NotImplemented
        return (self.path, self.origin, self.where) == (other.path, other.origin, other.where)

    def __hash__(self) -> int:
        return hash((self.path, self.origin, self.where))

    def __repr__(self) -> str:
        return f"Located({self.path!r}, {self.origin!r}, {self.where!r})"


def locate(flag: str | None, environ: Mapping[str, str], cwd: str) -> Located:
    """Return the registry that a command means; nothing is created and nothing need be there.

    ``flag`` and ``MODELKEEP_REGISTRY`` (empty is unset) are a directory, its ``registry.db`` or a
    name from the user's config. A file that is no TOML raises ``UsageError``, one that cannot be
    read ``RegistryUnavailable``.
    """
    if flag is not None:
        return Located(_named(flag, "--registry", environ, cwd), "flag", "--registry")
    if variable := environ.get(VARIABLE):
        return Located(_named(variable, VARIABLE, environ, cwd), "environment", VARIABLE)
    return _upwards(cwd, environ) or _configured(environ) or default(environ)


def default(environ: Mapping[str, str]) -> Located:
    """Return the place that is used when nobody said anything: the user's data directory."""
    return Located(os.path.join(data_dir(environ), "registry"), "default")


def init_target(directory: str | None, flag: str | None, environ: Mapping[str, str], cwd: str) -> str:
    """Return where ``init`` makes a registry: DIR, else where flag or variable point, else here."""
    if directory is not None:
        return absolute(directory, cwd, environ)
    if flag is not None or environ.get(VARIABLE):
        return locate(flag, environ, cwd).path
    return os.path.join(cwd, HERE)


def is_registry(path: str) -> bool:
    """Say whether there is a registry in this directory."""
    return os.path.isfile(os.path.join(path, DATABASE))


def absolute(path: str, base: str, environ: Mapping[str, str]) -> str:
    """Return the directory of a registry as an absolute path; ``~`` is the home directory.

    Shells do not expand ``~`` in ``--registry=~/x``, nor does anybody in a file. The path of a
    ``registry.db`` is its directory.
    """
    if path == "~" or path.startswith("~/"):
        path = home(environ) + path[1:]
    path = os.path.normpath(os.path.join(base, path))
    if os.path.basename(path) == DATABASE and not os.path.isdir(path):
        return os.path.dirname(path)
    return path


def names(config: Mapping[str, object], path: str) -> dict[str, str]:
    """Return the registries that a user's config names: ``[registries]``, a name and a directory."""
    table = config.get("registries", {})
    if not isinstance(table, dict):
        message = f"{path}: registries must be a table of names and directories, not {told(table)}"
        raise UsageError(message, '[registries]\nteam = "/srv/models"')
    return {name: text(table, name, path) or "" for name in table}


def text(table: Mapping[str, object], key: str, path: str) -> str | None:
    """Return a text of a TOML file, None if it is not there; another type is a ``UsageError``."""
    value = table.get(key)
    if value is None or (isinstance(value, str) and value and "\0" not in value):
        return value
    message = f"{path}: {key} must be a text that is not empty, not {told(value)}"
    raise UsageError(message, f'{key} = "…"')


def told(value: object) -> str:
    """Return a value of a TOML file for a message; a table may be too deep or too large to be shown."""
    if isinstance(value, (dict, list)):
        return "a table" if isinstance(value, dict) else "an array"
    shown = repr(value)
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}..."


def read_toml(path: str) -> dict[str, object]:
    """Return what a TOML file says; {} if there is none. Wrong TOML is told with its line."""
    import tomllib

    if not os.path.isfile(path):
        return {}
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        message = f"cannot read {path}: {error.strerror}"
        raise RegistryUnavailable(
            message, "it may say which registry to use: mend it or name one by --registry"
        ) from error
    if len(data) > _LARGEST_FILE:
        message = f"{path} is larger than 64 KiB"
        raise UsageError(message, "a few lines of TOML are expected there")
    if max(map(len, data.split(b"\n"))) > _LONGEST_LINE:
        message = f"{path} has a line longer than 4 KiB"
        raise UsageError(message, "a few lines of TOML are expected there")
    try:
        return tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        message = f"{path} is not TOML: {error}"
        raise UsageError(message, "mend that line, or move the file out of the way") from error


def config_file(environ: Mapping[str, str]) -> str:
    """Return the path of the user's config, there or not."""
    return os.path.join(config_dir(environ), "config.toml")


def config_dir(environ: Mapping[str, str] | None = None, platform: str = sys.platform) -> str:
    """Return the directory of the user's config."""
    return _user_dir("config", environ, platform)


def data_dir(environ: Mapping[str, str] | None = None, platform: str = sys.platform) -> str:
    """Return the directory of the user's data, where the default registry is."""
    return _user_dir("data", environ, platform)


def state_dir(environ: Mapping[str, str] | None = None, platform: str = sys.platform) -> str:
    """Return the directory of what is remembered between two commands."""
    return _user_dir("state", environ, platform)


def cache_dir(environ: Mapping[str, str] | None = None, platform: str = sys.platform) -> str:
    """Return the directory of what can be made again."""
    return _user_dir("cache", environ, platform)


def home(environ: Mapping[str, str]) -> str:
    """Return the home directory: the environment's, else the name service's, else the root."""
    path = environ.get("USERPROFILE" if sys.platform == "win32" else "HOME", "")
    if os.path.isabs(path):
        return path.rstrip("/") or "/"
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_dir.rstrip("/") or "/"
    except (ImportError, KeyError):  # Windows; a container's uid without a name
        return os.sep


_XDG = {
    "config": ("XDG_CONFIG_HOME", ".config"),
    "data": ("XDG_DATA_HOME", ".local/share"),
    "state": ("XDG_STATE_HOME", ".local/state"),
    "cache": ("XDG_CACHE_HOME", ".cache"),
}


def _user_dir(kind: Home, environ: Mapping[str, str] | None, platform: str) -> str:
    """Return what platformdirs says, without its 15 ms; a test compares the two."""
    environ = os.environ if environ is None else environ
    if platform == "win32":
        local = environ.get("LOCALAPPDATA") or os.path.join(home(environ), "AppData", "Local")
        return os.path.join(local, APP, "Cache") if kind == "cache" else os.path.join(local, APP)
    variable, below_home = _XDG[kind]
    if os.path.isabs(base := environ.get(variable, "")):
        return os.path.join(base, APP)
    if platform == "darwin":
        below_home = "Library/Caches" if kind == "cache" else "Library/Application Support"
    return os.path.join(home(environ), below_home, APP)


def _named(given: str, source: str, environ: Mapping[str, str], cwd: str) -> str:
    """Return the directory that a flag or variable means: a name from the user's config, or a path.

    As with git's remotes the name wins, so that a directory somebody left here cannot take its
    place; ``./team`` is always the directory.
    """
    if not given or "\0" in given:
        message = f"{source} is empty" if not given else f"{source} has a NUL character in it: {given!r}"
        raise UsageError(message, f"{source} DIRECTORY, or leave it out")
    if (
        "/" not in given
        and os.sep not in given
        and given not in {".", ".."}
        and os.path.isfile(config := config_file(environ))
    ):
        path = names(read_toml(config), config).get(given)
        if path is not None:
            return absolute(path, os.path.dirname(config), environ)
    return absolute(given, cwd, environ)


def _upwards(cwd: str, environ: Mapping[str, str]) -> Located | None:
    """Return what the nearest ``.modelkeep/`` or ``modelkeep.toml`` says, from here upwards."""
    for directory in _ancestors(cwd, home(environ)):
        here = os.path.join(directory, HERE)
        if os.path.isdir(here) or os.path.islink(here):  # a link to a disk that is away is no reason to go elsewhere
            return Located(here, "directory", here)
        file = os.path.join(directory, PROJECT_FILE)
        if os.path.isfile(file) and (said := text(read_toml(file), "registry", file)):
            return Located(absolute(said, directory, environ), "file", file)
    return None


def _ancestors(cwd: str, top: str) -> Iterator[str]:
    """Yield this directory and those above, up to home or to where another file system begins."""
    try:
        last = os.stat(top)
    except OSError:
        last = None
    device = None
    directory = cwd
    while True:
        try:
            found = os.stat(directory)
        except OSError:
            return
        if device is not None and found.st_dev != device:
            return
        yield directory
        if last is not None and os.path.samestat(found, last):
            return
        device, below, directory = found.st_dev, directory, os.path.dirname(directory)
        if directory == below:
            return


def _configured(environ: Mapping[str, str]) -> Located | None:
    """Return the registry of the user's config: a directory, or one of those it names."""
    file = config_file(environ)
    if not os.path.isfile(file):
        return None
    config = read_toml(file)
    said = text(config, "registry", file)
    if said is None:
        return None
    path = names(config, file).get(said, said)
    return Located(absolute(path, os.path.dirname(file), environ), "config", file)
