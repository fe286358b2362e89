"""`inspect`: what is in a version or in files on disk."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

from modelkeep.cli.call import Call, command
from modelkeep.cli.views.inspections import InspectedView


@command("as_of")
def inspect(
    call: Call,
    what: Annotated[
        str,
        Argument(
            metavar="REF|PATH",
            help="The version, one of its files (fraud@3/model.onnx), a file or directory here, or - for standard input.",
        ),
    ],
    fresh: Annotated[
        bool, Option("--fresh", help="Read the stored bytes again; without it, what was recorded is shown.")
    ] = False,
    tensors: Annotated[bool, Option("--tensors", help="List every tensor.")] = False,
    follow_symlinks: Annotated[bool, Option("--follow-symlinks", help="Follow symbolic links in a directory.")] = False,
    exit_code: Annotated[
        bool, Option("--exit-code", help="Exit with 1 if something is dangerous, unknown, unverified or invalid.")
    ] = False,
) -> int:
    """Show what is in a version or in files; nothing of them is run."""
    registry = call.registry(must_exist=False)
    moment = None if call.flags.as_of is None else registry.as_of(call.flags.as_of)
    found = registry.inspect(what, fresh=fresh, follow_symlinks=follow_symlinks, as_of=moment)
    call.show(InspectedView(moment, found, all_tensors=tensors))
    serious = () if found.inspection is None else found.inspection.serious
    return 1 if exit_code and serious else 0
