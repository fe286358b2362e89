"""The Typer app: groups that import the module of the command that was typed, and no other."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Sequence
from typing import Annotated, Any

import typer
import typer.core
import typer.main

from modelkeep.cli import command_table, streams
from modelkeep.cli.call import call_of
from modelkeep.cli.options import ALWAYS, set_parameters, typed_before
from modelkeep.cli.typed_line import TypedLine
from modelkeep.domain.text import close_to, pattern
from modelkeep.errors import UsageError

_NEGATIVE = pattern(r"-\.?[0-9][0-9.eE+-]*")
PROGRAM = "modelkeep"
_SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"]}


class _HelpAsAnswer:
    """Prints ``--help`` through `streams`, so that a stdout that cannot be written gets its usual error."""

    def get_help_option(self, ctx: Any) -> Any:
        """Return the option ``--help``."""
        option = super().get_help_option(ctx)  # type: ignore[misc]

        def callback(ctx: Any, _option: Any, wanted: bool) -> None:
            if wanted and not ctx.resilient_parsing:
                streams.out(ctx.get_help() + "\n")
                raise typer.Exit

        option.callback = callback
        return option


class SingleCommand(_HelpAsAnswer, typer.core.TyperCommand):
    """A command, with help in our own layout."""

    row: command_table.CommandRow
    #: What is typed to call it: ``promote``, ``check record``.
    called: str

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse a command line, with ``NAME SELECTOR`` joined where the command understands it."""
        line = TypedLine(self.params, args)
        if len(line.values("--on")) > 1:
            from modelkeep.cli.usage import refuse_second_data

            refuse_second_data(self.row.name, line)
        if self.called == "check run":
            from modelkeep.cli.usage import require_separator

            require_separator(line)
        if line.places[1:]:
            from modelkeep.cli.name_selector import understood

            args = understood(self.called, line)
        return super().parse_args(ctx, args)

    def get_help(self, ctx: Any) -> str:
        """Return what ``--help`` prints."""
        from modelkeep.cli.help import of_command

        return of_command(self, ctx)


class LazyGroup(_HelpAsAnswer, typer.core.TyperGroup):
    """A group that knows its commands from the table, and builds a command when it is asked for."""

    rows: Sequence[command_table.CommandRow] = ()
    row: command_table.CommandRow | None = None

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names, in the order of the table."""
        del ctx
        return [row.name for row in self.rows]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of a name or alias, None if there is none."""
        del ctx
        for row in self.rows:
            if cmd_name == row.name or cmd_name in row.aliases:
                return _group(row, row.commands) if row.commands else _command(row, self.row)
        return None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that was typed, or raise ``UsageError`` with the one that was likely meant."""
        word, rest = str(args[0]), args[1:]
        found = self.get_command(ctx, word)
        if found is None:
            from modelkeep.cli.foreign_words import unknown_command

            typed = [str(each) for each in rest]
            raise unknown_command(word, typed, self.row, accepted, lambda: call_of(ctx, {}).registry().stages())
        return word, found, rest

    def get_help(self, ctx: Any) -> str:
        """Return what ``--help`` prints: all commands in panels, or those of this group."""
        from modelkeep.cli.help import of_group

        return of_group(self.row, self.rows, ctx)


def group() -> LazyGroup:
    """Return the whole tree of commands, to be walked with ``list_commands`` and ``get_command``."""
    return _group(None, command_table.COMMANDS)


def find_command(tokens: Sequence[str]) -> tuple[list[str], Any, int]:
    """Return the words that name the command of a line, what they name, and the place of the next token.

    Without a command it is the program, or the group that was named.
    """
    names, found, start = list[str](), group(), 0
    while isinstance(found, LazyGroup):
        place = next(iter(TypedLine(found.params, tokens[start:]).places), None)
        below = None if place is None else found.get_command(None, tokens[start + place])
        if place is None or below is None:
            break
        names.append(tokens[start + place])
        found, start = below, start + place + 1
    return names, found, start


def accepted(tokens: Sequence[str]) -> list[str] | None:
    """Return a line that works, as it is or with the options of other tools translated; None where the parser accepts none.

    A bare NAME where the command takes none is its latest version. Nothing is run.
    """
    names, command, start = find_command(tokens)
    typed = list(tokens[start:])
    if {"-h", "--help"} & set(typed):
        return list(tokens)
    if isinstance(command, LazyGroup):
        return None
    from modelkeep.cli.foreign_options import translated
    from modelkeep.cli.name_selector import with_version

    meant = typed if _parses(command, typed) else translated(TypedLine(command.params, typed))
    if meant is None or not (meant is typed or _parses(command, meant)):
        return None
    return [*tokens[:start], *with_version(names[-1], TypedLine(command.params, meant))]


def _parses(command: Any, tokens: Sequence[str]) -> bool:
    try:
        command.make_context(command.name, list(tokens))
    except (typer.TyperException, UsageError):
        return False
    return True


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code; a refusal is raised as ``ModelkeepError``."""
    arguments = _negative_value_last(_as_options(arguments))
    tree = group()
    try:
        with tree.make_context(PROGRAM, list(arguments)) as context:
            code = tree.invoke(context)
    except typer.Exit as ended:
        return ended.exit_code
    except typer.TyperException as refused:
        from modelkeep.cli.usage import from_typer

        raise from_typer(refused, arguments, find_command(arguments), accepted) from refused
    except typer.Abort as aborted:
        raise KeyboardInterrupt from aborted
    return code if isinstance(code, int) else 0


def _as_options(arguments: Sequence[str]) -> Sequence[str]:
    """Return ``help promote`` and ``version``, which other programs have as commands, as the options that they are here."""
    if list(arguments[:1]) == ["help"] and not _is_topic(arguments[1:]):
        return [*arguments[1:], "--help"]
    return ["--version", *arguments[1:]] if list(arguments[:1]) == ["version"] else arguments


def _is_topic(words: Sequence[str]) -> bool:
    """Tell whether words behind ``help`` are a topic, or nearer to one than to a command; or an option of ``help`` itself."""
    from modelkeep.cli.topics import OTHER_NAMES, names, nearest

    if not words or words[0].startswith("-"):
        return bool(words)
    if words[0] in names():
        return True
    commands = [name for row in command_table.COMMANDS for name in (row.name, *row.aliases)]
    if words[0] in commands or words[0] in OTHER_NAMES:
        return words[0] not in commands
    near = close_to(words[0], [*commands, *names()])
    return near[0] in names() if near else bool(nearest(words[0]))


def _negative_value_last(arguments: Sequence[str]) -> Sequence[str]:
    """Return ``signal fraud@4 lift -0.2`` with ``--`` before its value, which is no option."""
    if "signal" not in arguments or "--" in arguments:
        return arguments
    for place, word in enumerate(arguments):
        if _NEGATIVE.fullmatch(word) and place and not arguments[place - 1].startswith("-"):
            return [*arguments[:place], *arguments[place + 1 :], "--", word]
    return arguments


def _group(row: command_table.CommandRow | None, rows: Sequence[command_table.CommandRow]) -> LazyGroup:
    app = _typer(cls=LazyGroup)
    app.callback(invoke_without_command=True, context_settings=_SETTINGS)(_callback(row))
    built: Any = typer.main.get_command(app)
    built.rows, built.row, built.name = rows, row, row.name if row else PROGRAM
    return built  # type: ignore[no-any-return]


def _command(row: command_table.CommandRow, parent: command_table.CommandRow | None) -> Any:
    module = importlib.import_module(f"modelkeep.cli.commands.{row.module}")
    name = f"{parent.name}_{row.name}" if parent else row.name
    function = getattr(module, name, None) or getattr(module, f"{name}_")
    app = _typer()
    app.command(row.name, cls=SingleCommand, help=row.help, context_settings=_SETTINGS)(function)
    built: Any = typer.main.get_command(app)
    built.row, built.called = row, f"{parent.name} {row.name}" if parent else row.name
    return built


def _typer(**more: Any) -> typer.Typer:
    return typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, **more)


def _print_version(value: bool) -> None:
    if value:
        from modelkeep import __version__

        streams.out(f"{PROGRAM} {__version__}\n")
        raise typer.Exit


def _callback(row: command_table.CommandRow | None) -> Any:
    """Return the Typer callback of the program or of a group; it keeps the options that were typed before a command.

    Without a command the program prints its status, and a group raises ``UsageError``.
    """

    def callback(ctx: typer.Context, version: bool = False, **values: Any) -> int | None:
        del version
        ctx.obj = typed_before(ctx).overridden_by(values)
        if ctx.invoked_subcommand is not None:
            return None
        if row is not None:
            message = f"{row.name} needs one of {', '.join(each.name for each in row.commands)}"
            raise UsageError(message, row.commands[0].examples[0])
        from modelkeep.cli.commands import setup

        return call_of(ctx, {}).run(setup.bare)

    flag = Annotated[bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")]
    own = [inspect.Parameter("version", inspect.Parameter.KEYWORD_ONLY, annotation=flag, default=False)]
    set_parameters(callback, [] if row else own, ALWAYS)
    return callback
