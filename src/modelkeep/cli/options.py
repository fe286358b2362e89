"""The options that commands share, which may be typed before the command or after it.

The decorator `command` adds them to the signature that Typer reads, and passes the command a ``Call``
that holds them all. An option after the command wins over the same option before it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeAlias

import typer

from modelkeep.cli.context import Call, Flags
from modelkeep.cli.usage import choice

#: A command as Typer calls it; it returns an exit code, or None for 0.
CommandFunction: TypeAlias = Callable[..., int | None]

FORMATS = ("table", "lines", "json")

#: The options that every command has.
ALWAYS = {
    "registry": Annotated[
        str | None,
        typer.Option("--registry", metavar="DIR", help="The registry: a directory, or a name from the config."),
    ],
    "json": Annotated[bool, typer.Option("--json", help="Print one JSON document; the same as --format json.")],
    "format": Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="table, lines or json.")],
    "quiet": Annotated[bool, typer.Option("-q", "--quiet", help="Print identifiers only.")],
    "verbose": Annotated[bool, typer.Option("-v", "--verbose", help="Say on stderr which registry is used.")],
    "no_color": Annotated[bool, typer.Option("--no-color", help="Print no colors; NO_COLOR does the same.")],
    "yes": Annotated[bool, typer.Option("--yes", help="Answer yes to every question.")],
    "no_input": Annotated[bool, typer.Option("--no-input", help="Ask no questions.")],
}
_MESSAGE = {
    "message": Annotated[
        str | None, typer.Option("-m", "--message", metavar="TEXT", help="The reason, kept in the log.")
    ],
}
_WRITES = {
    "dry_run": Annotated[bool, typer.Option("-n", "--dry-run", help="Show what would change, and write nothing.")],
    "lock_wait": Annotated[
        str | None,
        typer.Option("--lock-wait", metavar="TIME", help="How long to wait for other writers; 30s by default."),
    ],
}
_CHANGES = _MESSAGE | _WRITES
_EXPECTS = {
    "expect": Annotated[
        str | None,
        typer.Option(
            "--expect", metavar="VERSION", help="Only if this is still so: a number, a label, a digest or none."
        ),
    ],
}
_PAST = {
    "as_of": Annotated[
        str | None, typer.Option("--as-of", metavar="T", help="Answer as of then: a time, a date, an age or seq:N.")
    ],
}
_LONG = {
    "progress": Annotated[
        str | None, typer.Option("--progress", metavar="auto|plain|none", help="How to show progress on stderr.")
    ],
}

#: The names of the options that every command has.
SHARED = tuple(ALWAYS)


def command(
    *,
    changes: bool = False,
    writes: bool = False,
    expects: bool = False,
    past: bool = False,
    long: bool = False,
    formats: Sequence[str] = FORMATS,
) -> Callable[[Callable[..., int | None]], CommandFunction]:
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

    def decorate(function: Callable[..., int | None]) -> CommandFunction:
        def run(ctx: typer.Context, **values: Any) -> int | None:
            given = {name: values.pop(name) for name in more}
            return function(call_of(ctx, given, formats), **values)

        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        set_parameters(run, own, more)
        return run

    return decorate


def set_parameters(function: Callable[..., Any], own: Sequence[inspect.Parameter], more: Mapping[str, Any]) -> None:
    """Give a function the signature that Typer reads: its own parameters and further options."""
    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    added = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=annotation,
            default=False if annotation.__origin__ is bool else None,
        )
        for name, annotation in more.items()
    ]
    listed = [context, *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own), *added]
    function.__signature__ = inspect.Signature(listed)  # type: ignore[attr-defined]
    function.__annotations__ = {each.name: each.annotation for each in listed}


def call_of(context: typer.Context, given: Mapping[str, Any], formats: Sequence[str] = FORMATS) -> Call:
    """Return the call of a command, from the options typed before it and those after it, which win."""
    before = context.obj if isinstance(context.obj, Flags) else Flags()
    flags = before.and_then(given)
    if flags.format is not None:
        choice(flags.format, "--format", formats)
    if flags.progress is not None:
        choice(flags.progress, "--progress", ("auto", "plain", "none"))
    return Call(flags)
