"""Generated tables inside of hand-written pages, between ``<!-- generated: NAME -->`` and ``<!-- end -->``."""

from __future__ import annotations

import re
from collections.abc import Callable

from modelkeep.cli import command_table
from modelkeep.errors import EXIT_CODES

_BLOCK = re.compile(r"(<!-- generated: ([a-z ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def renewed(text: str) -> str:
    """Return a page with its generated blocks renewed; an unknown name is a ``KeyError``."""
    return _BLOCK.sub(lambda block: block[1] + _BLOCKS[block[2]]() + block[3], text)


def _commands() -> str:
    lines = ["| command | |", "|---|---|"]
    for panel in command_table.PANELS:
        lines.append(f"| **{panel}** | |")
        lines += [f"| {_names(row)} | {_cell(row.help)} |" for row in command_table.COMMANDS if row.panel == panel]
    return _joined(lines)


def _names(row: command_table.CommandRow) -> str:
    below = "\\|".join(each.name for each in row.commands)
    names = [f"{row.name} {below}" if below else row.name, *row.aliases]
    return ", ".join(f"`{name}`" for name in names)


def _exit_codes() -> str:
    return _joined(["| exit | meaning |", "|---|---|", *(f"| {code} | {_cell(text)} |" for code, text in EXIT_CODES)])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _joined(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


_BLOCKS: dict[str, Callable[[], str]] = {"commands": _commands, "exit codes": _exit_codes}
