"""The command tree as a module of constants, `modelkeep.cli.complete.grammar`.

Completion answers before Typer is imported, so it cannot build the tree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from modelkeep.cli import command_table
from modelkeep.cli.name_selector import JOINING
from modelkeep.cli.views.columns import VERSION_KEYS
from modelkeep.config import COLORS, KEYS, PROGRESS
from modelkeep.domain.answers.pages import Model, Version
from modelkeep.domain.filters.parse import FIELDS
from modelkeep.domain.verbs.all_verbs import ACTIONS
from modelkeep.reads.list_order import SORT_KEYS
from tools.command_tree import Node, Parameter, walk

_HEAD = '''"""What is typed where, for completion. Made from the commands by `make docs`; do not edit."""

'''


@dataclass(frozen=True, slots=True)
class Grammar:
    """The constants of the module; an option is written ``--name`` or ``--name=KIND`` with the kind of its value."""

    #: Options that every command has, separated by blanks.
    always: str
    #: Each command: its line of help, the kinds of its arguments, the options of its own.
    commands: dict[str, tuple[str, str, str]]
    #: Other names of commands.
    aliases: dict[str, str]
    #: Lists of fixed words by the name of their constant; a word with a dot at its end leads to names of the registry.
    words: dict[str, str]
    #: The help of each option by command and spelling, for the scripts of the shells; the module has none.
    helps: dict[str, dict[str, str]]

    def source(self) -> str:
        """Return the source of the module."""
        parts = [_HEAD]
        parts.append("#: Options that stand before and after every command: name or name=what it takes.\n")
        parts.append(f"ALWAYS = {_quoted(self.always)}\n\n")
        parts.append("#: Commands, the everyday ones first: one line of help, its arguments, options of its own.\n")
        parts.append("COMMANDS = {\n")
        for name, row in self.commands.items():
            parts.append(f"    {_quoted(name)}: ({', '.join(map(_quoted, row))}),\n")
        parts.append("}  # fmt: skip\n\n#: Other names of commands.\nALIASES = {\n")
        parts += [f'    "{alias}": "{name}",\n' for alias, name in self.aliases.items()]
        parts.append("}\n\n")
        parts.append("#: What is one of a fixed list of words; a dot at the end leads to names from the registry.\n")
        parts += [f"{name} = {_quoted(words)}\n" for name, words in self.words.items()]
        return "".join(parts)


def build(program: Node) -> Grammar:
    """Return the grammar of a command tree."""
    commands, helps = {}, {}
    for node in (program, *walk(program)):
        own = [*node.options, *(each for each in node.shared if each not in program.shared)]
        commands[node.title] = (node.row.help if node.row else "", _arguments(node), _options(own))
        helps[node.title] = {spelling: each.help for each in own for spelling in each.spellings}
    helps[""] |= {spelling: each.help for each in program.shared for spelling in each.spellings}
    aliases = {alias: row.name for row in command_table.COMMANDS for alias in row.aliases}
    return Grammar(_options(program.shared), commands, aliases, _fixed_words(), helps)


def _fixed_words() -> dict[str, str]:
    fields = dict.fromkeys([*Version.__struct_fields__, "as_of", *Model.__struct_fields__, "metric.", "param.", "tag."])
    lists: dict[str, Iterable[str]] = {
        "FIELDS": fields,
        "SORTS": [key.removesuffix("K") for key in SORT_KEYS],
        "FILTERS": [*FIELDS, "metric.", "param.", "tag."],
        "COLUMNS": [*VERSION_KEYS, "metric.", "param.", "tag."],
        "ACTIONS": ACTIONS,
        "JOINING": sorted({*JOINING, "tag", "alias"}),
        "SETTINGS": [*KEYS, "registries."],
        "COLORS": COLORS,
        "PROGRESS": PROGRESS,
    }
    return {name: " ".join(words) for name, words in lists.items()}


def _arguments(node: Node) -> str:
    return " ".join(each.takes + ("*" if each.many else "") for each in node.arguments)


def _options(options: Iterable[Parameter]) -> str:
    return " ".join(
        f"{spelling}={each.takes}" if each.takes else spelling for each in options for spelling in each.spellings
    )


def _quoted(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'
