"""A command line that is half typed: which command it is, and what its last word is.

The commands are known from `grammar`, which is made from them: building the tree takes too long for a TAB.
"""

from __future__ import annotations

from modelkeep.cli.complete import grammar

TYPE_CHECKING = False  # typing costs a third of a completion
if TYPE_CHECKING:
    from collections.abc import Sequence


class Line:
    """What was typed: the command, its arguments, its options, and the word to complete with what it is."""

    def __init__(self, words: Sequence[str]) -> None:
        self.command = ""
        self.arguments: list[str] = []
        self.options: dict[str, str] = {}
        self.known = _known("")
        self.word = words[-1] if words else ""
        #: What the word is: a kind of value, "command", or "option".
        self.kind = "command"
        #: What of the word stands before the value: ``--stage=``.
        self.before = ""
        self._only_arguments = False
        self._pending: str | None = None
        for word in words[:-1]:
            self._read(word)
        self._look_at_the_last()

    def _read(self, word: str) -> None:
        if self._pending is not None:
            self.options[self._pending] = word
            self._pending = None
        elif self._only_arguments or not word.startswith("-") or word == "-":
            self._argument(word)
        elif word == "--":
            self._only_arguments = True
        else:
            name, equals, value = word.partition("=")
            self.options[name] = value
            if not equals and self.known.get(name):
                self._pending = name

    def _argument(self, word: str) -> None:
        inside = f"{self.command} {word}" if self.command else grammar.ALIASES.get(word, word)
        if inside in grammar.COMMANDS and not self.arguments and (not self.command or self._is_group()):
            self.command = inside
            self.known = _known(inside)
        else:
            self.arguments.append(word)

    def _look_at_the_last(self) -> None:
        if self._pending is not None:
            self.kind = self.known[self._pending]
        elif self.word.startswith("-") and not self._only_arguments:
            name, equals, value = self.word.partition("=")
            self.kind = self.known.get(name, "") if equals else "option"
            if equals:
                self.before, self.word = name + equals, value
        elif self.command and not self._is_group():
            self.kind = self._argument_kind()
        elif self.arguments:  # no command of ours
            self.kind = ""

    def _argument_kind(self) -> str:
        """Return what the next argument of the command is; a star repeats."""
        kinds = grammar.COMMANDS[self.command][1].split()
        if len(self.arguments) < len(kinds):
            return kinds[len(self.arguments)].rstrip("*")
        return kinds[-1].rstrip("*") if kinds and kinds[-1].endswith("*") else ""

    def _is_group(self) -> bool:
        return any(name.startswith(f"{self.command} ") for name in grammar.COMMANDS)


def _known(command: str) -> dict[str, str]:
    """Return the options of a command, its own before those of all; what it says of one of those counts."""
    own = _options(grammar.COMMANDS[command][2])
    return own | _options(grammar.ALWAYS) | own


def _options(words: str) -> dict[str, str]:
    """Return what each option takes; "" for a flag."""
    return {name: takes for name, _, takes in (word.partition("=") for word in words.split())}
