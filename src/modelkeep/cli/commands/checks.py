"""`check record`, `check run`, `check list` and `check show`: what was checked of a version, and the report that shows it."""

from __future__ import annotations

import sys
from io import BytesIO
from shlex import quote
from typing import Annotated, BinaryIO, cast

from typer import Argument, Option

from modelkeep.cli import streams
from modelkeep.cli.call import Call, command
from modelkeep.cli.options import CHANGES
from modelkeep.cli.views.checks import CheckedView, ChecksView, CheckView
from modelkeep.cli.views.values import FetchedView
from modelkeep.domain.text import printable_lines
from modelkeep.errors import UsageError

Ref = Annotated[str, Argument(metavar="REF", help="The version: fraud@4 or fraud@staging, not only fraud.")]
Name = Annotated[
    str, Argument(metavar="CHECK", help="The name of the check: bias-report; the policy asks for it by this name.")
]
Expires = Annotated[
    str | None,
    Option("--expires", metavar="TIME|DATE", help="How long the result counts, or the last day on which it counts."),
]


@command(*CHANGES, answers=("checked",))
def check_record(
    call: Call,
    ref: Ref,
    name: Name,
    result: Annotated[str, Argument(metavar="pass|fail|warn", help="How the check ended.")],
    evidence: Annotated[
        str | None,
        Option("--evidence", metavar="FILE", help="The report that shows it, which is kept; - is standard input."),
    ] = None,
    expires: Expires = None,
) -> None:
    done = call.registry().record_check(ref, name, result, evidence=evidence, expires=expires, **call.change_flags)
    call.show(CheckedView(done))


@command(*CHANGES, answers=("checked",))
def check_run(
    call: Call,
    ref: Ref,
    name: Name,
    words: Annotated[
        list[str],
        Argument(
            metavar="COMMAND...",
            help="Behind --: a program and its arguments; {} in them is the path of the artifact, at their end by default.",
        ),
    ],
    timeout: Annotated[
        str, Option("--timeout", metavar="TIME", help="How long the command may take; 10m by default.")
    ] = "10m",
    warn_code: Annotated[
        int | None,
        Option("--warn-code", metavar="N", help="The exit code that means warn; 0 is pass, others are fail."),
    ] = None,
    evidence: Annotated[
        str | None,
        Option("--evidence", metavar="FILE", help="Keep this file, which the command writes, in place of its output."),
    ] = None,
    expires: Expires = None,
) -> int:
    done = call.registry().run_check(
        ref,
        name,
        words,
        timeout=timeout,
        warn_code=warn_code,
        evidence=evidence,
        expires=expires,
        output=None if call.flags.quiet else lambda text: streams.err(printable_lines(text)),
        **call.change_flags,
    )
    call.show(CheckedView(done))
    return int(done.result == "fail")


@command("as_of")
def check_list(
    call: Call,
    ref: Ref,
    all_: Annotated[bool, Option("--all", help="Every result, not only the newest of each check.")] = False,
) -> None:
    registry = call.registry()
    moment = registry.as_of(call.flags.as_of)
    rows = registry.checks(ref, all=all_, as_of=moment)
    call.show(ChecksView(moment, rows), nothing=None if rows else lambda: "nothing was checked")


@command("as_of")
def check_show(
    call: Call,
    ref: Ref,
    name: Name,
    output: Annotated[
        str | None,
        Option("-o", "--output", metavar="FILE", help="Write the evidence to a file; - is standard output."),
    ] = None,
    force: Annotated[bool, Option("--force", help="Replace the file.")] = False,
) -> None:
    registry = call.registry()
    if output is None:
        moment = registry.as_of(call.flags.as_of)
        call.show(CheckView(registry.check(ref, name, as_of=moment), moment))
    elif output == "-":
        if call.format == "json" or sys.stdout is None:
            message = "standard output cannot carry both the evidence and a document"
            raise UsageError(message, f"modelkeep check show {quote(ref)} {quote(name)} -o FILE --json")
        _to_stdout(call, ref, name)
    else:
        found = registry.check_evidence(ref, name, output, force=force, as_of=call.flags.as_of)
        if found is not None:
            call.show(FetchedView(found))


def _to_stdout(call: Call, ref: str, name: str) -> None:
    """Print evidence: its bytes in a pipe; on a terminal as text, in which nothing moves the cursor."""
    if not streams.is_terminal(sys.stdout):
        stdout = cast("BinaryIO", streams.BinaryStdout())
        call.registry().check_evidence(ref, name, "-", stdout=stdout, as_of=call.flags.as_of)
        return
    buffer = BytesIO()
    call.registry().check_evidence(ref, name, "-", stdout=buffer, as_of=call.flags.as_of)
    streams.out(printable_lines(buffer.getvalue().decode("utf-8", "replace")))
