"""The command tree as plain values: the one place that looks into Typer's objects.

Only names that Typer exports are relied on, and of its parameters what its own help shows:
``param_type_name``, ``opts``, ``metavar``, ``help``, ``required``, ``nargs``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from modelkeep.cli import app, command_table
from modelkeep.cli.options import FORMATS, SHARED

#: What a value is, by the word that help shows for it: what completion offers there.
#: A word with ``|`` in it is a choice and stands for itself; "text" is anything.
TAKES = {
    "A": "text",
    "A,B,C": "text",
    "ACTION": "action",
    "ALIAS": "alias",
    "DATA": "data",
    "DEST": "file",
    "DIR": "directory",
    "F": "text",
    "FILE": "file",
    "FILE|DIR|DIGEST": "file",
    "FORMAT": "|".join(FORMATS),
    "GLOB": "file",
    "GROUP": "group",
    "ID": "run",
    "K,K": "columns",
    "K=V": "text",
    "K/N": "|".join(f"{part}/7" for part in range(1, 8)),
    "KEY": "setting",
    "KEY[:desc]": "sort",
    "N": "text",
    "NAME": "model",
    "NAME|PATTERN": "model",
    "NAME|REF": "ref",
    "NEW": "text",
    "NODE": "node",
    "PATH": "file",
    "REF": "version",
    "REF[/FILE]": "version",
    "STAGE": "stage",
    "T": "moment",
    "TEXT": "text",
    "TIME": "0|5s|30s|5m",
    "V": "text",
    "VALUE": "value",
    "VERSION": "fixed",
    "[ROLE=]DATA": "data",
    "auto|none|REV": "auto|none",
    "bash": "bash|",
}

#: Where the word alone does not tell, by command and parameter.
TAKES_HERE = {
    ("alias", "names"): "aliases",
    ("alias", "ref"): "ref",
    ("audit", "actor"): "actor",
    ("completion", "as_"): "text",
    ("describe", "ref"): "ref",
    ("diff", "refs"): "side",
    ("evaluate", "metric"): "metric",
    ("gc", "grace"): "0|12h|1d|7d|30d",
    ("init", "store"): "directory",
    ("lineage", "format"): "tree|" + "|".join(FORMATS),
    ("lineage", "depth"): "1|2|3",
    ("note", "ref"): "ref",
    ("register", "metric"): "metric",
    ("register", "tag"): "tag",
    ("register", "trained_at"): "text",
    ("show", "field"): "field",
    ("tag", "ref"): "ref",
    ("tag", "words"): "tags",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument or an option: how it is typed, what it takes ("" for a flag), whether every command has it."""

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
        """Whether it is an option."""
        return bool(self.spellings)


@dataclass(frozen=True, slots=True)
class Node:
    """A command: the words that call it, its row in the table, its parameters, the commands below it."""

    words: tuple[str, ...]
    row: command_table.Command | None
    parameters: tuple[Parameter, ...]
    below: tuple[Node, ...]

    @property
    def title(self) -> str:
        """The words that call it, without the program's name."""
        return " ".join(self.words)

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        """What stands there by its place."""
        return tuple(each for each in self.parameters if not each.is_option)

    @property
    def options(self) -> tuple[Parameter, ...]:
        """Options of its own."""
        return tuple(each for each in self.parameters if each.is_option and not each.everywhere)

    @property
    def shared(self) -> tuple[Parameter, ...]:
        """Options that every command has."""
        return tuple(each for each in self.parameters if each.is_option and each.everywhere)


def tree() -> Node:
    """Return the program: its options, and all of its commands."""
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
    """Return an argument as usage lines show it, in brackets where it may be left out."""
    shown = parameter.metavar
    return shown if parameter.required else f"[{shown}]"


def _node(words: tuple[str, ...], row: command_table.Command | None, found: Any) -> Node:
    rows = command_table.COMMANDS if row is None else row.commands
    below = tuple(_node((*words, each.name), each, found.get_command(None, each.name)) for each in rows)
    name = " ".join(words)
    own = [each for each in found.params if each.name not in {"help", "ctx"}]
    return Node(words, row, tuple(_parameter(name, each) for each in own), below)


def _parameter(command: str, found: Any) -> Parameter:
    is_option = found.param_type_name == "option"
    is_flag = is_option and found.is_flag
    metavar = "" if is_flag else _bare(found.metavar or found.name.upper())
    many = found.nargs == -1 or bool(getattr(found, "multiple", False))
    return Parameter(
        name=found.name,
        spellings=tuple(sorted(found.opts, key=len)) if is_option else (),
        metavar=metavar + ("..." if many and not is_option else ""),
        help=found.help or "",
        takes="" if is_flag else TAKES_HERE.get((command, found.name)) or _takes(metavar),
        required=bool(found.required),
        many=many,
        everywhere=found.name in SHARED,
    )


def _bare(metavar: str) -> str:
    """Return a metavar without the brackets and dots around all of it."""
    whole = metavar.startswith("[") and metavar.endswith("]") and metavar.count("[") == 1
    return (metavar[1:-1] if whole else metavar).removesuffix("...")


def _takes(metavar: str) -> str:
    """Return what is completed for a metavar; one that nobody thought of is a ``KeyError``."""
    return TAKES[metavar] if metavar in TAKES or "|" not in metavar else metavar
