"""`get`, `path` and `identify`: from a version to its bytes, and from bytes to their versions."""

from __future__ import annotations

import os
import sys
from shlex import quote
from typing import Annotated, BinaryIO, cast

from typer import Argument, Option

from modelkeep.cli import streams
from modelkeep.cli.call import Call, command
from modelkeep.cli.progress import progress
from modelkeep.cli.views.relations import IdentifiedView
from modelkeep.cli.views.values import FetchedView, PathView
from modelkeep.errors import UsageError


@command("as_of", "progress")
def get(
    call: Call,
    ref: Annotated[
        str,
        Argument(
            metavar="REF[/FILE]",
            help="The version, or one of its files: fraud@production or fraud production, not only fraud.",
        ),
    ],
    dest: Annotated[
        str,
        Argument(
            metavar="DEST", help="The file or directory to write; DIR/ writes into a directory, - to standard output."
        ),
    ],
    force: Annotated[
        bool, Option("--force", help="Replace a file, or a directory that holds files of an artifact.")
    ] = False,
) -> None:
    """Fetch an artifact."""
    if dest == "-":
        _to_stdout(call, ref)
        return
    with progress(call, "fetching") as update:
        found = call.registry().get(ref, dest, force=force, progress=update, as_of=call.flags.as_of)
    call.show(FetchedView(found))


def _to_stdout(call: Call, ref: str) -> None:
    if call.format == "json":
        message = "standard output cannot carry both the artifact and a document"
        raise UsageError(message, f"modelkeep get {quote(ref)} FILE --json")
    if sys.stdout is None or streams.is_terminal(sys.stdout):
        message = "get - would print the bytes of the artifact on the terminal"
        raise UsageError(message, f"modelkeep get {quote(ref)} - > FILE")
    call.registry().get(ref, "-", stdout=cast("BinaryIO", streams.BinaryStdout()), as_of=call.flags.as_of)


@command("as_of", "progress")
def path(
    call: Call,
    ref: Annotated[
        str,
        Argument(
            metavar="REF[/FILE]", help="The version, or one of its files: fraud@3/config.json; fraud 3 is fraud@3."
        ),
    ],
) -> None:
    with progress(call, "checking") as update:
        found = call.registry().path(ref, progress=update, as_of=call.flags.as_of)
    call.show(PathView(ref, found))


@command("as_of")
def identify(
    call: Call,
    what: Annotated[
        str,
        Argument(
            metavar="FILE|DIR|DIGEST", help="A file, a directory, or a SHA-256; - reads a file from standard input."
        ),
    ],
    exclude: Annotated[
        list[str] | None,
        Option("--exclude", metavar="GLOB", help="Leave out these files of a directory, as register --exclude does."),
    ] = None,
) -> None:
    asked = _digest_of_stdin() if what == "-" else what
    registry = call.registry()
    moment = registry.as_of(call.flags.as_of)
    found = registry.identify(asked, exclude=exclude or (), as_of=moment)
    never_staged = (what == "-" or os.path.exists(what)) and all(row.stage is None for row in found)
    never = "it never held a stage" if moment is None else "it had held no stage then"
    call.show(IdentifiedView(moment, found), *([never] if never_staged else []))


def _digest_of_stdin() -> str:
    """Return the digest of the file in standard input."""
    if sys.stdin is None or streams.is_terminal(sys.stdin):
        message = "nothing is piped into standard input"
        raise UsageError(message, "modelkeep identify FILE")
    import hashlib

    return f"sha256:{hashlib.file_digest(sys.stdin.buffer, 'sha256').hexdigest()}"  # type: ignore[arg-type]
