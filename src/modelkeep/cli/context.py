"""What a command works with: its shared options, the registry they mean, and how it answers."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from modelkeep.cli import streams
from modelkeep.domain.text import printable, printable_lines
from modelkeep.errors import NotFound
from modelkeep.locate import is_registry

if TYPE_CHECKING:
    from modelkeep.cli.views.interface import View
    from modelkeep.config import Settings
    from modelkeep.registry import Registry

#: Notes that begin so are printed with ``-q`` too.
_LOUD = ("warning: ", "error: ")


class Flags(NamedTuple):
    """The shared options as they were typed; None and False where they were not."""

    registry: str | None = None
    json: bool = False
    format: str | None = None
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False
    yes: bool = False
    no_input: bool = False
    message: str | None = None
    dry_run: bool = False
    expect: str | None = None
    lock_wait: str | None = None
    as_of: str | None = None
    progress: str | None = None

    def and_then(self, given: Mapping[str, Any]) -> Flags:
        """Return these options and those that were given after them, which win."""
        return self._replace(**{name: value for name, value in given.items() if value not in {None, False}})


def here() -> str:
    """Return the current directory; one that was removed raises ``NotFound``."""
    try:
        return os.getcwd()
    except FileNotFoundError as error:
        message = "the directory you are in was removed"
        raise NotFound(message, "cd to one that is there") from error


class Call:
    """One command that was typed."""

    def __init__(self, flags: Flags) -> None:
        self.flags = flags
        self._settings: Settings | None = None
        self._printed: set[str] = set()

    @property
    def settings(self) -> Settings:
        """The settings of flags, environment and files; read once."""
        if self._settings is None:
            from modelkeep.config import load_settings

            flags = {"registry": self.flags.registry, "lock_wait": self.flags.lock_wait}
            flags |= {"progress": self.flags.progress, "color": "never" if self.flags.no_color else None}
            self._settings = load_settings(flags, os.environ, here())
        return self._settings

    def registry(self, *, create: bool = False, must_exist: bool = True) -> Registry:
        """Return the registry that this call means. It is read when its first method is called.

        With ``create`` the default registry is created at a terminal, where a person reads that it was.
        Without ``must_exist`` there may be none.
        """
        from modelkeep.registry import create_registry, is_interactive, open_registry

        located = self.settings.registry
        if create and located.origin == "default" and not is_registry(located.path) and is_interactive():
            created, _ = create_registry(located.path, settings=self.settings, say=self.say)
            self.say(f"a new registry was made at {created.directory}")
        if self.flags.verbose:
            self.say(f"registry: {located.path} ({located.where or 'the default place'})")
        return open_registry(settings=self.settings, must_exist=must_exist, say=self.say)

    @property
    def changing(self) -> dict[str, Any]:
        """The arguments that every change has: the reason, and whether it is a dry run."""
        return {"message": self.flags.message, "dry_run": self.flags.dry_run}

    @property
    def changing_one(self) -> dict[str, Any]:
        """The arguments of a change of one thing: those of ``changing``, and what is expected."""
        return self.changing | {"expect": self.flags.expect}

    @property
    def format(self) -> str:
        """The form of the answer: the one that was asked for, else a table on a terminal and lines in a pipe."""
        if self.flags.json:
            return "json"
        return self.flags.format or ("table" if streams.is_terminal(sys.stdout) else "lines")

    @property
    def has_table(self) -> bool:
        """Whether the answer is read by a person, as a table."""
        return self.format == "table" and not self.flags.quiet

    @property
    def prints_notes(self) -> bool:
        """Whether notes go to stderr; a document has them as fields."""
        return not self.flags.quiet and self.format != "json"

    @property
    def can_ask(self) -> bool:
        """Whether there is a person at the terminal who may be asked."""
        return not self.flags.no_input and streams.is_terminal(sys.stdin) and streams.is_terminal(sys.stderr)

    def say(self, text: str) -> None:
        """Print a note on stderr; the same note is printed once."""
        if text in self._printed:
            return
        self._printed.add(text)
        streams.err("".join(f"{printable(line)}\n" for line in text.split("\n")))

    def ask(self, question: str) -> str:
        """Ask on stderr and return the answer; ^D is an empty one."""
        streams.err(printable(question))
        line = sys.stdin.readline() if sys.stdin is not None else ""
        if not line:
            streams.err("\n")
        return line.strip()

    def show(self, view: View) -> None:
        """Print an answer on stdout in the form that was asked for, and its notes on stderr."""
        self._print(view)
        if self.format != "json":
            for note in view.notes():
                if not self.flags.quiet or note.startswith(_LOUD):
                    self.say(note)
        if view.wrote and self.settings.more_than_one_registry:
            self.say(f"in the registry {self.settings.registry.path}")

    def _print(self, view: View) -> None:
        if self.format == "json":
            from modelkeep.cli.views.interface import as_json

            streams.out(as_json(view.document(), pretty=streams.is_terminal(sys.stdout)), utf8=True)
            return
        exact = view.exact and not streams.is_terminal(sys.stdout)
        if self.flags.quiet:
            streams.out("".join(f"{each if exact else printable(each)}\n" for each in view.identifiers()))
        elif (table := self._table(view)) is not None:
            streams.out(table)
        else:
            text = "".join(f"{line}\n" for line in view.lines())
            streams.out(text if exact else printable_lines(text))

    def _table(self, view: View) -> str | None:
        """Return the table of a view as a terminal shows it; None where lines are wanted, or it has no table."""
        if self.format not in {"table", "tree"}:
            return None
        from datetime import UTC, datetime

        from modelkeep.rendering import Clock

        block = view.table(Clock(datetime.now(UTC)))
        if block is None:
            return None
        from modelkeep.cli.terminal import Terminal

        return Terminal.behind(sys.stdout, color=streams.colored(sys.stdout, self.settings.color)).draw(block)
