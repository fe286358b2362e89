"""What a command works with: its shared options, the registry they mean, and how it answers."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from modelkeep.cli import streams
from modelkeep.domain.text import printable, printable_lines
from modelkeep.errors import NotFound
from modelkeep.locate import is_registry

if TYPE_CHECKING:
    from rich.console import RenderableType

    from modelkeep.cli.views.output import Page
    from modelkeep.cli.views.tables import Tables
    from modelkeep.config import Settings
    from modelkeep.domain.answers.changes import Change
    from modelkeep.registry import Registry


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
    """Return the current directory; one that somebody removed is ``NotFound``."""
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
        self._said: set[str] = set()

    @property
    def settings(self) -> Settings:
        """The settings that flags, environment and files make; read once."""
        if self._settings is None:
            from modelkeep.config import load_settings

            flags = {"registry": self.flags.registry, "lock_wait": self.flags.lock_wait}
            flags |= {"progress": self.flags.progress, "color": "never" if self.flags.no_color else None}
            self._settings = load_settings(flags, os.environ, here())
        return self._settings

    def registry(self, *, create: bool = False, must_exist: bool = True) -> Registry:
        """Return the registry that this call means; nothing is read before it is asked something.

        With ``create`` the default place is made where somebody is there to read that it was. Without
        ``must_exist`` there may be none.
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
        """What every change is told: the reason, and whether it is a dry run."""
        return {"message": self.flags.message, "dry_run": self.flags.dry_run}

    @property
    def changing_one(self) -> dict[str, Any]:
        """What a change of one thing is told: ``changing``, and what is expected."""
        return self.changing | {"expect": self.flags.expect}

    @property
    def format(self) -> str:
        """How to answer: as was asked for, else a table on a terminal and lines in a pipe."""
        if self.flags.json:
            return "json"
        return self.flags.format or ("table" if streams.is_terminal(sys.stdout) else "lines")

    @property
    def chatty(self) -> bool:
        """Whether notes and hints are told on stderr; a document has them as fields."""
        return not self.flags.quiet and self.format != "json"

    @property
    def can_ask(self) -> bool:
        """Whether somebody is there to answer a question."""
        return not self.flags.no_input and streams.is_terminal(sys.stdin) and streams.is_terminal(sys.stderr)

    def say(self, text: str) -> None:
        """Tell something on stderr that is not the answer, once."""
        if text in self._said:
            return
        self._said.add(text)
        streams.err("".join(f"{printable(line)}\n" for line in text.split("\n")))

    def ask(self, question: str) -> str:
        """Ask on stderr and return the answer; ^D is an empty one."""
        streams.err(printable(question))
        line = sys.stdin.readline() if sys.stdin is not None else ""
        if not line:
            streams.err("\n")
        return line.strip()

    def tell_change(self, told: Sequence[str], found: Change) -> None:
        """Tell what a change tells beside its answer, and where it went if that could be elsewhere."""
        for text in told:
            if self.chatty or (text.startswith("warning: ") and self.format != "json"):
                self.say(text)
        if found.changed and not found.dry_run and self.settings.more_than_one_registry:
            self.say(f"in the registry {self.settings.registry.path}")

    def show(self, page: Page, table: Callable[[Tables], RenderableType] | None = None) -> None:
        """Print the answer in the form that was asked for; ``table`` draws it for a terminal."""
        exact = page.exact and not streams.is_terminal(sys.stdout)
        if self.flags.quiet and self.format != "json":
            streams.out("".join(f"{each if exact else printable(each)}\n" for each in page.ids))
        elif self.format == "json":
            from modelkeep.cli.views.output import as_json

            streams.out(as_json(page.document, pretty=streams.is_terminal(sys.stdout)), utf8=True)
        elif self.format in {"table", "tree"} and table is not None:
            from modelkeep.cli.views.tables import Screen, Tables

            screen = Screen.of(sys.stdout, color=streams.colored(sys.stdout, self.settings.color))
            streams.out(screen.drawn(table(Tables(screen))))
        else:
            text = "".join(f"{line}\n" for line in page.lines)
            streams.out(text if exact else printable_lines(text))
