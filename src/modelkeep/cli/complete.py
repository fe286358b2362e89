"""Completion: the words of a line up to the cursor -> what the last one could become.

The entry point answers ``modelkeep __complete -- WORD…`` from here before Typer is imported, so this
knows the commands from `grammar`, which is made from them, and the registry from `store.names`. On
any trouble it prints nothing: a TAB is no question, and its answer no place for errors.

A candidate, a tab and a description stand on a line. Where files are due, a line without a candidate
says so: the shell knows best how to complete them.
"""

from __future__ import annotations

import os

from modelkeep.cli import grammar, offers

TYPE_CHECKING = False  # typing costs a third of a completion
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modelkeep.cli.offers import Offer
    from modelkeep.store.names import Names


class Line:
    """What was typed: the command, its arguments, its options, and the word to complete with what it is."""

    def __init__(self, words: Sequence[str]) -> None:
        self.command = ""
        self.arguments: list[str] = []
        self.options: dict[str, str] = {}
        self.known = _options(grammar.ALWAYS) | _options(grammar.COMMANDS[""][2])
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
            self.known = _options(grammar.ALWAYS) | _options(grammar.COMMANDS[inside][2])
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


def main(words: Sequence[str]) -> None:
    """Print what the last of the words could become; on any trouble nothing."""
    try:
        lines = [
            f"{word}\t{told}\n" for word, told in candidates(words, os.environ, os.getcwd()) if _clean(word + told)
        ]
        data = "".join(lines).encode("utf-8", "surrogateescape")
        while data:
            data = data[os.write(1, data) :]
    except Exception:  # noqa: BLE001, S110 - whatever it is, it is not what somebody wants to read who pressed TAB
        pass


def candidates(words: Sequence[str], environ: Mapping[str, str], cwd: str) -> list[Offer]:
    """Return what the last word could become, each with a few words on it, in the order to be shown."""
    line = Line(words)
    if line.kind == "command":
        found = _commands(line)
    elif line.kind == "option":
        found = [(option, "") for option in line.known]
    elif "|" in line.kind:
        found = [(choice, "") for choice in line.kind.split("|") if choice]
    elif line.kind in offers.FIXED:
        found = list(offers.FIXED[line.kind])
    elif line.kind in offers.ASKED:
        found = offers.ASKED[line.kind](line, _names(line, environ, cwd))
    else:
        return []
    return [(word and line.before + word, told) for word, told in found if not word or _begins(word, line.word)]


def _names(line: Line, environ: Mapping[str, str], cwd: str) -> Names:
    from modelkeep.locate import locate
    from modelkeep.store.names import Names

    return Names(locate(line.options.get("--registry"), environ, cwd).path)


def _commands(line: Line) -> list[Offer]:
    prefix = f"{line.command} " if line.command else ""
    listed = [(name[len(prefix) :], row[0]) for name, row in grammar.COMMANDS.items() if name.startswith(prefix)]
    return [(name, told) for name, told in listed if name and " " not in name]


def _begins(word: str, typed: str) -> bool:
    """Say whether a candidate begins as typed; case does not matter, as it does not in references."""
    return word.lower().startswith(typed.lower())


def _clean(text: str) -> bool:
    """Say whether a text can be shown: names have no control characters, but a forged row might."""
    return all(character >= " " and not "\x7f" <= character <= "\x9f" for character in text)


def _options(words: str) -> dict[str, str]:
    """Return what each option takes; "" for a flag."""
    return {name: takes for name, _, takes in (word.partition("=") for word in words.split())}
