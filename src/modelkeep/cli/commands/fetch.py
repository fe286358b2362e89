"""`get`, `path` and `identify`: bytes that leave, and bytes whose origin is asked."""

from __future__ import annotations

import os
import sys
from typing import Annotated, BinaryIO, cast

import typer

from modelkeep.cli import streams
from modelkeep.cli.context import Call
from modelkeep.cli.options import command
from modelkeep.cli.progress import Progress
from modelkeep.cli.views import reads, scalar_views
from modelkeep.errors import UsageError
from modelkeep.rendering.counts import files
from modelkeep.rendering.sizes import human_size


@command(past=True, long=True)
def get(
    call: Call,
    ref: Annotated[str, typer.Argument(metavar="REF", help="The version: fraud@production, not only fraud.")],
    dest: Annotated[
        str,
        typer.Argument(
            metavar="DEST", help="The file or directory to write; DIR/ writes into a directory, - to standard output."
        ),
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace what is there, completely or not at all.")] = False,
) -> None:
    """Fetch an artifact."""
    if dest == "-":
        _to_stdout(call, ref)
        return
    with Progress(call, "fetching") as progress:
        found = call.registry().get(ref, dest, force=force, progress=progress.tell, as_of=call.flags.as_of)
    call.show(reads.fetched(found))
    if call.chatty and not found.changed:
        call.say(f"nothing to do: {found.ref} is there already")
    elif call.chatty:
        call.say(f"{found.ref}: {human_size(found.size_bytes)} in {files(found.files)}, every byte checked")


def _to_stdout(call: Call, ref: str) -> None:
    if call.format == "json":
        message = "standard output cannot carry both the artifact and a document"
        raise UsageError(message, f"modelkeep get {ref} FILE --json")
    if sys.stdout is None or streams.is_terminal(sys.stdout):
        message = "the bytes of a model are nothing for a terminal"
        raise UsageError(message, f"modelkeep get {ref} - > FILE")
    call.registry().get(ref, "-", stdout=cast("BinaryIO", streams.Answer()), as_of=call.flags.as_of)


@command(past=True)
def path(
    call: Call,
    ref: Annotated[str, typer.Argument(metavar="REF[/FILE]", help="The version, or one of its files.")],
) -> None:
    """Print where a version can be read."""
    found = call.registry().path(ref, as_of=call.flags.as_of)
    call.show(scalar_views.path(ref, found))


@command()
def identify(
    call: Call,
    what: Annotated[str, typer.Argument(metavar="FILE|DIR|DIGEST", help="A file, a directory, or a SHA-256.")],
) -> None:
    """Tell which versions some bytes are."""
    found = call.registry().identify(what)
    call.show(reads.identified(found), lambda to: to.identified(found))
    if call.chatty and os.path.exists(what) and all(row.stage is None for row in found):
        call.say("it never held a stage")


COMMANDS = {"get": get, "path": path, "identify": identify}
