"""The options that commands share, before the command or after it.

One decorator adds them to the signature that Typer reads and hands the command a ``Call`` that has
them all; what stands after the command wins over what stands before it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeAlias

import typer

from modelkeep.cli.context import Call, Flags

#: What a command of Typer is: the decorated function, which returns an exit code or None for 0.
Built: TypeAlias = Callable[..., int | None]

FORMATS = ("table", "lines", "json")

_ALWAYS = {
    "registry": Annotated[
        str | None,
        typer.Option("--registry", metavar="DIR", help="The registry: a directory, or a name from the config."),
    ],
    "json": Annotated[bool, typer.Option("--json", help="One JSON document on stdout; the same as --format json.")],
    "format": Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="table, lines or json.")],
    "quiet": Annotated[bool, typer.Option("-q", "--quiet", help="Print the identifiers and nothing else.")],
    "verbose": Annotated[bool, typer.Option("-v", "--verbose", help="Tell on stderr which registry was used.")],
    "no_color": Annotated[bool, typer.Option("--no-color", help="No colours; NO_COLOR does the same.")],
    "yes": Annotated[bool, typer.Option("--yes", help="Answer yes to what is asked.")],
    "no_input": Annotated[bool, typer.Option("--no-input", help="Ask nothing.")],
}
_MESSAGE = {
    "message": Annotated[
        str | None, typer.Option("-m", "--message", metavar="TEXT", help="Why: kept in the log with the change.")
    ],
}
_WRITES = {
    "dry_run": Annotated[bool, typer.Option("-n", "--dry-run", help="Decide and tell, but write nothing.")],
    "lock_wait": Annotated[
        str | None, typer.Option("--lock-wait", metavar="TIME", help="How long to wait for other writers (30s).")
    ],
}
_CHANGES = _MESSAGE | _WRITES
_EXPECTS = {
    "expect": Annotated[
        str | None,
        typer.Option("--expect", metavar="VERSION", help="Only if this is still so: number, label, digest or none."),
    ],
}
_PAST = {
    "as_of": Annotated[
        str | None, typer.Option("--as-of", metavar="T", help="As it was then: a time, a date, an age or seq:N.")
    ],
}
_LONG = {
    "progress": Annotated[
        str | None, typer.Option("--progress", metavar="auto|plain|none", help="How progress is told on stderr.")
    ],
}

#: The names of the options that every command has, as help and manual tell them once.
SHARED = tuple(_ALWAYS)


def command(
    *,
    changes: bool = False,
    writes: bool = False,
    expects: bool = False,
    past: bool = False,
    long: bool = False,
    formats: Sequence[str] = FORMATS,
) -> Callable[[Callable[..., int | None]], Built]:
    """Return a decorator that gives a command its ``Call`` and the shared options it understands.

    ``changes``: -m, -n and --lock-wait; ``writes``: the same for what leaves no entry, so without -m; ``expects``: --expect; ``past``: --as-of; ``long``: --progress;
    ``formats`` are what --format may be.
    """
    more = _ALWAYS | (_CHANGES if changes else _WRITES if writes else {}) | (_EXPECTS if expects else {})
    more |= (_PAST if past else {}) | (_LONG if long else {})

    def decorate(function: Callable[..., int | None]) -> Built:
        def run(ctx: typer.Context, **values: Any) -> int | None:
            given = {name: values.pop(name) for name in more}
            return function(made(ctx, given, formats), **values)

        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        describe(run, own, more)
        run.__doc__ = function.__doc__
        return run

    return decorate


def describe(function: Callable[..., Any], own: Sequence[inspect.Parameter], more: Mapping[str, Any]) -> None:
    """Tell Typer that a function takes its own parameters and these options more."""
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


def before_the_command() -> Mapping[str, Any]:
    """Return the options that stand before a command as well."""
    return _ALWAYS


def made(context: typer.Context, given: Mapping[str, Any], formats: Sequence[str] = FORMATS) -> Call:
    """Return the call of a command: what stood before it and what stands after it, the latter first."""
    before = context.obj if isinstance(context.obj, Flags) else Flags()
    flags = before.and_then(given)
    from modelkeep.cli.usage import choice

    if flags.format is not None:
        choice(flags.format, "--format", formats)
    if flags.progress is not None:
        choice(flags.progress, "--progress", ("auto", "plain", "none"))
    return Call(flags)
