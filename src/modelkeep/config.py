"""Settings: from flags, else the environment, else files, else defaults; each value knows its origin.

The user's ``config.toml`` may set every key. A project's ``modelkeep.toml`` may set ``registry`` alone,
because it comes with a repository that a stranger may have written.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from shlex import quote

from msgspec import Struct

from modelkeep import locate
from modelkeep.domain.text import check_text, pattern, printable
from modelkeep.errors import NotFound, UsageError
from modelkeep.local_path import absolute, real_path
from modelkeep.userdirs import cache_dir, config_file

COLORS = ("auto", "always", "never")
PROGRESS = ("auto", "plain", "none")

_DURATION = pattern(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?(ms|s|m|h)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_LONGEST_WAIT = 86_400.0
_NAME = pattern(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,62}")
_PREFIX = "registries."
_LONGEST_LINE = 200


class Setting(Struct, frozen=True):
    """One value as text, and its origin: a flag, a variable, a file or ``default``."""

    key: str
    value: str | None
    origin: str


class Settings(Struct, frozen=True):
    """The settings of one command.

    ``actor`` is the claimed identity, None where git is to be asked; ``color`` is auto, always or never;
    ``progress`` auto, plain or none; ``pager`` a command, empty for none; ``file`` the path of the user's config, which need not exist; ``hooks`` what it says
    of hooks. Where ``more_than_one_registry`` is true, every change says which registry it went to.
    """

    registry: locate.Located
    more_than_one_registry: bool
    actor: str | None
    lock_wait_seconds: float
    cache: str
    color: str
    progress: str
    pager: str
    file: str
    settings: tuple[Setting, ...]
    hooks: object = None

    def items(self) -> tuple[tuple[str, str | None, str], ...]:
        """Return key, value and origin of each setting, as ``config list`` shows them."""
        return tuple((each.key, each.value, each.origin) for each in self.settings)

    def get(self, key: str) -> str | None:
        """Return the value of a key as text, None if it has none.

        An unknown key raises ``UsageError``, an unknown name of a registry ``NotFound``.
        """
        if key == "trust":
            raise _trust_is_a_list()
        for each in self.settings:
            if each.key == key:
                return each.value
        if key.startswith(_PREFIX):
            message = f"no registry is called '{printable(key.removeprefix(_PREFIX))}' in {self.file}"
            raise NotFound(message, f"modelkeep config set {_PREFIX}NAME DIR")
        raise _unknown(key, None)


def load_settings(flags: Mapping[str, str | None], environ: Mapping[str, str], cwd: str) -> Settings:
    """Return the settings of one command.

    ``flags`` has the keys of the config, as typed or None. A wrong value raises a ``UsageError`` that
    names the flag, variable or file; an unreadable file raises ``RegistryUnavailable``.
    """
    file = config_file(environ)
    config = read_config(file)
    located = locate.locate(flags.get("registry"), environ, cwd)
    if located.origin == "file" and located.where and located.foreign != located.where:
        _check_keys(locate.read_toml(located.where), ("registry",), located.where)
    base = os.path.dirname(file)
    named = {
        name: absolute(path, base, environ, f"{file}: {_PREFIX}{name}")
        for name, path in locate.registry_names(config, file).items()
    }
    sources = _Sources(flags, environ, config, file, cwd)
    lock_wait = sources.find("lock_wait", "30s")
    cache = sources.find("cache", cache_dir(environ))
    color, progress = sources.color(), sources.find("progress", "auto")
    actor, pager = sources.find("actor", None), sources.pager()
    listed = [Setting("registry", located.path, located.where or located.origin)]
    listed += [Setting(_PREFIX + name, path, file) for name, path in named.items()]
    listed += [actor, lock_wait, cache, color, progress, pager]
    listed += [Setting("trust", path, file) for path in locate.trusted(config, file, environ)]
    return Settings(
        registry=located,
        more_than_one_registry=_are_several({located.path, *named.values(), *_chosen(config, named, base, environ)}),
        actor=actor.value,
        lock_wait_seconds=seconds(lock_wait.value or "0", lock_wait.origin),
        cache=cache.value or "",
        color=color.value or "auto",
        progress=progress.value or "auto",
        pager=pager.value or "",
        file=file,
        settings=tuple(listed),
        hooks=config.get("hooks"),
    )


def set_value(key: str, value: str, environ: Mapping[str, str], cwd: str) -> str:
    """Write one key to the user's config and return the file's path; an empty value removes the key.

    All other keys stay; comments do not. Directories are made absolute. The file is replaced atomically.
    """
    file = config_file(environ)
    config = read_config(file)
    table = config
    named = locate.registry_names(config, file)
    key, _, name = key.partition(".")
    check_text(value, key)
    if key == "trust":
        raise _trust_is_a_list()
    if key == "registries" and _NAME.fullmatch(name):
        registries = config.setdefault("registries", {})
        assert isinstance(registries, dict)  # checked by registry_names
        table, key, value = registries, name, value and absolute(value, cwd, environ, _PREFIX + name)
    elif name or key not in KEYS:
        raise _unknown(f"{key}.{name}" if name else key, None)
    elif value:
        value = value if key == "registry" and value in named else _checked(key, value, key, cwd, environ)
    if value:
        table[key] = value
    else:
        table.pop(key, None)
    write_config(file, config)
    return file


def seconds(text: str, source: str) -> float:
    """Return a duration in seconds: ``30``, ``30s``, ``500ms``, ``2m``, ``1h``; at most a day."""
    match = _DURATION.fullmatch(text.strip())
    value = float(match[1]) * _SECONDS[match[2] or "s"] if match else -1.0
    if not 0 <= value <= _LONGEST_WAIT:
        message = f"{source}: not a time to wait: '{printable(text)}'"
        raise UsageError(message, "a number of seconds, or 500ms, 30s, 2m, 1h; at most a day")
    return value


class _Sources(Struct, frozen=True):
    """The sources of values, the stronger first."""

    flags: Mapping[str, str | None]
    environ: Mapping[str, str]
    config: Mapping[str, object]
    file: str
    cwd: str

    def find(self, key: str, default: str | None) -> Setting:
        """Return the value of a key from the strongest source that has one."""
        option = "--" + key.replace("_", "-")
        flag = self.flags.get(key)
        if flag is not None:
            return Setting(key, _checked(key, flag, option, self.cwd, self.environ), option)
        variable = KEYS[key]
        if given := self.environ.get(variable):
            return Setting(key, _checked(key, given, variable, self.cwd, self.environ), variable)
        if key in self.config:
            value, base = self.config[key], os.path.dirname(self.file)
            if isinstance(value, bool) or not isinstance(value, (str, int, float)):
                message = f"{self.file}: {key} cannot be {locate.describe(value)}"
                raise UsageError(message, f'{key} = "…"')
            return Setting(key, _checked(key, str(value), f"{self.file}: {key}", base, self.environ), self.file)
        return Setting(key, default, "default")

    def color(self) -> Setting:
        """Return when to use colour; ``NO_COLOR``, ``FORCE_COLOR`` and ``TERM`` count as in other tools."""
        if self.flags.get("color") is None and not self.environ.get(KEYS["color"]):
            if self.environ.get("NO_COLOR"):
                return Setting("color", "never", "NO_COLOR")
            if self.environ.get("FORCE_COLOR", "0") not in {"", "0"}:
                return Setting("color", "always", "FORCE_COLOR")
            if self.environ.get("TERM") == "dumb":
                return Setting("color", "never", "TERM")
        return self.find("color", "auto")

    def pager(self) -> Setting:
        """Return the command of the pager, empty for none; ``PAGER`` counts as in other tools."""
        own = KEYS["pager"]
        if self.environ.get(own) == "":
            return Setting("pager", "", own)
        if own not in self.environ and "pager" not in self.config and "PAGER" in self.environ:
            return Setting("pager", self.environ["PAGER"], "PAGER")
        return self.find("pager", "less")


#: The keys of the user's config and the variable of each, in the order in which they are shown.
KEYS = {
    "registry": locate.VARIABLE,
    "actor": "MODELKEEP_ACTOR",
    "lock_wait": "MODELKEEP_LOCK_WAIT",
    "cache": "MODELKEEP_CACHE",
    "color": "MODELKEEP_COLOR",
    "progress": "MODELKEEP_PROGRESS",
    "pager": "MODELKEEP_PAGER",
}


def _checked(key: str, value: str, source: str, base: str, environ: Mapping[str, str]) -> str:
    """Return a value as it is kept, or raise a ``UsageError`` that names its source."""
    check_text(value, source)
    match key:
        case "lock_wait":
            return f"{seconds(value, source):g}s"
        case "cache" | "registry":
            return absolute(value, base, environ, source)
        case "color" | "progress":
            allowed = COLORS if key == "color" else PROGRESS
            if value not in allowed:
                message = f"{source}: not one of {', '.join(allowed)}: '{printable(value)}'"
                raise UsageError(message, _near(value, allowed))
            return value
    if value != printable(value) or not value.strip() or len(value) > _LONGEST_LINE:
        kind = "command" if key == "pager" else "name"
        message = f"{source}: not a {kind}: '{printable(value[:_LONGEST_LINE])}'"
        raise UsageError(message, f"one line of at most {_LONGEST_LINE} characters")
    return value.strip()


def read_config(file: str) -> dict[str, object]:
    """Return the content of the user's config, {} where there is none. An unknown key raises ``UsageError``."""
    config = locate.read_toml(file)
    _check_keys(config, (*KEYS, "registries", "trust", "hooks"), file)
    return config


def _check_keys(found: Iterable[str], known: Iterable[str], file: str) -> None:
    for key in found:
        if key not in known:
            raise _unknown(key, file, known)


def _trust_is_a_list() -> UsageError:
    message = "trust is a list of directories"
    return UsageError(message, "modelkeep config trust DIR        (--remove takes one out; without DIR it lists them)")


def _unknown(key: str, file: str | None, known: Iterable[str] = (*KEYS, "registries.NAME")) -> UsageError:
    where = f"{file}: " if file else ""
    message = f"{where}there is no setting '{printable(key)}'"
    return UsageError(message, _near(key, known))


def _near(word: str, known: Iterable[str]) -> str:
    """Return a hint with the word that was likely meant, else with all known words."""
    from difflib import get_close_matches

    close = get_close_matches(word, list(known), n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"


def _chosen(config: Mapping[str, object], named: Mapping[str, str], base: str, environ: Mapping[str, str]) -> set[str]:
    """Return the directories that the user's config chooses, and the default registry if it exists."""
    chosen = {path for path in [locate.default(environ).path] if locate.is_registry(path)}
    given = config.get("registry")
    if isinstance(given, str):
        chosen.add(named.get(given) or absolute(given, base, environ, "registry"))
    return chosen


def _are_several(paths: set[str]) -> bool:
    return len({locate.resolved(path) for path in paths}) > 1


def write_config(file: str, config: Mapping[str, object]) -> None:
    """Replace the user's config durably; a link to it, as managers of dot files make, stays a link."""
    import tomli_w

    from modelkeep.store.named_paths import replace_file

    data = tomli_w.dumps(config).encode()
    real = real_path(file)
    if os.path.exists(real) and not os.path.isfile(real):  # root could put a file in place of /dev/null
        message = f"cannot write {real}: it is no regular file"
        raise UsageError(message, f"ls -l {quote(real)}")
    try:
        replace_file(file, data)
    except OSError as error:
        message = f"cannot write {real}: {error.strerror}"
        raise UsageError(message, "set XDG_CONFIG_HOME to a directory that can be written") from error
