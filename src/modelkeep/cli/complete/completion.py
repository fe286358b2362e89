"""Completion: ``modelkeep __complete -- WORD…`` prints what the last word could become.

The entry point calls `main` before Typer is imported. The commands come from `grammar`, which is made
from them, and names come from the registry by `store.db.completion`. On any trouble nothing is
printed: an error in the middle of a half-typed line helps nobody.

A line holds a candidate, a tab and a description. A line without a candidate asks the shell to
complete files or directories, which it knows best.
"""

from __future__ import annotations

import os

from modelkeep.cli.complete import completers, grammar

TYPE_CHECKING = False  # typing costs a third of a completion
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modelkeep.store.db.completion import Candidate, Names


def main(words: Sequence[str]) -> None:
    """Print what the last word could become, and nothing on any trouble."""
    try:
        found = candidates(words, os.environ, os.getcwd())
        lines = [f"{word}\t{text}\n" for word, text in found if is_printable(word + text)]
        data = "".join(lines).encode("utf-8", "surrogateescape")
        while data:
            data = data[os.write(1, data) :]
    except Exception:  # noqa: BLE001, S110 - see above
        pass


def candidates(words: Sequence[str], environ: Mapping[str, str], cwd: str) -> list[Candidate]:
    """Return what the last word could become, each with a description, in the order to be shown."""
    command = PartialCommand(words)
    kind = command.kind
    if kind == "command":
        found = _commands(command)
    elif kind == "option":
        found = [(option, "") for option in command.known]
    elif "|" in kind:
        found = [(choice, "") for choice in kind.split("|") if choice]
    elif kind in completers.FIXED:
        found = list(completers.FIXED[kind])
    elif kind in completers.FROM_REGISTRY:
        found = completers.FROM_REGISTRY[kind](command, _names(command, environ, cwd))
    else:
        found = _of_system(command)
    typed = command.word.lower()  # as references are matched
    return [
        (word and command.before + word, text) for word, text in found if not word or word.lower().startswith(typed)
    ]


def meanings(words: Sequence[str], environ: Mapping[str, str], cwd: str) -> list[Candidate]:
    """Return the stages that have a meaning, of the registry that a line names, lowest first."""
    stages = _names(PartialCommand([*words, ""]), environ, cwd).stages()
    return [(name, meaning) for name, meaning in stages if meaning and is_printable(name + meaning)]


def is_printable(text: str) -> bool:
    """Say whether a text may be printed: names have no control characters, but a forged row might."""
    return text.isprintable()


def _names(command: PartialCommand, environ: Mapping[str, str], cwd: str) -> Names:
    """Return the names of the registry that the command would use; one of another user has none."""
    from modelkeep.locate import locate
    from modelkeep.store.db.completion import Names

    found = locate(command.options.get("--registry"), environ, cwd)
    return Names(os.devnull if found.foreign else found.path)


def _of_system(command: PartialCommand) -> list[Candidate]:
    from modelkeep.cli.complete.system_completers import COMPLETERS

    return COMPLETERS[command.kind](command) if command.kind in COMPLETERS else []


def _commands(command: PartialCommand) -> list[Candidate]:
    prefix = f"{command.command} " if command.command else ""
    listed = [(name[len(prefix) :], row[0]) for name, row in grammar.COMMANDS.items() if name.startswith(prefix)]
    return [(name, text) for name, text in listed if name and " " not in name]


class PartialCommand:
    """The words of a command line up to the cursor, of which the last is to be completed."""

    def __init__(self, words: Sequence[str]) -> None:
        self.command = ""
        self.arguments: list[str] = []
        self.options: dict[str, str] = {}
        #: The options that the command knows, each with the kind of its value, "" for a flag.
        self.known = _known("")
        self.word: str = words[-1] if words else ""
        #: The part of the last word before the value: ``--stage=``.
        self.before = ""
        self._ended_options = False
        self._option_without_value: str | None = None
        for word in words[:-1]:
            self._read(word)
        #: What the last word is: a kind of value, "command", or "option".
        self.kind = self._kind()

    @property
    def model(self) -> str:
        """The model that the first argument names, "" where there is no argument."""
        return self.arguments[0].partition("@")[0] if self.arguments else ""

    def _read(self, word: str) -> None:
        if self._option_without_value is not None:
            self.options[self._option_without_value] = word
            self._option_without_value = None
        elif self._ended_options or not word.startswith("-") or word == "-":
            self._read_argument(word)
        elif word == "--":
            self._ended_options = True
        else:
            name, equals, value = word.partition("=")
            self.options[name] = value
            if not equals and self.known.get(name):
                self._option_without_value = name

    def _read_argument(self, word: str) -> None:
        name = f"{self.command} {word}" if self.command else grammar.ALIASES.get(word, word)
        if name in grammar.COMMANDS and not self.arguments and (not self.command or self._is_group()):
            self.command = name
            self.known = _known(name)
        else:
            self.arguments.append(word)

    def _kind(self) -> str:
        if self._option_without_value is not None:
            return self.known[self._option_without_value]
        if self.word.startswith("-") and not self._ended_options:
            name, equals, value = self.word.partition("=")
            if not equals:
                return "option"
            self.before, self.word = name + equals, value
            return self.known.get(name, "")
        if self.command and not self._is_group():
            return self._argument_kind()
        return "" if self.arguments else "command"  # an argument here is no command of ours

    def _argument_kind(self) -> str:
        """Return the kind of the command's next argument; the grammar marks the last with a star if it repeats."""
        kinds = grammar.COMMANDS[self.command][1].split()
        given = len(self.arguments)
        if given and self.command in grammar.JOINING.split() and self._begins_with_name():
            if given == 1:
                return "selector"
            given -= 1  # NAME SELECTOR are one argument
        if given < len(kinds):
            return kinds[given].rstrip("*")
        return kinds[-1].rstrip("*") if kinds and kinds[-1].endswith("*") else ""

    def _begins_with_name(self) -> bool:
        """Return whether the first argument is a bare NAME: no NAME@SELECTOR, digest or URI, and no dash."""
        return self.arguments[0] != "-" and {"@", ":"}.isdisjoint(self.arguments[0])

    def _is_group(self) -> bool:
        return any(name.startswith(f"{self.command} ") for name in grammar.COMMANDS)


def _known(command: str) -> dict[str, str]:
    """Return the options of a command; where it has one of those that all have, its own kind of value counts."""
    own = _options(grammar.COMMANDS[command][2])
    return own | _options(grammar.ALWAYS) | own


def _options(words: str) -> dict[str, str]:
    return {name: kind for name, _, kind in (word.partition("=") for word in words.split())}
