"""Completion: the words of a line up to the cursor -> what the last one could become.

The entry point answers ``modelkeep __complete -- WORD…`` from here before Typer is imported, so this
knows the commands from `grammar`, which is made from them, and the registry from `store.names`. On
any trouble it prints nothing: a TAB is no question, and its answer no place for errors.

A candidate, a tab and a description stand on a line. Where files are due, a line without a candidate
says so: the shell knows best how to complete them.
"""

from __future__ import annotations

import os

from modelkeep.cli.complete import completers, grammar
from modelkeep.cli.complete.partial_command import Line

TYPE_CHECKING = False  # typing costs a third of a completion
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modelkeep.cli.complete.completers import Offer
    from modelkeep.store.db.completion import Names


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
    elif line.kind in completers.FIXED:
        found = list(completers.FIXED[line.kind])
    elif line.kind in completers.ASKED:
        found = completers.ASKED[line.kind](line, _names(line, environ, cwd))
    else:
        return []
    return [(word and line.before + word, told) for word, told in found if not word or _begins(word, line.word)]


def _names(line: Line, environ: Mapping[str, str], cwd: str) -> Names:
    from modelkeep.locate import locate
    from modelkeep.store.db.completion import Names

    found = locate(line.options.get("--registry"), environ, cwd)
    return Names(os.devnull if found.foreign else found.path)


def _commands(line: Line) -> list[Offer]:
    prefix = f"{line.command} " if line.command else ""
    listed = [(name[len(prefix) :], row[0]) for name, row in grammar.COMMANDS.items() if name.startswith(prefix)]
    return [(name, told) for name, told in listed if name and " " not in name]


def _begins(word: str, typed: str) -> bool:
    """Say whether a candidate begins as typed; case does not matter, as it does not in references."""
    return word.lower().startswith(typed.lower())


def _clean(text: str) -> bool:
    """Say whether a text can be shown: names have no control or hidden characters, but a forged row might."""
    return text.isprintable()
