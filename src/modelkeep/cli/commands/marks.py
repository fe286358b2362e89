"""`mark` and `archive`: versions that are bad, and versions that are out of the pipeline."""

from __future__ import annotations

from shlex import quote
from typing import Annotated

import typer

from modelkeep.cli.batch import change_each
from modelkeep.cli.context import Call
from modelkeep.cli.options import command
from modelkeep.cli.usage import choice
from modelkeep.cli.views.changes import ChangeView


@command(changes=True)
def mark(
    call: Call,
    ref: Annotated[str, typer.Argument(metavar="REF", help="The version: fraud@4, not only fraud.")],
    mark: Annotated[
        str, typer.Argument(metavar="bad|good", help="bad keeps rollback and latest away from it; good lifts the mark.")
    ],
) -> None:
    """Mark a version."""
    choice(mark, "the mark", ("bad", "good"), f"modelkeep mark {quote(ref)}")
    found = call.registry().mark(ref, mark, **call.changing)
    call.show(ChangeView(found))


@command(changes=True)
def archive(
    call: Call,
    refs: Annotated[
        list[str], typer.Argument(metavar="REF...", help="The versions; each is archived in its own step.")
    ],
    undo: Annotated[bool, typer.Option("--undo", help="Bring them back, but not into their stages.")] = False,
    all_versions: Annotated[bool, typer.Option("--all-versions", help="All versions of the models named.")] = False,
) -> int:
    """Archive versions, or bring them back."""
    registry = call.registry()
    return change_each(
        call, refs, lambda ref: registry.archive(ref, undo=undo, all_versions=all_versions, **call.changing)
    )


COMMANDS = {"mark": mark, "archive": archive}
