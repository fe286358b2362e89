"""The completion scripts of the shells: templates with the commands and options filled in.

A script holds what is typed where, and asks ``modelkeep __complete`` for values. It takes the words as
its shell has split them. The exception is bash: readline breaks words at ``@``, ``:`` and ``=``, and
replaces what stands behind the last of them, or that with the ``@`` before it. So the script of bash
reads the words from the line itself, and takes off the candidates what readline will not replace. It
runs on bash 3.2 as well, with less comfort. bash shows no help beside commands and options, so its
script has none.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping

from tools.completion_grammar import Grammar

SHELLS = ("bash", "zsh", "fish")

#: A word with its help.
_Helped = tuple[str, str]


def text(shell: str, grammar: Grammar) -> str:
    """Return the script of a shell."""
    with open(os.path.join(os.path.dirname(__file__), f"modelkeep.{shell}.in"), encoding="utf-8") as file:
        script = file.read()
    for name, value in (_SHARED | _OWN[shell]).items():
        script = script.replace(f"%{name}%", value(grammar))
    return script


def _subcommands(grammar: Grammar) -> dict[str, list[_Helped]]:
    """Return the commands below each group, and below the program itself by the name ""."""
    below: dict[str, list[_Helped]] = {}
    for name, (line, *_) in grammar.commands.items():
        group, _, command = name.rpartition(" ")
        if command:
            below.setdefault(group, []).append((command, line))
    return below


def _groups(grammar: Grammar) -> list[str]:
    return [name for name in _subcommands(grammar) if name]


def _with_value(grammar: Grammar) -> list[str]:
    """Return the options that take a value."""
    words = " ".join([grammar.always, *(own for *_, own in grammar.commands.values())]).split()
    return sorted({word.partition("=")[0] for word in words if "=" in word})


def _names(options: str) -> list[str]:
    return list(dict.fromkeys(word.partition("=")[0] for word in options.split()))


def _options(grammar: Grammar) -> dict[str, list[_Helped]]:
    """Return the options of each command that has some of its own, each with its help."""
    return {
        command: [(name, grammar.helps[command][name]) for name in _names(own)]
        for command, (_, _, own) in grammar.commands.items()
        if own
    }


def _always(grammar: Grammar) -> list[_Helped]:
    return [(name, grammar.helps[""][name]) for name in _names(grammar.always)]


def _posix_quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"


def _fish_quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _pattern(command: str) -> str:
    return f"'{command}'" if " " in command or not command else command


def _bash_cases(cases: Mapping[str, str], depth: int) -> str:
    indent = "    " * depth
    return "\n".join(f"{indent}{pattern}) {action} ;;" for pattern, action in cases.items())


def _plain(words: Iterable[_Helped]) -> str:
    return " ".join(word for word, _ in words)


def _bash_options(grammar: Grammar) -> str:
    return _bash_cases({_pattern(name): f"REPLY='{_plain(own)} '$REPLY" for name, own in _options(grammar).items()}, 1)


def _bash_below(grammar: Grammar) -> str:
    return _bash_cases({name: f"offered='{_plain(own)}'" for name, own in _subcommands(grammar).items() if name}, 2)


def _zsh_words(words: Iterable[_Helped], depth: int) -> str:
    """Return elements of an array for `_describe`, in which a colon divides a word from its help."""
    indent = "    " * depth
    return "\n".join(indent + _posix_quoted(f"{word}:{line}") for word, line in words)


def _zsh_cases(cases: Mapping[str, Iterable[_Helped]]) -> str:
    return "\n".join(
        f"    ({_pattern(name)})\n        offered=(\n{_zsh_words(words, 3)}\n        )\n        ;;"
        for name, words in cases.items()
    )


def _fish_words(words: Iterable[_Helped], depth: int) -> str:
    """Return lines that print each word with its help."""
    indent = "    " * depth
    return "\n".join(f"{indent}echo {_fish_quoted(word)}\\t{_fish_quoted(line)}" for word, line in words)


def _fish_cases(cases: Mapping[str, Iterable[_Helped]]) -> str:
    return "\n".join(f"        case {_fish_quoted(name)}\n{_fish_words(words, 3)}" for name, words in cases.items())


def _fish_aliases(grammar: Grammar) -> str:
    return "\n".join(
        f"                    case {alias}\n                        set word {name}"
        for alias, name in grammar.aliases.items()
    )


#: What stands for each ``%NAME%`` of the templates.
_SHARED: dict[str, Callable[[Grammar], str]] = {"VALUED": lambda grammar: " ".join(_with_value(grammar))}
_OWN: dict[str, dict[str, Callable[[Grammar], str]]] = {
    "bash": {
        "COMMANDS": lambda grammar: _plain(_subcommands(grammar)[""]),
        "ALWAYS": lambda grammar: _plain(_always(grammar)),
        "OPTIONS": _bash_options,
        "ALIASES": lambda grammar: _bash_cases({alias: f"word={name}" for alias, name in grammar.aliases.items()}, 4),
        "GROUPS": lambda grammar: " | ".join(_groups(grammar)),
        "BELOW": _bash_below,
    },
    "zsh": {
        "ALWAYS": lambda grammar: _zsh_words(_always(grammar), 2),
        "OPTIONS": lambda grammar: _zsh_cases(_options(grammar)),
        "ALIASES": lambda grammar: _bash_cases(
            {f"({alias}": f"word={name}" for alias, name in grammar.aliases.items()}, 4
        ),
        "GROUPS": lambda grammar: " | ".join(_groups(grammar)),
        "BELOW": lambda grammar: _zsh_cases(_subcommands(grammar)),
    },
    "fish": {
        "ALWAYS": lambda grammar: _fish_words(_always(grammar), 1),
        "OPTIONS": lambda grammar: _fish_cases(_options(grammar)),
        "ALIASES": _fish_aliases,
        "GROUPS": lambda grammar: " ".join(_groups(grammar)),
        "BELOW": lambda grammar: _fish_cases(_subcommands(grammar)),
    },
}
