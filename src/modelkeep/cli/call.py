"""One command that was typed: its shared options, the registry it means, and how it answers."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeAlias

import typer
from typer import Option

from modelkeep.cli import streams
from modelkeep.domain.text import printable, printable_lines
from modelkeep.errors import NotFound
from modelkeep.locate import is_registry

if TYPE_CHECKING:
    from modelkeep.cli.views.interface import View
    from modelkeep.config import Settings
    from modelkeep.registry import Registry


#: A command: it returns an exit code, or None for 0.
CommandFunction: TypeAlias = Callable[..., int | None]

#: Notes that begin so are printed with ``-q`` too.
_LOUD = ("warning: ", "error: ")
#: A pipe takes lines of any length.
_WIDTH_OF_A_PIPE = 10_000


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
        self._heard: list[str] = []
        self._printed: set[str] = set()

    def run(self, function: CommandFunction, **values: Any) -> int | None:
        """Run a command with this call, and print what the registry had to say also where it refuses."""
        try:
            return function(self, **values)
        finally:
            self._say_heard()

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

        What it says meanwhile is printed when it has returned: a reader that stops must not hold a snapshot open.
        With ``create`` the default registry is created at a terminal, where a person reads that it was.
        Without ``must_exist`` there may be none.
        """
        from modelkeep.registry import create_registry, is_interactive, open_registry

        located = self.settings.registry
        if create and located.origin == "default" and not is_registry(located.path) and is_interactive():
            created, _ = create_registry(located.path, settings=self.settings, say=self._heard.append)
            self.say(f"a new registry was made at {created.directory}")
        if self.flags.verbose:
            self.say(f"registry: {located.path} ({located.where or 'the default place'})", loud=True)
        return open_registry(settings=self.settings, must_exist=must_exist, say=self._heard.append)

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
    def can_ask(self) -> bool:
        """Whether there is a person at the terminal who may be asked."""
        return not self.flags.no_input and streams.is_terminal(sys.stdin) and streams.is_terminal(sys.stderr)

    def say(self, text: str, *, loud: bool = False) -> None:
        """Print a note on stderr, the same note once; with ``-q`` only if it is ``loud``, a warning or an error."""
        self._say_heard()
        if text in self._printed or (self.flags.quiet and not loud and not text.startswith(_LOUD)):
            return
        self._printed.add(text)
        streams.err("".join(f"{printable(line)}\n" for line in text.split("\n")))

    def _say_heard(self) -> None:
        heard, self._heard[:] = self._heard[:], ()
        for text in heard:
            self.say(text)

    def ask(self, question: str) -> str:
        """Ask on stderr and return the answer; ^D is an empty one."""
        self._say_heard()
        streams.err(printable(question))
        line = sys.stdin.readline() if sys.stdin is not None else ""
        if not line:
            streams.err("\n")
        return line.strip()

    def show(self, view: View) -> None:
        """Print an answer on stdout in the form that was asked for, and its notes on stderr."""
        self._say_heard()
        self._print(view)
        if self.format != "json":  # a document has its notes as fields
            for note in view.notes():
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
        from modelkeep.cli.terminal import draw

        return draw(
            block,
            width=streams.width(sys.stdout) if streams.is_terminal(sys.stdout) else _WIDTH_OF_A_PIPE,
            color=streams.colored(sys.stdout, self.settings.color),
            encoding=streams.encoding(sys.stdout),
        )


FORMATS = ("table", "lines", "json")

#: The options that every command has.
ALWAYS = {
    "registry": Annotated[
        str | None, Option("--registry", metavar="DIR", help="The registry: a directory, or a name from the config.")
    ],
    "json": Annotated[bool, Option("--json", help="Print one JSON document; the same as --format json.")],
    "format": Annotated[str | None, Option("--format", metavar="FORMAT", help="table, lines or json.")],
    "quiet": Annotated[bool, Option("-q", "--quiet", help="Print identifiers only.")],
    "verbose": Annotated[bool, Option("-v", "--verbose", help="Say on stderr which registry is used.")],
    "no_color": Annotated[bool, Option("--no-color", help="Print no colors; NO_COLOR does the same.")],
    "yes": Annotated[bool, Option("--yes", help="Answer yes to every question.")],
    "no_input": Annotated[bool, Option("--no-input", help="Ask no questions.")],
}
_WRITES = {
    "dry_run": Annotated[bool, Option("-n", "--dry-run", help="Show what would change, and write nothing.")],
    "lock_wait": Annotated[
        str | None, Option("--lock-wait", metavar="TIME", help="How long to wait for other writers; 30s by default.")
    ],
}
_CHANGES = {
    "message": Annotated[str | None, Option("-m", "--message", metavar="TEXT", help="The reason, kept in the log.")],
} | _WRITES
_EXPECTS = {
    "expect": Annotated[
        str | None,
        Option("--expect", metavar="VERSION", help="Only if this is still so: a number, a label, a digest or none."),
    ],
}
_PAST = {
    "as_of": Annotated[
        str | None, Option("--as-of", metavar="T", help="Answer as of then: a time, a date, an age or seq:N.")
    ],
}
_LONG = {
    "progress": Annotated[
        str | None, Option("--progress", metavar="auto|plain|none", help="How to show progress on stderr.")
    ],
}


def command(
    *,
    changes: bool = False,
    writes: bool = False,
    expects: bool = False,
    past: bool = False,
    long: bool = False,
    formats: Sequence[str] = FORMATS,
) -> Callable[[CommandFunction], CommandFunction]:
    """Return a decorator that passes a command its ``Call`` and adds the shared options that it understands.

    Args:
        changes: add --message, --dry-run and --lock-wait, for a command that writes an entry.
        writes: add the same without --message, for a command that writes none.
        expects: add --expect.
        past: add --as-of.
        long: add --progress.
        formats: the values of --format.
    """
    more = ALWAYS | (_CHANGES if changes else _WRITES if writes else {}) | (_EXPECTS if expects else {})
    more |= (_PAST if past else {}) | (_LONG if long else {})

    def decorate(function: CommandFunction) -> CommandFunction:
        def run(ctx: typer.Context, **values: Any) -> int | None:
            given = {name: values.pop(name) for name in more}
            return call_of(ctx, given, formats).run(function, **values)

        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        set_parameters(run, own, more)
        return run

    return decorate


def set_parameters(function: Callable[..., Any], own: Sequence[inspect.Parameter], more: Mapping[str, Any]) -> None:
    """Give a function the signature that Typer reads: its own parameters and further options."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    listed = [
        inspect.Parameter("ctx", keyword, annotation=typer.Context),
        *(each.replace(kind=keyword) for each in own),
    ]
    for name, annotation in more.items():
        default = False if annotation.__origin__ is bool else None
        listed.append(inspect.Parameter(name, keyword, annotation=annotation, default=default))
    function.__signature__ = inspect.Signature(listed)  # type: ignore[attr-defined]
    function.__annotations__ = {each.name: each.annotation for each in listed}


def call_of(context: typer.Context, given: Mapping[str, Any], formats: Sequence[str] = FORMATS) -> Call:
    """Return the call of a command, from the options typed before it and those after it, which win."""
    before = context.obj if isinstance(context.obj, Flags) else Flags()
    flags = before.and_then(given)
    if flags.format is not None or flags.progress is not None:
        from modelkeep.cli.usage import choice

        choice(flags.format or formats[0], "--format", formats)
        choice(flags.progress or "auto", "--progress", ("auto", "plain", "none"))
    return Call(flags)
