"""Which registry a command means: flag, environment, a file upwards, the user's config, the default.

Completion imports this module, so it loads little: ``os`` and ``sys``, and ``tomllib`` only where a TOML file decides.
"""

from __future__ import annotations

import os
from stat import S_ISREG

from modelkeep.errors import RegistryUnavailable, UsageError
from modelkeep.local_path import DATABASE, absolute, real_path
from modelkeep.owners import judge, other_owner
from modelkeep.userdirs import config_file, data_dir, home

TYPE_CHECKING = False  # typing costs a third of a completion
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Literal, TypeAlias

    Identity: TypeAlias = tuple[int, int] | None
    _Judged: TypeAlias = tuple[str | None, Identity]
    Origin: TypeAlias = Literal["flag", "environment", "directory", "file", "config", "default"]

HERE = ".modelkeep"
PROJECT_FILE = "modelkeep.toml"
VARIABLE = "MODELKEEP_REGISTRY"

_LARGEST_FILE, _LONGEST_LINE, _LONGEST_SHOWN = 64 << 10, 4 << 10, 60  # for the dots of a long key, hours


class Located:
    """The absolute path of a registry, whether or not there is one, and what chose it.

    ``origin`` is one of flag, environment, directory, file, config, default; ``where`` is the flag, the
    variable or the path of the file that decided, None for the default. ``foreign`` is the path that
    belongs to another account, for which the registry is not used; None where it may be used. ``identity`` is
    the device and inode of a directory that is used because of its owner, None for what was named or is trusted.
    """

    __slots__ = ("foreign", "identity", "origin", "path", "where")

    def __init__(
        self, path: str, origin: Origin, where: str | None = None, foreign: str | None = None, identity: Identity = None
    ) -> None:
        self.path, self.origin, self.where, self.foreign = path, origin, where, foreign
        self.identity = identity

    def _all(self) -> tuple[str | None, ...]:
        return self.path, self.origin, self.where, self.foreign

    def __eq__(self, other: object) -> bool:
        return self._all() == other._all() if isinstance(other, Located) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return f"Located({', '.join(map(repr, self._all() if self.foreign else self._all()[:3]))})"


def locate(flag: str | None, environ: Mapping[str, str], cwd: str) -> Located:
    """Return the registry that a command means; it need not exist, and nothing is created.

    ``flag`` and ``MODELKEEP_REGISTRY`` (empty is unset) are a directory, its ``registry.db`` or a name from the user's
    config. A file that is no TOML raises ``UsageError``, an unreadable one ``RegistryUnavailable``.
    """
    if flag is not None:
        return Located(_named(flag, "--registry", environ, cwd), "flag", "--registry")
    if variable := environ.get(VARIABLE):
        return Located(_named(variable, VARIABLE, environ, cwd), "environment", VARIABLE)
    return _upwards(cwd, environ) or _configured(environ) or default(environ)


def default(environ: Mapping[str, str]) -> Located:
    """Return the default registry, in the user's data directory."""
    return Located(os.path.join(data_dir(environ), "registry"), "default")


def init_target(directory: str | None, flag: str | None, environ: Mapping[str, str], cwd: str) -> str:
    """Return where ``init`` makes a registry: DIR, else what the flag or the variable names, else here."""
    if directory is not None:
        return absolute(directory, cwd, environ, "DIR")
    if flag is not None or environ.get(VARIABLE):
        return locate(flag, environ, cwd).path
    return os.path.join(cwd, HERE)


def is_registry(path: str) -> bool:
    """Tell whether a directory holds a registry; also True where we may not look: opening it raises then."""
    file = os.path.join(path, DATABASE)
    if os.path.isfile(file):
        return True
    try:
        os.stat(file)
    except PermissionError:
        return True
    except (OSError, ValueError):
        pass
    return False


def resolved(path: str) -> str:
    """Return a path with its links resolved, and as it is where a link may not be read."""
    try:
        return real_path(path)
    except OSError:
        return path


def registry_names(config: Mapping[str, object], path: str) -> dict[str, str]:
    """Return the names and directories in ``[registries]`` of a user's config."""
    table = config.get("registries", {})
    if not isinstance(table, dict):
        message = f"{path}: registries must be a table of names and directories, not {describe(table)}"
        raise UsageError(message, '[registries]\nteam = "/srv/models"')
    return {name: text_value(table, name, path) or "" for name in table}


def trusted(config: Mapping[str, object], path: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the directories in ``trust`` of a user's config."""
    found = config.get("trust", [])
    if not isinstance(found, list) or not all(isinstance(each, str) and each and "\0" not in each for each in found):
        message = f"{path}: trust must be a list of directories, not {found!r}"
        raise UsageError(message, "modelkeep config trust DIR")
    return tuple(absolute(each, os.path.dirname(path), environ, f"{path}: trust") for each in found)


def untrusted(located: Located) -> RegistryUnavailable | None:
    """Return the error for a registry that was found and belongs to another account; None for any other."""
    if located.foreign is None:
        return None
    uid = other_owner(located.foreign, os.environ)
    try:
        import pwd

        owner = pwd.getpwuid(-1 if uid is None else uid).pw_name
    except (ImportError, KeyError, OverflowError):
        owner = f"uid:{uid}"
    named = "" if located.foreign == located.where else f", which {located.where} names,"
    message = f"{located.foreign}{named} belongs to {owner}, so it is not used without being asked for"
    directory = located.foreign if os.path.isdir(located.foreign) else os.path.dirname(located.foreign)
    from shlex import quote

    return RegistryUnavailable(
        message, f"modelkeep config trust {quote(directory)}        (or name it: --registry DIR)"
    )


def text_value(table: Mapping[str, object], key: str, path: str) -> str | None:
    """Return a text of a TOML file, None where the key is missing; another type raises ``UsageError``."""
    value = table.get(key)
    if value is None or (isinstance(value, str) and value and "\0" not in value):
        return value
    message = f"{path}: {key} must be a text that is not empty, not {describe(value)}"
    raise UsageError(message, f'{key} = "…"')


def describe(value: object) -> str:
    """Return a value of a TOML file for a message; a table may be too deep to be shown."""
    return {"dict": "a table", "list": "an array"}.get(type(value).__name__) or repr(value)[:_LONGEST_SHOWN]


def read_toml(path: str) -> dict[str, object]:
    """Return the content of a TOML file, {} if there is none; a pipe is none. The error for wrong TOML names its line.

    Where it cannot be seen whether there is one, that is ``RegistryUnavailable``: it may name another registry.
    """
    try:
        if not S_ISREG(os.stat(path).st_mode):
            return {}
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        with open(descriptor, "rb") as file:
            # Of a file of /proc that has nothing to say yet, None is read.
            data = (S_ISREG(os.fstat(descriptor).st_mode) and file.read(_LARGEST_FILE + 1)) or b""
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        message = f"cannot read {path}: {error.strerror}"
        hint = "it may name the registry to use: make it readable, or name one by --registry"
        raise RegistryUnavailable(message, hint) from error
    if len(data) > _LARGEST_FILE or max(map(len, data.split(b"\n"))) > _LONGEST_LINE:
        message = f"{path} is larger than 64 KiB, or has a line longer than 4 KiB"
        raise UsageError(message, "a few lines of TOML are expected there")
    import tomllib

    try:
        return tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        message = f"{path} is not TOML: {error}"
        raise UsageError(message, "mend that line, or move the file out of the way") from error


def _named(given: str, source: str, environ: Mapping[str, str], cwd: str) -> str:
    """Return the directory that a flag or variable means: a name from the user's config, or a path.

    As with git's remotes the name wins, so that a directory of that name cannot take its place;
    ``./team`` is always the directory.
    """
    if not given or "\0" in given:
        message = f"{source} is empty" if not given else f"{source} has a NUL character in it: {given!r}"
        raise UsageError(message, f"{source} DIRECTORY, or leave it out")
    if "/" not in given and os.sep not in given and given not in {".", ".."}:
        config = config_file(environ)
        path = registry_names(read_toml(config), config).get(given)
        if path is not None:
            return absolute(path, os.path.dirname(config), environ, f"{config}: registries.{given}")
    return absolute(given, cwd, environ, source)


def _upwards(cwd: str, environ: Mapping[str, str]) -> Located | None:
    """Return the registry of the nearest ``.modelkeep/`` or ``modelkeep.toml``, from here upwards.

    One that another account owns is not read. It is not skipped either: the search would end at a
    registry further up, which is not the one that the user sees.
    """
    for directory in _ancestors(cwd, home(environ)):
        here = os.path.join(directory, HERE)
        if os.path.isdir(here) or os.path.islink(here):  # also a link to a disk that is not mounted
            return Located(here, "directory", here, *_judged(here, (directory, here), environ))
        file = os.path.join(directory, PROJECT_FILE)
        if not os.path.isfile(file):
            continue
        if _judged(file, (directory,), environ)[0]:
            return Located(file, "file", file, file)
        if directory_given := text_value(read_toml(file), "registry", file):
            path = absolute(directory_given, directory, environ, f"{file}: registry")
            return Located(path, "file", file, *_judged(path, (directory, path), environ))
    return None


def _judged(path: str, trustable: tuple[str, ...], environ: Mapping[str, str]) -> _Judged:
    """Return the path where another account owns it and no directory of ``trustable`` is trusted, else None and its identity."""
    ours, identity = judge(path, environ)
    if ours:
        return None, identity
    file = config_file(environ)
    directories = trusted(read_toml(file), file, environ)
    return (None if any(resolved(each) in directories for each in trustable) else path), None


def _ancestors(cwd: str, top: str) -> Iterator[str]:
    """Yield a directory and those above it, up to home or to the border of the file system."""
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
    config = read_toml(file)
    given = text_value(config, "registry", file)
    if given is None:
        return None
    path = registry_names(config, file).get(given, given)
    return Located(absolute(path, os.path.dirname(file), environ, f"{file}: registry"), "config", file)
