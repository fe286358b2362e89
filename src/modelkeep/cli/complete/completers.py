"""What each kind of word could become, asked of the registry or of a fixed list."""

from __future__ import annotations

import os

from modelkeep.cli.complete import grammar

TYPE_CHECKING = False  # typing costs a third of a completion
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from modelkeep.cli.complete.partial_command import Line
    from modelkeep.store.db.completion import Names

    #: A candidate and a few words on it.
    Offer: TypeAlias = tuple[str, str]
    Asked: TypeAlias = Callable[[Line, Names], list[Offer]]

#: Where files are due, a line without a candidate says so: the shell knows best how to complete them.
FILES: tuple[Offer, ...] = (("", "files"),)

#: Settings that are places, and those that are one of some words.
_DIRECTORIES = frozenset({"registry", "registries", "cache"})
_VALUES = {"color": grammar.COLORS, "progress": grammar.PROGRESS, "lock_wait": "0 5s 30s 5m"}

#: Commands whose answer about an archived version is as good as about another.
_OF_ALL_VERSIONS = frozenset(
    {"audit", "delete", "describe", "diff", "get", "history", "lineage", "note", "path", "show", "tag", "verify"}
)


def _which(line: Line) -> str:
    """Return which versions are wanted: archived ones only by those who can do something with them."""
    if line.command == "archive" and "--undo" in line.options:
        return "archived"
    everything = line.command in _OF_ALL_VERSIONS or "--all" in line.options
    return "all" if everything or (line.command == "promote" and "--force" in line.options) else "standing"


def _model(line: Line, names: Names) -> list[Offer]:
    return names.models(line.word, _which(line))


def _version(line: Line, names: Names) -> list[Offer]:
    """Complete NAME@SELECTOR; before the @ the names with one behind them."""
    name, at, typed = line.word.partition("@")
    if at:
        return [(f"{name}@{selector}", told) for selector, told in names.versions(name, typed, _which(line))]
    return [(f"{model}@", told) for model, told in names.models(name, _which(line))]


def _ref(line: Line, names: Names) -> list[Offer]:
    """Complete a name, or NAME@SELECTOR; a name that is whole could go on either way."""
    if "@" in line.word:
        return _version(line, names)
    models = names.models(line.word, _which(line))
    return models + [(f"{model}@", told) for model, told in models[:1] if len(models) == 1 and model == line.word]


def _side(line: Line, names: Names) -> list[Offer]:
    """Complete what `diff` takes: a REF, or after a model its selectors, with or without the @."""
    if not line.arguments:
        return _ref(line, names)
    name, at, _ = line.arguments[0].partition("@")
    if line.word.startswith("@"):
        return [(f"@{word}", told) for word, told in names.versions(name, line.word[1:], _which(line))]
    return _version(line, names) if at else names.versions(name, line.word, _which(line))


def _aliases(line: Line, names: Names) -> list[Offer]:
    """Complete aliases to move to the version, and to take back."""
    name, at, _ = line.arguments[0].partition("@")
    found = names.aliases(name)
    return [*(found if at else ()), *((f"{alias}-", told) for alias, told in found)]


def _tags(line: Line, names: Names) -> list[Offer]:
    """Complete keys of tags to set, and to take back."""
    own = names.tags(line.arguments[0].partition("@")[0])
    return [*((f"{key}=", "") for key, _ in own or names.tags()), *((f"{key}-", "") for key, _ in own)]


def _metric(line: Line, names: Names) -> list[Offer]:
    name = line.arguments[0].partition("@")[0] if line.arguments else None
    return [(f"{key}=", "") for key, _ in names.metrics(name) or names.metrics()]


def _dotted(words: str) -> Asked:
    """Complete one of a list of words, of which ``metric.`` and ``tag.`` lead to names from the registry."""

    def complete(line: Line, names: Names) -> list[Offer]:
        kind, dot, _ = line.word.partition(".")
        if not dot:
            return [(word, "") for word in words.split()]
        name = line.arguments[0].partition("@")[0] if line.arguments else None
        keys = {"metric": names.metrics, "tag": names.tags}.get(kind)
        return [] if keys is None else [(f"{kind}.{key}", "") for key, _ in keys(name)]

    return complete


def _sort(line: Line, names: Names) -> list[Offer]:
    key, colon, _ = line.word.partition(":")
    return [(f"{key}:desc", "")] if colon else _dotted(grammar.SORTS)(line, names)


def _columns(line: Line, names: Names) -> list[Offer]:
    """Complete the last of several columns."""
    comma = line.word.rfind(",") + 1
    line.before, line.word = line.before + line.word[:comma], line.word[comma:]
    return _dotted(grammar.COLUMNS)(line, names)


def _data(line: Line, names: Names) -> list[Offer]:
    """Complete data that is known here, after a role as well; or files."""
    role, equals, rest = line.word.rpartition("=")
    line.before, line.word = line.before + role + equals, rest
    return [*_datasets(rest, names), *FILES]


def _datasets(word: str, names: Names) -> list[Offer]:
    name, at, version = word.rpartition("@")
    if at:
        return [(f"{name}@{found}", "") for found, _ in names.data_versions(name, version)]
    return names.datasets(word)


def _node(line: Line, names: Names) -> list[Offer]:
    """Complete a node of the lineage: a version, or what versions are made from."""
    kind, colon, rest = line.word.partition(":")
    if not colon:
        return [*_ref(line, names), *((f"{kind}:", "") for kind in ("data", "code", "run"))]
    if kind == "data":
        found = _datasets(rest, names)
    else:
        found = names.commits(rest) if kind == "code" else names.runs(rest) if kind == "run" else []
    return [(f"{kind}:{word}", told) for word, told in found]


def _groups(_line: Line, _names: Names) -> list[Offer]:
    """Complete the groups that this account is in: to others it can give nothing."""
    import grp

    return [(grp.getgrgid(gid).gr_name, "") for gid in sorted({os.getegid(), *os.getgroups()})]


def _value(line: Line, _names: Names) -> list[Offer]:
    """Complete the value of a setting: one of its words, or a directory."""
    setting = line.arguments[0].partition(".")[0]
    if setting in _DIRECTORIES:
        return list(FIXED["directory"])
    return [(word, "") for word in _VALUES.get(setting, "").split()]


def _fixed(line: Line, names: Names) -> list[Offer]:
    """Complete what is expected to hold a stage."""
    name = line.arguments[0].partition("@")[0] if line.arguments else ""
    return [("none", ""), *names.fixed(name, line.word)]


#: Kinds whose words are known without a registry.
FIXED: Mapping[str, tuple[Offer, ...]] = {
    "action": tuple((word, "") for word in grammar.ACTIONS.split()),
    "moment": (*((age, "ago") for age in ("1h", "1d", "7d", "30d")), ("seq:", "an entry of the log")),
    "setting": tuple((word, "") for word in grammar.SETTINGS.split()),
    "file": FILES,
    "directory": (("", "directories"),),
}
#: Kinds that the registry is asked for.
ASKED: Mapping[str, Asked] = {
    "model": _model,
    "version": _version,
    "ref": _ref,
    "side": _side,
    "stage": lambda _line, names: names.stages(),
    "alias": lambda line, names: names.aliases(line.arguments[0].partition("@")[0] if line.arguments else ""),
    "aliases": _aliases,
    "tag": lambda _line, names: [(f"{key}=", "") for key, _ in names.tags()],
    "tags": _tags,
    "metric": _metric,
    "field": _dotted(grammar.FIELDS),
    "sort": _sort,
    "columns": _columns,
    "data": _data,
    "node": _node,
    "value": _value,
    "fixed": _fixed,
    "group": _groups,
    "run": lambda line, names: names.runs(line.word),
    "actor": lambda line, names: names.actors(line.word),
}
