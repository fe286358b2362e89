"""The candidates for each kind of word: from a fixed list, or from the registry."""

from __future__ import annotations

from modelkeep.cli.complete import grammar

TYPE_CHECKING = False  # typing costs a third of a completion
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from modelkeep.cli.complete.completion import PartialCommand
    from modelkeep.store.db.completion import Candidate, Names

    Completer: TypeAlias = Callable[[PartialCommand, Names], list[Candidate]]

#: A candidate without a word asks the shell to complete files.
FILES: tuple[Candidate, ...] = (("", "files"),)
DIRECTORIES: tuple[Candidate, ...] = (("", "directories"),)

#: The commands that take an archived version like any other.
_FOR_ANY_VERSION = frozenset(
    {"audit", "delete", "describe", "diff", "get", "history", "lineage", "note", "path", "show", "tag", "verify"}
)


def _which(command: PartialCommand) -> str:
    """Return which versions the command takes: archived ones only where it can do something with them."""
    options = command.options
    if command.command == "archive" and "--undo" in options:
        return "archived"
    any_version = command.command in _FOR_ANY_VERSION or "--all" in options
    return "any" if any_version or (command.command == "promote" and "--force" in options) else "unarchived"


def _model(command: PartialCommand, names: Names) -> list[Candidate]:
    return names.models(command.word, _which(command))


def _version(command: PartialCommand, names: Names) -> list[Candidate]:
    """Complete NAME@SELECTOR: up to the @ the names, each with an @ behind it."""
    name, at, typed = command.word.partition("@")
    if at:
        return [(f"{name}@{selector}", text) for selector, text in names.versions(name, typed, _which(command))]
    return [(f"{model}@", text) for model, text in names.models(name, _which(command))]


def _ref(command: PartialCommand, names: Names) -> list[Candidate]:
    """Complete a name, or NAME@SELECTOR; a name that is complete may end there or go on with an @."""
    if "@" in command.word:
        return _version(command, names)
    models = names.models(command.word, _which(command))
    return models + [(f"{model}@", text) for model, text in models[:1] if len(models) == 1 and model == command.word]


def _side(command: PartialCommand, names: Names) -> list[Candidate]:
    """Complete what `diff` takes: a REF, and after a model also its selectors, with or without the @."""
    if not command.arguments:
        return _ref(command, names)
    if command.word.startswith("@"):
        found = names.versions(command.model, command.word[1:], _which(command))
        return [(f"@{selector}", text) for selector, text in found]
    if "@" in command.arguments[0]:
        return _version(command, names)
    return names.versions(command.model, command.word, _which(command))


def _selector(command: PartialCommand, names: Names) -> list[Candidate]:
    """Complete the word behind a NAME: its versions, and where a model is taken too what follows a REF."""
    first, *rest = grammar.COMMANDS[command.command][1].split()
    if command.command == "alias":
        found = names.numbers(command.model, command.word)
    else:
        found = names.versions(command.model, command.word, _which(command))
    own = FROM_REGISTRY[rest[0].rstrip("*")](command, names) if first == "ref" and rest else []
    texts = dict(own)  # of a stage its meaning, or else the version that holds it
    texts |= {word: text for word, text in found if not texts.get(word)}
    return list(texts.items())


def _aliases(command: PartialCommand, names: Names) -> list[Candidate]:
    """Complete aliases to set on a version, and aliases to remove."""
    found = names.aliases(command.model)
    of_version = "@" in command.arguments[0] or len(command.arguments) > 1
    return [*(found if of_version else ()), *((f"{alias}-", text) for alias, text in found)]


def _tags(command: PartialCommand, names: Names) -> list[Candidate]:
    """Complete keys of tags to set, and keys of tags to remove."""
    own = names.tags(command.model)
    return [*((f"{key}=", "") for key, _ in own or names.tags()), *((f"{key}-", "") for key, _ in own)]


def _tagged(command: PartialCommand, names: Names) -> list[Candidate]:
    """Complete the key of a tag that versions have, and behind ``=`` its values."""
    key, equals, _ = command.word.partition("=")
    if not equals:
        return names.tags(command.model or None)
    return [(f"{key}={value}", "") for value, _ in names.tag_values(key, command.model or None)]


def _metric(command: PartialCommand, names: Names) -> list[Candidate]:
    return [(f"{key}=", "") for key, _ in names.metrics(command.model or None) or names.metrics()]


def _dotted(words: str) -> Completer:
    """Return a completer of a list of words, of which ``metric.``, ``param.`` and ``tag.`` lead to the registry's names."""

    def complete(command: PartialCommand, names: Names) -> list[Candidate]:
        kind, dot, typed = command.word.partition(".")
        if not dot:
            return [(word, "") for word in words.split()]
        keys = {
            "metric": names.metrics_on_data if "@" in typed else names.metrics,
            "param": names.params,
            "tag": names.tags,
        }.get(kind)
        return [] if keys is None else [(f"{kind}.{key}", "") for key, _ in keys(command.model or None)]

    return complete


def _sort(command: PartialCommand, names: Names) -> list[Candidate]:
    """Complete a key, and behind the ``:`` that ends it the direction."""
    found = _dotted(grammar.SORTS)(command, names)
    key, colon, _ = command.word.rpartition(":")
    if colon and not any(each.startswith(command.word) for each, _ in found):
        return [(f"{key}:desc", ""), (f"{key}:asc", "")]
    return found


def _filter(command: PartialCommand, names: Names) -> list[Candidate]:
    """Complete what a filter ends with: a field, an operator, a value, or what joins comparisons."""
    from modelkeep.cli.complete.filter_words import FilterEnd, quoted, written

    text = command.word
    end = FilterEnd(text)
    _keep(command, end.begins)
    if end.place == "field":
        found = (written(field) for field, _ in _dotted(grammar.FILTERS)(command, names))
        return [(field, "") for field in found if field]
    if end.place in ("value", "one"):
        return [(quoted(value, text), meaning) for value, meaning in _field_values(end.field, command, names)]
    return [(word, "") for word in end.operators()]


def _field_values(field: str, command: PartialCommand, names: Names) -> list[Candidate]:
    """Return the values that a field of a filter has in the registry, where they are words."""
    from modelkeep.cli.complete.filter_words import STATES

    kind, _, key = field.partition(".")
    kind, typed, model = kind.lower(), command.word.lstrip("'\""), command.model or None
    if kind in ("tag", "tags"):
        return names.tag_values(key.strip("`"), model)
    values: dict[str, Callable[[], list[Candidate]]] = {
        "stage": names.stages,
        "state": lambda: [(state, "") for state in STATES],
        "alias": lambda: names.aliases(command.model),
        "name": lambda: names.models(typed),
        "author": lambda: names.actors(typed),
        "run": lambda: names.runs(typed),
        "format": lambda: names.serving().formats(typed),
        "created": lambda: [(f"{days}d", "ago") for days in (1, 7, 30)],
    }
    return values.get(kind, list)()


def _columns(command: PartialCommand, names: Names) -> list[Candidate]:
    """Complete the last of several columns."""
    _keep(command, command.word.rfind(",") + 1)
    return _dotted(grammar.COLUMNS)(command, names)


def _data(command: PartialCommand, names: Names) -> list[Candidate]:
    """Complete datasets of the registry, or files, also after ``ROLE=``."""
    _keep(command, command.word.rfind("=") + 1)
    return [*_datasets(command.word, names), *FILES]


def _keep(command: PartialCommand, length: int) -> None:
    """Keep the beginning of the word as it is, and complete the rest of it."""
    command.before, command.word = command.before + command.word[:length], command.word[length:]


def _datasets(word: str, names: Names) -> list[Candidate]:
    name, at, version = word.rpartition("@")
    if at:
        return [(f"{name}@{found}", "") for found, _ in names.data_versions(name, version)]
    found = names.datasets(word)
    return found + [(f"{name}@", "") for name, _ in found if len(found) == 1 and name == word]


def _node(command: PartialCommand, names: Names) -> list[Candidate]:
    """Complete a node of the lineage: a version, or what a version was made from."""
    kind, colon, rest = command.word.partition(":")
    if not colon:
        return [
            *_ref(command, names),
            *((f"{kind}:", "") for kind in ("data", "code", "run", "environment", "deployment")),
        ]
    if kind == "data":
        found = _datasets(rest, names)
    else:
        found = names.commits(rest) if kind == "code" else names.runs(rest) if kind == "run" else []
    return [(f"{kind}:{word}", text) for word, text in found]


def _request(command: PartialCommand, names: Names) -> list[Candidate]:
    """Complete an open request by its number, or the version that it is about."""
    return [*names.governed().requests(open_only=True), *_version(command, names)]


def _asked(command: PartialCommand, names: Names) -> list[Candidate]:
    """Complete a request by its number, or the model or version that it is about."""
    return [*names.governed().requests(open_only=False), *_ref(command, names)]


def _principal(command: PartialCommand, names: Names) -> list[Candidate]:
    """Complete who gets a role, or for `role revoke` who has it."""
    if command.command == "role revoke":
        return names.governed().bearers(command.arguments[0])
    import grp
    import pwd

    kind, colon, _ = command.word.partition(":")
    if not colon:
        return [("user:", ""), ("group:", "")]
    if kind == "group":
        return [(f"group:{each.gr_name}", "") for each in grp.getgrall()]
    return [(f"user:{each.pw_name}", "") for each in pwd.getpwall()]


#: The candidates of kinds that need no registry.
FIXED: Mapping[str, tuple[Candidate, ...]] = {
    "action": tuple((word, "") for word in grammar.ACTIONS.split()),
    "moment": (*((age, "ago") for age in ("1h", "1d", "7d", "30d")), ("seq:", "an entry of the log")),
    "setting": tuple((word, "") for word in grammar.SETTINGS.split()),
    "file": FILES,
    "source": FILES,
    "directory": DIRECTORIES,
}
#: The completers of kinds that need the registry.
FROM_REGISTRY: Mapping[str, Completer] = {
    "model": _model,
    "version": _version,
    "ref": _ref,
    "side": _side,
    "selector": _selector,
    "stage": lambda _command, names: names.stages(),
    "alias": lambda command, names: names.aliases(command.model),
    "aliases": _aliases,
    "tag": lambda _command, names: [(f"{key}=", "") for key, _ in names.tags()],
    "tagged": _tagged,
    "tags": _tags,
    "metric": _metric,
    "param": lambda command, names: [(f"{key}=", "") for key, _ in names.params(command.model or None)],
    "filter": _filter,
    "field": _dotted(grammar.FIELDS),
    "sort": _sort,
    "columns": _columns,
    "data": _data,
    "inspected": lambda command, names: [*_ref(command, names), *FILES],
    "dataset": lambda command, names: _datasets(command.word, names),
    "node": _node,
    "fixed": lambda command, names: [("none", ""), *names.numbers(command.model, command.word)],
    "role": lambda _command, names: names.governed().roles(),
    "request": _request,
    "asked": _asked,
    "check": lambda command, names: names.checks(command.model),
    "principal": _principal,
    "target": lambda command, names: names.serving().targets(command.word),
    "signal": lambda command, names: names.serving(command.model).signals(),
    "open": lambda _command, names: names.serving().open_items(),
    "attachment": lambda command, names: names.serving(command.model).attachments(),
    "run": lambda command, names: names.runs(command.word),
    "actor": lambda command, names: names.actors(command.word),
}
