"""The command tree as plain values: the one generator that looks into Typer's objects.

It relies on names that Typer exports, and on the attributes of parameters that Typer's own help
shows: ``param_type_name``, ``opts``, ``metavar``, ``help``, ``required``, ``nargs``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from modelkeep.cli import app, command_table, topics
from modelkeep.cli.options import ALWAYS, FORMATS

#: The kind of value that completion offers, by the word that help shows for the value.
#: A word with ``|`` in it is a choice and stands for itself; "text" is anything.
KINDS = {
    "EXPR": "filter",
    "A": "text",
    "A,B,C": "text",
    "ACTION": "action",
    "ALIAS": "alias",
    "auto|none|FILE": "file",
    "auto|FILE": "file",
    "diff|FILE": "file",
    "SEED": "text",
    "DATA": "data",
    "DATASET": "dataset",
    "DATASETS": "dataset",
    "DEST": "file",
    "CHECK": "check",
    "COMMAND": "text",
    "DIR": "directory",
    "F": "text",
    "FILE": "file",
    "FILE|T": "file",
    "FILE|DIR|DIGEST": "file",
    "FORMAT": "|".join(FORMATS),
    "GLOB": "file",
    "GROUP": "group",
    "HOOK": "hook",
    "ID": "run",
    "K,K": "columns",
    "K=V": "text",
    "K[=V]": "text",
    "K/N": "|".join(f"{part}/7" for part in range(1, 8)),
    "KEY": "setting",
    "LABEL": "text",
    "KEY[:asc|desc]": "sort",
    "N": "text",
    "NAME": "model",
    "NAME|PATTERN": "model",
    "NAME|REF": "ref",
    "NEW": "text",
    "NODE": "node",
    "PATH": "file",
    "REF": "version",
    "REQUEST|REF": "request",
    "ENTRY": "open",
    "DIGEST": "text",
    "REF[/FILE]": "version",
    "REF|PATH": "inspected",
    "ROLE": "role",
    "STAGE": "stage",
    "T": "moment",
    "SCHEMA": "schema",
    "SHA256": "text",
    "SPDX": "Apache-2.0|MIT|BSD-2-Clause|BSD-3-Clause|MPL-2.0|GPL-3.0-only|CC-BY-4.0|CC0-1.0",
    "TEXT": "text",
    "TIME": "0|5s|30s|5m",
    "TIME|DATE": "7d|30d|90d",
    "V": "text",
    "VALUE": "value",
    "VERSION": "fixed",
    "WHO": "principal",
    "PERCENT": "text",
    "TARGET": "target",
    "URL": "text",
    "SOURCE": "text",
    "SIGNAL": "signal",
    "NAME@STAGE": "version",
    "PATH|URI": "source",
    "[ROLE=]DATA": "data",
    "VIEW": "dataset",
    "WORD": "fine-tune|merge|quantize|convert|distill|adapter",
    "auto|none|REV": "auto|none",
}

#: The kind of value by command and parameter, where the word alone does not decide.
KINDS_HERE = {
    ("alias", "names"): "aliases",
    ("alias", "ref"): "ref",
    ("audit", "actor"): "actor",
    ("completion", "as_"): "text",
    ("describe", "ref"): "ref",
    ("diff", "refs"): "side",
    ("evaluate", "metric"): "metric",
    ("gc", "grace"): "0|12h|1d|7d|30d",
    ("help", "topic"): "|".join(topics.names()),
    ("init", "store"): "directory",
    ("list", "tag"): "tagged",
    ("lineage", "format"): "tree|" + "|".join((*FORMATS, "dot", "mermaid", "openlineage")),
    ("lineage", "depth"): "1|2|3",
    ("note", "ref"): "ref",
    ("pick", "key"): "text",
    ("signal", "value"): "text",
    ("signal", "window"): "5m|1h|1d",
    ("register", "author"): "actor",
    ("register", "metric"): "metric",
    ("register", "param"): "param",
    ("requests", "name"): "asked",
    ("register", "tag"): "tag",
    ("register", "trained_at"): "text",
    ("show", "attachment"): "attachment",
    ("show", "field"): "field",
    ("tag", "ref"): "ref",
    ("tag", "words"): "tags",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument or an option: its spellings, the kind of its value ("" for a flag), whether every command has it."""

    name: str
    spellings: tuple[str, ...]
    metavar: str
    help: str
    takes: str
    required: bool
    many: bool
    everywhere: bool

    @property
    def is_option(self) -> bool:
        """Whether it is an option, not an argument."""
        return bool(self.spellings)


@dataclass(frozen=True, slots=True)
class Node:
    """A command: the words that call it, its row in the table, its parameters, the commands below it."""

    words: tuple[str, ...]
    row: command_table.CommandRow | None
    parameters: tuple[Parameter, ...]
    below: tuple[Node, ...]

    @property
    def title(self) -> str:
        """The words that call it, without the program's name."""
        return " ".join(self.words)

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        """The parameters that are recognised by their position."""
        return tuple(each for each in self.parameters if not each.is_option)

    @property
    def options(self) -> tuple[Parameter, ...]:
        """The options of this command alone."""
        return tuple(each for each in self.parameters if each.is_option and not each.everywhere)

    @property
    def shared(self) -> tuple[Parameter, ...]:
        """The options that every command has."""
        return tuple(each for each in self.parameters if each.is_option and each.everywhere)


def read() -> Node:
    """Return the program with its options and all of its commands."""
    return _node((), None, app.group())


def walk(node: Node) -> Iterator[Node]:
    """Yield the commands below a node, each before those below it."""
    for each in node.below:
        yield each
        yield from walk(each)


def synopsis(node: Node) -> str:
    """Return how a command is typed, without its options: ``promote REF STAGE``."""
    return " ".join([*node.words, *(argument(each) for each in node.arguments)])


def argument(parameter: Parameter) -> str:
    """Return an argument as usage lines show it, in brackets where it is optional."""
    return parameter.metavar if parameter.required else f"[{parameter.metavar}]"


def _node(words: tuple[str, ...], row: command_table.CommandRow | None, command: Any) -> Node:
    rows = command_table.COMMANDS if row is None else row.commands
    below = tuple(_node((*words, each.name), each, command.get_command(None, each.name)) for each in rows)
    name = " ".join(words)
    own = [each for each in command.params if each.name not in {"help", "ctx"}]
    return Node(words, row, tuple(_parameter(name, each) for each in own), below)


def _parameter(command: str, parameter: Any) -> Parameter:
    is_option = parameter.param_type_name == "option"
    is_flag = is_option and parameter.is_flag
    metavar = "" if is_flag else _bare(parameter.metavar or parameter.name.upper())
    many = parameter.nargs == -1 or bool(getattr(parameter, "multiple", False))
    return Parameter(
        name=parameter.name,
        spellings=tuple(sorted(parameter.opts, key=len)) if is_option else (),
        metavar=metavar + ("..." if many and not is_option else ""),
        help=parameter.help or "",
        takes="" if is_flag else KINDS_HERE.get((command, parameter.name)) or _kind(metavar),
        required=bool(parameter.required),
        many=many,
        everywhere=parameter.name in ALWAYS,
    )


def _bare(metavar: str) -> str:
    """Return a metavar without the brackets and dots around all of it."""
    whole = metavar.startswith("[") and metavar.endswith("]") and metavar.count("[") == 1
    return (metavar[1:-1] if whole else metavar).removesuffix("...")


def _kind(metavar: str) -> str:
    """Return the kind of value of a metavar; an unknown metavar is a ``KeyError``."""
    return KINDS[metavar] if metavar in KINDS or "|" not in metavar else metavar
