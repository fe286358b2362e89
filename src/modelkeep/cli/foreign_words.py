"""Commands of other tools, and what they are called here: the one table of foreign words.

Each word has lines of ours, of which the first that the parser accepts is the hint. ``{*}`` is all that the user typed
after the word, ``{first}`` and ``{last}`` a stage of the registry. Words whose line depends on what was typed have a
function.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import takewhile

from modelkeep.cli import command_table
from modelkeep.cli.typed_line import Accepted, hint_line, model_name
from modelkeep.domain.refs import is_fixed, is_version
from modelkeep.domain.stages import DEFAULT_STAGES, StageDef
from modelkeep.domain.text import printable
from modelkeep.errors import ModelkeepError, UsageError

Lines = Sequence[Sequence[str]]

#: Ours, and the words of others for it. Several lines are tried in their order; ``;`` parts two hints.
_LINES = {
    "get {*} | get {*} ./": "download pull fetch checkout",
    "list {*}": "versions models list-versions list-models",
    "show {*}": "info describe-model view undelete get-model model-info",
    "audit {*}": "logs events activity",
    "promote {*} | promote {*} {last}": "transition assign deploy release set-stage",
    "promote {*} | promote {*} {first}": "stage",
    "rollback {*}": "revert undo",
    "archive {*} ; delete {*}": "rm remove",
    "archive {*}": "deprecate hide yank",
    "delete {*}": "purge unregister destroy",
    "retire {*} | retire {*} {last}": "demote unstage",
    "archive {*} --undo": "unarchive",
    "diff {*}": "compare",
    "label {*}": "set-label",
    "alias {*}": "set-alias",
    "describe {*}": "set-description",
    "rename {*}": "mv move",
    "verify {*}": "fsck",
    "verify --bytes --repair {*}": "repair",
    "backup {*}": "snapshot",
    "gc {*}": "clean cleanup",
    "init {*}": "initialize create new",
    "init --shared {*}": "share",
    "config trust {*}": "trust",
    "config list": "settings configure",
    "lineage {*}": "graph ancestors",
    "evaluate {*}": "log-metric log-metrics score",
    "identify {*}": "which what",
    "inspect {*}": "scan peek examine tensors",
    "data list {*}": "datasets",
    "data show {*} | data list": "dataset",
    "policy show {*}": "rules governance",
    "policy history {*}": "policies",
    "promote {*} --request": "request ask propose",
    "approve {*}": "accept sign-off lgtm",
    "reject {*}": "withdraw decline deny cancel",
    "requests {*}": "approvals pending reviews",
    "acknowledge {*}": "ack resolve",
    "role grant {*}": "grant",
    "role revoke {*}": "revoke",
    "page --open": "ui dashboard html web browse",
    "role list": "roles permissions members users",
}
#: The same for words after the name of a group.
_IN_GROUPS = {
    "data": {
        "add {*}": "register record new create put log import push track save",
        "list {*}": "ls all search find",
        "show {*}": "get info describe view cat used-by",
    },
    "policy": {
        "init {*}": "new create template generate begin start",
        "set {*}": "apply put enforce use load push import update upload activate",
        "set {*} -n": "validate check test try plan lint preview verify dry-run",
        "show {*}": "get cat print view current export edit",
        "history {*}": "log list ls versions audit revert rollback",
        "diff {*}": "compare changes",
    },
    "role": {
        "grant {*}": "add assign give set bind",
        "revoke {*}": "remove rm delete del take unassign drop unbind",
        "list": "ls show get members",
    },
}
_OURS = {word: ours for ours, words in _LINES.items() for word in words.split()}


def _log(rest: Sequence[str]) -> Lines:
    """`log` of git is `audit`; `log` of a tracker, with a file, is `register`."""
    names = [word for word in rest if not word.startswith("-")]
    return [["register", *rest]] if any(os.path.exists(word) for word in names[1:]) else [["audit", *rest]]


def _register(rest: Sequence[str]) -> Lines:
    """A file goes into a model of its name where none is given; a version is there already, and needs a file."""
    words = [word for word in rest if not word.startswith("-")]
    if len(words) == 1 and is_version(words[0]) and not os.path.exists(words[0]):
        return [["register", words[0].partition("@")[0], "PATH"]]
    return [["register", *rest], ["register", model_name(words[0] if words else ""), *rest]]


def _restore(rest: Sequence[str]) -> Lines:
    """A version is restored by `archive --undo`; a registry from its backup by a backup of that."""
    if rest and os.path.isdir(rest[0]):
        return [["--registry", rest[0], "backup", *(rest[1:] or ["DIR"])]]
    return [["archive", *rest, "--undo"]]


def _joined(rest: Sequence[str]) -> Sequence[str]:
    """Return the words with ``NAME SELECTOR`` as one, where the selector can be nothing else."""
    if len(rest) > 2 and "@" not in rest[0] and is_fixed(rest[1]):
        return [f"{rest[0]}@{rest[1]}", *rest[2:]]
    return rest


def _without(command: str) -> Callable[[Sequence[str]], Lines]:
    def lines(rest: Sequence[str]) -> Lines:
        rest = _joined(rest)
        return [[command, *rest[:1], *(f"{word.partition('=')[0].rstrip('-')}-" for word in rest[1:])]]

    return lines


def _metrics(rest: Sequence[str]) -> Lines:
    """``metrics show`` and ``metrics diff`` read, as they do in DVC; with a value it is `evaluate`."""
    if any("=" in word for word in rest):
        return [["evaluate", *rest]]
    command, words = (rest[0], rest[1:]) if rest[:1] in (["diff"], ["show"]) else ("show", rest)
    return [["diff", *(words or ["--help"])]] if command == "diff" else [["show", *words], ["list", *words]]


def _set_tag(rest: Sequence[str]) -> Lines:
    """``set-tag churn@2 owner risk`` has key and value as two words."""
    rest = _joined(rest)
    ref, words = rest[:1], rest[1:]
    if len(words) == 2 and "=" not in words[0]:
        words = [f"{words[0]}={words[1]}"]
    return [["tag", *ref, *words]]


def _search(rest: Sequence[str]) -> Lines:
    """Words are searched for; what reads as a pattern or a filter is one."""
    words = list(takewhile(lambda word: not word.startswith("-"), rest))
    text, options = " ".join(words), rest[len(words) :]
    if not words or set(text) & set("*?["):
        return [["list", *rest]]
    return [["list", "--where" if set(text) & set("=<>") else "--search", text, *options]]


def _remote(rest: Sequence[str]) -> Lines:
    """``remote add team /srv/models`` names a registry; one that is a URI there is none of."""
    words = [word for word in rest if not word.startswith("-")]
    if words[:1] == ["add"] and len(words) == 3 and ":" not in words[2]:
        return [["config", "set", f"registries.{words[1]}", words[2]]]
    return [["config", "list"]]


_FUNCTIONS: dict[str, Callable[[Sequence[str]], Lines]] = {
    "log": _log,
    **dict.fromkeys(["upload", "add", "push", "commit", "save", "publish", "log-model", "create-version"], _register),
    "restore": _restore,
    "untag": _without("tag"),
    "unset-tag": _without("tag"),
    "unalias": _without("alias"),
    "set-tag": _set_tag,
    "metric": _metrics,
    "metrics": _metrics,
    "params": _metrics,
    "find": _search,
    "search": _search,
    "remote": _remote,
    "remotes": _remote,
}
#: All foreign words.
WORDS = frozenset({*_OURS, *_FUNCTIONS})
_TYPO = 0.7


def unknown_command(
    word: str,
    rest: Sequence[str],
    row: command_table.CommandRow | None,
    accepted: Accepted,
    stages: Callable[[], Sequence[StageDef]],
) -> UsageError:
    """Return the error for an unknown command, with the line that was likely meant.

    ``rest`` is what was typed after it, ``row`` the group in which it was looked for. ``stages`` reads the registry's.
    """
    group = [row.name] if row else []
    message = f"there is no command '{printable(' '.join([*group, word]))}'"
    if row is None and (alternatives := _alternatives(word.lower().replace("_", "-"), rest, stages)):
        return UsageError(message, "\n".join(_first_accepted(lines, accepted) for lines in alternatives))
    if row is not None and (meant := _in_group(row.name, word.lower())) is not None:
        return UsageError(message, _first_accepted([[row.name, *_filled(meant.split(), rest, list)]], accepted))
    near = _near_command(word.lower(), row)
    if near is not None:
        return UsageError(message, _first_accepted([[*group, near, *rest]], accepted))
    return UsageError(message, hint_line([*group, "--help"]))


def _in_group(group: str, word: str) -> str | None:
    """Return the line of a group that a foreign word means there."""
    lines = _IN_GROUPS.get(group, {})
    return next((line for line, words in lines.items() if word in words.split()), None)


def _alternatives(word: str, rest: Sequence[str], stages: Callable[[], Sequence[StageDef]]) -> list[Lines]:
    """Return what a foreign word can mean, each as the lines to try."""
    if (function := _FUNCTIONS.get(word)) is not None:
        return [function(rest)]
    return [
        [_filled(line.split(), rest, stages) for line in meant.split(" | ")]
        for meant in _OURS.get(word, "").split(" ; ")
        if meant
    ]


def _filled(template: Sequence[str], rest: Sequence[str], stages: Callable[[], Sequence[StageDef]]) -> list[str]:
    tokens: list[str] = []
    for each in template:
        if each == "{*}":
            tokens += rest
        elif each in ("{first}", "{last}"):
            tokens.append(_known(stages)[0 if each == "{first}" else -1].name)
        else:
            tokens.append(each)
    return tokens


def _known(stages: Callable[[], Sequence[StageDef]]) -> Sequence[StageDef]:
    try:
        return stages()
    except ModelkeepError:  # there is no registry, or none that can be read
        return DEFAULT_STAGES


def _first_accepted(lines: Lines, accepted: Accepted) -> str:
    """Return the first line that the parser accepts, with foreign options translated; else the help of the command."""
    for tokens in lines:
        if (line := accepted(tokens)) is not None:
            return hint_line(line)
    return hint_line([lines[0][0], "--help"])


def _near_command(word: str, row: command_table.CommandRow | None) -> str | None:
    from modelkeep.cli.usage import closest

    names = [each.name for each in (row.commands if row else command_table.COMMANDS)]
    begun = [name for name in names if name.startswith(word)]
    return begun[0] if len(begun) == 1 else closest(word, names, _TYPO)
