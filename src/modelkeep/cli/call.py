"""One command that was typed: its shared options, the registry it means, and how it answers."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import typer

from modelkeep.cli import pager, streams
from modelkeep.cli.options import ALWAYS, FORMATS, Flags, set_parameters, typed_before
from modelkeep.domain.text import printable, printable_lines
from modelkeep.errors import TRY_AGAIN, Busy, PartlyDone, UsageError
from modelkeep.locate import is_registry
from modelkeep.userdirs import here

if TYPE_CHECKING:
    from modelkeep.cli.record_formats import Writer
    from modelkeep.cli.terminal import Drawing
    from modelkeep.cli.views.interface import View
    from modelkeep.config import Settings
    from modelkeep.registry import Registry

#: A command: it returns an exit code, or None for 0.
CommandFunction: TypeAlias = Callable[..., int | None]

#: Notes that begin so are printed with ``-q`` too.
_LOUD = ("warning: ", "error: ")
#: Formats of `record_formats`, and those that are documents, whose notes are fields.
_RECORDS = ("jsonl", "csv", "env")
_DOCUMENTS = ("json", "jsonl")
_FOR_PEOPLE = ("table", "tree")
#: A pipe takes lines of any length.
_WIDTH_OF_A_PIPE = 10_000


class Call:
    """One command that was typed."""

    def __init__(self, flags: Flags) -> None:
        self.flags = flags
        self._settings: Settings | None = None
        self._pending: list[str] = []
        self._printed: set[str] = set()
        self._opened: list[Registry] = []
        self._records: Writer | None = None

    def run(self, function: CommandFunction, **values: Any) -> int | None:
        """Run a command with this call, and print the notes of the registry, also where the command raises.

        Hooks run when the answer is printed; ^C before ends the command without them.
        """
        interrupted = False
        try:
            return function(self, **values)
        except KeyboardInterrupt:
            interrupted = True
            raise
        finally:
            self._say_pending()
            if not interrupted:
                self._run_hooks()

    def _run_hooks(self) -> None:
        """Run the hooks of the changes that were made, and print what they warn of."""
        try:
            for registry in self._opened:
                registry.run_hooks()
        finally:
            self._say_pending()

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

        Its notes are printed when its method has returned: a stderr that is not read must not hold a snapshot open.
        With ``create`` the default registry is created at a terminal, where a person reads it; without ``must_exist``
        there may be none.
        """
        from modelkeep.registry import create_registry, is_interactive, open_registry

        located = self.settings.registry
        if create and located.origin == "default" and not is_registry(located.path) and is_interactive():
            created, _ = create_registry(located.path, settings=self.settings, say=self._pending.append)
            self.say(f"a new registry was made at {created.directory}")
        if self.flags.verbose:
            self.say(f"registry: {located.path} ({located.where or 'the default place'})", loud=True)
        found = open_registry(settings=self.settings, must_exist=must_exist, say=self._pending.append)
        found.hold_hooks()
        self._opened.append(found)
        return found

    @property
    def change_flags(self) -> dict[str, Any]:
        """The flags that every change has: the reason, and whether it is a dry run."""
        return {"message": self.flags.message, "dry_run": self.flags.dry_run}

    @property
    def expect_flags(self) -> dict[str, Any]:
        """Those of ``change_flags``, and ``--expect``, for a change of one thing."""
        return self.change_flags | {"expect": self.flags.expect}

    @property
    def format(self) -> str:
        """The form of the answer: the one that was asked for, else a table on a terminal and lines in a pipe or with -0."""
        if self.flags.json:
            return "json"
        for_people = streams.is_terminal(sys.stdout) and not self.flags.null
        return self.flags.format or ("table" if for_people else "lines")

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
        self._say_pending()
        if text in self._printed or (self.flags.quiet and not loud and not text.startswith(_LOUD)):
            return
        self._printed.add(text)
        streams.err("".join(f"{printable(line)}\n" for line in text.split("\n")))

    def _say_pending(self) -> None:
        pending, self._pending[:] = self._pending[:], ()
        for text in pending:
            self.say(text)

    def ask(self, question: str) -> str:
        """Ask on stderr and return the answer; ^D is an empty one."""
        self._say_pending()
        streams.err(printable(question))
        line = sys.stdin.readline() if sys.stdin is not None else ""
        if not line:
            streams.err("\n")
        return line.strip()

    def require_one_record(self, count: int | None) -> None:
        """Raise ``UsageError`` where the format takes one record and the answer has ``count``, or (None) may have several.

        A command that changes several things calls it before the first change.
        """
        form = "--github-output" if self.flags.github_output else "--format env" if self.format == "env" else None
        if form is not None and count != 1:
            from modelkeep.cli.record_formats import several_records

            raise several_records(form, count)

    def show(self, view: View, *notes: str, nothing: Callable[[], str] | None = None) -> None:
        """Print an answer on stdout in the form that was asked for, and on stderr its notes and those of the command.

        ``nothing`` returns the note about an answer that is empty.
        """
        self._say_pending()
        try:
            self._print(view)
            if self.flags.github_output:
                from modelkeep.cli import github_output

                github_output.append(view.document())
        except UsageError as error:
            if not view.acted:
                raise
            message = f"the command did its work, and its answer is not as asked for: {error.message}"
            raise PartlyDone(message, error.hint) from error
        if self.format not in _DOCUMENTS:  # a document has its notes as fields
            for note in (*view.notes(), *notes):
                self.say(note)
            if nothing is not None and not self.flags.quiet:
                self.say(nothing())
        if view.wrote and self.settings.more_than_one_registry:
            self.say(f"in the registry {self.settings.registry.path}")

    def show_pages(self, pages: Iterable[View]) -> None:
        """Print an answer that comes in pages, each as soon as it is read: it may be longer than memory."""
        self._say_pending()
        if self.flags.github_output:
            self.require_one_record(None)
        if self.format == "json":
            from modelkeep.cli.views.interface import json_pages

            for part in json_pages(pages, pretty=streams.is_terminal(sys.stdout)):
                streams.out(part, utf8=True)
            return
        for page in pages:
            self._print(page)
            for note in page.notes():
                self.say(note)

    def _print(self, view: View) -> None:
        end = "\0" if self.flags.null else "\n"
        if self.format in _RECORDS or "{" in self.format:
            if self._records is None:
                from modelkeep.cli.record_formats import Writer

                self._records = Writer(self.format, end)
            text = self._records.answer(view, self.format)
            streams.out(printable_lines(text) if streams.is_terminal(sys.stdout) else text, utf8=True)
            return
        if self.format == "json":
            from modelkeep.cli.views.interface import as_json

            streams.out(as_json(view.document(), pretty=streams.is_terminal(sys.stdout)), utf8=True)
            return
        exact = view.exact and not streams.is_terminal(sys.stdout)
        if self.flags.quiet:
            streams.out("".join(f"{each if exact else printable(each)}{end}" for each in view.identifiers()))
        elif (drawing := self._drawing(view)) is not None:
            self._page(view, drawing.text)
            if drawing.left_out:
                note, more = f"left out: {', '.join(drawing.left_out)}", "; a wider window shows them"
                self.say(note + more * (len(note + more) <= streams.width(sys.stdout)))
        else:
            text = "".join(f"{line}\n" for line in view.lines())
            shown = text if exact else printable_lines(text)
            self._page(view, shown.replace("\n", "\0") if self.flags.null else shown)

    def _page(self, view: View, text: str) -> None:
        """Print an answer, in the pager where it is long; that of a change at once, for its hooks wait."""
        may = self.format in _FOR_PEOPLE and not (self.flags.no_pager or self.flags.no_input or view.acted)
        if not (may and pager.is_wanted(text) and pager.show(text, self.settings.pager, at_end=view.ends_newest)):
            streams.out(text)

    def _drawing(self, view: View) -> Drawing | None:
        """Return the table of a view as a terminal shows it; None where lines are wanted, or it has no table."""
        if self.format not in _FOR_PEOPLE:
            return None
        from datetime import UTC, datetime

        from modelkeep.domain.times import parse_stored
        from modelkeep.rendering import Clock

        as_of = getattr(view, "as_of", None)
        block = view.table(Clock(datetime.now(UTC), at=None if as_of is None else parse_stored(as_of.time)))
        if block is None:
            return None
        from modelkeep.cli.terminal import draw

        return draw(
            block,
            width=streams.width(sys.stdout) if streams.is_terminal(sys.stdout) else _WIDTH_OF_A_PIPE,
            color=streams.colored(sys.stdout, self.settings.color),
            encoding=streams.encoding(sys.stdout),
        )


def command(
    *shared: str, formats: Sequence[str] = FORMATS, answers: Sequence[str] = ()
) -> Callable[[CommandFunction], CommandFunction]:
    """Return a decorator that passes a command its ``Call`` and adds the options of all commands and the ``shared`` ones.

    ``formats`` are the values of --format, ``answers`` the JSON Schemas by which a template is checked before the work.
    """
    names = (*ALWAYS, *shared)

    def decorate(function: CommandFunction) -> CommandFunction:
        def run(ctx: typer.Context, **values: Any) -> int | None:
            given = {name: values.pop(name) for name in names}
            try:
                return call_of(ctx, given, formats, answers).run(function, **values)
            except Busy as busy:
                if "lock_wait" in names and busy.hint == TRY_AGAIN:
                    busy.hint = f"{TRY_AGAIN}, or wait longer with --lock-wait"
                raise

        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        set_parameters(run, own, names)
        return run

    return decorate


def call_of(
    context: typer.Context, given: Mapping[str, Any], formats: Sequence[str] = FORMATS, answers: Sequence[str] = ()
) -> Call:
    """Return the call of a command, from the options typed before it and those after it, which win."""
    flags = typed_before(context).overridden_by(given)
    if flags.format is not None or flags.progress is not None or flags.null or flags.github_output:
        from modelkeep.cli.usage import check_forms

        check_forms(flags, formats, answers)
    return Call(flags)
