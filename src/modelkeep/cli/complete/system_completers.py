"""The candidates for kinds of words that the user's files and the system know: a damaged registry keeps none from answering."""

from __future__ import annotations

import os

from modelkeep.cli.complete import grammar
from modelkeep.cli.complete.completers import DIRECTORIES

TYPE_CHECKING = False  # typing costs a third of a completion
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelkeep.cli.complete.completion import PartialCommand
    from modelkeep.store.db.completion import Candidate

#: The settings whose values are directories, and those whose values are fixed words.
_DIRECTORY_SETTINGS = frozenset({"registry", "registries", "cache"})
_SETTING_VALUES = {"color": grammar.COLORS, "progress": grammar.PROGRESS, "lock_wait": "0 5s 30s 5m"}


def _hook(command: PartialCommand) -> list[Candidate]:
    """Complete the hooks of the user's config, and of the registry unless it is another user's."""
    from modelkeep.hooks.names import FILE
    from modelkeep.locate import locate, read_toml
    from modelkeep.userdirs import config_file

    registry = locate(command.options.get("--registry"), os.environ, os.getcwd())
    found: dict[str, str] = {}
    for path in (config_file(os.environ), *(() if registry.foreign else (os.path.join(registry.path, FILE),))):
        hooks = read_toml(path).get("hooks")
        found |= dict.fromkeys(hooks if isinstance(hooks, dict) else (), path)
    return list(found.items())


def _groups(_command: PartialCommand) -> list[Candidate]:
    """Complete the groups of this account: it can give files to no other."""
    import grp

    return [(grp.getgrgid(gid).gr_name, "") for gid in sorted({os.getegid(), *os.getgroups()})]


def _schemas(command: PartialCommand) -> list[Candidate]:
    """Complete the schemas that `help schema` prints."""
    if command.arguments != ["schema"]:
        return []
    from modelkeep.cli.topics import schema_names

    return [("list", ""), *((name, "") for name in schema_names())]


def _setting_value(command: PartialCommand) -> list[Candidate]:
    setting = command.arguments[0].partition(".")[0]
    if setting in _DIRECTORY_SETTINGS:
        return list(DIRECTORIES)
    return [(word, "") for word in _SETTING_VALUES.get(setting, "").split()]


COMPLETERS: Mapping[str, Callable[[PartialCommand], list[Candidate]]] = {
    "value": _setting_value,
    "hook": _hook,
    "group": _groups,
    "schema": _schemas,
}
