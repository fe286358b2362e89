"""The command tree as a module of constants, `cli/grammar.py`: completion has no time to build the tree."""

from __future__ import annotations

from collections.abc import Iterable

from modelkeep.cli import command_table, schemas
from modelkeep.cli.reference.tree import Node, Parameter, walk
from modelkeep.cli.views import reads
from modelkeep.config import COLORS, KEYS, PROGRESS
from modelkeep.domain.intents import KINDS
from modelkeep.reads.lists import SORT_KEYS

_HEAD = '''"""What is typed where, for completion. Made from the commands by `make docs`; do not edit."""

'''


def text(program: Node) -> str:
    """Return the source of the module."""
    parts = [_HEAD]
    parts.append("#: Options that stand before and after every command: name or name=what it takes.\n")
    parts.append(f"ALWAYS = {_quoted(_options(program.shared))}\n\n")
    parts.append("#: Commands, the everyday ones first: one line of help, its arguments, options of its own.\n")
    parts.append("COMMANDS = {\n")
    for node in (program, *walk(program)):
        own = [*node.options, *(each for each in node.shared if each not in program.shared)]
        lines = (node.row.help if node.row else "", _arguments(node), _options(own))
        parts.append(f"    {_quoted(node.title)}: (\n")
        parts += [f"        {_quoted(line)},\n" for line in lines]
        parts.append("    ),\n")
    parts.append("}\n\n#: Other names of commands.\nALIASES = {\n")
    parts += [f'    "{alias}": "{row.name}",\n' for row in command_table.COMMANDS for alias in row.aliases]
    parts.append("}\n\n")
    parts.append("#: What is one of a fixed list of words; a dot at the end leads to names from the registry.\n")
    for name, words in _lists():
        parts.append(f"{name} = {_quoted(' '.join(words))}\n")
    return "".join(parts)


def _lists() -> Iterable[tuple[str, Iterable[str]]]:
    fields = dict.fromkeys([*_fields("version"), *_fields("model"), "metric.", "param.", "tag."])
    yield "FIELDS", fields
    yield "SORTS", [key.removesuffix("K") for key in SORT_KEYS]
    yield "COLUMNS", [*reads.VERSION_KEYS, "metric.", "param.", "tag."]
    yield "ACTIONS", KINDS
    yield "SETTINGS", [*KEYS, "registries."]
    yield "COLORS", COLORS
    yield "PROGRESS", PROGRESS


def _fields(thing: str) -> list[str]:
    properties = schemas.schema(thing)["properties"]
    assert isinstance(properties, dict)
    return [each for each in properties if each != "schema"]


def _arguments(node: Node) -> str:
    return " ".join(each.takes + ("*" if each.many else "") for each in node.arguments)


def _options(found: Iterable[Parameter]) -> str:
    return " ".join(
        f"{spelling}={each.takes}" if each.takes else spelling for each in found for spelling in each.spellings
    )


def _quoted(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'
