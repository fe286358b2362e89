"""The completion script of bash: `modelkeep.bash.in` with the commands and options filled in.

Readline breaks words at ``@``, ``:`` and ``=``, and replaces what stands behind the last of them, or
that with the ``@`` before it. So the script reads the words from the line itself, and takes off the
candidates what readline will not replace. It changes nothing of the shell but the completion of one
command. It runs on bash 3.2 as well, with less comfort.
"""

from __future__ import annotations

import os

from tools.completion_grammar import Grammar

_TEMPLATE = os.path.join(os.path.dirname(__file__), "modelkeep.bash.in")


def text(grammar: Grammar) -> str:
    """Return the script."""
    with open(_TEMPLATE, encoding="utf-8") as file:
        script = file.read()
    for name, value in _values(grammar).items():
        script = script.replace(f"%{name}%", value)
    return script


def _values(grammar: Grammar) -> dict[str, str]:
    """Return what stands for each ``%NAME%`` of the template."""
    commands = grammar.commands
    options = {name: row[2] for name, row in commands.items() if row[2]}
    below: dict[str, list[str]] = {}
    for name in commands:
        group, blank, command = name.partition(" ")
        if blank:
            below.setdefault(group, []).append(command)
    words = " ".join([grammar.always, *options.values()]).split()
    with_value = {word.partition("=")[0] for word in words if "=" in word}
    return {
        "COMMANDS": " ".join(name for name in commands if name and " " not in name),
        "VALUED": " ".join(sorted(with_value)),
        "ALWAYS": _names(grammar.always),
        "OPTIONS": _cases({_pattern(name): f"REPLY='{_names(own)} '$REPLY" for name, own in options.items()}, 1),
        "ALIASES": _cases({alias: f"word={name}" for alias, name in grammar.aliases.items()}, 4),
        "GROUPS": " | ".join(below),
        "BELOW": _cases({group: f"offered='{' '.join(names)}'" for group, names in below.items()}, 2),
    }


def _names(options: str) -> str:
    return " ".join(dict.fromkeys(word.partition("=")[0] for word in options.split()))


def _pattern(command: str) -> str:
    return f"'{command}'" if " " in command or not command else command


def _cases(cases: dict[str, str], depth: int) -> str:
    indent = "    " * depth
    return "\n".join(f"{indent}{pattern}) {action} ;;" for pattern, action in cases.items())
