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
from modelkeep.cli.complete.partial_command import PartialCommand

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
        return []
    return [(word and command.before + word, text) for word, text in found if not word or _begins(word, command.word)]


def is_printable(text: str) -> bool:
    """Say whether a text may be printed: names have no control characters, but a forged row might."""
    return text.isprintable()


def _names(command: PartialCommand, environ: Mapping[str, str], cwd: str) -> Names:
    """Return the names of the registry that the command would use; one of another user has none."""
    from modelkeep.locate import locate
    from modelkeep.store.db.completion import Names

    found = locate(command.options.get("--registry"), environ, cwd)
    return Names(os.devnull if found.foreign else found.path)


def _commands(command: PartialCommand) -> list[Candidate]:
    prefix = f"{command.command} " if command.command else ""
    listed = [(name[len(prefix) :], row[0]) for name, row in grammar.COMMANDS.items() if name.startswith(prefix)]
    return [(name, text) for name, text in listed if name and " " not in name]


def _begins(word: str, typed: str) -> bool:
    """Say whether a candidate begins with what was typed, without case, as references are matched."""
    return word.lower().startswith(typed.lower())
