"""The options that several commands have, each declared once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, get_type_hints

import typer
from typer import Option

FORMATS = ("table", "lines", "json", "jsonl", "csv", "env")


class Flags(NamedTuple):
    """The shared options as they were typed; None and False where they were not."""

    registry: Annotated[
        str | None, Option("--registry", metavar="DIR", help="The registry: a directory, or a name from the config.")
    ] = None
    json: Annotated[bool, Option("--json", help="Print one JSON document; the same as --format json.")] = False
    format: Annotated[
        str | None,
        Option(
            "--format", metavar="FORMAT", help="table, lines, json, jsonl, csv, env, or a template: '{ref} {digest}'."
        ),
    ] = None
    quiet: Annotated[bool, Option("-q", "--quiet", help="Print identifiers only.")] = False
    verbose: Annotated[bool, Option("-v", "--verbose", help="Say on stderr which registry is used.")] = False
    no_color: Annotated[bool, Option("--no-color", help="Print no colors; NO_COLOR does the same.")] = False
    yes: Annotated[bool, Option("--yes", help="Delete without asking.")] = False
    null: Annotated[bool, Option("-0", "--null", help="End each line or record with a NUL character.")] = False
    github_output: Annotated[
        bool, Option("--github-output", help="Append the fields of the answer to the file $GITHUB_OUTPUT.")
    ] = False
    no_pager: Annotated[bool, Option("--no-pager", help="Print a long answer at once, without a pager.")] = False
    no_input: Annotated[bool, Option("--no-input", help="Ask no questions; what needs an answer is refused.")] = False
    message: Annotated[str | None, Option("-m", "--message", metavar="TEXT", help="The reason, kept in the log.")] = (
        None
    )
    dry_run: Annotated[bool, Option("-n", "--dry-run", help="Show what would change, and write nothing.")] = False
    lock_wait: Annotated[
        str | None, Option("--lock-wait", metavar="TIME", help="How long to wait for other writers; 30s by default.")
    ] = None
    expect: Annotated[
        str | None,
        Option(
            "--expect",
            metavar="VERSION",
            help="Change the stage or alias only if VERSION still has it; none: only if it is empty.",
        ),
    ] = None
    as_of: Annotated[
        str | None, Option("--as-of", metavar="T", help="Answer as of then: a time, a date, an age or seq:N.")
    ] = None
    progress: Annotated[
        str | None, Option("--progress", metavar="auto|plain|none", help="How to show progress on stderr.")
    ] = None

    def overridden_by(self, given: Mapping[str, Any]) -> Flags:
        """Return these options, overridden by those that were given after them."""
        return self._replace(**{name: value for name, value in given.items() if value not in {None, False}})


#: The options of all commands, of those that write, and of those that write an entry of the log.
ALWAYS = (
    "registry", "json", "format", "quiet", "verbose", "no_color", "yes", "null", "github_output", "no_pager", "no_input",
)  # fmt: skip
WRITES = ("dry_run", "lock_wait")
CHANGES = ("message", *WRITES)

_DECLARED = get_type_hints(Flags, include_extras=True)


def typed_before(context: typer.Context) -> Flags:
    """Return the options that were typed before a command."""
    return context.obj if isinstance(context.obj, Flags) else Flags()


def set_parameters(function: Callable[..., Any], own: Sequence[inspect.Parameter], shared: Sequence[str]) -> None:
    """Give a function the signature that Typer reads: its own parameters and shared options."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    listed = [
        inspect.Parameter("ctx", keyword, annotation=typer.Context),
        *(each.replace(kind=keyword) for each in own),
        *(
            inspect.Parameter(name, keyword, annotation=_DECLARED[name], default=Flags._field_defaults[name])
            for name in shared
        ),
    ]
    function.__signature__ = inspect.Signature(listed)  # type: ignore[attr-defined]
    function.__annotations__ = {each.name: each.annotation for each in listed}
